/* SPDX-License-Identifier: MIT */
#include "auth/jws.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>
#include <jwt.h>

#include "auth/claims.h"
#include "auth/jwks.h"
#include "auth/key_set.h"
#include "lib/util/base64.h"
#include "lib/util/buf.h"
#include "lib/util/err.h"
#include "lib/util/util.h"
#include "tests/tap/tap.h"
#include "tests/unit/key_help.h"

#define auto_set    __attribute__((cleanup(key_set_done)))
#define auto_claims __attribute__((cleanup(claims_done)))

enum { NOW = 1700000000 };

static const char *const audience[] = {"ocimock"};

/* One key of each kind, and a stranger's. */
struct fixture {
    struct key_set es256, rs256, hs256, other;
    char *header[3]; /* of the first three */
};

static void add_key(struct key_set *set, enum key_algorithm algorithm)
{
    struct key *key = NULL;

    if (algorithm == KEY_HS256)
        (void)key_from_secret(&key, TEST_SECRET, strlen(TEST_SECRET), NULL);
    else
        (void)key_generate(&key, algorithm, NULL);
    (void)key_set_add(set, key, NULL);
}

static void setup(struct fixture *f)
{
    *f = (struct fixture){0};
    add_key(&f->es256, KEY_ES256);
    add_key(&f->rs256, KEY_RS256);
    add_key(&f->hs256, KEY_HS256);
    add_key(&f->other, KEY_ES256);
    (void)claims_build_header(&f->header[KEY_ES256], f->es256.keys[0], false, NULL);
    (void)claims_build_header(&f->header[KEY_RS256], f->rs256.keys[0], false, NULL);
    (void)claims_build_header(&f->header[KEY_HS256], f->hs256.keys[0], false, NULL);
}

static void teardown(struct fixture *f)
{
    key_set_done(&f->es256);
    key_set_done(&f->rs256);
    key_set_done(&f->hs256);
    key_set_done(&f->other);
    for (size_t i = 0; i < ARRAY_LEN(f->header); i++)
        free(f->header[i]);
}

static const struct key_set *set_of(const struct fixture *f, enum key_algorithm algorithm)
{
    return algorithm == KEY_ES256 ? &f->es256 : algorithm == KEY_RS256 ? &f->rs256 : &f->hs256;
}

static const struct scope_set nothing;
static const struct claims_settings good_claims = {
    .issuer = "issuer",
    .subject = "alice",
    .audience = "ocimock",
    .id = "1",
    .issued_at = NOW,
    .not_before = NOW - CLAIMS_EARLY,
    .expires = NOW + 300,
    .access = &nothing,
};

static char *sign(const struct fixture *f, enum key_algorithm algorithm,
                  const struct claims_settings *claims)
{
    struct err err = {0};
    char *token = NULL;

    if (jws_sign(&token, set_of(f, algorithm)->keys[0], f->header[algorithm], claims, &err) != 0)
        diag("not signed: %s", err.msg);
    return token;
}

static enum jws_result check(const struct key_set *keys, const char *token, size_t n)
{
    const struct jws_rules rules = {.keys = keys,
                                    .issuer = "issuer",
                                    .audiences = audience,
                                    .audience_count = 1,
                                    .now_ms = (int64_t)NOW * 1000};
    auto_claims struct claims claims = {0};

    return jws_verify(&claims, token, n, &rules, NULL);
}

static void is_result(enum jws_result got, enum jws_result want, const char *what)
{
    is_str(jws_result_name(got), jws_result_name(want), "%s", what);
}

/* --- Good tokens --------------------------------------------------------------------------------
 */

/* libjwt, which is somebody else's code, verifies what we sign. */
static void check_with_libjwt(enum key_algorithm algorithm, const struct key *key,
                              const char *token)
{
    auto_buf struct buf pem = BUF_INIT(8192);
    jwt_t *object = NULL;
    const void *secret;
    size_t n;

    secret = key_secret(key, &n);
    if (algorithm != KEY_HS256) {
        key_print_public(&pem, key);
        secret = buf_text(&pem);
        n = pem.len;
    }
    is_int(jwt_decode(&object, token, secret, (int)n), 0, "libjwt takes our %s",
           key_algorithm_name(algorithm));
    is_str(jwt_get_grant(object, "sub"), "alice", "and reads the subject");
    jwt_free(object);
}

static void test_good(const struct fixture *f, enum key_algorithm algorithm)
{
    const struct key_set *keys = set_of(f, algorithm);
    auto_free char *token = sign(f, algorithm, &good_claims);

    is_result(check(keys, token, strlen(token)), JWS_GOOD, key_algorithm_name(algorithm));
    check_with_libjwt(algorithm, keys->keys[0], token);
}

static void test_rfc(void)
{
    static const struct {
        const char *name, *token, *jwks;
    } rows[] = {
        {"RFC 7515, A.1", JOE_HS256, NULL},
        {"RFC 7515, A.2", JOE_RS256, JOE_RSA_JWKS},
        {"RFC 7515, A.3", JOE_ES256, JOE_EC_JWKS},
    };

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        auto_set struct key_set keys = {0};
        auto_claims struct claims claims = {0};
        const struct jws_rules rules = {.keys = &keys, .now_ms = (int64_t)(JOE_EXPIRES - 1) * 1000};
        unsigned char secret[128];
        struct key *key = NULL;
        size_t n;

        if (rows[i].jwks != NULL) {
            (void)jwks_parse(&keys, rows[i].jwks, strlen(rows[i].jwks), NULL, NULL, NULL);
        } else {
            (void)base64_decode(secret, &n, BASE64_URL, JOE_SECRET, strlen(JOE_SECRET));
            (void)key_from_secret(&key, secret, n, NULL);
            (void)key_set_add(&keys, key, NULL);
        }
        is_result(jws_verify(&claims, rows[i].token, strlen(rows[i].token), &rules, NULL), JWS_GOOD,
                  rows[i].name);
        is_str(claims.issuer, "joe", "its issuer");
    }
}

/* --- Broken tokens ------------------------------------------------------------------------------
 */

static void test_every_byte(const struct fixture *f)
{
    auto_free char *token = sign(f, KEY_ES256, &good_claims);
    size_t n = strlen(token);
    int good = 0;

    for (size_t i = 0; i < n; i++) {
        char kept = token[i];

        token[i] = kept == 'A' ? 'B' : 'A';
        good += check(&f->es256, token, n) == JWS_GOOD;
        token[i] = kept;
    }
    is_int(good, 0, "none of %zu tokens with one character changed verifies", n);
    for (size_t i = 0; i < n; i++)
        good += check(&f->es256, token, i) == JWS_GOOD;
    is_int(good, 0, "nor does one that is cut");
    is_result(check(&f->es256, token, n), JWS_GOOD, "the whole one does");
}

static void test_malformed(const struct fixture *f)
{
    static const char *const rows[] = {
        "",
        ".",
        "..",
        "...",
        "a",
        "a.b",
        "a.b.c",
        "a.b.c.d",
        "e30.e30.",                     /* {} */
        "bnVsbA.e30.",                  /* null */
        "W10.e30.",                     /* [] */
        "eyJhbGciOjF9.e30.",            /* {"alg":1} */
        "eyJhbGciOiJFUzI1NiJ9 .e30.AA", /* a blank */
        "eyJhbGciOiJFUzI1NiJ9.e30.A",   /* signature of no length */
        "eyJhbGciOiJFUzI1NiJ9.e30.AA==",
        "eyJhbGciOiJFUzI1NiIsImFsZyI6IkVTMjU2In0.e30.AA",        /* alg twice */
        "eyJhbGciOiJFUzI1NiIsImtpZCI6MX0.e30.AA",                /* {"alg":"ES256","kid":1} */
        "eyJhbGciOiJFUzI1NiIsImNyaXQiOlsieCJdLCJ4IjoxfQ.e30.AA", /* crit */
    };
    auto_free char *token = sign(f, KEY_ES256, &good_claims);
    auto_free char *long_token = malloc(JWS_MAX + 2);
    auto_buf struct buf b = BUF_INIT(8192);

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        char what[32];

        (void)snprintf(what, sizeof(what), "malformed token %zu", i);
        is_result(check(&f->es256, rows[i], strlen(rows[i])), JWS_MALFORMED, what);
    }
    (void)buf_appendf(&b, "%s ", token);
    is_result(check(&f->es256, b.data, b.len), JWS_MALFORMED, "a blank behind it");
    buf_reset(&b);
    (void)buf_appendf(&b, "%s=", token);
    is_result(check(&f->es256, b.data, b.len), JWS_MALFORMED, "padding behind it");
    is_result(check(&f->es256, token, strlen(token) + 1), JWS_MALFORMED, "NUL behind it");
    memset(long_token, 'A', JWS_MAX + 1);
    long_token[10] = long_token[20] = '.';
    is_result(check(&f->es256, long_token, JWS_MAX + 1), JWS_MALFORMED, "a very long one");
}

/* --- Keys and algorithms ------------------------------------------------------------------------
 */

/* A token with any header, signed by HS256 with the given secret; "" signature for NULL. */
static char *forge(const char *header, const void *secret, size_t n)
{
    auto_buf struct buf b = BUF_INIT(16384);
    auto_free char *claims = NULL;
    struct key *key = NULL;
    char *token = NULL;

    (void)claims_build(&claims, &good_claims, NULL);
    if (secret != NULL) {
        (void)key_from_secret(&key, secret, n, NULL);
        (void)claims_sign_hs256(&token, header, claims, key, NULL);
        key_unref(key);
        return token;
    }
    base64_encode(&b, BASE64_URL, header, strlen(header));
    (void)buf_append_char(&b, '.');
    base64_encode(&b, BASE64_URL, claims, strlen(claims));
    (void)buf_append_char(&b, '.');
    return buf_take(&b, NULL);
}

static void test_confusion(const struct fixture *f, enum key_algorithm algorithm)
{
    const struct key_set *keys = set_of(f, algorithm);
    auto_buf struct buf pem = BUF_INIT(8192);
    auto_buf struct buf header = BUF_INIT(1024);
    auto_free char *token = NULL;
    jwt_t *object = NULL;

    key_print_public(&pem, keys->keys[0]);
    (void)buf_appendf(&header, "{\"kid\":\"%s\"}", key_id(keys->keys[0]));
    token = forge(buf_text(&header), pem.data, pem.len);
    is_int(jwt_decode(&object, token, (unsigned char *)pem.data, (int)pem.len), 0,
           "HS256 keyed with a public %s key: libjwt takes it", key_algorithm_name(algorithm));
    jwt_free(object);
    is_result(check(keys, token, strlen(token)), JWS_BAD_ALGORITHM, "we do not");
}

static void test_algorithms(const struct fixture *f)
{
    static const char *const rows[] = {"none",  "None",  "nOnE",  "",      "ES384",
                                       "ES512", "HS256", "HS384", "PS256", "RS256",
                                       "RS384", "es256", "EdDSA"};
    char header[256];

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        auto_free char *token = NULL;

        (void)snprintf(header, sizeof(header), "{\"alg\":\"%s\",\"kid\":\"%s\"}", rows[i],
                       key_id(f->es256.keys[0]));
        token = forge(header, NULL, 0);
        is_result(check(&f->es256, token, strlen(token)), JWS_BAD_ALGORITHM, header);
    }
}

/* The key that a token brings along is no key. */
static void test_embedded_keys(const struct fixture *f)
{
    auto_set struct key_set stranger = {0};
    auto_free char *header = NULL;
    auto_free char *token = NULL;
    struct key *key = NULL;
    json_t *object;
    json_t *jwks;

    (void)key_generate(&key, KEY_ES256, NULL);
    (void)key_certify(key, "stranger", NOW, NULL);
    (void)key_set_add(&stranger, key, NULL);
    jwks = jwks_to_json(&stranger);
    object =
        json_pack("{s:s, s:O, s:o}", "alg", "ES256", "jwk",
                  json_array_get(json_object_get(jwks, "keys"), 0), "x5c", jwks_certificates(key));
    header = json_dumps(object, JSON_COMPACT);
    (void)jws_sign(&token, key, header, &good_claims, NULL);
    is_result(check(&f->es256, token, strlen(token)), JWS_BAD_SIGNATURE,
              "a stranger's token with jwk and x5c");
    is_result(check(&stranger, token, strlen(token)), JWS_GOOD, "it is otherwise a good one");
    json_decref(object);
    json_decref(jwks);
}

static void test_key_ids(const struct fixture *f)
{
    auto_set struct key_set both = {0};
    auto_free char *token = sign(f, KEY_ES256, &good_claims);
    const char *id = key_id(f->es256.keys[0]);
    auto_free char *foreign = NULL;
    char header[256];

    (void)key_set_add(&both, key_ref(f->other.keys[0]), NULL);
    (void)key_set_add(&both, key_ref(f->es256.keys[0]), NULL);
    is_result(check(&both, token, strlen(token)), JWS_GOOD, "the second key of a set");
    is_result(check(&f->other, token, strlen(token)), JWS_UNKNOWN_KEY, "another set");
    is_result(check(&f->rs256, token, strlen(token)), JWS_UNKNOWN_KEY, "another type");
    both.unnamed = true;
    (void)snprintf(header, sizeof(header), "{\"alg\":\"ES256\",\"kid\":\"%s\"}",
                   key_thumbprint(f->es256.keys[0]));
    (void)jws_sign(&foreign, f->es256.keys[0], header, &good_claims, NULL);
    is_result(check(&f->es256, foreign, strlen(foreign)), JWS_GOOD, "found by its thumbprint");
    free(foreign);
    (void)jws_sign(&foreign, f->es256.keys[0], "{\"alg\":\"ES256\",\"kid\":\"mine\"}", &good_claims,
                   NULL);
    is_result(check(&f->es256, foreign, strlen(foreign)), JWS_UNKNOWN_KEY, "a name nobody knows");
    is_result(check(&both, foreign, strlen(foreign)), JWS_GOOD, "unless the keys have no names");
    free(foreign);
    (void)jws_sign(&foreign, f->es256.keys[0], "{\"alg\":\"ES256\"}", &good_claims, NULL);
    is_result(check(&both, foreign, strlen(foreign)), JWS_GOOD, "no name: all keys are tried");
    free(foreign);
    (void)snprintf(header, sizeof(header), "{\"alg\":\"ES256\",\"kid\":\"%s\"}", id);
    (void)jws_sign(&foreign, f->other.keys[0], header, &good_claims, NULL);
    is_result(check(&f->es256, foreign, strlen(foreign)), JWS_BAD_SIGNATURE,
              "the name of another key");
    free(foreign);
    foreign = NULL;
}

/* --- Claims -------------------------------------------------------------------------------------
 */

static void test_claims(const struct fixture *f)
{
    static const struct {
        const char *what, *issuer, *audience;
        int64_t not_before, expires;
        enum jws_result want;
    } rows[] = {
        {"all is well", "issuer", "ocimock", NOW, NOW + 1, JWS_GOOD},
        {"wrong issuer", "other", "ocimock", NOW, NOW + 1, JWS_WRONG_ISSUER},
        {"empty issuer", "", "ocimock", NOW, NOW + 1, JWS_WRONG_ISSUER},
        {"wrong audience", "issuer", "other", NOW, NOW + 1, JWS_WRONG_AUDIENCE},
        {"part of the audience", "issuer", "ocimoc", NOW, NOW + 1, JWS_WRONG_AUDIENCE},
        {"expires now", "issuer", "ocimock", NOW - 9, NOW, JWS_EXPIRED},
        {"expired long ago", "issuer", "ocimock", 0, 1, JWS_EXPIRED},
        {"before 1970", "issuer", "ocimock", -5, -1, JWS_EXPIRED},
        {"in a second", "issuer", "ocimock", NOW + 1, NOW + 9, JWS_NOT_YET},
        {"in ages", "issuer", "ocimock", (int64_t)1 << 52, (int64_t)1 << 53, JWS_NOT_YET},
        {"for ever", "issuer", "ocimock", 0, (int64_t)1 << 53, JWS_GOOD},
        {"no time at all", "issuer", "ocimock", 0, INT64_MAX, JWS_MALFORMED},
    };

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct claims_settings s = good_claims;
        auto_free char *token = NULL;

        s.issuer = rows[i].issuer;
        s.audience = rows[i].audience;
        s.not_before = rows[i].not_before;
        s.expires = rows[i].expires;
        token = sign(f, KEY_ES256, &s);
        is_result(check(&f->es256, token, strlen(token)), rows[i].want, rows[i].what);
    }
}

static void test_leeway(const struct fixture *f)
{
    static const struct {
        int64_t now_ms;
        uint32_t leeway_ms;
        enum jws_result want;
    } rows[] = {
        {(int64_t)(NOW + 300) * 1000 - 1, 0, JWS_GOOD},
        {(int64_t)(NOW + 300) * 1000, 0, JWS_EXPIRED},
        {(int64_t)(NOW + 300) * 1000, 1, JWS_GOOD},
        {(int64_t)(NOW + 360) * 1000 - 1, 60000, JWS_GOOD},
        {(int64_t)(NOW + 360) * 1000, 60000, JWS_EXPIRED},
        {(int64_t)(NOW - 10) * 1000, 0, JWS_GOOD},
        {(int64_t)(NOW - 10) * 1000 - 1, 0, JWS_NOT_YET},
        {(int64_t)(NOW - 70) * 1000, 60000, JWS_GOOD},
        {(int64_t)(NOW - 70) * 1000 - 1, 60000, JWS_NOT_YET},
        {INT64_MAX, UINT32_MAX, JWS_EXPIRED},
        {INT64_MIN, UINT32_MAX, JWS_NOT_YET},
        {-1, 0, JWS_NOT_YET},
    };
    auto_free char *token = sign(f, KEY_ES256, &good_claims);

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        const struct jws_rules rules = {
            .keys = &f->es256, .now_ms = rows[i].now_ms, .leeway_ms = rows[i].leeway_ms};
        auto_claims struct claims claims = {0};
        char what[64];

        (void)snprintf(what, sizeof(what), "at %lld with a leeway of %u ms",
                       (long long)rows[i].now_ms, rows[i].leeway_ms);
        is_result(jws_verify(&claims, token, strlen(token), &rules, NULL), rows[i].want, what);
        is_str(claims.subject, "alice", "who it was is known");
    }
}

static void test_no_expiry(const struct fixture *f)
{
    auto_free char *token = NULL;
    const char *header = "{}";

    (void)claims_sign_hs256(&token, header, "{\"iss\":\"issuer\",\"aud\":\"ocimock\"}",
                            f->hs256.keys[0], NULL);
    is_result(check(&f->hs256, token, strlen(token)), JWS_MALFORMED, "a token without expiry");
    free(token);
    (void)claims_sign_hs256(&token, header,
                            "{\"iss\":\"issuer\",\"aud\":[\"a\",\"ocimock\"],\"exp\":1700000000.5}",
                            f->hs256.keys[0], NULL);
    is_result(check(&f->hs256, token, strlen(token)), JWS_EXPIRED,
              "a list of audiences is taken, fractions are cut");
}

static void test_read(const struct fixture *f)
{
    auto_free char *token = sign(f, KEY_ES256, &good_claims);
    auto_claims struct claims claims = {0};
    struct claims_header header;
    auto_free char *header_text = NULL;
    auto_free char *claims_text = NULL;
    struct err err;

    ok(jws_read(&header, &claims, token, strlen(token), &err) == 0, "a token is read unverified");
    is_str(header.algorithm, "ES256", "its algorithm");
    is_str(header.key_id, key_id(f->es256.keys[0]), "its key");
    is_str(claims.subject, "alice", "its subject");
    ok(jws_read_texts(&header_text, &claims_text, token, strlen(token), &err) == 0, "as texts");
    is_str(header_text, f->header[KEY_ES256], "the header");
    ok(strstr(claims_text, "\"sub\":\"alice\"") != NULL, "the claims");
    claims_done(&claims);
    ok(jws_read(&header, &claims, "x.y", 3, &err) == -1, "what is no token is not");
}

int main(void)
{
    struct fixture f;

    plan_lazy();
    setup(&f);
    test_good(&f, KEY_ES256);
    test_good(&f, KEY_RS256);
    test_good(&f, KEY_HS256);
    test_rfc();
    test_every_byte(&f);
    test_malformed(&f);
    test_confusion(&f, KEY_ES256);
    test_confusion(&f, KEY_RS256);
    test_algorithms(&f);
    test_embedded_keys(&f);
    test_key_ids(&f);
    test_claims(&f);
    test_leeway(&f);
    test_no_expiry(&f);
    test_read(&f);
    teardown(&f);
    done_testing();
}
