/* SPDX-License-Identifier: MIT */
/*
 * The engine's insides, shared by the files of this folder: engine*.c keep and match rules, act*.c
 * does what a matched rule says. Loop thread only.
 */
#ifndef LIB_FAULT_ENGINE_H
#define LIB_FAULT_ENGINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/fault/fault.h"
#include "lib/fault/rule.h"

struct json_t;
struct rule_index;
struct rule_tables;
struct tally;

enum {
    FAULT_PRODUCT_MAX = 64,       /* effects of a product */
    FAULT_VARIABLES_MAX = 1000,   /* state variables */
    FAULT_GROUPS_MAX = 64 * 1024, /* groups that nth and quota count, of all rules together */
};

/* What act.c leaves with the engine, so that the engine can let go of it. */
struct fault_act_ops {
    void (*free)(struct fault_engine *e); /* e->act; lets go of what is held */
    void (*run_free)(struct fault_engine *e, struct fault_plan *plan); /* plan->run, not NULL */
};

/* Rules that are in no list; each with a reference. */
struct fault_extra {
    size_t count;
    struct fault_rule *rules[]; /* in the order in which they are asked */
};

struct fault_engine {
    struct fault_options options;
    struct rule_tables *tables; /* owned: what a rule may hold */
    uint64_t seed;
    /* Rules, in the order in which they are asked; the array and a reference to each are owned. */
    struct fault_rule **rules;
    size_t rule_count;
    size_t connect_count; /* of them act before a request (tls, listener) */
    uint64_t next_age;    /* of the next rule */
    uint64_t next_serial;
    struct rule_index *index;           /* owned; NULL: to be built before the next request */
    struct tally *tally;                /* owned: counts of nth and quota per group */
    bool has_extra;                     /* rules that are in no list may have groups there */
    struct json_t *state;               /* owned: variables, name to text */
    struct fault_counters counters;     /* overflow and held are act.c's */
    uint64_t kinds[FAULT_EFFECT_COUNT]; /* hits by effect */
    uint64_t product_kinds[FAULT_PRODUCT_MAX]; /* the same for the product's, in its order */
    /* act.c's: gates, held answers. NULL until it needs it; freed through act_ops. */
    void *act;
    const struct fault_act_ops *act_ops;
};

/* Puts the rules in order and forgets the index; after each change. */
void engine_settle(struct fault_engine *e);
/* Index of the rule, or rule_count. */
size_t engine_find(const struct fault_engine *e, const char *id);
/* Takes rules away whose time is over. */
void engine_expire(struct fault_engine *e);
int64_t engine_now(const struct fault_engine *e);
/* How many requests of the subject's group nth has counted so far. */
uint64_t engine_nth_seen(const struct fault_engine *e, const struct fault_rule *r,
                         const struct subject *s);
/* Whether chance was with the rule the last time it was asked; probability 0 never is. */
bool engine_chance_held(const struct fault_engine *e, const struct fault_rule *r);
/* Variables; value NULL: unset. False when memory or room is short. */
bool engine_set_variable(struct fault_engine *e, const char *name, const char *value);

/* fault_match() for a connection: rules with that effect only, `listener` at accept and `tls`
   behind the ClientHello. For fault_connection(). */
void fault_match_connection(struct fault_engine *e, const struct subject *s,
                            enum fault_effect effect, struct fault_plan *plan);

#endif
