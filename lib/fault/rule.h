/* SPDX-License-Identifier: MIT */
/*
 * One rule: read from JSON, counted by the engine, shared with the requests on which it acts.
 *
 * The engine owns one reference, each plan another, so that a rule that was removed still acts to
 * the end. Internal to lib/fault. Loop thread only.
 */
#ifndef LIB_FAULT_RULE_H
#define LIB_FAULT_RULE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/fault/effect.h"
#include "lib/fault/fault.h"

struct err;
struct json_t;
struct match;

/* Which of the requests that match count: the n-th ones. */
struct rule_nth {
    bool given;
    uint64_t from, to, every; /* to: UINT64_MAX for no end */
    uint64_t idle_ms;         /* counts begin anew after such a pause; 0: never */
    size_t per[WORDS_MAX];    /* words that keep counts apart */
    size_t per_count;
};

/* A criterion on a state variable. */
struct rule_variable {
    const char *name;            /* borrowed from the rule's JSON */
    struct pattern_list *values; /* owned */
};

struct fault_rule {
    size_t references;
    struct json_t *json; /* owned: as given, with its id; a text where numbers count as texts */
    const char *id;      /* borrowed from json */
    uint64_t stream;     /* of random numbers: follows from the id */
    /* Criteria */
    struct match *match; /* owned */
    struct rule_nth nth;
    struct rule_variable *variables; /* owned */
    size_t variable_count;
    /* Effects */
    struct fault_effects effects;
    struct json_t *then; /* borrowed from json */
    uint64_t product;    /* bit per effect of the product, by its place in the product's table */
    /* Limits */
    int priority;
    bool enabled;
    bool has_times;
    uint64_t times;
    double probability; /* 1: always */
    bool has_seed;
    uint64_t seed;
    uint64_t ttl_ms;    /* 0: for ever */
    int64_t expires_ms; /* on the world's clock; 0: never */
    /* Order */
    uint64_t age;  /* larger is newer */
    uint32_t rank; /* place in the engine's order: smaller is asked earlier */
    /* Counters */
    uint64_t serial;  /* tells its groups in the tally from those of other rules */
    uint64_t seen;    /* requests that fitted, whatever nth says */
    uint64_t matches; /* of them counted by nth: what probability let go, too */
    uint64_t hits;    /* requests on which it acted */
};

struct fault_rule *rule_ref(struct fault_rule *r);
void rule_unref(struct fault_rule *r); /* NULL-safe */

/* True when a request with this state of variables ({name: text}) may fit. */
bool rule_variables_hold(const struct fault_rule *r, const struct json_t *state);
bool rule_has_tag(const struct fault_rule *r, const char *tag);
/* It never acts again by itself. */
bool rule_is_exhausted(const struct fault_rule *r);
bool rule_is_expired(const struct fault_rule *r, int64_t now_ms);
/* True when position n (from 1) among what fitted is one that counts. */
bool rule_nth_counts(const struct rule_nth *nth, uint64_t n);
/* The rule with its counters, as in lists. NULL: memory; the caller owns it. */
struct json_t *rule_row(const struct fault_rule *r, int64_t now_ms);

#endif
