/* SPDX-License-Identifier: MIT */
/*
 * The way of one request:
 *
 *     head -> Host and Origin -> endpoint -> token -> body (JSON, in a job when large) -> world
 *          -> handler -> reply, now or later
 */
#include "lib/control/control.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <jansson.h>

#include "lib/control/control_call.h"
#include "lib/control/control_guard.h"
#include "lib/control/control_route.h"
#include "lib/http/exchange.h"
#include "lib/http/loop.h"
#include "lib/http/server.h"
#include "lib/util/buf.h"
#include "lib/util/err.h"
#include "lib/util/json.h"
#include "lib/util/text.h"
#include "lib/util/util.h"

#define CONTROL_PREFIX "/control/v1"

enum {
    TABLES_MAX = 16,
};

struct control_table {
    const struct control_endpoint *rows; /* borrowed */
    void *arg;                           /* borrowed: for the handlers */
};

struct control {
    struct control_options options;
    char *token; /* owned; NULL: none is needed */
    bool loopback;
    struct http_server *server; /* owned */
    struct control_table tables[TABLES_MAX];
    size_t table_count;
};

static void refuse_token(struct http_exchange *x)
{
    struct err err;

    (void)err_set(&err, ERR_INVALID, "the control token is missing or wrong");
    control_begin_error(x, 401, &err);
    http_reply_header(x, "WWW-Authenticate", "Bearer realm=\"control\"");
    http_reply_send(x);
}

/* --- Finding the endpoint ----------------------------------------------------------------------
 */

static bool match_row(const struct control_endpoint *row, const char *path,
                      struct control_parameters *parameters)
{
    if (row->top)
        return control_route_match(row->pattern, path, parameters);
    if (strncmp(path, CONTROL_PREFIX, sizeof(CONTROL_PREFIX) - 1) != 0)
        return false;
    return control_route_match(row->pattern, path + sizeof(CONTROL_PREFIX) - 1, parameters);
}

/* The same below /worlds/{world}: its name goes to `world`, the rest is matched. */
static bool match_in_world(const struct control_endpoint *row, const char *path, char *world,
                           size_t size, struct control_parameters *parameters)
{
    static const char prefix[] = CONTROL_PREFIX "/worlds/";
    size_t n;

    if (!row->world || row->top || strncmp(path, prefix, sizeof(prefix) - 1) != 0)
        return false;
    path += sizeof(prefix) - 1;
    n = strcspn(path, "/");
    if (n == 0 || n >= size || path[n] != '/' ||
        !control_route_match(row->pattern, path + n, parameters))
        return false;
    memcpy(world, path, n);
    world[n] = '\0';
    return true;
}

struct found {
    const struct control_endpoint *row; /* NULL: none */
    void *arg;
    char world[CONTROL_PARAMETER_MAX];
    char allow[128]; /* methods of rows whose path fits; "" : the path is unknown */
};

static const char *method_name(enum http_method method)
{
    static const char *const names[] = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"};

    return (size_t)method < ARRAY_LEN(names) ? names[method] : "";
}

static void allow(struct found *f, enum http_method method)
{
    size_t n = strlen(f->allow);

    if (strstr(f->allow, method_name(method)) == NULL)
        (void)snprintf(f->allow + n, sizeof(f->allow) - n, "%s%s", n > 0 ? ", " : "",
                       method_name(method));
}

static void look_in_table(const struct control_table *t, const struct http_request *req,
                          struct found *f, struct control_parameters *ret)
{
    enum http_method wanted = req->method == HTTP_METHOD_HEAD ? HTTP_METHOD_GET : req->method;

    for (const struct control_endpoint *row = t->rows; row->pattern != NULL; row++) {
        struct control_parameters parameters;
        char world[CONTROL_PARAMETER_MAX] = "";

        if (!match_row(row, req->path, &parameters) &&
            !match_in_world(row, req->path, world, sizeof(world), &parameters))
            continue;
        allow(f, row->method);
        if (row->method != wanted || f->row != NULL)
            continue;
        f->row = row;
        f->arg = t->arg;
        memcpy(f->world, world, sizeof(world));
        *ret = parameters;
    }
}

static void refuse_unknown(struct http_exchange *x, const struct found *f)
{
    const struct http_request *req = http_exchange_request(x);
    struct err err;

    if (f->allow[0] == '\0') {
        (void)err_set(&err, ERR_ABSENT,
                      "there is no %s: GET " CONTROL_PREFIX " lists what there is",
                      TEXT_QUOTE(req->path));
        control_refuse(x, 404, &err);
        return;
    }
    (void)err_set(&err, ERR_UNSUPPORTED, "%s is not for this path: use %s", req->method_text,
                  f->allow);
    control_begin_error(x, 405, &err);
    http_reply_header(x, "Allow", f->allow);
    http_reply_send(x);
}

static void on_request(struct http_exchange *x, void *arg)
{
    struct control *control = arg;
    const struct http_request *req = http_exchange_request(x);
    struct control_call *call = control_call_new(x, &control->options);
    struct found found = {.row = NULL};
    struct err err = {.code = ERR_NOMEM};

    if (call == NULL) {
        control_refuse(x, 500, &err);
        return;
    }
    if (control_guard_check(req, control->loopback, &err) != 0) {
        control_refuse(x, 403, &err);
        return;
    }
    for (size_t i = 0; i < control->table_count; i++)
        look_in_table(&control->tables[i], req, &found, &call->parameters);
    if ((found.row == NULL || !found.row->open) && !control_guard_token(req, control->token)) {
        refuse_token(x);
        return;
    }
    if (found.row == NULL) {
        refuse_unknown(x, &found);
        return;
    }
    call->row = found.row;
    call->arg = found.arg;
    memcpy(call->world_name, found.world, sizeof(call->world_name));
    control_call_run(call);
}

static void on_ended(struct http_exchange *x, void *arg)
{
    struct control_call *call = http_exchange_data(x);

    (void)arg;
    if (call != NULL)
        control_call_ended(call);
}

static void on_refuse(struct http_exchange *x, int status, const struct err *why, void *arg)
{
    (void)arg;
    (void)status; /* lib/http began the reply with it */
    control_add_error(x, why);
}

/* --- The list of endpoints ---------------------------------------------------------------------
 */

static json_t *describe(const struct control_endpoint *row)
{
    char path[CONTROL_PARAMETER_MAX];

    (void)snprintf(path, sizeof(path), "%s%s", row->top ? "" : CONTROL_PREFIX, row->pattern);
    return json_pack("{s:s, s:s, s:b, s:s}", "method", method_name(row->method), "path", path,
                     "world", row->world, "help", row->help);
}

static void handle_list(struct control_call *call, void *arg)
{
    const struct control *control = arg;
    json_t *list = json_array();

    for (size_t i = 0; i < control->table_count; i++) {
        for (const struct control_endpoint *row = control->tables[i].rows; row->pattern != NULL;
             row++)
            (void)json_array_append_new(list, describe(row));
    }
    control_reply(call, 200, json_pack("{s:o}", "endpoints", list));
}

static const struct control_endpoint own_endpoints[] = {
    {HTTP_METHOD_GET, "", .handle = handle_list, .help = "This list"},
    {HTTP_METHOD_GET, "/", .handle = handle_list, .help = "This list"},
    {.pattern = NULL},
};

/* --- Life --------------------------------------------------------------------------------------
 */

int control_new(struct control **ret, const struct control_options *options, struct err *err)
{
    struct control *c = calloc(1, sizeof(*c));
    struct http_server_options server = {
        .loop = options->loop,
        .app = {.request = on_request, .ended = on_ended, .refuse = on_refuse, .arg = c},
        .limits = HTTP_LIMITS_DEFAULT,
    };

    if (c == NULL)
        return err_set(err, ERR_NOMEM, "control API");
    c->options = *options;
    c->loopback = true;
    if (options->token != NULL && (c->token = strdup(options->token)) == NULL) {
        control_free(c);
        return err_set(err, ERR_NOMEM, "control API");
    }
    c->options.token = c->token;
    if (http_server_new(&c->server, &server, err) != 0 ||
        control_register(c, own_endpoints, c, err) != 0) {
        control_free(c);
        return -1;
    }
    *ret = c;
    return 0;
}

void control_free(struct control *c)
{
    if (c == NULL)
        return;
    http_server_free(c->server);
    if (c->token != NULL)
        explicit_bzero(c->token, strlen(c->token));
    free(c->token);
    free(c);
}

int control_register(struct control *c, const struct control_endpoint *table, void *arg,
                     struct err *err)
{
    if (c->table_count == TABLES_MAX)
        return err_set(err, ERR_LIMIT, "more than %d tables of endpoints", TABLES_MAX);
    c->tables[c->table_count++] = (struct control_table){table, arg};
    return 0;
}

int control_listen(struct control *c, const char *address, const char **ret_url, struct err *err)
{
    struct http_listener *listener;
    bool loopback = control_guard_is_loopback(address);

    if (!loopback && c->token == NULL)
        return err_set(err, ERR_USAGE,
                       "the control API on %s needs a token: anybody who reaches it is in control",
                       TEXT_QUOTE(address));
    if (http_server_listen(c->server, &listener, address, NULL, c, err) != 0)
        return -1;
    c->loopback = c->loopback && loopback;
    *ret_url = http_listener_url(listener);
    return 0;
}

void control_stop(struct control *c, void (*stopped)(void *arg), void *arg)
{
    http_server_stop(c->server, stopped, arg);
}
