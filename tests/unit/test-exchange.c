/* SPDX-License-Identifier: MIT */
/*
 * What a hook can do to an exchange beyond its verdict: own bytes, own framing, watched peers.
 */
#include "lib/http/exchange.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lib/http/body.h"
#include "lib/http/loop.h"
#include "lib/http/request.h"
#include "lib/util/util.h"
#include "tests/tap/tap.h"
#include "tests/unit/wire_help.h"

#define CLOSE "Host: h\r\nConnection: close\r\n\r\n"
#define KEEP  "Host: h\r\n\r\n"

static _Atomic int ended[4];
static _Atomic int waiting;
static struct http_exchange *last;

static void reply(struct http_exchange *x, const char *text)
{
    http_reply_begin(x, 200);
    http_reply_text(x, text, strlen(text));
    http_reply_send(x);
}

static enum http_source_result wait_next(struct http_source *src, size_t max,
                                         struct http_piece *ret)
{
    (void)src;
    (void)max;
    (void)ret;
    atomic_fetch_add(&waiting, 1);
    return HTTP_SOURCE_WAIT;
}

static void wait_free(struct http_source *src)
{
    free(src);
}

static const struct http_source_ops wait_ops = {"wait", wait_next, wait_free};

static void reply_never(struct http_exchange *x)
{
    struct http_source *src = calloc(1, sizeof(*src));

    src->ops = &wait_ops;
    http_reply_begin(x, 200);
    http_reply_body(x, src, 1000);
    http_reply_send(x);
}

static void app_request(struct http_exchange *x, void *arg)
{
    const char *path = http_exchange_request(x)->path;

    (void)arg;
    last = x;
    if (strcmp(path, "/watched") == 0 || strcmp(path, "/unwatched") == 0) {
        http_exchange_watch(x, strcmp(path, "/watched") == 0);
        atomic_fetch_add(&waiting, 1);
    } else if (strcmp(path, "/wait") == 0) {
        reply_never(x);
    } else if (strcmp(path, "/raw") == 0) {
        http_reply_raw(x, "bytes", 5, http_source_memory("+more", 5, NULL, NULL));
        http_reply_send(x);
    } else if (strcmp(path, "/idle") == 0) {
        http_conn_close_idle(http_exchange_conn(x));
        reply(x, "idle");
    } else {
        reply(x, path);
    }
}

static void app_ended(struct http_exchange *x, void *arg)
{
    (void)arg;
    atomic_fetch_add(&ended[http_exchange_end(x)], 1);
}

static void change_head(struct http_exchange *x, const char *path)
{
    if (strcmp(path, "/bare") == 0) {
        http_reply_omit_header(x, "date");
        http_reply_omit_header(x, "Server");
        http_reply_omit_header(x, "Content-Length");
        http_reply_omit_header(x, "Connection");
    } else if (strcmp(path, "/own") == 0) {
        http_reply_set_header(x, "Date", "never");
        http_reply_set_header(x, "Server", "other");
        http_reply_set_header(x, "Connection", "mine");
        http_reply_set_header(x, "Content-Length", "04");
    } else if (strcmp(path, "/coded") == 0) {
        http_reply_set_header(x, "Transfer-Encoding", "chunked");
        http_reply_set_length(x, -1);
    } else if (strcmp(path, "/shorter") == 0) {
        ok(http_reply_has_body(x) && http_reply_length(x) == 8, "a hook knows the body's length");
        http_reply_set_length(x, 3);
    }
}

static void cut_head(struct http_exchange *x)
{
    size_t n;
    const char *head = http_reply_head(x, &n);
    char copy[9];

    is_mem(head + n - 4, 4, "\r\n\r\n", 4, "a hook sees the whole head");
    memcpy(copy, head, sizeof(copy));
    http_reply_raw(x, copy, sizeof(copy), http_reply_take_body(x));
}

static enum http_verdict hook(enum http_stage stage, struct http_conn *c, struct http_exchange *x,
                              void *arg)
{
    const char *path = x != NULL ? http_exchange_request(x)->path : "";

    (void)arg;
    (void)c;
    if (stage == HTTP_STAGE_RESPONSE_HEAD)
        change_head(x, path);
    if (stage == HTTP_STAGE_RESPONSE_BODY && strcmp(path, "/cut-head") == 0)
        cut_head(x);
    if (stage == HTTP_STAGE_RESPONSE_HEAD && strcmp(path, "/held") == 0) {
        atomic_fetch_add(&waiting, 1);
        return HTTP_HOLD;
    }
    return HTTP_PASS;
}

/* --- Heads and bytes ---------------------------------------------------------------------------
 */

static void test_own_headers(void)
{
    size_t n;
    int end;
    char *got = wire_ask("GET /bare HTTP/1.1\r\n" CLOSE, &n, &end);

    is_str(got, "HTTP/1.1 200 OK\r\n\r\n/bare", "headers of our own can be left out");
    free(got);
    got = wire_ask("GET /own HTTP/1.1\r\n" CLOSE, &n, &end);
    is_str(got,
           "HTTP/1.1 200 OK\r\nDate: never\r\nServer: other\r\nConnection: mine\r\n"
           "Content-Length: 04\r\n\r\n/own",
           "or replaced");
    free(got);
    got = wire_ask("GET /next HTTP/1.1\r\n" CLOSE, &n, &end);
    is_str(wire_header(got, "Server"), "test", "the next reply has them again");
    free(got);
}

static void test_lengths(void)
{
    size_t n;
    int end;
    char *got = wire_ask("GET /coded HTTP/1.1\r\n" CLOSE, &n, &end);

    is_str(wire_header(got, "Transfer-Encoding"), "chunked", "a coding of its own");
    is_str(wire_body(got), "/coded", "is not applied");
    free(got);
    got = wire_ask("GET /shorter HTTP/1.1\r\n" KEEP "GET /b HTTP/1.1\r\n" CLOSE, &n, &end);
    is_str(wire_header(got, "Content-Length"), "3", "a shorter length is announced");
    ok(strstr(got, "\r\n\r\n/shHTTP/1.1 200 OK\r\n") != NULL, "and kept");
    free(got);
}

static void test_raw(void)
{
    size_t n;
    int end;
    char *got = wire_ask("GET /raw HTTP/1.1\r\n" KEEP, &n, &end);

    is_str(got, "bytes+more", "bytes instead of a reply");
    is_int(end, WIRE_FIN, "then the end");
    free(got);
    got = wire_ask("GET /cut-head HTTP/1.1\r\n" KEEP, &n, &end);
    is_str(got, "HTTP/1.1 /cut-head", "part of a head, then the body");
    is_int(end, WIRE_FIN, "then the end");
    free(got);
}

static void test_close_idle(void)
{
    size_t n;
    int end;
    char *got = wire_ask("GET /a HTTP/1.1\r\n" KEEP "GET /idle HTTP/1.1\r\n" KEEP, &n, &end);

    ok(strstr(got, "\r\n\r\nidle") != NULL, "the answer comes whole");
    ok(strstr(got, "Connection:") == NULL, "without saying that it is the last");
    is_int(end, WIRE_FIN, "and the connection ends");
    free(got);
}

/* --- Peers that leave --------------------------------------------------------------------------
 */

/* `late` is sent while the exchange waits and stays unread. */
static void leave(const char *request, const char *late, bool hard, const char *name)
{
    int aborted = atomic_load(&ended[HTTP_END_CLIENT_ABORTED]);
    struct linger now = {.l_onoff = hard};
    int busy = atomic_load(&waiting);
    int fd = wire_dial();

    wire_say(fd, request);
    ok(wire_reached(&waiting, busy + 1), "%s: it waits", name);
    wire_say(fd, late);
    (void)setsockopt(fd, SOL_SOCKET, SO_LINGER, &now, sizeof(now));
    (void)close(fd);
    ok(wire_reached(&ended[HTTP_END_CLIENT_ABORTED], aborted + 1), "%s: the end is noticed", name);
}

static void test_leaving(void)
{
    for (int hard = 0; hard <= 1; hard++) {
        leave("GET /watched HTTP/1.1\r\n" KEEP, "", hard, "watched");
        leave("GET /held HTTP/1.1\r\n" KEEP, "", hard, "held");
        leave("GET /wait HTTP/1.1\r\n" KEEP, "", hard, "source waits");
        leave("GET /watched HTTP/1.1\r\n" KEEP "GET /b", "", hard, "pipelined");
        leave("GET /held HTTP/1.1\r\n" KEEP, "GET /b", hard, "pipelined later");
        leave("POST /watched HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\n", "hello", hard,
              "unread body");
    }
    leave("GET /unwatched HTTP/1.1\r\n" KEEP, "", true, "reset while nobody watches");
}

static void reply_last(void *arg)
{
    reply(last, arg);
}

/* A client that only closed its half waits for the answer. */
static void test_half_close(void)
{
    int busy = atomic_load(&waiting);
    int fd = wire_dial();
    int end;
    size_t n;
    char *got;

    wire_say(fd, "GET /unwatched HTTP/1.1\r\n" KEEP);
    (void)shutdown(fd, SHUT_WR);
    ok(wire_reached(&waiting, busy + 1), "half closed: it waits");
    wire_call(reply_last, (void *)(uintptr_t) "late");
    got = wire_hear(fd, WIRE_PATIENCE_MS, &n, &end);
    ok(strstr(got, "\r\n\r\nlate") != NULL, "half closed: and is answered");
    free(got);
    (void)close(fd);
}

int main(void)
{
    struct http_server_options options = {
        .app = {.request = app_request, .ended = app_ended},
        .hook = hook,
        .limits = HTTP_LIMITS_DEFAULT,
        .server_name = "test",
    };

    plan_lazy();
    wire_open();
    wire_start(options, NULL);
    test_own_headers();
    test_lengths();
    test_raw();
    test_close_idle();
    test_leaving();
    test_half_close();
    wire_stop();
    done_testing();
}
