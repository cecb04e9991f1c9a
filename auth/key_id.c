/* SPDX-License-Identifier: MIT */
#include "auth/key_id.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/sha.h>
#include <openssl/x509.h>

#include "auth/openssl_err.h"
#include "lib/util/base64.h"
#include "lib/util/buf.h"
#include "lib/util/err.h"
#include "lib/util/util.h"

enum { LIBTRUST_BYTES = 30, GROUP = 4 };

/* 30 bytes are 48 letters without a rest. */
static void format_libtrust(char *dst, const unsigned char *p)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    unsigned bits = 0;
    unsigned have = 0;
    size_t written = 0;

    for (size_t i = 0; i < LIBTRUST_BYTES; i++) {
        bits = (bits << 8 | p[i]) & 0xfff;
        for (have += 8; have >= 5; have -= 5) {
            if (written > 0 && written % GROUP == 0)
                *dst++ = ':';
            *dst++ = digits[bits >> (have - 5) & 31];
            written++;
        }
    }
    *dst = '\0';
}

int key_id_libtrust(char ret[KEY_ID_LIBTRUST_SIZE], const struct evp_pkey_st *pkey, struct err *err)
{
    unsigned char hash[SHA256_DIGEST_LENGTH];
    unsigned char *der = NULL;
    int n = i2d_PUBKEY(pkey, &der);

    if (n <= 0)
        return openssl_failed(err, "public key");
    (void)SHA256(der, (size_t)n, hash);
    OPENSSL_free(der);
    format_libtrust(ret, hash);
    return 0;
}

static int get_part(struct key_part *ret, const EVP_PKEY *pkey, const char *name, int n,
                    struct err *err)
{
    BIGNUM *value = NULL;
    int size = -1;

    if (EVP_PKEY_get_bn_param(pkey, name, &value) == 1) {
        size = n > 0 ? n : BN_num_bytes(value);
        if (size > KEY_PART_MAX || BN_bn2binpad(value, ret->bytes, size) != size)
            size = -1;
    }
    BN_free(value);
    if (size < 0)
        return openssl_failed(err, "public key");
    ret->n = (size_t)size;
    return 0;
}

int key_id_parts(struct key_part *ret_first, struct key_part *ret_second, bool *ret_is_rsa,
                 const struct evp_pkey_st *pkey, struct err *err)
{
    bool rsa = EVP_PKEY_is_a(pkey, "RSA") == 1;
    const char *first = rsa ? OSSL_PKEY_PARAM_RSA_N : OSSL_PKEY_PARAM_EC_PUB_X;
    const char *second = rsa ? OSSL_PKEY_PARAM_RSA_E : OSSL_PKEY_PARAM_EC_PUB_Y;

    *ret_is_rsa = rsa;
    if (get_part(ret_first, pkey, first, rsa ? 0 : KEY_COORDINATE, err) != 0)
        return -1;
    return get_part(ret_second, pkey, second, rsa ? 0 : KEY_COORDINATE, err);
}

/* The members that count, in the order of their names, without blanks (RFC 7638, 3.2). */
static void print_members(struct buf *b, const struct key_part *first,
                          const struct key_part *second, bool rsa)
{
    (void)buf_append_text(b, rsa ? "{\"e\":\"" : "{\"crv\":\"P-256\",\"kty\":\"EC\",\"x\":\"");
    base64_encode(b, BASE64_URL, rsa ? second->bytes : first->bytes, rsa ? second->n : first->n);
    (void)buf_append_text(b, rsa ? "\",\"kty\":\"RSA\",\"n\":\"" : "\",\"y\":\"");
    base64_encode(b, BASE64_URL, rsa ? first->bytes : second->bytes, rsa ? first->n : second->n);
    (void)buf_append_text(b, "\"}");
}

int key_id_thumbprint(char ret[KEY_ID_THUMBPRINT_SIZE], const struct evp_pkey_st *pkey,
                      struct err *err)
{
    auto_buf struct buf members = BUF_INIT(4096);
    auto_buf struct buf text = BUF_INIT(KEY_ID_THUMBPRINT_SIZE - 1);
    unsigned char hash[SHA256_DIGEST_LENGTH];
    struct key_part first;
    struct key_part second;
    bool rsa;

    if (key_id_parts(&first, &second, &rsa, pkey, err) != 0)
        return -1;
    print_members(&members, &first, &second, rsa);
    if (buf_check(&members, "public key", err) != 0)
        return -1;
    (void)SHA256((const unsigned char *)members.data, members.len, hash);
    base64_encode(&text, BASE64_URL, hash, sizeof(hash));
    if (buf_check(&text, "thumbprint", err) != 0)
        return -1;
    memcpy(ret, buf_text(&text), text.len + 1);
    return 0;
}
