/* SPDX-License-Identifier: MIT */
/*
 * Other issuers whose tokens are believed: bearer tokens of another token service, and tokens that
 * are used as a password, such as those of Kubernetes service accounts.
 *
 *     auth: {trust: [{jwks: FILE, issuer: ISS, audience: AUD, account_prefix: "k8s:"}]}
 *
 * `pem` in place of `jwks` names a file with certificates or public keys; `audience` may be a list,
 * one of which a token must have. `account_prefix` keeps the issuer's names apart from ours.
 * Several entries may name the same issuer. Never changes after it was made; thread-safe.
 */
#ifndef AUTH_TRUST_H
#define AUTH_TRUST_H

#include <stddef.h>
#include <stdint.h>

#include "auth/jws.h"
#include "lib/util/schema.h"

struct claims;
struct err;
struct json_t;
struct trust;

enum { TRUST_MAX = 32, TRUST_AUDIENCES_MAX = 16 };

/* The members of an entry. */
extern const struct schema trust_schema[];

/* Blocks: reads the files. ERR_CONFIG, naming the entry. */
int trust_new(struct trust **ret, const struct json_t *list, struct err *err);
void trust_free(struct trust *trust); /* NULL-safe */
/* Lines about keys that were skipped, each with its file; "" mostly. Borrowed. */
const char *trust_warnings(const struct trust *trust);

struct trust_time {
    int64_t now_ms;     /* milliseconds since 1970 */
    uint32_t leeway_ms; /* by which exp and nbf may be missed */
};

/*
 * As jws_verify(). The subject in *ret has the prefix, unless it is "". JWS_UNKNOWN_KEY when the
 * token's issuer is none of these; JWS_MALFORMED when the subject is too long with its prefix.
 */
enum jws_result trust_verify(const struct trust *trust, struct claims *ret, const char *token,
                             size_t n, const struct trust_time *time, struct err *err);

#endif
