/* SPDX-License-Identifier: MIT */
/*
 * Waiting for an upload session that another request works on. Private to registry/.
 *
 * A client whose connection broke comes back on a new one while the bytes that it sent before are
 * still being read from the old one. Answered at once it would learn a size that is wrong a
 * moment later, or get 409; so it waits until the old request has ended.
 */
#ifndef REGISTRY_UPLOAD_SETTLE_H
#define REGISTRY_UPLOAD_SETTLE_H

#include "registry/call.h"

enum { UPLOAD_SETTLE_MAX = 1000 }; /* milliseconds */

/*
 * Calls next(call) when the session that the call names is idle, is gone, or stayed busy for
 * UPLOAD_SETTLE_MAX: at once where there is nothing to wait for.
 */
void upload_settle(struct registry_call *call, registry_handler next);

#endif
