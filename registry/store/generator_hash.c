/* SPDX-License-Identifier: MIT */
#include "registry/store/generator_hash.h"

#include <stdbool.h>
#include <stdlib.h>

#include "lib/http/loop.h"
#include "lib/util/err.h"
#include "lib/util/util.h"
#include "registry/store/blob_store.h"

enum {
    GENERATOR_HASH_MAGIC = 0x67686173,
    FIRST_GUESS = 1024 * 1024, /* bytes a millisecond, while nothing was hashed yet */
};

struct generator_hash {
    unsigned magic;
    struct loop *loop;               /* borrowed */
    struct blob_generator generator; /* owned */
    uint64_t size;
    uint64_t begun; /* loop_now() */
    generator_hash_fn done;
    void *arg;       /* borrowed, for done */
    bool running;    /* a job is queued or under way */
    bool freed;      /* destroy when the job has ended */
    uint64_t hashed; /* bytes, when the last job ended */

    /* The job's while one runs: */
    struct hasher *hasher; /* owned */
    uint64_t at;
    unsigned char piece[GENERATOR_HASH_PIECE];
};

static void destroy(struct generator_hash *h)
{
    blob_generator_free(&h->generator);
    hasher_free(h->hasher);
    h->magic = 0;
    free(h);
}

static uint64_t min_u64(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

/* Job. */
static void job_run(void *arg)
{
    struct generator_hash *h = arg;
    uint64_t end = h->at + min_u64(h->size - h->at, GENERATOR_HASH_QUANTUM);

    while (h->at < end) {
        size_t n = min_u64(end - h->at, sizeof(h->piece));

        h->generator.fill(h->generator.arg, h->at, h->piece, n);
        hasher_update(h->hasher, h->piece, n);
        h->at += n;
    }
}

static void job_done(void *arg);

static void job_start(struct generator_hash *h)
{
    h->running = true;
    loop_job(h->loop, job_run, job_done, h);
}

static void job_done(void *arg)
{
    struct generator_hash *h;
    struct digest digest;

    CAST_ARG(h, arg, GENERATOR_HASH_MAGIC);
    h->running = false;
    if (h->freed) {
        destroy(h);
        return;
    }
    h->hashed = h->at;
    if (h->at < h->size) {
        job_start(h);
        return;
    }
    hasher_finish(h->hasher, &digest);
    h->done(h->arg, &digest);
}

int generator_hash_new(struct generator_hash **ret, struct loop *loop,
                       const struct blob_generator *generator, uint64_t n,
                       enum digest_algorithm algorithm, generator_hash_fn done, void *arg,
                       struct err *err)
{
    struct generator_hash *h = calloc(1, sizeof(*h));

    if (h == NULL) {
        blob_generator_free(generator);
        return err_set(err, ERR_NOMEM, "digest job");
    }
    h->generator = *generator;
    if (hasher_new(&h->hasher, algorithm, err) != 0) {
        destroy(h);
        return -1;
    }
    h->magic = GENERATOR_HASH_MAGIC;
    h->loop = loop;
    h->size = n;
    h->begun = loop_now(loop);
    h->done = done;
    h->arg = arg;
    job_start(h);
    *ret = h;
    return 0;
}

void generator_hash_free(struct generator_hash *h)
{
    if (h == NULL)
        return;
    if (h->running)
        h->freed = true;
    else
        destroy(h);
}

uint64_t generator_hash_wait(const struct generator_hash *h)
{
    uint64_t elapsed = loop_now(h->loop) - h->begun;
    uint64_t left = h->size - h->hashed;

    if (h->hashed == 0 || elapsed == 0)
        return left / FIRST_GUESS;
    return (uint64_t)((double)elapsed * (double)left / (double)h->hashed);
}
