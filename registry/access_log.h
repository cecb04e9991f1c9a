/* SPDX-License-Identifier: MIT */
/* One line per request, when it is over. */
#ifndef REGISTRY_ACCESS_LOG_H
#define REGISTRY_ACCESS_LOG_H

#include "lib/http/exchange.h"

struct registry_call;

/* "complete", "client-aborted" ...; also for the journal. */
const char *access_log_end_text(enum http_end end);

/* call is NULL for a request that memory was too short for. */
void access_log_write(const struct http_exchange *x, const struct registry_call *call);

#endif
