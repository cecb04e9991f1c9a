/* SPDX-License-Identifier: MIT */
/*
 * Who asks: from the credentials of a request to an account and what it may do.
 *
 * One of the three headers of auth/ that registry/ may include. Loop thread only.
 */
#ifndef AUTH_IDENTITY_H
#define AUTH_IDENTITY_H

#include <stdbool.h>
#include <stddef.h>

#include "auth/scope.h"

struct auth;
struct http_exchange;

enum { IDENTITY_NAME_MAX = 255, IDENTITY_FINGERPRINT_MAX = 16, IDENTITY_REASON_MAX = 127 };

/* The words of `auth` in logs, rules and the journal: X(ENUM, "word"). */
#define IDENTITY_KINDS(X)                                                                          \
    X(NONE, "none")               /* no credentials, or authentication is off */                   \
    X(BASIC, "basic")             /* good user and secret */                                       \
    X(BEARER, "bearer")           /* good token */                                                 \
    X(CERTIFICATE, "certificate") /* client certificate (mTLS) that is mapped to an account */     \
    X(INVALID, "invalid")         /* credentials that are wrong */                                 \
    X(EXPIRED, "expired")         /* a token whose time is over */

enum identity_kind {
#define IDENTITY_ENUM(name, word) IDENTITY_##name,
    IDENTITY_KINDS(IDENTITY_ENUM)
#undef IDENTITY_ENUM
};

struct identity {
    enum identity_kind kind;
    char account[IDENTITY_NAME_MAX + 1]; /* "" for anonymous; also of INVALID, as claimed */
    char fingerprint[IDENTITY_FINGERPRINT_MAX + 1]; /* hex of a keyed hash of the credential; "" */
    char reason[IDENTITY_REASON_MAX + 1];           /* why the credentials were refused; "" */
    struct scope_set granted;                       /* BEARER: what the token says; owned */
};

const char *identity_kind_name(enum identity_kind kind);
void identity_init(struct identity *id);
void identity_done(struct identity *id); /* frees what granted owns */

/* Called once, on the loop; id is borrowed for the call, copy with identity_copy(). */
typedef void (*identity_fn)(void *arg, const struct identity *id);
int identity_copy(struct identity *to, const struct identity *from); /* -1: out of memory */

/* A question that is being answered; NULL when the answer came at once. */
struct identity_query;
/*
 * Finds out who sent x: its Authorization header, else its client certificate, else anonymous. With
 * mode none any header is ignored. Secrets that need a slow hash are checked in a job, so done may
 * come later; it may also come before this returns (then *ret is NULL).
 */
void identity_find(struct auth *auth, struct http_exchange *x, identity_fn done, void *arg,
                   struct identity_query **ret);
/* done will not be called any more. NULL-safe. */
void identity_cancel(struct identity_query *q);

/* What a request wants, against who sent it. */
enum access_result {
    ACCESS_ALLOWED,
    ACCESS_NO_CREDENTIALS,  /* 401 with a challenge */
    ACCESS_BAD_CREDENTIALS, /* 401; Bearer: error="invalid_token" */
    ACCESS_TOKEN_SCOPE,     /* 401 error="insufficient_scope": the token lacks it */
    ACCESS_DENIED,          /* 403: a known account without the right (Basic, certificate) */
};
/* wanted: every resource with the actions it needs. Empty: only the credentials are looked at. */
enum access_result access_check(struct auth *auth, const struct identity *id,
                                const struct scope_set *wanted);
/* What the policy would give this account, whatever its token says: for mount (UP12). */
bool access_policy_allows(struct auth *auth, const char *account, const struct scope *wanted);
/* True when GET /v2/ without credentials is to be answered with 401 (auth.ping). */
bool access_ping_challenges(struct auth *auth);
/* True when authentication is on at all. */
bool access_is_on(const struct auth *auth);

#endif
