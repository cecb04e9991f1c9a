/* SPDX-License-Identifier: MIT */
/*
 * Cuts: so many bytes are delivered, then the connection is closed or reset, or nothing more comes.
 *
 * A reset throws away what the peer has not acknowledged, so it waits until nothing is under way;
 * closing does too, so that TLS bytes that wait in our own buffers are not lost.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "lib/fault/act.h"
#include "lib/fault/engine.h"
#include "lib/http/body.h"
#include "lib/http/exchange.h"
#include "lib/http/server.h"
#include "lib/util/util.h"

enum { POLL_FIRST_MS = 1, POLL_MAX_MS = 50 };

static void cut_now(struct act_run *run)
{
    bool reset = run->cut->act == FAULT_CUT_RESET;

    act_abort(run, reset, "%s by rule '%s' after %" PRIu64 " bytes",
              reset                              ? "reset"
              : run->cut->act == FAULT_CUT_CLOSE ? "cut"
                                                 : "stalled",
              run->cut_rule, run->cut_at);
}

static void look_at_queue(struct act_run *run)
{
    run->waited_ms += run->poll_ms;
    if (http_conn_unsent(http_exchange_conn(run->x)) == 0 || run->unbound ||
        run->waited_ms > act_limit_ms(run)) {
        cut_now(run);
        return;
    }
    run->poll_ms = run->poll_ms * 2 < POLL_MAX_MS ? run->poll_ms * 2 : POLL_MAX_MS;
    act_after(run, run->poll_ms, look_at_queue);
}

void act_cut_reached(struct act_run *run, const struct fault_cut *cut, const char *rule,
                     uint64_t at)
{
    run->cut = cut;
    run->cut_rule = rule;
    run->cut_at = at;
    run->poll_ms = POLL_FIRST_MS;
    if (cut->act == FAULT_CUT_STALL)
        act_after(run, act_limit_ms(run), cut_now);
    else
        act_after(run, run->poll_ms, look_at_queue);
}

/* --- Heads -------------------------------------------------------------------------------------
 */

/* What follows the part of a head that is sent: the cut, or (HOLD) the rest of the reply. */
struct rest_source {
    struct http_source source;
    struct act_run *run; /* borrowed */
    const struct fault_rule *rule;
    uint64_t at;
    bool reached;
    char *text; /* owned: the rest of the head */
    size_t size;
    struct http_source *body; /* owned */
};

static void wake(struct act_run *run)
{
    http_exchange_wake(run->x);
}

static void hold_expired(struct act_run *run)
{
    act_abort(run, false, "held by rule '%s' and not released in time", run->gate_rule);
}

/* True when the source waits there. */
static bool stop_in_head(struct rest_source *s)
{
    const struct fault_cut *cut = &s->rule->effects.head;

    s->reached = true;
    if (cut->act == FAULT_CUT_HOLD)
        return act_gate_wait(s->run, cut->gate != NULL ? cut->gate : s->rule->id, s->rule->id, wake,
                             hold_expired);
    act_cut_reached(s->run, cut, s->rule->id, s->at);
    return true;
}

static enum http_source_result rest_next(struct http_source *src, size_t max,
                                         struct http_piece *ret)
{
    struct rest_source *s = (struct rest_source *)src;

    if (!s->reached && stop_in_head(s))
        return HTTP_SOURCE_WAIT;
    (void)max;
    if (s->size > 0) {
        *ret = (struct http_piece){.data = s->text, .fd = -1, .size = s->size};
        s->size = 0;
        return HTTP_SOURCE_PIECE;
    }
    return s->body != NULL ? http_source_next(s->body, max, ret) : HTTP_SOURCE_END;
}

static void rest_free(struct http_source *src)
{
    struct rest_source *s = (struct rest_source *)src;

    http_source_free(s->body);
    free(s->text);
    free(s);
}

static const struct http_source_ops rest_ops = {"cut-head", rest_next, rest_free};

static struct http_source *rest_new(struct act_run *run, const struct fault_rule *rule, uint64_t at)
{
    struct rest_source *s = calloc(1, sizeof(*s));
    const char *head;
    size_t n;

    if (s == NULL)
        return NULL;
    head = http_reply_head(run->x, &n);
    s->source.ops = &rest_ops;
    s->run = run;
    s->rule = rule;
    s->at = at;
    s->size = n - (size_t)at;
    s->text = malloc(s->size + 1);
    if (s->text == NULL) {
        free(s);
        return NULL;
    }
    memcpy(s->text, head + at, s->size);
    s->body = http_reply_take_body(run->x);
    return &s->source;
}

bool act_cut_head(struct act_run *run)
{
    size_t pos = 0, n;
    const struct fault_rule *rule = act_find(run, FAULT_EFFECT_HEAD, &pos);
    const char *head = http_reply_head(run->x, &n);
    uint64_t at = fault_offset_in(&rule->effects.head.after, (int64_t)n);
    struct http_source *rest;
    char *begin;

    if (at > n)
        at = n;
    begin = malloc((size_t)at + 1);
    if (begin == NULL)
        return false;
    memcpy(begin, head, (size_t)at);
    rest = rest_new(run, rule, at);
    if (rest != NULL)
        http_reply_raw(run->x, begin, (size_t)at, rest);
    free(begin);
    return rest != NULL;
}
