/* SPDX-License-Identifier: MIT */
#include "auth/claims.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "lib/util/buf.h"
#include "lib/util/err.h"
#include "lib/util/util.h"
#include "tests/tap/tap.h"
#include "tests/unit/key_help.h"

#define auto_claims __attribute__((cleanup(claims_done)))
#define auto_set    __attribute__((cleanup(scope_set_done)))

enum { NOW = 1700000000 };

static void test_build(void)
{
    auto_set struct scope_set access = {0};
    struct claims_settings settings = {
        .issuer = "issuer",
        .subject = "",
        .audience = "ocimock",
        .id = "x1",
        .issued_at = NOW,
        .not_before = NOW - CLAIMS_EARLY,
        .expires = NOW + 300,
        .access = &access,
    };
    auto_free char *json = NULL;
    auto_free char *other = NULL;
    auto_free char *another = NULL;

    (void)scope_set_parse(&access, "repository:a/b:pull,push", NULL);
    ok(claims_build(&json, &settings, NULL) == 0, "claims are built");
    is_str(
        json,
        "{\"access\":[{\"actions\":[\"pull\",\"push\"],\"name\":\"a/b\",\"type\":\"repository\"}],"
        "\"aud\":\"ocimock\",\"exp\":1700000300,\"iat\":1700000000,\"iss\":\"issuer\","
        "\"jti\":\"x1\",\"nbf\":1699999990,\"sub\":\"\"}",
        "of an anonymous token; the audience is a text");
    settings.id = NULL;
    settings.subject = "a\"\\\n\xc3\xa4";
    (void)claims_build(&other, &settings, NULL);
    (void)claims_build(&another, &settings, NULL);
    ok(strstr(other, "\"sub\":\"a\\\"\\\\\\n\xc3\xa4\"") != NULL, "texts are escaped");
    ok(strcmp(other, another) != 0, "ids are random");
    settings.subject = "\xff";
    free(another);
    another = NULL;
    ok(claims_build(&another, &settings, NULL) == -1, "what is not UTF-8 is refused");
}

static void test_round_trip(void)
{
    auto_set struct scope_set access = {0};
    const struct claims_settings settings = {
        .issuer = "issuer",
        .subject = "alice",
        .audience = "ocimock",
        .issued_at = NOW,
        .not_before = NOW - CLAIMS_EARLY,
        .expires = NOW + 300,
        .access = &access,
    };
    auto_claims struct claims claims = {0};
    auto_buf struct buf scopes = BUF_INIT(1000);
    auto_free char *json = NULL;

    (void)scope_set_parse(&access, "repository:h:1/a:pull registry:catalog:*", NULL);
    (void)claims_build(&json, &settings, NULL);
    ok(claims_parse(&claims, json, strlen(json), NULL) == 0, "our own claims are read");
    is_str(claims.issuer, "issuer", "issuer");
    is_str(claims.subject, "alice", "subject");
    is_int((long long)strlen(claims.id), 22, "a random id has 16 bytes");
    is_int(claims.expires, NOW + 300, "exp");
    is_int(claims.not_before, NOW - 10, "nbf");
    is_int(claims.issued_at, NOW, "iat");
    ok(claims.has_subject && claims.has_expires && claims.has_not_before && claims.has_issued_at &&
           claims.has_access,
       "all are there");
    ok(claims_has_audience(&claims, "ocimock"), "the audience");
    ok(!claims_has_audience(&claims, "ocimock2") && !claims_has_audience(&claims, ""), "no other");
    scope_set_format(&scopes, &claims.access);
    is_str(buf_text(&scopes), "repository:h:1/a:pull registry:catalog:*", "the scopes");
}

static void test_from_others(void)
{
    static const struct {
        const char *json;
        enum err_code code; /* ERR_NONE: read */
    } rows[] = {
        {"{}", ERR_NONE},
        {"{\"aud\":[]}", ERR_NONE},
        {"{\"aud\":[\"a\",\"b\"],\"kubernetes.io\":{\"namespace\":\"n\",\"pod\":{\"name\":\"p\"}}}",
         ERR_NONE},
        {"{\"exp\":1e3}", ERR_NONE},
        {"{\"exp\":-0.5}", ERR_NONE},
        {"{\"access\":null}", ERR_NONE},
        {"{\"sub\":\"\"}", ERR_NONE},
        {" {\"sub\":\"a\"} ", ERR_NONE},
        {"", ERR_SYNTAX},
        {"null", ERR_SYNTAX},
        {"[]", ERR_SYNTAX},
        {"\"a\"", ERR_SYNTAX},
        {"{", ERR_SYNTAX},
        {"{}{}", ERR_SYNTAX},
        {"{\"sub\":\"a\",\"sub\":\"b\"}", ERR_SYNTAX},
        {"{\"sub\":\"\\u0000\"}", ERR_SYNTAX},
        {"{\"sub\":\"\xff\"}", ERR_SYNTAX},
        {"{\"sub\":1}", ERR_SYNTAX},
        {"{\"sub\":null}", ERR_SYNTAX},
        {"{\"iss\":[]}", ERR_SYNTAX},
        {"{\"jti\":{}}", ERR_SYNTAX},
        {"{\"exp\":\"1\"}", ERR_SYNTAX},
        {"{\"exp\":null}", ERR_SYNTAX},
        {"{\"exp\":1e300}", ERR_SYNTAX},
        {"{\"exp\":9223372036854775807}", ERR_SYNTAX},
        {"{\"exp\":9223372036854775808}", ERR_SYNTAX},
        {"{\"nbf\":-9223372036854775808}", ERR_SYNTAX},
        {"{\"iat\":true}", ERR_SYNTAX},
        {"{\"aud\":1}", ERR_SYNTAX},
        {"{\"aud\":[1]}", ERR_SYNTAX},
        {"{\"aud\":{}}", ERR_SYNTAX},
        {"{\"access\":{}}", ERR_SYNTAX},
        {"{\"access\":[1]}", ERR_SYNTAX},
        {"[[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]]", ERR_LIMIT},
    };

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        auto_claims struct claims claims = {0};
        struct err err = {0};

        is_int(claims_parse(&claims, rows[i].json, strlen(rows[i].json), &err),
               rows[i].code == ERR_NONE ? 0 : -1, "claims %zu", i);
        is_int(err.code, rows[i].code, "claims %zu: %s", i, err.msg);
    }
}

static void test_times(void)
{
    static const char json[] = "{\"exp\":1700000000.9,\"nbf\":-0.5,\"iat\":0}";
    auto_claims struct claims claims = {0};

    (void)claims_parse(&claims, json, strlen(json), NULL);
    is_int(claims.expires, 1700000000, "fractions of a second are cut");
    is_int(claims.not_before, -1, "downwards");
    ok(claims.has_issued_at && claims.issued_at == 0, "0 is a time");
    ok(!claims.has_subject && !claims.has_access, "what is not there is known not to be");
}

static void test_limits(void)
{
    auto_buf struct buf b = BUF_INIT((size_t)2 * CLAIMS_JSON_MAX);
    auto_claims struct claims claims = {0};
    struct err err;

    (void)buf_appendf(&b, "{\"sub\":\"%0*d\"}", CLAIMS_TEXT_MAX, 0);
    ok(claims_parse(&claims, b.data, b.len, &err) == 0, "a subject of %d bytes", CLAIMS_TEXT_MAX);
    claims_done(&claims);
    buf_reset(&b);
    (void)buf_appendf(&b, "{\"sub\":\"%0*d\"}", CLAIMS_TEXT_MAX + 1, 0);
    ok(claims_parse(&claims, b.data, b.len, &err) == -1 && err.code == ERR_LIMIT, "no longer one");
    buf_reset(&b);
    (void)buf_appendf(&b, "{\"a\":\"%0*d\"}", CLAIMS_JSON_MAX, 0);
    ok(claims_parse(&claims, b.data, b.len, &err) == -1 && err.code == ERR_LIMIT,
       "no more than %d bytes", CLAIMS_JSON_MAX);
    ok(claims_parse(&claims, "{}\0{}", 5, &err) == -1 && err.code == ERR_SYNTAX, "no NUL");
}

static void test_header(void)
{
    struct claims_header header;
    struct key *key = NULL;
    auto_free char *plain = NULL;
    auto_free char *full = NULL;
    json_t *object;

    (void)key_parse(&key, DOC_PEM, strlen(DOC_PEM), NULL);
    (void)key_certify(key, "registry", NOW, NULL);
    ok(claims_build_header(&plain, key, false, NULL) == 0, "a header is built");
    is_str(plain, "{\"alg\":\"ES256\",\"kid\":\"" DOC_LIBTRUST "\",\"typ\":\"JWT\"}",
           "with the key's id");
    ok(claims_build_header(&full, key, true, NULL) == 0, "and one with the certificate");
    object = json_loads(full, 0, NULL);
    is_int((long long)json_array_size(json_object_get(object, "x5c")), 1, "of which there is one");
    is_str(json_string_value(json_object_get(object, "kid")), DOC_LIBTRUST, "beside the id");
    json_decref(object);
    ok(claims_parse_header(&header, full, strlen(full), NULL) == 0, "it is read");
    ok(header.has_key_id && strcmp(header.key_id, DOC_LIBTRUST) == 0, "with the id");
    is_str(header.algorithm, "ES256", "and the algorithm");
    key_unref(key);
}

static void test_bad_headers(void)
{
    static const struct {
        const char *json;
        enum err_code code;
    } rows[] = {
        {"{\"alg\":\"ES256\"}", ERR_NONE},
        {"{\"alg\":\"none\"}", ERR_NONE}, /* refused where it is checked */
        {"{\"alg\":\"ES256\",\"jwk\":{\"kty\":\"EC\"},\"x5c\":[1],\"jku\":5}", ERR_NONE},
        {"{}", ERR_SYNTAX},
        {"[]", ERR_SYNTAX},
        {"{\"alg\":null}", ERR_SYNTAX},
        {"{\"alg\":[\"ES256\"]}", ERR_SYNTAX},
        {"{\"alg\":\"ES256\",\"alg\":\"none\"}", ERR_SYNTAX},
        {"{\"alg\":\"ES256\",\"kid\":7}", ERR_SYNTAX},
        {"{\"alg\":\"ES256\",\"crit\":[\"exp\"],\"exp\":1}", ERR_UNSUPPORTED},
        {"{\"alg\":\"ES256\",\"crit\":null}", ERR_UNSUPPORTED},
        {"{\"alg\":\"ES256ES256ES256ES256ES256ES256ES256\"}", ERR_LIMIT},
    };

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct claims_header header;
        struct err err = {0};

        (void)claims_parse_header(&header, rows[i].json, strlen(rows[i].json), &err);
        is_int(err.code, rows[i].code, "header %zu: %s", i, err.msg);
    }
}

int main(void)
{
    plan_lazy();
    test_build();
    test_round_trip();
    test_from_others();
    test_times();
    test_limits();
    test_header();
    test_bad_headers();
    done_testing();
}
