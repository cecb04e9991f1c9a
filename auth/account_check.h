/* SPDX-License-Identifier: MIT */
/*
 * Is this the account's secret? First quickly (plain secrets, remembered ones), then with slow
 * hashes, which a job compares.
 *
 * A good secret with a slow hash is remembered as a keyed hash, for a bounded time and number. An
 * unknown or disabled account costs the same as a known one: it is checked against the hashes of
 * some other account, always the same for a name, and fails.
 */
#ifndef AUTH_ACCOUNT_CHECK_H
#define AUTH_ACCOUNT_CHECK_H

#include <stdbool.h>
#include <stddef.h>

struct accounts;
struct keyed_digest;

enum account_verdict {
    ACCOUNT_GOOD,
    ACCOUNT_BAD,
    ACCOUNT_SLOW, /* a job must compare hashes */
};

struct account_check; /* the hashes to be compared and the secret */

/* digest: keyed_hash() of name and secret, see account_digest(). *ret_check is set when SLOW. */
enum account_verdict accounts_check(struct accounts *a, const char *name, const char *secret,
                                    const struct keyed_digest *digest,
                                    struct account_check **ret_check);
/* Compares all hashes; pure, for a job. */
void account_check_run(struct account_check *check);
/* On the loop again: whether it was right and still is, and remembers that. */
bool accounts_check_finish(struct accounts *a, const struct account_check *check);
/* False when the account's secrets were changed since the check was made. */
bool accounts_check_is_current(const struct accounts *a, const struct account_check *check);
void account_check_free(struct account_check *check); /* NULL-safe; wipes the secret */

/* What a secret is remembered by. False: see keyed_hash(). */
bool account_digest(struct accounts *a, struct keyed_digest *ret, const char *name,
                    const char *secret);
/* Why a login fails, in words for the log; never for the client. */
const char *accounts_refusal(const struct accounts *a, const char *name);
/* For how long good secrets are remembered, milliseconds; 0: not at all. */
void accounts_set_cache_life(struct accounts *a, unsigned milliseconds);

#endif
