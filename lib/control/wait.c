/* SPDX-License-Identifier: MIT */
/*
 * Assertions that wait. Looking at what there is and being told of what comes are one step, so that
 * nothing is missed in between.
 *
 *     PENDING --it holds, or cannot any more--> DUE --next turn of the loop--> answered, freed
 *        +------time is over: as it stands-----> answered, freed
 *
 * Each counts for itself, so entries that are dropped meanwhile stay counted. Answers are given by
 * a timer of the journal, because changes come from within exchanges that are not ours.
 */
#include <stdlib.h>

#include <jansson.h>

#include "lib/control/expect.h"
#include "lib/control/report.h"
#include "lib/http/loop.h"
#include "lib/util/err.h"
#include "lib/util/util.h"

enum { WAIT_MAGIC = 0x77616974 };

struct journal_wait {
    unsigned magic;
    struct journal *j;         /* borrowed */
    struct expectation x;      /* owned */
    struct expect_state state; /* of a count: kept up to date */
    bool concerned;            /* by the entry that is changing: as it was before */
    bool touched;              /* something happened since it was looked at */
    uint64_t lost;             /* j->lost when it began */
    struct loop_timer *timer;  /* owned: its time */
    journal_answer_fn done;
    void *arg; /* borrowed */
    TAILQ_ENTRY(journal_wait) link;
};

static void wait_free(struct journal_wait *w)
{
    loop_timer_free(w->timer);
    expect_done(&w->x);
    w->magic = 0;
    free(w);
}

static void wait_unlink(struct journal_wait *w)
{
    TAILQ_REMOVE(&w->j->waits, w, link);
    w->j->wait_count--;
}

void journal_wait_cancel(struct journal_wait *w)
{
    if (w == NULL)
        return;
    ASSERT(w->magic == WAIT_MAGIC);
    wait_unlink(w);
    wait_free(w);
}

/* As it stands now. Open requests that were dropped may have fitted in the end. */
static struct expect_state look(struct journal_wait *w)
{
    if (w->x.steps != NULL)
        w->state = expect_look(w->j, &w->x);
    else if (w->j->lost != w->lost)
        w->state.dropped += w->j->lost - w->lost;
    w->lost = w->j->lost;
    return w->state;
}

/* Takes w, which is not in the list. */
static void answer(struct journal_wait *w, bool held)
{
    json_t *text = report(w->j, &w->x, &w->state, held);
    journal_answer_fn done = w->done;
    void *arg = w->arg;

    wait_free(w);
    done(arg, held, text);
}

/* True when it is decided; *ret_held: how. */
static bool decide(struct journal_wait *w, bool time_over, bool *ret_held)
{
    struct expect_state s = look(w);
    bool final;

    *ret_held = expect_holds(&w->x, &s, &final);
    return final || time_over || (*ret_held && !w->x.bounded);
}

/* --- Told of changes ---------------------------------------------------------------------------
 */

void waits_before(struct journal *j, const struct journal_entry *e)
{
    struct journal_wait *w;

    TAILQ_FOREACH(w, &j->waits, link)
        w->concerned = e != NULL && e->seq > w->x.since && expect_concerns(j, &w->x, e);
}

void waits_after(struct journal *j, const struct journal_entry *e)
{
    struct journal_wait *w;
    bool any = false;

    TAILQ_FOREACH(w, &j->waits, link) {
        bool before = w->concerned;
        bool now = e->seq > w->x.since && expect_concerns(j, &w->x, e);

        if (!before && !now)
            continue;
        if (w->x.steps == NULL && before != now)
            w->state.found = now ? w->state.found + 1 : w->state.found - 1;
        w->touched = any = true;
    }
    if (any)
        loop_timer_start(j->flush, 0);
}

/* The first that is due, out of the list. Answering may cancel others, so each is looked for. */
static struct journal_wait *take_due(struct journal *j, bool *ret_held)
{
    struct journal_wait *w;

    TAILQ_FOREACH(w, &j->waits, link) {
        if (!w->touched)
            continue;
        w->touched = false;
        if (decide(w, false, ret_held)) {
            wait_unlink(w);
            return w;
        }
    }
    return NULL;
}

/* One per call: an answer may do anything, even free the journal. */
void waits_flush(void *arg)
{
    struct journal *j = arg;
    struct journal_wait *w;
    bool held = false;

    ASSERT(j->magic == JOURNAL_MAGIC);
    w = take_due(j, &held);
    if (w == NULL)
        return;
    loop_timer_start(j->flush, 0);
    answer(w, held);
}

static void on_time(void *arg)
{
    struct journal_wait *w;
    bool held = false;

    CAST_ARG(w, arg, WAIT_MAGIC);
    (void)decide(w, true, &held);
    wait_unlink(w);
    answer(w, held);
}

void waits_end(struct journal *j)
{
    struct journal_wait *w;

    while ((w = TAILQ_FIRST(&j->waits)) != NULL) {
        wait_unlink(w);
        (void)look(w);
        answer(w, false);
    }
}

/* --- Beginning ---------------------------------------------------------------------------------
 */

/* Takes x. */
static struct journal_wait *wait_new(struct journal *j, struct expectation *x, struct err *err)
{
    struct journal_wait *w = calloc(1, sizeof(*w));

    if (w == NULL) {
        expect_done(x);
        (void)err_set(err, ERR_NOMEM, "wait");
        return NULL;
    }
    *w = (struct journal_wait){.magic = WAIT_MAGIC, .j = j, .x = *x, .lost = j->lost};
    if (x->within_ms > 0 && loop_timer_new(&w->timer, j->options.loop, on_time, w, err) != 0) {
        wait_free(w);
        return NULL;
    }
    return w;
}

/* Takes x. */
static int begin(struct journal *j, struct expectation *x, journal_answer_fn done, void *arg,
                 struct journal_wait **ret, struct err *err)
{
    struct journal_wait *w;
    bool held;

    if (x->within_ms > 0 && j->wait_count >= JOURNAL_WATCHERS_MAX) {
        expect_done(x);
        return err_set(err, ERR_OVERLOADED, "%d assertions are waiting", JOURNAL_WATCHERS_MAX);
    }
    w = wait_new(j, x, err);
    if (w == NULL)
        return -1;
    w->done = done;
    w->arg = arg;
    w->state = expect_look(j, &w->x);
    if (decide(w, w->x.within_ms == 0, &held)) {
        *ret = NULL;
        answer(w, held);
        return 0;
    }
    TAILQ_INSERT_TAIL(&j->waits, w, link);
    j->wait_count++;
    loop_timer_start(w->timer, w->x.within_ms);
    *ret = w;
    return 0;
}

int journal_verify(struct journal *j, const json_t *body, journal_answer_fn done, void *arg,
                   struct journal_wait **ret, struct err *err)
{
    struct expectation x;

    if (expect_parse_verify(&x, j, body, err) != 0)
        return -1;
    return begin(j, &x, done, arg, ret, err);
}

int journal_wait(struct journal *j, const json_t *body, journal_answer_fn done, void *arg,
                 struct journal_wait **ret, struct err *err)
{
    struct expectation x;

    if (expect_parse_wait(&x, j, body, err) != 0)
        return -1;
    return begin(j, &x, done, arg, ret, err);
}
