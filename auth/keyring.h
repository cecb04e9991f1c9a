/* SPDX-License-Identifier: MIT */
/*
 * Our own keys: the first signs, all verify. Keys can be added and retired at any time.
 *
 * On the loop thread only, but for what jobs do with keys that they hold a reference to.
 */
#ifndef AUTH_KEYRING_H
#define AUTH_KEYRING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/util/schema.h"

struct claims_settings;
struct err;
struct json_t;
struct key;
struct key_set;
struct keyring;

enum keyring_place { KEYRING_FIRST, KEYRING_LAST };

/* x5c: tokens carry the certificate. name and now: for certificates that are made; name is copied.
 */
struct keyring_settings {
    bool x5c;
    const char *name;
    int64_t now; /* seconds since 1970 */
};

/* An empty ring: nothing can be signed until a key is added. */
int keyring_new(struct keyring **ret, const struct keyring_settings *settings, struct err *err);
void keyring_free(struct keyring *ring); /* NULL-safe */

/*
 * Adds a private key, which nobody else uses yet; takes it, on failure too. One without certificate
 * gets one that it signs itself. ERR_EXISTS for an id that is there.
 */
int keyring_add(struct keyring *ring, struct key *key, enum keyring_place place, struct err *err);
/* The same for a key out of a file: without a certificate of its own, its tokens carry none. */
int keyring_add_loaded(struct keyring *ring, struct key *key, enum keyring_place place,
                       struct err *err);
/* The members of an entry of auth.keys. */
extern const struct schema keyring_schema[];
/* The keys of the configuration (auth.keys), the first signs. Blocks: reads files. */
int keyring_add_configured(struct keyring *ring, const struct json_t *list, struct err *err);
/* Nothing that it signed verifies any more. ERR_ABSENT; ERR_INVALID for the last one. */
int keyring_retire(struct keyring *ring, const char *id, struct err *err);

/* The key that signs, or NULL. Borrowed. */
const struct key *keyring_signer(const struct keyring *ring);
/* All of them, for verifying. Borrowed until the ring changes. */
const struct key_set *keyring_keys(const struct keyring *ring);
/* A new token, which the caller frees. ERR_BUSY while there is no key. */
int keyring_sign(const struct keyring *ring, char **ret_token, const struct claims_settings *claims,
                 struct err *err);

#endif
