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

static const struct option plain_options[] = {CONTROL_OPTIONS(struct account_settings)};

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

static enum cli_status run_list(int argc, char **argv)
{
    static const struct control_command command = {
        .name = "account list",
        .help = "Examples:\n"
                "  ocimock account list\n"
                "  ocimock account list --json | jq -r '.accounts[].name'\n"
                "\n"
                "Lists accounts with how many secrets they have, and until when old ones are\n"
                "good; never the secrets.\n"
                "\n"
                "Usage: ocimock account list [OPTION...]\n",
        .options = plain_options,
        .option_count = ARRAY_LEN(plain_options),
        .run = list,
    };
    struct account_settings settings = {0};

    return control_command_run(&command, &settings, argc, argv);
}

/* --- revoke, disable, enable, remove ------------------------------------------------------------
 */

/* One that takes a name and nothing else. */
struct account_change {
    const char *name;   /* "account revoke" */
    const char *method; /* of the API */
    const char *verb;   /* behind the account's path */
    const char *said;   /* behind the account's name, when it worked */
    const char *help;
};

static enum cli_status act(void *settings, struct err *err)
{
    const struct account_settings *s = settings;
    enum cli_status status = account_call(s, s->what->method, s->what->verb, NULL, NULL, err);

    if (status == CLI_OK && !s->common.json)
        (void)printf("%s %s\n", account_name_of(s), s->what->said);
    return status;
}

static const struct account_change revoking = {
    .name = "account revoke",
    .method = "POST",
    .verb = ":revoke",
    .said = "has to log in again: its tokens are refused",
    .help = "Examples:\n"
            "  ocimock account revoke alice\n"
            "\n"
            "Refuses the account's tokens and refresh tokens from now on. The secret stays.\n"
            "\n"
            "Usage: ocimock account revoke NAME [OPTION...]\n",
};
static const struct account_change disabling = {
    .name = "account disable",
    .method = "POST",
    .verb = ":disable",
    .said = "is disabled",
    .help = "Examples:\n"
            "  ocimock account disable alice\n"
            "\n"
            "Refuses the account, whatever it shows, until 'account enable'. Its tokens end.\n"
            "\n"
            "Usage: ocimock account disable NAME [OPTION...]\n",
};
static const struct account_change enabling = {
    .name = "account enable",
    .method = "POST",
    .verb = ":enable",
    .said = "is enabled",
    .help = "Examples:\n"
            "  ocimock account enable alice\n"
            "\n"
            "Lets an account log in again that was disabled.\n"
            "\n"
            "Usage: ocimock account enable NAME [OPTION...]\n",
};
static const struct account_change removing = {
    .name = "account remove",
    .method = "DELETE",
    .verb = "",
    .said = "is removed",
    .help = "Examples:\n"
            "  ocimock account remove alice\n"
            "\n"
            "Removes an account. Its tokens end, also for a later one of that name.\n"
            "\n"
            "Usage: ocimock account remove NAME [OPTION...]\n",
};

static enum cli_status run_simple(const struct account_change *what, int argc, char **argv)
{
    const struct control_command command = {
        .name = what->name,
        .help = what->help,
        .options = plain_options,
        .option_count = ARRAY_LEN(plain_options),
        .words_min = 1,
        .words_max = 1,
        .missing = ACCOUNT_NAME_MISSING,
        .run = act,
    };
    struct account_settings settings = {.what = what};

    return control_command_run(&command, &settings, argc, argv);
}

static enum cli_status run_revoke(int argc, char **argv)
{
    return run_simple(&revoking, argc, argv);
}

static enum cli_status run_disable(int argc, char **argv)
{
    return run_simple(&disabling, argc, argv);
}

static enum cli_status run_enable(int argc, char **argv)
{
    return run_simple(&enabling, argc, argv);
}

static enum cli_status run_remove(int argc, char **argv)
{
    return run_simple(&removing, argc, argv);
}

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

static enum cli_status run_grant(int argc, char **argv)
{
    static const struct option options[] = {
        {.flag = "repository",
         .letter = 'r',
         .flag_only = true,
         .arg = "GLOB",
         .value.type = SCHEMA_LIST,
         .help = "Repositories that it is about; ! in front negates",
         MEMBER(repositories)},
        {.flag = "action",
         .letter = 'a',
         .flag_only = true,
         .arg = "ACTION",
         .value.type = SCHEMA_LIST,
         .help = "pull, push, delete; none given: all of them",
         MEMBER(actions)},
        {.flag = "catalog",
         .flag_only = true,
         .value.type = SCHEMA_BOOL,
         .help = "The catalog, too",
         MEMBER(catalog)},
        CONTROL_OPTIONS(struct account_settings),
    };
    static const struct control_command command = {
        .name = "account grant",
        .help = "Examples:\n"
                "  ocimock account grant alice --repository 'team/*' --action pull,push\n"
                "  ocimock account grant anonymous --repository 'public/*' --action pull\n"
                "\n"
                "Puts a rule in front of the policy. NAME is an account, or one of the groups\n"
                "anonymous and authenticated. Tokens keep what they were granted before.\n"
                "\n"
                "Usage: ocimock account grant NAME [OPTION...]\n",
        .options = options,
        .option_count = ARRAY_LEN(options),
        .words_min = 1,
        .words_max = 1,
        .missing = ACCOUNT_NAME_MISSING,
        .run = grant,
    };
    struct account_settings settings = {0};

    return control_command_run(&command, &settings, argc, argv);
}

/* --- All of them --------------------------------------------------------------------------------
 */

enum cli_status run_account(int argc, char **argv)
{
    static const struct command parts[] = {
        {"list", "accounts, without their secrets", run_list},
        {"add", "add an account", run_account_add},
        {"rotate", "a new secret, the old one good for a while or not at all", run_account_rotate},
        {"revoke", "refuse its tokens from now on", run_revoke},
        {"disable", "refuse it, whatever it shows", run_disable},
        {"enable", "let it log in again", run_enable},
        {"remove", "remove it", run_remove},
        {"grant", "put a rule for it in front of the policy", run_grant},
        {.name = NULL},
    };
    static const char examples[] =
        "Examples:\n"
        "  printf %s \"$SECRET\" | ocimock account add alice\n"
        "  printf %s \"$NEW\" | ocimock account rotate alice --keep-old 10m\n"
        "  ocimock account revoke alice\n"
        "  ocimock account grant alice --repository 'team/*' --action pull,push\n"
        "\n"
        "Usage: ocimock account list|add|rotate|revoke|disable|enable|remove|grant [OPTION...]\n";

    return control_parts_run("account", parts, examples, argc, argv);
}
