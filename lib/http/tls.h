/* SPDX-License-Identifier: MIT */
/*
 * Server-side TLS: a certificate and its key that can be replaced while connections go on, and the
 * certificates that clients may show (mutual TLS).
 */
#ifndef LIB_HTTP_TLS_H
#define LIB_HTTP_TLS_H

#include <stdbool.h>
#include <stddef.h>

struct err;
struct http_tls;
struct ssl_st;

/* PEM files. Copied. */
struct http_tls_options {
    const char *certificate; /* its chain stands behind it */
    const char *key;
    const char
        *client_ca;       /* CAs whose client certificates are accepted; NULL: none are asked for */
    bool client_required; /* a connection without a client certificate is refused */
};

/* TLS 1.2 and 1.3. */
int http_tls_new(struct http_tls **ret, const struct http_tls_options *options, struct err *err);
/* From PEM texts: the chain behind the certificate, without client certificates. */
int http_tls_new_text(struct http_tls **ret, const char *certificate, const char *key,
                      struct err *err);
void http_tls_free(struct http_tls *tls); /* NULL-safe; open connections keep what they use */
/* Reads all files again. On failure the old ones stay in use. */
int http_tls_reload(struct http_tls *tls, struct err *err);
/* The path it was loaded from; NULL: texts. */
const char *http_tls_certificate(const struct http_tls *tls);
/* For connections: a new server-side SSL, or NULL. Caller owns. */
struct ssl_st *http_tls_accept(struct http_tls *tls);
/* Copies the subject of the client certificate that was verified ("CN=alice,O=team", RFC 2253);
 * false: none. */
bool http_tls_client_subject(const struct ssl_st *ssl, char *text, size_t size);
/* During a handshake: another certificate for this connection. */
void http_tls_switch(struct http_tls *tls, struct ssl_st *ssl);

#endif
