/* SPDX-License-Identifier: MIT */
/*
 * The control API's frame: a server of its own, a table of endpoints, and what keeps it safe.
 *
 * On loopback it needs nothing; on any other address a bearer token. A foreign Origin, a Host that
 * is a name other than localhost while on loopback (DNS rebinding), and bodies that are not JSON
 * are refused. Faults never touch it: its server has no hook. Products register endpoints; handlers
 * get the parsed body and reply with JSON. Loop thread only.
 */
#ifndef LIB_CONTROL_CONTROL_H
#define LIB_CONTROL_CONTROL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/http/request.h"

struct control;
struct control_call;
struct err;
struct http_exchange;
struct http_server;
struct http_source;
struct json_t;
struct loop;

enum { CONTROL_BODY_MAX = 16 * 1024 * 1024, CONTROL_PARAMETER_MAX = 256 };

/*
 * One endpoint. The pattern is a path below /control/v1 in which {name} stands for one segment and
 * {name...} for the rest: "/rules/{id}", "/images:retag", "/gates/{name}:release". `world`
 * endpoints also answer below /control/v1/worlds/{world}/.
 */
struct control_endpoint {
    enum http_method method;
    const char *pattern;
    bool top;      /* the pattern is the whole path, not below /control/v1 */
    bool open;     /* needs no token: probes */
    bool world;    /* works on one world: control_call_world() */
    bool has_body; /* takes a JSON body */
    void (*handle)(struct control_call *call, void *arg);
    const char *help; /* a sentence for the list at GET /control/v1 */
};

struct control_options {
    struct loop *loop;
    const char *token; /* every request needs it; NULL: none, and loopback only. Copied */
    /* The world of that name (borrowed), or NULL. "default" is asked for where none is named. */
    void *(*find_world)(const char *name, void *arg);
    void *arg;
};

int control_new(struct control **ret, const struct control_options *options, struct err *err);
void control_free(struct control *c); /* NULL-safe */
/* The table is ended by pattern NULL; borrowed. arg goes to its handlers. */
int control_register(struct control *c, const struct control_endpoint *table, void *arg,
                     struct err *err);
/* ERR_USAGE when the address is not loopback and there is no token. url is borrowed. */
int control_listen(struct control *c, const char *address, const char **ret_url, struct err *err);
void control_stop(struct control *c, void (*stopped)(void *arg), void *arg);

/* --- In a handler ------------------------------------------------------------------------------
 */

void *control_call_world(const struct control_call *call);
/* The value of {name}, percent-decoded; never NULL for a name of the pattern. */
const char *control_call_parameter(const struct control_call *call, const char *name);
const char *control_call_query(const struct control_call *call, const char *name); /* or NULL */
/* Goes through all query parameters; for filters. */
const struct http_request *control_call_request(const struct control_call *call);
const struct json_t *control_call_body(const struct control_call *call); /* borrowed; NULL: none */
/* The same, or NULL when the call was refused because there is none; what: how one looks. */
const struct json_t *control_call_need_body(struct control_call *call, const char *what);
struct http_exchange *control_call_exchange(const struct control_call *call);

/* Replies; body is taken (NULL: out of memory, 500). Once per call; the call is gone afterwards. */
void control_reply(struct control_call *call, int status, struct json_t *body);
/* Replies with text of another type (metrics); text is taken (malloc'd, NULL: out of memory). */
void control_reply_text(struct control_call *call, int status, const char *type, char *text);
/* Replies 200 with what the source gives, of unknown length; takes it (NULL: out of memory). */
void control_reply_source(struct control_call *call, const char *type, struct http_source *source);
void control_reply_empty(struct control_call *call, int status);
/* {"error": {"code", "message", "path"}}; the status follows the code (ERR_CONFIG 400, ERR_ABSENT
 * 404, ERR_EXISTS 409 ...). */
void control_reply_error(struct control_call *call, const struct err *err);
/* A handler that replies later: gone(arg) is called when the asker left before that. */
void control_call_wait(struct control_call *call, void (*gone)(void *arg), void *arg);
void control_call_resume(struct control_call *call);

#endif
