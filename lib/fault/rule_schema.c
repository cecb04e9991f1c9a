/* SPDX-License-Identifier: MIT */
#include "lib/fault/rule_schema.h"

#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "lib/fault/effect_parse.h"
#include "lib/fault/engine.h"
#include "lib/util/err.h"
#include "lib/util/util.h"

static const struct schema position = {
    .type = SCHEMA_COUNT, .min = 1, .help = "only this one of the requests that fit"};
static const struct schema nth_members[] = {
    {.key = "from", .type = SCHEMA_COUNT, .min = 1, .help = "the first; without, `every`"},
    {.key = "to", .type = SCHEMA_COUNT, .min = 1, .help = "the last; without, there is none"},
    {.key = "every", .type = SCHEMA_COUNT, .min = 1, .help = "from there on each so many; 1"},
    {.key = "idle",
     .type = SCHEMA_DURATION,
     .min = 1,
     .help = "begins anew when none came for that long"},
    {.key = "per", .type = SCHEMA_LIST, .help = "words whose values are counted apart"},
    {.key = NULL},
};
static const struct schema nth_row = {.key = "nth",
                                      .type = SCHEMA_OBJECT,
                                      .members = nth_members,
                                      .other = &position,
                                      .help = "which of the requests that fit"};

static const struct schema variable_values[] = {{.key = "*", .type = SCHEMA_SCALARS}};
static const struct schema state_row = {.key = "state",
                                        .type = SCHEMA_MAP,
                                        .members = variable_values,
                                        .help = "variables that rules or people have set"};

static const struct schema any_member[] = {{.key = "*", .type = SCHEMA_ANY}};
static const struct schema rule_rows[] = {
    {.key = "$schema", .type = SCHEMA_TEXT},
    {.key = "id", .type = SCHEMA_TEXT, .help = "r1, r2 and so on where none is given"},
    {.key = "description", .type = SCHEMA_TEXT},
    {.key = "priority", .type = SCHEMA_INT, .help = "larger first; then the newest; 0"},
    {.key = "tags", .type = SCHEMA_LIST},
    {.key = "enabled", .type = SCHEMA_BOOL},
    {.key = "when", .type = SCHEMA_MAP, .members = any_member},
    {.key = "then", .type = SCHEMA_OBJECT}, /* members: see rule_tables_new() */
    {.key = "times", .type = SCHEMA_COUNT, .help = "acts so often, then never again"},
    {.key = "probability", .type = SCHEMA_NUMBER, .max = 1},
    {.key = "seed", .type = SCHEMA_COUNT, .max = INT64_MAX, .help = "instead of the world's"},
    {.key = "ttl", .type = SCHEMA_DURATION, .min = 1, .help = "vanishes after this time"},
    {.key = NULL},
};

static const char *const shown_only[] = {"hits", "matches", "remaining", "exhausted",
                                         "expires_in_ms"};

struct rule_tables {
    const struct fault_product *product; /* borrowed */
    size_t product_count;
    struct schema rows[ARRAY_LEN(rule_rows)];
    struct schema then[FAULT_EFFECT_COUNT + FAULT_PRODUCT_MAX + 1];
    struct schema rule;
};

static size_t count_rows(const struct schema *rows)
{
    size_t n = 0;

    while (rows != NULL && rows[n].key != NULL)
        n++;
    return n;
}

int rule_tables_new(struct rule_tables **ret, const struct fault_product *product, struct err *err)
{
    struct rule_tables *t = calloc(1, sizeof(*t));

    if (t == NULL)
        return err_set(err, ERR_NOMEM, "tables of rules");
    t->product = product;
    t->product_count = count_rows(product->effects);
    ASSERT(t->product_count <= FAULT_PRODUCT_MAX);
    for (int i = 0; i < FAULT_EFFECT_COUNT; i++) {
        t->then[i] = *effect_schema((enum fault_effect)i);
        t->then[i].key = fault_effect_key((enum fault_effect)i);
    }
    for (size_t i = 0; i < t->product_count; i++)
        t->then[FAULT_EFFECT_COUNT + i] = product->effects[i];
    memcpy(t->rows, rule_rows, sizeof(t->rows));
    for (struct schema *row = t->rows; row->key != NULL; row++) {
        if (strcmp(row->key, "then") == 0)
            row->members = t->then;
    }
    t->rule = (struct schema){.type = SCHEMA_OBJECT, .members = t->rows};
    *ret = t;
    return 0;
}

void rule_tables_free(struct rule_tables *t)
{
    free(t);
}

const struct vocabulary *rule_tables_vocabulary(const struct rule_tables *t)
{
    return t->product->vocabulary;
}

const struct schema *rule_tables_rule(const struct rule_tables *t)
{
    return &t->rule;
}

const struct fault_product *rule_tables_product(const struct rule_tables *t)
{
    return t->product;
}

const struct schema *rule_tables_nth(void)
{
    return &nth_row;
}

const struct schema *rule_tables_state(void)
{
    return &state_row;
}

bool rule_key_is_shown_only(const char *key)
{
    for (size_t i = 0; i < ARRAY_LEN(shown_only); i++) {
        if (strcmp(shown_only[i], key) == 0)
            return true;
    }
    return false;
}

/* --- JSON Schema --------------------------------------------------------------------------------
 * Objects that could not be made are NULL; jansson refuses to put these anywhere, so that it is
 * enough to look at the end.
 */

static json_t *names(const char *const *list, size_t count)
{
    json_t *array = json_array();

    for (size_t i = 0; i < count; i++)
        (void)json_array_append_new(array, json_string(list[i]));
    return array;
}

static size_t count_choices(const char *const *choices)
{
    size_t n = 0;

    while (choices[n] != NULL)
        n++;
    return n;
}

/* One value of a criterion: for words with a fixed set its names, globs of them, or these negated.
 */
static json_t *value_schema(const struct vocabulary *v, const struct word *word)
{
    json_t *list;

    if (word != NULL && word->kind == WORD_OP)
        list = names(v->ops, v->op_count);
    else if (word != NULL && word->kind == WORD_CHOICE)
        list = names(word->choices, count_choices(word->choices));
    else
        return json_pack("{s:[s,s,s]}", "type", "string", "number", "boolean");
    return json_pack("{s:[{s:o},{s:s,s:s}]}", "anyOf", "enum", list, "type", "string", "pattern",
                     "[*?]|^!");
}

static json_t *criterion_schema(const struct vocabulary *v, const struct word *word)
{
    json_t *one = value_schema(v, word);
    json_t *result = json_pack("{s:[O,{s:s,s:O,s:i}]}", "anyOf", one, "type", "array", "items", one,
                               "minItems", 1);

    json_decref(one);
    if (word != NULL && word->help != NULL)
        (void)json_object_set_new(result, "description", json_string(word->help));
    return result;
}

static json_t *fields_schema(const struct vocabulary *v)
{
    return json_pack("{s:s,s:o}", "type", "object", "additionalProperties",
                     criterion_schema(v, NULL));
}

static json_t *when_schema(const struct vocabulary *v)
{
    json_t *properties = json_object();

    for (size_t i = 0; i < v->word_count; i++)
        (void)json_object_set_new(properties, v->words[i].name, criterion_schema(v, &v->words[i]));
    (void)json_object_set_new(properties, "header", fields_schema(v));
    (void)json_object_set_new(properties, "query", fields_schema(v));
    if (json_object_get(properties, "path") == NULL)
        (void)json_object_set_new(properties, "path", criterion_schema(v, NULL));
    (void)json_object_set_new(properties, "nth", schema_json(&nth_row));
    (void)json_object_set_new(properties, "state", schema_json(&state_row));
    return json_pack("{s:s,s:o,s:b}", "type", "object", "properties", properties,
                     "additionalProperties", 0);
}

/* Which words `per` may name cannot be said in a static table. */
static void name_words(const struct vocabulary *v, json_t *rule)
{
    json_t *then = json_object_get(json_object_get(rule, "properties"), "then");
    json_t *quota = json_object_get(json_object_get(then, "properties"), "quota");
    json_t *per = json_object_get(json_object_get(quota, "properties"), "per");
    json_t *list = json_array();

    for (size_t i = 0; i < v->word_count; i++)
        (void)json_array_append_new(list, json_string(v->words[i].name));
    (void)json_object_set_new(per, "enum", list);
}

static json_t *rule_schema(const struct rule_tables *t)
{
    json_t *rule = schema_json(&t->rule);
    json_t *properties = json_object_get(rule, "properties");

    (void)json_object_set_new(properties, "when", when_schema(t->product->vocabulary));
    name_words(t->product->vocabulary, rule);
    for (size_t i = 0; i < ARRAY_LEN(shown_only); i++)
        (void)json_object_set_new(
            properties, shown_only[i],
            json_pack("{s:b,s:s}", "readOnly", 1, "description", "shown in lists; ignored"));
    return rule;
}

json_t *rule_tables_json(const struct rule_tables *t)
{
    static const char *const dialect = "https://json-schema.org/draft/2020-12/schema";
    json_t *rule = rule_schema(t);

    if (rule == NULL)
        return NULL;
    return json_pack("{s:s,s:s,s:[{s:s},{s:s,s:{s:s}},{s:s,s:{s:{s:s},s:{s:s},s:{s:s,s:{s:s}}},"
                     "s:[s],s:b}],s:{s:o}}",
                     "$schema", dialect, "title", "fault rules", "anyOf", /* one */
                     "$ref", "#/$defs/rule",                              /* several */
                     "type", "array", "items", "$ref", "#/$defs/rule",    /* a set */
                     "type", "object", "properties", "$schema", "type", "string", "description",
                     "type", "string", "rules", "type", "array", "items", "$ref", "#/$defs/rule",
                     "required", "rules", "additionalProperties", 0, "$defs", "rule", rule);
}
