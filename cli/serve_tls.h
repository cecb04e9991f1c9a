/* SPDX-License-Identifier: MIT */
/*
 * The certificate of `ocimock serve`: the one given, or one of our own (tls.auto).
 */
#ifndef CLI_SERVE_TLS_H
#define CLI_SERVE_TLS_H

#include <limits.h>

struct err;
struct http_tls;
struct serve_settings;

int serve_tls_new(struct http_tls **ret, const struct serve_settings *s, struct err *err);
/* Makes the certificate of tls.auto anew, then reads the files again. */
int serve_tls_reload(struct http_tls *tls, const struct serve_settings *s, struct err *err);
/* Where the CA of tls.auto is; "" for a certificate that was given. */
void serve_tls_ca(const struct http_tls *tls, const struct serve_settings *s, char dst[PATH_MAX]);

#endif
