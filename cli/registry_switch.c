/* SPDX-License-Identifier: MIT */
/*
 * ocimock registry show|set: switches of a running registry.
 */
#include <stdio.h>
#include <string.h>

#include <jansson.h>

#include "cli/control_command.h"
#include "cli/table.h"
#include "lib/util/err.h"
#include "lib/util/text.h"
#include "lib/util/util.h"

enum { NAME_MAX_BYTES = 128, WORDS_LIMIT = 64 };

static const struct table_column columns[] = {
    {.heading = "SWITCH"},
    {.heading = "VALUE", .cut = true},
};

/* --- show ---------------------------------------------------------------------------------------
 */

/* A switch, or several below one name: "delete.tag". */
static void add_switch(struct table *t, const char *prefix, const char *key, const json_t *value)
{
    const char *dot = *prefix != '\0' ? "." : "";
    const char *below;
    json_t *child;

    if (json_is_object(value)) {
        json_object_foreach((json_t *)(uintptr_t)value, below, child)
            add_switch(t, key, below, child);
        return;
    }
    table_addf(t, TABLE_PLAIN, "%s%s%s", prefix, dot, key);
    if (json_is_string(value))
        table_add(t, TABLE_PLAIN, json_string_value(value));
    else if (json_is_integer(value))
        table_addf(t, TABLE_PLAIN, "%" JSON_INTEGER_FORMAT, json_integer_value(value));
    else
        table_add(t, TABLE_PLAIN, json_is_true(value) ? "true" : "false");
}

static enum cli_status show_switches(const json_t *answer, struct err *err)
{
    enum cli_status status;
    struct table *t;
    const char *key;
    json_t *value;

    if (table_new(&t, columns, ARRAY_LEN(columns), err) != 0)
        return CLI_FAILURE;
    json_object_foreach((json_t *)(uintptr_t)answer, key, value) add_switch(t, "", key, value);
    status = control_print_table(t, err);
    table_free(t);
    return status;
}

static enum cli_status show(void *settings, struct err *err)
{
    return control_command_call(settings, "GET", "/registry", NULL, show_switches, err);
}

static const struct command show_command = {
    .name = "show",
    .summary = "print the switches; the same as 'ocimock registry'",
    .examples = "ocimock registry\n"
                "ocimock registry show --json",
    .about = "Prints the switches of the registry.",
    .asks_server = true,
    .run = show,
};

/* --- set ----------------------------------------------------------------------------------------
 */

static json_t *value_of(const char *text)
{
    if (strcmp(text, "true") == 0 || strcmp(text, "false") == 0)
        return json_boolean(text[0] == 't');
    return json_string(text);
}

/* Puts "delete.tag=405" into the body as {"delete": {"tag": "405"}}. */
static int add_word(json_t *body, const char *word, struct err *err)
{
    size_t n = strcspn(word, "=");
    char name[NAME_MAX_BYTES];
    json_t *object = body;
    char *key = name;
    char *dot;

    if (word[n] == '\0' || n == 0 || n >= sizeof(name))
        return err_set(err, ERR_USAGE, "%s is not SWITCH=VALUE", TEXT_QUOTE(word));
    memcpy(name, word, n);
    name[n] = '\0';
    while ((dot = strchr(key, '.')) != NULL) {
        *dot = '\0';
        if (json_object_get(object, key) == NULL)
            (void)json_object_set_new(object, key, json_object());
        object = json_object_get(object, key);
        key = dot + 1;
    }
    if (!json_is_object(object) || json_object_set_new(object, key, value_of(word + n + 1)) != 0)
        return err_set(err, ERR_USAGE, "%s does not go with the words before it", TEXT_QUOTE(word));
    return 0;
}

static enum cli_status set(void *settings, struct err *err)
{
    const struct command_settings *s = settings;
    json_t *body = json_object();
    enum cli_status status = CLI_OK;

    for (size_t i = 0; i < s->word_count && status == CLI_OK; i++)
        status = add_word(body, s->words[i], err) == 0 ? CLI_OK : CLI_FAILURE;
    if (status == CLI_OK)
        status = control_command_call(s, "PUT", "/registry", body, show_switches, err);
    json_decref(body);
    return status;
}

static const struct command set_command = {
    .name = "set",
    .summary = "change switches",
    .examples = "ocimock registry set delete.tag=405 mode=read-only\n"
                "ocimock registry set delete.manifest=pretend referrers=false\n"
                "ocimock registry set listeners.registry=down listeners.for=30s",
    .about = "Changes switches at once; 'ocimock registry' lists their names.",
    .words = {{.name = "SWITCH=VALUE", .repeated = true}},
    .asks_server = true,
    .run = set,
};

static const struct command *const parts[] = {&show_command, &set_command, NULL};

const struct command command_registry = {
    .name = "registry",
    .summary = "switch deletion, writing, referrers and more",
    .examples = "ocimock registry\n"
                "ocimock registry set delete.tag=405 mode=read-only",
    .parts = parts,
    .asks_server = true,
    .run = show,
};
