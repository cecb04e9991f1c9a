/* SPDX-License-Identifier: MIT */
/*
 * Sets of public keys as JSON (RFC 7517), written and read. Secrets are neither.
 */
#ifndef AUTH_JWKS_H
#define AUTH_JWKS_H

#include <stddef.h>

struct err;
struct json_t;
struct key;
struct key_set;

/* {"keys": [...]} with kid, use, alg and x5c; NULL: out of memory. Owned by the caller. */
struct json_t *jwks_to_json(const struct key_set *set);
/* The certificates of a key in standard base 64 (RFC 7515, 4.1.6); NULL: out of memory. */
struct json_t *jwks_certificates(const struct key *key);

typedef void (*jwks_warn_fn)(void *arg, const char *message);
/*
 * Adds the keys of a text to a set. One that verifies no token of ours (another type, curve, use or
 * algorithm, or malformed) is skipped with a warning; warn may be NULL. ERR_SYNTAX for what is no
 * key set, ERR_UNSUPPORTED for a shared secret ("oct") in it, ERR_ABSENT when no key is left.
 */
int jwks_parse(struct key_set *set, const char *text, size_t n, jwks_warn_fn warn, void *arg,
               struct err *err);
int jwks_load(struct key_set *set, const char *path, jwks_warn_fn warn, void *arg, struct err *err);

#endif
