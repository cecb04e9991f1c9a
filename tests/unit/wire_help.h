/* SPDX-License-Identifier: MIT */
/*
 * A server of the test's own on a thread of its own, and a client that sees every byte.
 */
#ifndef TESTS_UNIT_WIRE_HELP_H
#define TESTS_UNIT_WIRE_HELP_H

#include <stddef.h>

#include "lib/http/server.h"

struct http_tls;
struct loop;

enum {
    WIRE_PATIENCE_MS = 10000, /* no wait takes longer */
    WIRE_FIN = 0,             /* how what came ended: the peer said so ... */
    WIRE_SILENT = -1,         /* ... or nothing more came in time; else an errno: ECONNRESET */

};

/* One server per process at a time. The loop is there before the server starts (wire_loop). */
void wire_open(void);
/* Fills in loop; listens on a free port of 127.0.0.1. tls is borrowed, NULL for none. */
void wire_start(struct http_server_options options, struct http_tls *tls);
/* Stops the server and waits until its connections are gone; the loop goes on. */
void wire_drain(void);
/* The same, then takes the loop down. */
void wire_stop(void);
struct loop *wire_loop(void);
struct http_server *wire_server(void);
/* Calls fn(arg) on the loop's thread and waits for it. */
void wire_call(void (*fn)(void *arg), void *arg);

/* Whether *flag (written by the loop's thread) reaches at least `want` in time. */
bool wire_reached(const _Atomic int *flag, int want);

int wire_dial(void);
void wire_say(int fd, const char *text);
/* What came until the end, or until nothing came for `ms`; terminated. Free it. */
char *wire_hear(int fd, int ms, size_t *n, int *end);
/* As wire_hear, with the request before and close(2) after it. */
char *wire_ask(const char *request, size_t *n, int *end);
/* Milliseconds on a clock that only goes forward. */
long long wire_now(void);
/* The value of a header in an answer: borrowed until the next call; NULL when it has none. */
const char *wire_header(const char *answer, const char *name);
/* Where the body begins, or NULL. */
const char *wire_body(const char *answer);

#endif
