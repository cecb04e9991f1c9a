/* SPDX-License-Identifier: MIT */
/* What the tests of the store share. */
#ifndef TESTS_UNIT_STORE_HELP_H
#define TESTS_UNIT_STORE_HELP_H

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "lib/http/loop.h"
#include "lib/util/digest.h"
#include "lib/util/util.h"

static inline void help_nothing(void *arg)
{
    (void)arg;
}

static inline void help_stop(void *arg)
{
    loop_stop(arg);
}

/* A loop with one thread, so that jobs run in the order in which they were queued. */
static inline struct loop *help_loop(void)
{
    struct loop *loop = NULL;

    ASSERT(loop_new(&loop, 1, NULL) == 0);
    return loop;
}

/* Runs the loop until every job queued so far, and each that those queued, is done. */
static inline void help_settle(struct loop *loop)
{
    for (int i = 0; i < 4; i++) {
        loop_job(loop, help_nothing, help_stop, loop);
        ASSERT(loop_run(loop, NULL) == 0);
    }
}

/* Bytes of memory that a memfd holds. */
static inline uint64_t help_held(int fd)
{
    struct stat st;

    ASSERT(fstat(fd, &st) == 0);
    return (uint64_t)st.st_blocks * 512;
}

/* A repeatable sequence (xorshift); not for secrets. */
static inline uint32_t help_random(uint32_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 17;
    *state ^= *state << 5;
    return *state;
}

/* Bytes that differ from seed to seed and do not repeat at any page. */
static inline void help_fill(void *p, size_t n, uint32_t seed)
{
    unsigned char *bytes = p;
    uint32_t state = seed * 2654435761U + 1;

    for (size_t i = 0; i < n; i += sizeof(state)) {
        (void)help_random(&state);
        memcpy(bytes + i, &state, n - i < sizeof(state) ? n - i : sizeof(state));
    }
}

static inline struct digest help_digest(enum digest_algorithm algorithm, const void *p, size_t n)
{
    struct digest d;

    ASSERT(digest_of(&d, algorithm, p, n, NULL) == 0);
    return d;
}

#endif
