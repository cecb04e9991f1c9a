/* SPDX-License-Identifier: MIT */
/*
 * An exchange without a connection: for tests of handlers that decide themselves when which byte
 * comes, and when the client goes away. Takes the place of lib/http/exchange.c and reply.c.
 */
#ifndef TESTS_UNIT_FAKE_PUSH_H
#define TESTS_UNIT_FAKE_PUSH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/http/request.h"
#include "lib/util/err.h"

struct http_exchange;
struct loop;
struct registry_call;
struct world;

/* What stands behind the path. Ends with a row of NULLs. */
struct fake_field {
    const char *name;
    const char *value;
};

struct fake_request {
    enum http_method method;
    const char *path;
    const struct fake_field *parameters; /* NULL: none */
    const struct fake_field *headers;    /* NULL: none */
    bool chunked;
    int64_t length; /* Content-Length; -1: none */
};

/* Makes an exchange and its call, as registry_request() does. The strings of q are borrowed. */
struct registry_call *fake_call(struct world *w, const struct fake_request *q);
/* Sends the whole of a body: its bytes and its end. */
void fake_body(struct registry_call *call, const char *bytes);
void fake_data(struct registry_call *call, const void *p, size_t n);
void fake_end(struct registry_call *call);
void fake_fail(struct registry_call *call, enum err_code code);
/* The exchange is over, the call freed. */
void fake_close(struct registry_call *call);

/* Runs the loop until done(arg), or for five seconds; the last answer of done. */
bool fake_run_until(struct loop *loop, bool (*done)(void *arg), void *arg);
/* Runs the loop until the reply is there; its status. */
int fake_wait(struct registry_call *call);

bool fake_is_reading(const struct registry_call *call); /* a sink is there */
bool fake_is_paused(const struct registry_call *call);
bool fake_is_discarded(const struct registry_call *call);
uint64_t fake_body_max(const struct registry_call *call);
int fake_status(const struct registry_call *call); /* 0 before the reply was sent */
const char *fake_header(const struct registry_call *call, const char *name); /* NULL: none */
size_t fake_header_count(const struct registry_call *call, const char *name);
const char *fake_text(const struct registry_call *call); /* body of the reply */

#endif
