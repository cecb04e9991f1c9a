/* SPDX-License-Identifier: MIT */
#include "registry/store/ingest.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/http/loop.h"
#include "lib/util/digest.h"
#include "lib/util/err.h"
#include "lib/util/util.h"
#include "registry/store/blob_store.h"
#include "registry/store/file_hash.h"

enum { INGEST_MAGIC = 0x696e6773 };

/* A writer waits when the digest is so far behind, and goes on at half of it. */
#define LAG_MAX (64ULL << 20)

/* First size of the heap buffer; it doubles. */
#define HEAP_FIRST 1024

/*
 *   heap --append beyond BLOB_INLINE_MAX--> space      where the bytes are
 *   open --finish--> finishing --> finished            what may be called
 */
struct ingest {
    unsigned magic;
    struct blob_store *store; /* borrowed */
    struct loop *loop;        /* borrowed */
    uint64_t size;            /* bytes appended */

    char *heap;              /* owned; NULL once there is a space */
    size_t heap_room;        /* bytes that fit into heap */
    struct file_hash *hash;  /* owned; follows the space; NULL while the bytes are on the heap */
    struct blob_space space; /* owned while `hash` is there and the blob was not made of it */

    void (*drained)(void *arg); /* a writer waits; NULL: none */
    void *drained_arg;          /* borrowed */

    struct digest expected; /* from ingest_finish() on; no text: any sha256 will do */
    ingest_done_fn done;    /* NULL before, and again when it was called */
    void *done_arg;         /* borrowed */
    bool finishing;         /* ingest_finish() was called */
    bool deferred;          /* a deferred call will come */
    bool freed;             /* that call shall free it */
};

int ingest_new(struct ingest **ret, struct blob_store *store, struct loop *loop, struct err *err)
{
    struct ingest *in = calloc(1, sizeof(*in));

    if (in == NULL)
        return err_set(err, ERR_NOMEM, "upload");
    in->magic = INGEST_MAGIC;
    in->store = store;
    in->loop = loop;
    *ret = in;
    return 0;
}

static void ingest_destroy(struct ingest *in)
{
    in->magic = 0;
    free(in);
}

/* Nothing reads the space any more. */
static void on_hash_closed(void *arg)
{
    struct ingest *in;

    CAST_ARG(in, arg, INGEST_MAGIC);
    if (in->space.mark != NULL)
        in->store->ops->space_free(in->store, &in->space);
    ingest_destroy(in);
}

/* Drops what is on the heap, if anything. */
static void heap_drop(struct ingest *in)
{
    if (in->heap == NULL)
        return;
    in->store->ops->discharge(in->store, in->size);
    free(STEAL(in->heap));
}

void ingest_free(struct ingest *in)
{
    if (in == NULL)
        return;
    in->done = NULL;
    in->drained = NULL;
    in->freed = true;
    heap_drop(in);
    if (in->hash != NULL)
        file_hash_free(STEAL(in->hash), on_hash_closed, in);
    else if (!in->deferred)
        ingest_destroy(in);
}

uint64_t ingest_size(const struct ingest *in)
{
    return in->size;
}

static void drained_if_caught_up(struct ingest *in)
{
    void (*drained)(void *arg) = in->drained;

    if (drained == NULL || file_hash_lag(in->hash) > LAG_MAX / 2)
        return;
    in->drained = NULL;
    drained(in->drained_arg);
}

static void finish_space(struct ingest *in);

static void on_hash_changed(void *arg)
{
    struct ingest *in;

    CAST_ARG(in, arg, INGEST_MAGIC);
    if (!in->finishing)
        drained_if_caught_up(in);
    else if (file_hash_is_finished(in->hash))
        finish_space(in);
}

bool ingest_is_behind(struct ingest *in, void (*drained)(void *arg), void *arg)
{
    if (in->hash == NULL || file_hash_lag(in->hash) < LAG_MAX)
        return false;
    in->drained = drained;
    in->drained_arg = arg;
    return true;
}

/* Writes at an offset of the space, all of it. */
static int space_write(struct ingest *in, uint64_t at, const void *p, size_t n, struct err *err)
{
    size_t done = 0;

    while (done < n) {
        ssize_t got = pwrite(in->space.fd, (const char *)p + done, n - done,
                             (off_t)(in->space.offset + at + done));

        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0 && (errno == ENOSPC || errno == EDQUOT || errno == EFBIG))
            return err_set(err, ERR_STORAGE_FULL, "storage is full: %s", strerrordesc_np(errno));
        if (got <= 0)
            return err_sys(err, "cannot write the blob");
        done += (size_t)got;
    }
    return 0;
}

/* Charges up to `end`; what was charged once stays so, because its pages may be there. */
static int space_extend(struct ingest *in, uint64_t end, struct err *err)
{
    uint64_t more = end - in->space.written;

    if (in->store->ops->charge(in->store, more, err) != 0)
        return -1;
    if (end > in->space.size) {
        in->store->ops->discharge(in->store, more);
        return err_set(err, ERR_STORAGE_FULL, "a blob can have at most %llu bytes",
                       (unsigned long long)in->space.size);
    }
    in->space.written = end;
    return 0;
}

static int space_append(struct ingest *in, const void *p, size_t n, struct err *err)
{
    uint64_t end = in->size + n;

    if (end > in->space.written && space_extend(in, end, err) != 0)
        return -1;
    if (space_write(in, in->size, p, n, err) != 0)
        return -1;
    in->size = end;
    file_hash_advance(in->hash, end);
    return 0;
}

/* Makes the space and the job that follows it; on failure all is as before. */
static int space_open(struct ingest *in, struct err *err)
{
    if (in->store->ops->space_new(in->store, &in->space, err) != 0)
        return -1;
    if (file_hash_new(&in->hash, in->loop, in->space.fd, in->space.offset, on_hash_changed, in,
                      err) != 0) {
        in->store->ops->space_free(in->store, &in->space);
        return -1;
    }
    return 0;
}

/* Moves what is on the heap into a space; it was charged already. */
static int heap_to_space(struct ingest *in, struct err *err)
{
    if (space_open(in, err) != 0)
        return -1;
    if (space_write(in, 0, in->heap, in->size, err) != 0) {
        file_hash_free(STEAL(in->hash), NULL, NULL);
        in->store->ops->space_free(in->store, &in->space);
        return -1;
    }
    in->space.written = in->size;
    file_hash_advance(in->hash, in->size);
    free(STEAL(in->heap));
    return 0;
}

static int heap_grow(struct ingest *in, size_t size, struct err *err)
{
    size_t room = in->heap_room > 0 ? in->heap_room : HEAP_FIRST;
    char *p;

    while (room < size)
        room *= 2;
    p = realloc(in->heap, room);
    if (p == NULL)
        return err_set(err, ERR_NOMEM, "upload of %zu bytes", size);
    in->heap = p;
    in->heap_room = room;
    return 0;
}

static int heap_append(struct ingest *in, const void *p, size_t n, struct err *err)
{
    if (in->size + n > in->heap_room && heap_grow(in, in->size + n, err) != 0)
        return -1;
    if (in->store->ops->charge(in->store, n, err) != 0)
        return -1;
    memcpy(in->heap + in->size, p, n);
    in->size += n;
    return 0;
}

int ingest_append(struct ingest *in, const void *p, size_t n, struct err *err)
{
    ASSERT(!in->finishing);
    if (n == 0)
        return 0;
    if (in->hash == NULL) {
        if (in->size + n <= BLOB_INLINE_MAX)
            return heap_append(in, p, n, err);
        if (heap_to_space(in, err) != 0)
            return -1;
    }
    return space_append(in, p, n, err);
}

int ingest_truncate(struct ingest *in, uint64_t size, struct err *err)
{
    (void)err;
    ASSERT(!in->finishing && size <= in->size);
    if (in->hash != NULL)
        file_hash_truncate(in->hash, size);
    else
        in->store->ops->discharge(in->store, in->size - size);
    in->size = size;
    return 0;
}

/* Calls back, last of all: the callee frees the ingest. Takes the blob. */
static void report(struct ingest *in, struct blob *blob, const struct err *err)
{
    ingest_done_fn done = STEAL(in->done);

    done(in->done_arg, blob, err);
}

static int check_digest(const struct ingest *in, const struct digest *actual, struct err *err)
{
    if (in->expected.text[0] == '\0' || digest_equal(actual, &in->expected))
        return 0;
    return err_set(err, ERR_DIGEST, "the content has the digest %s", actual->text);
}

static void finish_space(struct ingest *in)
{
    struct err err = {.code = ERR_NONE};
    struct blob_space space = in->space;
    struct blob *blob = NULL;
    struct digest actual;

    if (file_hash_result(in->hash, &actual, &err) == 0 && check_digest(in, &actual, &err) == 0) {
        in->space.mark = NULL; /* the store takes it, also on failure */
        (void)in->store->ops->add_space(in->store, &actual, &space, in->size, &blob, &err);
    }
    report(in, blob, blob != NULL ? NULL : &err);
}

/* Hands the bytes on the heap to the store. */
static int heap_to_blob(struct ingest *in, struct blob **ret, struct err *err)
{
    struct digest actual;
    void *data;

    if (in->heap == NULL && heap_grow(in, 0, err) != 0)
        return -1;
    if (digest_of(&actual, in->expected.algorithm, in->heap, in->size, err) != 0 ||
        check_digest(in, &actual, err) != 0)
        return -1;
    data = realloc(in->heap, in->size > 0 ? in->size : 1);
    if (data == NULL)
        data = in->heap; /* could not be made smaller */
    in->heap = NULL;
    return in->store->ops->add_memory(in->store, &actual, data, in->size, ret, err);
}

static void finish_heap(void *arg)
{
    struct err err = {.code = ERR_NONE};
    struct blob *blob = NULL;
    struct ingest *in;

    CAST_ARG(in, arg, INGEST_MAGIC);
    in->deferred = false;
    if (in->freed) {
        ingest_destroy(in);
        return;
    }
    (void)heap_to_blob(in, &blob, &err);
    report(in, blob, blob != NULL ? NULL : &err);
}

void ingest_finish(struct ingest *in, const struct digest *expected, ingest_done_fn done, void *arg)
{
    ASSERT(!in->finishing);
    in->finishing = true;
    in->drained = NULL;
    if (expected != NULL)
        in->expected = *expected;
    in->done = done;
    in->done_arg = arg;
    if (in->hash != NULL) {
        file_hash_finish(in->hash, in->expected.algorithm);
    } else {
        in->deferred = true;
        loop_defer(in->loop, finish_heap, in);
    }
}
