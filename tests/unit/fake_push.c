/* SPDX-License-Identifier: MIT */
#include "tests/unit/fake_push.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "lib/http/exchange.h"
#include "lib/http/loop.h"
#include "lib/http/server.h"
#include "lib/util/util.h"
#include "registry/call.h"
#include "registry/registry.h"
#include "registry/route.h"

enum { FIELDS_MAX = 128, VALUE_MAX = 512, TEXT_MAX = 512 * 1024 };

struct reply_header {
    const char *name; /* borrowed: a literal */
    char value[VALUE_MAX];
};

struct http_exchange {
    struct http_request request;
    struct http_header headers[FIELDS_MAX];       /* of the request */
    struct http_parameter parameters[FIELDS_MAX]; /* of the request */
    struct loop *loop;                            /* borrowed */
    void *data;                                   /* the call */
    struct http_sink sink;                        /* while reading */
    void *sink_arg;                               /* borrowed */
    uint64_t max;                                 /* as the handler wants it */
    bool reading;
    bool paused;
    bool discarded;
    int status;
    bool sent;
    struct reply_header reply[FIELDS_MAX];
    size_t reply_count;
    char text[TEXT_MAX]; /* body of the reply */
};

/* --- For the test ---------------------------------------------------------------------------- */

static void set_request(struct http_exchange *x, const struct fake_request *q)
{
    struct http_request *req = &x->request;

    req->method = q->method;
    req->method_text = "FAKE";
    req->target = req->path = q->path;
    req->minor = 1;
    req->chunked = q->chunked;
    req->content_length = q->length;
    req->headers = x->headers;
    req->parameters = x->parameters;
    for (const struct fake_field *f = q->headers; f != NULL && f->name != NULL; f++)
        x->headers[req->header_count++] = (struct http_header){f->name, f->value};
    for (const struct fake_field *f = q->parameters; f != NULL && f->name != NULL; f++)
        x->parameters[req->parameter_count++] = (struct http_parameter){f->name, f->value};
}

struct registry_call *fake_call(struct world *w, const struct fake_request *q)
{
    struct http_exchange *x = calloc(1, sizeof(*x));
    struct registry_call *call;

    ASSERT(x != NULL);
    x->loop = w->loop;
    set_request(x, q);
    call = call_new(x, w);
    ASSERT(call != NULL);
    ASSERT(route_parse(&call->route, call->req) == ROUTE_FOUND);
    return call;
}

void fake_data(struct registry_call *call, const void *p, size_t n)
{
    struct http_exchange *x = call->x;

    if (x->reading)
        x->sink.data(x->sink_arg, p, n);
}

void fake_end(struct registry_call *call)
{
    struct http_exchange *x = call->x;

    if (!x->reading)
        return;
    x->reading = false;
    x->sink.end(x->sink_arg);
}

void fake_body(struct registry_call *call, const char *bytes)
{
    fake_data(call, bytes, strlen(bytes));
    fake_end(call);
}

void fake_fail(struct registry_call *call, enum err_code code)
{
    struct http_exchange *x = call->x;
    struct err err;

    if (!x->reading)
        return;
    x->reading = false;
    (void)err_set(&err, code, "%s", err_text(code));
    x->sink.failed(x->sink_arg, &err);
}

void fake_close(struct registry_call *call)
{
    struct http_exchange *x = call->x;

    x->reading = false;
    call_free(call);
    free(x);
}

struct waiting {
    struct loop *loop;
    struct loop_timer *timer;
    unsigned turns;
    bool (*done)(void *arg);
    void *arg;
    bool answer;
};

static void look(void *arg)
{
    struct waiting *w = arg;

    w->answer = w->done(w->arg);
    if (w->answer || ++w->turns >= 5000)
        loop_stop(w->loop);
    else
        loop_timer_start(w->timer, 1);
}

bool fake_run_until(struct loop *loop, bool (*done)(void *arg), void *arg)
{
    struct waiting w = {.loop = loop, .done = done, .arg = arg};

    ASSERT(loop_timer_new(&w.timer, loop, look, &w, NULL) == 0);
    loop_timer_start(w.timer, 0);
    ASSERT(loop_run(loop, NULL) == 0);
    loop_timer_free(w.timer);
    return w.answer;
}

static bool has_reply(void *arg)
{
    return fake_status(arg) != 0;
}

int fake_wait(struct registry_call *call)
{
    (void)fake_run_until(call->world->loop, has_reply, call);
    return fake_status(call);
}

bool fake_is_reading(const struct registry_call *call)
{
    return call->x->reading;
}

bool fake_is_paused(const struct registry_call *call)
{
    return call->x->paused;
}

bool fake_is_discarded(const struct registry_call *call)
{
    return call->x->discarded;
}

uint64_t fake_body_max(const struct registry_call *call)
{
    return call->x->max;
}

int fake_status(const struct registry_call *call)
{
    return call->x->sent ? call->x->status : 0;
}

const char *fake_header(const struct registry_call *call, const char *name)
{
    for (size_t i = 0; i < call->x->reply_count; i++) {
        if (strcasecmp(call->x->reply[i].name, name) == 0)
            return call->x->reply[i].value;
    }
    return NULL;
}

size_t fake_header_count(const struct registry_call *call, const char *name)
{
    size_t count = 0;

    for (size_t i = 0; i < call->x->reply_count; i++)
        count += strcasecmp(call->x->reply[i].name, name) == 0 ? 1 : 0;
    return count;
}

const char *fake_text(const struct registry_call *call)
{
    return call->x->text;
}

/* --- In place of lib/http -------------------------------------------------------------------- */

const struct http_request *http_exchange_request(const struct http_exchange *x)
{
    return &x->request;
}

struct http_conn *http_exchange_conn(const struct http_exchange *x)
{
    (void)x;
    return NULL;
}

bool http_conn_is_tls(const struct http_conn *c)
{
    (void)c;
    return false;
}

void http_exchange_set_data(struct http_exchange *x, void *data)
{
    x->data = data;
}

void http_body_read(struct http_exchange *x, const struct http_sink *sink, void *arg, uint64_t max)
{
    ASSERT(!x->reading && !x->sent);
    x->sink = *sink;
    x->sink_arg = arg;
    x->max = max;
    x->reading = true;
}

void http_body_pause(struct http_exchange *x)
{
    x->paused = true;
}

void http_body_resume(struct http_exchange *x)
{
    x->paused = false;
}

void http_body_discard(struct http_exchange *x)
{
    x->reading = false;
    x->discarded = true;
}

void http_reply_begin(struct http_exchange *x, int status)
{
    ASSERT(!x->sent);
    x->status = status;
    x->reply_count = 0;
    x->text[0] = '\0';
}

void http_reply_header(struct http_exchange *x, const char *name, const char *value)
{
    struct reply_header *h = &x->reply[x->reply_count++];

    ASSERT(x->reply_count <= FIELDS_MAX && strlen(value) < VALUE_MAX);
    ASSERT(strpbrk(value, "\r\n") == NULL);
    h->name = name;
    (void)stpcpy(h->value, value);
}

void http_reply_headerf(struct http_exchange *x, const char *name, const char *fmt, ...)
{
    char value[VALUE_MAX];
    va_list args;

    va_start(args, fmt);
    (void)vsnprintf(value, sizeof(value), fmt, args);
    va_end(args);
    http_reply_header(x, name, value);
}

void http_reply_text(struct http_exchange *x, const void *p, size_t n)
{
    ASSERT(n < TEXT_MAX);
    memcpy(x->text, p, n);
    x->text[n] = '\0';
}

void http_reply_body(struct http_exchange *x, struct http_source *src, int64_t length)
{
    (void)length;
    (void)x;
    http_source_free(src);
}

void http_reply_send(struct http_exchange *x)
{
    ASSERT(!x->sent && x->status != 0);
    x->sent = true;
}
