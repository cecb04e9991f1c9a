/* SPDX-License-Identifier: MIT */
#include "lib/util/rng.h"

#include <string.h>

#include "tests/tap/tap.h"

enum { DRAWS = 100000, BINS = 10 };

/* The published outputs of splitmix64. */
static void test_known(void)
{
    static const uint64_t want[] = {UINT64_C(6457827717110365317), UINT64_C(3203168211198807973),
                                    UINT64_C(9817491932198370423), UINT64_C(4593380528125082431),
                                    UINT64_C(16408922859458223821)};
    struct rng r;

    rng_init(&r, 1234567);
    for (size_t i = 0; i < 5; i++)
        ok(rng_next(&r) == want[i], "number %zu of seed 1234567", i);
}

static void test_repeated(void)
{
    struct rng a, b;

    rng_init(&a, 7);
    b = a;
    ok(rng_next(&a) == rng_next(&b), "a copy goes on alike");
    ok(rng_at(1, 2, 3) == rng_at(1, 2, 3), "a function of its arguments");
    ok(rng_at(1, 2, 3) != rng_at(2, 2, 3), "of the seed");
    ok(rng_at(1, 2, 3) != rng_at(1, 3, 3), "of the stream");
    ok(rng_at(1, 2, 3) != rng_at(1, 2, 4), "of the index");
    ok(rng_at(1, 2, 3) == UINT64_C(16950036955605757068), "the same in every version");
    ok(rng_stream("abc", 3) == UINT64_C(150670897914699186), "streams of names, too");
    ok(rng_stream("a", 1) != rng_stream("a\0", 2), "all bytes count");
    ok(rng_stream("ab", 2) != rng_stream("ba", 2), "and so does their order");
}

/* With 10 bins of 10,000, chi squared exceeds 40 once in 100,000 seeds; ours is fixed. */
static bool is_even(const unsigned bins[BINS])
{
    double chi = 0, expected = (double)DRAWS / BINS;

    for (size_t i = 0; i < BINS; i++)
        chi += (bins[i] - expected) * (bins[i] - expected) / expected;
    diag("chi squared %.1f", chi);
    return chi < 40;
}

static void test_many(void)
{
    unsigned char got[5 * 8];
    bool same = true;

    rng_fill(got, 5, 1, 2, 3);
    for (size_t i = 0; i < sizeof(got); i++)
        same = same && got[i] == (unsigned char)(rng_at(1, 2, 3 + i / 8) >> i % 8 * 8);
    ok(same, "many at a time are the same, lowest byte first");
}

static void test_even(void)
{
    unsigned below[BINS] = {0}, unit[BINS] = {0}, at[BINS] = {0};
    struct rng r;
    bool in_range = true;

    rng_init(&r, 42);
    for (uint64_t i = 0; i < DRAWS; i++) {
        double u = rng_unit(&r);

        in_range = in_range && u >= 0 && u < 1;
        unit[(size_t)(u * BINS)]++;
        below[rng_below(&r, BINS)]++;
        at[(size_t)(rng_unit_of(rng_at(42, 1, i)) * BINS)]++;
    }
    ok(in_range, "units lie between 0 and 1");
    ok(is_even(unit), "units are even");
    ok(is_even(below), "numbers below 10 are even");
    ok(is_even(at), "numbers of a stream are even");
    ok(rng_unit_of(0) == 0 && rng_unit_of(UINT64_MAX) < 1, "the ends");
    is_int((long long)rng_below(&r, 1), 0, "below 1 there is 0");
}

int main(void)
{
    plan_lazy();
    test_known();
    test_repeated();
    test_many();
    test_even();
    done_testing();
}
