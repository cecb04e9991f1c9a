/* SPDX-License-Identifier: MIT */
/*
 * ocimock token inspect [TOKEN | -] [--jwks FILE] ...
 *
 * A token on the command line can be seen by everybody who may list processes: better to send it to
 * standard input or name a file.
 */
#include "cli/token.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "auth/claims.h"
#include "auth/jwks.h"
#include "auth/jws.h"
#include "auth/key_set.h"
#include "auth/keyring.h"
#include "cli/signing.h"
#include "lib/util/buf.h"
#include "lib/util/clock.h"
#include "lib/util/err.h"
#include "lib/util/file.h"
#include "lib/util/json.h"
#include "lib/util/units.h"
#include "lib/util/util.h"

enum { TEXT_MAX = 1024 * 1024 };

struct inspect_settings {
    struct command_settings common;
    const char *file;
    const char *jwks;
    const char *pem;
    const char *secret_file;
    const char *config;
    const char *audience;
    const char *issuer;
    uint32_t leeway; /* milliseconds */
};

#define MEMBER(m) OPTION_MEMBER(struct inspect_settings, m)

static const struct option options[] = {
    {CLI_FILE("file", "Read the token from a file"), .letter = 'f', MEMBER(file)},
    {CLI_FILE("jwks", "Check it with the keys of a key set (JSON)"), MEMBER(jwks)},
    {CLI_FILE("pem", "Check it with the certificates and keys of a file (PEM)"), MEMBER(pem)},
    {CLI_FILE("secret-file", "Check it with the secret in a file (HS256)"), MEMBER(secret_file)},
    {CLI_FILE("config",
              "Check it as the server with this configuration does: keys, service, issuer"),
     .letter = 'c', MEMBER(config)},
    {CLI_TEXT("aud", "SERVICE", "Service that it must be for"), MEMBER(audience)},
    {CLI_TEXT("iss", "NAME", "Issuer that it must have"), MEMBER(issuer)},
    {CLI_DURATION("leeway", "By how much clocks may differ"), .preset = "0", .value.max = INT32_MAX,
     MEMBER(leeway)},
};

/* --- Checking -----------------------------------------------------------------------------------
 */

/* The keys that were named, and what came with them. */
struct judge {
    struct key_set keys;    /* owned */
    struct signing signing; /* owned: of --config and --secret-file */
    bool given;             /* there are keys */
};

static void judge_done(struct judge *j)
{
    key_set_done(&j->keys);
    signing_done(&j->signing);
}

static void warn(void *arg, const char *message)
{
    (void)fprintf(stderr, "ocimock token inspect: %s: %s\n", (const char *)arg, message);
}

static int load_pem(struct key_set *keys, const char *path, struct err *err)
{
    auto_buf struct buf b = BUF_INIT(KEY_FILE_MAX);

    if (file_read(&b, path, err) != 0)
        return -1;
    return key_set_parse_pem(keys, buf_text(&b), b.len, err) == 0 ? 0 : err_wrap(err, "%s", path);
}

static int load_signing(struct judge *j, const struct inspect_settings *s, struct err *err)
{
    const struct signing_files files = {.config = s->config, .secret_file = s->secret_file};
    const struct key_set *own;

    if (signing_open(&j->signing, &files, err) != 0)
        return -1;
    own = keyring_keys(j->signing.ring);
    for (size_t i = 0; i < own->count; i++) {
        if (key_set_add(&j->keys, key_ref(own->keys[i]), err) != 0)
            return -1;
    }
    return 0;
}

static int judge_open(struct judge *j, const struct inspect_settings *s, struct err *err)
{
    char *path = (char *)s->jwks; /* warn() reads it only */

    j->given = s->jwks != NULL || s->pem != NULL || s->config != NULL || s->secret_file != NULL;
    if (s->jwks != NULL && jwks_load(&j->keys, s->jwks, warn, path, err) != 0)
        return -1;
    if (s->pem != NULL && load_pem(&j->keys, s->pem, err) != 0)
        return -1;
    return s->config == NULL && s->secret_file == NULL ? 0 : load_signing(j, s, err);
}

static enum jws_result judge(const struct judge *j, const struct inspect_settings *s,
                             const char *token, size_t n, struct err *err)
{
    bool config = s->config != NULL;
    const char *audience = s->audience != NULL ? s->audience : config ? j->signing.service : NULL;
    const struct jws_rules rules = {
        .keys = &j->keys,
        .issuer = s->issuer != NULL ? s->issuer
                  : config          ? j->signing.issuer
                                    : NULL,
        .audiences = &audience,
        .audience_count = audience != NULL ? 1 : 0,
        .now_ms = clock_now_ms(NULL),
        .leeway_ms = s->leeway,
    };
    struct claims_header header;
    struct claims claims = {0};
    enum jws_result result = JWS_MALFORMED;

    if (j->given)
        result = jws_verify(&claims, token, n, &rules, err);
    else if (jws_read(&header, &claims, token, n, err) == 0)
        result = jws_check_claims(&claims, &rules, err);
    claims_done(&claims);
    return result;
}

/* --- Printing -----------------------------------------------------------------------------------
 */

/* A token as trees; owned. */
struct contents {
    json_t *header;
    json_t *claims;
};

static void contents_done(struct contents *c)
{
    json_decref(c->header);
    json_decref(c->claims);
}

/* What the reader would say quotes the text, which may be a secret that was taken for a token. */
static int parse(json_t **ret, const char *text, const char *what, struct err *err)
{
    const struct util_json_limits limits = {
        .size = JWS_MAX, .depth = UTIL_JSON_DEPTH_MAX, .values = JWS_MAX};

    if (util_json_parse(ret, text, strlen(text), &limits, NULL) == 0 && json_is_object(*ret))
        return 0;
    return err_set(err, ERR_SYNTAX, "%s: it is no JSON object", what);
}

static int read_contents(struct contents *ret, const char *token, size_t n, struct err *err)
{
    auto_free char *header = NULL;
    auto_free char *claims = NULL;

    if (jws_read_texts(&header, &claims, token, n, err) != 0 ||
        parse(&ret->header, header, "header", err) != 0)
        return -1;
    return parse(&ret->claims, claims, "claims", err);
}

static void print_tree(struct buf *b, const char *name, const json_t *tree)
{
    auto_free char *text = json_dumps(tree, JSON_INDENT(2));

    (void)buf_appendf(b, "%s %s\n", name, text != NULL ? text : "?");
}

/* A time of the claims, and how far it is from now. */
static void print_time(struct buf *b, const char *label, const json_t *claims, const char *name)
{
    const json_t *value = json_object_get(claims, name);
    const double most = 253402300799; /* the year 9999 */
    char date[CLOCK_TEXT_MAX];
    char distance[UNITS_TEXT_MAX];
    int64_t seconds;
    int64_t away;

    if (!json_is_number(value) || json_number_value(value) > most || json_number_value(value) < 0)
        return;
    seconds = (int64_t)json_number_value(value);
    away = seconds - clock_now(NULL);
    (void)buf_appendf(b, "%-12s%s, ", label, clock_format(date, seconds));
    if (away == 0)
        (void)buf_append_text(b, "now\n");
    else
        (void)buf_appendf(
            b, away < 0 ? "%s ago\n" : "in %s\n",
            units_format_duration(distance, (uint64_t)(away < 0 ? -away : away) * 1000));
}

/* Other tokens than ours have no scopes, or something else of that name. */
static void print_scopes(struct buf *b, const json_t *claims)
{
    const json_t *access = json_object_get(claims, "access");
    struct scope_set set = {0};

    if (access == NULL || scope_set_from_json(&set, access, NULL) != 0)
        return;
    (void)buf_append_text(b, "grants      ");
    if (set.count == 0)
        (void)buf_append_text(b, "nothing");
    scope_set_format(b, &set);
    (void)buf_append_char(b, '\n');
    scope_set_done(&set);
}

static void print_verdict(struct buf *b, enum jws_result result, bool given, const char *reason)
{
    if (result != JWS_GOOD)
        (void)buf_appendf(b, "verdict     it does not verify: %s\n", reason);
    else if (given)
        (void)buf_append_text(b, "verdict     it verifies\n");
    else
        (void)buf_append_text(
            b, "verdict     no keys were given: the signature was not checked, the rest is good\n");
}

static enum cli_status print(const struct inspect_settings *s, const struct contents *c,
                             enum jws_result result, bool given, const char *reason)
{
    auto_buf struct buf b = BUF_INIT(TEXT_MAX);

    reason = result == JWS_GOOD ? "" : reason;
    if (s->common.json)
        return cli_print_json(json_pack("{s:O, s:O, s:s, s:s, s:b}", "header", c->header, "claims",
                                        c->claims, "result", jws_result_name(result), "reason",
                                        reason, "signature_checked", given));
    print_tree(&b, "header", c->header);
    print_tree(&b, "claims", c->claims);
    (void)buf_append_char(&b, '\n');
    print_time(&b, "issued", c->claims, "iat");
    print_time(&b, "valid from", c->claims, "nbf");
    print_time(&b, "expires", c->claims, "exp");
    print_scopes(&b, c->claims);
    print_verdict(&b, result, given, reason);
    return cli_print_buf(&b);
}

/* --- The command --------------------------------------------------------------------------------
 */

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/* From the argument, the file or standard input; without blanks around it. */
static int read_token(struct buf *b, const char *word, const char *file, struct err *err)
{
    size_t n = 0;

    if (word != NULL && file != NULL)
        return err_set(err, ERR_USAGE, "the token is either an argument or in --file");
    if (word != NULL && strcmp(word, "-") != 0) {
        (void)buf_append_text(b, word);
        if (buf_check(b, "token", err) != 0)
            return -1;
    } else if (file_read(b, file != NULL ? file : "/dev/stdin", err) != 0) {
        return -1;
    }
    while (b->len > 0 && is_blank(b->data[b->len - 1]))
        b->data[--b->len] = '\0';
    while (n < b->len && is_blank(b->data[n]))
        n++;
    if (n > 0)
        memmove(b->data, b->data + n, b->len - n + 1);
    b->len -= n;
    return b->len > 0 ? 0 : err_set(err, ERR_SYNTAX, "there is no token");
}

static enum cli_status inspect(const struct inspect_settings *s, const struct judge *j,
                               const struct buf *token, struct err *err)
{
    struct contents contents = {0};
    enum cli_status status = CLI_FAILURE;
    enum jws_result result;
    struct err reason = {0};

    if (read_contents(&contents, token->data, token->len, err) == 0) {
        result = judge(j, s, token->data, token->len, &reason);
        status = print(s, &contents, result, j->given, reason.msg);
        if (status == CLI_OK && result == JWS_MALFORMED)
            status = CLI_FAILURE;
        else if (status == CLI_OK && j->given && result != JWS_GOOD)
            status = CLI_ASSERTION;
    }
    contents_done(&contents);
    return status;
}

static enum cli_status run(void *settings, struct err *err)
{
    const struct inspect_settings *s = settings;
    auto_buf struct buf token = BUF_INIT(JWS_MAX + 1024);
    const char *word = s->common.word_count > 0 ? s->common.words[0] : NULL;
    enum cli_status status = CLI_FAILURE;
    struct judge j = {0};

    if (read_token(&token, word, s->file, err) == 0 && judge_open(&j, s, err) == 0)
        status = inspect(s, &j, &token, err);
    judge_done(&j);
    return status;
}

const struct command command_token_inspect = {
    .name = "inspect",
    .summary = "explain a token: what it says, and whether it verifies",
    .examples = "ocimock token inspect <token.txt\n"
                "ocimock token inspect --file token.txt --jwks jwks.json --aud ocimock\n"
                "ocimock token inspect --config ocimock.yaml <token.txt",
    .about = "Prints what a token says and, with keys, whether it verifies and why not. The token "
             "comes from standard input; as an argument it could be seen in the list of "
             "processes. Exit status: 0; 1 it is no token; 3 keys were given and it does not "
             "verify.",
    .options = options,
    .option_count = ARRAY_LEN(options),
    .words = {{.name = "TOKEN", .optional = true}},
    .surplus = "takes one token only",
    .redirection = "<FILE",
    .run = run,
    .settings_size = sizeof(struct inspect_settings),
};
