/* SPDX-License-Identifier: MIT */
#include "auth/key.h"

#include <stdlib.h>
#include <string.h>

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rsa.h>
#include <openssl/sha.h>
#include <openssl/x509.h>

#include "auth/key_internal.h"
#include "auth/openssl_err.h"
#include "lib/util/err.h"
#include "lib/util/text.h"
#include "lib/util/util.h"

enum {
    ES256_HALF = KEY_COORDINATE, /* r and s have the coordinates' size */
    ECDSA_DER_MAX = 2 + 2 * 35,  /* a sequence of two positive integers of 32 bytes */
    GENERATE_TRIES = 100,        /* one in 128 pairs is thrown away */
};

DEFINE_AUTO(key, struct key, key_unref)
#define auto_key __attribute__((cleanup(auto_key_)))

static const char *const names[] = {
    [KEY_ES256] = "ES256",
    [KEY_RS256] = "RS256",
    [KEY_HS256] = "HS256",
};

const char *key_algorithm_name(enum key_algorithm algorithm)
{
    return names[algorithm];
}

bool key_algorithm_parse(enum key_algorithm *ret, const char *name)
{
    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        if (strcmp(names[i], name) == 0) {
            *ret = (enum key_algorithm)i;
            return true;
        }
    }
    return false;
}

struct key *key_ref(struct key *key)
{
    (void)atomic_fetch_add_explicit(&key->refs, 1, memory_order_relaxed);
    return key;
}

void key_unref(struct key *key)
{
    if (key == NULL || atomic_fetch_sub_explicit(&key->refs, 1, memory_order_acq_rel) != 1)
        return;
    EVP_PKEY_CTX_free(key->sign);
    EVP_PKEY_CTX_free(key->verify);
    EVP_PKEY_free(key->pkey);
    EVP_MD_free(key->sha256);
    sk_X509_pop_free(key->chain, X509_free);
    if (key->secret != NULL)
        OPENSSL_cleanse(key->secret, key->secret_n);
    free(key->secret);
    free(key);
}

static struct key *new_key(enum key_algorithm algorithm)
{
    struct key *key = calloc(1, sizeof(*key));

    if (key == NULL)
        return NULL;
    atomic_init(&key->refs, 1);
    key->algorithm = algorithm;
    return key;
}

/* --- Making -------------------------------------------------------------------------------------
 */

static int find_algorithm(enum key_algorithm *ret, const EVP_PKEY *pkey, struct err *err)
{
    char group[64] = "";
    int bits = EVP_PKEY_get_bits(pkey);

    if (EVP_PKEY_is_a(pkey, "RSA")) {
        if (bits < KEY_RSA_BITS || bits > KEY_RSA_BITS_MAX)
            return err_set(err, ERR_UNSUPPORTED, "an RSA key of %d bits: use %d to %d", bits,
                           KEY_RSA_BITS, KEY_RSA_BITS_MAX);
        *ret = KEY_RS256;
        return 0;
    }
    if (!EVP_PKEY_is_a(pkey, "EC"))
        return err_set(err, ERR_UNSUPPORTED, "a key that is neither EC P-256 nor RSA");
    if (EVP_PKEY_get_group_name(pkey, group, sizeof(group), NULL) != 1 ||
        (strcmp(group, SN_X9_62_prime256v1) != 0 && strcmp(group, "P-256") != 0))
        return err_set(err, ERR_UNSUPPORTED, "an EC key of another curve than P-256");
    *ret = KEY_ES256;
    return 0;
}

/* A context that only has to be copied to be used. */
static EVP_PKEY_CTX *prepare(struct key *key, int (*init)(EVP_PKEY_CTX *))
{
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(key->pkey, NULL);

    if (ctx == NULL || init(ctx) != 1 || EVP_PKEY_CTX_set_signature_md(ctx, key->sha256) != 1 ||
        (key->algorithm == KEY_RS256 &&
         EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_PADDING) != 1)) {
        EVP_PKEY_CTX_free(ctx);
        return NULL;
    }
    return ctx;
}

static int prepare_all(struct key *key, struct err *err)
{
    key->sha256 = EVP_MD_fetch(NULL, "SHA256", NULL);
    if (key->sha256 == NULL)
        return openssl_failed(err, "SHA-256");
    key->verify = prepare(key, EVP_PKEY_verify_init);
    if (key->private)
        key->sign = prepare(key, EVP_PKEY_sign_init);
    return key->verify != NULL && (key->sign != NULL || !key->private) ? 0
                                                                       : openssl_failed(err, "key");
}

static int name_key(struct key *key, struct err *err)
{
    struct key_part x;
    struct key_part y;
    bool rsa;

    if (key_id_libtrust(key->libtrust, key->pkey, err) != 0 ||
        key_id_thumbprint(key->thumbprint, key->pkey, err) != 0 ||
        key_id_parts(&x, &y, &rsa, key->pkey, err) != 0)
        return -1;
    key->short_coordinate = !rsa && (x.bytes[0] == 0 || y.bytes[0] == 0);
    memcpy(key->id, key->libtrust, sizeof(key->libtrust));
    return 0;
}

int key_from_pkey(struct key **ret, struct evp_pkey_st *pkey, bool private, struct err *err)
{
    auto_key struct key *key = new_key(KEY_ES256);

    if (key == NULL) {
        EVP_PKEY_free(pkey);
        return err_set(err, ERR_NOMEM, "key");
    }
    key->pkey = pkey;
    key->private = private;
    if (find_algorithm(&key->algorithm, pkey, err) != 0 || prepare_all(key, err) != 0 ||
        name_key(key, err) != 0)
        return -1;
    *ret = STEAL(key);
    return 0;
}

int key_from_secret(struct key **ret, const void *secret, size_t n, struct err *err)
{
    auto_key struct key *key = NULL;

    if (n < KEY_SECRET_MIN)
        return err_set(err, ERR_INVALID, "a secret for HS256 needs %d bytes", KEY_SECRET_MIN);
    key = new_key(KEY_HS256);
    if (key == NULL)
        return err_set(err, ERR_NOMEM, "key");
    key->private = true;
    key->secret = malloc(n);
    if (key->secret == NULL)
        return err_set(err, ERR_NOMEM, "key");
    memcpy(key->secret, secret, n);
    key->secret_n = n;
    *ret = STEAL(key);
    return 0;
}

static EVP_PKEY *generate(enum key_algorithm algorithm)
{
    return algorithm == KEY_RS256 ? EVP_PKEY_Q_keygen(NULL, NULL, "RSA", (size_t)KEY_RSA_BITS)
                                  : EVP_PKEY_Q_keygen(NULL, NULL, "EC", "P-256");
}

int key_generate(struct key **ret, enum key_algorithm algorithm, struct err *err)
{
    ASSERT(algorithm != KEY_HS256);
    for (int i = 0; i < GENERATE_TRIES; i++) {
        auto_key struct key *key = NULL;
        EVP_PKEY *pkey = generate(algorithm);

        if (pkey == NULL)
            return openssl_failed(err, "a new key");
        if (key_from_pkey(&key, pkey, true, err) != 0)
            return -1;
        if (key->short_coordinate)
            continue;
        *ret = STEAL(key);
        return 0;
    }
    return err_set(err, ERR_INVALID, "the random numbers are not random");
}

/* --- Signing and verifying ----------------------------------------------------------------------
 */

static bool hash(const struct key *key, const void *p, size_t n,
                 unsigned char digest[SHA256_DIGEST_LENGTH])
{
    return EVP_Digest(p, n, digest, NULL, key->sha256, NULL) == 1;
}

/* OpenSSL's DER to r and s side by side; false for what is out of range. */
static bool der_to_raw(unsigned char *raw, const unsigned char *der, size_t n)
{
    ECDSA_SIG *sig = d2i_ECDSA_SIG(NULL, &der, (long)n);
    bool good = sig != NULL && BN_bn2binpad(ECDSA_SIG_get0_r(sig), raw, ES256_HALF) == ES256_HALF &&
                BN_bn2binpad(ECDSA_SIG_get0_s(sig), raw + ES256_HALF, ES256_HALF) == ES256_HALF;

    ECDSA_SIG_free(sig);
    return good;
}

/* A positive integer in DER; where it ends. */
static unsigned char *put_integer(unsigned char *to, const unsigned char *raw)
{
    size_t zeros = 0;
    size_t n;

    while (zeros < ES256_HALF - 1 && raw[zeros] == 0)
        zeros++;
    n = ES256_HALF - zeros;
    *to++ = 0x02;
    *to++ = (unsigned char)(n + (raw[zeros] >> 7));
    if (raw[zeros] >> 7 != 0)
        *to++ = 0;
    memcpy(to, raw + zeros, n);
    return to + n;
}

static size_t raw_to_der(unsigned char der[ECDSA_DER_MAX], const unsigned char *raw)
{
    unsigned char *end = put_integer(put_integer(der + 2, raw), raw + ES256_HALF);

    der[0] = 0x30;
    der[1] = (unsigned char)(end - der - 2);
    return (size_t)(end - der);
}

static bool sign_digest(const struct key *key, const unsigned char *digest,
                        unsigned char *signature, size_t *ret_n)
{
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_dup(key->sign);
    unsigned char der[ECDSA_DER_MAX];
    size_t n = key->algorithm == KEY_ES256 ? sizeof(der) : KEY_SIGNATURE_MAX;
    bool good = ctx != NULL && EVP_PKEY_sign(ctx, key->algorithm == KEY_ES256 ? der : signature, &n,
                                             digest, SHA256_DIGEST_LENGTH) == 1;

    EVP_PKEY_CTX_free(ctx);
    if (good && key->algorithm == KEY_ES256) {
        good = der_to_raw(signature, der, n);
        n = 2 * ES256_HALF;
    }
    *ret_n = n;
    return good;
}

int key_sign(const struct key *key, const void *p, size_t n, unsigned char *signature,
             size_t *ret_n, struct err *err)
{
    unsigned char digest[SHA256_DIGEST_LENGTH];

    if (key->algorithm == KEY_HS256)
        return err_set(err, ERR_UNSUPPORTED, "HS256 is not signed here");
    if (!key->private)
        return err_set(err, ERR_INVALID, "a public key cannot sign");
    if (!hash(key, p, n, digest) || !sign_digest(key, digest, signature, ret_n))
        return openssl_failed(err, "signature");
    return 0;
}

static bool verify_secret(const struct key *key, const void *p, size_t n,
                          const unsigned char *signature, size_t signature_n)
{
    unsigned char mac[EVP_MAX_MD_SIZE];
    unsigned mac_n = 0;

    return HMAC(EVP_sha256(), key->secret, (int)key->secret_n, p, n, mac, &mac_n) != NULL &&
           mac_n == signature_n && CRYPTO_memcmp(mac, signature, mac_n) == 0;
}

static bool verify_digest(const struct key *key, const unsigned char *digest,
                          const unsigned char *signature, size_t n)
{
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_dup(key->verify);
    bool good =
        ctx != NULL && EVP_PKEY_verify(ctx, signature, n, digest, SHA256_DIGEST_LENGTH) == 1;

    EVP_PKEY_CTX_free(ctx);
    if (!good)
        ERR_clear_error();
    return good;
}

bool key_verify(const struct key *key, const void *p, size_t n, const unsigned char *signature,
                size_t signature_n)
{
    unsigned char digest[SHA256_DIGEST_LENGTH];
    unsigned char der[ECDSA_DER_MAX];
    size_t der_n;

    if (key->algorithm == KEY_HS256)
        return verify_secret(key, p, n, signature, signature_n);
    if (!hash(key, p, n, digest))
        return false;
    if (key->algorithm == KEY_RS256)
        return verify_digest(key, digest, signature, signature_n);
    if (signature_n != 2 * ES256_HALF)
        return false;
    der_n = raw_to_der(der, signature);
    return verify_digest(key, digest, der, der_n);
}

/* --- What it is ---------------------------------------------------------------------------------
 */

enum key_algorithm key_algorithm(const struct key *key)
{
    return key->algorithm;
}

bool key_is_private(const struct key *key)
{
    return key->private;
}

const char *key_id(const struct key *key)
{
    return key->id;
}

int key_set_id(struct key *key, const char *id, struct err *err)
{
    size_t n = strlen(id);

    if (n > KEY_ID_MAX)
        return err_set(err, ERR_LIMIT, "a key id of more than %d bytes", KEY_ID_MAX);
    if (n == 0 || !text_is_utf8(id, n))
        return err_set(err, ERR_INVALID, "%s is no key id", TEXT_QUOTE(id));
    memcpy(key->id, id, n + 1);
    return 0;
}

const char *key_libtrust_id(const struct key *key)
{
    return key->libtrust;
}

const char *key_thumbprint(const struct key *key)
{
    return key->thumbprint;
}

bool key_has_id(const struct key *key, const char *id)
{
    return id[0] != '\0' && (strcmp(key->id, id) == 0 || strcmp(key->libtrust, id) == 0 ||
                             strcmp(key->thumbprint, id) == 0);
}

bool key_has_short_coordinate(const struct key *key)
{
    return key->short_coordinate;
}

struct evp_pkey_st *key_pkey(const struct key *key)
{
    return key->pkey;
}

const void *key_secret(const struct key *key, size_t *ret_n)
{
    *ret_n = key->secret_n;
    return key->secret;
}
