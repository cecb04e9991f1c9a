/* SPDX-License-Identifier: MIT */
#include "tests/integration/lib/client.h"

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <openssl/err.h>
#include <openssl/ssl.h>

#include "lib/util/util.h"
#include "tests/integration/lib/bail.h"
#include "tests/integration/lib/response.h"
#include "tests/tap/tap.h"

struct client {
    int fd;
    SSL_CTX *tls_context;     /* owned; NULL for plain connections */
    SSL *tls;                 /* owned; NULL for plain connections */
    char host[128];           /* for the Host header */
    char serial[80];          /* of the server's certificate */
    char *in;                 /* owned: bytes that came and were not used yet */
    size_t in_start;          /* used part of in */
    size_t in_size;           /* filled part of in, behind the used one */
    size_t in_room;           /* allocated part of in */
    enum client_end ended;    /* CLIENT_END_NONE while the server may still send */
    struct response response; /* the last answer */
};

uint64_t client_now(void)
{
    struct timespec ts;

    clock_gettime(CLOCK_MONOTONIC, &ts);
    return (uint64_t)ts.tv_sec * 1000 + (uint64_t)ts.tv_nsec / 1000000;
}

/* Waits for events until the deadline; false when it passed. */
static bool wait_for(struct client *c, short events, uint64_t deadline)
{
    for (;;) {
        uint64_t now = client_now();
        struct pollfd p = {.fd = c->fd, .events = events};
        int n;

        if (now > deadline)
            return false;
        n = poll(&p, 1, (int)(deadline - now));
        if (n > 0)
            return true;
        if (n == 0 || errno != EINTR)
            return false;
    }
}

static void split_url(const char *url, char *host, size_t host_room, char *port, size_t port_room)
{
    const char *start = strstr(url, "://");
    const char *colon;

    if (start == NULL)
        bail("'%s' is no URL", url);
    start += 3;
    colon = strrchr(start, ':');
    if (colon == NULL)
        bail("'%s' has no port", url);
    if (*start == '[')
        snprintf(host, host_room, "%.*s", (int)(colon - start - 2), start + 1);
    else
        snprintf(host, host_room, "%.*s", (int)(colon - start), start);
    snprintf(port, port_room, "%.*s", (int)strcspn(colon + 1, "/"), colon + 1);
}

/* -1 with errno when nobody answers. */
static int connect_tcp(const char *url, int receive_buffer)
{
    char host[64], port[16];
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_NUMERICHOST};
    struct addrinfo *list;
    int fd, one = 1;
    bool failed;

    split_url(url, host, sizeof(host), port, sizeof(port));
    if (getaddrinfo(host, port, &hints, &list) != 0)
        bail("'%s' is no address", url);
    fd = socket(list->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        bail("socket: %s", strerror(errno));
    if (receive_buffer > 0)
        setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &receive_buffer, sizeof(receive_buffer));
    failed = connect(fd, list->ai_addr, list->ai_addrlen) != 0;
    freeaddrinfo(list);
    if (failed) {
        close(fd);
        return -1;
    }
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
    fcntl(fd, F_SETFL, O_NONBLOCK);
    return fd;
}

/* Waits for what a TLS call asked for; false when it failed for good. */
static bool tls_wait(struct client *c, int result, uint64_t deadline)
{
    switch (SSL_get_error(c->tls, result)) {
    case SSL_ERROR_WANT_READ:
        return wait_for(c, POLLIN, deadline);
    case SSL_ERROR_WANT_WRITE:
        return wait_for(c, POLLOUT, deadline);
    default:
        return false;
    }
}

static void keep_serial(struct client *c)
{
    X509 *certificate = SSL_get1_peer_certificate(c->tls);
    BIGNUM *number;
    char *hex;

    if (certificate == NULL)
        bail("the server showed no certificate");
    number = ASN1_INTEGER_to_BN(X509_get0_serialNumber(certificate), NULL);
    hex = number != NULL ? BN_bn2hex(number) : NULL;
    snprintf(c->serial, sizeof(c->serial), "%s", hex != NULL ? hex : "");
    OPENSSL_free(hex);
    BN_free(number);
    X509_free(certificate);
}

/* Trusts that CA only, and asks for that host. */
static void verify(struct client *c, const char *ca_file, const char *host)
{
    SSL_CTX_set_verify(c->tls_context, SSL_VERIFY_PEER, NULL);
    SSL_CTX_set_max_proto_version(c->tls_context, TLS1_2_VERSION);
    if (SSL_CTX_load_verify_file(c->tls_context, ca_file) != 1)
        bail("no CA in %s", ca_file);
    c->tls = SSL_new(c->tls_context);
    if (c->tls == NULL || SSL_set1_host(c->tls, host) != 1)
        bail("TLS client: out of memory");
}

static void start_tls(struct client *c, const char *ca_file, const char *host)
{
    uint64_t deadline = client_now() + CLIENT_WAIT_MS;
    int result;

    c->tls_context = SSL_CTX_new(TLS_client_method());
    if (c->tls_context == NULL)
        bail("TLS client: out of memory");
    if (ca_file != NULL)
        verify(c, ca_file, host);
    else
        c->tls = SSL_new(c->tls_context);
    if (c->tls == NULL || SSL_set_fd(c->tls, c->fd) != 1 ||
        (host != NULL && SSL_set_tlsext_host_name(c->tls, host) != 1))
        bail("TLS client: out of memory");
    while ((result = SSL_connect(c->tls)) != 1) {
        if (!tls_wait(c, result, deadline))
            bail("TLS handshake with %s failed: %s", c->host,
                 ERR_reason_error_string(ERR_peek_last_error()));
    }
    keep_serial(c);
}

static struct client *client_make(const char *url, int receive_buffer, bool tls)
{
    struct client *c = calloc(1, sizeof(*c));

    if (c == NULL)
        bail("out of memory");
    c->fd = connect_tcp(url, receive_buffer);
    if (c->fd < 0)
        bail("connecting to %s: %s", url, strerror(errno));
    snprintf(c->host, sizeof(c->host), "%s", strstr(url, "://") + 3);
    if (tls)
        start_tls(c, NULL, NULL);
    return c;
}

struct client *client_new(const char *url)
{
    return client_make(url, 0, strncmp(url, "https:", 6) == 0);
}

struct client *client_new_narrow(const char *url, int receive_buffer)
{
    return client_make(url, receive_buffer, strncmp(url, "https:", 6) == 0);
}

bool client_is_refused(const char *url)
{
    int fd = connect_tcp(url, 0);

    if (fd >= 0)
        close(fd);
    return fd < 0;
}

struct client *client_new_verified(const char *url, const char *ca_file, const char *host)
{
    struct client *c = client_make(url, 0, false);

    start_tls(c, ca_file, host);
    return c;
}

struct client *client_new_named(const char *url, const char *host)
{
    struct client *c = client_make(url, 0, false);

    start_tls(c, NULL, host);
    return c;
}

struct client *client_new_plain(const char *url)
{
    return client_make(url, 0, false);
}

void client_free(struct client *c)
{
    if (c == NULL)
        return;
    SSL_free(c->tls);
    SSL_CTX_free(c->tls_context);
    close(c->fd);
    response_done(&c->response);
    free(c->in);
    free(c);
}

void client_free_reset(struct client *c)
{
    struct linger linger = {.l_onoff = 1, .l_linger = 0};

    setsockopt(c->fd, SOL_SOCKET, SO_LINGER, &linger, sizeof(linger));
    client_free(c);
}

const char *client_host(const struct client *c)
{
    return c->host;
}

const char *client_peer_serial(const struct client *c)
{
    return c->serial;
}

const char *client_tls_version(const struct client *c)
{
    return c->tls != NULL ? SSL_get_version(c->tls) : "";
}

/* Writes what the kernel takes now: bytes written, 0 when it takes none, -1 when it is over. */
static ssize_t write_some(struct client *c, const void *p, size_t n)
{
    ssize_t done;
    int result;

    if (c->tls == NULL) {
        done = send(c->fd, p, n, MSG_NOSIGNAL);
        if (done < 0)
            return errno == EAGAIN || errno == EINTR ? 0 : -1;
        return done;
    }
    ERR_clear_error();
    result = SSL_write(c->tls, p, n > 16384 ? 16384 : (int)n);
    if (result > 0)
        return result;
    return SSL_get_error(c->tls, result) == SSL_ERROR_WANT_WRITE ? 0 : -1;
}

static size_t send_within(struct client *c, const void *p, size_t n, uint64_t wait_ms)
{
    size_t sent = 0;

    while (sent < n) {
        ssize_t done = write_some(c, (const char *)p + sent, n - sent);

        if (done < 0)
            break;
        if (done == 0 && !wait_for(c, POLLOUT, client_now() + wait_ms))
            break;
        sent += (size_t)done;
    }
    return sent;
}

bool client_send(struct client *c, const void *p, size_t n)
{
    return send_within(c, p, n, CLIENT_WAIT_MS) == n;
}

size_t client_send_until_full(struct client *c, const void *p, size_t n, int quiet_ms)
{
    return send_within(c, p, n, (uint64_t)quiet_ms);
}

bool client_sendf(struct client *c, const char *fmt, ...)
{
    auto_free char *text = NULL;
    va_list ap;
    int n;

    va_start(ap, fmt);
    n = vasprintf(&text, fmt, ap);
    va_end(ap);
    if (n < 0)
        bail("out of memory");
    return client_send(c, text, (size_t)n);
}

bool client_send_pieces(struct client *c, const void *p, size_t n, size_t piece)
{
    size_t sent;

    for (sent = 0; sent < n; sent += piece) {
        if (!client_send(c, (const char *)p + sent, n - sent < piece ? n - sent : piece))
            return false;
    }
    return true;
}

void client_shutdown(struct client *c)
{
    if (c->tls != NULL)
        (void)SSL_shutdown(c->tls);
    (void)shutdown(c->fd, SHUT_WR);
}

enum { READ_SIZE = 65536 };

/* For another READ_SIZE bytes and a NUL behind them. */
static void make_room(struct client *c)
{
    if (c->in_room >= c->in_start + c->in_size + READ_SIZE + 1)
        return;
    if (c->in_start > 0)
        memmove(c->in, c->in + c->in_start, c->in_size);
    c->in_start = 0;
    if (c->in_room < c->in_size + READ_SIZE + 1) {
        c->in_room = c->in_room * 2 + 4 * READ_SIZE;
        c->in = realloc(c->in, c->in_room);
        if (c->in == NULL)
            bail("out of memory");
    }
}

/* Reads once into the buffer: bytes, 0 when none are there, -1 at the end (noted in c->ended). */
static ssize_t read_some(struct client *c)
{
    ssize_t n;
    char *end;
    int result;

    make_room(c);
    end = c->in + c->in_start + c->in_size;
    if (c->tls == NULL) {
        n = recv(c->fd, end, READ_SIZE, 0);
        if (n < 0 && (errno == EAGAIN || errno == EINTR))
            return 0;
        if (n <= 0)
            c->ended = n == 0 ? CLIENT_END_EOF : CLIENT_END_RESET;
    } else {
        ERR_clear_error();
        result = SSL_read(c->tls, end, READ_SIZE);
        n = result;
        if (result <= 0 && SSL_get_error(c->tls, result) == SSL_ERROR_WANT_READ)
            return 0;
        if (result <= 0)
            c->ended = errno == ECONNRESET ? CLIENT_END_RESET : CLIENT_END_EOF;
    }
    if (n <= 0)
        return -1;
    c->in_size += (size_t)n;
    end[n] = '\0';
    return n;
}

/* Waits for more bytes; false at the end or when none came until the deadline. */
static bool read_more(struct client *c, uint64_t deadline)
{
    while (c->ended == CLIENT_END_NONE) {
        ssize_t n = read_some(c);

        if (n != 0)
            return n > 0;
        if (!wait_for(c, POLLIN, deadline))
            return false;
    }
    return false;
}

static void use_bytes(struct client *c, size_t n)
{
    c->in_start += n;
    c->in_size -= n;
}

const struct response *client_read(struct client *c, bool to_head)
{
    uint64_t deadline = client_now() + CLIENT_WAIT_MS;
    struct response *r = &c->response;
    struct response_reader reader = {.to_head = to_head};

    response_done(r);
    for (;;) {
        size_t used = 0;
        bool complete = response_feed(&reader, r, client_bytes(c), c->in_size,
                                      c->ended != CLIENT_END_NONE, &used);

        use_bytes(c, used);
        if (complete)
            return r;
        if (!read_more(c, deadline) && c->ended == CLIENT_END_NONE) {
            response_fail(r, "no (further) answer in time after %zu bytes", c->in_size + r->size);
            return r;
        }
    }
}

bool client_read_continue(struct client *c)
{
    static const char text[] = "HTTP/1.1 100 Continue\r\n\r\n";

    if (!client_wait_bytes(c, strlen(text)) || memcmp(client_bytes(c), text, strlen(text)) != 0)
        return false;
    use_bytes(c, strlen(text));
    return true;
}

bool client_wait_bytes(struct client *c, size_t n)
{
    uint64_t deadline = client_now() + CLIENT_WAIT_MS;

    while (c->in_size < n) {
        if (!read_more(c, deadline))
            return false;
    }
    return true;
}

bool client_drop_bytes(struct client *c, size_t n)
{
    uint64_t deadline = client_now() + CLIENT_WAIT_MS;

    for (;;) {
        size_t part = n < c->in_size ? n : c->in_size;

        use_bytes(c, part);
        n -= part;
        if (n == 0)
            return true;
        if (!read_more(c, deadline))
            return false;
    }
}

const char *client_bytes(struct client *c)
{
    return c->in_size > 0 ? c->in + c->in_start : "";
}

bool client_quiet(struct client *c, int ms)
{
    return c->in_size == 0 && !read_more(c, client_now() + (uint64_t)ms) &&
           c->ended == CLIENT_END_NONE;
}

enum client_end client_wait_end(struct client *c)
{
    if (c->in_size > 0 || read_more(c, client_now() + CLIENT_WAIT_MS))
        return CLIENT_END_DATA;
    return c->ended;
}

const char *client_end_name(enum client_end end)
{
    static const char *const names[] = {
        [CLIENT_END_NONE] = "still open",
        [CLIENT_END_DATA] = "data came",
        [CLIENT_END_EOF] = "closed",
        [CLIENT_END_RESET] = "reset",
    };

    return names[end];
}

static bool has_line(const char *headers, const char *name)
{
    return headers != NULL && strcasestr(headers, name) != NULL;
}

const struct response *client_call(struct client *c, const char *method, const char *target,
                                   const char *headers, const void *body, size_t size)
{
    char length[64] = "";
    bool wants_length = body != NULL || method[0] == 'P';

    if (wants_length && !has_line(headers, "Content-Length:") &&
        !has_line(headers, "Transfer-Encoding:"))
        snprintf(length, sizeof(length), "Content-Length: %zu\r\n", size);
    client_sendf(c, "%s %s HTTP/1.1\r\nHost: %s\r\n%s%s\r\n", method, target, c->host, length,
                 headers != NULL ? headers : "");
    if (body != NULL)
        client_send(c, body, size);
    return client_read(c, strcmp(method, "HEAD") == 0);
}

const struct response *client_get(struct client *c, const char *target)
{
    return client_call(c, "GET", target, NULL, NULL, 0);
}
