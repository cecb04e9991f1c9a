/* SPDX-License-Identifier: MIT */
/*
 * Gates. Those who are let go go on from a call of their timer, not from here: so nobody can come
 * back, wait again or end while the list is walked.
 */
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "lib/fault/act.h"
#include "lib/fault/engine.h"
#include "lib/http/loop.h"
#include "lib/util/util.h"

static struct act_gate *find(const struct act *act, const char *name)
{
    struct act_gate *g;

    TAILQ_FOREACH(g, &act->gates, link) {
        if (strcmp(g->name, name) == 0)
            return g;
    }
    return NULL;
}

static struct act_gate *get(struct act *act, const char *name)
{
    struct act_gate *g = find(act, name);

    if (g != NULL)
        return g;
    g = act->gate_count < ACT_GATES_MAX ? calloc(1, sizeof(*g)) : NULL;
    if (g != NULL)
        g->name = strdup(name);
    if (g == NULL || g->name == NULL) {
        free(g);
        return NULL;
    }
    TAILQ_INIT(&g->waiting);
    TAILQ_INSERT_TAIL(&act->gates, g, link);
    act->gate_count++;
    return g;
}

static void drop(struct act *act, struct act_gate *g)
{
    TAILQ_REMOVE(&act->gates, g, link);
    act->gate_count--;
    free(g->name);
    free(g);
}

static void drop_unused(struct act *act, struct act_gate *g)
{
    if (!g->open && g->held == 0)
        drop(act, g);
}

bool act_gate_wait(struct act_run *run, const char *name, const char *rule, act_fn then,
                   act_fn late)
{
    struct act_gate *g = run->unbound ? NULL : get(run->act, name);

    if (g == NULL || g->open)
        return false;
    run->gate = g;
    run->gate_rule = rule;
    run->late = late;
    TAILQ_INSERT_TAIL(&g->waiting, run, gate_link);
    g->held++;
    act_after(run, act_limit_ms(run), then);
    return true;
}

void act_gate_leave(struct act_run *run)
{
    struct act_gate *g = run->gate;

    if (g == NULL)
        return;
    run->gate = NULL;
    TAILQ_REMOVE(&g->waiting, run, gate_link);
    g->held--;
    drop_unused(run->act, g);
}

void act_gate_forget_all(struct act *act)
{
    struct act_gate *g;

    while ((g = TAILQ_FIRST(&act->gates)) != NULL) {
        ASSERT(g->held == 0);
        drop(act, g);
    }
}

/* --- What the control API calls ----------------------------------------------------------------
 */

size_t fault_gate_release(struct fault_engine *e, const char *name, bool once)
{
    struct act *act = act_get(e);
    struct act_gate *g = act != NULL ? (once ? find(act, name) : get(act, name)) : NULL;
    size_t released = 0;
    struct act_run *run;

    if (g == NULL)
        return 0;
    g->open = g->open || !once;
    g->held++; /* keeps it while it is emptied */
    while ((run = TAILQ_FIRST(&g->waiting)) != NULL) {
        act_gate_leave(run);
        act_after(run, 0, run->then);
        released++;
    }
    g->held--;
    drop_unused(act, g);
    return released;
}

void fault_gate_close(struct fault_engine *e, const char *name)
{
    struct act *act = e->act;
    struct act_gate *g = act != NULL ? find(act, name) : NULL;

    if (g == NULL)
        return;
    g->open = false;
    drop_unused(act, g);
}

struct json_t *fault_gate_list(const struct fault_engine *e)
{
    const struct act *act = e->act;
    json_t *list = json_array();
    const struct act_gate *g;

    if (act == NULL)
        return list;
    TAILQ_FOREACH(g, &act->gates, link) {
        (void)json_array_append_new(list, json_pack("{s:s, s:b, s:I}", "name", g->name, "open",
                                                    (int)g->open, "held", (json_int_t)g->held));
    }
    return list;
}
