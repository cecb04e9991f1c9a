/* SPDX-License-Identifier: MIT */
#include "auth/keyed_hash.h"

#include <stdlib.h>
#include <string.h>

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <openssl/rand.h>

#include "lib/util/err.h"
#include "lib/util/text.h"
#include "lib/util/util.h"

struct keyed_hash {
    EVP_MAC_CTX *mac; /* owned; holds the key */
};

DEFINE_AUTO(keyed_hash, struct keyed_hash, keyed_hash_free)
#define auto_keyed_hash __attribute__((cleanup(auto_keyed_hash_)))

static EVP_MAC_CTX *make_mac(void)
{
    char digest[] = "SHA256";
    const OSSL_PARAM params[] = {OSSL_PARAM_utf8_string("digest", digest, sizeof(digest) - 1),
                                 OSSL_PARAM_END};
    EVP_MAC *mac = EVP_MAC_fetch(NULL, "HMAC", NULL);
    EVP_MAC_CTX *ctx = mac != NULL ? EVP_MAC_CTX_new(mac) : NULL;
    unsigned char key[KEYED_HASH_SIZE];

    EVP_MAC_free(mac);
    if (ctx != NULL && (RAND_priv_bytes(key, sizeof(key)) != 1 ||
                        EVP_MAC_init(ctx, key, sizeof(key), params) != 1)) {
        EVP_MAC_CTX_free(ctx);
        ctx = NULL;
    }
    OPENSSL_cleanse(key, sizeof(key));
    return ctx;
}

int keyed_hash_new(struct keyed_hash **ret, struct err *err)
{
    auto_keyed_hash struct keyed_hash *k = calloc(1, sizeof(*k));

    if (k == NULL)
        return err_set(err, ERR_NOMEM, "keyed hash");
    k->mac = make_mac();
    if (k->mac == NULL)
        return err_set(err, ERR_NOMEM, "OpenSSL makes no HMAC with a random key");
    *ret = STEAL(k);
    return 0;
}

void keyed_hash_free(struct keyed_hash *k)
{
    if (k == NULL)
        return;
    EVP_MAC_CTX_free(k->mac);
    free(k);
}

/* With its end, so that what follows is apart. */
static bool add_text(EVP_MAC_CTX *mac, const char *text)
{
    return EVP_MAC_update(mac, (const unsigned char *)text, strlen(text) + 1) == 1;
}

bool keyed_hash(struct keyed_hash *k, struct keyed_digest *ret, const char *what, const char *first,
                const char *second)
{
    size_t n = 0;

    if (EVP_MAC_init(k->mac, NULL, 0, NULL) == 1 && add_text(k->mac, what) &&
        add_text(k->mac, first) && add_text(k->mac, second) &&
        EVP_MAC_final(k->mac, ret->bytes, &n, sizeof(ret->bytes)) == 1 && n == sizeof(ret->bytes))
        return true;
    if (RAND_bytes(ret->bytes, sizeof(ret->bytes)) != 1)
        abort(); /* two secrets must never look the same */
    return false;
}

bool keyed_digest_equal(const struct keyed_digest *a, const struct keyed_digest *b)
{
    return CRYPTO_memcmp(a->bytes, b->bytes, sizeof(a->bytes)) == 0;
}

void keyed_digest_fingerprint(char dst[KEYED_HASH_TEXT_SIZE], const struct keyed_digest *d)
{
    text_hex(dst, d->bytes, (KEYED_HASH_TEXT_SIZE - 1) / 2);
}
