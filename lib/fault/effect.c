/* SPDX-License-Identifier: MIT */
#include "lib/fault/effect.h"

#include <stdlib.h>

#include "lib/util/rng.h"
#include "lib/util/util.h"

const char *fault_effect_key(enum fault_effect kind)
{
    static const char *const keys[] = {
#define FAULT_EFFECT_KEY(name, key) [FAULT_EFFECT_##name] = (key),
        FAULT_EFFECTS(FAULT_EFFECT_KEY)
#undef FAULT_EFFECT_KEY
    };

    ASSERT(kind < FAULT_EFFECT_COUNT);
    return keys[kind];
}

bool fault_effects_answer(const struct fault_effects *e)
{
    if (FAULT_HAS(e, STATUS) || FAULT_HAS(e, REDIRECT))
        return true;
    return FAULT_HAS(e, CONNECTION) && e->connection != FAULT_CONNECTION_BAD_CHUNK &&
           e->connection != FAULT_CONNECTION_CLOSE_IDLE;
}

bool fault_effects_connect(const struct fault_effects *e)
{
    return FAULT_HAS(e, LISTENER) || FAULT_HAS(e, TLS);
}

void fault_effects_done(struct fault_effects *e)
{
    free(e->headers.set);
    free(e->headers.add);
    free(e->headers.remove);
    free(e->content.flip);
    *e = (struct fault_effects){0};
}

/* --- Chance -------------------------------------------------------------------------------------
 * Written out rather than taken from libm, whose last digits differ between machines.
 */

/* Nearly normal: the sum of twelve even numbers, which lies between -6 and 6. */
static double normal(uint64_t draw)
{
    struct rng r;
    double sum = -6;

    rng_init(&r, draw);
    for (int i = 0; i < 12; i++)
        sum += rng_unit(&r);
    return sum;
}

/* e^x for -700 <= x <= 700: the series below 1, squared as often as x was halved. */
static double power_of_e(double x)
{
    double term = 1, sum = 1;
    int halved = 0;

    while (x > 0.5 || x < -0.5) {
        x /= 2;
        halved++;
    }
    for (int i = 1; i < 16; i++) {
        term *= x / i;
        sum += term;
    }
    for (; halved > 0; halved--)
        sum *= sum;
    return sum;
}

static uint32_t draw_lognormal(const struct fault_duration *d, uint64_t draw)
{
    double exponent = d->sigma * normal(draw);
    double ms;

    if (exponent > 40)
        return d->max;
    ms = exponent < -40 ? 0 : d->median * power_of_e(exponent) + 0.5;
    return ms > d->max ? d->max : (uint32_t)ms;
}

uint32_t fault_duration_draw(const struct fault_duration *d, uint64_t draw)
{
    struct rng r;

    if (d->dist == FAULT_DIST_LOGNORMAL)
        return draw_lognormal(d, draw);
    if (d->dist == FAULT_DIST_FIXED)
        return d->min;
    rng_init(&r, draw);
    return d->min + (uint32_t)rng_below(&r, (uint64_t)d->max - d->min + 1);
}

uint64_t fault_offset_in(const struct fault_offset *o, int64_t length)
{
    if (!o->is_share)
        return o->bytes;
    return length < 0 ? 0 : (uint64_t)(o->share * (double)length);
}
