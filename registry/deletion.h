/* SPDX-License-Identifier: MIT */
/* How deletions answer when they are switched off (protocol: every kind has a toggle). */
#ifndef REGISTRY_DELETION_H
#define REGISTRY_DELETION_H

#include <stdbool.h>

#include "registry/registry.h"

struct registry_call;

/* Refuses when the mode says so. DELETE_PRETEND passes: the caller then keeps the content. */
bool deletion_allowed(struct registry_call *call, enum delete_mode mode, const char *kind);
/* 202. */
void deletion_reply(struct registry_call *call);

#endif
