/* SPDX-License-Identifier: MIT */
#include "registry/store/arena.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/util/err.h"
#include "lib/util/util.h"
#include "tests/tap/tap.h"
#include "tests/unit/store_help.h"

enum { PAGE = 4096, CHUNK = 64 * 1024 };

static void write_at(const struct arena *a, uint64_t offset, size_t n, uint32_t seed)
{
    char *buf = malloc(n);

    ASSERT(buf != NULL);
    help_fill(buf, n, seed);
    ASSERT(pwrite(arena_fd(a), buf, n, (off_t)offset) == (ssize_t)n);
    free(buf);
}

static bool holds(const struct arena *a, uint64_t offset, size_t n, uint32_t seed)
{
    char *want = malloc(n);
    char *got = malloc(n);
    bool same;

    ASSERT(want != NULL && got != NULL);
    help_fill(want, n, seed);
    same = pread(arena_fd(a), got, n, (off_t)offset) == (ssize_t)n && memcmp(want, got, n) == 0;
    free(want);
    free(got);
    return same;
}

static struct arena_range *reserve(struct arena *a, uint64_t size)
{
    struct arena_range *r = NULL;

    ASSERT(arena_reserve(a, size, &r, NULL) == 0);
    return r;
}

static void test_tail(void)
{
    struct loop *loop = help_loop();
    struct arena *a = NULL;
    struct arena_range *first;
    struct arena_range *second;
    struct arena_range *third;

    is_int(arena_new(&a, loop, 0, NULL), 0, "an arena");
    is_int(arena_fd(a), -1, "takes no descriptor before it is used");
    first = reserve(a, 1ULL << 40);
    is_int(fcntl(arena_fd(a), F_GETFD), FD_CLOEXEC, "programs that are started do not inherit it");
    second = reserve(a, 1ULL << 40);
    is_int((long long)first->offset, 0, "the first range is at 0");
    is_int((long long)second->offset, 1LL << 40, "the second is behind all of it");
    write_at(a, first->offset, 5000, 1);
    write_at(a, second->offset, 5000, 2);
    arena_trim(first, 5000, 5000);
    is_int((long long)first->size, 8192, "a range shrinks to whole pages");
    third = reserve(a, 100);
    is_int((long long)third->offset, 2LL << 40, "what lies behind keeps the tail where it is");
    arena_release(third, 0);
    arena_trim(second, 5000, 5000);
    third = reserve(a, 100);
    is_int((long long)third->offset, (1LL << 40) + 8192, "the tail falls back behind the last");
    is_int((long long)third->size, PAGE, "a range is at least a page");
    arena_release(third, 0);
    arena_release(second, 5000);
    help_settle(loop);
    arena_release(first, 5000);
    help_settle(loop);
    is_int((long long)help_held(arena_fd(a)), 0, "an empty arena holds no memory");
    first = reserve(a, 1);
    is_int((long long)first->offset, 0, "an empty arena starts over");
    arena_release(first, 0);
    arena_free(a);
    loop_free(loop);
}

static void test_punch(void)
{
    struct loop *loop = help_loop();
    struct arena *a = NULL;
    struct arena_range *first;
    struct arena_range *second;
    struct arena_range *third;

    ASSERT(arena_new(&a, loop, 0, NULL) == 0);
    first = reserve(a, 40 << 20);
    for (unsigned i = 0; i < 40; i++)
        write_at(a, (uint64_t)i << 20, 1 << 20, i);
    second = reserve(a, CHUNK);
    write_at(a, second->offset, CHUNK, 99);
    is_int((long long)help_held(arena_fd(a)), (40 << 20) + CHUNK, "what was written is held");
    arena_release(first, 40 << 20);
    third = reserve(a, 1 << 20);
    ok(third->offset >= (40 << 20) + CHUNK, "offsets are not given out before the job is done");
    help_settle(loop);
    is_int((long long)help_held(arena_fd(a)), CHUNK, "a released range is punched out");
    ok(holds(a, second->offset, CHUNK, 99), "its neighbour keeps its bytes");
    write_at(a, third->offset, 10 * PAGE, 3);
    arena_trim(third, 2 * PAGE + 1, 10 * PAGE);
    help_settle(loop);
    is_int((long long)help_held(arena_fd(a)), CHUNK + 3 * PAGE, "what is cut off is punched out");
    arena_release(third, third->size);
    arena_release(second, CHUNK);
    arena_free(a); /* while jobs run: the file goes with the last */
    help_settle(loop);
    loop_free(loop);
    ok(true, "an arena may be freed while jobs run");
    arena_free(NULL);
}

static void test_gaps(void)
{
    struct loop *loop = help_loop();
    struct arena *a = NULL;
    struct arena_range *r[4];
    struct arena_range *none = NULL;
    struct err err = {.code = ERR_NONE};

    ASSERT(arena_new(&a, loop, 16 * PAGE + 1, NULL) == 0);
    for (size_t i = 0; i < ARRAY_LEN(r); i++)
        r[i] = reserve(a, 4 * PAGE);
    is_int(arena_reserve(a, 1, &none, &err), -1, "a full arena refuses");
    is_int(err.code, ERR_STORAGE_FULL, "a full arena: error");
    arena_release(r[1], 0);
    is_int(arena_reserve(a, 4 * PAGE + 1, &none, &err), -1, "a gap that is too small is not used");
    r[1] = reserve(a, 3 * PAGE);
    is_int((long long)r[1]->offset, 4 * PAGE,
           "a gap between ranges is used at the end of the file");
    arena_release(r[0], 0);
    r[0] = reserve(a, 4 * PAGE);
    is_int((long long)r[0]->offset, 0, "so is one in front of the first");
    is_int(arena_reserve(a, UINT64_MAX, &none, &err), -1, "a size without sense is refused");
    ok(none == NULL, "a refusal writes nothing");
    for (size_t i = 0; i < ARRAY_LEN(r); i++)
        arena_release(r[i], 0);
    arena_free(a);
    loop_free(loop);
}

/* Random operations; a model knows what each range must hold. */
struct slot {
    struct arena_range *range; /* NULL: unused */
    size_t written;
    uint32_t seed;
};

enum { SLOTS = 24, STEPS = 3000 };

static bool slots_disjoint(const struct slot *slots)
{
    for (size_t i = 0; i < SLOTS; i++) {
        for (size_t k = 0; k < i; k++) {
            const struct arena_range *a = slots[i].range;
            const struct arena_range *b = slots[k].range;

            if (a != NULL && b != NULL && a->offset < b->offset + b->size &&
                b->offset < a->offset + a->size)
                return false;
        }
    }
    return true;
}

static void slot_step(struct arena *a, struct slot *s, uint32_t *state)
{
    uint32_t what = help_random(state) % 4;

    if (s->range == NULL) {
        s->range = reserve(a, 8 * CHUNK);
        s->seed = help_random(state);
        s->written = help_random(state) % (4 * CHUNK);
        write_at(a, s->range->offset, s->written, s->seed);
    } else if (what == 0) {
        size_t keep = help_random(state) % (s->written + 1);

        arena_trim(s->range, keep, s->written);
        s->written = keep;
    } else if (what == 1) {
        arena_release(s->range, s->written);
        s->range = NULL;
    }
}

static void test_random(void)
{
    struct loop *loop = help_loop();
    struct arena *a = NULL;
    struct slot slots[SLOTS] = {{.range = NULL}};
    uint32_t state = 12345;
    unsigned wrong = 0;

    ASSERT(arena_new(&a, loop, 512ULL * CHUNK, NULL) == 0);
    for (unsigned i = 0; i < STEPS; i++) {
        struct slot *s = &slots[help_random(&state) % SLOTS];

        if (s->range != NULL && !holds(a, s->range->offset, s->written, s->seed))
            wrong++;
        slot_step(a, s, &state);
        if (!slots_disjoint(slots))
            wrong++;
        if (i % 16 == 0)
            help_settle(loop);
    }
    is_int(wrong, 0, "%d random operations keep ranges apart and their bytes whole", STEPS);
    for (size_t i = 0; i < SLOTS; i++) {
        if (slots[i].range != NULL)
            arena_release(slots[i].range, slots[i].written);
    }
    help_settle(loop);
    is_int((long long)help_held(arena_fd(a)), 0, "and leave no memory behind");
    arena_free(a);
    loop_free(loop);
}

int main(void)
{
    plan_lazy();
    test_tail();
    test_punch();
    test_gaps();
    test_random();
    done_testing();
}
