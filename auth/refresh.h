/* SPDX-License-Identifier: MIT */
/*
 * Identity tokens (refresh tokens): random texts that stand for an account at a service. Only keyed
 * hashes of them are kept. They have no end of their own: they end with the sessions of their
 * account (account.h), by revocation, or when there are too many and they are the oldest.
 */
#ifndef AUTH_REFRESH_H
#define AUTH_REFRESH_H

#include <stddef.h>

struct accounts;
struct err;
struct keyed_hash;
struct refresh_tokens;

enum {
    REFRESH_TOKEN_SIZE = 48, /* with the NUL */
    REFRESH_TOKENS_MAX = 10000,
    REFRESH_SERVICE_MAX = 255,
};

/* Both are borrowed and must outlive it. */
int refresh_new(struct refresh_tokens **ret, struct accounts *accounts, struct keyed_hash *hash,
                struct err *err);
void refresh_free(struct refresh_tokens *r); /* NULL-safe */

/* A new one for an account that exists. ERR_ABSENT, ERR_LIMIT (a long service). */
int refresh_issue(struct refresh_tokens *r, const char *account, const char *service,
                  char dst[REFRESH_TOKEN_SIZE], struct err *err);
/* The account that it stands for at that service, borrowed until accounts change; NULL: none. */
const char *refresh_find(struct refresh_tokens *r, const char *token, const char *service);
/* ERR_ABSENT. */
int refresh_revoke(struct refresh_tokens *r, const char *token, struct err *err);
/* All of an account; how many there were. */
size_t refresh_revoke_account(struct refresh_tokens *r, const char *account);
size_t refresh_count(const struct refresh_tokens *r);

#endif
