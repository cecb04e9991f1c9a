/* SPDX-License-Identifier: MIT */
/*
 * The accounts of one world: names, secrets and how long these are valid.
 *
 * Plain secrets are kept as keyed hashes only. An account may have several secrets at a time: the
 * current one and, after a rotation, old ones until their time is over. Each account has an epoch:
 * ending its sessions raises it, and what was issued before (tokens, refresh tokens) is refused.
 * A removed account leaves its name and epoch behind, so that its tokens stay refused.
 *
 * Loop thread only. Which secret is right is found out in account_check.h.
 */
#ifndef AUTH_ACCOUNT_H
#define AUTH_ACCOUNT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct account;
struct accounts;
struct clock;
struct err;
struct json_t;
struct keyed_hash;

enum {
    ACCOUNT_NAME_MAX = 255,  /* bytes */
    ACCOUNTS_MAX = 100000,   /* removed ones included */
    ACCOUNT_SECRETS_MAX = 8, /* with old ones; the one that ends first gives way */
    ACCOUNT_TOKEN_ID_SIZE = 64,
};

/* Where an account came from: X(ENUM, "word"). */
#define ACCOUNT_ORIGINS(X)                                                                         \
    X(CONFIGURATION, "configuration")                                                              \
    X(OPTION, "option") /* --user, OCIMOCK_USERS */                                                \
    X(HTPASSWD, "htpasswd")                                                                        \
    X(CONTROL, "control") /* made at run time */

enum account_origin {
#define ACCOUNT_ENUM(name, word) ACCOUNT_##name,
    ACCOUNT_ORIGINS(ACCOUNT_ENUM)
#undef ACCOUNT_ENUM
};

/* A secret: one of the two, or none (for who logs in with a certificate). Borrowed for the call. */
struct account_secret {
    const char *plain;
    const char *hash; /* as secret_check_hash() takes it */
};

/*
 * 1 to ACCOUNT_NAME_MAX bytes of UTF-8 without ':', control characters and what policies give a
 * meaning to ('*', '?', a leading '!', `anonymous`, `authenticated`).
 */
int account_check_name(const char *name, struct err *err);

/* Clock and hash are borrowed and must outlive it. */
int accounts_new(struct accounts **ret, const struct clock *clock, struct keyed_hash *hash,
                 struct err *err);
void accounts_free(struct accounts *a); /* NULL-safe */

/* ERR_EXISTS, ERR_INVALID, ERR_UNSUPPORTED (a hash that cannot be checked), ERR_LIMIT. */
int accounts_add(struct accounts *a, const char *name, const struct account_secret *secret,
                 enum account_origin origin, struct err *err);
/*
 * A new secret. The old ones stay valid until old_until (milliseconds since 1970, the world's time)
 * at most; 0: no longer than now, and refresh tokens end with them. Access tokens that were issued
 * go on. ERR_ABSENT.
 */
int accounts_rotate(struct accounts *a, const char *name, const struct account_secret *secret,
                    int64_t old_until, struct err *err);
/* The secrets go at once, and sessions end. ERR_ABSENT. */
int accounts_remove(struct accounts *a, const char *name, struct err *err);
/* Tokens and refresh tokens issued so far are refused from now on; secrets stay. ERR_ABSENT. */
int accounts_end_sessions(struct accounts *a, const char *name, struct err *err);
/* A disabled account is refused whatever it shows; disabling ends its sessions. ERR_ABSENT. */
int accounts_set_disabled(struct accounts *a, const char *name, bool disabled, struct err *err);

/* Borrowed; NULL for unknown and removed ones. */
const struct account *accounts_find(const struct accounts *a, const char *name);
size_t accounts_count(const struct accounts *a);
const char *account_name(const struct account *account);
bool account_is_disabled(const struct account *account);
enum account_origin account_origin(const struct account *account);

/*
 * [{"name","origin","disabled","secrets": [{"kind","until"}]}], by name; no secret in it. NULL:
 * memory is short. The caller owns it.
 */
struct json_t *accounts_to_json(const struct accounts *a);
/* One of them, which must be there. */
struct json_t *account_describe(const struct accounts *a, const struct account *account);

/* --- What was issued ----------------------------------------------------------------------------
 */

/* Of an account that exists or existed; 0 for others. It grows whenever refresh tokens issued so
   far are to be refused. */
uint64_t accounts_refresh_epoch(const struct accounts *a, const char *name);
/*
 * An id (`jti`) for a token that is issued to the account ("" for anonymous) by this process: it
 * holds the account's epoch, so that accounts_token_ended() is exact within a second.
 */
int accounts_token_id(const struct accounts *a, const char *name, char dst[ACCOUNT_TOKEN_ID_SIZE],
                      struct err *err);
/*
 * True when a token of ours must be refused: the account is disabled or removed, or its sessions
 * were ended after the token was issued. issued_at: claim iat, seconds. An account that never
 * existed is none of our business: false.
 */
bool accounts_token_ended(const struct accounts *a, const char *name, const char *token_id,
                          int64_t issued_at);

#endif
