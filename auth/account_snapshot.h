/* SPDX-License-Identifier: MIT */
/*
 * The accounts of a table as they were once, and going back there.
 */
#ifndef AUTH_ACCOUNT_SNAPSHOT_H
#define AUTH_ACCOUNT_SNAPSHOT_H

struct accounts;
struct accounts_snapshot;
struct err;

/* Names, secrets, subjects, who is disabled; not what was issued. */
int accounts_snapshot_new(struct accounts_snapshot **ret, const struct accounts *a,
                          struct err *err);
void accounts_snapshot_free(struct accounts_snapshot *s); /* NULL-safe */
/*
 * Makes the accounts what they were; NULL: none is left. Tokens of accounts that were there all the
 * time stay good; what an account lost meanwhile (its sessions, when it was removed or disabled)
 * does not come back. Refresh tokens end where the secrets were others. All of it or nothing:
 * ERR_NOMEM, ERR_LIMIT.
 */
int accounts_restore(struct accounts *a, const struct accounts_snapshot *s, struct err *err);

#endif
