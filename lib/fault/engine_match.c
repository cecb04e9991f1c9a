/* SPDX-License-Identifier: MIT */
/*
 * Matching, counting and changing state: one step per request.
 *
 *     fits?  -> n-th? -> chance? -> quota? -> acts: counted, put in the plan -> answers? then done
 *       no ------- no ------ no --------------------> the next rule
 */
#include "lib/fault/engine.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "lib/fault/index.h"
#include "lib/fault/match.h"
#include "lib/fault/pattern.h"
#include "lib/fault/rule_schema.h"
#include "lib/fault/tally.h"
#include "lib/util/rng.h"
#include "lib/util/util.h"

enum { TALLY_NTH, TALLY_QUOTA }; /* what is counted for a rule */

/* What the numbers of a rule's stream are for. */
enum { DRAW_CHANCE, DRAW_EFFECTS };

/* One request on its way through the rules. */
struct asking {
    struct fault_engine *engine;
    const struct subject *subject;
    struct fault_plan *plan; /* being filled */
    int64_t now_ms;          /* 0: not asked for yet */
    uint64_t early;          /* a connection, not a request: bit of the effect that is wanted */
    bool acted;              /* a rule did */
    bool expired;            /* a rule was met whose time is over */
};

static int64_t now_of(struct asking *a)
{
    if (a->now_ms == 0)
        a->now_ms = engine_now(a->engine);
    return a->now_ms;
}

/* --- Groups -------------------------------------------------------------------------------------
 */

/* A client is the same on all its connections: its port does not count. */
static void add_word(const struct fault_engine *e, const struct subject *s, size_t word,
                     struct tally_key *k)
{
    const struct vocabulary *v = e->options.product.vocabulary;
    const char *value = s->values[word];
    size_t n = value != NULL ? strlen(value) : 0;

    if (value != NULL && v->words[word].kind == WORD_ADDRESS)
        n = pattern_address(value, &value);
    tally_key_add(k, value, n);
}

static void nth_key(const struct fault_engine *e, const struct fault_rule *r,
                    const struct subject *s, struct tally_key *ret)
{
    tally_key_begin(ret, r->serial, TALLY_NTH);
    for (size_t i = 0; i < r->nth.per_count; i++)
        add_word(e, s, r->nth.per[i], ret);
}

/* Counted in the tally rather than by the rule: apart, or beginning anew. */
static bool has_groups(const struct rule_nth *nth)
{
    return nth->per_count > 0 || nth->idle_ms > 0;
}

uint64_t engine_nth_seen(const struct fault_engine *e, const struct fault_rule *r,
                         const struct subject *s)
{
    const struct tally_count *group;
    struct tally_key key;

    if (!has_groups(&r->nth))
        return r->seen;
    nth_key(e, r, s, &key);
    group = tally_find(e->tally, &key);
    return group != NULL ? group->count : 0;
}

/* The position of this request in its group, from 1. */
static uint64_t count_nth(struct asking *a, struct fault_rule *r)
{
    struct tally_count *group;
    struct tally_key key;
    int64_t before;

    r->seen++;
    if (!has_groups(&r->nth))
        return r->seen;
    nth_key(a->engine, r, a->subject, &key);
    group = tally_get(a->engine->tally, &key);
    if (group == NULL)
        return 1;
    if (r->nth.idle_ms > 0) {
        before = group->begin_ms;
        group->begin_ms = now_of(a);
        if (group->begin_ms - before >= (int64_t)r->nth.idle_ms)
            group->count = 0;
    }
    return ++group->count;
}

/* Windows begin with the first request of a group, on the world's clock. */
static void count_quota(struct asking *a, const struct fault_rule *r, struct fault_quota_turn *ret)
{
    const struct fault_quota *q = &r->effects.quota;
    struct tally_count *group, spare = {0};
    struct tally_key key;
    int64_t now = now_of(a);

    tally_key_begin(&key, r->serial, TALLY_QUOTA);
    if (q->per != FAULT_PER_ALL)
        add_word(a->engine, a->subject, q->per, &key);
    group = tally_get(a->engine->tally, &key);
    if (group == NULL)
        group = &spare;
    if (group->count == 0 || now < group->begin_ms ||
        (uint64_t)(now - group->begin_ms) >= q->window_ms)
        *group = (struct tally_count){.begin_ms = now};
    ret->limit = q->limit;
    ret->used_up = group->count >= q->limit;
    if (!ret->used_up)
        group->count++;
    ret->remaining = q->limit - group->count;
    ret->reset_ms = q->window_ms - (uint64_t)(now - group->begin_ms);
}

/* --- One rule -----------------------------------------------------------------------------------
 */

static uint64_t draw(const struct fault_engine *e, const struct fault_rule *r, unsigned what,
                     uint64_t number)
{
    return rng_at(r->has_seed ? r->seed : e->seed, r->stream + what, number);
}

static bool chance_holds(const struct fault_engine *e, const struct fault_rule *r, uint64_t number)
{
    return r->probability >= 1 || rng_unit_of(draw(e, r, DRAW_CHANCE, number)) < r->probability;
}

bool engine_chance_held(const struct fault_engine *e, const struct fault_rule *r)
{
    return r->probability > 0 && (r->matches == 0 || chance_holds(e, r, r->matches - 1));
}

/* Criteria and limits, but for those that count. */
static bool fits(struct asking *a, const struct fault_rule *r)
{
    if (r->has_times && r->hits >= r->times)
        return false;
    if (a->early != 0 ? !match_holds_early(r->match, a->subject)
                      : !match_holds(r->match, a->subject))
        return false;
    if (!rule_variables_hold(r, a->engine->state))
        return false;
    if (r->expires_ms == 0 || !rule_is_expired(r, now_of(a)))
        return true;
    a->expired = true;
    return false;
}

/* Counts the request; true when it is the rule's turn. */
static bool takes_turn(struct asking *a, struct fault_rule *r)
{
    if (r->nth.given && !rule_nth_counts(&r->nth, count_nth(a, r)))
        return false;
    return chance_holds(a->engine, r, r->matches++);
}

static void count_kinds(struct fault_engine *e, const struct fault_rule *r)
{
    for (uint64_t bits = r->effects.has; bits != 0; bits &= bits - 1)
        e->kinds[__builtin_ctzll(bits)]++;
    for (uint64_t bits = r->product; bits != 0; bits &= bits - 1)
        e->product_kinds[__builtin_ctzll(bits)]++;
}

/* Room for one more. Most plans have a rule or none, and are many: no more room than that. */
static struct fault_turn *add_turn(struct fault_plan *plan)
{
    struct fault_turn *turns = reallocarray(plan->turns, plan->count + 1, sizeof(*turns));

    if (turns == NULL)
        return NULL;
    plan->turns = turns;
    return &turns[plan->count];
}

/* True when the rule ends the search. */
static bool act(struct asking *a, struct fault_rule *r)
{
    struct fault_plan *plan = a->plan;
    struct fault_turn *turn = add_turn(plan);
    bool has_quota = FAULT_HAS(&r->effects, QUOTA);

    if (turn == NULL) /* memory is short: as though it did not fit */
        return false;
    *turn = (struct fault_turn){.draw = draw(a->engine, r, DRAW_EFFECTS, r->matches)};
    if (has_quota)
        count_quota(a, r, &turn->quota);
    plan->rules[plan->count++] = rule_ref(r);
    if (has_quota && !turn->quota.used_up)
        return false;
    r->hits++;
    a->acted = true;
    count_kinds(a->engine, r);
    return has_quota || a->early != 0 || fault_effects_answer(&r->effects);
}

static bool may_answer(const struct asking *a, const struct fault_rule *r)
{
    return a->early != 0 || FAULT_HAS(&r->effects, QUOTA) || fault_effects_answer(&r->effects);
}

/* True when the rule ends the search. The last place in the plan is kept for one that can. */
static bool ask(struct asking *a, struct fault_rule *r)
{
    if (a->plan->count == FAULT_PLAN_MAX - 1 && !may_answer(a, r))
        return false;
    if (!fits(a, r) || !takes_turn(a, r))
        return false;
    a->plan->answers = act(a, r);
    return a->plan->answers || a->plan->count == FAULT_PLAN_MAX;
}

/* --- All rules ----------------------------------------------------------------------------------
 */

static bool turn_acts(const struct fault_plan *plan, size_t i)
{
    return !FAULT_HAS(&plan->rules[i]->effects, QUOTA) || plan->turns[i].quota.used_up;
}

/* Variables change when all rules were asked: a request sees the state that it met. */
static void change_state(struct asking *a)
{
    for (size_t i = 0; i < a->plan->count; i++) {
        const struct fault_rule *r = a->plan->rules[i];
        const char *name;
        json_t *value;

        if (!FAULT_HAS(&r->effects, SET) || !turn_acts(a->plan, i))
            continue;
        json_object_foreach(json_object_get(r->then, "set"), name, value)
        {
            (void)engine_set_variable(a->engine, name, json_string_value(value));
        }
    }
}

static void finish(struct asking *a)
{
    if (a->acted) {
        a->engine->counters.matched++;
        change_state(a);
    }
    if (a->expired)
        engine_expire(a->engine);
}

static bool is_wanted(const struct asking *a, const struct fault_rule *r)
{
    return a->early != 0 ? (r->effects.has & a->early) != 0 : !fault_effects_connect(&r->effects);
}

/* Without memory for an index all rules are asked, one after the other. */
static void ask_all(struct asking *a)
{
    const struct fault_engine *e = a->engine;

    for (size_t i = 0; i < e->rule_count; i++) {
        struct fault_rule *r = e->rules[i];

        if (r->enabled && r->probability > 0 && is_wanted(a, r) && ask(a, r))
            return;
    }
}

static void ask_indexed(struct asking *a)
{
    struct fault_engine *e = a->engine;
    struct index_cursor cursor;
    struct fault_rule *r;

    if (e->index == NULL)
        e->index = rule_index_new(e->options.product.vocabulary, e->rules, e->rule_count);
    if (e->index == NULL) {
        ask_all(a);
        return;
    }
    rule_index_begin(&cursor, e->index, a->subject);
    do {
        r = rule_index_next(&cursor);
    } while (r != NULL && !ask(a, r));
}

static void ask_extra(struct asking *a, const struct fault_extra *extra)
{
    for (size_t i = 0; i < extra->count; i++) {
        if (a->plan->answers || a->plan->count == FAULT_PLAN_MAX)
            return;
        (void)ask(a, extra->rules[i]);
    }
}

void fault_match(struct fault_engine *e, const struct subject *s, const struct fault_extra *extra,
                 struct fault_plan *plan)
{
    struct asking a = {.engine = e, .subject = s, .plan = plan};

    if (e->rule_count > 0)
        ask_indexed(&a);
    if (extra != NULL)
        ask_extra(&a, extra);
    finish(&a);
}

void fault_match_connection(struct fault_engine *e, const struct subject *s,
                            enum fault_effect effect, struct fault_plan *plan)
{
    struct asking a = {.engine = e, .subject = s, .plan = plan, .early = 1ULL << effect};

    if (e->connect_count == 0)
        return;
    ask_all(&a);
    finish(&a);
}

/* --- Plans --------------------------------------------------------------------------------------
 */

void fault_plan_done(struct fault_engine *e, struct fault_plan *plan)
{
    if (plan->run != NULL && e->act_ops != NULL)
        e->act_ops->run_free(e, plan);
    for (size_t i = 0; i < plan->count; i++)
        rule_unref(plan->rules[i]);
    free(plan->turns);
    plan->turns = NULL;
    plan->count = 0;
    plan->answers = false;
    plan->run = NULL;
}

const json_t *fault_plan_get(const struct fault_plan *plan, const char *key)
{
    for (size_t i = 0; i < plan->count; i++) {
        const json_t *value = fault_rule_get(plan->rules[i], key);

        if (value != NULL && turn_acts(plan, i))
            return value;
    }
    return NULL;
}

void fault_plan_names(const struct fault_plan *plan, char *text, size_t size)
{
    size_t len = 0;

    if (size > 0)
        text[0] = '\0';
    for (size_t i = 0; i < plan->count; i++) {
        const char *id = plan->rules[i]->id;

        if (!turn_acts(plan, i))
            continue;
        if (i > 0 && strcmp(id, plan->rules[i - 1]->id) == 0)
            continue; /* extra rules share one */
        if (len + strlen(id) + (len > 0) >= size)
            return;
        len += (size_t)snprintf(text + len, size - len, "%s%s", len > 0 ? "," : "", id);
    }
}
