/* SPDX-License-Identifier: MIT */
#include "tests/unit/server_app.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/http/exchange.h"
#include "lib/http/loop.h"
#include "lib/http/request.h"
#include "lib/http/server.h"
#include "lib/util/err.h"
#include "lib/util/util.h"

struct server_app_counts server_app_counts;
static struct loop *loop; /* borrowed */

/* --- The application ---------------------------------------------------------------------------
 */

struct call {
    struct http_exchange *x;
    uint64_t bytes;
    struct loop_timer *timer;
};

static void reply(struct http_exchange *x, int status, const char *text)
{
    http_reply_begin(x, status);
    http_reply_header(x, "Content-Type", "text/plain");
    http_reply_text(x, text, strlen(text));
    http_reply_send(x);
}

static void count_data(void *arg, const void *p, size_t n)
{
    struct call *call = arg;

    (void)p;
    call->bytes += n;
}

static void resume(void *arg)
{
    struct call *call = arg;

    http_body_resume(call->x);
}

static void count_slowly(void *arg, const void *p, size_t n)
{
    struct call *call = arg;

    count_data(arg, p, n);
    http_body_pause(call->x);
    atomic_store(&server_app_counts.flow_paused, true);
    loop_timer_start(call->timer, 1);
}

static void count_end(void *arg)
{
    struct call *call = arg;
    char text[32];

    (void)snprintf(text, sizeof(text), "%llu", (unsigned long long)call->bytes);
    reply(call->x, 200, text);
}

static void count_failed(void *arg, const struct err *err)
{
    (void)arg;
    (void)err;
}

static size_t fill(void *arg, uint64_t offset, void *buf, size_t n)
{
    (void)arg;
    for (size_t i = 0; i < n; i++)
        ((char *)buf)[i] = (char)((offset + i) % 251);
    return n;
}

static size_t fill_then_fail(void *arg, uint64_t offset, void *buf, size_t n)
{
    return offset < 100000 ? fill(arg, offset, buf, n) : 0;
}

static void reply_later(void *arg)
{
    struct call *call = arg;

    reply(call->x, 200, "later");
}

static void job_nothing(void *arg)
{
    (void)arg;
}

static void reply_generated(struct http_exchange *x, http_fill_fn fn, int64_t length)
{
    http_reply_begin(x, 200);
    http_reply_body(x, http_source_generate(fn, 0, SERVER_APP_BIG, NULL, NULL), length);
    http_reply_send(x);
}

static void app_request(struct http_exchange *x, void *arg)
{
    static const struct http_sink counter = {count_data, count_end, count_failed};
    static const struct http_sink slow_counter = {count_slowly, count_end, count_failed};
    const char *path = http_exchange_request(x)->path;
    struct call *call = calloc(1, sizeof(*call));

    (void)arg;
    call->x = x;
    http_exchange_set_data(x, call);
    if (strcmp(path, "/count") == 0) {
        http_body_read(x, &counter, call, 10000000);
    } else if (strcmp(path, "/small") == 0) {
        http_body_read(x, &counter, call, 10);
    } else if (strcmp(path, "/slow") == 0) {
        (void)loop_timer_new(&call->timer, loop, resume, call, NULL);
        http_body_read(x, &slow_counter, call, UINT64_MAX);
    } else if (strcmp(path, "/big") == 0) {
        reply_generated(x, fill, SERVER_APP_BIG);
    } else if (strcmp(path, "/chunked") == 0) {
        reply_generated(x, fill, -1);
    } else if (strcmp(path, "/short") == 0) {
        reply_generated(x, fill_then_fail, SERVER_APP_BIG);
    } else if (strcmp(path, "/job") == 0) {
        loop_job(loop, job_nothing, reply_later, call);
    } else if (strcmp(path, "/reset") == 0) {
        http_exchange_abort(x, true, "test");
    } else if (strcmp(path, "/drop") == 0) {
        http_exchange_abort(x, false, "test");
    } else if (strcmp(path, "/empty") == 0) {
        http_reply_begin(x, 204);
        http_reply_send(x);
    } else {
        reply(x, 200, path);
    }
}

static void app_ended(struct http_exchange *x, void *arg)
{
    struct call *call = http_exchange_data(x);

    (void)arg;
    atomic_fetch_add(&server_app_counts.ended[http_exchange_end(x)], 1);
    if (call != NULL)
        loop_timer_free(call->timer);
    free(call);
}

/* --- A hook: paths ask for its verdicts --------------------------------------------------------
 */

static struct loop_timer *hold_timer; /* owned */
static struct http_exchange *held;    /* borrowed; waits for hold_timer */

static void end_hold(void *arg)
{
    (void)arg;
    http_exchange_go(held);
}

static struct http_source *wrap_nothing(struct http_source *inner, void *arg)
{
    (void)arg;
    return inner;
}

static enum http_verdict hook(enum http_stage stage, struct http_conn *c, struct http_exchange *x,
                              void *arg)
{
    const char *path = x != NULL ? http_exchange_request(x)->path : "";
    char wanted[64];

    (void)arg;
    atomic_fetch_add(&server_app_counts.hook_calls, 1);
    ASSERT(http_conn_peer(c)[0] != '\0');
    (void)snprintf(wanted, sizeof(wanted), "/hook/%s/", http_stage_name(stage));
    if (strncmp(path, wanted, strlen(wanted)) != 0)
        return HTTP_PASS;
    path += strlen(wanted);
    if (strcmp(path, "drop") == 0)
        return HTTP_DROP;
    if (strcmp(path, "reset") == 0)
        return HTTP_RESET;
    if (strcmp(path, "done") == 0) {
        reply(x, 503, "by hook");
        return HTTP_DONE;
    }
    if (strcmp(path, "header") == 0)
        http_reply_set_header(x, "Content-Type", "text/changed");
    if (strcmp(path, "wrap") == 0)
        http_reply_wrap(x, wrap_nothing, NULL);
    if (strcmp(path, "hold") != 0)
        return HTTP_PASS;
    held = x;
    loop_timer_start(hold_timer, 20);
    return HTTP_HOLD;
}

void server_app_start(struct http_server_options *options, struct loop *app_loop)
{
    loop = app_loop;
    options->loop = app_loop;
    options->app.request = app_request;
    options->app.ended = app_ended;
    options->hook = hook;
    ASSERT(loop_timer_new(&hold_timer, loop, end_hold, NULL, NULL) == 0);
}

void server_app_stop(void)
{
    loop_timer_free(hold_timer);
}
