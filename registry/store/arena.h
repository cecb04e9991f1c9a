/* SPDX-License-Identifier: MIT */
/*
 * Ranges of one sparse file that exists in memory only (memfd_create(2)).
 *
 * One descriptor, whatever the number of ranges. The file's offsets are far more than its bytes:
 * a range is reserved as long as it may ever become and costs only the pages written. Ranges are
 * kept in the order of their offsets and new ones go behind the last, so the tail falls back by
 * itself when the last ones shrink or go. A range that goes is first emptied by a job, in steps,
 * and its offsets are given out again only then: what is written next never meets the old pages.
 * Loop thread only.
 */
#ifndef REGISTRY_STORE_ARENA_H
#define REGISTRY_STORE_ARENA_H

#include <stdint.h>
#include <sys/queue.h>

struct arena;
struct err;
struct loop;

struct arena_range {
    uint64_t offset;     /* whole pages */
    uint64_t size;       /* whole pages */
    struct arena *arena; /* borrowed */
    TAILQ_ENTRY(arena_range) link;
};

/* end: the first offset never given out; 0 stands for as far as the system lets a file reach. */
int arena_new(struct arena **ret, struct loop *loop, uint64_t end, struct err *err);
/* NULL-safe. No range may be left, but those on their way out: the file lives until they are. */
void arena_free(struct arena *a);
int arena_fd(const struct arena *a);       /* once a range was reserved */
uint64_t arena_end(const struct arena *a); /* the first offset that is never given out */

/* Reserves size bytes, rounded up to pages. ERR_STORAGE_FULL when no gap is large enough. */
int arena_reserve(struct arena *a, uint64_t size, struct arena_range **ret, struct err *err);
/* Cuts the range to its first `keep` bytes; `written` says how far it was ever written. */
void arena_trim(struct arena_range *r, uint64_t keep, uint64_t written);
/* Gives the range back and its memory free; r is gone. */
void arena_release(struct arena_range *r, uint64_t written);

#endif
