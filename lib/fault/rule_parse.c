/* SPDX-License-Identifier: MIT */
#include "lib/fault/rule_parse.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "lib/fault/effect_parse.h"
#include "lib/fault/fault.h"
#include "lib/fault/match.h"
#include "lib/fault/pattern.h"
#include "lib/fault/rule.h"
#include "lib/fault/rule_schema.h"
#include "lib/util/err.h"
#include "lib/util/rng.h"
#include "lib/util/text.h"
#include "lib/util/util.h"

DEFINE_AUTO(rule, struct fault_rule, rule_unref)
#define auto_rule __attribute__((cleanup(auto_rule_)))

struct reader {
    const struct rule_tables *tables;
    struct fault_rule *rule; /* being made */
    struct schema_place *at; /* of what is read */
    json_t *warnings;        /* borrowed */
};

/* Goes one step down the path; the caller cuts it again. */
static void step(struct reader *r, const char *key)
{
    conf_path_add(r->at->path, key, 0);
}

static int warn(struct reader *r, const char *text, struct err *err)
{
    char line[CONF_PATH_MAX + 200];

    (void)snprintf(line, sizeof(line), "%s%s%s", r->at->path, r->at->path[0] != '\0' ? ": " : "",
                   text);
    if (json_array_append_new(r->warnings, json_string(line)) != 0)
        return err_set(err, ERR_NOMEM, "warnings");
    return 0;
}

/* --- The copy -----------------------------------------------------------------------------------
 */

/* The id first, without what rows show only and without nulls, which count as none. */
static json_t *copy_rule(const json_t *object, const char *id)
{
    const char *key;
    json_t *value, *copy = json_object();
    int result = copy == NULL ? -1 : json_object_set_new(copy, "id", json_string(id));

    json_object_foreach((json_t *)object, key, value)
    {
        if (result != 0 || json_is_null(value) || rule_key_is_shown_only(key) ||
            strcmp(key, "id") == 0)
            continue;
        result = json_object_set_new(copy, key, json_deep_copy(value));
    }
    if (result == 0 && !json_is_object(json_object_get(copy, "then")))
        result = json_object_set_new(copy, "then", json_object());
    if (result != 0) {
        json_decref(copy);
        return NULL;
    }
    return copy;
}

static int check_tables(struct reader *r, const json_t *object, struct err *err)
{
    json_t *plain;
    const char *key;
    json_t *value;
    int result;

    if (!json_is_object(object))
        return schema_error(r->at, err, "a rule is keys and values, such as when and then");
    plain = json_copy((json_t *)object);
    if (plain == NULL)
        return err_set(err, ERR_NOMEM, "rule");
    json_object_foreach((json_t *)object, key, value)
    {
        if (rule_key_is_shown_only(key))
            (void)json_object_del(plain, key);
    }
    result = schema_check(rule_tables_rule(r->tables), plain, r->at, err);
    json_decref(plain);
    return result;
}

static int check_id(struct reader *r, const json_t *object, struct err *err)
{
    const char *id = json_string_value(json_object_get(object, "id"));
    size_t len = strlen(r->at->path);

    if (id == NULL || fault_name_is_good(id))
        return 0;
    step(r, "id");
    (void)schema_error(r->at, err, "%s is no id: expected 1 to %d letters, digits and ._~:@+-",
                       TEXT_QUOTE(id), FAULT_NAME_MAX);
    r->at->path[len] = '\0';
    return -1;
}

/* --- Criteria -----------------------------------------------------------------------------------
 */

static int read_per(struct reader *r, const json_t *value, struct err *err)
{
    const struct vocabulary *v = rule_tables_vocabulary(r->tables);
    struct rule_nth *nth = &r->rule->nth;
    const char *name = json_string_value(value);
    struct text_nearest nearest;

    text_nearest_begin(&nearest, name);
    for (size_t i = 0; i < v->word_count; i++) {
        text_nearest_offer(&nearest, v->words[i].name);
        if (strcmp(v->words[i].name, name) != 0)
            continue;
        for (size_t j = 0; j < nth->per_count; j++) {
            if (nth->per[j] == i)
                return schema_error(r->at, err, "%s is named twice", TEXT_QUOTE(name));
        }
        nth->per[nth->per_count++] = i;
        return 0;
    }
    if (nearest.name == NULL)
        return schema_error(r->at, err, "%s is no word", TEXT_QUOTE(name));
    return schema_error(r->at, err, "%s is no word: did you mean '%s'?", TEXT_QUOTE(name),
                        nearest.name);
}

static int read_pers(struct reader *r, const json_t *value, struct err *err)
{
    size_t len = strlen(r->at->path);
    const json_t *one;
    size_t i;
    int result = 0;

    step(r, "per");
    if (json_is_string(value))
        result = read_per(r, value, err);
    json_array_foreach(value, i, one)
    {
        size_t in_list = strlen(r->at->path);

        conf_path_add(r->at->path, NULL, i);
        result = read_per(r, one, err);
        r->at->path[in_list] = '\0';
        if (result != 0)
            break;
    }
    r->at->path[len] = '\0';
    return result;
}

static uint64_t position_or(const json_t *value, const char *key, uint64_t preset)
{
    const json_t *n = json_object_get(value, key);

    return json_is_integer(n) ? (uint64_t)json_integer_value(n) : preset;
}

static uint64_t duration_or_zero(const json_t *value)
{
    static const struct schema duration = {.type = SCHEMA_DURATION};

    return value != NULL && !json_is_null(value) ? schema_number(&duration, value) : 0;
}

static int read_nth(struct reader *r, const json_t *value, struct err *err)
{
    struct rule_nth *nth = &r->rule->nth;
    uint64_t only;

    if (schema_check(rule_tables_nth(), value, r->at, err) != 0)
        return -1;
    nth->given = true;
    if (json_is_integer(value)) {
        only = (uint64_t)json_integer_value(value);
        *nth = (struct rule_nth){.given = true, .from = only, .to = only, .every = 1};
        return 0;
    }
    nth->every = position_or(value, "every", 1);
    nth->from = position_or(value, "from", nth->every);
    nth->to = position_or(value, "to", UINT64_MAX);
    nth->idle_ms = duration_or_zero(json_object_get(value, "idle"));
    if (read_pers(r, json_object_get(value, "per"), err) != 0)
        return -1;
    return nth->from > nth->to ? warn(r, "never: the last comes before the first", err) : 0;
}

static int read_variable(struct reader *r, const char *name, const json_t *values, struct err *err)
{
    struct rule_variable *var = &r->rule->variables[r->rule->variable_count];

    if (!fault_name_is_good(name))
        return schema_error(r->at, err, "%s is no name of a variable", TEXT_QUOTE(name));
    if (pattern_list_parse(&var->values, PATTERN_TEXT, values, r->at, err) != 0)
        return -1;
    var->name = name;
    r->rule->variable_count++;
    if (pattern_list_is_impossible(var->values))
        return warn(r, "never matches: the values contradict each other", err);
    return 0;
}

static int read_state(struct reader *r, const json_t *object, struct err *err)
{
    size_t len = strlen(r->at->path);
    const char *name;
    json_t *values;

    if (schema_check(rule_tables_state(), object, r->at, err) != 0)
        return -1;
    r->rule->variables = calloc(json_object_size(object) + 1, sizeof(*r->rule->variables));
    if (r->rule->variables == NULL)
        return err_set(err, ERR_NOMEM, "rule");
    json_object_foreach((json_t *)object, name, values)
    {
        int result = 0;

        step(r, name);
        if (!json_is_null(values))
            result = read_variable(r, name, values, err);
        r->at->path[len] = '\0';
        if (result != 0)
            return -1;
    }
    return 0;
}

typedef int (*read_fn)(struct reader *r, const json_t *value, struct err *err);

static int read_member(struct reader *r, const json_t *object, const char *key, read_fn read,
                       struct err *err)
{
    const json_t *value = json_object_get(object, key);
    size_t len = strlen(r->at->path);
    int result;

    if (value == NULL || json_is_null(value))
        return 0;
    step(r, key);
    result = read(r, value, err);
    r->at->path[len] = '\0';
    return result;
}

static int read_when(struct reader *r, struct err *err)
{
    static const char *const own[] = {"nth", "state", NULL};
    const json_t *when = json_object_get(r->rule->json, "when");
    size_t len = strlen(r->at->path);
    int result;

    step(r, "when");
    result = match_parse(&r->rule->match, rule_tables_vocabulary(r->tables), when, r->at->path, own,
                         err);
    if (result == 0)
        result = read_member(r, when, "nth", read_nth, err);
    if (result == 0)
        result = read_member(r, when, "state", read_state, err);
    if (result == 0 && match_is_impossible(r->rule->match))
        result = warn(r, "never matches: no request can have these values", err);
    r->at->path[len] = '\0';
    return result;
}

/* --- Effects ------------------------------------------------------------------------------------
 */

static int read_then(struct reader *r, struct err *err)
{
    const struct effect_context context = {.vocabulary = rule_tables_vocabulary(r->tables),
                                           .product = rule_tables_product(r->tables),
                                           .id = r->rule->id};
    struct fault_rule *rule = r->rule;
    size_t len = strlen(r->at->path);
    const struct schema *product = rule_tables_product(r->tables)->effects;
    int result;

    rule->then = json_object_get(rule->json, "then");
    for (size_t i = 0; product != NULL && product[i].key != NULL; i++) {
        if (json_object_get(rule->then, product[i].key) != NULL)
            rule->product |= UINT64_C(1) << i;
    }
    step(r, "then");
    result = effects_parse(&rule->effects, rule->then, &context, r->at, err);
    if (result == 0)
        result = effects_warn(&rule->effects, rule->product != 0, r->at->path, r->warnings, err);
    if (result == 0 && !fault_effects_connect(&rule->effects))
        result = effects_warn_product(&rule->effects, rule_tables_product(r->tables), rule->product,
                                      match_ops(rule->match), r->at->path, r->warnings, err);
    r->at->path[len] = '\0';
    return result;
}

/* --- Limits -------------------------------------------------------------------------------------
 */

static void read_limits(struct fault_rule *rule)
{
    const json_t *enabled = json_object_get(rule->json, "enabled");
    const json_t *times = json_object_get(rule->json, "times");
    const json_t *probability = json_object_get(rule->json, "probability");
    const json_t *seed = json_object_get(rule->json, "seed");

    rule->priority = (int)json_integer_value(json_object_get(rule->json, "priority"));
    rule->enabled = enabled == NULL || json_is_true(enabled);
    rule->has_times = times != NULL;
    rule->times = (uint64_t)json_integer_value(times);
    rule->probability = probability != NULL ? json_number_value(probability) : 1;
    rule->has_seed = seed != NULL;
    rule->seed = (uint64_t)json_integer_value(seed);
    rule->ttl_ms = duration_or_zero(json_object_get(rule->json, "ttl"));
}

static int warn_limits(struct reader *r, struct err *err)
{
    const struct fault_rule *rule = r->rule;

    if (rule->has_times && rule->times == 0 && warn(r, "never acts: times is 0", err) != 0)
        return -1;
    if (rule->probability <= 0 && warn(r, "never acts: probability is 0", err) != 0)
        return -1;
    if (fault_effects_connect(&rule->effects) &&
        !match_is_early(rule->match, FAULT_HAS(&rule->effects, LISTENER)))
        return warn(r, "never matches: it acts before a request, when only the connection is known",
                    err);
    return 0;
}

static int read_rule(struct reader *r, const json_t *object, const char *id, struct err *err)
{
    const char *own_id = json_string_value(json_object_get(object, "id"));
    struct fault_rule *rule = r->rule;

    rule->json = copy_rule(object, own_id != NULL ? own_id : id);
    if (rule->json == NULL)
        return err_set(err, ERR_NOMEM, "rule");
    rule->id = json_string_value(json_object_get(rule->json, "id"));
    rule->stream = rng_stream(rule->id, strlen(rule->id));
    if (read_when(r, err) != 0 || read_then(r, err) != 0)
        return -1;
    read_limits(rule);
    return warn_limits(r, err);
}

int rule_parse(struct fault_rule **ret, const struct rule_tables *tables, const json_t *object,
               const char *id, struct schema_place *at, json_t *warnings, struct err *err)
{
    auto_rule struct fault_rule *rule = NULL;
    struct reader r = {.tables = tables, .at = at, .warnings = warnings};

    if (check_tables(&r, object, err) != 0 || check_id(&r, object, err) != 0)
        return -1;
    rule = calloc(1, sizeof(*rule));
    if (rule == NULL)
        return err_set(err, ERR_NOMEM, "rule");
    rule->references = 1;
    r.rule = rule;
    if (read_rule(&r, object, id, err) != 0)
        return -1;
    *ret = STEAL(rule);
    return 0;
}
