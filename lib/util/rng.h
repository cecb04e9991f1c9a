/* SPDX-License-Identifier: MIT */
/*
 * Chance that can be repeated: numbers that follow from a seed, the same on every machine and in
 * every version. Not for secrets.
 *
 * rng_at() is a function, not a sequence: the n-th number of a stream, whatever was drawn before.
 */
#ifndef LIB_UTIL_RNG_H
#define LIB_UTIL_RNG_H

#include <stddef.h>
#include <stdint.h>

/* A sequence (splitmix64); a copy goes on by itself. */
struct rng {
    uint64_t state;
};

void rng_init(struct rng *r, uint64_t seed);
uint64_t rng_next(struct rng *r);
/* 0 to n - 1, all equally likely; n > 0. */
uint64_t rng_below(struct rng *r, uint64_t n);
/* 0 <= x < 1, a multiple of 2^-53. */
double rng_unit(struct rng *r);

/* Number `index` of a stream that belongs to a seed. */
uint64_t rng_at(uint64_t seed, uint64_t stream, uint64_t index);
/* Numbers index to index + count - 1 of it, eight bytes each, the lowest first; many at a time cost
   a tenth of a nanosecond a byte. */
void rng_fill(void *dst, size_t count, uint64_t seed, uint64_t stream, uint64_t index);
/* The same as 0 <= x < 1, for a number from rng_at() or rng_next(). */
double rng_unit_of(uint64_t number);
/* A stream for n bytes, such as a name. Not made against people who look for collisions. */
uint64_t rng_stream(const void *p, size_t n);

#endif
