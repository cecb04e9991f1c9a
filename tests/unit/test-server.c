/* SPDX-License-Identifier: MIT */
/*
 * Connections, exchanges and replies over real sockets: the server runs on a thread of its own,
 * the test is its client. What needs the registry is in tests/integration.
 */
#include "lib/http/server.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lib/http/exchange.h"
#include "lib/http/loop.h"
#include "lib/http/request.h"
#include "lib/util/err.h"
#include "lib/util/util.h"
#include "tests/tap/tap.h"
#include "tests/unit/server_app.h"

enum { PATIENCE_MS = 10000, BIG = SERVER_APP_BIG };

static struct loop *loop;
static struct http_server *server;
static struct http_listener *listener;

/* --- The server's thread -----------------------------------------------------------------------
 */

static int wake_fds[2];

static void on_stopped(void *arg)
{
    (void)arg;
    loop_stop(loop);
}

static void on_stop_wanted(void *arg)
{
    (void)arg;
    http_server_stop(server, on_stopped, NULL);
}

static void *run(void *arg)
{
    (void)arg;
    (void)loop_run(loop, NULL);
    return NULL;
}

static pthread_t start(struct http_limits limits)
{
    struct http_server_options options = {.limits = limits};
    pthread_t thread;
    struct err err;

    ASSERT(loop_new(&loop, 2, &err) == 0);
    server_app_start(&options, loop);
    ASSERT(pipe(wake_fds) == 0);
    ASSERT(loop_on_readable(loop, wake_fds[0], on_stop_wanted, NULL, &err) == 0);
    ASSERT(http_server_new(&server, &options, &err) == 0);
    ASSERT(http_server_listen(server, &listener, "127.0.0.1:0", NULL, NULL, &err) == 0);
    ASSERT(pthread_create(&thread, NULL, run, NULL) == 0);
    return thread;
}

static void stop(pthread_t thread)
{
    (void)write(wake_fds[1], "x", 1);
    (void)pthread_join(thread, NULL);
    http_server_free(server);
    server_app_stop();
    loop_free(loop);
    (void)close(wake_fds[0]);
    (void)close(wake_fds[1]);
}

/* --- The client --------------------------------------------------------------------------------
 */

static int dial(void)
{
    struct sockaddr_in in = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    struct timeval patience = {.tv_sec = PATIENCE_MS / 1000};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    in.sin_port = htons((uint16_t)strtoul(strrchr(http_listener_url(listener), ':') + 1, NULL, 10));
    ASSERT(fd >= 0);
    (void)setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
    (void)setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience));
    ASSERT(connect(fd, (struct sockaddr *)&in, sizeof(in)) == 0);
    return fd;
}

static void say(int fd, const char *text)
{
    (void)send(fd, text, strlen(text), MSG_NOSIGNAL);
}

/* Reads until the end; returns a terminated copy, *result is 0 for FIN or the errno. */
static char *listen_all(int fd, size_t *n, int *result)
{
    size_t room = 1 << 16, got = 0;
    char *text = malloc(room);
    ssize_t size;

    while ((size = recv(fd, text + got, room - got - 1, 0)) > 0) {
        got += (size_t)size;
        if (room - got < 4096)
            text = realloc(text, room *= 2);
    }
    *result = size == 0 ? 0 : errno;
    text[got] = '\0';
    *n = got;
    (void)close(fd);
    return text;
}

/* Sends text on a connection of its own and checks what comes until its end. */
static void expect(const char *text, int result, const char *want, const char *name)
{
    int fd = dial();
    size_t n;
    int got_result;
    char *got;

    say(fd, text);
    got = listen_all(fd, &n, &got_result);
    is_int(got_result, result, "%s: how it ended", name);
    if (want == NULL)
        is_str(got, "", "%s: nothing was answered", name);
    else if (!ok(strstr(got, want) != NULL, "%s: the answer has what it should", name))
        diag("wanted %s in %.300s", want, got);
    free(got);
}

static size_t occurrences(const char *text, const char *what)
{
    size_t count = 0;

    for (const char *p = text; (p = strstr(p, what)) != NULL; p += strlen(what))
        count++;
    return count;
}

#define CLOSE "Host: h\r\nConnection: close\r\n\r\n"
#define KEEP  "Host: h\r\n\r\n"

static void test_replies(void)
{
    expect("GET /x HTTP/1.1\r\n" CLOSE, 0, "HTTP/1.1 200 OK\r\n", "GET");
    expect("GET /x HTTP/1.1\r\n" CLOSE, 0, "\r\nContent-Length: 2\r\n", "GET has a length");
    expect("GET /x HTTP/1.1\r\n" CLOSE, 0, "\r\nConnection: close\r\n", "GET says that it closes");
    expect("GET /x HTTP/1.1\r\n" CLOSE, 0, "\r\n\r\n/x", "GET has its body");
    expect("GET /x HTTP/1.0\r\n\r\n", 0, "\r\n\r\n/x", "HTTP/1.0 closes by itself");
    expect("HEAD /x HTTP/1.1\r\n" CLOSE, 0, "\r\nContent-Length: 2\r\n", "HEAD has the length");
    expect("GET /empty HTTP/1.1\r\n" CLOSE, 0, "204 No Content\r\n", "204");
    expect("GET /job HTTP/1.1\r\n" CLOSE, 0, "\r\n\r\nlater", "an answer after a job");
    expect("GET /reset HTTP/1.1\r\n" CLOSE, ECONNRESET, NULL, "RST");
    expect("GET /drop HTTP/1.1\r\n" CLOSE, 0, NULL, "FIN without an answer");
    expect("BAD\r\n\r\n", 0, "HTTP/1.1 400 Bad Request\r\n", "bad request");
    expect("FROB / HTTP/1.1\r\n" KEEP, 0, "HTTP/1.1 501 ", "unknown method");
    expect("\x16\x03\x01TLS", 0, "HTTP/1.0 400 Bad Request\r\n", "TLS on a plain port");
}

static void test_head_has_no_body(void)
{
    int fd = dial(), result;
    size_t n;
    char *got;

    say(fd, "HEAD /x HTTP/1.1\r\n" KEEP "HEAD /big HTTP/1.1\r\n" KEEP
            "HEAD /chunked HTTP/1.1\r\n" CLOSE);
    got = listen_all(fd, &n, &result);
    is_int((int)occurrences(got, "HTTP/1.1 200 OK\r\n"), 3, "three HEADs are answered");
    ok(n > 4 && strcmp(got + n - 4, "\r\n\r\n") == 0 && n < 1000, "without a body");
    ok(strstr(got, "Content-Length: 3145728\r\n") != NULL, "a large length is announced");
    free(got);
}

static void test_pipelining(void)
{
    int fd = dial(), result;
    size_t n;
    char *got;

    say(fd, "GET /a HTTP/1.1\r\n" KEEP
            "POST /count HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\nhello"
            "POST /count HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n"
            "3\r\nabc\r\n0\r\n\r\n"
            "GET /job HTTP/1.1\r\n" KEEP "POST /unread HTTP/1.1\r\nHost: h\r\nContent-Length: 4\r\n"
            "\r\nbodyGET /last HTTP/1.1\r\n" CLOSE);
    got = listen_all(fd, &n, &result);
    is_int((int)occurrences(got, "HTTP/1.1 200 OK\r\n"), 6, "six requests in one packet");
    ok(strstr(got, "\r\n\r\n/aHTTP/1.1") != NULL, "first");
    ok(strstr(got, "\r\n\r\n5HTTP/1.1") != NULL, "a body with a length");
    ok(strstr(got, "\r\n\r\n3HTTP/1.1") != NULL, "a chunked body");
    ok(strstr(got, "\r\n\r\nlaterHTTP/1.1") != NULL, "one that waits for a job, in its turn");
    ok(strstr(got, "\r\n\r\n/unreadHTTP/1.1") != NULL, "a body that nobody wants is skipped");
    ok(strstr(got, "\r\n\r\n/last") != NULL, "last");
    free(got);
}

static void test_byte_by_byte(void)
{
    static const char text[] = "POST /count HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n"
                               "Connection: close\r\n\r\n4\r\nabcd\r\n0\r\n\r\n";
    int fd = dial(), result;
    size_t n;
    char *got;

    for (size_t i = 0; i < sizeof(text) - 1; i++)
        (void)send(fd, text + i, 1, MSG_NOSIGNAL);
    got = listen_all(fd, &n, &result);
    ok(strstr(got, "\r\n\r\n4") != NULL, "a request that comes byte by byte");
    free(got);
}

static void test_bodies_out(void)
{
    static const char *const paths[] = {"/big", "/chunked"};

    for (size_t i = 0; i < ARRAY_LEN(paths); i++) {
        int fd = dial(), result;
        char text[128];
        size_t n;
        char *got, *body;

        (void)snprintf(text, sizeof(text), "GET %s HTTP/1.%zu\r\n" CLOSE, paths[i], 1 - i);
        say(fd, text);
        got = listen_all(fd, &n, &result);
        body = strstr(got, "\r\n\r\n") + 4;
        is_int((long long)(n - (size_t)(body - got)), BIG, "%s: all bytes", paths[i]);
        ok(body[BIG - 1] == (char)((BIG - 1) % 251), "%s: the right last byte", paths[i]);
        free(got);
    }
}

static void test_broken_source(void)
{
    int fd = dial(), result;
    size_t n;
    char *got;

    say(fd, "GET /short HTTP/1.1\r\n" CLOSE);
    got = listen_all(fd, &n, &result);
    is_int(result, 0, "a broken source ends with FIN");
    ok(n > 100000 && n < BIG, "after what it gave");
    free(got);
}

static void test_limits_of_bodies(void)
{
    expect("POST /small HTTP/1.1\r\nHost: h\r\nContent-Length: 11\r\nConnection: close\r\n\r\n"
           "hello world",
           0, "HTTP/1.1 413 ", "a body over its maximum, by its length");
    expect("POST /small HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n"
           "Connection: close\r\n\r\nb\r\nhello world\r\n0\r\n\r\n",
           0, "HTTP/1.1 413 ", "a body over its maximum, by its bytes");
    expect("POST /count HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", 0,
           "HTTP/1.1 400 ", "broken chunks");
    expect("POST /small HTTP/1.1\r\nHost: h\r\nContent-Length: 10\r\nConnection: close\r\n\r\n"
           "0123456789",
           0, "\r\n\r\n10", "a body of exactly the maximum");
}

static void test_expect(void)
{
    expect("POST /count HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\nExpect: 100-continue\r\n"
           "Connection: close\r\n\r\n",
           0, "HTTP/1.1 200 OK", "nothing to continue with");
    expect("POST /x HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n", 0,
           "HTTP/1.1 200 OK", "an answer instead of 100 closes");
    {
        int fd = dial(), result;
        char interim[64] = "";
        size_t n;
        char *got;

        say(fd, "POST /count HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n"
                "Expect: 100-continue\r\nConnection: close\r\n\r\n");
        (void)recv(fd, interim, sizeof(interim) - 1, 0);
        is_str(interim, "HTTP/1.1 100 Continue\r\n\r\n", "100 Continue comes first");
        say(fd, "hello");
        got = listen_all(fd, &n, &result);
        ok(strstr(got, "HTTP/1.1 200 OK") == got && strstr(got, "\r\n\r\n5") != NULL,
           "then the answer");
        free(got);
    }
}

static void test_back_pressure(void)
{
    enum { SIZE = 2000000 };
    char *block = calloc(1, SIZE), head[128];
    int fd = dial(), result;
    size_t n, sent = 0;
    char *got;

    (void)snprintf(head, sizeof(head),
                   "POST /slow HTTP/1.1\r\nHost: h\r\nContent-Length: %d\r\n"
                   "Connection: close\r\n\r\n",
                   SIZE);
    say(fd, head);
    while (sent < SIZE) {
        ssize_t put = send(fd, block + sent, SIZE - sent, MSG_NOSIGNAL);

        if (put <= 0)
            break;
        sent += (size_t)put;
    }
    got = listen_all(fd, &n, &result);
    ok(atomic_load(&server_app_counts.flow_paused), "the sink paused the flow");
    ok(strstr(got, "\r\n\r\n2000000") != NULL, "and got every byte in the end");
    free(got);
    free(block);
}

static void test_hooks(void)
{
    expect("GET /hook/request-head/drop HTTP/1.1\r\n" CLOSE, 0, NULL, "hook: drop");
    expect("GET /hook/request-head/reset HTTP/1.1\r\n" CLOSE, ECONNRESET, NULL, "hook: reset");
    expect("GET /hook/request-head/done HTTP/1.1\r\n" CLOSE, 0, "\r\n\r\nby hook", "hook: answer");
    expect("GET /hook/request-head/hold HTTP/1.1\r\n" CLOSE, 0, "\r\n\r\n/hook/", "hook: hold");
    expect("GET /hook/response-head/header HTTP/1.1\r\n" CLOSE, 0, "Content-Type: text/changed",
           "hook: changes a header");
    expect("GET /hook/response-head/hold HTTP/1.1\r\n" CLOSE, 0, "\r\n\r\n/hook/",
           "hook: holds the head");
    expect("GET /hook/response-head/reset HTTP/1.1\r\n" CLOSE, ECONNRESET, NULL,
           "hook: resets instead of a head");
    expect("GET /hook/response-body/hold HTTP/1.1\r\n" CLOSE, 0, "\r\n\r\n/hook/",
           "hook: holds the body");
    expect("GET /hook/response-body/wrap HTTP/1.1\r\n" CLOSE, 0, "\r\n\r\n/hook/",
           "hook: wraps the body");
    ok(atomic_load(&server_app_counts.hook_calls) > 50, "the hook is asked at every stage");
}

static void test_aborts(void)
{
    int before = atomic_load(&server_app_counts.ended[HTTP_END_CLIENT_ABORTED]);
    int fd = dial();

    say(fd, "POST /count HTTP/1.1\r\nHost: h\r\nContent-Length: 50\r\n\r\nhello");
    (void)shutdown(fd, SHUT_WR);
    {
        int result;
        size_t n;
        char *got = listen_all(fd, &n, &result);

        is_int((int)n, 0, "a body that breaks off gets no answer");
        free(got);
    }
    is_int(atomic_load(&server_app_counts.ended[HTTP_END_CLIENT_ABORTED]), before + 1,
           "and is counted as aborted");
}

static void test_timeouts(void)
{
    expect("GET / HTT", 0, "HTTP/1.1 408 ", "a head that stalls");
    expect("", 0, NULL, "a connection that says nothing");
    expect("POST /count HTTP/1.1\r\nHost: h\r\nContent-Length: 9\r\n\r\nhi", 0, "HTTP/1.1 408 ",
           "a body that stalls");
    expect("GET /x HTTP/1.1\r\n" KEEP, 0, "\r\n\r\n/x", "an idle connection is closed");
}

static void test_connection_limit(void)
{
    int first = dial(), second, result;
    char buf[512];
    size_t n;
    char *got;

    say(first, "GET /x HTTP/1.1\r\n" KEEP);
    ok(recv(first, buf, sizeof(buf), 0) > 0, "one connection is served");
    second = dial();
    say(second, "GET /x HTTP/1.1\r\n" KEEP);
    got = listen_all(second, &n, &result);
    ok(strstr(got, "HTTP/1.1 503 ") == got, "one more is refused with 503");
    free(got);
    (void)close(first);
}

static void test_graceful_stop(pthread_t thread)
{
    int idle = dial(), busy = dial(), result;
    size_t n;
    char *got;

    say(idle, "GET /x HTTP/1.1\r\n" KEEP);
    (void)recv(idle, (char[512]){0}, 512, 0);
    say(busy, "GET /big HTTP/1.1\r\n" KEEP);
    (void)recv(busy, (char[512]){0}, 16, 0);
    (void)write(wake_fds[1], "x", 1);
    free(listen_all(idle, &n, &result));
    is_int(result, 0, "an idle connection is closed at once");
    got = listen_all(busy, &n, &result);
    ok(n > BIG, "an answer under way is finished");
    free(got);
    (void)thread;
}

int main(void)
{
    struct http_limits limits = HTTP_LIMITS_DEFAULT;
    pthread_t thread;

    plan_lazy();
    thread = start(limits);
    test_replies();
    test_head_has_no_body();
    test_pipelining();
    test_byte_by_byte();
    test_bodies_out();
    test_broken_source();
    test_limits_of_bodies();
    test_expect();
    test_back_pressure();
    test_hooks();
    test_aborts();
    test_graceful_stop(thread);
    stop(thread);

    limits.head_timeout = limits.body_timeout = limits.idle_timeout = 50;
    thread = start(limits);
    test_timeouts();
    stop(thread);

    limits = HTTP_LIMITS_DEFAULT;
    limits.connections = 1;
    thread = start(limits);
    test_connection_limit();
    stop(thread);
    done_testing();
}
