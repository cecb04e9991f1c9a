/* SPDX-License-Identifier: MIT */
#include "lib/http/internal.h"

#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>
#include <time.h>

#include "lib/http/loop.h"
#include "lib/util/text.h"
#include "lib/util/util.h"

uint64_t http_now_us(void)
{
    struct timespec ts;

    (void)clock_gettime(CLOCK_MONOTONIC, &ts);
    return (uint64_t)ts.tv_sec * 1000000 + (uint64_t)ts.tv_nsec / 1000;
}

enum {
    SPARE_MAX = 64,              /* ended exchanges kept per server */
    SPARE_BUFFER_MAX = 4 * 1024, /* largest buffer that is kept in one */
};

/* An ended exchange with its buffers, or a new one. */
static struct http_exchange *take_spare(struct http_server *s)
{
    struct http_exchange *x = SLIST_FIRST(&s->spare);
    struct http_exchange kept;

    if (x == NULL) {
        x = calloc(1, sizeof(*x));
        if (x == NULL)
            return NULL;
        buf_init(&x->headers, HTTP_REPLY_HEADERS_MAX);
        buf_init(&x->out, 2 * HTTP_REPLY_HEADERS_MAX);
        return x;
    }
    SLIST_REMOVE_HEAD(&s->spare, link);
    s->spare_count--;
    kept = (struct http_exchange){.headers = x->headers, .out = x->out};
    kept.head.memory = x->head.memory;
    kept.head.capacity = x->head.capacity;
    *x = kept;
    buf_reset(&x->headers);
    buf_reset(&x->out);
    return x;
}

struct http_exchange *exchange_new(struct http_conn *c)
{
    struct http_exchange *x = take_spare(c->server);

    if (x == NULL)
        return NULL;
    x->magic = HTTP_EXCHANGE_MAGIC;
    x->conn = c;
    x->head.request = head_no_request;
    x->traffic.started_us = http_now_us();
    x->body = BODY_OVER;
    x->body_complete = true;
    x->length = -1;
    c->requests++;
    c->waiting = ERR_NONE; /* the time of the next head begins anew */
    c->discarded = 0;
    return x;
}

void exchange_end(struct http_exchange *x, enum http_end end, const char *reason)
{
    const struct http_server_options *o = &x->conn->server->options;
    char text[sizeof(x->end_reason)];

    if (x->ended)
        return;
    x->ended = true;
    text_copy(text, sizeof(text), reason);
    memcpy(x->end_reason, text, sizeof(text));
    x->end = end;
    x->traffic.ended_us = http_now_us();
    if (o->hook != NULL)
        (void)o->hook(HTTP_STAGE_END, x->conn, x, o->hook_arg);
    o->app.ended(x, o->app.arg);
}

void exchange_free(struct http_exchange *x)
{
    if (x == NULL)
        return;
    http_source_free(x->source);
    body_rate_free(x->rate);
    buf_done(&x->headers);
    buf_done(&x->out);
    head_done(&x->head);
    x->magic = 0;
    free(x);
}

void exchange_recycle(struct http_exchange *x)
{
    struct http_server *s = x->conn->server;

    if (s->spare_count >= SPARE_MAX || x->headers.cap > SPARE_BUFFER_MAX ||
        x->out.cap > SPARE_BUFFER_MAX || x->head.capacity > SPARE_BUFFER_MAX) {
        exchange_free(x);
        return;
    }
    http_source_free(x->source);
    x->source = NULL;
    body_rate_free(x->rate);
    x->rate = NULL;
    x->magic = 0;
    SLIST_INSERT_HEAD(&s->spare, x, link);
    s->spare_count++;
}

/* --- Stages ------------------------------------------------------------------------------------
 */

static const char *const stage_names[] = {
#define STAGE_NAME(name, text) [HTTP_STAGE_##name] = (text),
    HTTP_STAGES(STAGE_NAME)
#undef STAGE_NAME
};

const char *http_stage_name(enum http_stage stage)
{
    return stage_names[stage];
}

void exchange_stage(struct http_exchange *x, enum http_stage stage, void (*next)(void *arg),
                    void *arg)
{
    const struct http_server_options *o = &x->conn->server->options;

    if (o->hook == NULL) {
        next(arg);
        return;
    }
    switch (o->hook(stage, x->conn, x, o->hook_arg)) {
    case HTTP_PASS:
        next(arg);
        break;
    case HTTP_DONE: /* the hook replied; from response-head on that is the same as passing */
        if (stage == HTTP_STAGE_RESPONSE_HEAD || stage == HTTP_STAGE_RESPONSE_BODY)
            next(arg);
        break;
    case HTTP_HOLD:
        x->held = true;
        x->next = next;
        x->next_arg = arg;
        break;
    case HTTP_DROP:
        http_exchange_abort(x, false, "closed by rule");
        break;
    case HTTP_RESET:
        http_exchange_abort(x, true, "reset by rule");
        break;
    }
}

void http_exchange_hook(struct http_exchange *x, enum http_stage stage, void (*next)(void *arg),
                        void *arg)
{
    exchange_stage(x, stage, next, arg);
}

void http_exchange_go(struct http_exchange *x)
{
    void (*next)(void *arg) = x->next;

    if (!x->held || x->ended)
        return;
    x->held = false;
    x->next = NULL;
    next(x->next_arg);
    conn_pump_soon(x->conn);
}

/* --- What handlers see -------------------------------------------------------------------------
 */

const struct http_request *http_exchange_request(const struct http_exchange *x)
{
    return &x->head.request;
}

struct http_conn *http_exchange_conn(const struct http_exchange *x)
{
    return x->conn;
}

struct loop *http_exchange_loop(const struct http_exchange *x)
{
    return x->conn->server->options.loop;
}

const struct http_traffic *http_exchange_traffic(const struct http_exchange *x)
{
    return &x->traffic;
}

enum http_end http_exchange_end(const struct http_exchange *x)
{
    return x->end;
}

const char *http_exchange_end_reason(const struct http_exchange *x)
{
    return x->end_reason;
}

void http_exchange_set_data(struct http_exchange *x, void *data)
{
    x->data = data;
}

void *http_exchange_data(const struct http_exchange *x)
{
    return x->data;
}

void http_exchange_abort(struct http_exchange *x, bool reset, const char *reason)
{
    struct http_conn *c = x->conn;

    if (x->ended)
        return;
    if (reset) {
        conn_close(c, true, HTTP_END_RESET, reason);
        return;
    }
    exchange_end(x, HTTP_END_SERVER_ABORTED, reason);
    conn_finish(c, !x->body_complete || c->held.len > 0 || x->unread);
}

void http_exchange_watch(struct http_exchange *x, bool on)
{
    x->watched = on;
    conn_pump_soon(x->conn);
}

bool exchange_is_watched(const struct http_exchange *x)
{
    return !x->ended && (x->watched || x->held || x->source_waiting);
}

void http_exchange_wake(struct http_exchange *x)
{
    x->source_waiting = false;
    conn_pump_soon(x->conn);
}

/* --- Request body ------------------------------------------------------------------------------
 */

void exchange_fail_body(struct http_exchange *x, const struct err *why)
{
    if (x->body != BODY_SINK)
        return;
    x->body = BODY_DISCARD;
    x->sink.failed(x->sink_arg, why);
}

static void fail_too_large(void *arg)
{
    struct http_exchange *x = arg;
    struct http_conn *c = x->conn;
    struct err err;

    if (c->phase != CONN_OPEN || x->ended)
        return;
    (void)err_set(&err, ERR_BODY_TOO_LARGE, "request body of %lld bytes exceeds %llu bytes",
                  (long long)x->head.request.content_length, (unsigned long long)x->body_max);
    exchange_fail_body(x, &err);
    if (c->phase == CONN_OPEN)
        conn_refuse(c, 413, &err);
}

void http_body_read(struct http_exchange *x, const struct http_sink *sink, void *arg, uint64_t max)
{
    const struct http_request *req = &x->head.request;

    ASSERT(x->body == BODY_WAIT);
    x->body = BODY_SINK;
    x->sink = *sink;
    x->sink_arg = arg;
    x->body_max = max;
    if (req->content_length > 0 && (uint64_t)req->content_length > max) {
        x->body_paused = true; /* nothing of it is wanted */
        loop_defer(http_exchange_loop(x), fail_too_large, x);
        return;
    }
    /* Bytes that came unasked make the interim answer pointless (RFC 9110, 10.1.1). */
    x->continue_wanted = req->expect_continue && !x->body_complete && x->conn->held.len == 0;
    conn_pump_soon(x->conn);
}

void http_body_pause(struct http_exchange *x)
{
    x->body_paused = true;
}

void http_body_resume(struct http_exchange *x)
{
    x->body_paused = false;
    conn_pump_soon(x->conn);
}

void http_body_discard(struct http_exchange *x)
{
    if (x->body == BODY_SINK || x->body == BODY_WAIT)
        x->body = BODY_DISCARD;
    x->body_paused = false;
    conn_pump_soon(x->conn);
}
