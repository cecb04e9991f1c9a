/* SPDX-License-Identifier: MIT */
/*
 * Keys and certificates as PEM files (RFC 7468, and the older forms of OpenSSL).
 */
#include "auth/key.h"

#include <limits.h>
#include <string.h>

#include <openssl/bio.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include "auth/key_internal.h"
#include "auth/openssl_err.h"
#include "lib/util/buf.h"
#include "lib/util/err.h"
#include "lib/util/file.h"
#include "lib/util/util.h"

DEFINE_AUTO(key, struct key, key_unref)
#define auto_key __attribute__((cleanup(auto_key_)))

/* One block, owned. */
struct block {
    char *name;
    char *header;
    unsigned char *data;
    long n;
};

static void block_done(struct block *block)
{
    OPENSSL_free(block->name);
    OPENSSL_free(block->header);
    OPENSSL_clear_free(block->data, (size_t)block->n);
    *block = (struct block){0};
}

static bool ends_with(const char *text, const char *end)
{
    size_t n = strlen(text);
    size_t m = strlen(end);

    return n >= m && strcmp(text + n - m, end) == 0;
}

static int take_pkey(EVP_PKEY *pkey, bool private, key_pem_fn take, void *arg, struct err *err)
{
    if (pkey == NULL)
        return openssl_failed(err, private ? "private key" : "public key");
    return take(arg, pkey, private, NULL, err);
}

static int take_block(const struct block *block, key_pem_fn take, void *arg, struct err *err)
{
    const unsigned char *p = block->data;
    X509 *certificate;

    if (strstr(block->name, "ENCRYPTED") != NULL || strstr(block->header, "ENCRYPTED") != NULL)
        return err_set(err, ERR_UNSUPPORTED, "the key is encrypted: remove its passphrase first");
    if (ends_with(block->name, PEM_STRING_PKCS8INF))
        return take_pkey(d2i_AutoPrivateKey(NULL, &p, block->n), true, take, arg, err);
    if (strcmp(block->name, PEM_STRING_PUBLIC) == 0)
        return take_pkey(d2i_PUBKEY(NULL, &p, block->n), false, take, arg, err);
    if (strcmp(block->name, PEM_STRING_RSA_PUBLIC) == 0)
        return take_pkey(d2i_PublicKey(EVP_PKEY_RSA, NULL, &p, block->n), false, take, arg, err);
    if (strcmp(block->name, PEM_STRING_X509) != 0 && strcmp(block->name, PEM_STRING_X509_OLD) != 0)
        return 0;
    certificate = d2i_X509(NULL, &p, block->n);
    if (certificate == NULL)
        return openssl_failed(err, "certificate");
    return take(arg, NULL, false, certificate, err);
}

/* 1: a block was read; 0: there is none any more. */
static int read_block(struct block *block, BIO *bio, struct err *err)
{
    *block = (struct block){0};
    if (PEM_read_bio(bio, &block->name, &block->header, &block->data, &block->n) == 1)
        return 1;
    if (ERR_GET_REASON(ERR_peek_last_error()) != PEM_R_NO_START_LINE)
        return openssl_failed(err, "PEM");
    ERR_clear_error();
    return 0;
}

int key_pem_read(const char *pem, size_t n, key_pem_fn take, void *arg, struct err *err)
{
    BIO *bio = n > INT_MAX ? NULL : BIO_new_mem_buf(pem, (int)n);
    struct block block;
    int result;

    if (bio == NULL)
        return err_set(err, ERR_NOMEM, "PEM");
    while ((result = read_block(&block, bio, err)) == 1) {
        result = take_block(&block, take, arg, err);
        block_done(&block);
        if (result != 0)
            break;
    }
    BIO_free(bio);
    return result;
}

/* --- One key ------------------------------------------------------------------------------------
 */

/* What was found so far; owned. */
struct content {
    EVP_PKEY *private;
    EVP_PKEY *public;
    STACK_OF(X509) * chain;
};

static void content_done(struct content *c)
{
    EVP_PKEY_free(c->private);
    EVP_PKEY_free(c->public);
    sk_X509_pop_free(c->chain, X509_free);
}

#define auto_content __attribute__((cleanup(content_done)))

static int take_certificate(struct content *c, X509 *certificate, struct err *err)
{
    if (c->chain == NULL)
        c->chain = sk_X509_new_null();
    if (c->chain != NULL && sk_X509_num(c->chain) < KEY_CERTIFICATES_MAX &&
        sk_X509_push(c->chain, certificate) > 0)
        return 0;
    X509_free(certificate);
    if (c->chain != NULL && sk_X509_num(c->chain) >= KEY_CERTIFICATES_MAX)
        return err_set(err, ERR_LIMIT, "more than %d certificates", KEY_CERTIFICATES_MAX);
    return err_set(err, ERR_NOMEM, "certificates");
}

/* Of several keys the first counts. */
static int take_content(void *arg, EVP_PKEY *pkey, bool private, X509 *certificate, struct err *err)
{
    struct content *c = arg;
    EVP_PKEY **place = private ? &c->private : &c->public;

    if (certificate != NULL)
        return take_certificate(c, certificate, err);
    if (*place == NULL)
        *place = pkey;
    else
        EVP_PKEY_free(pkey);
    return 0;
}

static int use_chain(struct key *key, struct content *c, struct err *err)
{
    if (X509_check_private_key(sk_X509_value(c->chain, 0), key->pkey) != 1) {
        ERR_clear_error();
        return err_set(err, ERR_INVALID, "the first certificate is not the key's");
    }
    sk_X509_pop_free(key->chain, X509_free);
    key->chain = STEAL(c->chain);
    return 0;
}

int key_parse(struct key **ret, const char *pem, size_t n, struct err *err)
{
    auto_content struct content c = {0};
    auto_key struct key *key = NULL;
    EVP_PKEY *pkey;
    bool private;

    if (key_pem_read(pem, n, take_content, &c, err) != 0)
        return -1;
    private = c.private != NULL;
    pkey = private ? STEAL(c.private) : STEAL(c.public);
    if (pkey == NULL && c.chain != NULL)
        pkey = X509_get_pubkey(sk_X509_value(c.chain, 0));
    if (pkey == NULL)
        return err_set(err, ERR_ABSENT, "there is neither a key nor a certificate in it (PEM)");
    if (key_from_pkey(&key, pkey, private, err) != 0 ||
        (c.chain != NULL && use_chain(key, &c, err) != 0))
        return -1;
    *ret = STEAL(key);
    return 0;
}

int key_load(struct key **ret, const char *path, struct err *err)
{
    auto_buf struct buf b = BUF_INIT(KEY_FILE_MAX);
    int result;

    if (file_read(&b, path, err) != 0)
        return -1;
    result = key_parse(ret, buf_text(&b), b.len, err);
    if (b.data != NULL)
        OPENSSL_cleanse(b.data, b.len);
    return result == 0 ? 0 : err_wrap(err, "%s", path);
}

int key_choose_id(struct key *key, const char *id, struct err *err)
{
    if (id == NULL || strcmp(id, "libtrust") == 0)
        return 0;
    return key_set_id(key, strcmp(id, "thumbprint") == 0 ? key->thumbprint : id, err);
}

int key_load_pair(struct key **ret, const char *path, const char *certificate, const char *id,
                  struct err *err)
{
    auto_key struct key *key = NULL;

    if (key_load(&key, path, err) != 0)
        return -1;
    if (!key->private)
        return err_set(err, ERR_INVALID, "%s holds no private key", path);
    if ((certificate != NULL && key_load_certificates(key, certificate, err) != 0) ||
        key_choose_id(key, id, err) != 0)
        return -1;
    *ret = STEAL(key);
    return 0;
}

int key_set_certificates(struct key *key, const char *pem, size_t n, struct err *err)
{
    auto_content struct content c = {0};

    if (key->pkey == NULL)
        return err_set(err, ERR_UNSUPPORTED, "a secret has no certificate");
    if (key_pem_read(pem, n, take_content, &c, err) != 0)
        return -1;
    if (c.chain == NULL)
        return err_set(err, ERR_ABSENT, "there is no certificate in it (PEM)");
    return use_chain(key, &c, err);
}

int key_load_certificates(struct key *key, const char *path, struct err *err)
{
    auto_buf struct buf b = BUF_INIT(KEY_FILE_MAX);

    if (file_read(&b, path, err) != 0)
        return -1;
    return key_set_certificates(key, buf_text(&b), b.len, err) == 0 ? 0 : err_wrap(err, "%s", path);
}

/* --- Printing -----------------------------------------------------------------------------------
 */

/* Takes bio, which may be NULL; good: what was written to it is whole. */
static void append_bio(struct buf *b, BIO *bio, bool good)
{
    char *data;
    long n;

    if (bio == NULL || !good) {
        ERR_clear_error();
        b->failed = b->out_of_memory = true;
    } else {
        n = BIO_get_mem_data(bio, &data);
        (void)buf_append(b, data, (size_t)n);
        OPENSSL_cleanse(data, (size_t)n);
    }
    BIO_free(bio);
}

void key_print_public(struct buf *b, const struct key *key)
{
    BIO *bio = BIO_new(BIO_s_mem());

    append_bio(b, bio, bio != NULL && PEM_write_bio_PUBKEY(bio, key->pkey) == 1);
}

void key_print_private(struct buf *b, const struct key *key)
{
    BIO *bio = BIO_new(BIO_s_mem());

    ASSERT(key->private && key->pkey != NULL);
    append_bio(b, bio,
               bio != NULL &&
                   PEM_write_bio_PrivateKey(bio, key->pkey, NULL, NULL, 0, NULL, NULL) == 1);
}

void key_print_certificates(struct buf *b, const struct key *key)
{
    for (size_t i = 0; i < key_certificate_count(key); i++) {
        BIO *bio = BIO_new(BIO_s_mem());

        append_bio(b, bio, bio != NULL && PEM_write_bio_X509(bio, key_certificate(key, i)) == 1);
    }
}
