/* SPDX-License-Identifier: MIT */
#include "auth/key_id.h"

#include <string.h>

#include <openssl/evp.h>

#include "auth/jwks.h"
#include "auth/key_set.h"
#include "lib/util/err.h"
#include "lib/util/util.h"
#include "tests/tap/tap.h"
#include "tests/unit/key_help.h"

#define auto_set __attribute__((cleanup(key_set_done)))

static void test_document(void)
{
    auto_set struct key_set set = {0};
    char libtrust[KEY_ID_LIBTRUST_SIZE];
    char thumbprint[KEY_ID_THUMBPRINT_SIZE];

    (void)jwks_parse(&set, DOC_JWKS, strlen(DOC_JWKS), NULL, NULL, NULL);
    ok(key_id_libtrust(libtrust, key_pkey(set.keys[0]), NULL) == 0, "the libtrust id");
    is_str(libtrust, DOC_LIBTRUST, "of the key in the specification");
    ok(key_id_thumbprint(thumbprint, key_pkey(set.keys[0]), NULL) == 0, "its thumbprint");
    is_str(thumbprint, DOC_THUMB, "as registry 3 calculates it");
}

static void test_rfc(void)
{
    auto_set struct key_set set = {0};
    char thumbprint[KEY_ID_THUMBPRINT_SIZE];
    char libtrust[KEY_ID_LIBTRUST_SIZE];
    struct key_part n;
    struct key_part e;
    bool rsa;

    (void)jwks_parse(&set, RFC_JWKS, strlen(RFC_JWKS), NULL, NULL, NULL);
    ok(key_id_thumbprint(thumbprint, key_pkey(set.keys[0]), NULL) == 0,
       "the thumbprint of an RSA key");
    is_str(thumbprint, RFC_THUMB, "is that of RFC 7638");
    ok(key_id_libtrust(libtrust, key_pkey(set.keys[0]), NULL) == 0, "its libtrust id");
    is_int((long long)strlen(libtrust), 59, "has twelve groups");
    for (size_t i = 4; i < 59; i += 5)
        is_int(libtrust[i], ':', "a colon at %zu", i);
    ok(key_id_parts(&n, &e, &rsa, key_pkey(set.keys[0]), NULL) == 0 && rsa, "its parts");
    is_int((long long)n.n, 256, "the modulus has 2048 bits");
    is_mem(e.bytes, e.n, "\1\0\1", 3, "the exponent is 65537");
}

/* Zeros in front of a coordinate belong to it (RFC 7518, 6.2.1.2). */
static void test_short_coordinate(void)
{
    bool found = false;

    for (int i = 0; i < 5000 && !found; i++) {
        struct key *key = NULL;
        EVP_PKEY *pkey = EVP_PKEY_Q_keygen(NULL, NULL, "EC", "P-256");
        struct key_part x;
        struct key_part y;
        bool rsa;

        (void)key_from_pkey(&key, pkey, true, NULL);
        (void)key_id_parts(&x, &y, &rsa, key_pkey(key), NULL);
        if (x.bytes[0] == 0 || y.bytes[0] == 0) {
            found = true;
            ok(x.n == KEY_COORDINATE && y.n == KEY_COORDINATE, "zeros in front are kept");
            ok(key_has_short_coordinate(key), "and such a key is known as one");
        } else if (key_has_short_coordinate(key)) {
            ok(false, "a key without them is not");
        }
        key_unref(key);
    }
    ok(found, "there are such keys");
}

static void test_generated(void)
{
    int shorter = 0;

    for (int i = 0; i < 1000; i++) {
        struct key *key = NULL;

        (void)key_generate(&key, KEY_ES256, NULL);
        shorter += key_has_short_coordinate(key);
        key_unref(key);
    }
    is_int(shorter, 0, "none of 1000 generated keys is such a key");
}

int main(void)
{
    plan_lazy();
    test_document();
    test_rfc();
    test_short_coordinate();
    test_generated();
    done_testing();
}
