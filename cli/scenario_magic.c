/* SPDX-License-Identifier: MIT */
/* ocimock scenario list --magic: the words of names that say what is to go wrong. */
#include "cli/scenario.h"

#include <stdio.h>
#include <string.h>

#include <jansson.h>

#include "cli/control_command.h"
#include "cli/serve_magic.h"
#include "cli/table.h"
#include "fixtures/scenario.h"
#include "lib/util/err.h"
#include "lib/util/util.h"
#include "registry/magic_name.h"
#include "registry/magic_words.h"

enum { WORD_MAX = 128 };

static const struct table_column columns[] = {{.heading = "WORD"},
                                              {.heading = "WHAT", .cut = true}};

/* "stall-after-OFFSET" */
static const char *shown_word(const struct magic_word *w, char dst[WORD_MAX])
{
    (void)snprintf(dst, WORD_MAX, "%s%s%s", w->word, w->value != NULL ? "-" : "",
                   w->value != NULL ? w->value : "");
    return dst;
}

/* Those that a name may ask for. */
static bool is_usable(const char *scenario)
{
    json_t *rules = NULL;
    bool usable = magic_parse(&rules, scenario, strlen(scenario), &serve_magic_presets, NULL) == 0;

    json_decref(rules);
    return usable;
}

/* --- For people ---------------------------------------------------------------------------------
 */

static void add_words(struct table *t, const struct magic_word *w)
{
    char word[WORD_MAX];

    for (; w->word != NULL; w++) {
        table_add(t, TABLE_PLAIN, shown_word(w, word));
        table_add(t, TABLE_PLAIN, w->help);
    }
}

static void add_scenarios(struct table *t)
{
    const char *name;

    for (size_t i = 0; (name = serve_magic_presets.name(i)) != NULL; i++) {
        json_t *document = NULL;

        if (!is_usable(name) || scenario_load(&document, name, NULL) != 0)
            continue;
        table_add(t, TABLE_PLAIN, name);
        table_add(t, TABLE_PLAIN, json_string_value(json_object_get(document, "summary")));
        json_decref(document);
    }
}

enum cli_status scenario_print_magic(struct err *err)
{
    enum cli_status status;
    struct table *t;

    if (table_new(&t, columns, ARRAY_LEN(columns), err) != 0)
        return CLI_FAILURE;
    add_words(t, magic_faults);
    add_scenarios(t);
    add_words(t, magic_limits);
    status = control_print_table(t, err);
    table_free(t);
    return status;
}

/* --- For programs -------------------------------------------------------------------------------
 */

static json_t *words_json(const struct magic_word *w)
{
    json_t *list = json_array();

    for (; w->word != NULL; w++)
        (void)json_array_append_new(list, json_pack("{s:s, s:s*, s:s}", "word", w->word, "value",
                                                    w->value, "help", w->help));
    return list;
}

static json_t *scenarios_json(void)
{
    json_t *list = json_array();
    const char *name;

    for (size_t i = 0; (name = serve_magic_presets.name(i)) != NULL; i++) {
        if (is_usable(name))
            (void)json_array_append_new(list, json_string(name));
    }
    return list;
}

enum cli_status scenario_print_magic_json(void)
{
    return cli_print_json(json_pack("{s:s, s:o, s:o, s:o}", "prefix", MAGIC_PREFIX, "faults",
                                    words_json(magic_faults), "scenarios", scenarios_json(),
                                    "limits", words_json(magic_limits)));
}
