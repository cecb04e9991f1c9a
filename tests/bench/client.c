/* SPDX-License-Identifier: MIT */
#include "tests/bench/client.h"

#include <err.h>
#include <errno.h>
#include <inttypes.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <openssl/err.h>
#include <openssl/ssl.h>

#include "lib/util/err.h"
#include "lib/util/units.h"

enum {
    INPUT_SIZE = 16 * 1024,
    TLS_WRITE = 256 * 1024, /* plain bytes handed to one SSL_write */
    TEXT_MAX = 4096,
};

struct client {
    int fd;
    SSL *ssl;               /* owned, NULL on a plain connection */
    char host[256];         /* with the port */
    size_t have;            /* bytes in input */
    char input[INPUT_SIZE]; /* received and not yet used */
};

static void die_tls(const char *what)
{
    ERR_print_errors_fp(stderr);
    errx(1, "%s", what);
}

static SSL_CTX *tls_context(void)
{
    static SSL_CTX *context; /* one for the process */

    if (context == NULL) {
        context = SSL_CTX_new(TLS_client_method());
        if (context == NULL)
            die_tls("SSL_CTX_new");
        SSL_CTX_set_verify(context, SSL_VERIFY_NONE, NULL);
        SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS);
        SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
    }
    return context;
}

static int connect_to(const char *host_port)
{
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM};
    struct addrinfo *list;
    char host[256];
    char *port;
    int fd;
    int one = 1;

    snprintf(host, sizeof(host), "%s", host_port);
    port = strrchr(host, ':');
    if (port == NULL)
        errx(2, "no port in '%s'", host_port);
    *port++ = '\0';
    if (getaddrinfo(host, port, &hints, &list) != 0)
        errx(1, "cannot resolve '%s'", host_port);
    fd = socket(list->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd == -1 || connect(fd, list->ai_addr, list->ai_addrlen) == -1)
        err(1, "connect to %s", host_port);
    freeaddrinfo(list);
    (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
    return fd;
}

static void start_tls(struct client *c)
{
    c->ssl = SSL_new(tls_context());
    if (c->ssl == NULL || SSL_set_fd(c->ssl, c->fd) != 1 || SSL_connect(c->ssl) != 1)
        die_tls("TLS handshake");
}

struct client *client_open(const char *url)
{
    struct client *c = calloc(1, sizeof(*c));
    const char *rest = strstr(url, "://");
    size_t length;

    if (c == NULL)
        err(1, "client");
    if (rest == NULL)
        errx(2, "'%s' is not a URL", url);
    rest += 3;
    length = strcspn(rest, "/");
    if (length >= sizeof(c->host))
        errx(2, "'%s' is too long", url);
    memcpy(c->host, rest, length);
    c->fd = connect_to(c->host);
    if (strncmp(url, "https:", 6) == 0)
        start_tls(c);
    return c;
}

void client_close(struct client *c)
{
    if (c == NULL)
        return;
    SSL_free(c->ssl);
    close(c->fd);
    free(c);
}

const char *client_host(const struct client *c)
{
    return c->host;
}

void client_describe(const struct client *c, char *text, size_t size)
{
    if (c->ssl == NULL)
        snprintf(text, size, "plain");
    else
        snprintf(text, size, "%s %s", SSL_get_version(c->ssl), SSL_get_cipher(c->ssl));
}

void client_send(struct client *c, const void *bytes, size_t n)
{
    const char *p = bytes;

    while (n > 0) {
        size_t part = c->ssl != NULL && n > TLS_WRITE ? TLS_WRITE : n;
        ssize_t did =
            c->ssl != NULL ? SSL_write(c->ssl, p, (int)part) : send(c->fd, p, part, MSG_NOSIGNAL);

        if (did <= 0)
            err(1, "send to %s", c->host);
        p += did;
        n -= (size_t)did;
    }
}

void client_printf(struct client *c, const char *format, ...)
{
    char text[TEXT_MAX];
    va_list args;
    int n;

    va_start(args, format);
    n = vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    if (n < 0 || n >= (int)sizeof(text))
        errx(1, "request is too long");
    client_send(c, text, (size_t)n);
}

static void send_mapped(struct client *c, int fd, uint64_t n)
{
    void *map = mmap(NULL, n, PROT_READ, MAP_SHARED | MAP_POPULATE, fd, 0);

    if (map == MAP_FAILED)
        err(1, "mmap");
    client_send(c, map, n);
    munmap(map, n);
}

void client_send_file(struct client *c, int fd, uint64_t n)
{
    off_t offset = 0;

    if (c->ssl != NULL) {
        send_mapped(c, fd, n);
        return;
    }
    while ((uint64_t)offset < n) {
        ssize_t did = sendfile(c->fd, fd, &offset, n - (uint64_t)offset);

        if (did <= 0)
            err(1, "sendfile to %s", c->host);
    }
}

static size_t receive(struct client *c, char *to, size_t size)
{
    ssize_t n = c->ssl != NULL ? SSL_read(c->ssl, to, (int)size) : recv(c->fd, to, size, 0);

    if (n <= 0)
        errx(1, "%s closed the connection", c->host);
    return (size_t)n;
}

/* Reads until the head is whole and returns its size; it is then at the start of input. */
static size_t read_head(struct client *c)
{
    for (;;) {
        char *end = memmem(c->input, c->have, "\r\n\r\n", 4);

        if (end != NULL)
            return (size_t)(end - c->input) + 4;
        if (c->have == sizeof(c->input))
            errx(1, "response head is too large");
        c->have += receive(c, c->input + c->have, sizeof(c->input) - c->have);
    }
}

static void copy_header(char *to, size_t size, const char *line, const char *end)
{
    while (line < end && *line == ' ')
        line++;
    snprintf(to, size, "%.*s", (int)(end - line), line);
}

static void parse_head(const struct client *c, size_t head, struct reply *reply)
{
    const char *end = c->input + head;
    const char *line = memmem(c->input, head, "\r\n", 2);
    char number[32] = "0";

    memset(reply, 0, sizeof(*reply));
    if (sscanf(c->input, "HTTP/1.%*d %d", &reply->status) != 1)
        errx(1, "not an HTTP answer");
    for (line += 2; line < end - 2;) {
        const char *stop = memmem(line, (size_t)(end - line), "\r\n", 2);

        if (strncasecmp(line, "Content-Length:", 15) == 0)
            copy_header(number, sizeof(number), line + 15, stop);
        else if (strncasecmp(line, "Location:", 9) == 0)
            copy_header(reply->location, sizeof(reply->location), line + 9, stop);
        else if (strncasecmp(line, "Transfer-Encoding:", 18) == 0)
            errx(1, "chunked answers are not read here");
        line = stop + 2;
    }
    reply->length = parse_number(number);
}

static void use_input(struct client *c, size_t n)
{
    c->have -= n;
    memmove(c->input, c->input + n, c->have);
}

static void drop_body(struct client *c, uint64_t left)
{
    while (left > 0) {
        size_t n;

        if (c->have == 0)
            c->have = receive(c, c->input, sizeof(c->input));
        n = left < c->have ? (size_t)left : c->have;
        use_input(c, n);
        left -= n;
    }
}

void client_reply(struct client *c, struct reply *ret_reply)
{
    do {
        size_t head = read_head(c);

        parse_head(c, head, ret_reply);
        use_input(c, head);
    } while (ret_reply->status == 100);
    if (ret_reply->status != 204 && ret_reply->status != 304)
        drop_body(c, ret_reply->length);
}

void client_expect(struct client *c, struct reply *ret_reply, int status, const char *what)
{
    client_reply(c, ret_reply);
    if (ret_reply->status != status)
        errx(1, "%s was answered %d, expected %d", what, ret_reply->status, status);
}

uint64_t parse_number(const char *text)
{
    struct err failure;
    uint64_t value;

    if (units_parse_size(&value, text, &failure) == -1)
        errx(2, "%s", failure.msg);
    return value;
}

double now_seconds(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

uint64_t process_memory(long pid, const char *field)
{
    char path[64];
    char line[256];
    uint64_t kib = UINT64_MAX;
    size_t length = strlen(field);
    FILE *f;

    snprintf(path, sizeof(path), "/proc/%ld/status", pid);
    f = fopen(path, "re");
    if (f == NULL)
        err(1, "%s", path);
    while (fgets(line, sizeof(line), f) != NULL)
        if (strncmp(line, field, length) == 0 && line[length] == ':')
            (void)sscanf(line + length + 1, "%" SCNu64, &kib);
    fclose(f);
    if (kib == UINT64_MAX)
        errx(1, "%s has no %s", path, field);
    return kib * 1024;
}
