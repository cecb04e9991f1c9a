/* SPDX-License-Identifier: MIT */
#include "auth/key_set.h"

#include <openssl/evp.h>
#include <openssl/x509.h>

#include "auth/key_internal.h"
#include "auth/openssl_err.h"
#include "lib/util/err.h"

void key_set_done(struct key_set *set)
{
    for (size_t i = 0; i < set->count; i++)
        key_unref(set->keys[i]);
    *set = (struct key_set){0};
}

int key_set_add(struct key_set *set, struct key *key, struct err *err)
{
    if (set->count == KEY_SET_MAX) {
        key_unref(key);
        return err_set(err, ERR_LIMIT, "more than %d keys", KEY_SET_MAX);
    }
    set->keys[set->count++] = key;
    return 0;
}

/* Of a private key only the public part is used. */
static int take_any(void *arg, EVP_PKEY *pkey, bool private, X509 *certificate, struct err *err)
{
    struct key_set *set = arg;
    struct key *key;

    (void)private;
    if (certificate != NULL) {
        pkey = X509_get_pubkey(certificate);
        X509_free(certificate);
        if (pkey == NULL)
            return openssl_failed(err, "certificate");
    }
    if (key_from_pkey(&key, pkey, false, err) != 0)
        return -1;
    return key_set_add(set, key, err);
}

int key_set_parse_pem(struct key_set *set, const char *pem, size_t n, struct err *err)
{
    size_t before = set->count;

    if (key_pem_read(pem, n, take_any, set, err) != 0)
        return -1;
    if (set->count == before)
        return err_set(err, ERR_ABSENT, "there is neither a key nor a certificate in it (PEM)");
    set->unnamed = true;
    return 0;
}

bool key_set_has_id(const struct key_set *set, const char *id)
{
    for (size_t i = 0; i < set->count; i++) {
        if (key_has_id(set->keys[i], id))
            return true;
    }
    return false;
}

const struct key *key_set_next(const struct key_set *set, const char *id,
                               enum key_algorithm algorithm, size_t *at)
{
    bool any = id == NULL || (set->unnamed && !key_set_has_id(set, id));

    while (*at < set->count) {
        const struct key *key = set->keys[(*at)++];

        if (key_algorithm(key) == algorithm && (any || key_has_id(key, id)))
            return key;
    }
    return NULL;
}
