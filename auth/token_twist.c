/* SPDX-License-Identifier: MIT */
/* Tokens with a flaw, for those who want to see what becomes of them. */
#include "auth/token_request.h"

#include <stdlib.h>
#include <string.h>

#include "auth/claims.h"
#include "auth/internal.h"
#include "auth/key.h"
#include "auth/keyring.h"
#include "lib/util/clock.h"
#include "lib/util/err.h"

/* Nobody has a name of that kind (RFC 6761, 6.4). */
#define NOBODY "nobody.invalid"

enum { FAR_OFF = 3600 }; /* seconds by which a time is missed, beyond what is forgiven */

/* The key that nobody knows, made when it is first needed: that takes less than a millisecond. */
static int need_stranger(struct auth *auth, struct err *err)
{
    const struct keyring_settings settings = {.name = NOBODY, .now = clock_now(auth->clock)};
    struct keyring *ring = NULL;
    struct key *key;

    if (auth->stranger != NULL)
        return 0;
    if (keyring_new(&ring, &settings, err) != 0)
        return -1;
    if (key_generate(&key, KEY_ES256, err) != 0 ||
        keyring_add(ring, key, KEYRING_FIRST, err) != 0) {
        keyring_free(ring);
        return -1;
    }
    auth->stranger = ring;
    return 0;
}

static int garbage(char **ret_token, struct err *err)
{
    *ret_token = strdup("this-is-no-token");
    return *ret_token != NULL ? 0 : err_set(err, ERR_NOMEM, "token");
}

/* All three times by so many seconds. */
static void move(struct claims_settings *claims, int64_t by)
{
    claims->issued_at += by;
    claims->not_before += by;
    claims->expires += by;
}

int token_sign_twisted(struct auth *auth, enum token_flaw flaw, struct claims_settings *claims,
                       char **ret_token, struct err *err)
{
    int64_t off = FAR_OFF + auth->leeway / 1000;

    switch (flaw) {
    case TOKEN_FLAW_EXPIRED:
        move(claims, -(claims->expires - claims->issued_at) - off);
        break;
    case TOKEN_FLAW_NOT_YET:
        move(claims, off);
        break;
    case TOKEN_FLAW_WRONG_AUDIENCE:
        claims->audience = NOBODY;
        break;
    case TOKEN_FLAW_WRONG_ISSUER:
        claims->issuer = NOBODY;
        break;
    case TOKEN_FLAW_WRONG_KEY:
        if (need_stranger(auth, err) != 0)
            return -1;
        return keyring_sign(auth->stranger, ret_token, claims, err);
    case TOKEN_FLAW_GARBAGE:
        return garbage(ret_token, err);
    case TOKEN_FLAW_NO_GRANT:
    case TOKEN_FLAW_NONE:
        break;
    }
    return keyring_sign(auth->keyring, ret_token, claims, err);
}
