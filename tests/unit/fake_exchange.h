/* SPDX-License-Identifier: MIT */
/*
 * An exchange without a connection: what handlers reply is kept for a test to look at.
 *
 * Implements lib/http/exchange.h, and of hook.h and server.h what the registry calls; a program
 * that links it must link nothing else of lib/http that needs a real exchange.
 */
#ifndef TESTS_UNIT_FAKE_EXCHANGE_H
#define TESTS_UNIT_FAKE_EXCHANGE_H

#include <stdbool.h>
#include <stddef.h>

#include "lib/http/exchange.h"
#include "lib/util/err.h"

struct loop;

/*
 * A request: "GET /v2/?n=1", then header lines "Name: value", then NULL. data is what the listener
 * gives its product.
 */
struct http_exchange *fake_exchange_new(struct loop *loop, void *data, const char *line, ...)
    __attribute__((sentinel));
void fake_exchange_free(struct http_exchange *x);

/* The reply; status 0 until it was sent. */
int fake_status(const struct http_exchange *x);
/* The header's first value, NULL without. */
const char *fake_header(const struct http_exchange *x, const char *name);
size_t fake_header_count(const struct http_exchange *x, const char *name);
/* The body as a string; "" for HEAD. */
const char *fake_body(const struct http_exchange *x);
/* What Content-Length says; -1: chunked. */
long long fake_length(const struct http_exchange *x);
/* Runs the loop until the reply was sent. */
void fake_wait(struct http_exchange *x);

/* Feeds the sink that the handler asked for. */
bool fake_body_wanted(const struct http_exchange *x);
void fake_body_send(struct http_exchange *x, const void *p, size_t n);
void fake_body_end(struct http_exchange *x);
void fake_body_fail(struct http_exchange *x, enum err_code code);
/* What the handler did to the flow of it. */
uint64_t fake_body_max(const struct http_exchange *x);
bool fake_body_is_paused(const struct http_exchange *x);
bool fake_body_is_discarded(const struct http_exchange *x);

/* The subject of the client certificate; borrowed, NULL: none. */
void fake_set_client_subject(struct http_exchange *x, const char *subject);
/* What the exchange shall say at its end. */
void fake_set_end(struct http_exchange *x, enum http_end end, const char *reason);

#endif
