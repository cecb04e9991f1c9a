/* SPDX-License-Identifier: MIT */
#include "lib/fault/pace.h"

enum {
    CATCH_UP_MS = 1000,   /* a rate makes up for this much; more was the peer's own slowness */
    UNKNOWN_PIECE = 1024, /* bytes of a piece when the length of the body is not known */
};

__extension__ typedef unsigned __int128 wide;

/* a * b / c, rounded down, or up. */
static uint64_t scale(uint64_t a, uint64_t b, uint64_t c)
{
    return (uint64_t)((wide)a * b / c);
}

static uint64_t scale_up(uint64_t a, uint64_t b, uint64_t c)
{
    return (uint64_t)(((wide)a * b + c - 1) / c);
}

void pace_start(struct pace *p, uint64_t now_ms)
{
    p->start_ms = now_ms;
    p->drip_ms = now_ms;
}

static uint32_t wait_until(uint64_t at_ms, uint64_t now_ms)
{
    uint64_t ms = at_ms > now_ms ? at_ms - now_ms : 1;

    return ms < UINT32_MAX ? (uint32_t)ms : UINT32_MAX;
}

static uint64_t allow_rate(struct pace *p, uint64_t pos, uint64_t now_ms, uint32_t slice_ms,
                           uint32_t *ret_wait_ms)
{
    uint64_t want = scale(p->rate, slice_ms, 1000);
    uint64_t budget = scale(p->rate, now_ms - p->start_ms, 1000);
    uint64_t most = scale(p->rate, CATCH_UP_MS, 1000) + want + 1;

    want = want > 0 ? want : 1;
    if (p->length >= 0 && (uint64_t)p->length - pos < want)
        want = (uint64_t)p->length - pos;
    if (budget > pos + most) {
        p->start_ms = now_ms - scale(pos + most, 1000, p->rate);
        budget = pos + most;
    }
    if (budget >= pos + want)
        return budget - pos;
    *ret_wait_ms = wait_until(p->start_ms + scale_up(pos + want, 1000, p->rate), now_ms);
    return 0;
}

/* Where piece number k ends (1 is the first). */
static uint64_t piece_end(const struct pace *p, uint64_t k)
{
    return p->length >= 0 ? scale((uint64_t)p->length, k, p->pieces) : k * UNKNOWN_PIECE;
}

static uint64_t allow_drip(const struct pace *p, uint64_t pos, uint64_t now_ms,
                           uint32_t *ret_wait_ms)
{
    uint64_t elapsed = now_ms - p->drip_ms;
    uint64_t k = p->over_ms > 0 ? scale(elapsed, p->pieces, p->over_ms) : p->pieces;
    uint64_t end;

    if (k >= p->pieces)
        return UINT64_MAX;
    end = piece_end(p, k);
    if (end > pos)
        return end - pos;
    /* The first piece that ends behind pos. */
    k = p->length > 0 ? scale(pos, p->pieces, (uint64_t)p->length) : pos / UNKNOWN_PIECE;
    while (k < p->pieces && piece_end(p, k) <= pos)
        k++;
    *ret_wait_ms = wait_until(p->drip_ms + scale_up(p->over_ms, k, p->pieces), now_ms);
    return 0;
}

uint64_t pace_allow(struct pace *p, uint64_t pos, uint64_t now_ms, uint32_t slice_ms,
                    uint32_t *ret_wait_ms)
{
    uint64_t by_drip = UINT64_MAX, by_rate = UINT64_MAX;

    if (p->length >= 0 && pos >= (uint64_t)p->length)
        return UINT64_MAX;
    if (p->pieces > 0)
        by_drip = allow_drip(p, pos, now_ms, ret_wait_ms);
    if (p->rate > 0 && by_drip > 0)
        by_rate = allow_rate(p, pos, now_ms, slice_ms, ret_wait_ms);
    return by_drip < by_rate ? by_drip : by_rate;
}
