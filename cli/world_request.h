/* SPDX-License-Identifier: MIT */
/*
 * Makes a world as somebody asks for it:
 *
 *     {"name": "t42", "ttl": "10m", "seed": 7, "auth": "bearer", "accounts": [...], "policy":
 * [...], "rules": [...], "listen": "127.0.0.1:0", "tls": true}       or "host": ..., or "prefix":
 * ...
 *
 * What it does not say is as the server was started, but for what may exist only once or belongs to
 * somebody: accounts, keys, trusted issuers, rules, content. There is always an account that may do
 * everything, named as the world.
 */
#ifndef CLI_WORLD_REQUEST_H
#define CLI_WORLD_REQUEST_H

struct digests;
struct err;
struct http_server;
struct http_tls;
struct json_t;
struct loop;
struct serve_settings;
struct serve_world;
struct worlds;

/* What worlds are made with. All borrowed. */
struct world_maker {
    struct worlds *worlds;
    struct loop *loop;
    struct http_server *server;
    struct http_tls *tls;    /* NULL: none */
    struct digests *digests; /* for the image of worlds with magic names */
    const struct serve_settings *settings;
};

/* What may be changed later, {"ttl": "10m"}: null or "0s" lets it stay. ERR_USAGE, ERR_ABSENT,
   ERR_UNSUPPORTED. */
int world_request_change(struct worlds *ws, const char *name, const struct json_t *body,
                         struct err *err);
/*
 * Makes it, opens its port and adds it to the worlds: all of that or nothing. *ret is borrowed;
 * *ret_report is that of its rules (fault_engine_load()), the caller's; NULL: it has none.
 * ERR_CONFIG with the path, ERR_EXISTS, ERR_BUSY (the address), ERR_OVERLOADED.
 */
int world_request_run(const struct world_maker *m, const struct json_t *body,
                      struct serve_world **ret, struct json_t **ret_report, struct err *err);

#endif
