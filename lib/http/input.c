/* SPDX-License-Identifier: MIT */
#include "lib/http/internal.h"

#include <stdio.h>
#include <string.h>

#include <event2/event.h>

#include "lib/http/limits.h"
#include "lib/util/util.h"

/* Framing (chunk sizes, extensions, trailers) may not outgrow the content by more than this. */
enum { FRAMING_SLACK = 64 * 1024 };

bool conn_wants_input(const struct http_conn *c)
{
    const struct http_exchange *x = c->exchange;

    if (c->phase == CONN_LINGER || !c->transport.established)
        return true;
    if (c->phase == CONN_CLOSED || x == NULL)
        return c->phase == CONN_OPEN;
    return !x->body_complete &&
           ((x->body == BODY_SINK && !x->body_paused && !exchange_body_waits(x)) ||
            x->body == BODY_DISCARD);
}

void conn_refuse(struct http_conn *c, int status, const struct err *why)
{
    const struct http_app *app = &c->server->options.app;
    struct http_exchange *x = c->exchange;

    if (x == NULL)
        x = c->exchange = exchange_new(c);
    if (x == NULL) {
        conn_close(c, false, HTTP_END_SERVER_ABORTED, why->msg);
        return;
    }
    if (x->reply != REPLY_OPEN) { /* the handler answered; nothing may follow on this connection */
        x->unread = true;
        x->close = true;
        return;
    }
    (void)snprintf(x->end_reason, sizeof(x->end_reason), "%.*s", (int)sizeof(x->end_reason) - 1,
                   why->msg);
    x->unread = true;
    http_reply_begin(x, status);
    http_reply_close(x);
    if (app->refuse != NULL)
        app->refuse(x, status, why, app->arg);
    else
        http_reply_text(x, why->msg, strlen(why->msg));
    http_reply_send(x);
}

/* --- Heads -------------------------------------------------------------------------------------
 */

static void enter_application(void *arg)
{
    struct http_exchange *x = arg;
    const struct http_app *app = &x->conn->server->options.app;

    app->request(x, app->arg);
}

static void begin_exchange(struct http_conn *c, const char *p, size_t n, size_t lines)
{
    struct http_exchange *x = c->exchange = exchange_new(c);
    struct err err;
    int status;

    if (x == NULL) {
        conn_close(c, false, HTTP_END_SERVER_ABORTED, "");
        return;
    }
    if (head_parse(&x->head, &c->parser, p, n, lines, &status, &err) != 0) {
        conn_refuse(c, status, &err);
        return;
    }
    x->body = BODY_WAIT;
    x->body_complete = !http_request_has_body(&x->head.request);
    x->close = !x->head.request.keep_alive;
    if (c->refuse_full) {
        (void)err_set(&err, ERR_TOO_MANY_CONNECTIONS, "%s", err_text(ERR_TOO_MANY_CONNECTIONS));
        conn_refuse(c, 503, &err);
        return;
    }
    exchange_stage(x, HTTP_STAGE_REQUEST_HEAD, enter_application, x);
}

/* Looks for a head in p; returns the bytes consumed. */
static size_t consume_head(struct http_conn *c, const char *p, size_t n, bool *stuck)
{
    struct head_scan scan;
    struct err err;
    int status;

    switch (head_scan(&c->scan, p, n, &status, &err)) {
    case HEAD_MORE:
        *stuck = true;
        return 0;
    case HEAD_BAD:
        memset(&c->scan, 0, sizeof(c->scan));
        conn_refuse(c, status, &err);
        return n;
    default:
        scan = c->scan;
        memset(&c->scan, 0, sizeof(c->scan));
        begin_exchange(c, p + scan.start, scan.pos - scan.start, scan.lines);
        return scan.pos;
    }
}

/* --- Bodies ------------------------------------------------------------------------------------
 */

static void on_body_data(void *arg, const char *p, size_t n)
{
    struct http_exchange *x = arg;
    struct err err;

    x->traffic.body_in += n;
    if (x->body != BODY_SINK) {
        x->conn->discarded += n;
        return;
    }
    if (x->traffic.body_in > x->body_max) {
        (void)err_set(&err, ERR_BODY_TOO_LARGE, "request body exceeds %llu bytes",
                      (unsigned long long)x->body_max);
        exchange_fail_body(x, &err);
        if (x->conn->phase == CONN_OPEN && x->reply == REPLY_OPEN)
            conn_refuse(x->conn, 413, &err);
        return;
    }
    x->sink.data(x->sink_arg, p, n);
}

static void on_body_complete(void *arg)
{
    struct http_exchange *x = arg;

    x->body_complete = true;
}

/* Whatever comes now cannot be understood. */
static void broken_framing(struct http_exchange *x, const struct err *err)
{
    struct http_conn *c = x->conn;

    x->body_complete = true;
    if (x->reply != REPLY_OPEN) {
        conn_close(c, false, HTTP_END_CLIENT_ABORTED, err->msg);
        return;
    }
    exchange_fail_body(x, err);
    if (c->phase == CONN_OPEN)
        conn_refuse(c, 400, err);
}

static size_t consume_body(struct http_conn *c, const char *p, size_t n)
{
    struct http_exchange *x = c->exchange;
    struct head_body_events events = {on_body_data, on_body_complete, x};
    uint64_t before = x->traffic.body_in;
    struct err err;
    size_t used = 0;

    if (head_feed_body(&c->parser, &events, p, n, &used, &err) != 0) {
        broken_framing(x, &err);
        return n;
    }
    x->framing += used - (x->traffic.body_in - before);
    if (x->framing > x->traffic.body_in + FRAMING_SLACK) {
        (void)err_set(&err, ERR_BODY_SYNTAX, "chunk framing outweighs the content");
        broken_framing(x, &err);
        return n;
    }
    if (x->body == BODY_DISCARD && c->discarded > c->server->options.limits.discard)
        x->close = true; /* enough: the answer is out or will be, then the connection ends */
    return used;
}

/* --- Both --------------------------------------------------------------------------------------
 */

/* As much of the body as may be taken now. */
static size_t consume_paced(struct http_conn *c, const char *p, size_t n, bool *stuck)
{
    size_t room = exchange_body_room(c->exchange, n);

    *stuck = room == 0;
    return room > 0 ? consume_body(c, p, room) : 0;
}

/* Consumes what it can of p; returns how much. */
static size_t consume(struct http_conn *c, const char *p, size_t n)
{
    size_t done = 0;
    bool stuck = false;

    while (done < n && !stuck && c->phase == CONN_OPEN) {
        struct http_exchange *x = c->exchange;

        if (x == NULL)
            done += consume_head(c, p + done, n - done, &stuck);
        else if (conn_wants_input(c))
            done += consume_paced(c, p + done, n - done, &stuck);
        else
            stuck = true;
    }
    return done;
}

/* The end of a body is told when the data before it was taken. True when something moved. */
static bool end_body(struct http_conn *c)
{
    struct http_exchange *x = c->exchange;

    if (x == NULL || !x->body_complete || x->body_paused || c->phase != CONN_OPEN)
        return false;
    if (x->body == BODY_SINK) {
        x->body = BODY_OVER;
        x->sink.end(x->sink_arg);
        return true;
    }
    if (x->body == BODY_DISCARD) {
        x->body = BODY_OVER;
        return true;
    }
    return false;
}

static void drop_front(struct buf *b, size_t n)
{
    memmove(b->data, b->data + n, b->len - n);
    b->len -= n;
    if (b->len == 0) { /* an idle connection keeps nothing */
        size_t max = b->max;

        buf_done(b);
        buf_init(b, max);
    }
}

bool conn_input(struct http_conn *c)
{
    size_t used = 0;

    if (c->phase != CONN_OPEN)
        return false;
    /* A partial head needs new bytes: looking at the old ones again is of no use. */
    if (c->held.len > 0 && (c->exchange != NULL || c->scan.pos < c->held.len)) {
        used = consume(c, c->held.data, c->held.len);
        if (used > 0 && c->phase == CONN_OPEN)
            drop_front(&c->held, used);
    }
    return end_body(c) || used > 0;
}

static void feed(struct http_conn *c, const char *p, size_t n)
{
    size_t used = 0;

    if (c->held.len == 0)
        used = consume(c, p, n);
    if (c->phase == CONN_OPEN && used < n && buf_append(&c->held, p + used, n - used) != 0)
        conn_close(c, false, HTTP_END_SERVER_ABORTED, "too many bytes ahead of their turn");
}

/* The peer will send no more. What it asked before may still be answered. */
static void peer_ended(struct http_conn *c)
{
    struct http_exchange *x = c->exchange;
    struct err err;

    c->peer_ended = true;
    (void)event_del(&c->read_event);
    c->reading = false;
    if (x == NULL) {
        conn_close(c, false, HTTP_END_CLIENT_ABORTED, "");
        return;
    }
    if (x->body_complete)
        return;
    (void)err_set(&err, ERR_PEER_CLOSED, "the peer closed before the end of the request body");
    exchange_fail_body(x, &err);
    conn_close(c, false, HTTP_END_CLIENT_ABORTED, err.msg);
}

/* Speaks the other protocol: an answer in bytes that both kinds of client can make sense of. */
static void wrong_protocol(struct http_conn *c, const char *reason, const char *text)
{
    struct http_exchange *x = c->exchange = exchange_new(c);

    if (x != NULL) {
        x->status = 400;
        x->traffic.ended_us = http_now_us();
        exchange_end(x, HTTP_END_COMPLETE, reason);
        exchange_recycle(x);
        c->exchange = NULL;
    }
    transport_write_raw(&c->transport, text);
    conn_linger(c);
}

static void failed_read(struct http_conn *c, const struct err *err)
{
    struct http_exchange *x = c->exchange;

    if (x == NULL && !c->transport.established)
        x = c->exchange = exchange_new(c); /* so that a failed handshake leaves a trace */
    if (x != NULL && !x->body_complete)
        exchange_fail_body(x, err);
    conn_close(c, false, HTTP_END_CLIENT_ABORTED, err->msg);
}

/* The ClientHello is known: the hook may close, or choose what we answer with. */
static void tls_stage(struct http_conn *c)
{
    const struct http_server_options *o = &c->server->options;
    enum http_verdict verdict = o->hook(HTTP_STAGE_TLS, c, NULL, o->hook_arg);

    if (verdict == HTTP_DROP || verdict == HTTP_RESET)
        conn_close(c, verdict == HTTP_RESET, HTTP_END_SERVER_ABORTED, "closed by rule");
}

/* Lingering: everything was said, bytes are read so that the peer can read our answer. */
static void drop_input(struct http_conn *c, enum transport_result result, size_t n)
{
    c->discarded += n;
    if (result != TRANSPORT_OK && result != TRANSPORT_AGAIN)
        conn_close(c, false, HTTP_END_COMPLETE, "");
}

void conn_read(struct http_conn *c)
{
    bool fresh = c->fresh;
    const char *p = NULL;
    size_t n = 0;
    struct err err;
    enum transport_result result = transport_read(&c->transport, fresh, &p, &n, &err);

    if (result == TRANSPORT_HELLO) {
        tls_stage(c);
        if (c->phase != CONN_CLOSED)
            result = transport_go_on(&c->transport, &p, &n, &err);
    }
    if (result != TRANSPORT_AGAIN)
        c->fresh = false;
    if (c->phase == CONN_CLOSED)
        return;
    if (c->phase == CONN_LINGER) {
        drop_input(c, result, n);
        return;
    }
    switch (result) {
    case TRANSPORT_OK:
        if (n > 0)
            feed(c, p, n);
        break;
    case TRANSPORT_AGAIN:
    case TRANSPORT_HELLO:
        break;
    case TRANSPORT_EOF:
        peer_ended(c);
        break;
    case TRANSPORT_PLAIN:
        wrong_protocol(c, "plain HTTP on a TLS port",
                       "HTTP/1.0 400 Bad Request\r\nContent-Type: text/plain\r\n"
                       "Connection: close\r\n\r\n"
                       "Client sent an HTTP request to an HTTPS server: use https://.\n");
        break;
    case TRANSPORT_TLS:
        wrong_protocol(c, "TLS on a plain HTTP port",
                       "HTTP/1.0 400 Bad Request\r\nContent-Type: text/plain\r\n"
                       "Connection: close\r\n\r\n"
                       "Client sent an HTTPS request to an HTTP server: use http://.\n");
        break;
    case TRANSPORT_FAILED:
        failed_read(c, &err);
        break;
    }
}
