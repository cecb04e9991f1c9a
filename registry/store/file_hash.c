/* SPDX-License-Identifier: MIT */
#include "registry/store/file_hash.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "lib/util/err.h"
#include "lib/util/util.h"

enum { FILE_HASH_MAGIC = 0x66686173 };

struct file_hash {
    unsigned magic;
    struct loop *loop; /* borrowed */
    int fd;            /* borrowed */
    uint64_t offset;   /* of the first byte in fd */
    loop_fn changed;
    void *arg; /* borrowed, for changed */

    /* The job's while one runs: */
    struct hasher *hasher; /* owned */
    int error;             /* errno of what failed, 0: nothing */

    /* Shared with the job: */
    _Atomic uint64_t hashed; /* bytes the hasher has seen; written by the job while one runs */
    _Atomic uint64_t target; /* the job may read so far; written by the loop */

    /* The loop's: */
    enum digest_algorithm algorithm; /* of hasher */
    uint64_t written;                /* bytes that may be read */
    uint64_t valid; /* lowest `written` since the job began: what it read behind is stale */
    bool running;   /* a job is under way */
    bool frozen;    /* the job gets nothing more to read */
    bool restart;   /* begin anew when the job has ended */
    bool finishing; /* nothing more will be written */
    bool finished;  /* result or error is there */
    bool freed;     /* destroy when the job has ended */
    struct digest result;
    loop_fn closed; /* for a freed one */
    void *closed_arg;
};

int file_hash_new(struct file_hash **ret, struct loop *loop, int fd, uint64_t offset,
                  loop_fn changed, void *arg, struct err *err)
{
    struct file_hash *h = calloc(1, sizeof(*h));

    if (h == NULL)
        return err_set(err, ERR_NOMEM, "digest job");
    h->algorithm = DIGEST_SHA256;
    if (hasher_new(&h->hasher, h->algorithm, err) != 0) {
        free(h);
        return -1;
    }
    h->magic = FILE_HASH_MAGIC;
    h->loop = loop;
    h->fd = fd;
    h->offset = offset;
    h->changed = changed;
    h->arg = arg;
    *ret = h;
    return 0;
}

static void destroy(struct file_hash *h)
{
    loop_fn closed = h->closed;
    void *arg = h->closed_arg;

    hasher_free(h->hasher);
    h->magic = 0;
    free(h);
    if (closed != NULL)
        closed(arg);
}

/* A job that may have read what is now stale must not go on: what it reads next would hide that. */
static void job_freeze(struct file_hash *h)
{
    h->frozen = true;
    atomic_store(&h->target, 0);
}

void file_hash_free(struct file_hash *h, loop_fn closed, void *arg)
{
    if (h == NULL)
        return;
    h->closed = closed;
    h->closed_arg = arg;
    if (!h->running) {
        destroy(h);
        return;
    }
    h->freed = true;
    job_freeze(h); /* it ends with its piece */
}

/*
 * Job. The pages are mapped instead of copied: populated maps hash as fast as memory does, read(2)
 * costs four percent.
 */
static int hash_piece(struct file_hash *h, uint64_t from, uint64_t n)
{
    uint64_t page = (uint64_t)sysconf(_SC_PAGESIZE);
    uint64_t start = (h->offset + from) / page * page;
    uint64_t skip = h->offset + from - start;
    void *p = mmap(NULL, skip + n, PROT_READ, MAP_SHARED | MAP_POPULATE, h->fd, (off_t)start);

    if (p == MAP_FAILED)
        return errno;
    hasher_update(h->hasher, (const char *)p + skip, n);
    (void)munmap(p, skip + n);
    return 0;
}

static uint64_t min_u64(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

/* Job. Follows the writer while there is something worth a piece, at least one. */
static void job_run(void *arg)
{
    struct file_hash *h = arg;
    uint64_t begun = atomic_load(&h->hashed);
    uint64_t at = begun;
    uint64_t target = atomic_load(&h->target);

    while (at < target && (at == begun || target - at >= FILE_HASH_REST) &&
           at - begun < FILE_HASH_QUANTUM) {
        uint64_t n = min_u64(target - at, FILE_HASH_PIECE);

        h->error = hash_piece(h, at, n);
        if (h->error != 0)
            return;
        at += n;
        atomic_store(&h->hashed, at);
        target = atomic_load(&h->target);
    }
}

static void job_done(void *arg);

static void job_start(struct file_hash *h)
{
    h->running = true;
    h->frozen = false;
    h->valid = h->written;
    atomic_store(&h->target, h->error == 0 ? h->written : 0);
    loop_job(h->loop, job_run, job_done, h);
}

static void begin_anew(struct file_hash *h)
{
    struct err err;

    hasher_free(STEAL(h->hasher));
    h->restart = false;
    h->error = 0;
    atomic_store(&h->hashed, 0);
    if (hasher_new(&h->hasher, h->algorithm, &err) != 0)
        h->error = ENOMEM;
}

static void start_if_worth(struct file_hash *h)
{
    uint64_t waiting = h->written - atomic_load(&h->hashed);

    if (h->error == 0 && waiting > 0 && (h->finishing || waiting >= FILE_HASH_START))
        job_start(h);
}

static void finish_if_complete(struct file_hash *h)
{
    if (h->running || !h->finishing || h->finished)
        return;
    h->finished = true;
    if (h->error == 0)
        hasher_finish(h->hasher, &h->result);
}

static void job_done(void *arg)
{
    struct file_hash *h;

    CAST_ARG(h, arg, FILE_HASH_MAGIC);
    h->running = false;
    if (h->freed) {
        destroy(h);
        return;
    }
    if (h->restart || atomic_load(&h->hashed) > h->valid)
        begin_anew(h);
    start_if_worth(h);
    finish_if_complete(h);
    h->changed(h->arg);
}

void file_hash_advance(struct file_hash *h, uint64_t written)
{
    ASSERT(!h->finishing && written >= h->written);
    h->written = written;
    if (!h->running) {
        start_if_worth(h);
    } else if (!h->frozen) {
        h->valid = written;
        atomic_store(&h->target, written);
    }
}

void file_hash_truncate(struct file_hash *h, uint64_t size)
{
    ASSERT(!h->finishing && size <= h->written);
    h->written = size;
    if (h->running) {
        h->valid = min_u64(h->valid, size);
        job_freeze(h);
    } else if (atomic_load(&h->hashed) > size) {
        begin_anew(h);
    }
}

uint64_t file_hash_lag(const struct file_hash *h)
{
    uint64_t hashed = atomic_load(&h->hashed);

    if (!h->running && h->error != 0)
        return 0;
    return h->restart || hashed > h->written ? h->written : h->written - hashed;
}

void file_hash_finish(struct file_hash *h, enum digest_algorithm algorithm)
{
    ASSERT(!h->finishing);
    h->finishing = true;
    if (algorithm != h->algorithm) {
        h->algorithm = algorithm;
        if (h->running) {
            h->restart = true;
            job_freeze(h);
        } else {
            begin_anew(h);
        }
    }
    if (!h->running)
        job_start(h); /* also when nothing waits, so that `changed` comes later */
}

bool file_hash_is_finished(const struct file_hash *h)
{
    return h->finished;
}

int file_hash_result(const struct file_hash *h, struct digest *ret, struct err *err)
{
    ASSERT(h->finished);
    if (h->error != 0) {
        errno = h->error;
        return err_sys(err, "cannot read the blob back");
    }
    *ret = h->result;
    return 0;
}
