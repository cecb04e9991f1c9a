/* SPDX-License-Identifier: MIT */
/*
 * The keys that tokens are signed with.
 */
#include "auth/auth_internal.h"

#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "auth/internal.h"
#include "auth/key.h"
#include "auth/keyring.h"
#include "lib/http/loop.h"
#include "lib/util/clock.h"
#include "lib/util/err.h"
#include "lib/util/log.h"
#include "lib/util/util.h"

/* A key that is being made. */
struct making {
    struct auth *auth; /* borrowed: it lives until jobs have ended */
    enum key_algorithm algorithm;
    struct key *key; /* owned; NULL: it failed */
    struct err err;
};

static void run_making(void *arg)
{
    struct making *m = arg;

    if (key_generate(&m->key, m->algorithm, &m->err) != 0)
        m->key = NULL;
}

static void on_made(void *arg)
{
    struct making *m = arg;
    int result = -1;

    if (m->key != NULL)
        result = keyring_add(m->auth->keyring, m->key, KEYRING_LAST, &m->err);
    if (result != 0)
        log_failure(LOG_LEVEL_ERROR, "there is no key to sign tokens with", &m->err);
    free(m);
}

static int make_later(struct auth *auth, enum key_algorithm algorithm, struct err *err)
{
    struct making *m = calloc(1, sizeof(*m));

    if (m == NULL)
        return err_set(err, ERR_NOMEM, "key");
    m->auth = auth;
    m->algorithm = algorithm;
    loop_job(auth->loop, run_making, on_made, m);
    return 0;
}

/* An EC key takes less than a millisecond, an RSA key up to seconds. */
static int make_key(struct auth *auth, const char *name, struct err *err)
{
    enum key_algorithm algorithm;
    struct key *key;

    if (!key_algorithm_parse(&algorithm, name) || algorithm == KEY_HS256)
        return err_set(err, ERR_CONFIG, "auth.algorithm: expected ES256 or RS256");
    if (algorithm == KEY_RS256)
        return make_later(auth, algorithm, err);
    if (key_generate(&key, algorithm, err) != 0)
        return -1;
    return keyring_add(auth->keyring, key, KEYRING_LAST, err);
}

int auth_load_keys(struct auth *auth, const struct auth_settings *settings, struct err *err)
{
    const struct keyring_settings keyring_settings = {
        .x5c = settings->x5c,
        .name = auth->issuer,
        .now = clock_now(auth->clock),
    };

    if (keyring_new(&auth->keyring, &keyring_settings, err) != 0)
        return -1;
    if (json_array_size(settings->keys) > 0)
        return keyring_add_configured(auth->keyring, settings->keys, err);
    return make_key(auth, settings->algorithm != NULL ? settings->algorithm : "ES256", err);
}
