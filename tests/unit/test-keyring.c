/* SPDX-License-Identifier: MIT */
#include "auth/keyring.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <jansson.h>

#include "auth/claims.h"
#include "auth/jws.h"
#include "auth/key_set.h"
#include "lib/util/buf.h"
#include "lib/util/err.h"
#include "lib/util/util.h"
#include "tests/tap/tap.h"
#include "tests/unit/key_help.h"

enum { NOW = 1700000000 };

static const struct scope_set nothing;
static const struct claims_settings alice = {
    .issuer = "i",
    .subject = "alice",
    .audience = "a",
    .issued_at = NOW,
    .not_before = NOW - CLAIMS_EARLY,
    .expires = NOW + 300,
    .access = &nothing,
};

static struct keyring *new_ring(bool x5c)
{
    const struct keyring_settings settings = {.x5c = x5c, .name = "ocimock", .now = NOW};
    struct keyring *ring = NULL;

    (void)keyring_new(&ring, &settings, NULL);
    return ring;
}

static struct key *new_key(const char *id)
{
    struct key *key = NULL;

    (void)key_generate(&key, KEY_ES256, NULL);
    if (id != NULL)
        (void)key_set_id(key, id, NULL);
    return key;
}

static void is_verified(const struct keyring *ring, const char *token, enum jws_result want,
                        const char *what)
{
    const struct jws_rules rules = {.keys = keyring_keys(ring), .now_ms = (int64_t)NOW * 1000};
    struct claims claims;

    is_str(jws_result_name(jws_verify(&claims, token, strlen(token), &rules, NULL)),
           jws_result_name(want), "%s", what);
    claims_done(&claims);
}

static void test_empty(void)
{
    struct keyring *ring = new_ring(true);
    struct err err;
    char *token = NULL;

    ok(keyring_signer(ring) == NULL, "an empty ring has no key");
    ok(keyring_sign(ring, &token, &alice, &err) == -1 && err.code == ERR_BUSY,
       "it cannot sign yet");
    ok(keyring_retire(ring, "x", &err) == -1 && err.code == ERR_ABSENT, "nor retire anything");
    is_verified(ring, JOE_ES256, JWS_UNKNOWN_KEY, "nor verify");
    keyring_free(ring);
    keyring_free(NULL);
}

static void test_rotation(void)
{
    struct keyring *ring = new_ring(true);
    auto_free char *old = NULL;
    auto_free char *new = NULL;
    struct err err;

    ok(keyring_add(ring, new_key("old"), KEYRING_FIRST, &err) == 0, "the first key");
    ok(keyring_sign(ring, &old, &alice, &err) == 0, "signs");
    ok(keyring_retire(ring, "old", &err) == -1 && err.code == ERR_INVALID,
       "and is not retired while it is the only one");
    ok(keyring_add(ring, new_key("new"), KEYRING_FIRST, &err) == 0, "another one comes in front");
    is_str(key_id(keyring_signer(ring)), "new", "and signs from now on");
    ok(keyring_sign(ring, &new, &alice, &err) == 0, "a new token");
    is_verified(ring, old, JWS_GOOD, "the old token verifies");
    is_verified(ring, new, JWS_GOOD, "the new one too");
    ok(keyring_add(ring, new_key("last"), KEYRING_LAST, &err) == 0, "one more at the end");
    is_str(key_id(keyring_signer(ring)), "new", "does not sign");
    ok(keyring_retire(ring, "old", &err) == 0, "the old key is retired");
    is_verified(ring, old, JWS_UNKNOWN_KEY, "its token verifies no more");
    is_verified(ring, new, JWS_GOOD, "the other one does");
    ok(keyring_retire(ring, key_thumbprint(keyring_signer(ring)), &err) == 0,
       "a key is retired by its thumbprint too");
    is_str(key_id(keyring_signer(ring)), "last", "the next one signs");
    free(new);
    new = NULL;
    (void)keyring_sign(ring, &new, &alice, &err);
    is_verified(ring, new, JWS_GOOD, "with its own header");
    keyring_free(ring);
}

static void test_refused(void)
{
    struct keyring *ring = new_ring(true);
    struct key *public = NULL;
    struct err err;

    (void)key_parse(&public, DOC_PUBLIC_PEM, strlen(DOC_PUBLIC_PEM), NULL);
    ok(keyring_add(ring, public, KEYRING_FIRST, &err) == -1 && err.code == ERR_INVALID,
       "a public key is refused");
    (void)keyring_add(ring, new_key("a"), KEYRING_FIRST, &err);
    ok(keyring_add(ring, new_key("a"), KEYRING_FIRST, &err) == -1 && err.code == ERR_EXISTS,
       "so is a name that is taken");
    for (int i = 1; i < KEY_SET_MAX; i++)
        (void)keyring_add(ring, new_key(NULL), KEYRING_LAST, &err);
    ok(keyring_add(ring, new_key(NULL), KEYRING_FIRST, &err) == -1 && err.code == ERR_LIMIT,
       "and one key too many");
    keyring_free(ring);
}

static void test_headers(bool x5c)
{
    struct keyring *ring = new_ring(x5c);
    auto_free char *token = NULL;
    auto_free char *header = NULL;
    auto_free char *claims = NULL;
    json_t *object;

    (void)keyring_add(ring, new_key("k"), KEYRING_FIRST, NULL);
    (void)keyring_sign(ring, &token, &alice, NULL);
    (void)jws_read_texts(&header, &claims, token, strlen(token), NULL);
    object = json_loads(header, 0, NULL);
    is_str(json_string_value(json_object_get(object, "kid")), "k", "the id is in the header");
    is_int((long long)json_array_size(json_object_get(object, "x5c")), x5c ? 1 : 0,
           "the certificate %s", x5c ? "too" : "is not");
    is_int((long long)key_certificate_count(keyring_signer(ring)), 1, "but the key has one");
    json_decref(object);
    keyring_free(ring);
}

static void test_loaded(bool certificate)
{
    struct keyring *ring = new_ring(true);
    struct key *key = new_key("k");
    auto_free char *token = NULL;
    auto_free char *header = NULL;
    auto_free char *claims = NULL;

    if (certificate)
        (void)key_certify(key, "other", NOW, NULL);
    ok(keyring_add_loaded(ring, key, KEYRING_LAST, NULL) == 0, "a key out of a file");
    (void)keyring_sign(ring, &token, &alice, NULL);
    (void)jws_read_texts(&header, &claims, token, strlen(token), NULL);
    ok((strstr(header, "x5c") != NULL) == certificate, "tokens carry its certificate %s",
       certificate ? "that was given" : "only when it was given");
    is_int((long long)key_certificate_count(key), 1, "it has one anyway");
    keyring_free(ring);
}

/* --- Configuration ------------------------------------------------------------------------------
 */

static void write_file(const char *path, const char *text)
{
    FILE *f = fopen(path, "w");

    (void)fputs(text, f);
    (void)fclose(f);
}

static void configure(const char *file, const char *format, int want, enum err_code code,
                      const char *want_id)
{
    struct keyring *ring = new_ring(true);
    auto_buf struct buf text = BUF_INIT(4096);
    struct err err = {0};
    json_t *list;

    (void)buf_append_text(&text, format);
    for (char *p = text.data; (p = strstr(p, "PEM")) != NULL; p += 3)
        memcpy(p, file, 3); /* the names of the files have three letters too */
    list = json_loads(text.data, 0, NULL);
    is_int(keyring_add_configured(ring, list, &err), want, "%s", text.data);
    is_int(err.code, code, "%s", err.msg);
    if (want == 0)
        is_str(key_id(keyring_signer(ring)), want_id, "the first of them signs");
    json_decref(list);
    keyring_free(ring);
}

static void test_configured(void)
{
    char path[] = "/tmp/test-keyring-XXXXXX";
    auto_buf struct buf certificate = BUF_INIT(KEY_FILE_MAX);
    struct key *key = new_key(NULL);

    if (mkdtemp(path) == NULL || chdir(path) != 0) {
        skip("no folder for files");
        return;
    }
    (void)key_certify(key, "stranger", NOW, NULL);
    key_print_certificates(&certificate, key);
    write_file("a.k", DOC_PEM);
    write_file("b.k", DOC_PUBLIC_PEM);
    write_file("c.k", certificate.data);
    configure("a.k", "[{\"key\":\"PEM\"}]", 0, ERR_NONE, DOC_LIBTRUST);
    configure("a.k", "[{\"key\":\"PEM\",\"kid\":\"libtrust\"}]", 0, ERR_NONE, DOC_LIBTRUST);
    configure("a.k", "[{\"key\":\"PEM\",\"kid\":\"thumbprint\"}]", 0, ERR_NONE, DOC_THUMB);
    configure("a.k", "[{\"key\":\"PEM\",\"kid\":\"mine\"}]", 0, ERR_NONE, "mine");
    configure("a.k", "[{\"key\":\"PEM\"},{\"key\":\"PEM\"}]", -1, ERR_CONFIG, NULL);
    configure("b.k", "[{\"key\":\"PEM\"}]", -1, ERR_CONFIG, NULL);
    configure("x.k", "[{\"key\":\"PEM\"}]", -1, ERR_CONFIG, NULL);
    configure("x.k", "[{\"certificate\":\"PEM\"}]", -1, ERR_CONFIG, NULL);
    configure("a.k", "[{\"key\":\"PEM\",\"certificate\":\"c.k\"}]", -1, ERR_CONFIG, NULL);
    (void)unlink("a.k");
    (void)unlink("b.k");
    (void)unlink("c.k");
    (void)chdir("/");
    (void)rmdir(path);
    key_unref(key);
}

int main(void)
{
    plan_lazy();
    test_empty();
    test_rotation();
    test_refused();
    test_headers(true);
    test_headers(false);
    test_loaded(true);
    test_loaded(false);
    test_configured();
    done_testing();
}
