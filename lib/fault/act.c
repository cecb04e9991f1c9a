/* SPDX-License-Identifier: MIT */
#include "lib/fault/act.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/fault/engine.h"
#include "lib/http/exchange.h"
#include "lib/http/hook.h"
#include "lib/http/loop.h"
#include "lib/http/server.h"
#include "lib/util/util.h"

#define BIT(name) (1ULL << FAULT_EFFECT_##name)

/* Effects that keep an answer waiting: these need a timer and count against the cap. */
static const uint64_t waits =
    BIT(DELAY) | BIT(DELAY_BODY) | BIT(RATE) | BIT(DRIP) | BIT(HOLD) | BIT(BODY) | BIT(HEAD);

static const char garbage[] = "\x15\x03garbage \xff\xfe not HTTP at all\x01\x02\n\n";

/* --- Runs --------------------------------------------------------------------------------------
 */

static void on_timer(void *arg)
{
    struct act_run *run;
    act_fn then;

    CAST_ARG(run, arg, ACT_RUN_MAGIC);
    then = run->then;
    run->then = NULL;
    if (run->gate != NULL) { /* nobody released it */
        act_gate_leave(run);
        then = run->late;
    }
    if (then != NULL)
        then(run);
}

static const struct fault_rule *last_rule(const struct act_run *run)
{
    return run->plan->rules[run->plan->count - 1];
}

static bool may_wait(const struct act_run *run)
{
    const struct fault_effects *last = &last_rule(run)->effects;

    return (run->has & waits) != 0 ||
           (FAULT_HAS(last, CONNECTION) && last->connection == FAULT_CONNECTION_STALL);
}

/* Counts it as held. False: too many are, or memory is short. */
static bool take_slot(struct act_run *run)
{
    struct fault_engine *e = run->act->engine;
    size_t most = e->options.held_max > 0 ? e->options.held_max : FAULT_HELD_MAX;

    if (e->counters.held >= most ||
        loop_timer_new(&run->timer, e->options.loop, on_timer, run, NULL) != 0)
        return false;
    run->slot = true;
    e->counters.held++;
    return true;
}

/* A quota that is not used up keeps its rule from acting: it is only announced. */
static bool acts(const struct fault_plan *plan, size_t i)
{
    return !FAULT_HAS(&plan->rules[i]->effects, QUOTA) || plan->turns[i].quota.used_up;
}

static uint64_t effects_of(const struct fault_plan *plan, size_t i)
{
    uint64_t has = plan->rules[i]->effects.has;

    return acts(plan, i) ? has : BIT(QUOTA);
}

static struct act_run *run_new(struct act *act, struct fault_plan *plan, struct http_exchange *x)
{
    struct act_run *run = calloc(1, sizeof(*run));

    if (run == NULL)
        return NULL;
    run->magic = ACT_RUN_MAGIC;
    run->act = act;
    run->plan = plan;
    run->x = x;
    for (size_t i = 0; i < plan->count; i++)
        run->has |= effects_of(plan, i);
    LIST_INSERT_HEAD(&act->runs, run, link);
    plan->run = run;
    return run;
}

bool act_acts(const struct act_run *run, size_t i)
{
    return acts(run->plan, i);
}

/* The answer is settled: what the rules change in the product is changed now. */
static void settle(struct act_run *run)
{
    const struct fault_product *product = &run->act->engine->options.product;

    if (run->settled)
        return;
    run->settled = true;
    if (product->acted == NULL)
        return;
    for (size_t i = 0; i < run->plan->count; i++) {
        if (act_acts(run, i))
            product->acted(run->plan->rules[i], run->x, product->arg);
    }
}

static void run_free(struct fault_engine *e, struct fault_plan *plan)
{
    struct act_run *run;

    CAST_ARG(run, plan->run, ACT_RUN_MAGIC);
    settle(run);
    plan->run = NULL;
    act_gate_leave(run);
    LIST_REMOVE(run, link);
    e->counters.held -= run->slot;
    run->act->paced -= run->paced;
    loop_timer_free(run->timer);
    run->magic = 0;
    free(run);
}

/* --- What acting keeps -------------------------------------------------------------------------
 */

/* Exchanges that still wait have nobody who could answer them. */
static void act_free(struct fault_engine *e)
{
    struct act *act = e->act;
    struct act_run *run;

    while ((run = LIST_FIRST(&act->runs)) != NULL) {
        http_exchange_abort(run->x, false, "its rules are gone");
        if (LIST_FIRST(&act->runs) == run) /* the product did not call fault_plan_done() */
            run_free(e, run->plan);
    }
    act_gate_forget_all(act);
    free(act);
    e->act = NULL;
}

static const struct fault_act_ops act_ops = {act_free, run_free};

struct act *act_get(struct fault_engine *e)
{
    struct act *act = e->act;

    if (act != NULL)
        return act;
    act = calloc(1, sizeof(*act));
    if (act == NULL)
        return NULL;
    act->engine = e;
    TAILQ_INIT(&act->gates);
    LIST_INIT(&act->runs);
    e->act = act;
    e->act_ops = &act_ops;
    return act;
}

void act_after(struct act_run *run, uint32_t ms, act_fn then)
{
    run->then = then;
    loop_timer_start(run->timer, run->unbound ? 0 : ms);
}

void act_abort(struct act_run *run, bool reset, const char *fmt, ...)
{
    char reason[160];
    va_list args;

    va_start(args, fmt);
    (void)vsnprintf(reason, sizeof(reason), fmt, args);
    va_end(args);
    http_exchange_abort(run->x, reset, reason);
}

uint32_t act_limit_ms(const struct act_run *run)
{
    uint32_t ms = run->act->engine->options.hold_limit_ms;

    return ms > 0 ? ms : FAULT_HOLD_LIMIT_MS;
}

const struct fault_rule *act_find(const struct act_run *run, enum fault_effect effect, size_t *pos)
{
    for (; *pos < run->plan->count; (*pos)++) {
        if ((effects_of(run->plan, *pos) >> effect & 1) != 0)
            return run->plan->rules[*pos];
    }
    return NULL;
}

uint32_t act_sum(const struct act_run *run, enum fault_effect effect, uint64_t salt)
{
    const struct fault_rule *rule;
    uint64_t sum = 0;

    for (size_t i = 0; (rule = act_find(run, effect, &i)) != NULL; i++)
        sum += fault_duration_draw(effect == FAULT_EFFECT_DELAY ? &rule->effects.delay
                                                                : &rule->effects.delay_body,
                                   run->plan->turns[i].draw ^ salt);
    return sum < UINT32_MAX ? (uint32_t)sum : UINT32_MAX;
}

/* --- Before the answer -------------------------------------------------------------------------
 */

/* Goes on with the product. */
static void pass(struct act_run *run)
{
    http_exchange_watch(run->x, false);
    run->next(run->next_arg);
}

static void stall_over(struct act_run *run)
{
    settle(run);
    act_abort(run, false, "stalled by rule '%s'", last_rule(run)->id);
}

/* The last rule answers with what it does to the connection. False: it does not. */
static bool answer_by_connection(struct act_run *run)
{
    const struct fault_rule *rule = last_rule(run);

    if (!FAULT_HAS(&rule->effects, CONNECTION))
        return false;
    switch (rule->effects.connection) {
    case FAULT_CONNECTION_DROP:
        settle(run);
        act_abort(run, false, "dropped by rule '%s'", rule->id);
        return true;
    case FAULT_CONNECTION_RESET:
        settle(run);
        act_abort(run, true, "reset by rule '%s'", rule->id);
        return true;
    case FAULT_CONNECTION_STALL:
        act_after(run, act_limit_ms(run), stall_over);
        return true;
    case FAULT_CONNECTION_GARBAGE:
        http_exchange_watch(run->x, false);
        http_reply_raw(run->x, garbage, sizeof(garbage) - 1, NULL);
        http_reply_send(run->x);
        return true;
    case FAULT_CONNECTION_BAD_CHUNK:
    case FAULT_CONNECTION_CLOSE_IDLE:
        break;
    }
    return false;
}

/* Delays and holds are over. */
static void answer(struct act_run *run)
{
    if (!run->plan->answers) {
        pass(run);
        return;
    }
    if (answer_by_connection(run))
        return;
    if (act_reply_answer(run, run->plan->count - 1))
        http_exchange_watch(run->x, false);
    else
        pass(run);
}

static void hold_expired(struct act_run *run)
{
    settle(run);
    act_abort(run, false, "held by rule '%s' and not released in time", run->gate_rule);
}

/* Holds at the head, one after the other. */
static void after_delay(struct act_run *run)
{
    const struct fault_rule *rule;

    while ((rule = act_find(run, FAULT_EFFECT_HOLD, &run->step)) != NULL) {
        run->step++;
        if (!rule->effects.hold.in_body &&
            act_gate_wait(run, rule->effects.hold.gate, rule->id, after_delay, hold_expired))
            return;
    }
    answer(run);
}

/* Too many wait already, or memory is short: this one is answered at once. */
static void refuse(struct fault_engine *e, struct http_exchange *x)
{
    const struct fault_product *product = &e->options.product;

    e->counters.overflow++;
    if (product->answer != NULL)
        product->answer(x, 503, NULL, "too many answers are held or delayed", NULL, product->arg);
    else
        http_reply_begin(x, 503);
    http_reply_send(x);
}

void fault_begin(struct fault_engine *e, struct fault_plan *plan, struct http_exchange *x,
                 void (*next)(void *arg), void *arg)
{
    struct act *act;
    struct act_run *run;
    uint32_t delay;

    if (plan->count == 0) {
        next(arg);
        return;
    }
    act = act_get(e);
    run = act != NULL ? run_new(act, plan, x) : NULL;
    if (run == NULL || (may_wait(run) && !take_slot(run))) {
        if (run != NULL) {
            run->has = 0;
            run->settled = true;
        }
        refuse(e, x);
        return;
    }
    run->next = next;
    run->next_arg = arg;
    delay = act_sum(run, FAULT_EFFECT_DELAY, 0);
    if (run->slot)
        http_exchange_watch(x, true);
    if (delay > 0)
        act_after(run, delay, after_delay);
    else
        after_delay(run);
}

/* --- The answer --------------------------------------------------------------------------------
 */

enum http_verdict fault_response_head(struct fault_engine *e, struct fault_plan *plan,
                                      struct http_exchange *x)
{
    struct act_run *run = plan->run;

    (void)e;
    if (run == NULL)
        return HTTP_PASS;
    settle(run);
    if (run->has != 0 && http_reply_status(x) != 0) /* 0: bytes that are no reply */
        act_reply_decorate(run);
    return HTTP_PASS;
}

static void body_delay_over(struct act_run *run)
{
    http_exchange_go(run->x);
}

enum http_verdict fault_response_body(struct fault_engine *e, struct fault_plan *plan,
                                      struct http_exchange *x)
{
    enum { SALT = 0x626f6479 };
    struct act_run *run = plan->run;
    uint32_t delay;

    (void)e;
    if (run == NULL || run->has == 0)
        return HTTP_PASS;
    if (ACT_HAS(run, HEAD) && http_reply_status(x) != 0 && act_cut_head(run))
        return HTTP_PASS;
    delay = ACT_HAS(run, DELAY_BODY) && http_reply_has_body(x)
                ? act_sum(run, FAULT_EFFECT_DELAY_BODY, SALT)
                : 0;
    if (delay == 0)
        return HTTP_PASS;
    act_after(run, delay, body_delay_over);
    return HTTP_HOLD;
}

void fault_engine_cancel(struct fault_engine *e)
{
    struct act *act = e->act;
    struct act_run *run;

    if (act == NULL)
        return;
    LIST_FOREACH(run, &act->runs, link) {
        run->unbound = true;
        if (run->slot && run->then != NULL) {
            act_gate_leave(run);
            act_after(run, 0, run->then);
        }
    }
    act_gate_forget_all(act);
}
