/* SPDX-License-Identifier: MIT */
/*
 * Tokens that were revoked, by their id (claim jti), until they would have expired.
 */
#ifndef AUTH_REVOKED_H
#define AUTH_REVOKED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct clock;
struct err;
struct revoked_tokens;

enum { REVOKED_MAX = 100000, REVOKED_ID_MAX = 511 };

/* The clock is borrowed and must outlive it. */
int revoked_new(struct revoked_tokens **ret, const struct clock *clock, struct err *err);
void revoked_free(struct revoked_tokens *r); /* NULL-safe */

/* until: seconds since 1970, leeway included. ERR_INVALID for an id that is empty or too long;
   ERR_LIMIT when there are REVOKED_MAX that have not expired. */
int revoked_add(struct revoked_tokens *r, const char *id, int64_t until, struct err *err);
bool revoked_has(struct revoked_tokens *r, const char *id);
size_t revoked_count(const struct revoked_tokens *r);

#endif
