/* SPDX-License-Identifier: MIT */
#include "lib/http/internal.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <event2/event.h>

#include "lib/http/loop.h"
#include "lib/http/tls.h"
#include "lib/util/util.h"

enum {
    WATCH_MS = 500,        /* between looks at a peer whose unread bytes hide its end */
    STOP_LINGER_MS = 1000, /* lingering when the server stops */
};

static void free_deferred(void *arg)
{
    struct http_conn *c = arg;

    exchange_free(c->exchange);
    buf_done(&c->held);
    c->magic = 0;
    free(c);
}

static struct loop *loop_of(const struct http_conn *c)
{
    return c->server->options.loop;
}

static const struct http_limits *limits_of(const struct http_conn *c)
{
    return &c->server->options.limits;
}

void conn_close(struct http_conn *c, bool reset, enum http_end end, const char *reason)
{
    if (c->phase == CONN_CLOSED)
        return;
    c->phase = CONN_CLOSED;
    (void)event_del(&c->read_event);
    (void)event_del(&c->write_event);
    (void)event_del(&c->timer_event);
    if (c->exchange != NULL)
        exchange_end(c->exchange, end, reason);
    transport_close(&c->transport, reset);
    server_conn_closed(c->server, c);
    loop_defer(loop_of(c), free_deferred, c);
}

/* --- Waiting -----------------------------------------------------------------------------------
 */

static void arm_timer(struct http_conn *c, uint64_t now, uint64_t at)
{
    uint64_t ms = at > now ? at - now : 1;
    struct timeval tv = {.tv_sec = (time_t)(ms / 1000), .tv_usec = (suseconds_t)(ms % 1000) * 1000};

    c->timer_at = at;
    (void)event_add(&c->timer_event, &tv);
}

/* The timer may fire too early and is then set again: that is cheaper than moving it each time. */
void conn_set_deadline(struct http_conn *c, uint32_t ms, enum err_code waiting)
{
    uint64_t now = loop_now(loop_of(c));

    c->waiting = waiting;
    c->deadline = waiting == ERR_NONE ? 0 : now + ms;
    if (c->deadline != 0 && (c->timer_at == 0 || c->timer_at > c->deadline))
        arm_timer(c, now, c->deadline);
}

/* What an open connection is waiting for, as the error it will be when it waited too long. */
static enum err_code waiting_for(const struct http_conn *c)
{
    const struct http_exchange *x = c->exchange;

    if (c->want_write)
        return ERR_WRITE_TIMEOUT;
    if (x == NULL)
        return c->fresh || c->held.len > 0 || !c->transport.established ? ERR_HEAD_TIMEOUT
                                                                        : ERR_IDLE_TIMEOUT;
    if (conn_wants_input(c))
        return ERR_BODY_TIMEOUT;
    return exchange_is_watched(x) && !c->reading ? ERR_PEER_CLOSED : ERR_NONE;
}

static uint32_t time_for(const struct http_conn *c, enum err_code waiting)
{
    switch (waiting) {
    case ERR_WRITE_TIMEOUT:
        return limits_of(c)->write_timeout;
    case ERR_HEAD_TIMEOUT:
        return limits_of(c)->head_timeout;
    case ERR_IDLE_TIMEOUT:
        return limits_of(c)->idle_timeout;
    case ERR_PEER_CLOSED:
        return WATCH_MS;
    default:
        return limits_of(c)->body_timeout;
    }
}

/* Head and idle time run from their beginning, body and write time from the last byte. */
static void update_deadline(struct http_conn *c)
{
    enum err_code waiting = waiting_for(c);
    bool renewed = waiting == ERR_BODY_TIMEOUT || waiting == ERR_WRITE_TIMEOUT;

    if (waiting != c->waiting || renewed)
        conn_set_deadline(c, time_for(c, waiting), waiting);
}

static void peer_left(struct http_conn *c)
{
    conn_close(c, false, HTTP_END_CLIENT_ABORTED, "the peer closed before its answer was complete");
}

/* Unread bytes (of a later request, or of TLS) stand before the end of what the peer sent. */
static void look_behind_unread(struct http_conn *c)
{
    struct pollfd p = {.fd = c->transport.fd, .events = POLLRDHUP};

    if (poll(&p, 1, 0) > 0)
        peer_left(c);
}

static void update_events(struct http_conn *c)
{
    if (c->peer_ended && c->exchange != NULL && exchange_is_watched(c->exchange)) {
        peer_left(c);
        return;
    }
    if (!c->reading && !c->peer_ended && conn_wants_input(c))
        c->reading = event_add(&c->read_event, NULL) == 0;
    if (c->want_write && !c->writing)
        c->writing = event_add(&c->write_event, NULL) == 0;
    else if (!c->want_write && c->writing)
        c->writing = event_del(&c->write_event) != 0;
    if (c->phase == CONN_OPEN)
        update_deadline(c);
}

static void expire_body(struct http_conn *c, const struct err *why)
{
    struct http_exchange *x = c->exchange;

    if (x->reply != REPLY_OPEN) {
        conn_close(c, true, HTTP_END_TIMEOUT, why->msg);
        return;
    }
    exchange_fail_body(x, why);
    if (c->phase == CONN_OPEN)
        conn_refuse(c, 408, why);
}

static void expire(struct http_conn *c)
{
    enum err_code waiting = c->waiting;
    struct err why;

    (void)err_set(&why, waiting, "%s", err_text(waiting));
    conn_set_deadline(c, 0, ERR_NONE);
    if (c->phase == CONN_LINGER || waiting == ERR_IDLE_TIMEOUT)
        conn_close(c, false, HTTP_END_COMPLETE, "");
    else if (waiting == ERR_PEER_CLOSED)
        look_behind_unread(c);
    else if (waiting == ERR_BODY_TIMEOUT)
        expire_body(c, &why);
    else if (waiting == ERR_HEAD_TIMEOUT && c->transport.established && c->held.len > 0)
        conn_refuse(c, 408, &why);
    else
        conn_close(c, waiting == ERR_WRITE_TIMEOUT, HTTP_END_TIMEOUT, why.msg);
}

/* --- Callbacks ---------------------------------------------------------------------------------
 */

static void on_timer(evutil_socket_t fd, short what, void *arg)
{
    struct http_conn *c;
    uint64_t now;

    (void)fd;
    (void)what;
    CAST_ARG(c, arg, HTTP_CONN_MAGIC);
    c->timer_at = 0;
    if (c->deadline == 0)
        return;
    now = loop_now(loop_of(c));
    if (now < c->deadline) {
        arm_timer(c, now, c->deadline);
        return;
    }
    expire(c);
    conn_pump(c);
}

/* Data that is not its turn yet stays in the kernel; but an end is worth knowing. In the middle of
   a body it is met when the body goes on. */
static void peek(struct http_conn *c)
{
    const struct http_exchange *x = c->exchange;
    bool in_body = x != NULL && x->body == BODY_SINK && !x->body_complete;
    char byte;
    ssize_t n = recv(c->transport.fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT);

    if (n == 0)
        c->peer_ended = !in_body;
    else if (n < 0 && errno != EAGAIN && errno != EINTR)
        conn_close(c, false, HTTP_END_CLIENT_ABORTED, "the peer reset the connection");
    if (c->phase == CONN_CLOSED)
        return;
    (void)event_del(&c->read_event);
    c->reading = false;
    conn_pump(c);
}

static void on_readable(evutil_socket_t fd, short what, void *arg)
{
    struct http_conn *c;

    (void)fd;
    (void)what;
    CAST_ARG(c, arg, HTTP_CONN_MAGIC);
    if (!conn_wants_input(c)) {
        peek(c);
        return;
    }
    c->pumping = true;
    conn_read(c);
    c->pumping = false;
    conn_pump(c);
}

static void on_writable(evutil_socket_t fd, short what, void *arg)
{
    struct http_conn *c;

    (void)fd;
    (void)what;
    CAST_ARG(c, arg, HTTP_CONN_MAGIC);
    conn_pump(c);
}

/* --- Moving on ---------------------------------------------------------------------------------
 */

void conn_linger(struct http_conn *c)
{
    if (c->phase != CONN_OPEN)
        return;
    if (c->peer_ended) {
        conn_close(c, false, HTTP_END_COMPLETE, "");
        return;
    }
    c->phase = CONN_LINGER;
    c->want_write = false;
    transport_shutdown(&c->transport);
    conn_set_deadline(c, c->server->stopping ? STOP_LINGER_MS : limits_of(c)->linger_timeout,
                      ERR_BODY_TIMEOUT);
}

void conn_linger_less(struct http_conn *c)
{
    conn_set_deadline(c, STOP_LINGER_MS, ERR_BODY_TIMEOUT);
}

void conn_finish(struct http_conn *c, bool unread)
{
    if (unread) {
        conn_linger(c);
    } else {
        transport_shutdown(&c->transport);
        conn_close(c, false, HTTP_END_COMPLETE, "");
    }
}

/* True when the peer may have sent what we will not read: a plain close would reset our answer. */
static bool has_unread(const struct http_conn *c, const struct http_exchange *x)
{
    return x->body != BODY_OVER || c->held.len > 0 || x->unread;
}

/* Ends an exchange whose reply is out. True when it did. */
static bool finish(struct http_conn *c)
{
    struct http_exchange *x = c->exchange;
    bool last, unread;

    if (c->phase != CONN_OPEN || x == NULL || x->reply != REPLY_OVER)
        return false;
    last = x->close || c->close_after || c->peer_ended;
    if (x->body != BODY_OVER && !last)
        return false;
    unread = has_unread(c, x);
    exchange_end(x, HTTP_END_COMPLETE, x->end_reason);
    exchange_recycle(x);
    c->exchange = NULL;
    c->waiting = ERR_NONE;
    if (!last)
        return true;
    conn_finish(c, unread);
    return false;
}

void conn_pump(struct http_conn *c)
{
    bool moved;

    if (c->pumping || c->phase == CONN_CLOSED)
        return;
    c->pumping = true;
    do {
        moved = conn_input(c);
        moved = conn_output(c) || moved;
        moved = finish(c) || moved;
    } while (moved && c->phase == CONN_OPEN);
    c->pumping = false;
    if (c->phase != CONN_CLOSED)
        update_events(c);
}

static void pump_deferred(void *arg)
{
    struct http_conn *c;

    CAST_ARG(c, arg, HTTP_CONN_MAGIC);
    c->pump_deferred = false;
    conn_pump(c);
}

void conn_pump_soon(struct http_conn *c)
{
    if (c->pumping || c->pump_deferred || c->phase == CONN_CLOSED)
        return;
    c->pump_deferred = true;
    loop_defer(loop_of(c), pump_deferred, c);
}

/* --- Birth -------------------------------------------------------------------------------------
 */

static bool prepare(struct http_conn *c, int fd)
{
    struct event_base *base = loop_base(loop_of(c));
    struct ssl_st *ssl = NULL;

    if (c->listener->tls != NULL) {
        ssl = http_tls_accept(c->listener->tls);
        if (ssl == NULL)
            return false;
    }
    transport_init(&c->transport, fd, ssl, c->server->scratch);
    c->transport.ask_hello = c->server->options.hook != NULL;
    (void)event_assign(&c->read_event, base, fd, EV_READ | EV_PERSIST, on_readable, c);
    (void)event_assign(&c->write_event, base, fd, EV_WRITE | EV_PERSIST, on_writable, c);
    (void)event_assign(&c->timer_event, base, -1, 0, on_timer, c);
    return true;
}

void conn_new(struct http_listener *listener, int fd, const char *peer, bool full)
{
    struct http_server *s = listener->server;
    struct http_conn *c = calloc(1, sizeof(*c));
    enum http_verdict verdict = HTTP_PASS;

    if (c == NULL) {
        (void)close(fd);
        return;
    }
    c->magic = HTTP_CONN_MAGIC;
    c->server = s;
    c->listener = listener;
    c->fresh = true;
    c->refuse_full = full;
    buf_init(&c->held, HTTP_READ_SIZE * 2);
    (void)snprintf(c->peer, sizeof(c->peer), "%s", peer);
    if (!prepare(c, fd)) {
        (void)close(fd);
        free(c);
        return;
    }
    TAILQ_INSERT_TAIL(&s->conns, c, link);
    s->conn_count++;
    if (s->options.hook != NULL)
        verdict = s->options.hook(HTTP_STAGE_ACCEPT, c, NULL, s->options.hook_arg);
    if (verdict == HTTP_DROP || verdict == HTTP_RESET)
        conn_close(c, verdict == HTTP_RESET, HTTP_END_SERVER_ABORTED, "closed by rule");
    else
        update_events(c);
}

const char *http_conn_peer(const struct http_conn *c)
{
    return c->peer;
}

struct http_listener *http_conn_listener(const struct http_conn *c)
{
    return c->listener;
}

bool http_conn_is_tls(const struct http_conn *c)
{
    return c->listener->tls != NULL && !c->plain;
}

enum http_stage http_conn_stage(const struct http_conn *c)
{
    return c->transport.hello_seen ? HTTP_STAGE_TLS : HTTP_STAGE_ACCEPT;
}

const char *http_conn_certificate(const struct http_conn *c)
{
    return c->listener->tls != NULL ? http_tls_certificate(c->listener->tls) : NULL;
}

const char *http_conn_sni(const struct http_conn *c)
{
    return c->transport.sni != NULL ? c->transport.sni : "";
}

void http_conn_use_tls(struct http_conn *c, struct http_tls *tls)
{
    if (c->transport.ssl == NULL)
        return;
    if (tls != NULL) {
        http_tls_switch(tls, c->transport.ssl);
        return;
    }
    c->plain = true;
    transport_forget_tls(&c->transport);
}

unsigned http_conn_requests(const struct http_conn *c)
{
    return c->requests;
}

void http_conn_close_idle(struct http_conn *c)
{
    c->close_after = true;
    if (c->exchange == NULL && c->phase == CONN_OPEN)
        conn_close(c, false, HTTP_END_COMPLETE, "");
}

size_t http_conn_unsent(const struct http_conn *c)
{
    return transport_unsent(&c->transport);
}

bool http_conn_client_subject(const struct http_conn *c, char *text, size_t size)
{
    return c->transport.ssl != NULL && c->transport.established &&
           http_tls_client_subject(c->transport.ssl, text, size);
}
