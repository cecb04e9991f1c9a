/* SPDX-License-Identifier: MIT */
/*
 * Counts per group of requests (`nth` and `quota` with `per`), in bounded memory.
 *
 * A group is known by a fingerprint of 128 bits: of the rule, of what is counted, and of the
 * values. When there are too many, the group that was not seen for the longest time is forgotten
 * and would begin anew. Internal to lib/fault. Loop thread only.
 */
#ifndef LIB_FAULT_TALLY_H
#define LIB_FAULT_TALLY_H

#include <stddef.h>
#include <stdint.h>

struct err;
struct tally;

struct tally_key {
    uint64_t a, b;
};

/* kind: tells several counts of one rule apart. */
void tally_key_begin(struct tally_key *k, uint64_t serial, unsigned kind);
/* n bytes at p; p NULL: no value, which is not the same as an empty one. */
void tally_key_add(struct tally_key *k, const void *p, size_t n);

struct tally_count {
    uint64_t count;
    int64_t begin_ms; /* of the window; the caller's */
};

int tally_new(struct tally **ret, size_t most, struct err *err);
void tally_free(struct tally *t); /* NULL-safe */
/* The count of that group, 0 at first; borrowed until the next call. NULL when memory is short. */
struct tally_count *tally_get(struct tally *t, const struct tally_key *k);
/* The same without making one: NULL when there is none. */
const struct tally_count *tally_find(const struct tally *t, const struct tally_key *k);
void tally_clear(struct tally *t);
size_t tally_size(const struct tally *t);

#endif
