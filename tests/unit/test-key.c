/* SPDX-License-Identifier: MIT */
#include "auth/key.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/evp.h>
#include <openssl/x509v3.h>

#include "lib/util/buf.h"
#include "lib/util/err.h"
#include "lib/util/util.h"
#include "tests/tap/tap.h"
#include "tests/unit/key_help.h"

DEFINE_AUTO(key, struct key, key_unref)
#define auto_key __attribute__((cleanup(auto_key_)))

enum { NOW = 1700000000, DAY = 24 * 60 * 60, THREADS = 4, ROUNDS = 50 };

static const char message[] = "what is signed";

static struct key *new_key(enum key_algorithm algorithm)
{
    struct key *key = NULL;
    struct err err = {0};

    if (key_generate(&key, algorithm, &err) != 0)
        diag("no key: %s", err.msg);
    return key;
}

static void test_sign(enum key_algorithm algorithm, size_t size)
{
    const char *name = key_algorithm_name(algorithm);
    auto_key struct key *key = new_key(algorithm);
    auto_key struct key *other = new_key(algorithm);
    unsigned char signature[KEY_SIGNATURE_MAX];
    size_t n = 0;

    ok(key_algorithm(key) == algorithm && key_is_private(key), "%s: a new key", name);
    ok(key_sign(key, message, sizeof(message), signature, &n, NULL) == 0, "%s: signs", name);
    is_int((long long)n, (long long)size, "%s: %zu bytes", name, size);
    ok(key_verify(key, message, sizeof(message), signature, n), "%s: verifies", name);
    ok(!key_verify(key, message, sizeof(message) - 1, signature, n), "%s: not another message",
       name);
    ok(!key_verify(other, message, sizeof(message), signature, n), "%s: not by another key", name);
    ok(!key_verify(key, message, sizeof(message), signature, n - 1), "%s: not cut", name);
    ok(!key_verify(key, message, sizeof(message), signature, 0), "%s: not empty", name);
    for (size_t i = 0; i < n; i += n / 8) {
        signature[i] ^= 1;
        ok(!key_verify(key, message, sizeof(message), signature, n),
           "%s: not with byte %zu changed", name, i);
        signature[i] ^= 1;
    }
    memset(signature, 0, n);
    ok(!key_verify(key, message, sizeof(message), signature, n), "%s: not zeros", name);
    memset(signature, 0xff, n);
    ok(!key_verify(key, message, sizeof(message), signature, n), "%s: not ones", name);
}

/* r and s with zeros in front become shorter integers: many signatures meet all cases. */
static void test_many(void)
{
    auto_key struct key *key = new_key(KEY_ES256);
    unsigned char signature[KEY_SIGNATURE_MAX];
    int bad = 0;
    int zeros = 0;
    size_t n;

    for (int i = 0; i < 1500; i++) {
        if (key_sign(key, &i, sizeof(i), signature, &n, NULL) != 0 || n != 64 ||
            !key_verify(key, &i, sizeof(i), signature, n))
            bad++;
        zeros += signature[0] == 0 || signature[32] == 0;
    }
    is_int(bad, 0, "1500 signatures verify");
    ok(zeros > 0, "%d of them begin with a zero byte", zeros);
}

static void test_secret(void)
{
    auto_key struct key *key = NULL;
    unsigned char signature[KEY_SIGNATURE_MAX];
    struct err err;
    size_t n;

    ok(key_from_secret(&key, TEST_SECRET, KEY_SECRET_MIN - 1, &err) == -1,
       "a short secret is refused");
    ok(strstr(err.msg, "0123") == NULL, "and not printed");
    ok(key_from_secret(&key, TEST_SECRET, strlen(TEST_SECRET), &err) == 0, "HS256");
    is_str(key_id(key), "", "has no name of its own");
    ok(!key_has_id(key, ""), "not even an empty one");
    ok(key_sign(key, "x", 1, signature, &n, &err) == -1, "is not signed here");
    ok(!key_verify(key, "x", 1, signature, 0), "an empty signature is refused");
}

static void test_document(void)
{
    auto_key struct key *key = NULL;
    auto_key struct key *public = NULL;
    unsigned char signature[128];
    struct err err;
    size_t n;

    ok(key_parse(&key, DOC_PEM, strlen(DOC_PEM), &err) == 0, "a private key is read");
    ok(key_is_private(key), "it can sign");
    is_str(key_id(key), DOC_LIBTRUST, "its id");
    is_str(key_thumbprint(key), DOC_THUMB, "its thumbprint");
    ok(key_has_id(key, DOC_THUMB) && key_has_id(key, DOC_LIBTRUST) && !key_has_id(key, "other"),
       "it is found by both");
    ok(key_parse(&public, DOC_PUBLIC_PEM, strlen(DOC_PUBLIC_PEM), &err) == 0, "the public one too");
    ok(!key_is_private(public), "which cannot sign");
    ok(key_sign(public, "x", 1, signature, &n, &err) == -1, "indeed");
    is_int(err.code, ERR_INVALID, "and says so");
    is_str(key_id(public), DOC_LIBTRUST, "it has the same id");
}

static void test_names(void)
{
    auto_key struct key *key = new_key(KEY_ES256);
    char text[KEY_ID_MAX + 2];
    enum key_algorithm a;

    ok(key_set_id(key, "my-key", NULL) == 0, "a key gets a name");
    is_str(key_id(key), "my-key", "which is its id");
    ok(key_has_id(key, "my-key") && key_has_id(key, key_libtrust_id(key)), "beside the other ones");
    memset(text, 'a', sizeof(text));
    text[KEY_ID_MAX + 1] = '\0';
    ok(key_set_id(key, text, NULL) == -1, "a long one is refused");
    ok(key_set_id(key, "", NULL) == -1, "an empty one too");
    ok(key_algorithm_parse(&a, "RS256") && a == KEY_RS256, "algorithms have names");
    ok(!key_algorithm_parse(&a, "none") && !key_algorithm_parse(&a, "es256") &&
           !key_algorithm_parse(&a, "") && !key_algorithm_parse(&a, "HS512"),
       "others are not known");
}

/* --- PEM ---------------------------------------------------------------------------------------
 */

static void test_round_trip(enum key_algorithm algorithm)
{
    const char *name = key_algorithm_name(algorithm);
    auto_key struct key *key = new_key(algorithm);
    auto_key struct key *again = NULL;
    auto_key struct key *public = NULL;
    auto_buf struct buf b = BUF_INIT(KEY_FILE_MAX);

    ok(key_certify(key, "registry", NOW, NULL) == 0, "%s: a certificate is made", name);
    key_print_private(&b, key);
    key_print_certificates(&b, key);
    ok(key_parse(&again, buf_text(&b), b.len, NULL) == 0, "%s: key and certificate are read", name);
    is_str(key_id(again), key_id(key), "%s: it is the same key", name);
    is_int((long long)key_certificate_count(again), 1, "%s: with its certificate", name);
    buf_reset(&b);
    key_print_certificates(&b, key);
    ok(key_parse(&public, buf_text(&b), b.len, NULL) == 0, "%s: a certificate alone", name);
    ok(!key_is_private(public) && strcmp(key_id(public), key_id(key)) == 0, "%s: is the public key",
       name);
}

static void test_certificate(void)
{
    auto_key struct key *key = new_key(KEY_ES256);
    auto_key struct key *other = new_key(KEY_ES256);
    auto_buf struct buf b = BUF_INIT(KEY_FILE_MAX);
    struct err err;
    time_t before = NOW - 1;
    time_t later = NOW + (time_t)19 * 365 * DAY;
    X509 *x;

    (void)key_certify(key, "registry \xc3\xa4", NOW, NULL);
    x = key_certificate(key, 0);
    ok(X509_verify(x, key_pkey(key)) == 1, "it is signed by its own key");
    ok(X509_cmp_time(X509_get0_notBefore(x), &before) < 0, "it is valid at once");
    ok(X509_cmp_time(X509_get0_notAfter(x), &later) > 0, "and for many years");
    is_int(X509_check_ca(x), 1, "it may be a root");
    key_print_certificates(&b, key);
    ok(key_set_certificates(other, buf_text(&b), b.len, &err) == -1, "another key refuses it");
    is_int(err.code, ERR_INVALID, "because it does not fit");
    ok(key_set_certificates(key, buf_text(&b), b.len, &err) == 0, "its own takes it");
    ok(key_set_certificates(key, "", 0, &err) == -1 && err.code == ERR_ABSENT,
       "nothing is no chain");
}

static void test_bad_pem(void)
{
    static const char encrypted[] = "-----BEGIN RSA PRIVATE KEY-----\nProc-Type: "
                                    "4,ENCRYPTED\nDEK-Info: AES-128-CBC,00\n\nAAAA\n"
                                    "-----END RSA PRIVATE KEY-----\n";
    static const char *const rows[] = {
        "",
        "no PEM",
        "-----BEGIN PRIVATE KEY-----\n",
        "-----BEGIN PRIVATE KEY-----\n!!!!\n-----END PRIVATE KEY-----\n",
        "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n",
        "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
        "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n",
        "-----BEGIN OTHER THING-----\nAAAA\n-----END OTHER THING-----\n",
        "-----BEGIN ENCRYPTED PRIVATE KEY-----\nAAAA\n-----END ENCRYPTED PRIVATE KEY-----\n",
        encrypted,
    };
    struct err err;

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct key *key = NULL;

        ok(key_parse(&key, rows[i], strlen(rows[i]), &err) == -1, "bad PEM %zu is refused", i);
        ok(err.msg[0] != '\0' && strstr(err.msg, "AAAA") == NULL, "with a message");
        key_unref(key);
    }
    ok(strstr(err.msg, "encrypted") != NULL, "which says that it is encrypted");
}

/* Keys that sign no token of ours. */
static void test_other_types(void)
{
    static const struct {
        const char *type, *group;
        size_t bits;
    } rows[] = {
        {"EC", "P-384", 0}, {"EC", "secp256k1", 0}, {"ED25519", NULL, 0}, {"RSA", NULL, 1024}};

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct key *key = NULL;
        struct err err = {0};
        EVP_PKEY *pkey =
            rows[i].group != NULL ? EVP_PKEY_Q_keygen(NULL, NULL, rows[i].type, rows[i].group)
            : rows[i].bits > 0    ? EVP_PKEY_Q_keygen(NULL, NULL, rows[i].type, rows[i].bits)
                                  : EVP_PKEY_Q_keygen(NULL, NULL, rows[i].type);

        ok(key_from_pkey(&key, pkey, true, &err) == -1, "type %zu is refused", i);
        is_int(err.code, ERR_UNSUPPORTED, "as not supported: %s", err.msg);
    }
}

static void test_load(void)
{
    struct key *key = NULL;
    struct err err;

    ok(key_load(&key, "/nonexistent/token.pem", &err) == -1, "a file that is not there");
    ok(strstr(err.msg, "/nonexistent/token.pem") != NULL, "is named");
}

/* --- Threads -----------------------------------------------------------------------------------
 */

static void *use_key(void *arg)
{
    struct key *key = arg;
    unsigned char signature[KEY_SIGNATURE_MAX];
    size_t good = 0;
    size_t n;

    for (int i = 0; i < ROUNDS; i++) {
        if (key_sign(key, &i, sizeof(i), signature, &n, NULL) == 0 &&
            key_verify(key, &i, sizeof(i), signature, n))
            good++;
    }
    key_unref(key);
    return (void *)good; // NOLINT(performance-no-int-to-ptr)
}

static void test_threads(enum key_algorithm algorithm)
{
    struct key *key = new_key(algorithm);
    pthread_t threads[THREADS];

    for (int i = 0; i < THREADS; i++)
        (void)pthread_create(&threads[i], NULL, use_key, key_ref(key));
    key_unref(key);
    for (int i = 0; i < THREADS; i++) {
        void *good = NULL;

        (void)pthread_join(threads[i], &good);
        is_int((long long)(size_t)good, ROUNDS, "%s: thread %d signs and verifies",
               key_algorithm_name(algorithm), i);
    }
}

int main(void)
{
    plan_lazy();
    test_sign(KEY_ES256, 64);
    test_sign(KEY_RS256, 256);
    test_many();
    test_secret();
    test_document();
    test_names();
    test_round_trip(KEY_ES256);
    test_round_trip(KEY_RS256);
    test_certificate();
    test_bad_pem();
    test_other_types();
    test_load();
    test_threads(KEY_ES256);
    test_threads(KEY_RS256);
    done_testing();
}
