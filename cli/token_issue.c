/* SPDX-License-Identifier: MIT */
/* ocimock token issue: a token of a running server, whatever its policy says. */
#include <stdio.h>
#include <string.h>

#include <jansson.h>

#include "cli/control_command.h"
#include "cli/token.h"
#include "lib/util/buf.h"
#include "lib/util/err.h"
#include "lib/util/units.h"
#include "lib/util/util.h"

enum { SCOPES_TEXT_MAX = 32 * 1024 };

#define DURATION_MAX ((uint64_t)20 * 366 * 24 * 3600 * 1000)

struct issue_settings {
    struct command_settings common;
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

static int body_of(const struct issue_settings *s, json_t **ret, struct err *err)
{
    const char *account = s->common.words[0];
    auto_buf struct buf scopes = BUF_INIT(SCOPES_TEXT_MAX);
    json_t *body;

    token_join_scopes(&scopes, &s->scopes);
    if (buf_check(&scopes, "--scope", err) != 0)
        return -1;
    body = json_pack("{s:s*, s:s*, s:s}", "account",
                     strcmp(account, "anonymous") == 0 ? NULL : account, "service", s->service,
                     "scope", buf_text(&scopes));
    if (body == NULL || set_duration(body, "ttl", s->ttl) != 0 ||
        set_duration(body, "age", s->age) != 0) {
        json_decref(body);
        return err_set(err, ERR_USAGE, "account, scopes and service have to be UTF-8");
    }
    *ret = body;
    return 0;
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
    enum cli_status status;
    json_t *body;

    if (body_of(s, &body, err) != 0)
        return CLI_FAILURE;
    status = control_command_call(&s->common, "POST", "/tokens", body, show, err);
    json_decref(body);
    return status;
}

static const struct option issue_options[] = {
    {CLI_LIST("scope", "SCOPE",
              "What it grants, such as repository:team/app:pull,push; may be given several times"),
     .letter = 's', MEMBER(scopes)},
    {CLI_DURATION("ttl",
                  "How long it is good, on the server's clock; 0: as long as all of its tokens"),
     .preset = "0", .value.max = DURATION_MAX, MEMBER(ttl)},
    {CLI_DURATION("age", "How long ago it was made: more than --ttl makes one that expired"),
     .preset = "0", .value.max = DURATION_MAX, MEMBER(age)},
    {CLI_TEXT("service", "NAME", "Whom it is for, instead of the server itself"), MEMBER(service)},
};

const struct command command_token_issue = {
    .name = "issue",
    .summary = "a token of a running server, whatever its policy says",
    .examples = "TOKEN=$(ocimock token issue alice --scope repository:team/app:pull --ttl 1h)\n"
                "ocimock token issue alice --age 1h --ttl 5m          # one that expired\n"
                "ocimock token issue anonymous --json | jq -r .jti",
    .about = "Prints a token that a running server has signed for an account (or "
             "anonymous), whatever its policy says.",
    .options = issue_options,
    .option_count = ARRAY_LEN(issue_options),
    .words = {{.name = "ACCOUNT"}},
    .asks_server = true,
    .run = issue,
    .settings_size = sizeof(struct issue_settings),
};
