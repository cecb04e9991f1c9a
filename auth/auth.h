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

enum auth_mode { AUTH_MODE_AUTO, AUTH_MODE_NONE, AUTH_MODE_BASIC, AUTH_MODE_BEARER };
enum auth_ping { AUTH_PING_AUTO, AUTH_PING_CHALLENGE, AUTH_PING_OPEN, AUTH_PING_OPEN_CHALLENGE };
enum auth_anonymous { AUTH_ANONYMOUS_TOKEN, AUTH_ANONYMOUS_401, AUTH_ANONYMOUS_403 };

enum { AUTH_TOKEN_LIFE_MIN = 60 * 1000 }; /* clients take less for a mistake */

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
/* Access and refresh tokens are refused at once; the secret stays. */
int auth_account_revoke(struct auth *auth, const char *name, struct err *err);
/* A disabled account is refused, and so are its tokens. */
int auth_account_disable(struct auth *auth, const char *name, bool disabled, struct err *err);
/* [{"name","origin","disabled","secrets":[{"kind","until"}]}], no secret in it. The caller owns it;
   NULL: memory is short. */
struct json_t *auth_account_list(const struct auth *auth);
/* One access token by its id (jti), which would expire then (seconds since 1970); one refresh
   token. ERR_ABSENT for an unknown refresh token, ERR_LIMIT for too many. */
int auth_token_revoke(struct auth *auth, const char *id, int64_t expires, struct err *err);
int auth_refresh_token_revoke(struct auth *auth, const char *token, struct err *err);

#endif
