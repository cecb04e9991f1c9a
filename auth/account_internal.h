/* SPDX-License-Identifier: MIT */
/*
 * What accounts are made of; private to account*.c.
 */
#ifndef AUTH_ACCOUNT_INTERNAL_H
#define AUTH_ACCOUNT_INTERNAL_H

#include <uthash.h>

#include "auth/account.h"
#include "auth/keyed_hash.h"

/* One secret of an account. */
struct kept_secret {
    char *hash;                 /* owned; NULL: a plain one */
    struct keyed_digest digest; /* of a plain one: account_digest() */
    int64_t until;              /* milliseconds since 1970; 0: no end */
};

struct account {
    char *name; /* owned; key of the table */
    struct kept_secret secrets[ACCOUNT_SECRETS_MAX];
    size_t secret_count;
    enum account_origin origin;
    bool disabled;
    bool removed;           /* only its name and epoch are left */
    uint64_t version;       /* of its secrets: unique in the table */
    uint64_t epoch;         /* of its tokens; unique in the table, and growing */
    uint64_t refresh_epoch; /* the same of its refresh tokens */
    int64_t ended_at;       /* when sessions were ended, milliseconds; INT64_MIN: never */
    size_t index;           /* in accounts.all */
    char *subject;          /* owned: of its client certificate; NULL: none */
    UT_hash_handle hh;
    UT_hash_handle by_subject;
};

/* A good secret, by its digest. */
struct remembered {
    struct keyed_digest digest; /* key of the table */
    uint64_t version;           /* of the account's secrets when it was checked */
    int64_t until;              /* milliseconds since 1970 */
    UT_hash_handle hh;
};

struct accounts {
    const struct clock *clock;     /* borrowed */
    struct keyed_hash *hash;       /* borrowed */
    struct account *table;         /* owned, by name, in the order of adding */
    struct account *subjects;      /* those of the table with a subject, by it */
    struct account **all;          /* owned array of borrowed pointers: the same in any order */
    size_t capacity;               /* of all */
    size_t live;                   /* not removed */
    uint64_t last_number;          /* of versions and epochs given out */
    struct remembered *remembered; /* owned, oldest first */
    unsigned cache_life;           /* milliseconds */
    char tag[9];                   /* random; begins the token ids of this table */
};

/* Live or removed, or NULL. */
struct account *account_get(const struct accounts *a, const char *name);
/* A new one without secrets, which is not counted as live yet. The name must not be there. NULL:
   ERR_NOMEM, ERR_LIMIT. */
struct account *account_insert(struct accounts *a, const char *name, struct err *err);
void account_drop_secrets(struct account *account);
/* Lets secrets go whose time is over. */
void account_purge(struct account *account, int64_t now);
void account_drop_subject(struct accounts *a, struct account *account);
void accounts_forget_all(struct accounts *a);

#endif
