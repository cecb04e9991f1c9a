/* SPDX-License-Identifier: MIT */
/*
 * ocimock token mint --key FILE [--scope SCOPE]... [--sub NAME] [--ttl DURATION] ...
 */
#include "cli/token.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "auth/claims.h"
#include "auth/key.h"
#include "auth/keyring.h"
#include "auth/scope.h"
#include "cli/signing.h"
#include "lib/util/buf.h"
#include "lib/util/clock.h"
#include "lib/util/err.h"
#include "lib/util/util.h"

enum { SCOPES_TEXT_MAX = 64 * 1024 };

/* Twenty years: what is far away must still be a time. */
#define DURATION_MAX ((uint64_t)20 * 366 * 24 * 3600 * 1000)

struct mint_settings {
    struct command_settings common;
    const char *config;
    const char *key;
    const char *certificate;
    const char *kid;
    const char *secret_file;
    bool x5c;
    struct option_list scopes;
    const char *subject;
    const char *audience;
    const char *issuer;
    const char *id;
    uint64_t ttl; /* milliseconds */
    uint64_t age; /* milliseconds */
};

#define MEMBER(m) OPTION_MEMBER(struct mint_settings, m)

static const struct option options[] = {
    {CLI_FILE("key", "Private key (PEM) that signs"), .letter = 'k', .group = "Key", MEMBER(key)},
    {CLI_FILE("certificate", "Its certificate and chain (PEM), unless they are in the key's file"),
     MEMBER(certificate)},
    {CLI_TEXT("kid", "ID", "Id of the key: libtrust (default), thumbprint, or a name of your own"),
     MEMBER(kid)},
    {CLI_FILE("config",
              "Configuration of the server: the first of auth.keys signs; service and issuer, too"),
     .letter = 'c', MEMBER(config)},
    {CLI_FILE("secret-file",
              "Sign with the secret in a file (HS256), which no registry should believe"),
     MEMBER(secret_file)},
    {CLI_SWITCH("x5c", "Send the certificate in the token's header, where there is one"),
     .preset = "true", MEMBER(x5c)},
    {CLI_LIST("scope", "SCOPE",
              "What it grants, such as repository:team/app:pull,push or registry:catalog:*"),
     .letter = 's', .group = "Claims", MEMBER(scopes)},
    {CLI_TEXT("sub", "NAME", "Account (default: anonymous)"), MEMBER(subject)},
    {CLI_TEXT("aud", "SERVICE",
              "Service that it is for (default: auth.service of the configuration, or ocimock)"),
     MEMBER(audience)},
    {CLI_TEXT("iss", "NAME",
              "Who issues it (default: auth.issuer of the configuration, or the service)"),
     MEMBER(issuer)},
    {CLI_TEXT("jti", "ID", "Id of the token (default: random)"), MEMBER(id)},
    {CLI_DURATION("ttl", "How long it is valid"), .letter = 't', .preset = "5m",
     .value.max = DURATION_MAX, MEMBER(ttl)},
    {CLI_DURATION("age", "How long ago it was issued: older than --ttl, it has expired"),
     .preset = "0", .value.max = DURATION_MAX, MEMBER(age)},
};

static int parse_scopes(struct scope_set *ret, const struct option_list *parts, struct err *err)
{
    auto_buf struct buf text = BUF_INIT(SCOPES_TEXT_MAX);

    token_join_scopes(&text, parts);
    if (buf_check(&text, "--scope", err) != 0)
        return -1;
    if (scope_set_parse(ret, buf_text(&text), err) == 0)
        return 0;
    (void)err_wrap(err, "--scope");
    err->code = ERR_USAGE;
    return -1;
}

static int sign(char **ret_token, const struct mint_settings *s, const struct signing *signing,
                const struct scope_set *access, struct err *err)
{
    int64_t issued = clock_now(NULL) - (int64_t)(s->age / 1000);
    const char *audience = s->audience != NULL ? s->audience : signing->service;
    const char *issuer = s->issuer != NULL       ? s->issuer
                         : signing->conf == NULL ? audience
                                                 : signing->issuer;
    const struct claims_settings claims = {
        .issuer = issuer,
        .subject = s->subject != NULL ? s->subject : "",
        .audience = audience,
        .id = s->id,
        .issued_at = issued,
        .not_before = issued - CLAIMS_EARLY,
        .expires = issued + (int64_t)(s->ttl / 1000),
        .access = access,
    };

    return keyring_sign(signing->ring, ret_token, &claims, err);
}

static int mint(char **ret_token, const struct mint_settings *s, struct err *err)
{
    const struct signing_files files = {.config = s->config,
                                        .key = s->key,
                                        .certificate = s->certificate,
                                        .kid = s->kid,
                                        .secret_file = s->secret_file,
                                        .x5c = s->x5c};
    struct scope_set access = {0};
    struct signing signing;
    int result;

    if (signing_open(&signing, &files, err) != 0)
        return -1;
    result = parse_scopes(&access, &s->scopes, err);
    if (result == 0)
        result = sign(ret_token, s, &signing, &access, err);
    scope_set_done(&access);
    signing_done(&signing);
    return result;
}

/* The fields of a token service's reply (distribution, spec/auth/token.md). */
static enum cli_status print_reply(const struct mint_settings *s, const char *token)
{
    char issued[CLOCK_TEXT_MAX];

    (void)clock_format(issued, clock_now(NULL) - (int64_t)(s->age / 1000));
    return cli_print_json(json_pack("{s:s, s:s, s:I, s:s}", "token", token, "access_token", token,
                                    "expires_in", (json_int_t)(s->ttl / 1000), "issued_at",
                                    issued));
}

static enum cli_status run(void *settings, struct err *err)
{
    const struct mint_settings *s = settings;
    auto_free char *token = NULL;
    enum cli_status status;

    if (mint(&token, s, err) != 0)
        return CLI_FAILURE;
    if (s->common.json)
        return print_reply(s, token);
    status = cli_print(token);
    return status == CLI_OK ? cli_print("\n") : status;
}

const struct command command_token_mint = {
    .name = "mint",
    .summary = "make a token and sign it with a key, without a server",
    .examples = "ocimock token mint --key token.pem --scope repository:team/app:pull --sub alice\n"
                "ocimock token mint --config ocimock.yaml --scope 'registry:catalog:*' --ttl 1h\n"
                "ocimock token mint --key token.pem --age 1h --ttl 5m          # expired",
    .about = "Prints a token; with --json, what a token service answers. Who has the key of a "
             "registry can do anything there.",
    .options = options,
    .option_count = ARRAY_LEN(options),
    .surplus = "takes no arguments: scopes go behind --scope",
    .run = run,
    .settings_size = sizeof(struct mint_settings),
};
