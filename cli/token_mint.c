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
#include "lib/util/option.h"
#include "lib/util/util.h"

enum { SCOPES_TEXT_MAX = 64 * 1024 };

/* Twenty years: what is far away must still be a time. */
#define DURATION_MAX ((uint64_t)20 * 366 * 24 * 3600 * 1000)

struct mint_settings {
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
    bool json;
    bool help;
};

#define MEMBER(m) OPTION_MEMBER(struct mint_settings, m)

static const struct option options[] = {
    {.flag = "key",
     .letter = 'k',
     .flag_only = true,
     .arg = "FILE",
     .value.type = SCHEMA_TEXT,
     .group = "Key",
     .help = "Private key (PEM) that signs",
     MEMBER(key)},
    {.flag = "certificate",
     .flag_only = true,
     .arg = "FILE",
     .value.type = SCHEMA_TEXT,
     .help = "Its certificate and chain (PEM), unless they are in the key's file",
     MEMBER(certificate)},
    {.flag = "kid",
     .flag_only = true,
     .arg = "ID",
     .value.type = SCHEMA_TEXT,
     .help = "Id of the key: libtrust (default), thumbprint, or a name of your own",
     MEMBER(kid)},
    {.flag = "config",
     .letter = 'c',
     .flag_only = true,
     .arg = "FILE",
     .value.type = SCHEMA_TEXT,
     .help = "Configuration of the server: the first of auth.keys signs; service and issuer, too",
     MEMBER(config)},
    {.flag = "secret-file",
     .flag_only = true,
     .arg = "FILE",
     .value.type = SCHEMA_TEXT,
     .help = "Sign with the secret in a file (HS256), which no registry should believe",
     MEMBER(secret_file)},
    {.flag = "x5c",
     .flag_only = true,
     .value.type = SCHEMA_BOOL,
     .preset = "true",
     .help = "Send the certificate in the token's header, where there is one",
     MEMBER(x5c)},
    {.flag = "scope",
     .letter = 's',
     .flag_only = true,
     .arg = "SCOPE",
     .value.type = SCHEMA_LIST,
     .group = "Claims",
     .help = "What it grants, such as repository:team/app:pull,push or registry:catalog:*",
     MEMBER(scopes)},
    {.flag = "sub",
     .flag_only = true,
     .arg = "NAME",
     .value.type = SCHEMA_TEXT,
     .help = "Account (default: anonymous)",
     MEMBER(subject)},
    {.flag = "aud",
     .flag_only = true,
     .arg = "SERVICE",
     .value.type = SCHEMA_TEXT,
     .help = "Service that it is for (default: auth.service of the configuration, or ocimock)",
     MEMBER(audience)},
    {.flag = "iss",
     .flag_only = true,
     .arg = "NAME",
     .value.type = SCHEMA_TEXT,
     .help = "Who issues it (default: auth.issuer of the configuration, or the service)",
     MEMBER(issuer)},
    {.flag = "jti",
     .flag_only = true,
     .arg = "ID",
     .value.type = SCHEMA_TEXT,
     .help = "Id of the token (default: random)",
     MEMBER(id)},
    {.flag = "ttl",
     .letter = 't',
     .flag_only = true,
     .arg = "DURATION",
     .value = {.type = SCHEMA_DURATION, .max = DURATION_MAX},
     .preset = "5m",
     .help = "How long it is valid",
     MEMBER(ttl)},
    {.flag = "age",
     .flag_only = true,
     .arg = "DURATION",
     .value = {.type = SCHEMA_DURATION, .max = DURATION_MAX},
     .preset = "0",
     .help = "How long ago it was issued: older than --ttl, it has expired",
     MEMBER(age)},
    {.flag = "json",
     .flag_only = true,
     .value.type = SCHEMA_BOOL,
     .group = "Output",
     .help = "Print JSON as a token service does",
     MEMBER(json)},
    {.flag = "help",
     .letter = 'h',
     .flag_only = true,
     .value.type = SCHEMA_BOOL,
     .help = "Print this help",
     MEMBER(help)},
};

static enum cli_status print_help(void)
{
    auto_buf struct buf b = BUF_INIT(16384);

    (void)buf_append_text(
        &b, "Examples:\n"
            "  ocimock token mint --key token.pem --scope repository:team/app:pull --sub alice\n"
            "  ocimock token mint --config ocimock.yaml --scope 'registry:catalog:*' --ttl 1h\n"
            "  ocimock token mint --key token.pem --age 1h --ttl 5m          # expired\n"
            "\nPrints a token. Who has the key of a registry can do anything there.\n"
            "\nUsage: ocimock token mint [OPTION...]\n\nOptions:\n");
    option_help(&b, options, ARRAY_LEN(options));
    return cli_print_buf(&b);
}

/*
 * Commas separate the values of a list and the actions of a scope: a part without a colon belongs
 * to the scope in front of it.
 */
static int parse_scopes(struct scope_set *ret, const struct option_list *parts, struct err *err)
{
    auto_buf struct buf text = BUF_INIT(SCOPES_TEXT_MAX);

    for (size_t i = 0; i < parts->count; i++) {
        const char *part = parts->items[i];

        if (i > 0)
            (void)buf_append_char(&text, strchr(part, ':') == NULL ? ',' : ' ');
        (void)buf_append_text(&text, part);
    }
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

static int read_settings(struct mint_settings *ret, struct option_set *set, int argc, char **argv,
                         struct err *err)
{
    size_t words;

    if (option_read_flags(set, OPTION_FLAG, argc - 1, argv + 1, err) != 0 ||
        option_store(set, ret, err) != 0)
        return -1;
    (void)option_words(set, &words);
    return words == 0 ? 0 : err_set(err, ERR_USAGE, "takes no arguments: scopes go behind --scope");
}

static enum cli_status run(struct option_set *set, int argc, char **argv)
{
    struct mint_settings settings = {0};
    auto_free char *token = NULL;
    enum cli_status status;
    struct err err;

    if (read_settings(&settings, set, argc, argv, &err) != 0)
        return cli_fail("token mint", &err);
    if (settings.help)
        return print_help();
    if (mint(&token, &settings, &err) != 0)
        return cli_fail("token mint", &err);
    if (settings.json)
        return print_reply(&settings, token);
    status = cli_print(token);
    return status == CLI_OK ? cli_print("\n") : status;
}

enum cli_status run_token_mint(int argc, char **argv)
{
    struct option_set *set = NULL;
    enum cli_status status;
    struct err err;

    if (option_set_new(&set, options, ARRAY_LEN(options), &err) != 0)
        return cli_fail("token mint", &err);
    status = run(set, argc, argv);
    option_set_free(set);
    return status;
}
