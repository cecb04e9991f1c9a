/* SPDX-License-Identifier: MIT */
#include "lib/http/tls.h"

#include <stdlib.h>
#include <string.h>

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include "lib/http/transport.h"
#include "lib/util/err.h"
#include "lib/util/util.h"

struct http_tls {
    char *certificate; /* owned path, as the others; NULL: made from texts */
    char *key;
    char *client_ca; /* NULL: no client certificates */
    bool client_required;
    SSL_CTX *ctx; /* owned; replaced whole by a reload */
};

static int failed(struct err *err, const char *what, const char *path)
{
    const char *reason = ERR_reason_error_string(ERR_peek_last_error());

    (void)err_set(err, ERR_TLS, "%s '%s': %s", what, path,
                  reason != NULL ? reason : "cannot be read");
    ERR_clear_error();
    return -1;
}

/* HTTP/1.1 is all we speak; a client that offers only others goes on without ALPN. */
static int select_protocol(SSL *ssl, const unsigned char **out, unsigned char *out_size,
                           const unsigned char *offered, unsigned int size, void *arg)
{
    static const unsigned char ours[] = "\x08http/1.1";
    unsigned char *picked;

    (void)ssl;
    (void)arg;
    if (SSL_select_next_proto(&picked, out_size, ours, sizeof(ours) - 1, offered, size) !=
        OPENSSL_NPN_NEGOTIATED)
        return SSL_TLSEXT_ERR_NOACK;
    *out = picked;
    return SSL_TLSEXT_ERR_OK;
}

static int load_pair(SSL_CTX *ctx, const char *certificate, const char *key, struct err *err)
{
    ERR_clear_error();
    if (SSL_CTX_use_certificate_chain_file(ctx, certificate) != 1)
        return failed(err, "certificate", certificate);
    if (SSL_CTX_use_PrivateKey_file(ctx, key, SSL_FILETYPE_PEM) != 1)
        return failed(err, "private key", key);
    if (SSL_CTX_check_private_key(ctx) != 1)
        return failed(err, "private key does not fit the certificate: key", key);
    return 0;
}

/* Clients that show no certificate may still log in otherwise, unless one is required. */
static int load_client_ca(SSL_CTX *ctx, const struct http_tls *tls, struct err *err)
{
    static const unsigned char session_context[] = "ocimock";
    STACK_OF(X509_NAME) * names;

    if (tls->client_ca == NULL)
        return 0;
    ERR_clear_error();
    names = SSL_load_client_CA_file(tls->client_ca);
    if (names == NULL || SSL_CTX_load_verify_file(ctx, tls->client_ca) != 1) {
        sk_X509_NAME_pop_free(names, X509_NAME_free);
        return failed(err, "CA of client certificates", tls->client_ca);
    }
    SSL_CTX_set_client_CA_list(ctx, names);
    SSL_CTX_set_verify(
        ctx, SSL_VERIFY_PEER | (tls->client_required ? SSL_VERIFY_FAIL_IF_NO_PEER_CERT : 0), NULL);
    (void)SSL_CTX_set_session_id_context(ctx, session_context, sizeof(session_context) - 1);
    return 0;
}

static SSL_CTX *ctx_bare(struct err *err)
{
    SSL_CTX *ctx = SSL_CTX_new(TLS_server_method());

    if (ctx == NULL || SSL_CTX_set_min_proto_version(ctx, TLS1_2_VERSION) != 1) {
        SSL_CTX_free(ctx);
        (void)err_set(err, ERR_NOMEM, "TLS");
        return NULL;
    }
    /* Buffers of idle connections are given back: 29 -> 15 KB each. */
    (void)SSL_CTX_set_mode(ctx, SSL_MODE_RELEASE_BUFFERS);
    (void)SSL_CTX_set_options(ctx, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION |
                                       SSL_OP_CIPHER_SERVER_PREFERENCE |
                                       SSL_OP_IGNORE_UNEXPECTED_EOF);
    (void)SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_OFF);
    SSL_CTX_set_alpn_select_cb(ctx, select_protocol, NULL);
    SSL_CTX_set_client_hello_cb(ctx, transport_hello, NULL);
    return ctx;
}

static SSL_CTX *ctx_new(const struct http_tls *tls, struct err *err)
{
    SSL_CTX *ctx = ctx_bare(err);

    if (ctx != NULL && (load_pair(ctx, tls->certificate, tls->key, err) != 0 ||
                        load_client_ca(ctx, tls, err) != 0)) {
        SSL_CTX_free(ctx);
        return NULL;
    }
    return ctx;
}

int http_tls_new(struct http_tls **ret, const struct http_tls_options *o, struct err *err)
{
    struct http_tls *tls = calloc(1, sizeof(*tls));

    if (tls == NULL)
        return err_set(err, ERR_NOMEM, "TLS");
    tls->certificate = strdup(o->certificate);
    tls->key = strdup(o->key);
    tls->client_ca = o->client_ca != NULL ? strdup(o->client_ca) : NULL;
    tls->client_required = o->client_required;
    if (tls->certificate == NULL || tls->key == NULL ||
        (o->client_ca != NULL && tls->client_ca == NULL)) {
        http_tls_free(tls);
        return err_set(err, ERR_NOMEM, "TLS");
    }
    tls->ctx = ctx_new(tls, err);
    if (tls->ctx == NULL) {
        http_tls_free(tls);
        return -1;
    }
    *ret = tls;
    return 0;
}

/* The first certificate is ours, the others are its chain. */
static bool use_certificates(SSL_CTX *ctx, BIO *bio)
{
    X509 *x = PEM_read_bio_X509(bio, NULL, NULL, NULL);
    bool good = x != NULL && SSL_CTX_use_certificate(ctx, x) == 1;

    X509_free(x);
    while (good && (x = PEM_read_bio_X509(bio, NULL, NULL, NULL)) != NULL) {
        good = SSL_CTX_add0_chain_cert(ctx, x) == 1;
        if (!good)
            X509_free(x);
    }
    ERR_clear_error(); /* that there is no further one */
    return good;
}

static bool use_key(SSL_CTX *ctx, BIO *bio)
{
    EVP_PKEY *key = PEM_read_bio_PrivateKey(bio, NULL, NULL, NULL);
    bool good = key != NULL && SSL_CTX_use_PrivateKey(ctx, key) == 1;

    EVP_PKEY_free(key);
    return good;
}

int http_tls_new_text(struct http_tls **ret, const char *certificate, const char *key,
                      struct err *err)
{
    struct http_tls *tls = calloc(1, sizeof(*tls));
    BIO *certificate_bio = BIO_new_mem_buf(certificate, -1);
    BIO *key_bio = BIO_new_mem_buf(key, -1);
    bool good = false;

    if (tls != NULL && certificate_bio != NULL && key_bio != NULL)
        tls->ctx = ctx_bare(err);
    if (tls != NULL && tls->ctx != NULL)
        good = use_certificates(tls->ctx, certificate_bio) && use_key(tls->ctx, key_bio);
    BIO_free(certificate_bio);
    BIO_free(key_bio);
    if (!good) {
        http_tls_free(tls);
        return failed(err, "certificate and key", "in memory");
    }
    *ret = tls;
    return 0;
}

void http_tls_free(struct http_tls *tls)
{
    if (tls == NULL)
        return;
    SSL_CTX_free(tls->ctx);
    free(tls->certificate);
    free(tls->key);
    free(tls->client_ca);
    free(tls);
}

int http_tls_reload(struct http_tls *tls, struct err *err)
{
    SSL_CTX *ctx = tls->certificate != NULL ? ctx_new(tls, err) : NULL;

    if (tls->certificate == NULL)
        return 0; /* made from texts */
    if (ctx == NULL)
        return -1;
    SSL_CTX_free(tls->ctx); /* open connections hold references of their own */
    tls->ctx = ctx;
    return 0;
}

const char *http_tls_certificate(const struct http_tls *tls)
{
    return tls->certificate;
}

struct ssl_st *http_tls_accept(struct http_tls *tls)
{
    return SSL_new(tls->ctx);
}

bool http_tls_client_subject(const struct ssl_st *ssl, char *text, size_t size)
{
    X509 *certificate = SSL_get0_peer_certificate(ssl);
    BIO *bio;
    int n = -1;

    if (certificate == NULL || SSL_get_verify_result(ssl) != X509_V_OK)
        return false;
    bio = BIO_new(BIO_s_mem());
    if (bio != NULL &&
        X509_NAME_print_ex(bio, X509_get_subject_name(certificate), 0, XN_FLAG_RFC2253) >= 0)
        n = BIO_read(bio, text, (int)size - 1);
    BIO_free(bio);
    if (n <= 0)
        return false;
    text[n] = '\0';
    return true;
}

void http_tls_switch(struct http_tls *tls, struct ssl_st *ssl)
{
    (void)SSL_set_SSL_CTX(ssl, tls->ctx);
}
