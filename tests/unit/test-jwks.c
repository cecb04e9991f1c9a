/* SPDX-License-Identifier: MIT */
#include "auth/jwks.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "auth/key_set.h"
#include "lib/util/buf.h"
#include "lib/util/err.h"
#include "lib/util/util.h"
#include "tests/tap/tap.h"
#include "tests/unit/key_help.h"

#define auto_set __attribute__((cleanup(key_set_done)))

enum { NOW = 1700000000 };

/* The warnings of one reading, one per line. */
static void collect(void *arg, const char *message)
{
    (void)buf_appendf(arg, "%s\n", message);
}

static void test_write(void)
{
    auto_set struct key_set set = {0};
    struct key *key = NULL;
    json_t *object;
    char *text;

    (void)key_parse(&key, DOC_PEM, strlen(DOC_PEM), NULL);
    (void)key_set_add(&set, key, NULL);
    object = jwks_to_json(&set);
    text = json_dumps(object, JSON_COMPACT | JSON_SORT_KEYS);
    is_str(text,
           "{\"keys\":[{\"alg\":\"ES256\",\"crv\":\"P-256\",\"kid\":\"" DOC_LIBTRUST
           "\",\"kty\":\"EC\",\"use\":\"sig\",\"x\":\"" DOC_X "\",\"y\":\"" DOC_Y "\"}]}",
           "a public key is written; its private part is not");
    free(text);
    json_decref(object);
}

static void test_round_trip(void)
{
    auto_set struct key_set set = {0};
    auto_set struct key_set again = {0};
    auto_buf struct buf warnings = BUF_INIT(4096);
    json_t *object;
    char *text;

    for (enum key_algorithm a = KEY_ES256; a <= KEY_HS256; a++) {
        struct key *key = NULL;

        if (a == KEY_HS256) {
            (void)key_from_secret(&key, TEST_SECRET, strlen(TEST_SECRET), NULL);
        } else {
            (void)key_generate(&key, a, NULL);
            (void)key_certify(key, "registry", NOW, NULL);
        }
        (void)key_set_add(&set, key, NULL);
    }
    (void)key_set_id(set.keys[1], "named", NULL);
    object = jwks_to_json(&set);
    text = json_dumps(object, JSON_COMPACT);
    is_int((long long)json_array_size(json_object_get(object, "keys")), 2,
           "a secret is not written");
    ok(strstr(text, TEST_SECRET) == NULL && strstr(text, "oct") == NULL, "in no form");
    ok(jwks_parse(&again, text, strlen(text), collect, &warnings, NULL) == 0, "the set is read");
    is_str(buf_text(&warnings), "", "without warning");
    is_int((long long)again.count, 2, "both keys");
    is_str(key_thumbprint(again.keys[0]), key_thumbprint(set.keys[0]), "the EC key");
    is_str(key_thumbprint(again.keys[1]), key_thumbprint(set.keys[1]), "the RSA key");
    is_str(key_id(again.keys[1]), "named", "its name is kept");
    ok(!key_is_private(again.keys[0]), "they are public");
    free(text);
    json_decref(object);
}

static void test_certificates(void)
{
    struct key *key = NULL;
    json_t *list;

    (void)key_generate(&key, KEY_ES256, NULL);
    list = jwks_certificates(key);
    is_int((long long)json_array_size(list), 0, "no certificate");
    json_decref(list);
    (void)key_certify(key, "registry", NOW, NULL);
    list = jwks_certificates(key);
    is_int((long long)json_array_size(list), 1, "one certificate");
    ok(strncmp(json_string_value(json_array_get(list, 0)), "MII", 3) == 0, "as DER in base 64");
    json_decref(list);
    key_unref(key);
}

/* A good key behind each of these, so that only a warning comes of it. */
static void test_skipped(void)
{
    static const struct {
        const char *key, *warning;
    } rows[] = {
        {"{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"x\":\"AA\"}", "type 'OKP'"},
        {"{\"crv\":\"P-256\"}", "type ''"},
        {"{\"kty\":\"EC\",\"crv\":\"P-384\",\"x\":\"AA\",\"y\":\"AA\"}", "curve 'P-384'"},
        {"{\"kty\":\"EC\",\"x\":\"" DOC_X "\",\"y\":\"" DOC_Y "\"}", "curve ''"},
        {"{\"kty\":\"EC\",\"crv\":\"P-256\",\"use\":\"enc\",\"x\":\"" DOC_X "\",\"y\":\"" DOC_Y
         "\"}",
         "use 'enc'"},
        {"{\"kty\":\"EC\",\"crv\":\"P-256\",\"alg\":\"HS256\",\"x\":\"" DOC_X "\",\"y\":\"" DOC_Y
         "\"}",
         "algorithm 'HS256'"},
        {"{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"" DOC_X "\"}", "'x' and 'y'"},
        {"{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"" DOC_X "AA\",\"y\":\"" DOC_Y "\"}",
         "'x' and 'y'"},
        {"{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"" DOC_X "=\",\"y\":\"" DOC_Y "\"}",
         "'x' and 'y'"},
        {"{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"" DOC_X "\",\"y\":\"" DOC_X "\"}",
         "public key"},
        {"{\"kty\":\"RSA\",\"n\":\"AQAB\",\"e\":\"AQAB\"}", "RSA key of 17 bits"},
        {"{\"kty\":\"RSA\",\"n\":\"" RFC_N "\"}", "'n' and 'e'"},
        {"{\"kty\":\"RSA\",\"alg\":\"PS256\",\"n\":\"" RFC_N "\",\"e\":\"AQAB\"}",
         "algorithm 'PS256'"},
        {"5", "no object"},
        {"{\"kty\":5}", "type ''"},
    };

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        auto_set struct key_set set = {0};
        auto_buf struct buf warnings = BUF_INIT(4096);
        auto_buf struct buf text = BUF_INIT(8192);

        (void)buf_appendf(&text, "{\"keys\":[%s,{\"kty\":\"RSA\",\"n\":\"%s\",\"e\":\"AQAB\"}]}",
                          rows[i].key, RFC_N);
        is_int(jwks_parse(&set, text.data, text.len, collect, &warnings, NULL), 0, "set %zu", i);
        is_int((long long)set.count, 1, "set %zu: the good key is there", i);
        ok(strncmp(buf_text(&warnings), "key 0 is skipped: ", 18) == 0 &&
               strstr(buf_text(&warnings), rows[i].warning) != NULL,
           "set %zu: %s", i, buf_text(&warnings));
    }
}

static void test_refused(void)
{
    static const struct {
        const char *text;
        enum err_code code;
    } rows[] = {
        {"", ERR_SYNTAX},
        {"{}", ERR_SYNTAX},
        {"[]", ERR_SYNTAX},
        {"{\"keys\":{}}", ERR_SYNTAX},
        {"{\"keys\":[]}", ERR_ABSENT},
        {"{\"keys\":[{\"kty\":\"OKP\"}]}", ERR_ABSENT},
        {"{\"keys\":[{\"kty\":\"oct\",\"k\":\"c2VjcmV0\"}]}", ERR_UNSUPPORTED},
        {"{\"keys\":[]", ERR_SYNTAX},
        {"{\"keys\":[],\"keys\":[]}", ERR_SYNTAX},
        {"{\"keys\":[[[[[[[[[[]]]]]]]]]]}", ERR_LIMIT},
    };

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        auto_set struct key_set set = {0};
        struct err err = {0};

        is_int(jwks_parse(&set, rows[i].text, strlen(rows[i].text), NULL, NULL, &err), -1,
               "text %zu is refused", i);
        is_int(err.code, rows[i].code, "text %zu: %s", i, err.msg);
        ok(strstr(err.msg, "c2VjcmV0") == NULL, "no secret is shown");
    }
}

static void test_many(void)
{
    auto_set struct key_set set = {0};
    auto_buf struct buf text = BUF_INIT(65536);
    struct err err;

    (void)buf_append_text(&text, "{\"keys\":[");
    for (int i = 0; i <= KEY_SET_MAX; i++)
        (void)buf_appendf(&text, "%s{\"kty\":\"RSA\",\"n\":\"%s\",\"e\":\"AQAB\"}",
                          i > 0 ? "," : "", RFC_N);
    (void)buf_append_text(&text, "]}");
    ok(jwks_parse(&set, text.data, text.len, NULL, NULL, &err) == -1, "too many keys");
    is_int(err.code, ERR_LIMIT, "are over the limit");
}

int main(void)
{
    auto_set struct key_set set = {0};
    struct err err;

    plan_lazy();
    test_write();
    test_round_trip();
    test_certificates();
    test_skipped();
    test_refused();
    test_many();
    ok(jwks_load(&set, "/nonexistent/jwks.json", NULL, NULL, &err) == -1 &&
           strstr(err.msg, "/nonexistent/jwks.json") != NULL,
       "a file that is not there is named");
    done_testing();
}
