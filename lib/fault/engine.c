/* SPDX-License-Identifier: MIT */
#include "lib/fault/engine.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "lib/fault/effect_parse.h"
#include "lib/fault/index.h"
#include "lib/fault/rule_schema.h"
#include "lib/fault/tally.h"
#include "lib/util/clock.h"
#include "lib/util/err.h"
#include "lib/util/text.h"
#include "lib/util/util.h"

DEFINE_AUTO(engine, struct fault_engine, fault_engine_free)
#define auto_engine __attribute__((cleanup(auto_engine_)))

int fault_engine_new(struct fault_engine **ret, const struct fault_options *options,
                     struct err *err)
{
    auto_engine struct fault_engine *e = calloc(1, sizeof(*e));

    if (e == NULL)
        return err_set(err, ERR_NOMEM, "fault engine");
    e->options = *options;
    e->seed = options->seed;
    e->state = json_object();
    if (e->state == NULL)
        return err_set(err, ERR_NOMEM, "fault engine");
    if (rule_tables_new(&e->tables, &e->options.product, err) != 0 ||
        tally_new(&e->tally, FAULT_GROUPS_MAX, err) != 0)
        return -1;
    *ret = STEAL(e);
    return 0;
}

void fault_engine_free(struct fault_engine *e)
{
    if (e == NULL)
        return;
    if (e->act_ops != NULL)
        e->act_ops->free(e);
    for (size_t i = 0; i < e->rule_count; i++)
        rule_unref(e->rules[i]);
    free(e->rules);
    rule_index_free(e->index);
    tally_free(e->tally);
    rule_tables_free(e->tables);
    json_decref(e->state);
    free(e);
}

/* --- The order of rules -------------------------------------------------------------------------
 */

static int compare_rules(const void *a, const void *b)
{
    const struct fault_rule *x = *(struct fault_rule *const *)a;
    const struct fault_rule *y = *(struct fault_rule *const *)b;

    if (x->priority != y->priority)
        return x->priority > y->priority ? -1 : 1;
    return x->age > y->age ? -1 : x->age < y->age;
}

void engine_settle(struct fault_engine *e)
{
    if (e->rule_count > 0)
        qsort(e->rules, e->rule_count, sizeof(struct fault_rule *), compare_rules);
    e->connect_count = 0;
    for (size_t i = 0; i < e->rule_count; i++) {
        e->rules[i]->rank = (uint32_t)i;
        e->connect_count += fault_effects_connect(&e->rules[i]->effects);
    }
    rule_index_free(e->index);
    e->index = NULL;
}

size_t engine_find(const struct fault_engine *e, const char *id)
{
    size_t i = 0;

    while (i < e->rule_count && strcmp(e->rules[i]->id, id) != 0)
        i++;
    return i;
}

/* --- Removing -----------------------------------------------------------------------------------
 */

/* Keeps the rules of which drop() says no; how many went. */
static size_t drop_rules(struct fault_engine *e,
                         bool (*drop)(const struct fault_rule *r, const void *arg), const void *arg)
{
    size_t kept = 0, before = e->rule_count;

    for (size_t i = 0; i < before; i++) {
        if (drop(e->rules[i], arg))
            rule_unref(e->rules[i]);
        else
            e->rules[kept++] = e->rules[i];
    }
    if (kept == before)
        return 0;
    e->rule_count = kept;
    engine_settle(e);
    if (kept == 0 && !e->has_extra)
        tally_clear(e->tally);
    return before - kept;
}

struct chosen {
    const char *id;
    const char *tag;
};

static bool is_chosen(const struct fault_rule *r, const void *arg)
{
    const struct chosen *c = arg;

    return (c->id == NULL || strcmp(r->id, c->id) == 0) &&
           (c->tag == NULL || rule_has_tag(r, c->tag));
}

size_t fault_engine_remove(struct fault_engine *e, const char *id, const char *tag)
{
    const struct chosen chosen = {.id = id, .tag = tag};

    engine_expire(e);
    return drop_rules(e, is_chosen, &chosen);
}

static bool is_over(const struct fault_rule *r, const void *arg)
{
    return rule_is_expired(r, *(const int64_t *)arg);
}

void engine_expire(struct fault_engine *e)
{
    int64_t now = engine_now(e);

    (void)drop_rules(e, is_over, &now);
}

size_t fault_engine_count(const struct fault_engine *e)
{
    return e->rule_count;
}

int64_t engine_now(const struct fault_engine *e)
{
    return clock_now_ms(e->options.clock);
}

/* --- State variables ----------------------------------------------------------------------------
 */

json_t *fault_engine_state(const struct fault_engine *e)
{
    return json_copy(e->state);
}

bool engine_set_variable(struct fault_engine *e, const char *name, const char *value)
{
    if (value == NULL) {
        (void)json_object_del(e->state, name);
        return true;
    }
    if (json_object_get(e->state, name) == NULL &&
        json_object_size(e->state) >= FAULT_VARIABLES_MAX)
        return false;
    return json_object_set_new(e->state, name, json_string(value)) == 0;
}

int fault_engine_set_state(struct fault_engine *e, const char *name, const char *value,
                           struct err *err)
{
    if (!fault_name_is_good(name))
        return err_set(err, ERR_CONFIG,
                       "%s is no name of a variable: expected 1 to %d letters, digits and ._~:@+-",
                       TEXT_QUOTE(name), FAULT_NAME_MAX);
    if (value != NULL && strlen(value) > FAULT_VALUE_MAX)
        return err_set(err, ERR_CONFIG, "%s: the value is longer than %d bytes", name,
                       FAULT_VALUE_MAX);
    if (value != NULL && !text_is_utf8(value, strlen(value)))
        return err_set(err, ERR_CONFIG, "%s: the value is not UTF-8", name);
    if (!engine_set_variable(e, name, value))
        return err_set(err, ERR_LIMIT, "more than %d variables", FAULT_VARIABLES_MAX);
    return 0;
}

/* --- Seed and counters --------------------------------------------------------------------------
 */

void fault_engine_clear_state(struct fault_engine *e)
{
    (void)json_object_clear(e->state);
}

void fault_engine_seed(struct fault_engine *e, uint64_t seed)
{
    e->seed = seed;
    tally_clear(e->tally);
    for (size_t i = 0; i < e->rule_count; i++) {
        e->rules[i]->hits = 0;
        e->rules[i]->matches = 0;
        e->rules[i]->seen = 0;
    }
}

uint64_t fault_engine_get_seed(const struct fault_engine *e)
{
    return e->seed;
}

struct fault_counters fault_engine_counters(const struct fault_engine *e)
{
    return e->counters;
}

json_t *fault_engine_kinds(const struct fault_engine *e)
{
    json_t *object = json_object();
    const struct schema *product = e->options.product.effects;
    int result = object == NULL ? -1 : 0;

    for (int i = 0; result == 0 && i < FAULT_EFFECT_COUNT; i++) {
        if (e->kinds[i] > 0)
            result = json_object_set_new(object, fault_effect_key((enum fault_effect)i),
                                         json_integer((json_int_t)e->kinds[i]));
    }
    for (size_t i = 0; result == 0 && product != NULL && product[i].key != NULL; i++) {
        if (e->product_kinds[i] > 0)
            result = json_object_set_new(object, product[i].key,
                                         json_integer((json_int_t)e->product_kinds[i]));
    }
    if (result == 0)
        return object;
    json_decref(object);
    return NULL;
}

json_t *fault_engine_schema(const struct fault_engine *e)
{
    return rule_tables_json(e->tables);
}
