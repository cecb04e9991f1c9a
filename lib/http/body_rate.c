/* SPDX-License-Identifier: MIT */
/* Reading the body of a request no faster than so many bytes per second. */
#include "lib/http/internal.h"

#include <stdlib.h>

#include "lib/http/loop.h"
#include "lib/util/util.h"

enum {
    SLICES = 20, /* per second: how smooth it is */
    WAIT_MAX = 60 * 1000,
};

struct body_rate {
    struct http_exchange *x;  /* borrowed */
    struct loop_timer *timer; /* owned */
    uint64_t rate;            /* bytes per second */
    uint64_t start;           /* loop_now() when the first bytes were there; 0: not yet */
    bool waiting;             /* for the timer */
};

static void on_timer(void *arg)
{
    struct body_rate *r = arg;

    r->waiting = false;
    conn_pump_soon(r->x->conn);
}

bool http_body_limit_rate(struct http_exchange *x, uint64_t bytes_per_second)
{
    struct body_rate *r = calloc(1, sizeof(*r));

    ASSERT(x->body == BODY_WAIT && x->rate == NULL && bytes_per_second > 0);
    if (r == NULL)
        return false;
    r->x = x;
    r->rate = bytes_per_second;
    if (loop_timer_new(&r->timer, http_exchange_loop(x), on_timer, r, NULL) != 0) {
        free(r);
        return false;
    }
    x->rate = r;
    return true;
}

void body_rate_free(struct body_rate *r)
{
    if (r == NULL)
        return;
    loop_timer_free(r->timer);
    free(r);
}

bool exchange_body_waits(const struct http_exchange *x)
{
    return x->rate != NULL && x->rate->waiting;
}

/* Until the body may have that many bytes. */
static void wait_for(struct body_rate *r, double bytes, uint64_t elapsed)
{
    double ms = bytes * 1000 / (double)r->rate - (double)elapsed;

    r->waiting = true;
    loop_timer_start(r->timer, ms > WAIT_MAX ? WAIT_MAX : ms > 1 ? (uint32_t)ms : 1);
}

size_t exchange_body_room(struct http_exchange *x, size_t n)
{
    struct body_rate *r = x->rate;
    uint64_t now, slice;
    double allowed, taken;

    if (r == NULL || x->body != BODY_SINK)
        return n;
    now = loop_now(http_exchange_loop(x));
    if (r->start == 0)
        r->start = now;
    slice = r->rate / SLICES > 0 ? r->rate / SLICES : 1;
    slice = slice < n ? slice : n;
    allowed = (double)r->rate * (double)(now - r->start) / 1000;
    taken = (double)x->traffic.body_in;
    if (allowed - taken >= (double)n)
        return n;
    if (allowed - taken >= (double)slice)
        return (size_t)(allowed - taken);
    wait_for(r, taken + (double)slice, now - r->start);
    return 0;
}
