/* SPDX-License-Identifier: MIT */
/*
 * cutproxy HOST PORT BYTES TIMES
 *
 * Forwards TCP connections. The first TIMES answers that grow beyond BYTES are cut there: the
 * client gets exactly that much and then an orderly end (FIN). An answer is what comes back between
 * two pieces of data from the client. Listens on a free port of 127.0.0.1 and says so:
 *
 *     cutproxy: listening on 127.0.0.1:40117
 *     cutproxy: cut after 20971520 bytes
 *
 * One process per connection; what they share is the number of cuts left.
 */
#include <arpa/inet.h>
#include <err.h>
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lib/util/err.h"
#include "lib/util/units.h"

enum { PIECE = 64 * 1024 };

struct relay {
    int client;
    int server;
    uint64_t answered; /* bytes to the client since it last sent something */
    uint64_t limit;    /* an answer longer than this is cut */
};

static atomic_int *cuts_left; /* shared by all processes */

static uint64_t parse_number(const char *text)
{
    struct err failure;
    uint64_t value;

    if (units_parse_size(&value, text, &failure) == -1)
        errx(2, "%s", failure.msg);
    return value;
}

static void send_all(int fd, const char *p, size_t n)
{
    while (n > 0) {
        ssize_t did = send(fd, p, n, MSG_NOSIGNAL);

        if (did <= 0)
            _exit(0); /* that side is gone */
        p += did;
        n -= (size_t)did;
    }
}

/* True when this answer must end here, and takes one of the cuts for it. */
static bool take_cut(const struct relay *r, size_t n)
{
    int left;

    if (r->answered + n <= r->limit)
        return false;
    left = atomic_load(cuts_left);
    while (left > 0)
        if (atomic_compare_exchange_weak(cuts_left, &left, left - 1))
            return true;
    return false;
}

static void cut(const struct relay *r, const char *piece)
{
    char drop[PIECE];

    send_all(r->client, piece, r->limit - r->answered);
    printf("cutproxy: cut after %ju bytes\n", (uintmax_t)r->limit);
    fflush(stdout);
    shutdown(r->client, SHUT_WR);
    close(r->server);
    while (recv(r->client, drop, sizeof(drop), 0) > 0)
        continue; /* unread data would turn the FIN into a reset */
    _exit(0);
}

static void from_client(struct relay *r)
{
    char piece[PIECE];
    ssize_t n = recv(r->client, piece, sizeof(piece), 0);

    if (n <= 0)
        _exit(0);
    r->answered = 0;
    send_all(r->server, piece, (size_t)n);
}

static void from_server(struct relay *r)
{
    char piece[PIECE];
    ssize_t n = recv(r->server, piece, sizeof(piece), 0);

    if (n <= 0)
        _exit(0);
    if (take_cut(r, (size_t)n))
        cut(r, piece);
    send_all(r->client, piece, (size_t)n);
    r->answered += (size_t)n;
}

static _Noreturn void relay_run(struct relay *r)
{
    struct pollfd p[2] = {{.fd = r->client, .events = POLLIN}, {.fd = r->server, .events = POLLIN}};

    while (poll(p, 2, -1) > 0) {
        if (p[0].revents != 0)
            from_client(r);
        if (p[1].revents != 0)
            from_server(r);
    }
    _exit(1);
}

static int connect_to(const char *host, const char *port)
{
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM};
    struct addrinfo *list;
    int one = 1;
    int fd;

    if (getaddrinfo(host, port, &hints, &list) != 0)
        errx(1, "cannot resolve %s", host);
    fd = socket(list->ai_family, SOCK_STREAM, 0);
    if (fd == -1 || connect(fd, list->ai_addr, list->ai_addrlen) == -1)
        err(1, "connect to %s:%s", host, port);
    freeaddrinfo(list);
    (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
    return fd;
}

static int listen_free(void)
{
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof(a);
    int fd = socket(AF_INET, SOCK_STREAM, 0);

    if (fd == -1 || bind(fd, (struct sockaddr *)&a, sizeof(a)) == -1 || listen(fd, 64) == -1 ||
        getsockname(fd, (struct sockaddr *)&a, &size) == -1)
        err(1, "listen");
    printf("cutproxy: listening on 127.0.0.1:%d\n", ntohs(a.sin_port));
    fflush(stdout);
    return fd;
}

static void serve_one(char **argv, uint64_t limit, int listener, int client)
{
    struct relay r = {.client = client, .limit = limit};
    int one = 1;

    if (fork() != 0) {
        close(client);
        return;
    }
    (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
    close(listener);
    (void)setsockopt(client, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
    r.server = connect_to(argv[1], argv[2]);
    relay_run(&r);
}

int main(int argc, char **argv)
{
    uint64_t limit;
    int listener;

    if (argc != 5)
        errx(2, "usage: cutproxy HOST PORT BYTES TIMES");
    limit = parse_number(argv[3]);
    cuts_left =
        mmap(NULL, sizeof(*cuts_left), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (cuts_left == MAP_FAILED)
        err(1, "mmap");
    atomic_store(cuts_left, (int)parse_number(argv[4]));
    (void)signal(SIGCHLD, SIG_IGN);
    listener = listen_free();
    for (;;) {
        int client = accept(listener, NULL, NULL);

        if (client != -1)
            serve_one(argv, limit, listener, client);
        else if (errno != EINTR && errno != ECONNABORTED)
            err(1, "accept");
    }
}
