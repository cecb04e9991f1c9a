/* SPDX-License-Identifier: MIT */
/*
 * Bearer tokens that were verified before, by a keyed hash: their signature is not looked at again.
 * Everything that changes with time is: expiry, revocation, the account (bearer.c).
 */
#ifndef AUTH_VERIFIED_H
#define AUTH_VERIFIED_H

#include <stdbool.h>
#include <stdint.h>

#include <uthash.h>

#include "auth/keyed_hash.h"
#include "auth/scope.h"

struct claims;
struct verified_tokens;

enum { VERIFIED_MAX = 20000 }; /* tokens and scopes in them, together */

struct verified {
    struct keyed_digest digest; /* key of the table */
    char *account;              /* owned, "" for anonymous */
    char *id;                   /* owned: claim jti; "" */
    int64_t issued_at;          /* seconds since 1970; INT64_MIN: not said */
    int64_t not_before;         /* INT64_MIN: not said */
    int64_t expires;
    bool foreign;             /* of another issuer that we trust */
    struct scope_set granted; /* owned */
    UT_hash_handle hh;
};

struct verified_tokens *verified_new(void);    /* NULL: memory is short */
void verified_free(struct verified_tokens *v); /* NULL-safe */

/* Borrowed until the next call for this table; NULL: not there. */
const struct verified *verified_find(const struct verified_tokens *v,
                                     const struct keyed_digest *digest);
/* Remembers it, unless that would take too much memory; takes the scopes out of the claims. */
void verified_add(struct verified_tokens *v, const struct keyed_digest *digest,
                  struct claims *claims, bool foreign);
void verified_remove(struct verified_tokens *v, const struct keyed_digest *digest);
/* Of everything: after a key was retired. */
void verified_forget(struct verified_tokens *v);

#endif
