/* SPDX-License-Identifier: MIT */
#include "tests/unit/wire_help.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "lib/http/loop.h"
#include "lib/util/err.h"
#include "lib/util/util.h"

struct posted {
    void (*fn)(void *arg);
    void *arg;
};

static struct loop *loop;
static struct http_server *server;
static struct http_listener *listener;
static pthread_t thread;
static int wake_fds[2];
static sem_t called;
static sem_t stopped;
static bool drained;

static void on_posted(void *arg)
{
    struct posted p;

    (void)arg;
    if (read(wake_fds[0], &p, sizeof(p)) != (ssize_t)sizeof(p))
        return;
    p.fn(p.arg);
    (void)sem_post(&called);
}

static void *run(void *arg)
{
    (void)arg;
    (void)loop_run(loop, NULL);
    return NULL;
}

void wire_open(void)
{
    struct err err;

    ASSERT(loop_new(&loop, 1, &err) == 0);
    ASSERT(pipe(wake_fds) == 0 && sem_init(&called, 0, 0) == 0 && sem_init(&stopped, 0, 0) == 0);
    drained = false;
    ASSERT(loop_on_readable(loop, wake_fds[0], on_posted, NULL, &err) == 0);
}

void wire_start(struct http_server_options options, struct http_tls *tls)
{
    struct err err;

    options.loop = loop;
    ASSERT(http_server_new(&server, &options, &err) == 0);
    ASSERT(http_server_listen(server, &listener, "127.0.0.1:0", tls, NULL, &err) == 0);
    ASSERT(pthread_create(&thread, NULL, run, NULL) == 0);
}

void wire_call(void (*fn)(void *arg), void *arg)
{
    struct posted p = {fn, arg};

    ASSERT(write(wake_fds[1], &p, sizeof(p)) == (ssize_t)sizeof(p));
    while (sem_wait(&called) != 0)
        ASSERT(errno == EINTR);
}

static void on_stopped(void *arg)
{
    (void)arg;
    (void)sem_post(&stopped);
}

static void stop_server(void *arg)
{
    (void)arg;
    http_server_stop(server, on_stopped, NULL);
}

void wire_drain(void)
{
    if (drained)
        return;
    drained = true;
    wire_call(stop_server, NULL);
    while (sem_wait(&stopped) != 0)
        ASSERT(errno == EINTR);
}

static void stop_loop(void *arg)
{
    (void)arg;
    loop_stop(loop);
}

void wire_stop(void)
{
    wire_drain();
    wire_call(stop_loop, NULL);
    (void)pthread_join(thread, NULL);
    http_server_free(server);
    loop_free(loop);
    (void)close(wake_fds[0]);
    (void)close(wake_fds[1]);
    (void)sem_destroy(&called);
    (void)sem_destroy(&stopped);
}

struct loop *wire_loop(void)
{
    return loop;
}

struct http_server *wire_server(void)
{
    return server;
}

long long wire_now(void)
{
    struct timespec ts;

    (void)clock_gettime(CLOCK_MONOTONIC, &ts);
    return (long long)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

bool wire_reached(const _Atomic int *flag, int want)
{
    long long until = wire_now() + WIRE_PATIENCE_MS;

    while (atomic_load(flag) < want && wire_now() < until)
        (void)poll(NULL, 0, 2);
    return atomic_load(flag) >= want;
}

/* --- The client --------------------------------------------------------------------------------
 */

int wire_dial(void)
{
    struct sockaddr_in in = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    in.sin_port = htons((uint16_t)strtoul(strrchr(http_listener_url(listener), ':') + 1, NULL, 10));
    ASSERT(fd >= 0);
    ASSERT(connect(fd, (struct sockaddr *)&in, sizeof(in)) == 0);
    return fd;
}

void wire_say(int fd, const char *text)
{
    (void)send(fd, text, strlen(text), MSG_NOSIGNAL);
}

char *wire_hear(int fd, int ms, size_t *n, int *end)
{
    size_t room = 1 << 16, got = 0;
    char *text = malloc(room);
    struct pollfd p = {.fd = fd, .events = POLLIN};

    ASSERT(text != NULL);
    *end = WIRE_SILENT;
    while (poll(&p, 1, ms) > 0) {
        ssize_t size = recv(fd, text + got, room - got - 1, 0);

        if (size <= 0) {
            *end = size == 0 ? WIRE_FIN : errno;
            break;
        }
        got += (size_t)size;
        if (room - got < 4096)
            text = realloc(text, room *= 2);
        ASSERT(text != NULL);
    }
    text[got] = '\0';
    *n = got;
    return text;
}

char *wire_ask(const char *request, size_t *n, int *end)
{
    int fd = wire_dial();
    char *text;

    wire_say(fd, request);
    text = wire_hear(fd, WIRE_PATIENCE_MS, n, end);
    (void)close(fd);
    return text;
}

const char *wire_body(const char *answer)
{
    const char *end = strstr(answer, "\r\n\r\n");

    return end != NULL ? end + 4 : NULL;
}

const char *wire_header(const char *answer, const char *name)
{
    static char value[512];
    const char *body = wire_body(answer);
    size_t n = strlen(name);

    for (const char *line = strchr(answer, '\n'); line != NULL && body != NULL && line + 1 < body;
         line = strchr(line + 1, '\n')) {
        if (strncasecmp(line + 1, name, n) != 0 || line[n + 1] != ':')
            continue;
        (void)snprintf(value, sizeof(value), "%.*s", (int)strcspn(line + n + 3, "\r"),
                       line + n + 3);
        return value;
    }
    return NULL;
}
