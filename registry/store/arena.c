/* SPDX-License-Identifier: MIT */
#include "registry/store/arena.h"

#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#include "lib/http/loop.h"
#include "lib/util/err.h"
#include "lib/util/util.h"

/*
 * The kernel holds the file's lock while it punches, and a write on the loop would wait for it:
 * 1 GiB in one go takes some 50 ms, a step of this size less than one.
 */
#define PUNCH_STEP (16ULL << 20)

/* Offsets stay positive and far from overflow when sizes are added to them. */
#define ARENA_END (1ULL << 62)

TAILQ_HEAD(range_list, arena_range);

struct arena {
    struct loop *loop;        /* borrowed */
    int fd;                   /* owned; -1 before the first range */
    uint64_t page;            /* bytes of a page */
    uint64_t end;             /* first offset never given out */
    struct range_list ranges; /* owned entries, by offset; those being punched too */
    unsigned punches;         /* jobs under way */
    atomic_bool closed;       /* freed but for the jobs under way; they may stop early */
};

static uint64_t page_up(const struct arena *a, uint64_t n)
{
    return (n + a->page - 1) / a->page * a->page;
}

/* A process that may not write large files (RLIMIT_FSIZE) would be killed by a signal. */
static uint64_t file_end(uint64_t wanted)
{
    uint64_t end = wanted != 0 ? wanted : ARENA_END;
    struct rlimit rl;

    if (getrlimit(RLIMIT_FSIZE, &rl) == 0 && rl.rlim_cur != RLIM_INFINITY && rl.rlim_cur < end)
        end = rl.rlim_cur;
    return end;
}

int arena_new(struct arena **ret, struct loop *loop, uint64_t end, struct err *err)
{
    struct arena *a = calloc(1, sizeof(*a));

    if (a == NULL)
        return err_set(err, ERR_NOMEM, "blob file");
    a->fd = -1;
    a->loop = loop;
    a->page = (uint64_t)sysconf(_SC_PAGESIZE);
    a->end = file_end(end) / a->page * a->page;
    TAILQ_INIT(&a->ranges);
    *ret = a;
    return 0;
}

static void arena_destroy(struct arena *a)
{
    ASSERT(TAILQ_EMPTY(&a->ranges));
    if (a->fd >= 0)
        (void)close(a->fd);
    free(a);
}

void arena_free(struct arena *a)
{
    if (a == NULL)
        return;
    atomic_store(&a->closed, true);
    if (a->punches == 0)
        arena_destroy(a);
}

int arena_fd(const struct arena *a)
{
    return a->fd;
}

uint64_t arena_end(const struct arena *a)
{
    return a->end;
}

/* The range behind which `size` bytes are free: the last, else the first with such a gap. */
static bool find_gap(struct arena *a, uint64_t size, struct arena_range **ret_before)
{
    struct arena_range *last = TAILQ_LAST(&a->ranges, range_list);
    uint64_t from = last != NULL ? last->offset + last->size : 0;
    struct arena_range *r;

    if (a->end - from >= size) {
        *ret_before = last;
        return true;
    }
    from = 0;
    TAILQ_FOREACH(r, &a->ranges, link) {
        if (r->offset - from >= size) {
            *ret_before = TAILQ_PREV(r, range_list, link);
            return true;
        }
        from = r->offset + r->size;
    }
    return false;
}

static void insert_after(struct arena *a, struct arena_range *before, struct arena_range *r)
{
    if (before == NULL)
        TAILQ_INSERT_HEAD(&a->ranges, r, link);
    else
        TAILQ_INSERT_AFTER(&a->ranges, before, r, link);
}

int arena_reserve(struct arena *a, uint64_t size, struct arena_range **ret, struct err *err)
{
    uint64_t whole = size <= a->end ? page_up(a, size) : UINT64_MAX;
    struct arena_range *before;
    struct arena_range *r;

    if (a->fd < 0)
        a->fd = memfd_create("ocimock-blobs", MFD_CLOEXEC);
    if (a->fd < 0)
        return err_sys(err, "memfd_create");
    if (!find_gap(a, whole, &before))
        return err_set(err, ERR_STORAGE_FULL, "no room in the blob file for a range of %llu bytes",
                       (unsigned long long)size);
    r = calloc(1, sizeof(*r));
    if (r == NULL)
        return err_set(err, ERR_NOMEM, "blob range");
    r->offset = before != NULL ? before->offset + before->size : 0;
    r->size = whole;
    r->arena = a;
    insert_after(a, before, r);
    *ret = r;
    return 0;
}

static void range_drop(struct arena_range *r)
{
    TAILQ_REMOVE(&r->arena->ranges, r, link);
    free(r);
}

/* Job. A step that fails leaves its pages behind until the next owner of the offsets writes them.
 */
static void punch_run(void *arg)
{
    const struct arena_range *r = arg;
    uint64_t done = 0;

    while (done < r->size && !atomic_load(&r->arena->closed)) {
        uint64_t n = r->size - done < PUNCH_STEP ? r->size - done : PUNCH_STEP;
        int rc;

        do {
            rc = fallocate(r->arena->fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE,
                           (off_t)(r->offset + done), (off_t)n);
        } while (rc != 0 && errno == EINTR);
        done += n;
    }
}

static void punch_done(void *arg)
{
    struct arena_range *r = arg;
    struct arena *a = r->arena;

    range_drop(r);
    a->punches--;
    if (atomic_load(&a->closed) && a->punches == 0)
        arena_destroy(a);
}

static void punch(struct arena_range *r)
{
    r->arena->punches++;
    loop_job(r->arena->loop, punch_run, punch_done, r);
}

void arena_release(struct arena_range *r, uint64_t written)
{
    ASSERT(written <= r->size);
    r->size = page_up(r->arena, written);
    if (r->size == 0)
        range_drop(r);
    else
        punch(r);
}

void arena_trim(struct arena_range *r, uint64_t keep, uint64_t written)
{
    uint64_t kept = page_up(r->arena, keep);
    uint64_t reached = page_up(r->arena, written);
    struct arena_range *rest;

    ASSERT(keep <= written && written <= r->size);
    r->size = reached;
    if (reached == kept)
        return;
    rest = calloc(1, sizeof(*rest));
    if (rest == NULL)
        return; /* stays part of the range, and goes with it */
    rest->offset = r->offset + kept;
    rest->size = reached - kept;
    rest->arena = r->arena;
    r->size = kept;
    TAILQ_INSERT_AFTER(&r->arena->ranges, r, rest, link);
    punch(rest);
}
