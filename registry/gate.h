/* SPDX-License-Identifier: MIT */
/*
 * Between route and handler: who asks, and may they (distribution, spec/auth/scope.md)?
 *
 * The order of checks is: is the credential valid, does the policy (or the token) allow it; what
 * the content says comes after. Private to registry/.
 */
#ifndef REGISTRY_GATE_H
#define REGISTRY_GATE_H

#include <stdbool.h>

#include "auth/challenge.h"
#include "registry/call.h"

struct access_policy;

/* Finds out who sent the call, where that matters; then next(call), at once or later. */
void gate_identify(struct registry_call *call, registry_handler next);
/* Calls next(call) when they may do what they ask for; else replies 401 or 403. */
void gate_pass(struct registry_call *call, registry_handler next);
/* 401 with a challenge; why is for the log. */
void gate_challenge(struct registry_call *call, enum challenge_error error, const char *why);
/* Adds the challenge of this request to a reply under construction. */
void gate_add_challenge(struct registry_call *call, enum challenge_error error);
/* 403; why is for the log. */
void gate_deny(struct registry_call *call, const char *why);
/* True when who sent the call may do what it asks for, whatever states and content say. */
bool gate_would_pass(const struct registry_call *call);
/* True when the world asks for credentials at all. */
bool gate_is_on(const struct registry_call *call);
/* 401: the token lacks what the request needs; names all of it, with the source of a mount. */
void gate_refuse_scope(struct registry_call *call);
/* Who decides on the source of a mount, for a world with authentication. */
extern const struct access_policy gate_policy;

#endif
