/* SPDX-License-Identifier: MIT */
/*
 * Digests: grammar and calculation (image-spec, descriptor.md "Digests").
 *
 *     digest    ::= algorithm ":" encoded
 *     algorithm ::= [a-z0-9]+ ([+._-] [a-z0-9]+)*       encoded ::= [a-zA-Z0-9=_-]+
 *
 * sha256 (64 lower-case hex digits) and sha512 (128) can be computed; every other algorithm is
 * well-formed at best.
 */
#ifndef LIB_UTIL_DIGEST_H
#define LIB_UTIL_DIGEST_H

#include <stdbool.h>
#include <stddef.h>

struct err;

enum digest_algorithm { DIGEST_SHA256, DIGEST_SHA512 };

enum {
    DIGEST_TEXT_MAX = 7 + 128, /* "sha512:" and 128 digits */
    DIGEST_ALGORITHM_MAX = 32, /* longest algorithm name accepted by the grammar check */
};

/* A supported digest; the text is canonical, so two are equal when their texts are. */
struct digest {
    enum digest_algorithm algorithm;
    char text[DIGEST_TEXT_MAX + 1];
};

struct hasher; /* a running calculation; may move between threads, used by one at a time */

/* True when text follows the grammar, of whatever algorithm. */
bool digest_is_wellformed(const char *text);
/* ERR_DIGEST for bad grammar, ERR_UNSUPPORTED for an algorithm that cannot be computed. */
int digest_parse(struct digest *ret, const char *text, struct err *err);
bool digest_equal(const struct digest *a, const struct digest *b);
/* The part behind the colon; borrowed from d. */
const char *digest_encoded(const struct digest *d);
const char *digest_algorithm_name(enum digest_algorithm algorithm);
/* False for a name that cannot be computed. */
bool digest_algorithm_parse(enum digest_algorithm *ret, const char *name);

/* The digest of n bytes at p. */
int digest_of(struct digest *ret, enum digest_algorithm algorithm, const void *p, size_t n,
              struct err *err);

int hasher_new(struct hasher **ret, enum digest_algorithm algorithm, struct err *err);
void hasher_free(struct hasher *h); /* NULL-safe */
void hasher_update(struct hasher *h, const void *p, size_t n);
/* Ends the calculation; only hasher_free() may follow. */
void hasher_finish(struct hasher *h, struct digest *ret);

#endif
