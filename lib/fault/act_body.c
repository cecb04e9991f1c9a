/* SPDX-License-Identifier: MIT */
/*
 * The one source that rules put around a body. Positions count the bytes of this body, before any
 * chunk framing; flips count from the beginning of the entity.
 *
 * A stop is a place at which a rule holds or cuts; the source waits there and goes on behind it
 * when it is woken.
 */
#include <stdlib.h>
#include <unistd.h>

#include "lib/fault/act.h"
#include "lib/fault/engine.h"
#include "lib/fault/pace.h"
#include "lib/http/body.h"
#include "lib/http/exchange.h"
#include "lib/http/hook.h"
#include "lib/http/loop.h"
#include "lib/util/util.h"

enum { STOPS_MAX = 8 };

struct stop {
    uint64_t at;
    const struct fault_rule *rule; /* borrowed from the plan */
    const struct fault_cut *cut;   /* borrowed; NULL: a hold */
    const char *gate;              /* borrowed; of a hold */
};

struct body_source {
    struct http_source source;
    struct http_source *inner; /* owned */
    struct act_run *run;       /* borrowed: not looked at after the exchange ended */
    uint64_t pos;              /* bytes given */
    uint64_t end;              /* nothing is given from here on */
    struct stop stops[STOPS_MAX];
    size_t stop_count;
    size_t stop; /* the next one */
    struct pace pace;
    bool started;
    uint64_t base;        /* where the body begins in its entity */
    const uint64_t *flip; /* borrowed: offsets in the entity, ascending */
    size_t flip_count;    /* of those that are still to come */
    char byte;            /* a flipped one */
};

/* --- Stops -------------------------------------------------------------------------------------
 */

static void wake(struct act_run *run)
{
    http_exchange_wake(run->x);
}

static void hold_expired(struct act_run *run)
{
    act_abort(run, false, "held by rule '%s' and not released in time", run->gate_rule);
}

/* True when the source waits there. */
static bool stop_here(struct body_source *b)
{
    const struct stop *stop = &b->stops[b->stop++];

    if (stop->cut == NULL)
        return act_gate_wait(b->run, stop->gate, stop->rule->id, wake, hold_expired);
    act_cut_reached(b->run, stop->cut, stop->rule->id, stop->at);
    return true;
}

static void add_stop(struct body_source *b, struct stop stop)
{
    size_t i = b->stop_count;

    if (b->stop_count == STOPS_MAX)
        return;
    for (; i > 0 && b->stops[i - 1].at > stop.at; i--)
        b->stops[i] = b->stops[i - 1];
    b->stops[i] = stop;
    b->stop_count++;
}

/* A cut behind the last byte cuts nothing, but a reset or a silence there does. */
static bool is_inside(const struct fault_cut *cut, uint64_t at, int64_t length)
{
    return length < 0 || at < (uint64_t)length ||
           (at == (uint64_t)length && cut->act != FAULT_CUT_CLOSE);
}

static void add_stops(struct body_source *b, const struct fault_rule *rule, int64_t length)
{
    const struct fault_effects *e = &rule->effects;
    uint64_t at;

    if (FAULT_HAS(e, HOLD) && e->hold.in_body)
        add_stop(b, (struct stop){.at = e->hold.after, .rule = rule, .gate = e->hold.gate});
    if (!FAULT_HAS(e, BODY))
        return;
    at = fault_offset_in(&e->body.after, length);
    if (e->body.act == FAULT_CUT_HOLD)
        add_stop(b, (struct stop){.at = at,
                                  .rule = rule,
                                  .gate = e->body.gate != NULL ? e->body.gate : rule->id});
    else if (is_inside(&e->body, at, length))
        add_stop(b, (struct stop){.at = at, .rule = rule, .cut = &e->body});
}

/* --- Pace --------------------------------------------------------------------------------------
 */

/* The more bodies are paced, the fewer slices each gets per second. */
static uint32_t slice_ms(const struct act *act)
{
    return act->paced < 1000 ? 50 : act->paced < 4000 ? 100 : 200;
}

/* Bytes that may leave now; 0: the run was told to wake us. */
static uint64_t allowed(struct body_source *b)
{
    struct act_run *run = b->run;
    uint64_t now = loop_now(http_exchange_loop(run->x));
    uint32_t wait_ms = 0;
    uint64_t n;

    if (!run->paced || run->unbound)
        return UINT64_MAX;
    if (!b->started)
        pace_start(&b->pace, now);
    b->started = true;
    n = pace_allow(&b->pace, b->pos, now, slice_ms(run->act), &wait_ms);
    if (n == 0)
        act_after(run, wait_ms, wake);
    return n;
}

static void set_pace(struct body_source *b, const struct fault_effects *e)
{
    if (FAULT_HAS(e, RATE) && (b->pace.rate == 0 || e->rate < b->pace.rate))
        b->pace.rate = e->rate;
    if (FAULT_HAS(e, DRIP) && e->drip.over_ms >= b->pace.over_ms) {
        b->pace.pieces = e->drip.pieces;
        b->pace.over_ms = e->drip.over_ms;
    }
}

/* --- Flips -------------------------------------------------------------------------------------
 */

/* Bytes up to the next one that is flipped; 0: it is here. */
static uint64_t until_flip(struct body_source *b)
{
    while (b->flip_count > 0 && *b->flip < b->base + b->pos) {
        b->flip++;
        b->flip_count--;
    }
    return b->flip_count > 0 ? *b->flip - (b->base + b->pos) : UINT64_MAX;
}

static enum http_source_result flip_byte(struct body_source *b, struct http_piece *piece)
{
    if (piece->data != NULL)
        b->byte = *(const char *)piece->data;
    else if (pread(piece->fd, &b->byte, 1, (off_t)piece->offset) != 1)
        return HTTP_SOURCE_FAIL;
    b->byte = (char)~b->byte;
    *piece = (struct http_piece){.data = &b->byte, .fd = -1, .size = 1};
    return HTTP_SOURCE_PIECE;
}

/* --- The source --------------------------------------------------------------------------------
 */

static uint64_t smaller(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

static enum http_source_result body_next(struct http_source *src, size_t max,
                                         struct http_piece *ret)
{
    struct body_source *b = (struct body_source *)src;
    uint64_t n = max, flip;
    enum http_source_result result;

    while (b->stop < b->stop_count && b->stops[b->stop].at <= b->pos) {
        if (stop_here(b))
            return HTTP_SOURCE_WAIT;
    }
    if (b->pos >= b->end)
        return HTTP_SOURCE_END;
    n = smaller(n, b->end - b->pos);
    if (b->stop < b->stop_count)
        n = smaller(n, b->stops[b->stop].at - b->pos);
    n = smaller(n, allowed(b));
    if (n == 0)
        return HTTP_SOURCE_WAIT;
    flip = until_flip(b);
    result = http_source_next(b->inner, (size_t)(flip == 0 ? 1 : smaller(n, flip)), ret);
    if (result == HTTP_SOURCE_PIECE && flip == 0)
        result = flip_byte(b, ret);
    if (result == HTTP_SOURCE_PIECE)
        b->pos += ret->size;
    return result;
}

static void body_free(struct http_source *src)
{
    struct body_source *b = (struct body_source *)src;

    http_source_free(b->inner);
    free(b);
}

static const struct http_source_ops body_ops = {"fault", body_next, body_free};

static void configure(struct body_source *b, struct act_run *run)
{
    int64_t length = http_reply_length(run->x);
    bool flips = act_content_base(run->x, &b->base);

    b->run = run;
    b->end = length >= 0 ? (uint64_t)length : UINT64_MAX;
    b->pace.length = length;
    for (size_t i = 0; i < run->plan->count; i++) {
        const struct fault_rule *rule = run->plan->rules[i];

        if (!act_acts(run, i))
            continue;
        add_stops(b, rule, length);
        set_pace(b, &rule->effects);
        if (flips && b->flip == NULL && rule->effects.content.flip_count > 0) {
            b->flip = rule->effects.content.flip;
            b->flip_count = rule->effects.content.flip_count;
        }
    }
}

static struct http_source *wrap(struct http_source *inner, void *arg)
{
    struct act_run *run = arg;
    struct body_source *b = calloc(1, sizeof(*b));

    if (b == NULL) {
        http_source_free(inner);
        return NULL;
    }
    b->source.ops = &body_ops;
    b->inner = inner;
    configure(b, run);
    if ((b->pace.rate > 0 || b->pace.pieces > 0) && !run->paced) {
        run->paced = true;
        run->act->paced++;
    }
    return &b->source;
}

void act_body_wrap(struct act_run *run)
{
    if ((ACT_HAS(run, RATE) || ACT_HAS(run, DRIP) || ACT_HAS(run, HOLD) || ACT_HAS(run, BODY) ||
         ACT_HAS(run, CONTENT)) &&
        http_reply_has_body(run->x))
        http_reply_wrap(run->x, wrap, run);
}
