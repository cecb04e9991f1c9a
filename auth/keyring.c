/* SPDX-License-Identifier: MIT */
#include "auth/keyring.h"

#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "auth/claims.h"
#include "auth/jws.h"
#include "auth/key_set.h"
#include "lib/util/err.h"
#include "lib/util/schema.h"
#include "lib/util/text.h"
#include "lib/util/util.h"

struct keyring {
    bool x5c;
    char *name;                 /* owned: subject of certificates */
    int64_t now;                /* when they are made */
    struct key_set keys;        /* owned */
    char *headers[KEY_SET_MAX]; /* owned: of the tokens that the key at the same place signs */
};

DEFINE_AUTO(key, struct key, key_unref)
DEFINE_AUTO(ring, struct keyring, keyring_free)
#define auto_key  __attribute__((cleanup(auto_key_)))
#define auto_ring __attribute__((cleanup(auto_ring_)))

int keyring_new(struct keyring **ret, const struct keyring_settings *settings, struct err *err)
{
    auto_ring struct keyring *ring = calloc(1, sizeof(*ring));

    if (ring == NULL)
        return err_set(err, ERR_NOMEM, "keyring");
    ring->x5c = settings->x5c;
    ring->now = settings->now;
    ring->name = strdup(settings->name);
    if (ring->name == NULL)
        return err_set(err, ERR_NOMEM, "keyring");
    *ret = STEAL(ring);
    return 0;
}

void keyring_free(struct keyring *ring)
{
    if (ring == NULL)
        return;
    for (size_t i = 0; i < ring->keys.count; i++)
        free(ring->headers[i]);
    key_set_done(&ring->keys);
    free(ring->name);
    free(ring);
}

static int check_new(const struct keyring *ring, const struct key *key, struct err *err)
{
    if (!key_is_private(key))
        return err_set(err, ERR_INVALID, "a public key cannot sign tokens");
    if (key_set_has_id(&ring->keys, key_id(key)))
        return err_set(err, ERR_EXISTS, "the key %s is there already", TEXT_QUOTE(key_id(key)));
    return 0;
}

/* Puts what was added last in front. */
static void move_to_front(struct keyring *ring)
{
    size_t last = ring->keys.count - 1;
    struct key *key = ring->keys.keys[last];
    char *header = ring->headers[last];

    memmove(ring->keys.keys + 1, ring->keys.keys, last * sizeof(ring->keys.keys[0]));
    memmove(ring->headers + 1, ring->headers, last * sizeof(ring->headers[0]));
    ring->keys.keys[0] = key;
    ring->headers[0] = header;
}

/* x5c: its tokens carry the certificate. Takes the key, on failure too. */
static int add(struct keyring *ring, struct key *taken, enum keyring_place place, bool x5c,
               struct err *err)
{
    auto_key struct key *key = taken;
    auto_free char *header = NULL;

    if (check_new(ring, key, err) != 0)
        return -1;
    if (key_algorithm(key) != KEY_HS256 && key_certificate_count(key) == 0 &&
        key_certify(key, ring->name, ring->now, err) != 0)
        return -1;
    if (claims_build_header(&header, key, x5c, err) != 0 ||
        key_set_add(&ring->keys, STEAL(key), err) != 0)
        return -1;
    ring->headers[ring->keys.count - 1] = STEAL(header);
    if (place == KEYRING_FIRST)
        move_to_front(ring);
    return 0;
}

int keyring_add(struct keyring *ring, struct key *key, enum keyring_place place, struct err *err)
{
    return add(ring, key, place, ring->x5c, err);
}

/*
 * The certificate that is made for a key is another one at each start: nobody can trust it, and
 * registries refuse a token whose certificate they do not trust, though they know the key.
 */
int keyring_add_loaded(struct keyring *ring, struct key *key, enum keyring_place place,
                       struct err *err)
{
    return add(ring, key, place, ring->x5c && key_certificate_count(key) > 0, err);
}

int keyring_retire(struct keyring *ring, const char *id, struct err *err)
{
    size_t i = 0;
    size_t behind;

    while (i < ring->keys.count && !key_has_id(ring->keys.keys[i], id))
        i++;
    if (i == ring->keys.count)
        return err_set(err, ERR_ABSENT, "there is no key %s", TEXT_QUOTE(id));
    if (ring->keys.count == 1)
        return err_set(err, ERR_INVALID, "the last key cannot be retired: add another one first");
    key_unref(ring->keys.keys[i]);
    free(ring->headers[i]);
    behind = ring->keys.count - i - 1;
    memmove(ring->keys.keys + i, ring->keys.keys + i + 1, behind * sizeof(ring->keys.keys[0]));
    memmove(ring->headers + i, ring->headers + i + 1, behind * sizeof(ring->headers[0]));
    ring->keys.count--;
    return 0;
}

/* --- Configuration ------------------------------------------------------------------------------
 */

const struct schema keyring_schema[] = {
    {.key = "key", .type = SCHEMA_PATH, .required = true},
    {.key = "certificate", .type = SCHEMA_PATH},
    {.key = "kid", .type = SCHEMA_TEXT},
    {.key = NULL},
};

static const char *text_of(const json_t *object, const char *name)
{
    const char *text = json_string_value(json_object_get(object, name));

    return text != NULL && text[0] != '\0' ? text : NULL;
}

static int load_configured(struct key **ret, const json_t *object, struct err *err)
{
    const char *path = text_of(object, "key");

    if (path == NULL)
        return err_set(err, ERR_CONFIG, "'key' is missing: a file with a private key (PEM)");
    return key_load_pair(ret, path, text_of(object, "certificate"), text_of(object, "kid"), err);
}

int keyring_add_configured(struct keyring *ring, const struct json_t *list, struct err *err)
{
    const json_t *object;
    size_t i;

    json_array_foreach(list, i, object)
    {
        struct key *key = NULL;

        if (load_configured(&key, object, err) != 0 ||
            keyring_add_loaded(ring, key, KEYRING_LAST, err) != 0) {
            if (err != NULL)
                err->code = ERR_CONFIG;
            return err_wrap(err, "auth.keys[%zu]", i);
        }
    }
    return 0;
}

/* --- Use ----------------------------------------------------------------------------------------
 */

const struct key *keyring_signer(const struct keyring *ring)
{
    return ring->keys.count == 0 ? NULL : ring->keys.keys[0];
}

const struct key_set *keyring_keys(const struct keyring *ring)
{
    return &ring->keys;
}

int keyring_sign(const struct keyring *ring, char **ret_token, const struct claims_settings *claims,
                 struct err *err)
{
    if (ring->keys.count == 0)
        return err_set(err, ERR_BUSY, "the key that signs tokens is still being made");
    return jws_sign(ret_token, ring->keys.keys[0], ring->headers[0], claims, err);
}
