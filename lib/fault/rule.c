/* SPDX-License-Identifier: MIT */
#include "lib/fault/rule.h"

#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "lib/fault/match.h"
#include "lib/fault/pattern.h"
#include "lib/util/util.h"

struct fault_rule *rule_ref(struct fault_rule *r)
{
    r->references++;
    return r;
}

void rule_unref(struct fault_rule *r)
{
    if (r == NULL || --r->references > 0)
        return;
    for (size_t i = 0; i < r->variable_count; i++)
        pattern_list_free(r->variables[i].values);
    free(r->variables);
    match_free(r->match);
    fault_effects_done(&r->effects);
    json_decref(r->json);
    free(r);
}

bool rule_variables_hold(const struct fault_rule *r, const json_t *state)
{
    for (size_t i = 0; i < r->variable_count; i++) {
        const char *value = json_string_value(json_object_get(state, r->variables[i].name));

        if (!pattern_list_fits(r->variables[i].values, value))
            return false;
    }
    return true;
}

bool rule_has_tag(const struct fault_rule *r, const char *tag)
{
    const json_t *tags = json_object_get(r->json, "tags");
    const json_t *one;
    size_t i;

    if (json_is_string(tags))
        return strcmp(json_string_value(tags), tag) == 0;
    json_array_foreach(tags, i, one)
    {
        if (strcmp(json_string_value(one), tag) == 0)
            return true;
    }
    return false;
}

bool rule_is_exhausted(const struct fault_rule *r)
{
    if (r->has_times && r->hits >= r->times)
        return true;
    return r->nth.given && r->nth.per_count == 0 && r->seen >= r->nth.to;
}

bool rule_is_expired(const struct fault_rule *r, int64_t now_ms)
{
    return r->expires_ms != 0 && now_ms >= r->expires_ms;
}

bool rule_nth_counts(const struct rule_nth *nth, uint64_t n)
{
    return n >= nth->from && n <= nth->to && (n - nth->from) % nth->every == 0;
}

/* A number, or null where there is none. */
static int set_number(json_t *row, const char *key, bool given, uint64_t n)
{
    json_int_t shown = n > INT64_MAX ? INT64_MAX : (json_int_t)n;

    return json_object_set_new(row, key, given ? json_integer(shown) : json_null());
}

json_t *rule_row(const struct fault_rule *r, int64_t now_ms)
{
    json_t *row = json_copy(r->json);
    uint64_t remaining = r->hits < r->times ? r->times - r->hits : 0;
    uint64_t left = rule_is_expired(r, now_ms) ? 0 : (uint64_t)(r->expires_ms - now_ms);

    if (row == NULL || set_number(row, "hits", true, r->hits) != 0 ||
        set_number(row, "matches", true, r->matches) != 0 ||
        set_number(row, "remaining", r->has_times, remaining) != 0 ||
        json_object_set_new(row, "exhausted", json_boolean(rule_is_exhausted(r))) != 0 ||
        set_number(row, "expires_in_ms", r->expires_ms != 0, left) != 0) {
        json_decref(row);
        return NULL;
    }
    return row;
}

const char *fault_rule_id(const struct fault_rule *rule)
{
    return rule->id;
}

const json_t *fault_rule_get(const struct fault_rule *rule, const char *key)
{
    return json_object_get(rule->then, key);
}
