/* SPDX-License-Identifier: MIT */
/*
 * The fault engine of one world: an ordered set of rules, counted and matched in one step.
 *
 * A rule has criteria (`when`), effects (`then`), and limits (times, nth, probability, ttl, state).
 * The product asks once per request, with its words: the engine answers with a plan, the rules that
 * act on this request, in order. Without status, redirect or connection a rule decorates
 * the answer; the first rule that answers ends the search. Loop thread only, so that matching,
 * counting and setting state are one step.
 */
#ifndef LIB_FAULT_FAULT_H
#define LIB_FAULT_FAULT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/fault/words.h"

struct clock;
struct err;
struct fault_engine;
struct fault_extra;
struct fault_rule;
struct http_conn;
struct http_exchange;
struct json_t;
struct loop;
struct schema;

enum {
    FAULT_ID_MAX = 63,
    FAULT_RULES_MAX = 10000,
    FAULT_PLAN_MAX = 16,          /* rules that act on one request */
    FAULT_HELD_MAX = 10000,       /* answers held or delayed at once; above: 503 and a counter */
    FAULT_HOLD_LIMIT_MS = 600000, /* a hold that nobody releases */
};

/* Where an effect of the product does something: for warnings when a rule is read. */
struct fault_use {
    uint64_t ops;  /* bit per op; 0: on all of them */
    bool answered; /* it shapes the product's own answer: nothing where the rule answers */
};

/* What a redirect leads to. */
enum fault_place {
    FAULT_PLACE_OTHER,   /* no name of the product: a URL, host or host:port */
    FAULT_PLACE_OURS,    /* a listener of ours */
    FAULT_PLACE_HERE,    /* where the request came to: it is answered */
    FAULT_PLACE_UNKNOWN, /* the name of a listener that is not there */
};

/* What a product adds to the engine's own effects. */
struct fault_product {
    const struct vocabulary *vocabulary;
    /* Keys of `then` that the product acts on (token, upload, tags, image_state ...): their schema,
       ended by key NULL. The engine checks them and hands out the JSON: fault_plan_get(). */
    const struct schema *effects;
    const struct fault_use *uses; /* of each effect, in the same order; NULL: everywhere */
    /* Writes the reply of an answering rule: status, and an error body from code, message, detail
       (NULL where the rule does not say). Sends nothing. */
    void (*answer)(struct http_exchange *x, int status, const char *code, const char *message,
                   const struct json_t *detail, void *arg);
    /* A rule acted: its product-side state changes (set is the engine's; retag, image_state).
       Called when the answer is settled (response-head, or the rule's own end), so that the request
       itself still sees the old state. */
    void (*acted)(const struct fault_rule *rule, struct http_exchange *x, void *arg);
    /* What `redirect.to` (a name or a URL) means to the client of x; of a listener of ours the base
       URL is written. May be NULL: all are others. */
    enum fault_place (*place)(struct http_exchange *x, const char *to, char *url, size_t size,
                              void *arg);
    /* What is wrong with a `redirect.to` when a rule is read, or NULL. May be NULL. */
    const char *(*check_place)(const char *to);
    /* What is added to the query of a URL at that base to which x is redirected, so that the
       request that follows is known: "name=value". False: nothing. May be NULL. */
    bool (*mark)(struct http_exchange *x, const char *base, char *text, size_t size, void *arg);
    const char *mark_name;     /* with mark: its name; such a parameter is not handed on */
    const char *digest_header; /* which header `digest_header` lies in: "Docker-Content-Digest" */
    void *arg;
};

struct fault_options {
    struct loop *loop;         /* borrowed */
    const struct clock *clock; /* borrowed: ttl */
    struct fault_product product;
    uint64_t seed;
    uint32_t hold_limit_ms; /* 0: FAULT_HOLD_LIMIT_MS */
    size_t held_max;        /* 0: FAULT_HELD_MAX */
};

int fault_engine_new(struct fault_engine **ret, const struct fault_options *options,
                     struct err *err);
/* Held answers are let go first (fault_engine_cancel). NULL-safe. */
void fault_engine_free(struct fault_engine *e);

/* --- Rules (control.md, section 2) -------------------------------------------------------------
 */

/*
 * Adds rules: an object, an array of them, or {"rules": [...]}. All or nothing. `replace`: instead
 * of all there are; counters of rules that stay the same (id and content) go on. ret_report, if not
 * NULL, gets {"rules": [{id, ...}], "warnings": [...]}; the caller owns it. ERR_CONFIG names path,
 * allowed values and nearest name.
 */
int fault_engine_load(struct fault_engine *e, const struct json_t *rules, bool replace,
                      struct json_t **ret_report, struct err *err);
/* Rows with hits, remaining, exhausted, expires_in_ms. tag NULL: all. Caller owns. */
struct json_t *fault_engine_list(struct fault_engine *e, const char *tag);
struct json_t *fault_engine_get(struct fault_engine *e, const char *id); /* NULL: no such rule */
/* The rules as they were given, so that loading them with `replace` gives the same rules anew.
   Caller owns; NULL: memory is short. */
struct json_t *fault_engine_save(struct fault_engine *e);
/* Changes members of one rule (enabled, times, priority, then ...); merge patch. */
int fault_engine_patch(struct fault_engine *e, const char *id, const struct json_t *changes,
                       struct err *err);
/* How many were removed. Both NULL: all. */
size_t fault_engine_remove(struct fault_engine *e, const char *id, const char *tag);
size_t fault_engine_count(const struct fault_engine *e);
/* JSON Schema (2020-12) of a rule set. Caller owns. */
struct json_t *fault_engine_schema(const struct fault_engine *e);
/* Which rules came nearest to this subject and did not match: a yes or no per criterion. */
struct json_t *fault_engine_explain(struct fault_engine *e, const struct subject *s, size_t most);

/*
 * Rules that are in no list: a product makes them by itself, for requests that say what is to go
 * wrong. Read and counted like others, those that answer behind those that decorate; all have that
 * id. Their groups (nth, quota) outlive them: the same id and rules made anew go on counting.
 */
int fault_extra_new(struct fault_extra **ret, struct fault_engine *e, const struct json_t *rules,
                    const char *id, struct err *err);
void fault_extra_free(struct fault_extra *extra); /* NULL-safe; plans keep what acts on them */
/* The value of a key of `then` in the first rule that has it, or NULL. */
const struct json_t *fault_extra_get(const struct fault_extra *extra, const char *key);

/* State variables of rules. */
struct json_t *fault_engine_state(const struct fault_engine *e); /* {name: value}; caller owns */
int fault_engine_set_state(struct fault_engine *e, const char *name, const char *value,
                           struct err *err); /* value NULL: unset */
void fault_engine_clear_state(struct fault_engine *e);
/* Starts counters and random schedule anew from this seed. */
void fault_engine_seed(struct fault_engine *e, uint64_t seed);
uint64_t fault_engine_get_seed(const struct fault_engine *e);

/* --- One request -------------------------------------------------------------------------------
 */

/* Where the quota of a rule stood after this request. */
struct fault_quota_turn {
    bool used_up;       /* the request is one too many: the rule answers 429, or its own status */
    uint64_t limit;     /* requests per window */
    uint64_t remaining; /* in this window, after this request */
    uint64_t reset_ms;  /* until the next window begins */
};

/* One rule's part in one request. */
struct fault_turn {
    uint64_t draw; /* for what is drawn by chance: the same seed and schedule give the same */
    struct fault_quota_turn
        quota; /* rules with `quota`. Unless used up, the rule only adds RateLimit-* headers */
};

/* What acts on one request. Embedded in the product's call; zeroed at first. */
struct fault_plan {
    struct fault_rule *rules[FAULT_PLAN_MAX]; /* references, in order; the last one may answer */
    struct fault_turn *turns;                 /* owned; of the rule at the same place */
    size_t count;
    bool answers;
    void *run; /* the engine's: timers, holds, wrapped sources */
};

/* Matches and counts in one step. Rules that are removed later still act on this request. extra:
   rules that are asked behind the engine's own; may be NULL. */
void fault_match(struct fault_engine *e, const struct subject *s, const struct fault_extra *extra,
                 struct fault_plan *plan);
/* Frees; when the exchange has ended. */
void fault_plan_done(struct fault_engine *e, struct fault_plan *plan);
/* The value of a key of `then` in the first rule that has it, or NULL: for product effects. */
const struct json_t *fault_plan_get(const struct fault_plan *plan, const char *key);
/* "flaky-layer,slow": ids of the rules that act; "" for none. Cut behind an id that still fits. */
void fault_plan_names(const struct fault_plan *plan, char *text, size_t size);
/* For fault_product.acted: the rule's id, and the value of a key of its `then`, or NULL. */
const char *fault_rule_id(const struct fault_rule *rule);
const struct json_t *fault_rule_get(const struct fault_rule *rule, const char *key);

/*
 * The product's call sequence: fault_match() when the request is named and its sender known, then
 * fault_begin(), which applies what comes before an answer (delay, hold at the head, connection
 * drop or reset, an answering rule's whole reply). Then next(arg), now or later, unless a rule
 * answered or ended the connection.
 */
void fault_begin(struct fault_engine *e, struct fault_plan *plan, struct http_exchange *x,
                 void (*next)(void *arg), void *arg);
/* The product's http hook calls these at response-head and response-body for x with its plan. */
enum http_verdict fault_response_head(struct fault_engine *e, struct fault_plan *plan,
                                      struct http_exchange *x);
enum http_verdict fault_response_body(struct fault_engine *e, struct fault_plan *plan,
                                      struct http_exchange *x);
/*
 * The product's http hook calls this at accept and tls: rules with `listener` or `tls` effects;
 * they can match the listener, client and SNI only. All of it is done when it returns: the verdict
 * is the hook's, *ret_tls_effect ("expired", or NULL) is for the journal.
 */
enum http_verdict fault_connection(struct fault_engine *e, const struct subject *s,
                                   struct http_conn *c, const char **ret_tls_effect);

/* --- Gates -------------------------------------------------------------------------------------
 */

/* Lets go of what is held at a gate; it stays open unless once. How many were held. */
size_t fault_gate_release(struct fault_engine *e, const char *name, bool once);
void fault_gate_close(struct fault_engine *e, const char *name);
/* [{"name","open","held"}]; caller owns. */
struct json_t *fault_gate_list(const struct fault_engine *e);
/* Lets everything go: at shutdown and reset. */
void fault_engine_cancel(struct fault_engine *e);

struct fault_counters {
    uint64_t matched;  /* requests on which a rule acted */
    uint64_t overflow; /* answered 503 because too many were held */
    size_t held;       /* now */
};
struct fault_counters fault_engine_counters(const struct fault_engine *e);
/* Hits by kind of effect, for metrics: {"delay": 3, ...}; caller owns. */
struct json_t *fault_engine_kinds(const struct fault_engine *e);

#endif
