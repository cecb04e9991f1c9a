/* SPDX-License-Identifier: MIT */
/*
 * Failures of OpenSSL as errors of ours.
 */
#ifndef AUTH_OPENSSL_ERR_H
#define AUTH_OPENSSL_ERR_H

struct err;

/* ERR_INVALID "what: reason"; forgets OpenSSL's errors; returns -1. */
int openssl_failed(struct err *err, const char *what);

#endif
