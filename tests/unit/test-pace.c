/* SPDX-License-Identifier: MIT */
#include "lib/fault/pace.h"

#include <stddef.h>

#include "lib/util/util.h"
#include "tests/tap/tap.h"

/* Takes what is allowed until the body is over; how long that took, and how many steps. */
static uint64_t drain(struct pace *p, uint64_t most, uint32_t slice_ms, size_t *ret_steps)
{
    uint64_t pos = 0, now = 1000;
    uint32_t wait = 0;

    *ret_steps = 0;
    pace_start(p, now);
    while (pos < (uint64_t)p->length) {
        uint64_t n = pace_allow(p, pos, now, slice_ms, &wait);

        if (n > (uint64_t)p->length - pos)
            n = (uint64_t)p->length - pos;
        if (n > most)
            n = most;
        pos += n;
        if (n == 0)
            now += wait;
        *ret_steps += n > 0;
    }
    return now - 1000;
}

static void test_rate(void)
{
    static const struct {
        uint64_t rate;
        int64_t length;
        uint64_t want_ms;
    } rows[] = {
        {100 * 1024, 1000 * 1024, 10000},
        {1, 3, 3000},
        {7, 100, 14286},
        {1024, 1, 1},
        {1000000, 10, 1},
        {100 << 20, 1LL << 40, 10485760},
        {3, 1, 334},
        {65536, 65536, 1000},
    };

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct pace p = {.rate = rows[i].rate, .length = rows[i].length};
        size_t steps;
        uint64_t took = drain(&p, UINT64_MAX, 50, &steps);

        ok(took >= rows[i].want_ms && took <= rows[i].want_ms + rows[i].want_ms / 20 + 1,
           "%llu bytes/s: %lld bytes take %llu ms, wanted %llu", (unsigned long long)rows[i].rate,
           (long long)rows[i].length, (unsigned long long)took,
           (unsigned long long)rows[i].want_ms);
    }
}

static void test_slices(void)
{
    struct pace p = {.rate = 100000, .length = 1000000};
    size_t steps;

    (void)drain(&p, UINT64_MAX, 50, &steps);
    is_int((long long)steps, 200, "slices of 50 ms");
    (void)drain(&p, UINT64_MAX, 200, &steps);
    is_int((long long)steps, 50, "slices of 200 ms");
    is_int((long long)drain(&p, 1000, 50, &steps), 10000, "small pieces take no longer");
}

static void test_slow_peer(void)
{
    struct pace p = {.rate = 1000, .length = 1000000};
    uint32_t wait;

    pace_start(&p, 0);
    is_int((long long)pace_allow(&p, 0, 500, 50, &wait), 500, "what was missed is made up for");
    is_int((long long)pace_allow(&p, 500, 60000, 50, &wait), 1051, "but not a whole minute");
    is_int((long long)pace_allow(&p, 1551, 60000, 50, &wait), 0, "then the rate goes on");
    is_int(wait, 50, "from there");
}

static void test_drip(void)
{
    static const struct {
        uint32_t pieces, over_ms;
        int64_t length;
        size_t want_steps;
    } rows[] = {
        {5, 1000, 1000, 5},          {10, 3000, 7, 7}, {1, 400, 1 << 20, 1},
        {1000000, 2000, 5000000, 0}, {3, 1000, 10, 3},
    };

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct pace p = {
            .pieces = rows[i].pieces, .over_ms = rows[i].over_ms, .length = rows[i].length};
        size_t steps;

        is_int((long long)drain(&p, UINT64_MAX, 50, &steps), rows[i].over_ms, "row %zu: its time",
               i);
        if (rows[i].want_steps > 0)
            is_int((long long)steps, (long long)rows[i].want_steps, "row %zu: its pieces", i);
    }
}

static void test_unknown_length(void)
{
    struct pace p = {.pieces = 4, .over_ms = 400, .length = -1};
    uint32_t wait = 0;

    pace_start(&p, 0);
    is_int((long long)pace_allow(&p, 0, 0, 50, &wait), 0, "unknown length: nothing at first");
    is_int(wait, 100, "unknown length: the first piece comes in its time");
    is_int((long long)pace_allow(&p, 0, 100, 50, &wait), 1024, "unknown length: a piece");
    is_int((long long)pace_allow(&p, 1024, 100, 50, &wait), 0, "unknown length: no more");
    is_int(wait, 100, "unknown length: until the second");
    ok(pace_allow(&p, 1024, 400, 50, &wait) > 1 << 30, "unknown length: all when the time is over");
}

static void test_both(void)
{
    struct pace p = {.pieces = 2, .over_ms = 1000, .rate = 1000, .length = 4000};
    size_t steps;

    is_int((long long)drain(&p, UINT64_MAX, 50, &steps), 4000, "the slower of rate and drip");
    p = (struct pace){.length = 10};
    is_int((long long)drain(&p, UINT64_MAX, 50, &steps), 0, "neither");
}

int main(void)
{
    plan_lazy();
    test_rate();
    test_slices();
    test_slow_peer();
    test_drip();
    test_unknown_length();
    test_both();
    done_testing();
}
