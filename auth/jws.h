/* SPDX-License-Identifier: MIT */
/*
 * Signed tokens: header.claims.signature (JWS compact serialisation, RFC 7515).
 *
 * Keys come from a set that the caller trusts and from nowhere else; a key is used only when the
 * token's algorithm is its own. No message ever holds a token. Pure and thread-safe.
 */
#ifndef AUTH_JWS_H
#define AUTH_JWS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct claims;
struct claims_header;
struct claims_settings;
struct err;
struct key;
struct key_set;

enum { JWS_MAX = 64 * 1024 }; /* bytes of a token */

/* What came of checking a token: X(ENUM, "word", "text"). */
#define JWS_RESULTS(X)                                                                             \
    X(GOOD, "good", "it verifies")                                                                 \
    X(MALFORMED, "malformed", "it is no token")                                                    \
    X(BAD_ALGORITHM, "bad-algorithm", "its algorithm is not that of the key")                      \
    X(UNKNOWN_KEY, "unknown-key", "no known key has signed it")                                    \
    X(BAD_SIGNATURE, "bad-signature", "its signature is wrong")                                    \
    X(WRONG_ISSUER, "wrong-issuer", "somebody else issued it")                                     \
    X(WRONG_AUDIENCE, "wrong-audience", "it is for another service")                               \
    X(NOT_YET, "not-yet-valid", "it is not valid yet")                                             \
    X(EXPIRED, "expired", "it has expired")                                                        \
    X(NO_MEMORY, "no-memory", "memory is short")

enum jws_result {
#define JWS_ENUM(name, word, text) JWS_##name,
    JWS_RESULTS(JWS_ENUM)
#undef JWS_ENUM
};
const char *jws_result_name(enum jws_result result); /* the word */
const char *jws_result_text(enum jws_result result);

/* What a good token must say. */
struct jws_rules {
    const struct key_set *keys;
    const char *issuer;           /* NULL: any */
    const char *const *audiences; /* one of these */
    size_t audience_count;        /* 0: any */
    int64_t now_ms;               /* milliseconds since 1970 */
    uint32_t leeway_ms;           /* by which exp and nbf may be missed */
};

/*
 * Checks a token of n bytes. *ret is filled for JWS_GOOD and, as what the token claims, for
 * everything from JWS_WRONG_ISSUER to JWS_EXPIRED; else it is empty. claims_done() in any case.
 * err, which may be NULL, says more for people.
 */
enum jws_result jws_verify(struct claims *ret, const char *token, size_t n,
                           const struct jws_rules *rules, struct err *err);
/* The part about what it says: issuer, audience, times. The keys in the rules are not used. */
enum jws_result jws_check_claims(const struct claims *claims, const struct jws_rules *rules,
                                 struct err *err);
/* What a token says, unverified: for people, and to choose the keys of its issuer. */
int jws_read(struct claims_header *ret_header, struct claims *ret_claims, const char *token,
             size_t n, struct err *err);
/* Header and claims as their JSON texts, unverified; the caller frees both. */
int jws_read_texts(char **ret_header, char **ret_claims, const char *token, size_t n,
                   struct err *err);

/* A new token, which the caller frees. header: of claims_build_header() for that key. */
int jws_sign(char **ret_token, const struct key *key, const char *header,
             const struct claims_settings *claims, struct err *err);

#endif
