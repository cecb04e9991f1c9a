/* SPDX-License-Identifier: MIT */
/*
 * Keys that verify: those of one issuer.
 */
#ifndef AUTH_KEY_SET_H
#define AUTH_KEY_SET_H

#include <stdbool.h>
#include <stddef.h>

#include "auth/key.h"

enum { KEY_SET_MAX = 32 };

struct key_set {
    struct key *keys[KEY_SET_MAX]; /* owned: one reference each */
    size_t count;
    bool unnamed; /* the issuer's ids of these keys are not known: `kid` selects nothing */
};

void key_set_done(struct key_set *set); /* as {0} again */
/* Adds behind the others; takes key, on failure too. ERR_LIMIT. */
int key_set_add(struct key_set *set, struct key *key, struct err *err);
/* The public keys and certificates of a PEM text; the set becomes unnamed. ERR_ABSENT for none. */
int key_set_parse_pem(struct key_set *set, const char *pem, size_t n, struct err *err);

/*
 * The next key at or behind *at that may have signed a token with this `kid` (NULL: none) and
 * algorithm, or NULL; *at begins as 0 and moves behind it. A key with another algorithm is never
 * among them.
 */
const struct key *key_set_next(const struct key_set *set, const char *id,
                               enum key_algorithm algorithm, size_t *at);
/* True when the set has a key with that id, of whatever algorithm. */
bool key_set_has_id(const struct key_set *set, const char *id);

#endif
