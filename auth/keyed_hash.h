/* SPDX-License-Identifier: MIT */
/*
 * Hashes with a key that nobody but this process knows (HMAC-SHA-256, random key).
 *
 * What is remembered of a secret or token is such a hash: it cannot be tried out against a list of
 * words by somebody who reads our memory dump or log, and comparing two of them tells nothing about
 * the secrets by its time.
 */
#ifndef AUTH_KEYED_HASH_H
#define AUTH_KEYED_HASH_H

#include <stdbool.h>
#include <stddef.h>

struct err;
struct keyed_hash;

enum { KEYED_HASH_SIZE = 32, KEYED_HASH_TEXT_SIZE = 17 };

struct keyed_digest {
    unsigned char bytes[KEYED_HASH_SIZE];
};

int keyed_hash_new(struct keyed_hash **ret, struct err *err);
void keyed_hash_free(struct keyed_hash *k); /* NULL-safe */

/*
 * The hash of two texts, which stay apart: ("ab", "c") differs from ("a", "bc"). what keeps uses
 * apart: a word such as "secret". False: the library failed, and *ret is random.
 */
bool keyed_hash(struct keyed_hash *k, struct keyed_digest *ret, const char *what, const char *first,
                const char *second);
/* In constant time. */
bool keyed_digest_equal(const struct keyed_digest *a, const struct keyed_digest *b);
/* The first 16 hex digits: what people see of a credential. */
void keyed_digest_fingerprint(char dst[KEYED_HASH_TEXT_SIZE], const struct keyed_digest *d);

#endif
