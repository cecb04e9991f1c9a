/* SPDX-License-Identifier: MIT */
/*
 * A small product with a fault engine on a server of its own: GET and HEAD /size/N give N bytes
 * (fault_byte), with ranges; other methods and paths say their path.
 */
#ifndef TESTS_UNIT_ACT_HELP_H
#define TESTS_UNIT_ACT_HELP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/fault/fault.h"
#include "lib/http/exchange.h"

struct http_tls;

#define CLOSE "Host: h\r\nConnection: close\r\n\r\n"
#define KEEP  "Host: h\r\n\r\n"

/* What a test wants to be different. */
struct fault_setup {
    uint32_t hold_limit_ms;
    size_t held_max;
    struct http_tls *tls; /* borrowed; the listener's */
};

void fault_start(struct fault_setup setup);
void fault_stop(void);
/* Frees the engine, whoever it holds; nothing may be asked any more. */
void fault_free(void);
/* How the n-th byte of a body is. */
char fault_byte(uint64_t n);
/* Checks a body against it: `n` bytes that begin at offset. */
bool fault_bytes_are(const char *p, size_t n, uint64_t offset);

/* One rule, "r", instead of all: the JSON of its `then`; NULL: no rule. */
void fault_rule(const char *then);
/* These rules instead of all: the JSON of an array. */
void fault_rules(const char *rules);
size_t fault_release(const char *gate, bool once);
void fault_cancel(void);
void fault_close_gate(const char *gate);
/* The JSON of the list of gates; free it. */
char *fault_gates(void);
struct fault_counters fault_counts(void);
/* How many exchanges entered the product's handler, and how many ended. */
extern _Atomic int fault_handled;
extern _Atomic int fault_ended;
extern _Atomic int fault_acted; /* calls of fault_product.acted */

/* How the last exchange ended. */
struct fault_end {
    enum http_end end;
    char reason[160];
    int status;
};
struct fault_end fault_last_end(void);
/* Waits until so many are held. */
bool fault_held_reached(size_t want);

#endif
