/* SPDX-License-Identifier: MIT */
/*
 * A blocking HTTP/1.1 client that costs as little as possible: one connection, bodies sent from
 * the page cache, answers read and dropped. Every failure ends the program with its reason.
 */
#ifndef TESTS_BENCH_CLIENT_H
#define TESTS_BENCH_CLIENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct client;

/* What is kept of an answer. */
struct reply {
    int status;
    uint64_t length;     /* of the body, which has been read and dropped */
    char location[1024]; /* empty when there was none */
};

/* Opens a connection to "http://host:port" or "https://host:port"; certificates are not checked.
   One process must stay with one scheme per URL; the caller closes. */
struct client *client_open(const char *url);
void client_close(struct client *c);

/* "host:port" of the URL, for the Host header. Borrowed. */
const char *client_host(const struct client *c);
/* "TLSv1.3 TLS_AES_256_GCM_SHA384", or "plain". */
void client_describe(const struct client *c, char *text, size_t size);

void client_send(struct client *c, const void *bytes, size_t n);
/* Sends printf-formatted text, at most 4 KiB. */
void client_printf(struct client *c, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* Sends the first n bytes of a file: sendfile on a plain connection, a mapping over TLS. */
void client_send_file(struct client *c, int fd, uint64_t n);
/* Reads one answer; bodies must have a Content-Length or be absent. */
void client_reply(struct client *c, struct reply *ret_reply);
/* The same; ends the program when the status is not the expected one. */
void client_expect(struct client *c, struct reply *ret_reply, int status, const char *what);

/* A whole number, or a size such as 64MiB; anything else ends the program. */
uint64_t parse_number(const char *text);
/* Monotonic time in seconds. */
double now_seconds(void);
/* A field such as "VmRSS" of /proc/PID/status, in bytes. */
uint64_t process_memory(long pid, const char *field);

#endif
