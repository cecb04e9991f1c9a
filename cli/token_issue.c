/* SPDX-License-Identifier: MIT */
/* ocimock token issue: a token of a running server, whatever its policy says. */
#include <stdio.h>
#include <string.h>

#include <jansson.h>

#include "cli/control_command.h"
#include "cli/token.h"
#include "lib/util/err.h"
#include "lib/util/units.h"
#include "lib/util/util.h"

#define DURATION_MAX ((uint64_t)20 * 366 * 24 * 3600 * 1000)

struct issue_settings {
    struct control_settings common;
    struct option_list scopes; /* texts and lists are borrowed from the options */
    const char *service;
    uint64_t ttl; /* milliseconds; 0: the server's */
    uint64_t age;
};

#define MEMBER(m) OPTION_MEMBER(struct issue_settings, m)

static int set_duration(json_t *body, const char *key, uint64_t ms)
{
    char text[UNITS_TEXT_MAX];

    return ms == 0 ? 0
                   : json_object_set_new(body, key, json_string(units_format_duration(text, ms)));
}

/* NULL: memory is short, or a text is not UTF-8. */
static json_t *body_of(const struct issue_settings *s)
{
    const char *account = s->common.words[0];
    json_t *scopes = json_array();
    json_t *body =
        json_pack("{s:s*, s:s*}", "account", strcmp(account, "anonymous") == 0 ? NULL : account,
                  "service", s->service);
    int result = body == NULL ? -1 : 0;

    for (size_t i = 0; result == 0 && i < s->scopes.count; i++)
        result = json_array_append_new(scopes, json_string(s->scopes.items[i]));
    if (result == 0 && json_object_set(body, "scope", scopes) == 0 &&
        set_duration(body, "ttl", s->ttl) == 0 && set_duration(body, "age", s->age) == 0) {
        json_decref(scopes);
        return body;
    }
    json_decref(scopes);
    json_decref(body);
    return NULL;
}

static enum cli_status show(const json_t *answer, struct err *err)
{
    (void)err;
    (void)printf("%s\n", json_string_value(json_object_get(answer, "token")));
    return CLI_OK;
}

static enum cli_status issue(void *settings, struct err *err)
{
    const struct issue_settings *s = settings;
    json_t *body = body_of(s);
    enum cli_status status;

    if (body == NULL) {
        (void)err_set(err, ERR_USAGE, "account, scopes and service have to be UTF-8");
        return CLI_FAILURE;
    }
    status = control_command_call(&s->common, "POST", "/tokens", body, show, err);
    json_decref(body);
    return status;
}

enum cli_status run_token_issue(int argc, char **argv)
{
    static const struct option options[] = {
        {.flag = "scope",
         .letter = 's',
         .flag_only = true,
         .arg = "SCOPE",
         .value.type = SCHEMA_LIST,
         .help = "What it grants, such as repository:team/app:pull; may be given several times",
         MEMBER(scopes)},
        {.flag = "ttl",
         .flag_only = true,
         .arg = "DURATION",
         .value = {.type = SCHEMA_DURATION, .max = DURATION_MAX},
         .preset = "0",
         .help = "How long it is good, on the server's clock; 0: as long as all of its tokens",
         MEMBER(ttl)},
        {.flag = "age",
         .flag_only = true,
         .arg = "DURATION",
         .value = {.type = SCHEMA_DURATION, .max = DURATION_MAX},
         .preset = "0",
         .help = "How long ago it was made: more than --ttl makes one that expired",
         MEMBER(age)},
        {.flag = "service",
         .flag_only = true,
         .arg = "NAME",
         .value.type = SCHEMA_TEXT,
         .help = "Whom it is for, instead of the server itself",
         MEMBER(service)},
        CONTROL_OPTIONS(struct issue_settings),
    };
    static const struct control_command command = {
        .name = "token issue",
        .help = "Examples:\n"
                "  TOKEN=$(ocimock token issue alice --scope repository:team/app:pull --ttl 1h)\n"
                "  ocimock token issue alice --age 1h --ttl 5m          # one that expired\n"
                "  ocimock token issue anonymous --json | jq -r .jti\n"
                "\n"
                "Prints a token that a running server has signed for an account (or anonymous),\n"
                "whatever its policy says.\n"
                "\n"
                "Usage: ocimock token issue ACCOUNT [OPTION...]\n",
        .options = options,
        .option_count = ARRAY_LEN(options),
        .words_min = 1,
        .words_max = 1,
        .missing = "ACCOUNT (or anonymous) is missing",
        .run = issue,
    };
    struct issue_settings settings = {0};

    return control_command_run(&command, &settings, argc, argv);
}
