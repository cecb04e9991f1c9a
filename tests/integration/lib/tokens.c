/* SPDX-License-Identifier: MIT */
#include "tests/integration/lib/tokens.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "auth/claims.h"
#include "auth/jws.h"
#include "auth/key.h"
#include "auth/scope.h"
#include "lib/util/base64.h"
#include "lib/util/buf.h"
#include "lib/util/clock.h"
#include "lib/util/err.h"
#include "lib/util/util.h"
#include "tests/integration/lib/bail.h"

enum { TEXT_MAX = 64 * 1024, HOUR = 3600 };

struct key *tokens_new_key(void)
{
    struct key *key;
    struct err err;

    if (key_generate(&key, KEY_ES256, &err) != 0)
        bail("no key: %s", err.msg);
    return key;
}

void tokens_write_key(const struct key *key, const char *folder, const char *name)
{
    auto_buf struct buf pem = BUF_INIT(TEXT_MAX);
    char path[PATH_MAX];
    FILE *f;

    key_print_private(&pem, key);
    snprintf(path, sizeof(path), "%s/%s", folder, name);
    f = fopen(path, "we");
    if (f == NULL || fputs(buf_text(&pem), f) == EOF || fclose(f) != 0)
        bail("writing %s failed", path);
}

static const char *text_or(const char *text, const char *preset)
{
    return text != NULL ? text : preset;
}

char *tokens_mint(const struct key *key, const struct tokens_claims *claims)
{
    struct scope_set scopes = {0};
    int64_t now = clock_now(NULL) + claims->from;
    const struct claims_settings settings = {
        .issuer = text_or(claims->issuer, "ocimock"),
        .audience = text_or(claims->audience, "ocimock"),
        .subject = text_or(claims->subject, "alice"),
        .issued_at = now,
        .not_before = now - CLAIMS_EARLY,
        .expires = now + (claims->life != 0 ? claims->life : HOUR),
        .access = &scopes,
    };
    auto_free char *header = NULL;
    char *token;
    struct err err;

    if (scope_set_parse(&scopes, text_or(claims->scope, ""), &err) != 0 ||
        claims_build_header(&header, key, false, &err) != 0 ||
        jws_sign(&token, key, header, &settings, &err) != 0)
        bail("no token: %s", err.msg);
    scope_set_done(&scopes);
    return token;
}

char *tokens_basic(const char *user, const char *secret)
{
    auto_buf struct buf b = BUF_INIT(TEXT_MAX);
    char pair[512];

    snprintf(pair, sizeof(pair), "%s:%s", user, secret);
    (void)buf_append_text(&b, "Basic ");
    base64_encode(&b, BASE64_STANDARD, pair, strlen(pair));
    return buf_take(&b, NULL);
}

void tokens_fetch(struct script *t, const char *variable, const char *authorization,
                  const char *query)
{
    auto_free char *request = NULL;
    auto_free char *header = NULL;
    auto_free char *value = NULL;
    const struct response *r;
    const char *token;
    json_t *root;

    if (asprintf(&request, "GET /token%s", query) < 0 ||
        asprintf(&header, "Authorization: %s\n", text_or(authorization, "")) < 0)
        bail("out of memory");
    r = script_send(t, request, authorization != NULL ? header : NULL, NULL);
    root = r->status == 200 ? json_loadb(r->body, r->size, 0, NULL) : NULL;
    token = json_string_value(json_object_get(root, "token"));
    if (token == NULL) {
        response_diag(r);
        bail("%s gave no token", request);
    }
    if (asprintf(&value, "Bearer %s", token) < 0)
        bail("out of memory");
    script_set(t, variable, value);
    json_decref(root);
}
