/* SPDX-License-Identifier: MIT */
/* Ports: binding, accepting, closing for a while and for good. */
#include "lib/http/internal.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <event2/event.h>

#include "lib/http/loop.h"
#include "lib/util/util.h"

enum {
    ACCEPT_BATCH = 64,     /* connections taken before others have a turn */
    ACCEPT_LISTENERS = 16, /* the same of listeners */
    ACCEPT_PAUSE_MS = 100, /* when the process has no descriptor left */
    REFUSED_MAX = 256,     /* connections over the limit that still get a 503 */
    HOST_MAX = 256,
};

/* --- Accepting ---------------------------------------------------------------------------------
 */

static void format_peer(const struct sockaddr_storage *address, char *to, size_t size)
{
    char host[INET6_ADDRSTRLEN];

    if (address->ss_family == AF_INET6) {
        const struct sockaddr_in6 *in6 = (const struct sockaddr_in6 *)address;

        if (IN6_IS_ADDR_V4MAPPED(&in6->sin6_addr)) {
            (void)inet_ntop(AF_INET, in6->sin6_addr.s6_addr + 12, host, sizeof(host));
            (void)snprintf(to, size, "%s:%u", host, ntohs(in6->sin6_port));
            return;
        }
        (void)inet_ntop(AF_INET6, &in6->sin6_addr, host, sizeof(host));
        (void)snprintf(to, size, "[%s]:%u", host, ntohs(in6->sin6_port));
    } else {
        const struct sockaddr_in *in = (const struct sockaddr_in *)address;

        (void)inet_ntop(AF_INET, &in->sin_addr, host, sizeof(host));
        (void)snprintf(to, size, "%s:%u", host, ntohs(in->sin_port));
    }
}

static void accept_one(struct http_listener *l, int fd, const struct sockaddr_storage *address)
{
    struct http_server *s = l->server;
    char peer[HTTP_PEER_MAX];
    int one = 1;

    if (s->conn_count >= s->options.limits.connections + REFUSED_MAX) {
        (void)close(fd);
        return;
    }
    (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
    format_peer(address, peer, sizeof(peer));
    conn_new(l, fd, peer, s->conn_count >= s->options.limits.connections);
}

void server_resume_accepting(void *arg)
{
    struct http_server *s = arg;

    (void)event_add(s->accept_event, NULL);
}

/* False when the process has no descriptor left: looking again at once would only spin, and the
   connection stays in the backlog. */
static bool accept_batch(struct http_listener *l)
{
    for (int i = 0; i < ACCEPT_BATCH; i++) {
        struct sockaddr_storage address;
        socklen_t size = sizeof(address);
        int client;

        memset(&address, 0, sizeof(address));
        client = accept4(l->fd, (struct sockaddr *)&address, &size, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (client >= 0) {
            accept_one(l, client, &address);
            continue;
        }
        if (errno == EMFILE || errno == ENFILE || errno == ENOMEM || errno == ENOBUFS)
            return false;
        if (errno != EINTR && errno != ECONNABORTED)
            break;
    }
    return true;
}

/* Accepting closes no listener, so what was told of is still there. */
static void on_accept(evutil_socket_t fd, short what, void *arg)
{
    struct epoll_event ready[ACCEPT_LISTENERS];
    struct http_server *s = arg;
    int n = epoll_wait(fd, ready, ACCEPT_LISTENERS, 0);

    (void)what;
    for (int i = 0; i < n; i++) {
        if (accept_batch(ready[i].data.ptr))
            continue;
        (void)event_del(s->accept_event);
        loop_timer_start(s->resume, ACCEPT_PAUSE_MS);
        return;
    }
}

/*
 * Listeners have an epoll set of their own: libevent keeps some memory for each descriptor that it
 * ever watched, amidst that of short-lived registries, of which there may be a thousand.
 */
int server_start_accepting(struct http_server *s, struct err *err)
{
    s->accept_fd = epoll_create1(EPOLL_CLOEXEC);
    if (s->accept_fd < 0)
        return err_sys(err, "epoll");
    s->accept_event =
        event_new(loop_base(s->options.loop), s->accept_fd, EV_READ | EV_PERSIST, on_accept, s);
    if (s->accept_event == NULL || event_add(s->accept_event, NULL) != 0)
        return err_set(err, ERR_NOMEM, "server");
    return 0;
}

void server_stop_accepting(struct http_server *s)
{
    if (s->accept_event != NULL)
        event_free(s->accept_event);
    s->accept_event = NULL;
    if (s->accept_fd >= 0)
        (void)close(s->accept_fd);
    s->accept_fd = -1;
}

static int watch(struct http_listener *l, struct err *err)
{
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = l};

    if (epoll_ctl(l->server->accept_fd, EPOLL_CTL_ADD, l->fd, &event) != 0)
        return err_sys(err, "listener");
    return 0;
}

static void unwatch(struct http_listener *l)
{
    (void)epoll_ctl(l->server->accept_fd, EPOLL_CTL_DEL, l->fd, NULL);
}

/* --- Listening ---------------------------------------------------------------------------------
 */

/* Splits "host:port", "[v6]:port" or ":port". */
static int split_address(const char *address, char *host, size_t host_size, const char **port,
                         struct err *err)
{
    const char *colon = strrchr(address, ':');
    const char *begin = address;
    size_t n;

    if (colon == NULL || colon[1] == '\0' || strspn(colon + 1, "0123456789") != strlen(colon + 1) ||
        strlen(colon + 1) > 5)
        return err_set(err, ERR_INVALID,
                       "listen address '%.80s': expected host:port, [v6]:port or :port", address);
    if (strlen(colon + 1) == 5 && strcmp(colon + 1, "65535") > 0) /* getaddrinfo(3) would cut it */
        return err_set(err, ERR_INVALID, "listen address '%.80s': ports end at 65535", address);
    n = (size_t)(colon - address);
    if (n >= 2 && address[0] == '[' && colon[-1] == ']') {
        begin++;
        n -= 2;
    } else if (memchr(address, ':', n) != NULL) {
        return err_set(err, ERR_INVALID, "listen address '%.80s': write IPv6 as [address]:port",
                       address);
    }
    if (n >= host_size)
        return err_set(err, ERR_INVALID, "listen address '%.80s': host name is too long", address);
    memcpy(host, begin, n);
    host[n] = '\0';
    *port = colon + 1;
    return 0;
}

static int resolve(struct addrinfo **ret, const char *address, struct err *err)
{
    struct addrinfo hints = {.ai_flags = AI_PASSIVE | AI_NUMERICSERV, .ai_socktype = SOCK_STREAM};
    char host[HOST_MAX];
    const char *port = NULL;
    int code;

    if (split_address(address, host, sizeof(host), &port, err) != 0)
        return -1;
    if (*host == '\0')
        hints.ai_family = AF_INET6; /* both families in one socket */
    code = getaddrinfo(*host != '\0' ? host : "::", port, &hints, ret);
    if (code != 0)
        return err_set(err, ERR_INVALID, "listen address '%.80s': %s", address, gai_strerror(code));
    return 0;
}

static int bind_socket(const struct addrinfo *ai, bool dual)
{
    int fd = socket(ai->ai_family, ai->ai_socktype | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    int one = 1, v6only = !dual;

    if (fd < 0)
        return -1;
    (void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
    if (ai->ai_family == AF_INET6)
        (void)setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &v6only, sizeof(v6only));
    if (bind(fd, ai->ai_addr, ai->ai_addrlen) != 0 || listen(fd, HTTP_LISTEN_BACKLOG) != 0) {
        int saved = errno;

        (void)close(fd);
        errno = saved;
        return -1;
    }
    return fd;
}

/* ":port" on a machine without IPv6 means all IPv4 addresses. */
static int bind_any_v4(const char *port)
{
    struct addrinfo hints = {.ai_flags = AI_PASSIVE | AI_NUMERICSERV | AI_NUMERICHOST,
                             .ai_socktype = SOCK_STREAM,
                             .ai_family = AF_INET};
    struct addrinfo *ai;
    int fd;

    if (getaddrinfo("0.0.0.0", port, &hints, &ai) != 0)
        return -1;
    fd = bind_socket(ai, false);
    freeaddrinfo(ai);
    return fd;
}

static int open_socket(const char *address, struct err *err)
{
    struct addrinfo *ai;
    bool any = *address == ':';
    int fd;

    if (resolve(&ai, address, err) != 0)
        return -1;
    fd = bind_socket(ai, any);
    freeaddrinfo(ai);
    if (fd < 0 && any && (errno == EAFNOSUPPORT || errno == EADDRNOTAVAIL))
        fd = bind_any_v4(address + 1);
    if (fd < 0 && errno == EADDRINUSE)
        return err_set(err, ERR_BUSY, "cannot listen on %.80s: another program uses it", address);
    if (fd < 0)
        return err_sys(err, "cannot listen on %.80s", address);
    return fd;
}

void http_conn_local(const struct http_conn *c, char *text, size_t size)
{
    struct sockaddr_storage address;
    socklen_t n = sizeof(address);
    char local[HTTP_PEER_MAX] = "";

    memset(&address, 0, sizeof(address));
    if (getsockname(c->transport.fd, (struct sockaddr *)&address, &n) == 0)
        format_peer(&address, local, sizeof(local));
    (void)snprintf(text, size, "%s", local);
}

/* The address as somebody on this machine would type it: a wildcard is reached on loopback. */
static char *make_url(int fd, bool tls)
{
    struct sockaddr_storage address;
    socklen_t size = sizeof(address);
    char peer[HTTP_PEER_MAX];
    char *url;

    memset(&address, 0, sizeof(address));
    if (getsockname(fd, (struct sockaddr *)&address, &size) != 0)
        return NULL;
    if (address.ss_family == AF_INET6) {
        struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)&address;

        if (IN6_IS_ADDR_UNSPECIFIED(&in6->sin6_addr))
            (void)inet_pton(AF_INET6, "::ffff:127.0.0.1", &in6->sin6_addr);
    } else {
        struct sockaddr_in *in = (struct sockaddr_in *)&address;

        if (in->sin_addr.s_addr == htonl(INADDR_ANY))
            in->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    }
    format_peer(&address, peer, sizeof(peer));
    return asprintf(&url, "%s://%s", tls ? "https" : "http", peer) > 0 ? url : NULL;
}

void listener_close_port(struct http_listener *l)
{
    if (l->fd < 0)
        return;
    unwatch(l);
    (void)close(l->fd);
    l->fd = -1;
}

int http_server_listen(struct http_server *s, struct http_listener **ret, const char *address,
                       struct http_tls *tls, void *data, struct err *err)
{
    struct http_listener *l = calloc(1, sizeof(*l));

    if (l == NULL)
        return err_set(err, ERR_NOMEM, "listener");
    l->server = s;
    l->tls = tls;
    l->data = data;
    l->fd = open_socket(address, err);
    if (l->fd < 0) {
        free(l);
        return -1;
    }
    l->url = make_url(l->fd, tls != NULL);
    if (l->url == NULL)
        (void)err_set(err, ERR_NOMEM, "listener");
    if (l->url == NULL || watch(l, err) != 0) {
        listener_close_port(l);
        free(l->url);
        free(l);
        return -1;
    }
    TAILQ_INSERT_TAIL(&s->listeners, l, link);
    if (ret != NULL)
        *ret = l;
    return 0;
}

void listener_free(struct http_listener *l)
{
    TAILQ_REMOVE(&l->server->listeners, l, link);
    listener_close_port(l);
    free(l->url);
    free(l);
}

void http_listener_close(struct http_listener *l)
{
    struct http_conn *c, *next;

    if (l == NULL)
        return;
    for (c = TAILQ_FIRST(&l->server->conns); c != NULL; c = next) {
        next = TAILQ_NEXT(c, link);
        if (c->listener == l)
            conn_close(c, false, HTTP_END_SERVER_ABORTED, "the listener is closed");
    }
    listener_free(l);
}

const char *http_listener_url(const struct http_listener *l)
{
    return l->url;
}

void *http_listener_data(const struct http_listener *l)
{
    return l->data;
}

/* --- Down and up again -------------------------------------------------------------------------
 */

/*
 * Shutting down a listening socket ends listening. A port that was asked for by its number stays
 * bound to it (EINVAL); one that the kernel chose is free then, and bound again by its number.
 */
static bool bind_again(const struct http_listener *l)
{
    return bind(l->fd, (const struct sockaddr *)&l->address, l->address_size) == 0 ||
           errno == EINVAL;
}

/* Should somebody take the port at this very moment, that shows when it goes up. */
static int take_down(struct http_listener *l, struct err *err)
{
    l->address_size = sizeof(l->address);
    memset(&l->address, 0, sizeof(l->address));
    if (getsockname(l->fd, (struct sockaddr *)&l->address, &l->address_size) != 0 ||
        shutdown(l->fd, SHUT_RD) != 0)
        return err_sys(err, "%s", l->url);
    unwatch(l);
    l->down = true;
    (void)bind_again(l);
    conns_retire(l->server, l);
    return 0;
}

static int bring_up(struct http_listener *l, struct err *err)
{
    if (!bind_again(l) || listen(l->fd, HTTP_LISTEN_BACKLOG) != 0)
        return err_set(err, errno == EADDRINUSE ? ERR_BUSY : ERR_SYSTEM,
                       "cannot listen on %s again: %s", l->url, strerror(errno));
    if (watch(l, err) != 0)
        return -1;
    l->down = false;
    return 0;
}

int http_listener_set_up(struct http_listener *l, bool up, struct err *err)
{
    if (up != l->down || l->fd < 0)
        return 0;
    return up ? bring_up(l, err) : take_down(l, err);
}

bool http_listener_is_up(const struct http_listener *l)
{
    return !l->down;
}
