/* SPDX-License-Identifier: MIT */
#include "lib/control/control_call.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "lib/http/exchange.h"
#include "lib/http/loop.h"
#include "lib/util/err.h"
#include "lib/util/json.h"
#include "lib/util/text.h"
#include "lib/util/util.h"

enum { JSON_VALUES_MAX = 1000000 };

/* Parsing a large body; on its own, because the asker may leave meanwhile. */
struct control_parse_job {
    struct control_call *call; /* borrowed; NULL: the asker left */
    char *text;                /* owned */
    size_t size;
    json_t *root; /* owned */
    struct err err;
    int result;
};

/* --- Replies -----------------------------------------------------------------------------------
 */

static void send_text(struct http_exchange *x, int status, const char *type, char *text)
{
    http_reply_begin(x, status);
    if (text != NULL)
        http_reply_header(x, "Content-Type", type);
    http_reply_header(x, "Cache-Control", "no-store");
    if (text != NULL)
        http_reply_body(x, http_source_memory(text, strlen(text), free, text),
                        (int64_t)strlen(text));
    http_reply_send(x);
}

void control_reply_text(struct control_call *call, int status, const char *type, char *text)
{
    if (text == NULL)
        status = 500;
    control_call_resume(call);
    send_text(call->x, status, type, text);
}

void control_reply_source(struct control_call *call, const char *type, struct http_source *source)
{
    control_call_resume(call);
    http_reply_begin(call->x, 200);
    http_reply_header(call->x, "Content-Type", type);
    http_reply_header(call->x, "Cache-Control", "no-store");
    http_reply_body(call->x, source, -1);
    http_reply_send(call->x);
}

/* People read this with curl: a line of its own for each reply. */
static char *dump(json_t *body)
{
    char *text = body != NULL ? json_dumps(body, JSON_COMPACT | JSON_REAL_PRECISION(6)) : NULL;
    char *line = NULL;

    if (text != NULL && asprintf(&line, "%s\n", text) < 0)
        line = NULL;
    free(text);
    json_decref(body);
    return line;
}

void control_reply(struct control_call *call, int status, struct json_t *body)
{
    control_reply_text(call, status, "application/json", dump(body));
}

void control_reply_empty(struct control_call *call, int status)
{
    control_call_resume(call);
    send_text(call->x, status, NULL, NULL);
}

static int status_of(enum err_code code)
{
    switch (code) {
    case ERR_ABSENT:
        return 404;
    case ERR_EXISTS:
    case ERR_BUSY:
        return 409;
    case ERR_BODY_TOO_LARGE:
        return 413;
    case ERR_LIMIT:
        return 422;
    case ERR_OVERLOADED:
        return 503;
    case ERR_STORAGE_FULL:
        return 507;
    case ERR_NOMEM:
    case ERR_SYSTEM:
        return 500;
    default:
        return 400;
    }
}

static json_t *error_body(const struct err *err)
{
    static const char *const names[] = {
#define ERR_ROW(name, text) [ERR_##name] = #name,
#include "lib/util/err.tbl.h"
#undef ERR_ROW
    };

    return json_pack("{s:{s:s, s:s}}", "error", "code", names[err->code], "message", err->msg);
}

void control_reply_error(struct control_call *call, const struct err *err)
{
    control_reply(call, status_of(err->code), error_body(err));
}

void control_add_error(struct http_exchange *x, const struct err *err)
{
    char *text = dump(error_body(err));

    http_reply_header(x, "Content-Type", "application/json");
    if (text != NULL)
        http_reply_body(x, http_source_memory(text, strlen(text), free, text),
                        (int64_t)strlen(text));
}

void control_begin_error(struct http_exchange *x, int status, const struct err *err)
{
    http_reply_begin(x, status);
    control_add_error(x, err);
}

void control_refuse(struct http_exchange *x, int status, const struct err *err)
{
    control_begin_error(x, status, err);
    http_reply_send(x);
}

/* --- The body ----------------------------------------------------------------------------------
 */

/* The world may have gone while the body came. */
static void enter(struct control_call *call)
{
    const struct control_options *o = call->options;
    const char *name = call->world_name[0] != '\0' ? call->world_name : "default";
    struct err err;

    if (call->row->world && o->find_world != NULL)
        call->world = o->find_world(name, o->arg);
    if (!call->row->world || call->world != NULL) {
        call->row->handle(call, call->arg);
        return;
    }
    (void)err_set(&err, ERR_ABSENT, "there is no world %s", TEXT_QUOTE(name));
    control_reply_error(call, &err);
}

static const struct util_json_limits body_limits = {.size = CONTROL_BODY_MAX,
                                                    .depth = UTIL_JSON_DEPTH_MAX,
                                                    .values = JSON_VALUES_MAX,
                                                    .secret = true};

static void parse_run(void *arg)
{
    struct control_parse_job *job = arg;

    job->result = util_json_parse(&job->root, job->text, job->size, &body_limits, &job->err);
}

static void parse_done(void *arg)
{
    struct control_parse_job *job = arg;
    struct control_call *call = job->call;

    if (call != NULL) {
        call->job = NULL;
        if (job->result != 0) {
            control_reply_error(call, &job->err);
        } else {
            call->body = STEAL(job->root);
            enter(call);
        }
    }
    json_decref(job->root);
    free(job->text);
    free(job);
}

static void parse(struct control_call *call)
{
    struct control_parse_job *job = calloc(1, sizeof(*job));
    struct err err;

    if (job == NULL) {
        (void)err_set(&err, ERR_NOMEM, "request body");
        control_reply_error(call, &err);
        return;
    }
    job->call = call;
    job->text = buf_take(&call->text, &job->size);
    call->job = job;
    if (job->size > UTIL_JSON_INLINE_MAX) {
        loop_job(call->options->loop, parse_run, parse_done, job);
        return;
    }
    parse_run(job);
    parse_done(job);
}

static void on_data(void *arg, const void *p, size_t n)
{
    struct control_call *call;

    CAST_ARG(call, arg, CONTROL_CALL_MAGIC);
    (void)buf_append(&call->text, p, n);
}

static void on_end(void *arg)
{
    struct control_call *call;
    struct err err;

    CAST_ARG(call, arg, CONTROL_CALL_MAGIC);
    if (buf_check(&call->text, "request body", &err) != 0)
        control_reply_error(call, &err);
    else if (call->text.len == 0)
        enter(call);
    else
        parse(call);
}

static void on_failed(void *arg, const struct err *err)
{
    struct control_call *call;

    CAST_ARG(call, arg, CONTROL_CALL_MAGIC);
    if (err->code == ERR_BODY_TOO_LARGE || err->code == ERR_BODY_SYNTAX)
        control_reply_error(call, err);
}

/* A page in a browser cannot send this type without asking first. */
static bool is_json(const struct http_request *req)
{
    const char *type = http_request_header(req, "Content-Type");
    static const char json[] = "application/json";
    size_t n = sizeof(json) - 1;

    return type != NULL && strncasecmp(type, json, n) == 0 &&
           (type[n] == '\0' || type[n] == ';' || type[n] == ' ');
}

void control_call_run(struct control_call *call)
{
    static const struct http_sink sink = {.data = on_data, .end = on_end, .failed = on_failed};
    const struct http_request *req = http_exchange_request(call->x);
    struct err err;

    if (!call->row->has_body || !http_request_has_body(req)) {
        enter(call);
        return;
    }
    if (!is_json(req)) {
        (void)err_set(&err, ERR_INVALID, "the body must be JSON: Content-Type: application/json");
        control_refuse(call->x, 415, &err);
        return;
    }
    http_body_read(call->x, &sink, call, CONTROL_BODY_MAX);
}

/* --- Life --------------------------------------------------------------------------------------
 */

struct control_call *control_call_new(struct http_exchange *x,
                                      const struct control_options *options)
{
    struct control_call *call = calloc(1, sizeof(*call));

    if (call == NULL)
        return NULL;
    call->magic = CONTROL_CALL_MAGIC;
    call->options = options;
    call->x = x;
    buf_init(&call->text, CONTROL_BODY_MAX);
    http_exchange_set_data(x, call);
    return call;
}

void control_call_ended(struct control_call *call)
{
    void (*gone)(void *arg);

    if (call->job != NULL)
        call->job->call = NULL;
    gone = STEAL(call->gone);
    if (gone != NULL)
        gone(call->gone_arg);
    json_decref(call->body);
    buf_done(&call->text);
    call->magic = 0;
    free(call);
}

/* --- In a handler ------------------------------------------------------------------------------
 */

void *control_call_world(const struct control_call *call)
{
    ASSERT(call->world != NULL);
    return call->world;
}

const char *control_call_parameter(const struct control_call *call, const char *name)
{
    const char *value = control_route_value(&call->parameters, name);

    ASSERT(value != NULL);
    return value;
}

const char *control_call_query(const struct control_call *call, const char *name)
{
    return http_request_parameter(http_exchange_request(call->x), name);
}

const struct http_request *control_call_request(const struct control_call *call)
{
    return http_exchange_request(call->x);
}

const struct json_t *control_call_body(const struct control_call *call)
{
    return call->body;
}

const struct json_t *control_call_need_body(struct control_call *call, const char *what)
{
    struct err err;

    if (call->body == NULL) {
        (void)err_set(&err, ERR_CONFIG, "a JSON body is missing: %s", what);
        control_reply_error(call, &err);
        return NULL;
    }
    return call->body;
}

struct http_exchange *control_call_exchange(const struct control_call *call)
{
    return call->x;
}

void control_call_wait(struct control_call *call, void (*gone)(void *arg), void *arg)
{
    call->gone = gone;
    call->gone_arg = arg;
    http_exchange_watch(call->x, true); /* who leaves meanwhile waits no more */
}

void control_call_resume(struct control_call *call)
{
    call->gone = NULL;
}
