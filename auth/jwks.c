/* SPDX-License-Identifier: MIT */
#include "auth/jwks.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>
#include <openssl/x509.h>

#include "auth/key_id.h"
#include "auth/key_set.h"
#include "auth/openssl_err.h"
#include "lib/util/base64.h"
#include "lib/util/buf.h"
#include "lib/util/err.h"
#include "lib/util/file.h"
#include "lib/util/json.h"
#include "lib/util/text.h"
#include "lib/util/util.h"

enum { CERTIFICATE_TEXT_MAX = 64 * 1024, KEYS_MAX = 1000 };

DEFINE_AUTO(key, struct key, key_unref)
DEFINE_AUTO(json, json_t, json_decref)
#define auto_key  __attribute__((cleanup(auto_key_)))
#define auto_json __attribute__((cleanup(auto_json_)))

/* --- Writing ------------------------------------------------------------------------------------
 */

static json_t *encode(enum base64_alphabet alphabet, const void *p, size_t n)
{
    auto_buf struct buf b = BUF_INIT(CERTIFICATE_TEXT_MAX);

    base64_encode(&b, alphabet, p, n);
    return b.failed ? NULL : json_string(buf_text(&b));
}

static json_t *encode_certificate(const X509 *certificate)
{
    unsigned char *der = NULL;
    int n = i2d_X509(certificate, &der);
    json_t *text = n > 0 ? encode(BASE64_STANDARD, der, (size_t)n) : NULL;

    OPENSSL_free(der);
    return text;
}

json_t *jwks_certificates(const struct key *key)
{
    auto_json json_t *list = json_array();

    for (size_t i = 0; i < key_certificate_count(key); i++) {
        if (json_array_append_new(list, encode_certificate(key_certificate(key, i))) != 0)
            return NULL;
    }
    return STEAL(list);
}

static json_t *public_part(const struct key *key)
{
    struct key_part first;
    struct key_part second;
    bool rsa;

    if (key_id_parts(&first, &second, &rsa, key_pkey(key), NULL) != 0)
        return NULL;
    if (rsa)
        return json_pack("{s:s, s:o, s:o}", "kty", "RSA", "n",
                         encode(BASE64_URL, first.bytes, first.n), "e",
                         encode(BASE64_URL, second.bytes, second.n));
    return json_pack("{s:s, s:s, s:o, s:o}", "kty", "EC", "crv", "P-256", "x",
                     encode(BASE64_URL, first.bytes, first.n), "y",
                     encode(BASE64_URL, second.bytes, second.n));
}

static json_t *key_to_json(const struct key *key)
{
    auto_json json_t *object = public_part(key);

    if (object == NULL || json_object_set_new(object, "kid", json_string(key_id(key))) != 0 ||
        json_object_set_new(object, "use", json_string("sig")) != 0 ||
        json_object_set_new(object, "alg", json_string(key_algorithm_name(key_algorithm(key)))) !=
            0)
        return NULL;
    if (key_certificate_count(key) > 0 &&
        json_object_set_new(object, "x5c", jwks_certificates(key)) != 0)
        return NULL;
    return STEAL(object);
}

json_t *jwks_to_json(const struct key_set *set)
{
    auto_json json_t *list = json_array();

    for (size_t i = 0; i < set->count; i++) {
        if (key_algorithm(set->keys[i]) != KEY_HS256 &&
            json_array_append_new(list, key_to_json(set->keys[i])) != 0)
            return NULL;
    }
    return list == NULL ? NULL : json_pack("{s:O}", "keys", list);
}

/* --- Reading ------------------------------------------------------------------------------------
 */

static const char *text_of(const json_t *object, const char *name)
{
    const char *text = json_string_value(json_object_get(object, name));

    return text != NULL ? text : "";
}

/* A number in base64url; false when it is none, or longer than any key. */
static bool decode(struct key_part *ret, const json_t *object, const char *name)
{
    const json_t *text = json_object_get(object, name);
    size_t n = json_string_length(text);

    return n > 0 && n <= KEY_PART_MAX &&
           base64_decode(ret->bytes, &ret->n, BASE64_URL, json_string_value(text), n);
}

static EVP_PKEY *from_params(const char *type, OSSL_PARAM_BLD *build)
{
    OSSL_PARAM *params = OSSL_PARAM_BLD_to_param(build);
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, type, NULL);
    EVP_PKEY *pkey = NULL;

    if (params == NULL || ctx == NULL || EVP_PKEY_fromdata_init(ctx) != 1 ||
        EVP_PKEY_fromdata(ctx, &pkey, EVP_PKEY_PUBLIC_KEY, params) != 1)
        pkey = NULL;
    EVP_PKEY_CTX_free(ctx);
    OSSL_PARAM_free(params);
    return pkey;
}

/* OpenSSL refuses a point that is not on the curve. */
static EVP_PKEY *ec_key(const struct key_part *x, const struct key_part *y)
{
    unsigned char point[1 + 2 * KEY_COORDINATE] = {POINT_CONVERSION_UNCOMPRESSED};
    OSSL_PARAM_BLD *build = OSSL_PARAM_BLD_new();
    EVP_PKEY *pkey = NULL;

    memcpy(point + 1, x->bytes, KEY_COORDINATE);
    memcpy(point + 1 + KEY_COORDINATE, y->bytes, KEY_COORDINATE);
    if (build != NULL &&
        OSSL_PARAM_BLD_push_utf8_string(build, OSSL_PKEY_PARAM_GROUP_NAME, "P-256", 0) == 1 &&
        OSSL_PARAM_BLD_push_octet_string(build, OSSL_PKEY_PARAM_PUB_KEY, point, sizeof(point)) == 1)
        pkey = from_params("EC", build);
    OSSL_PARAM_BLD_free(build);
    return pkey;
}

static EVP_PKEY *rsa_key(const struct key_part *n, const struct key_part *e)
{
    OSSL_PARAM_BLD *build = OSSL_PARAM_BLD_new();
    BIGNUM *modulus = BN_bin2bn(n->bytes, (int)n->n, NULL);
    BIGNUM *exponent = BN_bin2bn(e->bytes, (int)e->n, NULL);
    EVP_PKEY *pkey = NULL;

    if (build != NULL && modulus != NULL && exponent != NULL &&
        OSSL_PARAM_BLD_push_BN(build, OSSL_PKEY_PARAM_RSA_N, modulus) == 1 &&
        OSSL_PARAM_BLD_push_BN(build, OSSL_PKEY_PARAM_RSA_E, exponent) == 1)
        pkey = from_params("RSA", build);
    BN_free(modulus);
    BN_free(exponent);
    OSSL_PARAM_BLD_free(build);
    return pkey;
}

static EVP_PKEY *public_key(const json_t *object, struct err *err)
{
    bool rsa = strcmp(text_of(object, "kty"), "RSA") == 0;
    struct key_part first;
    struct key_part second;
    EVP_PKEY *pkey;

    if (!decode(&first, object, rsa ? "n" : "x") || !decode(&second, object, rsa ? "e" : "y") ||
        (!rsa && (first.n != KEY_COORDINATE || second.n != KEY_COORDINATE))) {
        (void)err_set(err, ERR_SYNTAX, "%s of the right size in base64url are needed",
                      rsa ? "'n' and 'e'" : "'x' and 'y'");
        return NULL;
    }
    pkey = rsa ? rsa_key(&first, &second) : ec_key(&first, &second);
    if (pkey == NULL)
        (void)openssl_failed(err, "public key");
    return pkey;
}

/* What it says about itself must be what we would use it for. */
static int check_use(const json_t *object, struct err *err)
{
    const char *type = text_of(object, "kty");
    const char *use = text_of(object, "use");
    const char *algorithm = text_of(object, "alg");
    bool rsa = strcmp(type, "RSA") == 0;

    if (!rsa && strcmp(type, "EC") != 0)
        return err_set(err, ERR_UNSUPPORTED, "type %s", TEXT_QUOTE(type));
    if (!rsa && strcmp(text_of(object, "crv"), "P-256") != 0)
        return err_set(err, ERR_UNSUPPORTED, "curve %s", TEXT_QUOTE(text_of(object, "crv")));
    if (use[0] != '\0' && strcmp(use, "sig") != 0)
        return err_set(err, ERR_UNSUPPORTED, "use %s", TEXT_QUOTE(use));
    if (algorithm[0] != '\0' && strcmp(algorithm, rsa ? "RS256" : "ES256") != 0)
        return err_set(err, ERR_UNSUPPORTED, "algorithm %s", TEXT_QUOTE(algorithm));
    return 0;
}

static int key_from_json(struct key **ret, const json_t *object, struct err *err)
{
    auto_key struct key *key = NULL;
    const char *id = text_of(object, "kid");
    EVP_PKEY *pkey;

    if (!json_is_object(object))
        return err_set(err, ERR_SYNTAX, "is no object");
    if (check_use(object, err) != 0)
        return -1;
    pkey = public_key(object, err);
    if (pkey == NULL || key_from_pkey(&key, pkey, false, err) != 0 ||
        (id[0] != '\0' && key_set_id(key, id, err) != 0))
        return -1;
    *ret = STEAL(key);
    return 0;
}

static void warn_skipped(jwks_warn_fn warn, void *arg, size_t i, const char *reason)
{
    char message[512];

    if (warn == NULL)
        return;
    (void)snprintf(message, sizeof(message), "key %zu is skipped: %s", i, reason);
    warn(arg, message);
}

static int add_keys(struct key_set *set, const json_t *list, jwks_warn_fn warn, void *arg,
                    struct err *err)
{
    struct err reason = {0};
    const json_t *object;
    size_t i;

    json_array_foreach(list, i, object)
    {
        struct key *key = NULL;

        if (strcmp(text_of(object, "kty"), "oct") == 0)
            return err_set(err, ERR_UNSUPPORTED,
                           "key %zu is a shared secret (oct): a key set for verifying must not "
                           "hold one",
                           i);
        if (key_from_json(&key, object, &reason) != 0)
            warn_skipped(warn, arg, i, reason.msg);
        else if (key_set_add(set, key, err) != 0)
            return -1;
    }
    return 0;
}

int jwks_parse(struct key_set *set, const char *text, size_t n, jwks_warn_fn warn, void *arg,
               struct err *err)
{
    const struct util_json_limits limits = {
        .size = KEY_FILE_MAX, .depth = 8, .values = (size_t)KEYS_MAX * 10};
    auto_json json_t *root = NULL;
    size_t before = set->count;
    json_t *list;

    if (util_json_parse(&root, text, n, &limits, err) != 0)
        return -1;
    list = json_object_get(root, "keys");
    if (!json_is_array(list))
        return err_set(err, ERR_SYNTAX, "is no key set: {\"keys\": [...]}");
    if (add_keys(set, list, warn, arg, err) != 0)
        return -1;
    if (set->count == before)
        return err_set(err, ERR_ABSENT, "there is no key in it that verifies tokens");
    return 0;
}

int jwks_load(struct key_set *set, const char *path, jwks_warn_fn warn, void *arg, struct err *err)
{
    auto_buf struct buf b = BUF_INIT(KEY_FILE_MAX);

    if (file_read(&b, path, err) != 0)
        return -1;
    return jwks_parse(set, buf_text(&b), b.len, warn, arg, err) == 0 ? 0
                                                                     : err_wrap(err, "%s", path);
}
