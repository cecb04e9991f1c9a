/* SPDX-License-Identifier: MIT */
/*
 * Where image states meet requests: after the check of credentials and policy, before the handler
 * (control.md, section 1). Private to registry/.
 */
#ifndef REGISTRY_STATE_GATE_H
#define REGISTRY_STATE_GATE_H

#include <stdbool.h>

#include "registry/call.h"

struct digest;
struct tag_entry;

/* Replies as the state of what is asked for wants it, or calls next(call). */
void state_gate_pass(struct registry_call *call, registry_handler next);
/* The request has ended: its answer may have ended a pull. */
void state_gate_ended(struct registry_call *call, int status);

/* Lists leave out what is absent. */
bool state_shows_tag(const struct registry_call *call, const struct tag_entry *tag);
bool state_shows_repository(const struct registry_call *call, const char *repo);
bool state_shows_manifest(const struct registry_call *call, const struct digest *digest);
/* A mount finds nothing in a repository that is not present. */
bool state_shows_source(const struct registry_call *call, const char *repo,
                        const struct digest *digest);

/* No token opens a repository that is unauthorized; arg is the world. For token_set_withheld(). */
bool state_withholds(void *arg, const char *account, const char *repo);

/* What is pushed becomes present again, unless its state is sticky. */
void state_manifest_pushed(struct world *world, const char *repo, const char *const *tags,
                           size_t tag_count, const struct digest *digest);
void state_blob_linked(struct world *world, const char *repo, const struct digest *digest);

#endif
