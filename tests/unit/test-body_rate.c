/* SPDX-License-Identifier: MIT */
/* lib/http/body_rate.c: how fast the body of a request is read. */
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/http/exchange.h"
#include "lib/http/request.h"
#include "lib/util/err.h"
#include "lib/util/util.h"
#include "tests/tap/tap.h"
#include "tests/unit/wire_help.h"

enum { RATE = 2000, SIZE = 500, LEAST_MS = 1000 * SIZE / RATE };

#define HEAD "Host: h\r\nConnection: close\r\n"

static _Atomic int pieces; /* that reached the sink */
static _Atomic int ended;

static void on_data(void *arg, const void *p, size_t n)
{
    struct http_exchange *x = arg;

    (void)p;
    (void)n;
    atomic_fetch_add(&pieces, 1);
    if (strcmp(http_exchange_request(x)->path, "/drop") == 0) {
        http_body_discard(x);
        http_reply_begin(x, 400);
        http_reply_send(x);
    }
}

static void on_end(void *arg)
{
    struct http_exchange *x = arg;

    http_reply_begin(x, 200);
    http_reply_headerf(x, "Got", "%llu", (unsigned long long)http_exchange_traffic(x)->body_in);
    http_reply_send(x);
}

static void on_failed(void *arg, const struct err *err)
{
    (void)arg;
    (void)err;
}

static void on_request(struct http_exchange *x, void *arg)
{
    static const struct http_sink sink = {.data = on_data, .end = on_end, .failed = on_failed};

    (void)arg;
    if (!http_body_limit_rate(x, RATE))
        abort();
    http_body_read(x, &sink, x, UINT64_MAX);
}

static void on_ended(struct http_exchange *x, void *arg)
{
    (void)x;
    (void)arg;
    atomic_fetch_add(&ended, 1);
}

/* SIZE bytes, in one chunk where that is wanted. */
static char *request(const char *path, bool chunked)
{
    char body[SIZE + 1], *text = NULL;
    int n;

    memset(body, 'x', SIZE);
    body[SIZE] = '\0';
    if (chunked)
        n = asprintf(&text,
                     "POST %s HTTP/1.1\r\n" HEAD "Transfer-Encoding: chunked\r\n\r\n"
                     "%x\r\n%s\r\n0\r\n\r\n",
                     path, SIZE, body);
    else
        n = asprintf(&text, "POST %s HTTP/1.1\r\n" HEAD "Content-Length: %d\r\n\r\n%s", path, SIZE,
                     body);
    ASSERT(n > 0);
    return text;
}

static void test_rate(const char *name, bool chunked)
{
    auto_free char *text = request("/", chunked);
    long long began = wire_now(), took;
    auto_free char *got = NULL;
    size_t n;
    int end;

    atomic_store(&pieces, 0);
    got = wire_ask(text, &n, &end);
    took = wire_now() - began;
    is_str(wire_header(got, "Got"), "500", "%s: all of it comes", name);
    ok(took >= LEAST_MS * 95 / 100 && took < WIRE_PATIENCE_MS / 2, "%s: in no less time (%lld ms)",
       name, took);
    ok(atomic_load(&pieces) >= 4, "%s: in pieces (%d)", name, atomic_load(&pieces));
}

/* What is dropped is dropped fast; who leaves is let go. */
static void test_ends(void)
{
    auto_free char *text = request("/drop", false);
    auto_free char *other = request("/", false);
    long long began = wire_now();
    auto_free char *got = NULL;
    size_t n;
    int end, fd, before;

    got = wire_ask(text, &n, &end);
    ok(strncmp(got, "HTTP/1.1 400", 12) == 0, "a body may be given up on the way");
    ok(wire_now() - began < LEAST_MS, "then the rest of it does not wait");
    before = atomic_load(&ended);
    fd = wire_dial();
    other[strlen(other) - 1] = '\0'; /* one byte never comes */
    wire_say(fd, other);
    (void)close(fd);
    ok(wire_reached(&ended, before + 1), "a peer that leaves is let go");
}

int main(void)
{
    const struct http_server_options options = {
        .limits = HTTP_LIMITS_DEFAULT,
        .app = {.request = on_request, .ended = on_ended},
    };

    plan_lazy();
    wire_open();
    wire_start(options, NULL);
    test_rate("with a length", false);
    test_rate("in chunks", true);
    test_ends();
    wire_stop();
    done_testing();
}
