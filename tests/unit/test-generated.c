/* SPDX-License-Identifier: MIT */
#include "fixtures/generated.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/util/err.h"
#include "lib/util/rng.h"
#include "lib/util/util.h"
#include "tests/tap/tap.h"
#include "tests/unit/unpack_help.h"

#define GIB (UINT64_C(1) << 30)

enum { PARTS = 2000 };

static struct generated make(uint64_t size, uint64_t seed)
{
    struct generated g = {0};
    struct err err = {0};

    is_int(generated_init(&g, size, seed, &err), 0, "%llu bytes of seed %llu: %s",
           (unsigned long long)size, (unsigned long long)seed, err.msg);
    return g;
}

static unsigned char *whole_of(const struct generated *g)
{
    unsigned char *whole = malloc(g->size);

    ASSERT(whole != NULL);
    generated_fill(g, 0, whole, g->size);
    return whole;
}

static void test_archives(void)
{
    static const struct {
        uint64_t size;
        const char *list;
    } rows[] = {
        {1024, ""},
        {1536, "f 0644 0:0 1704067200 0 generated.bin\n"},
        {2048, "f 0644 0:0 1704067200 512 generated.bin\n"},
        {1 << 20, "f 0644 0:0 1704067200 1047040 generated.bin\n"},
    };

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct generated g = make(rows[i].size, 7);
        auto_free unsigned char *whole = whole_of(&g);
        const char *list = unpack_list(whole, g.size);

        ok(strncmp(list, rows[i].list, strlen(rows[i].list)) == 0 && strstr(list, "error") == NULL,
           "is an archive with %s", rows[i].list[0] != '\0' ? rows[i].list : "nothing");
        is_int((long long)g.size, (long long)rows[i].size, "of exactly that size");
    }
}

static void test_any_part_is_part_of_the_whole(void)
{
    struct generated g = make(64 * 1024, 3);
    auto_free unsigned char *whole = whole_of(&g);
    unsigned char part[4096 + 1];
    bool same = true;
    struct rng r;

    rng_init(&r, 1);
    for (int i = 0; i < PARTS; i++) {
        /* As often near the seams as anywhere. */
        uint64_t from = i % 3 == 0   ? 500 + rng_below(&r, 24)
                        : i % 3 == 1 ? g.size - 1 - rng_below(&r, 1100)
                                     : rng_below(&r, g.size);
        size_t room = g.size - from < 4096 ? (size_t)(g.size - from) : 4096;
        size_t n = (size_t)rng_below(&r, room + 1);

        part[n] = 0xa5;
        generated_fill(&g, from, part, n);
        same = same && memcmp(part, whole + from, n) == 0 && part[n] == 0xa5;
    }
    ok(same, "%d parts are what stands there in the whole, and not a byte more", PARTS);
}

/* What another reader makes of the first bytes. */
static void check_head(const struct generated *g)
{
    unsigned char start[4096];
    char want[80];

    (void)snprintf(want, sizeof(want), "f 0644 0:0 1704067200 %llu generated.bin\n",
                   (unsigned long long)g->content);
    generated_fill(g, 0, start, sizeof(start));
    ok(strncmp(unpack_list(start, sizeof(start)), want, strlen(want)) == 0,
       "another reader sees a file of %llu bytes", (unsigned long long)g->content);
}

static void test_far_away(void)
{
    static const uint64_t sizes[] = {8 * GIB,        8 * GIB + 1024, 8 * GIB + 1536,
                                     8 * GIB + 2048, 8 * GIB + 2560, GENERATED_MAX};
    unsigned char a[64], b[64];

    for (size_t i = 0; i < ARRAY_LEN(sizes); i++) {
        struct generated g = make(sizes[i], 1);

        ok(g.head + g.content + TAR_END <= g.size && g.content % TAR_BLOCK == 0,
           "header, content and end fit");
        ok((g.head > TAR_BLOCK) == (g.content >= 8 * GIB), "there is a pax record where needed");
        check_head(&g);
        generated_fill(&g, g.size - TAR_END, a, sizeof(a));
        memset(b, 0, sizeof(b));
        ok(memcmp(a, b, sizeof(a)) == 0, "it ends in zeros");
        generated_fill(&g, g.size - TAR_END - 1024 - sizeof(b), b, sizeof(b));
        ok(memcmp(a, b, sizeof(a)) != 0, "that do not begin earlier than they must");
    }
}

static void test_refused(void)
{
    static const struct {
        uint64_t size;
        const char *why;
    } rows[] = {
        {0, "a generated layer has 1KiB to 100GiB, not 0 bytes"},
        {512, "a generated layer has 1KiB to 100GiB, not 512 bytes"},
        {1025, "a generated layer is made of blocks of 512 bytes: 1024 or 1536, not 1025"},
        {100 * GIB + 512, "a generated layer has 1KiB to 100GiB, not 107374182912 bytes"},
        {UINT64_MAX, "a generated layer has 1KiB to 100GiB, not 18446744073709551615 bytes"},
    };

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct generated g = {.size = 5};
        struct err err = {0};

        is_int(generated_init(&g, rows[i].size, 0, &err), -1, "refused");
        is_int(err.code, ERR_INVALID, "as a value");
        is_str(err.msg, rows[i].why, "with the reason");
        is_int((long long)g.size, 5, "nothing is written");
    }
}

/* Whatever changes these bytes changes every digest that people wrote down. */
static void test_golden(void)
{
    static const struct {
        uint64_t size;
        const char *digest;
    } rows[] = {
        {1024, "sha256:5f70bf18a086007016e948b04aed3b82103a36bea41755b6cddfaf10ace3c6ef"},
        {2048, "sha256:5407cab315adcf56505405cbe9094b69ff450000f6778492ec7701f738242dd3"},
        {1 << 20, "sha256:6f9529e1801237cea2af1fe5fdf74b8dbec23184a55b17db16d9b164fd2f4639"},
    };
    struct generated g;
    struct digest d;

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        g = make(rows[i].size, 7);
        is_int(generated_digest(&g, DIGEST_SHA256, &d, NULL), 0, "it is hashed");
        is_str(d.text, rows[i].digest, "to what it always was");
    }
    is_int(generated_digest(&g, DIGEST_SHA512, &d, NULL), 0, "it has another digest, too");
    is_int(d.algorithm, DIGEST_SHA512, "of that algorithm");
    g = make(1 << 20, 8);
    is_int(generated_digest(&g, DIGEST_SHA256, &d, NULL), 0, "another seed is hashed");
    ok(strcmp(d.text, rows[2].digest) != 0, "to something else");
}

int main(void)
{
    plan_lazy();
    test_archives();
    test_any_part_is_part_of_the_whole();
    test_far_away();
    test_refused();
    test_golden();
    done_testing();
}
