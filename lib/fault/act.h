/* SPDX-License-Identifier: MIT */
/*
 * Acting: what the rules of one plan do to their exchange. Shared by act*.c and gate.c.
 *
 * A run is made by fault_begin() and ends with its plan. It waits for at most one thing at a time
 * (a delay, a gate, the next piece, an acknowledgement), with one timer:
 *
 *     begin -> delays -> holds at the head -> connection | redirect | status | the product
 *           -> response-head: headers, lies, the body's source
 *           -> response-body: a cut head, delay_body
 *           -> the source: flips, holds and cuts behind N bytes, rate and drip
 */
#ifndef LIB_FAULT_ACT_H
#define LIB_FAULT_ACT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/queue.h>

#include "lib/fault/effect.h"
#include "lib/fault/fault.h"

struct act_run;
struct http_exchange;
struct loop_timer;

enum { ACT_RUN_MAGIC = 0x66617272, ACT_GATES_MAX = 10000 };

typedef void (*act_fn)(struct act_run *run);

TAILQ_HEAD(act_waiting, act_run);

/* A name at which answers wait until it is released. Exists while it is open or somebody waits. */
struct act_gate {
    char *name; /* owned */
    bool open;
    size_t held;
    struct act_waiting waiting; /* borrowed, in the order in which they came */
    TAILQ_ENTRY(act_gate) link;
};

/* What acting keeps per engine (engine->act). */
struct act {
    struct fault_engine *engine;  /* borrowed */
    TAILQ_HEAD(, act_gate) gates; /* owned */
    size_t gate_count;
    LIST_HEAD(, act_run) runs; /* borrowed: all there are */
    size_t paced;              /* bodies that leave piece by piece now */
};

/* One plan at work (plan->run). */
struct act_run {
    unsigned magic;
    struct act *act;             /* borrowed */
    struct fault_plan *plan;     /* borrowed; owns this run */
    struct http_exchange *x;     /* borrowed */
    void (*next)(void *arg);     /* the product goes on with it */
    void *next_arg;              /* the product's */
    uint64_t has;                /* effects of all its rules; 0: it only refuses */
    size_t step;                 /* the next rule whose hold at the head is looked at */
    bool settled;                /* the product was told that the rules acted */
    bool slot;                   /* counted as held */
    bool paced;                  /* counted in act->paced */
    bool unbound;                /* waits for nothing any more (fault_engine_cancel) */
    struct loop_timer *timer;    /* owned; only with slot */
    act_fn then;                 /* what follows the present wait; NULL: none */
    act_fn late;                 /* instead of it, when a gate was not released in time */
    struct act_gate *gate;       /* borrowed: where it waits, or NULL */
    const char *gate_rule;       /* borrowed: id of the rule that holds it */
    const struct fault_cut *cut; /* borrowed: the cut that was reached */
    const char *cut_rule;        /* borrowed: id of its rule */
    uint64_t cut_at;             /* where that was */
    uint32_t waited_ms;          /* for the peer's acknowledgement */
    uint32_t poll_ms;            /* between two looks at it */
    TAILQ_ENTRY(act_run) gate_link;
    LIST_ENTRY(act_run) link;
};

#define ACT_HAS(run, name) (((run)->has >> FAULT_EFFECT_##name & 1) != 0)

/* act.c */
struct act *act_get(struct fault_engine *e); /* NULL: memory is short */
/* Does then(run) after that time, unless the run ends before. */
void act_after(struct act_run *run, uint32_t ms, act_fn then);
/* Ends the exchange without further answer, with FIN or RST, and says why. */
void act_abort(struct act_run *run, bool reset, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
/* How long a wait may last that nobody ends. */
uint32_t act_limit_ms(const struct act_run *run);
/* False for a rule whose quota is not used up: it is only announced. */
bool act_acts(const struct act_run *run, size_t i);
/* The first rule at or behind *pos that has the effect, or NULL; *pos is then its place. */
const struct fault_rule *act_find(const struct act_run *run, enum fault_effect effect, size_t *pos);
/* The sum over all rules of a drawn duration; `salt` tells draws of one request apart. */
uint32_t act_sum(const struct act_run *run, enum fault_effect effect, uint64_t salt);

/* act_reply.c: what rules do to a reply. */
/* The reply of a rule that answers by status, quota or redirect; sent. False: it lets the product
   answer (the hops of a redirect are over). */
bool act_reply_answer(struct act_run *run, size_t at);
/* At response-head: headers, lies, lengths, the body's source. */
void act_reply_decorate(struct act_run *run);

/* act_redirect.c: where the answer of that rule leads; NULL when the hops are over or it leads
   here, or it cannot be told (then *ret_why says why, borrowed). The caller owns it. */
char *act_redirect_target(const struct act_run *run, const struct fault_redirect *r,
                          const char **ret_why);

/* act_content.c: bodies of another length, Content-Range understood. */
void act_content_truncate(struct http_exchange *x, uint64_t size);
/* Where the body begins in its entity. False: unknown (several ranges). */
bool act_content_base(const struct http_exchange *x, uint64_t *ret_base);
/* Turns the reply into chunks that lie about their size. */
void act_content_bad_chunk(struct http_exchange *x);

/* act_body.c: puts a source around the body that holds, cuts, flips and paces. */
void act_body_wrap(struct act_run *run);

/* act_cut.c: the end of what is delivered. */
/* Everything before the cut was handed over; what the rule wants follows now. */
void act_cut_reached(struct act_run *run, const struct fault_cut *cut, const char *rule,
                     uint64_t at);
/* At response-body: only the first bytes of the head leave. True when a rule wants that. */
bool act_cut_head(struct act_run *run);

/* gate.c */
/* True: the run waits, then(run) follows when the gate is released, late(run) when it was not
   released in time. False: the gate is open, nothing follows. */
bool act_gate_wait(struct act_run *run, const char *name, const char *rule, act_fn then,
                   act_fn late);
void act_gate_leave(struct act_run *run);
void act_gate_forget_all(struct act *act); /* nobody may wait any more */

#endif
