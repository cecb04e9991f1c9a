/* SPDX-License-Identifier: MIT */
/*
 * Authentication and authorization of one world: settings, and the object that holds accounts,
 * policy, keys and tokens. For cli/; registry/ sees it as an opaque pointer.
 */
#ifndef AUTH_AUTH_H
#define AUTH_AUTH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct auth;
struct buf;
struct clock;
struct err;
struct json_t;
struct loop;
struct scope_set;

enum auth_mode { AUTH_MODE_AUTO, AUTH_MODE_NONE, AUTH_MODE_BASIC, AUTH_MODE_BEARER };
enum auth_ping { AUTH_PING_AUTO, AUTH_PING_CHALLENGE, AUTH_PING_OPEN, AUTH_PING_OPEN_CHALLENGE };
enum auth_anonymous { AUTH_ANONYMOUS_TOKEN, AUTH_ANONYMOUS_401, AUTH_ANONYMOUS_403 };

enum {
    AUTH_TOKEN_LIFE_MIN = 60 * 1000, /* clients take less for a mistake */
    AUTH_TOKEN_ID_SIZE = 64,
};

/* Texts and JSON are borrowed for auth_new(); NULL where not given. */
struct auth_settings {
    enum auth_mode mode;           /* auth.mode; AUTO: bearer with accounts, else none */
    enum auth_ping ping;           /* auth.ping */
    enum auth_anonymous anonymous; /* auth.anonymous_token: what /token gives without credentials */
    const char *realm;             /* auth.realm: of Basic challenges */
    const char
        *token_realm; /* auth.token_realm: URL of another token service, or a path on our host */
    const char *external_url;    /* auth.external_url */
    const char *service;         /* auth.service */
    const char *issuer;          /* auth.issuer; NULL: the service */
    const char *const *services; /* auth.services */
    size_t service_count;
    const char *const *trusted_proxies; /* auth.trusted_proxies: CIDR */
    size_t trusted_proxy_count;
    uint32_t token_life;           /* auth.token_life: milliseconds */
    uint32_t leeway;               /* auth.leeway: milliseconds */
    uint32_t cache_life;           /* auth.cache_life: how long a verified secret is remembered */
    bool x5c;                      /* auth.x5c: send the certificate in the header; else kid only */
    const char *algorithm;         /* auth.algorithm: of a generated key: ES256, RS256 */
    const char *htpasswd;          /* auth.htpasswd: path */
    const struct json_t *keys;     /* auth.keys */
    const struct json_t *trust;    /* auth.trust */
    const struct json_t *accounts; /* auth.accounts */
    const char *const *users;      /* auth.users: "name:secret" */
    size_t user_count;
    const struct json_t *policy; /* auth.policy */
};

/*
 * Paths in the settings are resolved. Loop and clock are borrowed and must outlive it. Everything
 * is checked: ERR_CONFIG, ERR_EXISTS (an account twice) and so on, naming the key.
 */
int auth_new(struct auth **ret, struct loop *loop, const struct clock *clock,
             const struct auth_settings *settings, struct err *err);
/* No query may be under way, and jobs have ended (loop_drain()). NULL-safe. */
void auth_free(struct auth *auth);

/* What is allowed and probably not meant: lines, "" for nothing. Borrowed. */
const char *auth_warnings(const struct auth *auth);
enum auth_mode auth_mode(const struct auth *auth); /* never AUTO */
/* "bearer"; by mode, ended by NULL. */
extern const char *const auth_mode_names[];
/* "bearer, 2 accounts (alice, bob), anonymous: none": one line for people, without secrets. */
void auth_describe(const struct auth *auth, struct buf *to);
/* Reads the htpasswd file again. On failure the accounts stay. */
int auth_reload(struct auth *auth, struct err *err);

/* --- Accounts at run time ----------------------------------------------------------------------
 *
 * A secret is a plain text or a hash (secret.h), the other one NULL. ERR_ABSENT for an account that
 * is not there.
 */

/* ERR_EXISTS, ERR_INVALID, ERR_UNSUPPORTED. */
int auth_account_add(struct auth *auth, const char *name, const char *secret, const char *hash,
                     struct err *err);
/* The old secret stays valid until then (milliseconds since 1970, the world's time); 0: not at all,
   and refresh tokens end. Access tokens go on until they expire. */
int auth_account_rotate(struct auth *auth, const char *name, const char *secret, const char *hash,
                        int64_t old_until, struct err *err);
int auth_account_remove(struct auth *auth, const char *name, struct err *err);
/* Of its client certificate (account_subject.h). ERR_EXISTS for that of another account. */
int auth_account_set_subject(struct auth *auth, const char *name, const char *subject,
                             struct err *err);
/* Access and refresh tokens, and secrets that are remembered as good, are refused or looked at
   again from now on; the secret stays. */
int auth_account_revoke(struct auth *auth, const char *name, struct err *err);
/* A disabled account is refused, and so are its tokens. */
int auth_account_disable(struct auth *auth, const char *name, bool disabled, struct err *err);
/* [{"name","origin","disabled","subject","secrets":[{"kind","until"}]}], no secret in it. The
   caller owns it; NULL: memory is short. */
struct json_t *auth_account_list(const struct auth *auth);
/* One row of it. */
int auth_account_describe(const struct auth *auth, const char *name, struct json_t **ret,
                          struct err *err);

/* --- Policy at run time ------------------------------------------------------------------------
 */

/* Replaces the policy as a whole, or leaves it; NULL: as without any. Tokens keep what they were
   granted. ERR_CONFIG as from policy_new(). */
int auth_policy_set(struct auth *auth, const struct json_t *rules, struct err *err);
/* The rules; the caller owns them. NULL: memory is short. */
struct json_t *auth_policy_get(const struct auth *auth);

/* --- Going back --------------------------------------------------------------------------------
 */

/* Keeps accounts and policy as they are now for auth_reset(). */
int auth_remember(struct auth *auth, struct err *err);
/*
 * Accounts and policy become what was remembered; `empty`: there are no accounts, and what holds
 * without a policy. Tokens: account_snapshot.h; those that were revoked stay so. All or nothing.
 */
int auth_reset(struct auth *auth, bool empty, struct err *err);

/* --- Tokens at run time ------------------------------------------------------------------------
 */

/* What a token is to say that is made without asking the policy. All borrowed. */
struct auth_mint {
    const char *account; /* NULL or "": anonymous */
    const char *service; /* NULL: ours */
    const struct scope_set *access;
    int64_t ttl; /* seconds; 0: auth.token_life */
    int64_t age; /* seconds since it was issued */
};

/* What was made. */
struct auth_minted {
    char *token; /* the caller owns it */
    char id[AUTH_TOKEN_ID_SIZE];
    int64_t issued_at; /* seconds since 1970, the world's time */
    int64_t expires;
};

/* Signed with our key. ERR_ABSENT: no such account; ERR_BUSY: the key is still being made. */
int auth_token_mint(struct auth *auth, struct auth_minted *ret, const struct auth_mint *what,
                    struct err *err);
/* One access token by its id (jti), which would expire then (seconds since 1970). ERR_LIMIT for too
   many, ERR_INVALID. */
int auth_token_revoke(struct auth *auth, const char *id, int64_t expires, struct err *err);
/* The same for the token itself: ours, or of an issuer that we trust. One that has expired is none
   any more: 0. ERR_INVALID for what does not verify or has no id. */
int auth_access_token_revoke(struct auth *auth, const char *token, struct err *err);
/* ERR_ABSENT for an unknown one. */
int auth_refresh_token_revoke(struct auth *auth, const char *token, struct err *err);

#endif
