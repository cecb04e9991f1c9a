/* SPDX-License-Identifier: MIT */
/*
 * Server-side TLS: a certificate and its key that can be replaced while connections go on.
 */
#ifndef LIB_HTTP_TLS_H
#define LIB_HTTP_TLS_H

struct err;
struct http_tls;
struct ssl_st;

/* Loads PEM files; the chain stands behind the certificate. TLS 1.2 and 1.3. */
int http_tls_new(struct http_tls **ret, const char *certificate, const char *key, struct err *err);
void http_tls_free(struct http_tls *tls); /* NULL-safe; open connections keep what they use */
/* Reads both files again. On failure the old pair stays in use. */
int http_tls_reload(struct http_tls *tls, struct err *err);
/* For connections: a new server-side SSL, or NULL. Caller owns. */
struct ssl_st *http_tls_accept(struct http_tls *tls);

#endif
