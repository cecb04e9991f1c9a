/* SPDX-License-Identifier: MIT */
#include "lib/http/internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "lib/http/loop.h"
#include "lib/util/util.h"

const char *server_date(struct http_server *s)
{
    struct timespec now;
    struct tm tm;

    (void)clock_gettime(CLOCK_REALTIME_COARSE, &now);
    if (now.tv_sec != s->date_second) {
        s->date_second = now.tv_sec;
        (void)gmtime_r(&now.tv_sec, &tm);
        (void)strftime(s->date, sizeof(s->date), "%a, %d %b %Y %H:%M:%S GMT", &tm);
    }
    return s->date;
}

/* --- Life of the server ------------------------------------------------------------------------
 */

static void report_stopped(void *arg)
{
    struct http_server *s = arg;

    s->stopped(s->stopped_arg);
}

static void check_stopped(struct http_server *s)
{
    if (!s->stopping || s->stop_reported || s->conn_count > 0)
        return;
    s->stop_reported = true;
    loop_timer_stop(s->drain);
    loop_defer(s->options.loop, report_stopped, s);
}

void server_conn_closed(struct http_server *s, struct http_conn *c)
{
    TAILQ_REMOVE(&s->conns, c, link);
    s->conn_count--;
    check_stopped(s);
}

static void close_all(struct http_server *s)
{
    struct http_conn *c;

    while ((c = TAILQ_FIRST(&s->conns)) != NULL)
        conn_close(c, false, HTTP_END_SERVER_ABORTED, "the server stops");
}

static void on_drain_timeout(void *arg)
{
    close_all(arg);
}

int http_server_new(struct http_server **ret, const struct http_server_options *options,
                    struct err *err)
{
    struct http_server *s = calloc(1, sizeof(*s));

    if (s == NULL)
        return err_set(err, ERR_NOMEM, "server");
    s->options = *options;
    s->accept_fd = -1;
    TAILQ_INIT(&s->listeners);
    TAILQ_INIT(&s->conns);
    s->scratch = scratch_new(err);
    if (s->scratch == NULL ||
        loop_timer_new(&s->drain, options->loop, on_drain_timeout, s, err) != 0 ||
        loop_timer_new(&s->resume, options->loop, server_resume_accepting, s, err) != 0 ||
        server_start_accepting(s, err) != 0) {
        http_server_free(s);
        return -1;
    }
    *ret = s;
    return 0;
}

void conns_retire(struct http_server *s, const struct http_listener *l)
{
    struct http_conn *c, *next;

    for (c = TAILQ_FIRST(&s->conns); c != NULL; c = next) {
        next = TAILQ_NEXT(c, link);
        if (l != NULL && c->listener != l)
            continue;
        if (c->exchange == NULL && c->phase == CONN_OPEN)
            conn_close(c, false, HTTP_END_COMPLETE, "");
        else if (c->phase == CONN_LINGER)
            conn_linger_less(c);
        else
            c->close_after = true;
    }
}

void http_server_stop(struct http_server *s, void (*stopped)(void *arg), void *arg)
{
    struct http_listener *l;

    if (s->stopping)
        return;
    s->stopping = true;
    s->stopped = stopped;
    s->stopped_arg = arg;
    loop_timer_stop(s->resume);
    TAILQ_FOREACH(l, &s->listeners, link)
        listener_close_port(l);
    server_stop_accepting(s);
    conns_retire(s, NULL);
    loop_timer_start(s->drain, s->options.limits.drain_timeout);
    check_stopped(s);
}

void http_server_free(struct http_server *s)
{
    struct http_listener *l;
    struct http_exchange *x;

    if (s == NULL)
        return;
    s->stopping = true;
    s->stop_reported = true; /* nobody is called any more */
    close_all(s);
    while ((l = TAILQ_FIRST(&s->listeners)) != NULL)
        listener_free(l);
    server_stop_accepting(s);
    while ((x = SLIST_FIRST(&s->spare)) != NULL) {
        SLIST_REMOVE_HEAD(&s->spare, link);
        exchange_free(x);
    }
    loop_timer_free(s->drain);
    loop_timer_free(s->resume);
    scratch_free(s->scratch);
    free(s);
}

size_t http_server_connections(const struct http_server *s)
{
    return s->conn_count;
}
