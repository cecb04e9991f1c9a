/* SPDX-License-Identifier: MIT */
/*
 * What the files of a key share.
 */
#ifndef AUTH_KEY_INTERNAL_H
#define AUTH_KEY_INTERNAL_H

#include <stdatomic.h>

#include "auth/key.h"
#include "auth/key_id.h"

struct evp_md_st;
struct evp_pkey_ctx_st;
struct stack_st_X509;

struct key {
    atomic_uint refs;
    enum key_algorithm algorithm;
    bool private;
    bool short_coordinate;
    struct evp_pkey_st *pkey;       /* owned; NULL for HS256 */
    struct evp_pkey_ctx_st *sign;   /* owned, ready; copied for each signature; NULL for public */
    struct evp_pkey_ctx_st *verify; /* owned, ready; copied for each check */
    struct evp_md_st *sha256;       /* owned */
    unsigned char *secret;          /* HS256: owned */
    size_t secret_n;
    struct stack_st_X509 *chain; /* owned, leaf first; NULL: none */
    char libtrust[KEY_ID_LIBTRUST_SIZE];
    char thumbprint[KEY_ID_THUMBPRINT_SIZE];
    char id[KEY_ID_MAX + 1];
};

/*
 * What stands in a PEM text, block by block; other blocks are skipped. Takes what is not NULL: a
 * public or private key, or a certificate. -1 ends the reading.
 */
typedef int (*key_pem_fn)(void *arg, struct evp_pkey_st *pkey, bool private,
                          struct x509_st *certificate, struct err *err);
int key_pem_read(const char *pem, size_t n, key_pem_fn take, void *arg, struct err *err);

#endif
