/* SPDX-License-Identifier: MIT */
/*
 * One registry of the process: a world, who may use it, and its listeners. The one of the start is
 * made of the settings, others by request (worlds_api.h).
 *
 *     new -> listen (or shares the listeners of another) -> ready -> close -> free
 */
#ifndef CLI_SERVE_WORLD_H
#define CLI_SERVE_WORLD_H

#include <stddef.h>
#include <stdint.h>

#include "auth/auth.h"
#include "registry/registry.h"

struct err;
struct http_server;
struct http_tls;
struct loop;

/* What it is made of; everything is borrowed for serve_world_new(). */
struct serve_world_options {
    const char *name;
    struct registry_settings registry;
    struct auth_settings auth;
    const char *account; /* the one it was made with, kept for its texts; NULL: none */
    const char *secret;
    const char
        *host; /* whose requests it takes from others' listeners; in lower case. NULL: none */
    const char *prefix; /* the same by repository */
};

struct serve_world {
    struct world *world; /* owned */
    struct auth *auth;   /* owned */
    struct loop *loop;   /* borrowed */
    char *account;       /* owned, as the next three; NULL: none */
    char *secret;
    char *host;
    char *prefix;
};

int serve_world_new(struct serve_world **ret, struct loop *loop,
                    const struct serve_world_options *options, struct err *err);
/* ERR_BUSY for an address in use, ERR_INVALID for what is none. */
int serve_world_listen(struct serve_world *sw, struct http_server *server, const char *address,
                       struct http_tls *tls, struct err *err);
/* Ends its listeners, connections and requests at once. Idempotent; while the server lives. */
void serve_world_close(struct serve_world *sw);
/* Nothing of it may be under way, and jobs have ended. NULL-safe. */
void serve_world_free(struct serve_world *sw);
/* Closes it, and frees it as soon as no job uses it. */
void serve_world_retire(struct serve_world *sw);
/* Where clients reach it; NULL when it has no listener of its own. */
const char *serve_world_url(const struct serve_world *sw);

#endif
