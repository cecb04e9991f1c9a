/* SPDX-License-Identifier: MIT */
/*
 * A key that signs or verifies tokens (RFC 7518): parsed once, its algorithm pinned.
 *
 * Reference counted. What a key can do never changes and is thread-safe; its id and certificates
 * are set before it is shared.
 */
#ifndef AUTH_KEY_H
#define AUTH_KEY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct buf;
struct err;
struct evp_pkey_st;
struct key;
struct x509_st;

enum key_algorithm {
    KEY_ES256, /* EC P-256 */
    KEY_RS256, /* RSA, 2048 to 8192 bits */
    KEY_HS256, /* a shared secret: for tests */
};

enum {
    KEY_RSA_BITS = 2048, /* of generated keys, and the least */
    KEY_RSA_BITS_MAX = 8192,
    KEY_SIGNATURE_MAX = KEY_RSA_BITS_MAX / 8,
    KEY_SECRET_MIN = 32, /* bytes (RFC 7518, 3.2) */
    KEY_ID_MAX = 255,
    KEY_CERTIFICATES_MAX = 8,
    KEY_FILE_MAX = 256 * 1024,
};

/* "ES256" */
const char *key_algorithm_name(enum key_algorithm algorithm);
bool key_algorithm_parse(enum key_algorithm *ret, const char *name);

/*
 * A new pair (ES256, RS256). An RSA key takes 50 ms to seconds: a pure function, for a job. The
 * coordinates of an EC key have no zero byte in front: registry 3 would get its id wrong.
 */
int key_generate(struct key **ret, enum key_algorithm algorithm, struct err *err);
/* The first private key of a PEM text, with its certificates if there are any; else the first
   public key or certificate. ERR_UNSUPPORTED for types and sizes that sign no token. */
int key_parse(struct key **ret, const char *pem, size_t n, struct err *err);
int key_load(struct key **ret, const char *path, struct err *err);
/* A private key and its certificates, which may be NULL, out of files. id: of key_choose_id(). */
int key_load_pair(struct key **ret, const char *path, const char *certificate, const char *id,
                  struct err *err);
/* HS256. ERR_INVALID for less than KEY_SECRET_MIN bytes. */
int key_from_secret(struct key **ret, const void *secret, size_t n, struct err *err);
/* Takes pkey, on failure too. */
int key_from_pkey(struct key **ret, struct evp_pkey_st *pkey, bool private, struct err *err);
struct key *key_ref(struct key *key); /* yields key */
void key_unref(struct key *key);      /* NULL-safe */

/*
 * signature has KEY_SIGNATURE_MAX bytes; ES256 is r and s (RFC 7518, 3.4). ERR_INVALID for a public
 * key, ERR_UNSUPPORTED for HS256 (claims.h signs those).
 */
int key_sign(const struct key *key, const void *p, size_t n, unsigned char *signature,
             size_t *ret_n, struct err *err);
bool key_verify(const struct key *key, const void *p, size_t n, const unsigned char *signature,
                size_t signature_n);

enum key_algorithm key_algorithm(const struct key *key);
bool key_is_private(const struct key *key);
/* What its tokens carry as `kid`: the libtrust id unless it was set; "" for an unnamed HS256 key.
 */
const char *key_id(const struct key *key);
int key_set_id(struct key *key, const char *id, struct err *err);
/* The same in the words of the configuration: "libtrust" (also NULL), "thumbprint", or any other.
 */
int key_choose_id(struct key *key, const char *id, struct err *err);
/* key_id.h; "" for HS256. */
const char *key_libtrust_id(const struct key *key);
const char *key_thumbprint(const struct key *key);
/* True for its id, its libtrust id and its thumbprint. */
bool key_has_id(const struct key *key, const char *id);
/* True for an EC key whose thumbprint registry 3 calculates wrong. */
bool key_has_short_coordinate(const struct key *key);

/* --- Certificates -----------------------------------------------------------------------------
 */

/* The chain of a PEM text, leaf first. ERR_INVALID when the leaf is not this key's. */
int key_set_certificates(struct key *key, const char *pem, size_t n, struct err *err);
int key_load_certificates(struct key *key, const char *path, struct err *err);
/* A self-signed certificate that is valid from a day before now for 20 years, in place of the
   chain. name: whom it is for, cut where it is too long. */
int key_certify(struct key *key, const char *name, int64_t now, struct err *err);
size_t key_certificate_count(const struct key *key);
/* Borrowed. */
struct x509_st *key_certificate(const struct key *key, size_t i);
/* PEM; errors are b's. */
void key_print_certificates(struct buf *b, const struct key *key);
void key_print_public(struct buf *b, const struct key *key);
void key_print_private(struct buf *b, const struct key *key); /* not for HS256 */

/* Borrowed; NULL for HS256. */
struct evp_pkey_st *key_pkey(const struct key *key);
/* Of HS256: borrowed, NULL for other keys. */
const void *key_secret(const struct key *key, size_t *ret_n);

#endif
