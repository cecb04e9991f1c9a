/* SPDX-License-Identifier: MIT */
/*
 * Names of public keys: what registries look for in a token's `kid`. Pure.
 */
#ifndef AUTH_KEY_ID_H
#define AUTH_KEY_ID_H

#include <stdbool.h>
#include <stddef.h>

struct err;
struct evp_pkey_st;

enum { KEY_ID_LIBTRUST_SIZE = 60, KEY_ID_THUMBPRINT_SIZE = 44 };

/*
 * Registry 2: base 32 of the first 30 bytes of the SHA-256 of the public key (SubjectPublicKeyInfo,
 * DER), twelve groups of four letters with colons between.
 */
int key_id_libtrust(char ret[KEY_ID_LIBTRUST_SIZE], const struct evp_pkey_st *pkey,
                    struct err *err);
/* Registry 3: the JWK thumbprint (RFC 7638), SHA-256, base64url. */
int key_id_thumbprint(char ret[KEY_ID_THUMBPRINT_SIZE], const struct evp_pkey_st *pkey,
                      struct err *err);

/* The public parts as a JWK writes them: big-endian, EC coordinates 32 bytes, RSA without zeros. */
enum { KEY_PART_MAX = 1024, KEY_COORDINATE = 32 };

struct key_part {
    unsigned char bytes[KEY_PART_MAX];
    size_t n;
};

/* EC: x and y; RSA: n and e. */
int key_id_parts(struct key_part *ret_first, struct key_part *ret_second, bool *ret_is_rsa,
                 const struct evp_pkey_st *pkey, struct err *err);

#endif
