/* SPDX-License-Identifier: MIT */
/*
 * What somebody expects of the journal: the bodies of verify and wait, and whether they hold.
 *
 *     {"match": {...}, "count": 2 | {"min": 1, "max": 3}, "since": 17, "within": "5s"}
 *     {"sequence": [{...}, {...}], "strict": true, "match": {...}, "since": 17, "within": "5s"}
 *     {"match": {...}, "count": 2, "since": 17, "timeout": "30s"}
 *
 * Without count: at least one. The match beside a sequence says which requests are looked at.
 */
#ifndef LIB_CONTROL_EXPECT_H
#define LIB_CONTROL_EXPECT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/control/ring.h"

struct err;
struct json_t;

enum {
    EXPECT_STEPS_MAX = 1000,
    EXPECT_WAIT_MS = 30 * 1000,          /* of a wait that does not say */
    EXPECT_WAIT_MAX_MS = 60 * 60 * 1000, /* longest timeout and within */
};

struct expect_step {
    struct match *match; /* owned */
    struct ring_filter filter;
};

struct expectation {
    struct json_t *asked; /* a reference to match or sequence, for messages; may be NULL */
    struct match *match;  /* owned; NULL: every request */
    struct ring_filter filter;
    uint64_t min, max;         /* max UINT64_MAX: no limit */
    bool bounded;              /* max was given: it has to stay true until the time is over */
    struct expect_step *steps; /* owned; NULL: a count is expected */
    size_t step_count;
    bool strict;
    uint64_t since;
    uint32_t within_ms;
    bool impossible; /* one of the matches can never fit */
};

/* ERR_CONFIG with the path. ret needs expect_done() on success only. */
int expect_parse_verify(struct expectation *ret, const struct journal *j, const struct json_t *body,
                        struct err *err);
int expect_parse_wait(struct expectation *ret, const struct journal *j, const struct json_t *body,
                      struct err *err);
void expect_done(struct expectation *x);

/* How it stands. */
struct expect_state {
    uint64_t found;   /* requests that fit */
    size_t steps;     /* of a sequence: how many were seen, at best */
    uint64_t after;   /* sequence number of the request that the last of them was */
    uint64_t dropped; /* requests that may have fitted and are gone; 0: found is exact */
};

/* Counts, or follows the sequence. */
struct expect_state expect_look(const struct journal *j, const struct expectation *x);
/* Whether it holds as it stands; *ret_final: nothing that may come changes that. */
bool expect_holds(const struct expectation *x, const struct expect_state *s, bool *ret_final);
/* True when the entry matters: it may change how things stand. */
bool expect_concerns(const struct journal *j, const struct expectation *x,
                     const struct journal_entry *e);

#endif
