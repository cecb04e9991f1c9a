/* SPDX-License-Identifier: MIT */
/*
 * ocimock scenario list|show|apply|remove: named presets of what goes wrong.
 *
 * What there is, is known without a server; what is active, only to one.
 */
#include "cli/scenario.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "cli/control_client.h"
#include "cli/control_command.h"
#include "cli/fault.h"
#include "cli/table.h"
#include "fixtures/scenario.h"
#include "lib/util/buf.h"
#include "lib/util/err.h"
#include "lib/util/text.h"
#include "lib/util/util.h"

enum { PATH_BYTES = 4096, PARAMETERS_BYTES = 4096 };

struct scenario_settings {
    struct command_settings common;
    bool active;
    bool magic;
    bool all;
};

#define MEMBER(m) OPTION_MEMBER(struct scenario_settings, m)

/* --- Shared with `with` -------------------------------------------------------------------------
 */

static int scenario_path(struct buf *b, const char *name, struct err *err)
{
    (void)buf_append_text(b, "/scenarios/");
    control_path_segment(b, name);
    return buf_check(b, "name", err);
}

int scenario_call(struct control_client *c, const char *method, const char *name,
                  const json_t *parameters, json_t **ret_answer, struct err *err)
{
    auto_buf struct buf path = BUF_INIT(PATH_BYTES);

    if (scenario_path(&path, name, err) != 0)
        return -1;
    return control_client_call(c, method, buf_text(&path), parameters, ret_answer, err);
}

/* --- list ---------------------------------------------------------------------------------------
 */

static const struct option list_options[] = {
    {CLI_SWITCH("active", "Ask the server, and list those that are active there"), MEMBER(active)},
    {CLI_SWITCH("magic", "List what names of repositories may say (ocimock serve --magic)"),
     MEMBER(magic)},
};

static const struct table_column columns[] = {{.heading = "NAME"},
                                              {.heading = "SUMMARY", .cut = true}};
static const struct table_column active_columns[] = {
    {.heading = "NAME"}, {.heading = "WITH", .cut = true}, {.heading = "SUMMARY", .cut = true}};

static const char *text_of(const json_t *object, const char *key)
{
    return json_string_value(json_object_get(object, key));
}

/* "repo=team/app times=2": those that are set. */
static void add_parameters(struct table *t, const json_t *parameters)
{
    auto_buf struct buf b = BUF_INIT(PARAMETERS_BYTES);
    const char *key;
    json_t *value;

    json_object_foreach((json_t *)(uintptr_t)parameters, key, value)
    {
        if (json_is_null(value))
            continue;
        (void)buf_appendf(&b, "%s%s=", b.len > 0 ? " " : "", key);
        control_append_value(&b, value);
    }
    table_add(t, TABLE_PLAIN, buf_text(&b));
}

static enum cli_status print_rows(const json_t *documents, bool active, struct err *err)
{
    enum cli_status status;
    json_t *document;
    struct table *t;
    size_t i;

    if (table_new(&t, active ? active_columns : columns,
                  active ? ARRAY_LEN(active_columns) : ARRAY_LEN(columns), err) != 0)
        return CLI_FAILURE;
    json_array_foreach(documents, i, document)
    {
        if (active && !json_is_true(json_object_get(document, "active")))
            continue;
        table_add(t, TABLE_PLAIN, text_of(document, "name"));
        if (active)
            add_parameters(t, json_object_get(document, "with"));
        table_add(t, TABLE_PLAIN, text_of(document, "summary"));
    }
    status = control_print_table(t, err);
    table_free(t);
    return status;
}

static enum cli_status show_active(const json_t *answer, struct err *err)
{
    return print_rows(json_object_get(answer, "scenarios"), true, err);
}

/* Those that are compiled in. NULL: err says why. */
static json_t *all_documents(struct err *err)
{
    json_t *documents = json_array();
    const char *name;

    for (size_t i = 0; (name = scenario_name(i)) != NULL; i++) {
        json_t *document;

        if (scenario_load(&document, name, err) != 0) {
            json_decref(documents);
            return NULL;
        }
        (void)json_array_append_new(documents, document);
    }
    return documents;
}

static enum cli_status list(void *settings, struct err *err)
{
    const struct scenario_settings *s = settings;
    enum cli_status status;
    json_t *documents;

    if (s->active)
        return control_command_call(&s->common, "GET", "/scenarios", NULL, show_active, err);
    if (s->magic)
        return s->common.json ? scenario_print_magic_json() : scenario_print_magic(err);
    documents = all_documents(err);
    if (documents == NULL)
        return CLI_FAILURE;
    if (s->common.json)
        return cli_print_json(json_pack("{s:o}", "scenarios", documents));
    status = print_rows(documents, false, err);
    json_decref(documents);
    return status;
}

static const struct command list_command = {
    .name = "list",
    .summary = "the presets that there are, or that are active",
    .examples = "ocimock scenario list\n"
                "ocimock scenario list --active\n"
                "ocimock scenario list --magic\n"
                "ocimock scenario list --json | jq '.scenarios[].clients'",
    .about = "Lists the presets that there are; no server is asked but with --active.",
    .options = list_options,
    .option_count = ARRAY_LEN(list_options),
    .asks_server = true,
    .run = list,
    .settings_size = sizeof(struct scenario_settings),
};

/* --- show ---------------------------------------------------------------------------------------
 */

static enum cli_status show(void *settings, struct err *err)
{
    const struct scenario_settings *s = settings;
    const char *text;
    json_t *document;

    if (scenario_load(&document, s->common.words[0], err) != 0)
        return CLI_FAILURE;
    if (s->common.json)
        return cli_print_json(document);
    json_decref(document);
    text = scenario_text(s->common.words[0]);
    text += text[0] == '#' ? strcspn(text, "\n") + 1 : 0; /* the licence */
    return cli_print(text);
}

static const struct command show_command = {
    .name = "show",
    .summary = "what one does, and what clients do on it",
    .examples = "ocimock scenario show rate-limited",
    .about = "Prints what a preset does, what which client does on it, its "
             "parameters, and the rules and states that it makes.",
    .words = {{.name = "NAME", .names = scenario_name}},
    .asks_server = true,
    .run = show,
    .settings_size = sizeof(struct scenario_settings),
};

/* --- apply --------------------------------------------------------------------------------------
 */

/* ", 2 rules"; nothing for none. */
static void print_count(size_t n, const char *what)
{
    if (n > 0)
        (void)printf(", %zu %s%s", n, what, n == 1 ? "" : "s");
}

static enum cli_status show_applied(const json_t *answer, struct err *err)
{
    (void)err;
    fault_print_warnings("scenario apply", answer);
    (void)printf("%s: %s", text_of(answer, "name"),
                 json_is_true(json_object_get(answer, "replaced")) ? "applied anew" : "applied");
    print_count(json_array_size(json_object_get(answer, "rules")), "rule");
    print_count(json_array_size(json_object_get(answer, "states")), "image state");
    print_count(json_object_size(json_object_get(answer, "registry")), "setting");
    (void)puts("");
    return CLI_OK;
}

static enum cli_status apply(void *settings, struct err *err)
{
    const struct command_settings *s = settings;
    auto_buf struct buf path = BUF_INIT(PATH_BYTES);
    enum cli_status status = CLI_FAILURE;
    json_t *parameters;
    char *name;
    int result;

    if (scenario_split(s->words[0], &name, &parameters, err) != 0)
        return CLI_FAILURE;
    result = scenario_path(&path, name, err);
    for (size_t i = 1; result == 0 && i < s->word_count; i++)
        result = scenario_add_words(parameters, s->words[i], err);
    if (result == 0)
        status = control_command_call(s, "POST", buf_text(&path), parameters, show_applied, err);
    free(name);
    json_decref(parameters);
    return status;
}

static const struct command apply_command = {
    .name = "apply",
    .summary = "apply one, with parameters",
    .examples = "ocimock scenario apply rate-limited\n"
                "ocimock scenario apply flaky-5xx repo=team/app,team/other times=3 status=502\n"
                "ocimock scenario apply deleted-after-pull image=team/app:v1",
    .about = "Applies a preset, all of it or nothing. One that is active is replaced. "
             "Nothing behind a '=' leaves a limit out. Its rules carry its name as a "
             "tag: ocimock fault list --tag NAME.",
    .words = {{.name = "NAME", .names = scenario_name},
              {.name = "PARAMETER=VALUE", .optional = true, .repeated = true}},
    .asks_server = true,
    .run = apply,
    .settings_size = sizeof(struct scenario_settings),
};

/* --- remove -------------------------------------------------------------------------------------
 */

static const struct option remove_options[] = {
    {CLI_SWITCH("all", "All that are active"), MEMBER(all)},
};

static enum cli_status remove_scenario(void *settings, struct err *err)
{
    const struct scenario_settings *s = settings;
    auto_buf struct buf path = BUF_INIT(PATH_BYTES);

    if ((s->common.word_count > 0) + s->all != 1) {
        (void)err_set(err, ERR_USAGE, "either a NAME or --all is wanted");
        return CLI_FAILURE;
    }
    if (s->all)
        return control_command_call(&s->common, "DELETE", "/scenarios", NULL, NULL, err);
    if (scenario_path(&path, s->common.words[0], err) != 0)
        return CLI_FAILURE;
    return control_command_call(&s->common, "DELETE", buf_text(&path), NULL, NULL, err);
}

static const struct command remove_command = {
    .name = "remove",
    .summary = "take one back",
    .examples = "ocimock scenario remove rate-limited\n"
                "ocimock scenario remove --all",
    .about = "Takes back what a preset made: its rules, and its image states and settings in "
             "favour of those that were there before.",
    .options = remove_options,
    .option_count = ARRAY_LEN(remove_options),
    .words = {{.name = "NAME", .optional = true, .names = scenario_name}},
    .asks_server = true,
    .run = remove_scenario,
    .settings_size = sizeof(struct scenario_settings),
};

static const struct command *const parts[] = {&list_command, &show_command, &apply_command,
                                              &remove_command, NULL};

const struct command command_scenario = {
    .name = "scenario",
    .summary = "apply presets of what goes wrong, such as rate-limited",
    .examples = "ocimock scenario list\n"
                "ocimock scenario apply rate-limited repo=team/app times=3\n"
                "ocimock scenario remove rate-limited\n"
                "ocimock with stalled-layer -- podman pull 127.0.0.1:5000/app",
    .parts = parts,
};
