/* SPDX-License-Identifier: MIT */
#include "tests/unit/fault_help.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "lib/util/err.h"
#include "lib/util/schema.h"
#include "tests/tap/tap.h"

static const char *const tokens[] = {"expired", "garbage", NULL};
static const struct schema effects[] = {
    {.key = "token", .type = SCHEMA_CHOICE, .choices = tokens},
    {.key = "expires_in", .type = SCHEMA_COUNT},
    {.key = NULL},
};

struct fault_engine *help_engine(struct clock *clock)
{
    struct fault_options options = {
        .clock = clock, .seed = 1, .product = {.vocabulary = &words, .effects = effects}};
    struct fault_engine *e = NULL;
    struct err err = {0};

    if (fault_engine_new(&e, &options, &err) != 0)
        diag("%s", err.msg);
    return e;
}

static void swap_quotes(char *text, char from, char to)
{
    for (; *text != '\0'; text++) {
        if (*text == from)
            *text = to;
    }
}

json_t *help_json(const char *text)
{
    char *copy = strdup(text);
    json_error_t error;
    json_t *value;

    swap_quotes(copy, '\'', '"');
    value = json_loads(copy, JSON_DECODE_ANY, &error);
    if (value == NULL)
        diag("%s: %s", copy, error.text);
    free(copy);
    return value;
}

bool help_load(struct fault_engine *e, const char *rules)
{
    json_t *value = help_json(rules);
    struct err err = {0};
    int result = fault_engine_load(e, value, false, NULL, &err);

    if (result != 0)
        diag("%s", err.msg);
    json_decref(value);
    return result == 0;
}

const char *help_ask(struct fault_engine *e, const struct subject *s)
{
    static char names[1024];
    struct fault_plan plan = {0};
    size_t len;

    fault_match(e, s, NULL, &plan);
    fault_plan_names(&plan, names, sizeof(names) - 1);
    len = strlen(names);
    if (plan.answers)
        (void)snprintf(names + len, sizeof(names) - len, "!");
    fault_plan_done(e, &plan);
    return names;
}

const char *help_text(json_t *value)
{
    static char *text;

    free(text);
    text = json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY | JSON_SORT_KEYS);
    if (text != NULL)
        swap_quotes(text, '"', '\'');
    json_decref(value);
    return text;
}

long long help_number(struct fault_engine *e, const char *id, const char *key)
{
    json_t *row = fault_engine_get(e, id);
    long long n = json_integer_value(json_object_get(row, key));

    json_decref(row);
    return n;
}
