/* SPDX-License-Identifier: MIT */
/*
 * Near misses: for a subject the rules that came nearest to it, with a yes or no per criterion.
 * Nothing is counted. Positions (nth) are those of the last request that was.
 */
#include "lib/fault/engine.h"

#include <stdlib.h>

#include <jansson.h>

#include "lib/fault/match.h"
#include "lib/util/util.h"

/* How near one rule came. */
struct miss {
    const struct fault_rule *rule;
    json_t *criteria; /* owned: {"op": true, ...} */
    unsigned held;
    unsigned total;
    const char *behind; /* id of the rule that answers before this one is asked, or NULL */
};

/* Whether the position that the last such request had, or the next one has, is one that counts. */
static bool position_holds(const struct fault_engine *e, const struct fault_rule *r,
                           const struct subject *s)
{
    uint64_t seen = engine_nth_seen(e, r, s);

    return rule_nth_counts(&r->nth, seen > 0 ? seen : 1);
}

static int add(struct miss *m, const char *name, bool held)
{
    m->total++;
    m->held += held;
    return json_object_set_new(m->criteria, name, json_boolean(held));
}

/* Beside the criteria of `when` those of the rule itself, where it has them. */
static int add_limits(const struct fault_engine *e, const struct subject *s, struct miss *m)
{
    const struct fault_rule *r = m->rule;
    int result = 0;

    if (r->variable_count > 0)
        result |= add(m, "state", rule_variables_hold(r, e->state));
    if (r->nth.given)
        result |= add(m, "nth", position_holds(e, r, s));
    if (!r->enabled)
        result |= add(m, "enabled", false);
    if (r->has_times)
        result |= add(m, "times", r->hits < r->times);
    if (r->probability < 1)
        result |= add(m, "probability", engine_chance_held(e, r));
    return result;
}

static int compare_misses(const void *a, const void *b)
{
    const struct miss *x = a, *y = b;
    unsigned missing_x = x->total - x->held, missing_y = y->total - y->held;

    if (missing_x != missing_y)
        return missing_x < missing_y ? -1 : 1;
    if (x->held != y->held)
        return x->held > y->held ? -1 : 1;
    return x->rule->rank < y->rule->rank ? -1 : x->rule->rank > y->rule->rank;
}

/* Notes what else a rule that fits needs: to be asked at all. */
static int add_reached(struct miss *m, const struct fault_rule **answering)
{
    if (m->held < m->total)
        return 0;
    if (*answering != NULL) {
        m->behind = (*answering)->id;
        return add(m, "reached", false);
    }
    if (fault_effects_answer(&m->rule->effects))
        *answering = m->rule;
    return 0;
}

/* Measures all rules; how many missed. Those that fit are left out. SIZE_MAX: memory was short. */
static size_t measure(const struct fault_engine *e, const struct subject *s, struct miss *misses)
{
    const struct fault_rule *answering = NULL;
    size_t count = 0;

    for (size_t i = 0; i < e->rule_count; i++) {
        struct miss *m = &misses[count];

        *m = (struct miss){.rule = e->rules[i]};
        m->criteria = match_explain(m->rule->match, s, &m->held, &m->total);
        if (m->criteria == NULL)
            return SIZE_MAX;
        if (add_limits(e, s, m) != 0 || add_reached(m, &answering) != 0) {
            json_decref(m->criteria);
            m->criteria = NULL;
            return SIZE_MAX;
        }
        if (m->held < m->total)
            count++;
        else
            json_decref(STEAL(m->criteria));
    }
    return count;
}

static json_t *rows_of(const struct miss *misses, size_t count)
{
    json_t *rows = json_array();

    for (size_t i = 0; rows != NULL && i < count; i++) {
        json_t *row = json_pack("{s:s,s:i,s:i,s:O,s:s*}", "id", misses[i].rule->id, "held",
                                (int)misses[i].held, "of", (int)misses[i].total, "criteria",
                                misses[i].criteria, "behind", misses[i].behind);

        if (json_array_append_new(rows, row) != 0) {
            json_decref(rows);
            return NULL;
        }
    }
    return rows;
}

json_t *fault_engine_explain(struct fault_engine *e, const struct subject *s, size_t most)
{
    struct miss *misses;
    json_t *rows = NULL;
    size_t count;

    engine_expire(e);
    misses = calloc(e->rule_count + 1, sizeof(*misses));
    if (misses == NULL)
        return NULL;
    count = measure(e, s, misses);
    if (count != SIZE_MAX) {
        qsort(misses, count, sizeof(*misses), compare_misses);
        rows = rows_of(misses, count < most ? count : most);
    }
    for (size_t i = 0; i < e->rule_count; i++)
        json_decref(misses[i].criteria);
    free(misses);
    return rows;
}
