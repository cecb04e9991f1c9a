/* SPDX-License-Identifier: MIT */
/*
 * ocimock fixture list|show|build: images from recipes.
 */
#include "cli/fixture.h"

#include <stdio.h>
#include <string.h>

#include <jansson.h>

#include "cli/control_command.h"
#include "cli/table.h"
#include "fixtures/embedded.h"
#include "fixtures/fixture.h"
#include "lib/util/buf.h"
#include "lib/util/conf.h"
#include "lib/util/conf_print.h"
#include "lib/util/err.h"
#include "lib/util/util.h"

enum { TEXT_MAX = 256 * 1024 };

DEFINE_AUTO(fixture, struct fixture, fixture_free)
#define auto_fixture __attribute__((cleanup(auto_fixture_)))

const char *fixture_recipe_name(size_t i)
{
    return fixture_builtin()[i].name;
}

/* --- Recipes ------------------------------------------------------------------------------------
 */

static bool is_file(const char *text)
{
    static const char *const endings[] = {".yaml", ".yml", ".json"};
    size_t n = strlen(text);

    if (strcmp(text, "-") == 0 || (strchr(text, '/') != NULL && strchr(text, '(') == NULL))
        return true;
    for (size_t i = 0; i < ARRAY_LEN(endings); i++) {
        size_t k = strlen(endings[i]);

        if (n > k && strcmp(text + n - k, endings[i]) == 0)
            return true;
    }
    return false;
}

int fixture_find(struct fixture **ret, const char *text, struct err *err)
{
    struct conf *conf;

    if (!is_file(text))
        return fixture_open(ret, text, err);
    if (control_read_file(&conf, text, NULL, err) != 0)
        return -1;
    return fixture_from_conf(ret, conf, err);
}

/* --- list ---------------------------------------------------------------------------------------
 */

static json_t *row(const char *name, const char *help, bool wrong)
{
    return json_pack("{s:s, s:b, s:s}", "name", name, "wrong", wrong, "help", help);
}

/* NULL: err says why. */
static json_t *rows(struct err *err)
{
    json_t *list = json_array();

    for (const struct embedded *e = fixture_builtin(); e->name != NULL; e++) {
        auto_fixture struct fixture *f = NULL;

        if (fixture_open(&f, e->name, err) != 0) {
            json_decref(list);
            return NULL;
        }
        (void)json_array_append_new(list, row(e->name, fixture_help(f), false));
    }
    for (const struct fixture_wrong *w = fixture_wrong(); w->name != NULL; w++)
        (void)json_array_append_new(list, row(w->name, w->help, true));
    return list;
}

static enum cli_status print_rows(const json_t *list, struct err *err)
{
    static const struct table_column columns[] = {
        {.heading = "NAME"}, {.heading = "WRONG"}, {.heading = "WHAT IT IS", .cut = true}};
    enum cli_status status;
    struct table *t;
    json_t *r;
    size_t i;

    if (table_new(&t, columns, ARRAY_LEN(columns), err) != 0)
        return CLI_FAILURE;
    json_array_foreach(list, i, r)
    {
        table_add(t, TABLE_PLAIN, json_string_value(json_object_get(r, "name")));
        table_add(t, TABLE_WARN, json_is_true(json_object_get(r, "wrong")) ? "yes" : NULL);
        table_add(t, TABLE_PLAIN, json_string_value(json_object_get(r, "help")));
    }
    status = control_print_table(t, err);
    table_free(t);
    return status;
}

static enum cli_status list(void *settings, struct err *err)
{
    const struct command_settings *s = settings;
    json_t *all = rows(err);
    enum cli_status status;

    if (all == NULL)
        return CLI_FAILURE;
    if (s->json)
        return cli_print_json(json_pack("{s:o}", "fixtures", all));
    status = print_rows(all, err);
    json_decref(all);
    return status;
}

static const struct command list_command = {
    .name = "list",
    .summary = "the built-in recipes, and the ways to be wrong",
    .examples = "ocimock fixture list\n"
                "ocimock fixture list --json | jq -r '.fixtures[].name'",
    .about = "Lists recipes, and what can be wrong on purpose: each of these is an image of that "
             "name, and a value of the key `wrong` of any recipe.",
    .run = list,
    .settings_size = sizeof(struct command_settings),
};

/* --- show ---------------------------------------------------------------------------------------
 */

static enum cli_status show(void *settings, struct err *err)
{
    const struct command_settings *s = settings;
    auto_fixture struct fixture *f = NULL;
    auto_buf struct buf b = BUF_INIT(TEXT_MAX);

    if (fixture_find(&f, s->words[0], err) != 0)
        return CLI_FAILURE;
    if (s->json)
        return cli_print_json(json_deep_copy(fixture_recipe(f)));
    conf_print(&b, fixture_recipe(f));
    return cli_print_buf(&b);
}

static const struct command show_command = {
    .name = "show",
    .summary = "a recipe, to be changed and built",
    .examples = "ocimock fixture show app-v1\n"
                "ocimock fixture show hello >mine.yaml && ocimock fixture build mine.yaml",
    .about = "Prints the recipe of that name, or of a file, as YAML.",
    .words = {{.name = "RECIPE", .path = true, .names = fixture_recipe_name}},
    .run = show,
    .settings_size = sizeof(struct command_settings),
};

static const struct command *const parts[] = {&list_command, &show_command, &fixture_build_command,
                                              NULL};

const struct command command_fixture = {
    .name = "fixture",
    .summary = "make images from recipes, right or wrong",
    .examples = "ocimock fixture list\n"
                "ocimock fixture build app-v1 --to team/app:v1\n"
                "ocimock fixture build bad-digest --to team/broken:v1\n"
                "ocimock fixture build random layers=3 size=1MiB --archive image.tar",
    .about = "Images without an engine: tiny, runnable, huge or wrong on purpose, the same to the "
             "byte everywhere. doc/fixtures.md describes recipes.",
    .parts = parts,
};
