/* SPDX-License-Identifier: MIT */
#include "lib/http/tls.h"

#include <stdlib.h>
#include <string.h>

#include <openssl/err.h>
#include <openssl/ssl.h>

#include "lib/util/err.h"
#include "lib/util/util.h"

struct http_tls {
    char *certificate; /* owned path */
    char *key;         /* owned path */
    SSL_CTX *ctx;      /* owned; replaced whole by a reload */
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

static SSL_CTX *ctx_new(const char *certificate, const char *key, struct err *err)
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
    if (load_pair(ctx, certificate, key, err) != 0) {
        SSL_CTX_free(ctx);
        return NULL;
    }
    return ctx;
}

int http_tls_new(struct http_tls **ret, const char *certificate, const char *key, struct err *err)
{
    struct http_tls *tls = calloc(1, sizeof(*tls));

    if (tls == NULL)
        return err_set(err, ERR_NOMEM, "TLS");
    tls->certificate = strdup(certificate);
    tls->key = strdup(key);
    if (tls->certificate == NULL || tls->key == NULL) {
        http_tls_free(tls);
        return err_set(err, ERR_NOMEM, "TLS");
    }
    tls->ctx = ctx_new(certificate, key, err);
    if (tls->ctx == NULL) {
        http_tls_free(tls);
        return -1;
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
    free(tls);
}

int http_tls_reload(struct http_tls *tls, struct err *err)
{
    SSL_CTX *ctx = ctx_new(tls->certificate, tls->key, err);

    if (ctx == NULL)
        return -1;
    SSL_CTX_free(tls->ctx); /* open connections hold references of their own */
    tls->ctx = ctx;
    return 0;
}

struct ssl_st *http_tls_accept(struct http_tls *tls)
{
    return SSL_new(tls->ctx);
}
