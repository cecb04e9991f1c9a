/* SPDX-License-Identifier: MIT */
/*
 * Requests with a body, for tests that decide themselves when which byte comes and when the client
 * goes away. On top of fake_exchange.h.
 */
#ifndef TESTS_UNIT_PUSH_HELP_H
#define TESTS_UNIT_PUSH_HELP_H

#include <stdbool.h>
#include <stdint.h>

#include "tests/unit/fake_exchange.h"

struct loop;
struct world;

/* A parameter of the query, not encoded. Lists end with a row of NULLs; a row without a value is
   left out. */
struct push_field {
    const char *name;
    const char *value;
};

struct push {
    const char *method;
    const char *path;
    const struct push_field *parameters; /* NULL: none */
    const char *type;                    /* Content-Type; NULL: none */
    const char *range;                   /* Content-Range; NULL: none */
    int64_t length;                      /* Content-Length; -1: chunked */
};

/* Gives the head to the registry. */
struct http_exchange *push_begin(struct world *w, const struct push *p);
/* The whole of a body: its bytes and its end. */
void push_text(struct http_exchange *x, const char *text);
/* Waits for the reply; its status. */
int push_wait(struct http_exchange *x);
/* The exchange is over. */
void push_close(struct http_exchange *x);
/* Checks status and (unless NULL) a piece of the body, then ends the exchange. */
void push_is(struct http_exchange *x, int status, const char *text, const char *name);
/* Runs the loop until done(arg), or for five seconds; the last answer of done. */
bool push_run_until(struct loop *loop, bool (*done)(void *arg), void *arg);

#endif
