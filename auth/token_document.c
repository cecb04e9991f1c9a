/* SPDX-License-Identifier: MIT */
/* The public documents of the token service: its keys, and where they are. */
#include "auth/token.h"

#include <stdio.h>
#include <string.h>

#include <jansson.h>

#include "auth/base_url.h"
#include "auth/challenge.h"
#include "auth/internal.h"
#include "auth/jwks.h"
#include "auth/key_set.h"
#include "auth/keyring.h"
#include "lib/http/exchange.h"
#include "lib/util/util.h"

/* Begins a reply with doc, which is taken. */
static bool reply(struct http_exchange *x, json_t *doc)
{
    auto_free char *text = doc != NULL ? json_dumps(doc, JSON_COMPACT) : NULL;

    json_decref(doc);
    if (text == NULL)
        return false;
    http_reply_begin(x, 200);
    http_reply_header(x, "Content-Type", "application/json");
    http_reply_text(x, text, strlen(text));
    return true;
}

bool token_reply_jwks(struct auth *auth, struct http_exchange *x)
{
    return reply(x, jwks_to_json(keyring_keys(auth->keyring)));
}

/* What the keys sign with, each once. */
static json_t *algorithms(const struct key_set *keys)
{
    json_t *list = json_array();
    unsigned seen = 0;

    for (size_t i = 0; i < keys->count; i++) {
        enum key_algorithm algorithm = key_algorithm(keys->keys[i]);

        if ((seen & (1U << algorithm)) == 0)
            (void)json_array_append_new(list, json_string(key_algorithm_name(algorithm)));
        seen |= 1U << algorithm;
    }
    return list;
}

bool token_reply_configuration(struct auth *auth, struct http_exchange *x)
{
    char base[BASE_URL_MAX + 1];
    char token[BASE_URL_MAX + sizeof("/token")];
    char keys[BASE_URL_MAX + sizeof("/token/jwks.json")];

    challenge_base_url(auth, x, base, sizeof(base));
    (void)snprintf(token, sizeof(token), "%s/token", base);
    (void)snprintf(keys, sizeof(keys), "%s/token/jwks.json", base);
    return reply(x,
                 json_pack("{s:s, s:s, s:s, s:[s], s:[s], s:[s, s], s:o}", "issuer", auth->issuer,
                           "token_endpoint", token, "jwks_uri", keys, "response_types_supported",
                           "token", "subject_types_supported", "public", "grant_types_supported",
                           "password", "refresh_token", "id_token_signing_alg_values_supported",
                           algorithms(keyring_keys(auth->keyring))));
}
