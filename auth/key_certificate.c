/* SPDX-License-Identifier: MIT */
/*
 * The certificates of a key: registries that trust certificates find the leaf in a token's x5c.
 */
#include "auth/key.h"

#include <stdio.h>
#include <string.h>

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>

#include "auth/key_internal.h"
#include "auth/openssl_err.h"
#include "lib/util/err.h"
#include "lib/util/text.h"
#include "lib/util/util.h"

enum {
    DAY = 24 * 60 * 60,
    YEARS = 20,
    SERIAL_BYTES = 16,
    NAME_MAX_ = 64, /* ub-common-name (RFC 5280) */
};

static bool set_serial(X509 *x)
{
    unsigned char bytes[SERIAL_BYTES];
    BIGNUM *number = NULL;
    bool good = RAND_bytes(bytes, sizeof(bytes)) == 1;

    bytes[0] = (bytes[0] & 0x7f) | 0x40; /* positive, and of full length */
    number = good ? BN_bin2bn(bytes, sizeof(bytes), NULL) : NULL;
    good = number != NULL && BN_to_ASN1_INTEGER(number, X509_get_serialNumber(x)) != NULL;
    BN_free(number);
    return good;
}

static bool set_name(X509 *x, const char *name)
{
    X509_NAME *subject = X509_get_subject_name(x);
    size_t n = strlen(name);

    n = text_cut(name, n < NAME_MAX_ ? n : NAME_MAX_);
    return X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_UTF8, (const unsigned char *)name,
                                      (int)n, -1, 0) == 1 &&
           X509_set_issuer_name(x, subject) == 1;
}

static bool set_times(X509 *x, int64_t now)
{
    return ASN1_TIME_adj(X509_getm_notBefore(x), (time_t)now, -1, 0) != NULL &&
           ASN1_TIME_adj(X509_getm_notAfter(x), (time_t)now, YEARS * 365 + YEARS / 4, 0) != NULL;
}

/* Names by which chains are found (RFC 5280, 4.2.1.2). */
static bool add_extension(X509 *x, int nid, const char *value)
{
    X509V3_CTX ctx;
    X509_EXTENSION *extension;
    bool good;

    X509V3_set_ctx_nodb(&ctx);
    X509V3_set_ctx(&ctx, x, x, NULL, NULL, 0);
    extension = X509V3_EXT_conf_nid(NULL, &ctx, nid, value);
    good = extension != NULL && X509_add_ext(x, extension, -1) == 1;
    X509_EXTENSION_free(extension);
    return good;
}

/* It is its own issuer, so it must be allowed to be one; Go refuses it as root otherwise. */
static bool fill(X509 *x, const struct key *key, const char *name, int64_t now)
{
    return X509_set_version(x, X509_VERSION_3) == 1 && set_serial(x) && set_name(x, name) &&
           set_times(x, now) && X509_set_pubkey(x, key->pkey) == 1 &&
           add_extension(x, NID_basic_constraints, "critical,CA:TRUE") &&
           add_extension(x, NID_key_usage, "critical,digitalSignature,keyCertSign") &&
           add_extension(x, NID_subject_key_identifier, "hash") &&
           X509_sign(x, key->pkey, EVP_sha256()) > 0;
}

int key_certify(struct key *key, const char *name, int64_t now, struct err *err)
{
    STACK_OF(X509) *chain = sk_X509_new_null();
    X509 *x = X509_new();

    ASSERT(key->private && key->pkey != NULL);
    if (chain == NULL || x == NULL || !fill(x, key, name, now) || sk_X509_push(chain, x) <= 0) {
        X509_free(x);
        sk_X509_free(chain);
        return openssl_failed(err, "certificate of a key");
    }
    sk_X509_pop_free(key->chain, X509_free);
    key->chain = chain;
    return 0;
}

size_t key_certificate_count(const struct key *key)
{
    return key->chain == NULL ? 0 : (size_t)sk_X509_num(key->chain);
}

struct x509_st *key_certificate(const struct key *key, size_t i)
{
    return sk_X509_value(key->chain, (int)i);
}
