/* SPDX-License-Identifier: MIT */
/*
 * Failures of OpenSSL as errors of ours.
 */
#ifndef AUTH_OPENSSL_ERR_H
#define AUTH_OPENSSL_ERR_H

struct err;

/* openssl_failed(struct err *err, const char *what): ERR_INVALID "what: reason"; forgets OpenSSL's
   errors; yields -1, visibly so as err_set() does. */
#define openssl_failed(err, what)                                                                  \
    ({                                                                                             \
        openssl_fill(err, what);                                                                   \
        -1;                                                                                        \
    })
void openssl_fill(struct err *err, const char *what);

#endif
