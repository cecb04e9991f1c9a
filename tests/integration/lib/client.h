/* SPDX-License-Identifier: MIT */
/*
 * A raw HTTP/1.1 client: sends exactly the bytes it is given and reads answers strictly.
 *
 * Every wait is bounded by CLIENT_WAIT_MS. Nothing is repeated or repaired behind the test's back.
 */
#ifndef TESTS_INTEGRATION_LIB_CLIENT_H
#define TESTS_INTEGRATION_LIB_CLIENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    CLIENT_WAIT_MS = 10 * 1000, /* longest wait for the server in any call */
    CLIENT_HEADERS_MAX = 64,    /* header lines of one answer */
};

struct client;

struct client_header {
    const char *name;
    const char *value;
};

/* One answer. Borrowed from its client, valid until the next answer is read. */
struct response {
    int status;         /* 0: no proper answer came, `error` says why */
    unsigned minor;     /* HTTP/1.minor */
    unsigned continues; /* 100 Continue that came before it */
    bool chunked;       /* the body came in chunks */
    bool close;         /* the server says that it closes */
    size_t header_count;
    struct client_header headers[CLIENT_HEADERS_MAX]; /* borrow from head */
    char *head;                                       /* owned */
    char *body;                                       /* owned; a NUL stands behind it */
    size_t size;                                      /* of the body */
    size_t room;                                      /* allocated for it */
    char error[160];                                  /* "" when all is well */
};

/* How the server ended a connection. */
enum client_end {
    CLIENT_END_NONE,  /* it did not, in time */
    CLIENT_END_DATA,  /* bytes came instead */
    CLIENT_END_EOF,   /* FIN (in TLS: with or without close_notify) */
    CLIENT_END_RESET, /* RST */
};

/* Connects to http://host:port or https://host:port; ends the test program when that fails. */
struct client *client_new(const char *url);
/* As above, with a receive buffer of that many bytes, so that little fits between two ends. */
struct client *client_new_narrow(const char *url, int receive_buffer);
/* True when nobody listens there (any more). */
bool client_is_refused(const char *url);
/* https with TLS 1.2 at most, and a server that the CA in that file has signed for `host`; ends the
   test program when the handshake fails. */
struct client *client_new_verified(const char *url, const char *ca_file, const char *host);
/* https, asking for that server name (SNI) and not caring about the certificate. */
struct client *client_new_named(const char *url, const char *host);
/* A plain TCP connection to wherever url points, whatever its scheme. */
struct client *client_new_plain(const char *url);
void client_free(struct client *c); /* NULL-safe */
/* Closes with RST. */
void client_free_reset(struct client *c);
/* "127.0.0.1:5000", for a Host header. */
const char *client_host(const struct client *c);
/* Serial number of the certificate that the server showed, in hex; "" for plain connections. */
const char *client_peer_serial(const struct client *c);
/* "TLSv1.3" */
const char *client_tls_version(const struct client *c);

/* False when the server does not take them any more. */
bool client_send(struct client *c, const void *p, size_t n);
bool client_sendf(struct client *c, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* Sends n bytes in pieces of `piece` bytes, each in a packet of its own. */
bool client_send_pieces(struct client *c, const void *p, size_t n, size_t piece);
/* Sends until the kernel takes no more for `quiet_ms`, at most n bytes; returns how many it took.
 */
size_t client_send_until_full(struct client *c, const void *p, size_t n, int quiet_ms);
/* No more bytes from here. */
void client_shutdown(struct client *c);

/* Reads one final answer; 1xx before it are counted. to_head: it answers a HEAD. */
const struct response *client_read(struct client *c, bool to_head);
/* Reads a 100 Continue, nothing else. */
bool client_read_continue(struct client *c);
/* True when at least n bytes came from the server (they stay in the buffer). */
bool client_wait_bytes(struct client *c, size_t n);
/* Drops n bytes of what came or comes from the server. */
bool client_drop_bytes(struct client *c, size_t n);
/* The bytes that came and were not read yet, for answers that are not HTTP. */
const char *client_bytes(struct client *c);
/* True when nothing at all came within ms. */
bool client_quiet(struct client *c, int ms);
/* Waits for the server to end the connection. */
enum client_end client_wait_end(struct client *c);
const char *client_end_name(enum client_end end);

/*
 * One request and its answer. headers: lines ending in CRLF, or NULL. Host is added, and
 * Content-Length when body is given or the method is POST, PUT or PATCH, unless headers say
 * Content-Length or Transfer-Encoding.
 */
const struct response *client_call(struct client *c, const char *method, const char *target,
                                   const char *headers, const void *body, size_t size);
const struct response *client_get(struct client *c, const char *target);

/* The value of the first header of that name (any case), or NULL. */
const char *response_header(const struct response *r, const char *name);
/* Prints an answer as diagnostics. */
void response_diag(const struct response *r);

/* Monotonic milliseconds. */
uint64_t client_now(void);

#endif
