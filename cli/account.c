/* SPDX-License-Identifier: MIT */
/*
 * ocimock account list|add|rotate|revoke|disable|enable|remove|grant: accounts of a running server.
 */
#include <stdio.h>
#include <string.h>

#include <jansson.h>

#include "cli/account_command.h"
#include "cli/control_client.h"
#include "cli/table.h"
#include "lib/util/buf.h"
#include "lib/util/err.h"
#include "lib/util/util.h"

enum { PATH_SIZE_MAX = 4096, TEXT_MAX = 1024 };

#define MEMBER(m) OPTION_MEMBER(struct account_settings, m)

const char *account_name_of(const struct account_settings *s)
{
    return s->common.words[0];
}

/* "/accounts/NAME" and what is done to it, such as ":revoke" or nothing. */
static int account_path(struct buf *path, const struct account_settings *s, const char *verb,
                        struct err *err)
{
    (void)buf_append_text(path, "/accounts/");
    control_path_segment(path, account_name_of(s));
    (void)buf_append_text(path, verb);
    return buf_check(path, "name of the account", err);
}

enum cli_status account_call(const struct account_settings *s, const char *method, const char *verb,
                             const json_t *body,
                             enum cli_status (*show)(const json_t *answer, struct err *err),
                             struct err *err)
{
    auto_buf struct buf path = BUF_INIT(PATH_SIZE_MAX);

    if (account_path(&path, s, verb, err) != 0)
        return CLI_FAILURE;
    return control_command_call(&s->common, method, buf_text(&path), body, show, err);
}

const char *account_text(const json_t *row, const char *key)
{
    return json_string_value(json_object_get(row, key));
}

/* --- list ---------------------------------------------------------------------------------------
 */

static const struct table_column columns[] = {
    {.heading = "NAME", .cut = true},    {.heading = "STATE"},  {.heading = "SECRETS", .cut = true},
    {.heading = "SUBJECT", .cut = true}, {.heading = "ORIGIN"},
};

/* "plain until 2026-11-21T20:43:21Z, hash" */
static void secrets_of(const json_t *row, struct buf *to)
{
    json_t *secret;
    size_t i;

    json_array_foreach(json_object_get(row, "secrets"), i, secret)
    {
        const char *until = account_text(secret, "until");

        (void)buf_appendf(to, "%s%s%s%s", i > 0 ? ", " : "", account_text(secret, "kind"),
                          until != NULL ? " until " : "", until != NULL ? until : "");
    }
}

static void add_row(struct table *t, const json_t *row)
{
    auto_buf struct buf secrets = BUF_INIT(TEXT_MAX);
    bool disabled = json_is_true(json_object_get(row, "disabled"));

    secrets_of(row, &secrets);
    table_add(t, TABLE_PLAIN, account_text(row, "name"));
    table_add(t, disabled ? TABLE_WARN : TABLE_GOOD, disabled ? "disabled" : "enabled");
    table_add(t, TABLE_PLAIN, buf_text(&secrets));
    table_add(t, TABLE_PLAIN, account_text(row, "subject"));
    table_add(t, TABLE_DIM, account_text(row, "origin"));
}

static enum cli_status show_list(const json_t *answer, struct err *err)
{
    const char *mode = account_text(answer, "mode");
    enum cli_status status;
    struct table *t;
    json_t *row;
    size_t i;

    if (table_new(&t, columns, ARRAY_LEN(columns), err) != 0)
        return CLI_FAILURE;
    json_array_foreach(json_object_get(answer, "accounts"), i, row) add_row(t, row);
    status = control_print_table(t, err);
    table_free(t);
    if (mode != NULL && strcmp(mode, "none") == 0)
        (void)fputs("ocimock account: auth.mode is none: nobody has to log in\n", stderr);
    return status;
}

static enum cli_status list(void *settings, struct err *err)
{
    return control_command_call(settings, "GET", "/accounts", NULL, show_list, err);
}

static const struct command list_command = {
    .name = "list",
    .summary = "accounts, without their secrets",
    .examples = "ocimock account list\n"
                "ocimock account list --json | jq -r '.accounts[].name'",
    .about = "Lists accounts with how many secrets they have, and until when old ones "
             "are good; never the secrets.",
    .asks_server = true,
    .run = list,
    .settings_size = sizeof(struct account_settings),
};

/* --- revoke, disable, enable, remove ------------------------------------------------------------
 */

/* One that takes a name and nothing else. */
struct account_change {
    const char *method; /* of the API */
    const char *verb;   /* behind the account's path */
    const char *said;   /* behind the account's name, when it worked */
};

static enum cli_status act(void *settings, struct err *err)
{
    const struct account_settings *s = settings;
    enum cli_status status = account_call(s, s->what->method, s->what->verb, NULL, NULL, err);

    if (status == CLI_OK && !s->common.json)
        (void)printf("%s %s\n", account_name_of(s), s->what->said);
    return status;
}

/* The row of one: its name, what it is, what its help says, and what it does. */
#define CHANGE(word, what_it_is, text, ...)                                                        \
    {                                                                                              \
        .name = (word), .summary = (what_it_is), .examples = "ocimock account " word " alice",     \
        .about = (text), .words = {{.name = "NAME"}}, .asks_server = true, .run = act,             \
        .settings_size = sizeof(struct account_settings),                                          \
        .defaults =                                                                                \
            &(const struct account_settings){.what = &(const struct account_change){__VA_ARGS__}}, \
    }

static const struct command revoke_command =
    CHANGE("revoke", "refuse its tokens from now on",
           "Refuses the account's tokens and refresh tokens from now on. The secret stays.", "POST",
           ":revoke", "has to log in again: its tokens are refused");
static const struct command disable_command =
    CHANGE("disable", "refuse it, whatever it shows",
           "Refuses the account, whatever it shows, until 'account enable'. Its tokens end.",
           "POST", ":disable", "is disabled");
static const struct command enable_command =
    CHANGE("enable", "let it log in again", "Lets an account log in again that was disabled.",
           "POST", ":enable", "is enabled");
static const struct command remove_command = CHANGE(
    "remove", "remove it", "Removes an account. Its tokens end, also for a later one of that name.",
    "DELETE", "", "is removed");

/* --- grant --------------------------------------------------------------------------------------
 */

/* NULL for none, which json_pack() leaves out. */
static json_t *list_of(const struct option_list *list)
{
    json_t *array = list->count > 0 ? json_array() : NULL;

    for (size_t i = 0; array != NULL && i < list->count; i++)
        (void)json_array_append_new(array, json_string(list->items[i]));
    return array;
}

static enum cli_status grant(void *settings, struct err *err)
{
    const struct account_settings *s = settings;
    json_t *body = json_pack("{s:o*, s:o*, s:b}", "repositories", list_of(&s->repositories),
                             "actions", list_of(&s->actions), "catalog", s->catalog);
    enum cli_status status;

    if (body == NULL) {
        (void)err_set(err, ERR_NOMEM, "grant");
        return CLI_FAILURE;
    }
    status = account_call(s, "POST", ":grant", body, NULL, err);
    json_decref(body);
    if (status == CLI_OK && !s->common.json)
        (void)printf("%s is granted that; the rule is the first of the policy\n",
                     account_name_of(s));
    return status;
}

static const struct option grant_options[] = {
    {CLI_LIST("repository", "GLOB", "Repositories that it is about; ! in front negates"),
     .letter = 'r', MEMBER(repositories)},
    {CLI_LIST("action", "ACTION", "pull, push, delete; none given: all of them"), .letter = 'a',
     MEMBER(actions)},
    {CLI_SWITCH("catalog", "The catalog, too"), MEMBER(catalog)},
};

static const struct command grant_command = {
    .name = "grant",
    .summary = "put a rule for it in front of the policy",
    .examples = "ocimock account grant alice --repository 'team/*' --action pull,push\n"
                "ocimock account grant anonymous --repository 'public/*' --action pull",
    .about = "Puts a rule in front of the policy. NAME is an account, or one of the "
             "groups anonymous and authenticated. Tokens keep what they were granted "
             "before.",
    .options = grant_options,
    .option_count = ARRAY_LEN(grant_options),
    .words = {{.name = "NAME"}},
    .asks_server = true,
    .run = grant,
    .settings_size = sizeof(struct account_settings),
};

/* --- All of them --------------------------------------------------------------------------------
 */

static const struct command *const parts[] = {
    &list_command,   &command_account_add, &command_account_rotate,
    &revoke_command, &disable_command,     &enable_command,
    &remove_command, &grant_command,       NULL};

const struct command command_account = {
    .name = "account",
    .summary = "add, rotate, revoke, remove accounts of a running server",
    .examples = "printf %s \"$SECRET\" | ocimock account add alice\n"
                "printf %s \"$NEW\" | ocimock account rotate alice --keep-old 10m\n"
                "ocimock account revoke alice\n"
                "ocimock account grant alice --repository 'team/*' --action pull,push",
    .parts = parts,
};
