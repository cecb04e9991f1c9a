/* SPDX-License-Identifier: MIT */
#include "lib/fault/effect.h"

#include <stdlib.h>

#include "lib/util/rng.h"
#include "tests/tap/tap.h"

enum { DRAWS = 20000 };

static void test_keys(void)
{
    struct fault_effects e = {.has = UINT64_C(1) << FAULT_EFFECT_DELAY};

    is_str(fault_effect_key(FAULT_EFFECT_STATUS), "status", "the first key");
    is_str(fault_effect_key(FAULT_EFFECT_SET), "set", "the last key");
    ok(FAULT_HAS(&e, DELAY) && !FAULT_HAS(&e, STATUS), "bits tell what there is");
}

static bool answers(enum fault_effect kind, int value)
{
    struct fault_effects e = {.has = UINT64_C(1) << kind,
                              .connection = (enum fault_connection)value};

    return fault_effects_answer(&e);
}

static void test_answers(void)
{
    ok(answers(FAULT_EFFECT_STATUS, 0), "a status answers");
    ok(answers(FAULT_EFFECT_REDIRECT, 0), "a redirect answers");
    ok(answers(FAULT_EFFECT_CONNECTION, FAULT_CONNECTION_DROP), "so does a drop");
    ok(answers(FAULT_EFFECT_CONNECTION, FAULT_CONNECTION_STALL), "and a stall");
    ok(!answers(FAULT_EFFECT_CONNECTION, FAULT_CONNECTION_BAD_CHUNK), "a bad chunk needs a body");
    ok(!answers(FAULT_EFFECT_CONNECTION, FAULT_CONNECTION_CLOSE_IDLE), "idle is after the answer");
    ok(!answers(FAULT_EFFECT_DELAY, 0), "a delay decorates");
    ok(fault_effects_connect(&(struct fault_effects){.has = UINT64_C(1) << FAULT_EFFECT_TLS}),
       "tls is before a request");
    ok(!fault_effects_connect(&(struct fault_effects){.has = UINT64_C(1) << FAULT_EFFECT_BODY}),
       "a body is not");
}

static void test_fixed(void)
{
    struct fault_duration d = {.min = 1500};

    is_int(fault_duration_draw(&d, 1), 1500, "a fixed duration");
    is_int(fault_duration_draw(&d, 2), 1500, "is always the same");
}

static void test_uniform(void)
{
    struct fault_duration d = {.dist = FAULT_DIST_UNIFORM, .min = 100, .max = 200};
    struct fault_duration one = {.dist = FAULT_DIST_UNIFORM, .min = 7, .max = 7};
    uint64_t sum = 0;
    bool in_range = true, least = false, most = false;

    for (uint64_t i = 0; i < DRAWS; i++) {
        uint32_t ms = fault_duration_draw(&d, rng_at(1, 1, i));

        in_range = in_range && ms >= 100 && ms <= 200;
        least = least || ms == 100;
        most = most || ms == 200;
        sum += ms;
    }
    ok(in_range && least && most, "between both ends, which are reached");
    ok(sum / DRAWS >= 149 && sum / DRAWS <= 151, "150 on average");
    is_int(fault_duration_draw(&d, 9), fault_duration_draw(&d, 9), "the same draw, the same time");
    is_int(fault_duration_draw(&one, 9), 7, "one value");
}

static int compare(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

    return x < y ? -1 : x > y;
}

/* Of a lognormal distribution 15.9 % lie below median / e^sigma and as many above median * e^sigma.
 */
static void test_lognormal(void)
{
    static uint32_t ms[DRAWS];
    struct fault_duration d = {
        .dist = FAULT_DIST_LOGNORMAL, .median = 1000, .sigma = 1, .max = 50000};
    size_t below = 0, above = 0;

    for (uint64_t i = 0; i < DRAWS; i++)
        ms[i] = fault_duration_draw(&d, rng_at(1, 2, i));
    qsort(ms, DRAWS, sizeof(ms[0]), compare);
    for (size_t i = 0; i < DRAWS; i++) {
        below += ms[i] < 368;
        above += ms[i] > 2718;
    }
    ok(ms[DRAWS / 2] > 960 && ms[DRAWS / 2] < 1040, "the median: %u", ms[DRAWS / 2]);
    ok(below > DRAWS * 15 / 100 && below < DRAWS * 17 / 100, "a sigma below: %zu", below);
    ok(above > DRAWS * 15 / 100 && above < DRAWS * 17 / 100, "a sigma above: %zu", above);
}

static void test_lognormal_ends(void)
{
    struct fault_duration d = {
        .dist = FAULT_DIST_LOGNORMAL, .median = 1000, .sigma = 10, .max = 5000};
    bool in_range = true, least = false, most = false;

    for (uint64_t i = 0; i < 1000; i++) {
        uint32_t ms = fault_duration_draw(&d, rng_at(1, 3, i));

        in_range = in_range && ms <= 5000;
        least = least || ms == 0;
        most = most || ms == 5000;
    }
    ok(in_range && least && most, "a wide one is cut");
    d.sigma = 0;
    is_int(fault_duration_draw(&d, 1), 1000, "without width it is the median");
}

static void test_offset(void)
{
    struct fault_offset bytes = {.bytes = 100}, half = {.is_share = true, .share = 0.5};

    is_int((long long)fault_offset_in(&bytes, 10), 100, "bytes are bytes");
    is_int((long long)fault_offset_in(&half, 11), 5, "half of 11");
    is_int((long long)fault_offset_in(&half, -1), 0, "half of what is not known");
}

int main(void)
{
    plan_lazy();
    test_keys();
    test_answers();
    test_fixed();
    test_uniform();
    test_lognormal();
    test_lognormal_ends();
    test_offset();
    done_testing();
}
