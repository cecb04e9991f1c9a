/* SPDX-License-Identifier: MIT */
#include "cli/digests.h"

#include <stdlib.h>
#include <string.h>

#include "fixtures/generated.h"
#include "lib/http/loop.h"
#include "lib/util/util.h"
#include "registry/store/blob_store.h"
#include "registry/store/generator_hash.h"
#include "tests/tap/tap.h"
#include "tests/unit/store_help.h"

/* Somebody who wants digests. */
struct maker {
    struct digests *digests;
    struct wishes wishes;
    struct digests_waiter waiter;
    unsigned told;
};

static struct generated layer(uint64_t size, uint64_t seed)
{
    struct generated g;

    ASSERT(generated_init(&g, size, seed, NULL) == 0);
    return g;
}

static struct digest wanted(const struct generated *g, enum digest_algorithm algorithm)
{
    struct digest d;

    ASSERT(generated_digest(g, algorithm, &d, NULL) == 0);
    return d;
}

/* As a build does. */
static struct digest ask(struct maker *m, const struct generated *g,
                         enum digest_algorithm algorithm)
{
    struct digest d = {.text = ""};

    ASSERT(wishes_digest(&m->wishes, g, algorithm, &d, NULL) == 0);
    return d;
}

static void on_known(void *arg)
{
    struct maker *m = arg;

    m->told++;
    ASSERT(digests_grant(m->digests, &m->wishes, NULL) == 0);
    if (wishes_are_granted(&m->wishes))
        digests_waiter_remove(m->digests, &m->waiter);
}

static void begin(struct maker *m, struct digests *d)
{
    *m = (struct maker){.digests = d};
    m->waiter = (struct digests_waiter){.wishes = &m->wishes, .known = on_known, .arg = m};
}

static void submit(struct maker *m)
{
    ASSERT(digests_grant(m->digests, &m->wishes, NULL) == 0);
    digests_waiter_add(m->digests, &m->waiter);
}

static void test_wishes(struct digests *d)
{
    struct generated g = layer(4096, 1);
    struct maker m;

    begin(&m, d);
    ok(wishes_are_granted(&m.wishes), "no wish, nothing to wait for");
    (void)ask(&m, &g, DIGEST_SHA256);
    (void)ask(&m, &g, DIGEST_SHA256);
    is_int((long long)m.wishes.count, 1, "the same layer twice is one wish");
    (void)ask(&m, &g, DIGEST_SHA512);
    g = layer(4096, 2);
    (void)ask(&m, &g, DIGEST_SHA256);
    g = layer(8192, 2);
    (void)ask(&m, &g, DIGEST_SHA256);
    is_int((long long)m.wishes.count, 4, "algorithm, seed and size make another");
    ok(!wishes_are_granted(&m.wishes), "none is granted yet");
    wishes_done(&m.wishes);
}

static void test_granted(struct loop *loop, struct digests *d)
{
    struct generated small = layer(4096, 1);
    struct generated large = layer(2 * GENERATOR_HASH_QUANTUM, 1);
    struct digest small_digest = wanted(&small, DIGEST_SHA512);
    struct digest large_digest = wanted(&large, DIGEST_SHA256);
    struct maker one, both;
    struct digest got;

    begin(&one, d);
    begin(&both, d);
    (void)ask(&one, &small, DIGEST_SHA512);
    (void)ask(&both, &large, DIGEST_SHA256);
    (void)ask(&both, &small, DIGEST_SHA512);
    submit(&both);
    submit(&one);
    ok(digests_wait(d, &both.wishes) >= digests_wait(d, &one.wishes), "the larger takes longer");
    help_settle(loop);
    ok(wishes_are_granted(&one.wishes), "the small one is known");
    ok(wishes_are_granted(&both.wishes), "and the large one");
    is_int(one.told, 1, "who waits for one is told once");
    is_int(both.told, 2, "who waits for two is told twice");
    got = ask(&both, &large, DIGEST_SHA256);
    is_str(got.text, large_digest.text, "the large one's digest is right");
    got = ask(&one, &small, DIGEST_SHA512);
    is_str(got.text, small_digest.text, "the small one's, too, of another algorithm");
    is_int((long long)digests_wait(d, &both.wishes), 0, "there is nothing to wait for");
    wishes_done(&one.wishes);
    wishes_done(&both.wishes);
}

static void test_remembered(struct digests *d)
{
    struct generated g = layer(2 * GENERATOR_HASH_QUANTUM, 1);
    struct maker m;

    begin(&m, d);
    (void)ask(&m, &g, DIGEST_SHA256);
    ASSERT(digests_grant(d, &m.wishes, NULL) == 0);
    ok(wishes_are_granted(&m.wishes), "what was computed once is known at once");
    wishes_done(&m.wishes);
}

/* What somebody else waits for goes on, the rest does not. */
static void test_given_up(struct loop *loop, struct digests *d)
{
    struct generated shared = layer(GENERATOR_HASH_QUANTUM, 77);
    struct generated own = layer(GENERATED_MAX, 77);
    struct maker leaves, stays;

    begin(&leaves, d);
    begin(&stays, d);
    (void)ask(&leaves, &shared, DIGEST_SHA256);
    (void)ask(&leaves, &own, DIGEST_SHA256);
    (void)ask(&stays, &shared, DIGEST_SHA256);
    submit(&leaves);
    submit(&stays);
    ok(digests_wait(d, &leaves.wishes) > 1000, "it would take long");
    digests_waiter_remove(d, &leaves.waiter);
    is_int((long long)digests_wait(d, &leaves.wishes), (long long)digests_wait(d, &stays.wishes),
           "what nobody waits for any more is given up");
    help_settle(loop);
    ok(wishes_are_granted(&stays.wishes), "what somebody else waits for is not");
    wishes_done(&leaves.wishes);
    wishes_done(&stays.wishes);
}

static void test_generator(void)
{
    struct generated g = layer(4096, 5);
    struct blob_generator generator;
    unsigned char want[100], got[100];

    is_int(digests_generator(&generator, &g, NULL), 0, "a generator for blobs");
    generated_fill(&g, 1000, want, sizeof(want));
    memset(&g, 0, sizeof(g));
    generator.fill(generator.arg, 1000, got, sizeof(got));
    is_mem(got, sizeof(got), want, sizeof(want), "makes the same bytes, and keeps what it needs");
    blob_generator_free(&generator);
}

static void test_free(void)
{
    struct loop *loop = help_loop();
    struct digests *d = NULL;
    struct generated g = layer(GENERATED_MAX, 1);
    struct maker m;

    digests_free(NULL);
    ASSERT(digests_new(&d, loop, NULL) == 0);
    begin(&m, d);
    (void)ask(&m, &g, DIGEST_SHA256);
    submit(&m);
    digests_waiter_remove(d, &m.waiter);
    digests_free(d);
    loop_free(loop);
    is_int(m.told, 0, "100 GiB are given up in the middle, and nobody is told");
    wishes_done(&m.wishes);
}

int main(void)
{
    struct loop *loop = help_loop();
    struct digests *d = NULL;

    plan_lazy();
    ASSERT(digests_new(&d, loop, NULL) == 0);
    test_wishes(d);
    test_granted(loop, d);
    test_remembered(d);
    test_given_up(loop, d);
    test_generator();
    digests_free(d);
    loop_free(loop);
    test_free();
    done_testing();
}
