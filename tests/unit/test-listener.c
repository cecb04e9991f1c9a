/* SPDX-License-Identifier: MIT */
/* Ports that close for a while, and for good. The client is this thread, too: the kernel connects
   without the loop, which runs in between. */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lib/http/exchange.h"
#include "lib/http/loop.h"
#include "lib/http/server.h"
#include "lib/util/err.h"
#include "lib/util/util.h"
#include "tests/tap/tap.h"

enum { PATIENCE_MS = 10000, TURNS = 1000 };

static struct loop *loop;
static struct http_server *server;
static struct http_exchange *open_exchange; /* /later is answered when a test says so */

/* --- The server --- */

static void on_request(struct http_exchange *x, void *arg)
{
    (void)arg;
    open_exchange = x;
}

static void on_ended(struct http_exchange *x, void *arg)
{
    (void)arg;
    if (open_exchange == x)
        open_exchange = NULL;
}

static void answer(void)
{
    http_reply_begin(open_exchange, 200);
    http_reply_text(open_exchange, "ok", 2);
    http_reply_send(open_exchange);
}

static void stop(void *arg)
{
    loop_stop(arg);
}

/* Lets the loop do what there is to do. */
static void turn(void)
{
    struct loop_timer *t;

    ASSERT(loop_timer_new(&t, loop, stop, loop, NULL) == 0);
    loop_timer_start(t, 1);
    ASSERT(loop_run(loop, NULL) == 0);
    loop_timer_free(t);
}

static void wait_connections(size_t n)
{
    for (int i = 0; i < TURNS && http_server_connections(server) != n; i++)
        turn();
    is_int((long long)http_server_connections(server), (long long)n, "  connections: %zu", n);
}

/* --- The client --- */

static unsigned long port_of(const struct http_listener *l)
{
    return strtoul(strrchr(http_listener_url(l), ':') + 1, NULL, 10);
}

/* A descriptor, or the negative errno. */
static int dial(unsigned long port)
{
    struct sockaddr_in in = {.sin_family = AF_INET,
                             .sin_port = htons((uint16_t)port),
                             .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    ASSERT(fd >= 0);
    if (connect(fd, (struct sockaddr *)&in, sizeof(in)) == 0)
        return fd;
    (void)close(fd);
    return -errno;
}

/* What came until the end, while the loop runs; "" for nothing but the end. */
static void read_all(int fd, char *text, size_t size)
{
    size_t got = 0;

    for (int i = 0; i < TURNS; i++) {
        struct pollfd p = {.fd = fd, .events = POLLIN};
        ssize_t n;

        turn();
        if (poll(&p, 1, 0) <= 0)
            continue;
        n = recv(fd, text + got, size - 1 - got, 0);
        if (n <= 0)
            break;
        got += (size_t)n;
    }
    text[got] = '\0';
}

static bool is_at_end(int fd)
{
    struct pollfd p = {.fd = fd, .events = POLLIN};
    char byte;

    return poll(&p, 1, PATIENCE_MS) == 1 && recv(fd, &byte, 1, 0) == 0;
}

/* --- Tests --- */

static void test_down(const char *address, const char *what)
{
    struct http_listener *l;
    char text[1024];
    unsigned long port;
    int idle, busy, again;
    struct err err;

    is_int(http_server_listen(server, &l, address, NULL, NULL, &err), 0, "listens on %s", what);
    port = port_of(l);
    ok(http_listener_is_up(l), "  it is up");
    is_int(http_listener_set_up(l, true, &err), 0, "  up again: nothing happens");
    idle = dial(port);
    busy = dial(port);
    ASSERT(send(busy, "GET / HTTP/1.1\r\nHost: a\r\n\r\n", 27, 0) == 27);
    wait_connections(2);
    for (int i = 0; i < TURNS && open_exchange == NULL; i++)
        turn();
    is_int(http_listener_set_up(l, false, &err), 0, "  down");
    ok(!http_listener_is_up(l), "  it says so");
    is_int(dial(port), -ECONNREFUSED, "  nobody listens there");
    ok(is_at_end(idle), "  the idle connection is closed");
    is_int(http_listener_set_up(l, false, &err), 0, "  down twice: nothing happens");
    answer();
    read_all(busy, text, sizeof(text));
    ok(strncmp(text, "HTTP/1.1 200", 12) == 0 && strstr(text, "\r\n\r\nok") != NULL,
       "  the busy connection gets its answer");
    wait_connections(0);
    is_int(http_listener_set_up(l, true, &err), 0, "  up");
    is_int((long long)port_of(l), (long long)port, "  with the same port");
    again = dial(port);
    ok(again >= 0, "  somebody listens there again");
    wait_connections(1);
    http_listener_close(l);
    wait_connections(0);
    ok(is_at_end(again), "closed: so are its connections");
    is_int(dial(port), -ECONNREFUSED, "  nobody listens there");
    (void)close(idle);
    (void)close(busy);
    (void)close(again);
}

static void test_others(void)
{
    struct http_listener *one, *two;
    int fd;
    struct err err;

    ASSERT(http_server_listen(server, &one, "127.0.0.1:0", NULL, NULL, &err) == 0);
    ASSERT(http_server_listen(server, &two, "127.0.0.1:0", NULL, NULL, &err) == 0);
    fd = dial(port_of(two));
    wait_connections(1);
    ASSERT(http_listener_set_up(one, false, &err) == 0);
    wait_connections(1);
    ok(http_listener_is_up(two), "the other listener does not care when one is down");
    http_listener_close(one);
    http_listener_close(NULL);
    wait_connections(1);
    http_listener_close(two);
    ok(is_at_end(fd), "  nor when it is closed");
    (void)close(fd);
}

/* Whoever shares the port (SO_REUSEADDR) and listens first has it. */
static void test_taken(void)
{
    struct sockaddr_in in = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int one = 1, other = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    struct http_listener *l;
    struct err err = {0};

    ASSERT(http_server_listen(server, &l, "127.0.0.1:0", NULL, NULL, &err) == 0);
    in.sin_port = htons((uint16_t)port_of(l));
    ASSERT(setsockopt(other, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one)) == 0);
    ok(bind(other, (struct sockaddr *)&in, sizeof(in)) != 0, "a port that listens is ours alone");
    is_int(http_listener_set_up(l, false, &err), 0, "  down");
    ASSERT(bind(other, (struct sockaddr *)&in, sizeof(in)) == 0 && listen(other, 1) == 0);
    is_int(http_listener_set_up(l, true, &err), -1, "somebody took it: not up again");
    is_int(err.code, ERR_BUSY, "  because it is in use: %s", err.msg);
    ok(!http_listener_is_up(l), "  it stays down");
    (void)close(other);
    is_int(http_listener_set_up(l, true, &err), 0, "  until the other one goes");
    http_listener_close(l);
}

int main(void)
{
    struct http_server_options options = {.app = {.request = on_request, .ended = on_ended},
                                          .limits = HTTP_LIMITS_DEFAULT};
    struct http_listener *l;
    char address[64];
    struct err err;

    plan_lazy();
    ASSERT(loop_new(&loop, 1, &err) == 0);
    options.loop = loop;
    ASSERT(http_server_new(&server, &options, &err) == 0);
    test_down("127.0.0.1:0", "a port that the kernel chose");
    ASSERT(http_server_listen(server, &l, "127.0.0.1:0", NULL, NULL, &err) == 0);
    (void)snprintf(address, sizeof(address), "127.0.0.1:%lu", port_of(l));
    http_listener_close(l);
    test_down(address, "a port by its number");
    test_down(":0", "all addresses");
    test_others();
    test_taken();
    http_server_free(server);
    loop_free(loop);
    done_testing();
}
