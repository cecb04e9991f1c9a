/* SPDX-License-Identifier: MIT */
/* Loading, listing and changing the rules of an engine. */
#include "lib/fault/engine.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "lib/fault/rule_parse.h"
#include "lib/fault/rule_schema.h"
#include "lib/fault/tally.h"
#include "lib/util/err.h"
#include "lib/util/schema.h"
#include "lib/util/text.h"
#include "lib/util/util.h"

/* --- What is loaded -----------------------------------------------------------------------------
 */

/* Rules on their way in. Nothing of the engine changes before all of them are good. */
struct loading {
    struct fault_engine *engine;
    bool replace;
    json_t *warnings;          /* owned: texts */
    json_t *ids;               /* owned: names that are taken or asked for, as keys */
    struct fault_rule **rules; /* owned, each with a reference */
    size_t count;
    uint64_t next_id;
    struct schema_place at;
};

static void loading_done(struct loading *l)
{
    for (size_t i = 0; i < l->count; i++)
        rule_unref(l->rules[i]);
    free(l->rules);
    json_decref(l->warnings);
    json_decref(l->ids);
}
#define auto_loading __attribute__((cleanup(loading_done)))

static int loading_init(struct loading *l, struct fault_engine *e, bool replace, struct err *err)
{
    *l = (struct loading){.engine = e, .replace = replace, .next_id = 1};
    l->warnings = json_array();
    l->ids = json_object();
    if (l->warnings == NULL || l->ids == NULL)
        return err_set(err, ERR_NOMEM, "rules");
    for (size_t i = 0; !replace && i < e->rule_count; i++) {
        if (json_object_set_new(l->ids, e->rules[i]->id, json_true()) != 0)
            return err_set(err, ERR_NOMEM, "rules");
    }
    return 0;
}

/* Notes the id that a rule asks for. */
static int note_id(struct loading *l, const json_t *rule, struct err *err)
{
    const char *id = json_string_value(json_object_get(rule, "id"));
    size_t len = strlen(l->at.path);

    if (id == NULL)
        return 0;
    if (json_object_get(l->ids, id) != NULL) {
        bool known = !l->replace && engine_find(l->engine, id) < l->engine->rule_count;

        conf_path_add(l->at.path, "id", 0);
        (void)schema_error(&l->at, err,
                           known ? "%s exists: change or remove it first" : "%s comes twice",
                           TEXT_QUOTE(id));
        l->at.path[len] = '\0';
        if (known && err != NULL)
            err->code = ERR_EXISTS;
        return -1;
    }
    return json_object_set_new(l->ids, id, json_true()) == 0 ? 0 : err_set(err, ERR_NOMEM, "rules");
}

static void next_id(struct loading *l, char text[32])
{
    do {
        (void)snprintf(text, 32, "r%llu", (unsigned long long)l->next_id++);
    } while (json_object_get(l->ids, text) != NULL);
}

static int parse_one(struct loading *l, const json_t *object, struct err *err)
{
    const json_t *own_id = json_object_get(object, "id");
    struct fault_rule *rule;
    char id[32] = "";

    if (own_id == NULL || json_is_null(own_id))
        next_id(l, id);
    if (rule_parse(&rule, l->engine->tables, object, id, &l->at, l->warnings, err) != 0)
        return -1;
    l->rules[l->count++] = rule;
    return 0;
}

/* Calls fn for each rule of an array, with its place: rules[3]. */
static int each_rule(struct loading *l, const json_t *array,
                     int (*fn)(struct loading *l, const json_t *rule, struct err *err),
                     struct err *err)
{
    const json_t *rule;
    size_t i;

    json_array_foreach(array, i, rule)
    {
        (void)snprintf(l->at.path, sizeof(l->at.path), "rules[%zu]", i);
        if (fn(l, rule, err) != 0)
            return -1;
    }
    return 0;
}

/* What may stand beside `rules`. */
static int check_set_key(struct loading *l, const char *key, struct err *err)
{
    static const char *const known[] = {"rules", "description", "$schema"};
    struct text_nearest nearest;

    text_nearest_begin(&nearest, key);
    for (size_t i = 0; i < ARRAY_LEN(known); i++) {
        if (strcmp(known[i], key) == 0)
            return 0;
        text_nearest_offer(&nearest, known[i]);
    }
    (void)snprintf(l->at.path, sizeof(l->at.path), "%s", key);
    return schema_unknown_key(&l->at, nearest.name, err);
}

/* *ret: the array of rules, or NULL when `rules` is one rule. */
static int find_array(struct loading *l, const json_t *rules, const json_t **ret, struct err *err)
{
    const json_t *array = json_is_array(rules) ? rules : json_object_get(rules, "rules");
    const char *key;
    json_t *value;

    *ret = array;
    if (array == NULL || json_is_array(rules))
        return 0;
    (void)snprintf(l->at.path, sizeof(l->at.path), "rules");
    if (!json_is_array(array))
        return schema_error(&l->at, err, "expected a list of rules");
    json_object_foreach((json_t *)rules, key, value)
    {
        if (check_set_key(l, key, err) != 0)
            return -1;
    }
    return 0;
}

static int parse_all(struct loading *l, const json_t *rules, struct err *err)
{
    const struct fault_engine *e = l->engine;
    const json_t *array = NULL;
    size_t count;

    if (find_array(l, rules, &array, err) != 0)
        return -1;
    count = array != NULL ? json_array_size(array) : 1;
    if (count + (l->replace ? 0 : e->rule_count) > FAULT_RULES_MAX)
        return err_set(err, ERR_LIMIT, "more than %d rules", FAULT_RULES_MAX);
    l->rules = calloc(count + 1, sizeof(struct fault_rule *));
    if (l->rules == NULL)
        return err_set(err, ERR_NOMEM, "rules");
    if (array == NULL)
        return note_id(l, rules, err) == 0 ? parse_one(l, rules, err) : -1;
    return each_rule(l, array, note_id, err) == 0 ? each_rule(l, array, parse_one, err) : -1;
}

/* --- Letting it in ------------------------------------------------------------------------------
 */

/* Where each of the engine's rules is: {id: index}. */
static json_t *places_of(const struct fault_engine *e)
{
    json_t *places = json_object();

    for (size_t i = 0; places != NULL && i < e->rule_count; i++) {
        if (json_object_set_new(places, e->rules[i]->id, json_integer((json_int_t)i)) != 0) {
            json_decref(places);
            return NULL;
        }
    }
    return places;
}

/* Of rules that stay as they are the old ones go on, with their counters. */
static int keep_old(struct loading *l, struct err *err)
{
    json_t *places = places_of(l->engine);

    if (places == NULL)
        return err_set(err, ERR_NOMEM, "rules");
    for (size_t i = 0; i < l->count; i++) {
        struct fault_rule *old = NULL;
        const json_t *place;

        ASSERT(l->rules[i] != NULL);
        place = json_object_get(places, l->rules[i]->id);
        if (place != NULL)
            old = l->engine->rules[json_integer_value(place)];
        if (old == NULL || !json_equal(old->json, l->rules[i]->json))
            continue;
        rule_unref(l->rules[i]);
        l->rules[i] = rule_ref(old);
    }
    json_decref(places);
    return 0;
}

static json_t *rows_of(struct fault_rule *const *rules, size_t count, const char *tag, int64_t now)
{
    json_t *rows = json_array();

    for (size_t i = 0; rows != NULL && i < count; i++) {
        if (tag != NULL && !rule_has_tag(rules[i], tag))
            continue;
        if (json_array_append_new(rows, rule_row(rules[i], now)) != 0) {
            json_decref(rows);
            return NULL;
        }
    }
    return rows;
}

static int report(const struct loading *l, json_t **ret, struct err *err)
{
    json_t *rows = rows_of(l->rules, l->count, NULL, engine_now(l->engine));

    *ret = rows == NULL ? NULL : json_pack("{s:o,s:O}", "rules", rows, "warnings", l->warnings);
    return *ret != NULL ? 0 : err_set(err, ERR_NOMEM, "report");
}

/* Age, time to live and, for new ones, the serial number. */
static void date_rules(struct loading *l)
{
    struct fault_engine *e = l->engine;
    int64_t now = engine_now(e);

    for (size_t i = 0; i < l->count; i++) {
        struct fault_rule *r = l->rules[i];

        r->age = e->next_age++;
        if (r->serial == 0)
            r->serial = ++e->next_serial;
        r->expires_ms = r->ttl_ms == 0                            ? 0
                        : r->ttl_ms > (uint64_t)(INT64_MAX - now) ? INT64_MAX
                                                                  : now + (int64_t)r->ttl_ms;
    }
}

static int let_in(struct loading *l, struct err *err)
{
    struct fault_engine *e = l->engine;
    size_t old = l->replace ? 0 : e->rule_count;
    struct fault_rule **all = calloc(old + l->count + 1, sizeof(struct fault_rule *));

    if (all == NULL)
        return err_set(err, ERR_NOMEM, "rules");
    if (old > 0)
        memcpy(all, e->rules, old * sizeof(struct fault_rule *));
    for (size_t i = old; i < e->rule_count; i++)
        rule_unref(e->rules[i]);
    for (size_t i = 0; i < l->count; i++)
        all[old + i] = rule_ref(l->rules[i]);
    free(e->rules);
    e->rules = all;
    e->rule_count = old + l->count;
    engine_settle(e);
    return 0;
}

int fault_engine_load(struct fault_engine *e, const json_t *rules, bool replace,
                      json_t **ret_report, struct err *err)
{
    auto_loading struct loading l = {0};
    json_t *told = NULL;

    engine_expire(e);
    if (loading_init(&l, e, replace, err) != 0 || parse_all(&l, rules, err) != 0)
        return -1;
    if (replace && keep_old(&l, err) != 0)
        return -1;
    date_rules(&l);
    if (ret_report != NULL && report(&l, &told, err) != 0)
        return -1;
    if (let_in(&l, err) != 0) {
        json_decref(told);
        return -1;
    }
    if (ret_report != NULL)
        *ret_report = told;
    return 0;
}

/* --- Lists --------------------------------------------------------------------------------------
 */

json_t *fault_engine_list(struct fault_engine *e, const char *tag)
{
    engine_expire(e);
    return rows_of(e->rules, e->rule_count, tag, engine_now(e));
}

json_t *fault_engine_get(struct fault_engine *e, const char *id)
{
    size_t i;

    engine_expire(e);
    i = engine_find(e, id);
    return i < e->rule_count ? rule_row(e->rules[i], engine_now(e)) : NULL;
}

static int by_age(const void *a, const void *b)
{
    const struct fault_rule *x = *(struct fault_rule *const *)a;
    const struct fault_rule *y = *(struct fault_rule *const *)b;

    return x->age < y->age ? -1 : x->age > y->age;
}

/* Of a set that is loaded at once, what comes later is newer. */
json_t *fault_engine_save(struct fault_engine *e)
{
    auto_free struct fault_rule **sorted = calloc(e->rule_count + 1, sizeof(struct fault_rule *));
    json_t *rules = sorted != NULL ? json_array() : NULL;

    engine_expire(e);
    if (sorted == NULL || rules == NULL)
        return NULL;
    for (size_t i = 0; i < e->rule_count; i++)
        sorted[i] = e->rules[i];
    qsort(sorted, e->rule_count, sizeof(*sorted), by_age);
    for (size_t i = 0; i < e->rule_count; i++) {
        if (json_array_append(rules, sorted[i]->json) != 0) {
            json_decref(rules);
            return NULL;
        }
    }
    return rules;
}

/* --- Changing one -------------------------------------------------------------------------------
 */

/* RFC 7396: target becomes target with the changes. Both are objects. */
static int merge(json_t *target, const json_t *changes)
{
    const char *key;
    json_t *change;

    json_object_foreach((json_t *)changes, key, change)
    {
        json_t *old = json_object_get(target, key);
        json_t *fresh;

        if (json_is_null(change)) {
            (void)json_object_del(target, key);
            continue;
        }
        if (!json_is_object(change)) {
            if (json_object_set_new(target, key, json_deep_copy(change)) != 0)
                return -1;
            continue;
        }
        fresh = json_is_object(old) ? json_deep_copy(old) : json_object();
        if (fresh == NULL || merge(fresh, change) != 0) {
            json_decref(fresh);
            return -1;
        }
        if (json_object_set_new(target, key, fresh) != 0)
            return -1;
    }
    return 0;
}

/* What goes on from the old rule. Positions in groups begin anew when the criteria are others. */
static void inherit(struct fault_engine *e, struct fault_rule *r, const struct fault_rule *old,
                    bool new_ttl)
{
    bool same_when =
        json_equal(json_object_get(r->json, "when"), json_object_get(old->json, "when")) == 1 ||
        (json_object_get(r->json, "when") == NULL && json_object_get(old->json, "when") == NULL);

    r->age = old->age;
    r->hits = old->hits;
    r->matches = old->matches;
    r->serial = same_when ? old->serial : ++e->next_serial;
    r->seen = same_when ? old->seen : 0;
    r->expires_ms = old->expires_ms;
    if (new_ttl)
        r->expires_ms = r->ttl_ms > 0 ? engine_now(e) + (int64_t)r->ttl_ms : 0;
}

static int check_changes(const struct fault_rule *old, const json_t *changes, struct err *err)
{
    const json_t *id = json_object_get(changes, "id");
    const struct schema_place at = {.path = "id"};

    if (!json_is_object(changes))
        return err_set(err, ERR_CONFIG, "expected the members of the rule that change");
    if (id != NULL && (!json_is_string(id) || strcmp(json_string_value(id), old->id) != 0))
        return schema_error(&at, err, "cannot be changed");
    return 0;
}

int fault_engine_patch(struct fault_engine *e, const char *id, const json_t *changes,
                       struct err *err)
{
    struct schema_place at = {0};
    struct fault_rule *old, *fresh = NULL;
    json_t *json, *warnings;
    size_t i;
    int result = -1;

    engine_expire(e);
    i = engine_find(e, id);
    if (i == e->rule_count)
        return err_set(err, ERR_ABSENT, "there is no rule %s", TEXT_QUOTE(id));
    old = e->rules[i];
    if (check_changes(old, changes, err) != 0)
        return -1;
    json = json_copy(old->json);
    warnings = json_array();
    if (json == NULL || warnings == NULL || merge(json, changes) != 0)
        (void)err_set(err, ERR_NOMEM, "rule");
    else
        result = rule_parse(&fresh, e->tables, json, id, &at, warnings, err);
    json_decref(json);
    json_decref(warnings);
    if (result != 0)
        return -1;
    inherit(e, fresh, old, json_object_get(changes, "ttl") != NULL);
    e->rules[i] = fresh;
    rule_unref(old);
    engine_settle(e);
    return 0;
}
