/* SPDX-License-Identifier: MIT */
/*
 * What a token says: its header and claims (RFC 7519; distribution, spec/auth/jwt.md). The one
 * place that knows libjwt. Pure and thread-safe.
 */
#ifndef AUTH_CLAIMS_H
#define AUTH_CLAIMS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "auth/key.h"
#include "auth/scope.h"

struct err;
struct json_t;

enum {
    CLAIMS_TEXT_MAX = 511, /* issuer, subject, id */
    CLAIMS_JSON_MAX = 64 * 1024,
    CLAIMS_EARLY =
        10, /* a token is valid from this many seconds before it was made: clocks differ */
};

/* --- Claims -----------------------------------------------------------------------------------
 */

/* What a new token is to say; all borrowed. */
struct claims_settings {
    const char *issuer;
    const char *subject;  /* "" for anonymous */
    const char *audience; /* one text: registry 2.8 refuses a list */
    const char *id;       /* jti; NULL: random */
    int64_t issued_at;    /* seconds since 1970 */
    int64_t not_before;   /* mostly issued_at - CLAIMS_EARLY */
    int64_t expires;
    const struct scope_set *access;
};

/* The claims as JSON, which the caller frees. */
int claims_build(char **ret_json, const struct claims_settings *settings, struct err *err);

/* What a token said; "" and false for what is missing. */
struct claims {
    char issuer[CLAIMS_TEXT_MAX + 1];
    char subject[CLAIMS_TEXT_MAX + 1];
    char id[CLAIMS_TEXT_MAX + 1];
    struct json_t *audience; /* owned: a text, a list, or NULL */
    int64_t expires;
    int64_t not_before;
    int64_t issued_at;
    bool has_subject;
    bool has_expires;
    bool has_not_before;
    bool has_issued_at;
    bool has_access;
    struct scope_set access; /* owned */
};

/* ERR_SYNTAX or ERR_LIMIT. */
int claims_parse(struct claims *ret, const char *json, size_t n, struct err *err);
void claims_done(struct claims *claims); /* as {0} again */
/* True when the audience is this text or a list that has it. */
bool claims_has_audience(const struct claims *claims, const char *audience);

/* --- Header -----------------------------------------------------------------------------------
 */

enum { CLAIMS_ALGORITHM_MAX = 31 };

struct claims_header {
    char algorithm[CLAIMS_ALGORITHM_MAX + 1];
    char key_id[KEY_ID_MAX + 1];
    bool has_key_id;
};

/* The header of all tokens that a key signs: typ, alg, kid, and with x5c its certificates. The
   caller frees it. */
int claims_build_header(char **ret_json, const struct key *key, bool x5c, struct err *err);
/* `jwk`, `x5c`, `jku` and `x5u` are not looked at. ERR_UNSUPPORTED for `crit` (RFC 7515, 4.1.11).
 */
int claims_parse_header(struct claims_header *ret, const char *json, size_t n, struct err *err);

/* A whole token signed with a shared secret (HS256). The caller frees it. */
int claims_sign_hs256(char **ret_token, const char *header, const char *claims,
                      const struct key *key, struct err *err);

#endif
