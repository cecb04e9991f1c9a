/* SPDX-License-Identifier: MIT */
/* The digest of what a generator makes, in jobs. */
#include "registry/store/generator_hash.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "lib/util/err.h"
#include "lib/util/util.h"
#include "registry/store/blob_store.h"
#include "tests/tap/tap.h"
#include "tests/unit/store_help.h"

/* A generator that tells what became of it. */
struct probe {
    _Atomic unsigned freed;
    _Atomic uint64_t filled; /* bytes */
};

struct result {
    struct loop *loop;
    struct generator_hash *hash;
    unsigned calls;
    struct digest digest;
};

static void fill(const void *arg, uint64_t offset, void *dst, size_t n)
{
    struct probe *p = (struct probe *)arg;

    for (size_t i = 0; i < n; i++)
        ((unsigned char *)dst)[i] = (unsigned char)((offset + i) % 251);
    atomic_fetch_add(&p->filled, n);
}

static void forget(void *arg)
{
    atomic_fetch_add(&((struct probe *)arg)->freed, 1);
}

static void on_done(void *arg, const struct digest *digest)
{
    struct result *r = arg;

    r->calls++;
    r->digest = *digest;
    generator_hash_free(STEAL(r->hash));
    loop_stop(r->loop);
}

static void start(struct result *r, struct probe *p, uint64_t n, enum digest_algorithm algorithm)
{
    const struct blob_generator generator = {fill, forget, p};

    ASSERT(generator_hash_new(&r->hash, r->loop, &generator, n, algorithm, on_done, r, NULL) == 0);
}

static void test_digests(void)
{
    static const struct {
        uint64_t size;
        enum digest_algorithm algorithm;
    } rows[] = {
        {0, DIGEST_SHA256},
        {1, DIGEST_SHA256},
        {GENERATOR_HASH_PIECE + 1, DIGEST_SHA512},
        {GENERATOR_HASH_QUANTUM, DIGEST_SHA256},
        {GENERATOR_HASH_QUANTUM * 2ULL + 777, DIGEST_SHA256},
    };
    struct loop *loop = help_loop();

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        auto_free unsigned char *bytes = malloc(rows[i].size + 1);
        struct result r = {.loop = loop};
        struct probe p = {0};
        struct digest want;

        start(&r, &p, rows[i].size, rows[i].algorithm);
        is_int(r.calls, 0, "the digest comes later");
        ASSERT(loop_run(loop, NULL) == 0);
        fill(&p, 0, bytes, rows[i].size);
        want = help_digest(rows[i].algorithm, bytes, rows[i].size);
        is_str(r.digest.text, want.text, "the digest of %zu bytes", (size_t)rows[i].size);
        ok(r.calls == 1 && p.freed == 1, "once, and the generator is freed");
    }
    loop_free(loop);
}

static void tick(void *arg)
{
    unsigned *turns = arg;

    (*turns)++;
}

/* With one thread a job that is queued later has its turn between two pieces. */
static void test_shares_the_pool(void)
{
    struct loop *loop = help_loop();
    struct result r = {.loop = loop};
    struct probe p = {0};
    unsigned turns = 0;

    start(&r, &p, GENERATOR_HASH_QUANTUM * 3ULL, DIGEST_SHA256);
    loop_job(loop, help_nothing, tick, &turns);
    loop_job(loop, help_nothing, help_stop, loop);
    ASSERT(loop_run(loop, NULL) == 0);
    ok(turns == 1 && r.calls == 0, "others need not wait until all is hashed");
    ok(generator_hash_wait(r.hash) < 60000, "it tells how long it will take");
    ASSERT(loop_run(loop, NULL) == 0);
    is_int(r.calls, 1, "then it is");
    loop_free(loop);
}

static void test_free(void)
{
    struct loop *loop = help_loop();
    struct result r = {.loop = loop};
    struct probe p = {0};

    generator_hash_free(NULL);
    start(&r, &p, UINT64_C(1) << 50, DIGEST_SHA256);
    ok(generator_hash_wait(r.hash) > 1000000, "a petabyte takes a while");
    generator_hash_free(r.hash);
    is_int(p.freed, 0, "what the job uses stays while it runs");
    loop_free(loop);
    ok(p.freed == 1 && p.filled <= GENERATOR_HASH_QUANTUM, "and goes after one piece");
    is_int(r.calls, 0, "nobody is told");
}

int main(void)
{
    plan_lazy();
    test_digests();
    test_shares_the_pool();
    test_free();
    done_testing();
}
