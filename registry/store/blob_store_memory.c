/* SPDX-License-Identifier: MIT */
/*
 * Blobs in memory: the small ones on the heap, the others each a range of an arena (arena.h).
 *
 * What is deleted stops counting against the limit at once, although a job frees its pages a
 * moment later: a client that deletes and then pushes must not be refused depending on how the
 * threads ran. The overshoot is short, since a punch frees memory ten times faster than a push
 * can fill it.
 */
#include "registry/store/blob_store.h"

#include <stdbool.h>
#include <stdlib.h>

#include "lib/util/err.h"
#include "lib/util/util.h"
#include "registry/store/arena.h"
#include "registry/store/table.h"

/* Room for one blob where no limit says how large it may become. */
#define SPACE_DEFAULT (1ULL << 40)

struct memory_blob {
    struct blob blob;          /* first: what the world sees */
    void *heap;                /* owned; NULL when the bytes are elsewhere */
    struct arena_range *range; /* owned; NULL when they are not in the arena */
    UT_hash_handle hh;         /* by blob.digest.text */
};

struct memory_store {
    struct blob_store base;
    struct arena *arena;       /* owned */
    struct memory_blob *blobs; /* table; entries are owned by their references */
    uint64_t used;             /* bytes charged */
    uint64_t limit;            /* 0: none */
    size_t spaces;             /* given out and not yet back */
    bool closed;               /* freed but for the spaces that are still open */
};

static struct memory_store *cast(struct blob_store *s)
{
    return (struct memory_store *)s;
}

static void store_destroy(struct memory_store *m)
{
    arena_free(m->arena);
    free(m);
}

static void memory_free(struct blob_store *s)
{
    struct memory_store *m = cast(s);

    ASSERT(TABLE_COUNT(m->blobs) == 0);
    m->closed = true;
    if (m->spaces == 0)
        store_destroy(m);
}

static struct blob *memory_find(struct blob_store *s, const struct digest *digest)
{
    struct memory_blob *b = TABLE_FIND(cast(s)->blobs, digest->text);

    return b != NULL ? &b->blob : NULL;
}

static int memory_charge(struct blob_store *s, uint64_t n, struct err *err)
{
    struct memory_store *m = cast(s);

    if (m->limit != 0 && n > m->limit - m->used)
        return err_set(err, ERR_STORAGE_FULL,
                       "storage is full: %llu of %llu bytes are used and %llu more do not fit "
                       "(limits.storage)",
                       (unsigned long long)m->used, (unsigned long long)m->limit,
                       (unsigned long long)n);
    m->used += n;
    return 0;
}

static void memory_discharge(struct blob_store *s, uint64_t n)
{
    ASSERT(n <= cast(s)->used);
    cast(s)->used -= n;
}

/* Where files may not grow large (ulimit -f), some pushes at a time must still fit. */
static uint64_t space_size(const struct memory_store *m)
{
    uint64_t size = m->limit != 0 ? m->limit : SPACE_DEFAULT;
    uint64_t share = arena_end(m->arena) / 4;

    return size < share ? size : share;
}

static int memory_space_new(struct blob_store *s, struct blob_space *ret, struct err *err)
{
    struct memory_store *m = cast(s);
    struct arena_range *range;

    if (arena_reserve(m->arena, space_size(m), &range, err) != 0)
        return -1;
    m->spaces++;
    *ret = (struct blob_space){
        .fd = arena_fd(m->arena),
        .offset = range->offset,
        .size = range->size,
        .mark = range,
    };
    return 0;
}

/* The space is back, whatever became of it. */
static void space_returned(struct memory_store *m)
{
    ASSERT(m->spaces > 0);
    m->spaces--;
    if (m->closed && m->spaces == 0)
        store_destroy(m);
}

static void memory_space_free(struct blob_store *s, const struct blob_space *space)
{
    memory_discharge(s, space->written);
    arena_release(space->mark, space->written);
    space_returned(cast(s));
}

/* Takes nothing on failure. */
static struct memory_blob *blob_new(struct memory_store *m, const struct digest *digest,
                                    uint64_t size)
{
    struct memory_blob *b = calloc(1, sizeof(*b));

    if (b == NULL)
        return NULL;
    b->blob.digest = *digest;
    b->blob.size = size;
    b->blob.fd = -1;
    b->blob.refs = 1;
    b->blob.store = &m->base;
    if (!TABLE_ADD(m->blobs, b->blob.digest.text, b)) {
        free(b);
        return NULL;
    }
    return b;
}

static int memory_add_memory(struct blob_store *s, const struct digest *digest, void *data,
                             size_t n, struct blob **ret, struct err *err)
{
    auto_free void *owned = data;
    struct blob *there = memory_find(s, digest);
    struct memory_blob *b;

    ASSERT(data != NULL);
    if (there != NULL) {
        memory_discharge(s, n);
        *ret = blob_ref(there);
        return 0;
    }
    b = blob_new(cast(s), digest, n);
    if (b == NULL) {
        memory_discharge(s, n);
        return err_set(err, ERR_NOMEM, "blob");
    }
    b->heap = STEAL(owned);
    b->blob.data = b->heap;
    *ret = &b->blob;
    return 0;
}

static int memory_add_space(struct blob_store *s, const struct digest *digest,
                            const struct blob_space *space, uint64_t n, struct blob **ret,
                            struct err *err)
{
    struct blob *there = memory_find(s, digest);
    struct memory_blob *b;

    ASSERT(n <= space->written);
    if (there != NULL) {
        memory_space_free(s, space);
        *ret = blob_ref(there);
        return 0;
    }
    b = blob_new(cast(s), digest, n);
    if (b == NULL) {
        memory_space_free(s, space);
        return err_set(err, ERR_NOMEM, "blob");
    }
    b->range = space->mark;
    b->blob.fd = space->fd;
    b->blob.offset = space->offset;
    arena_trim(b->range, n, space->written);
    memory_discharge(s, space->written - n);
    space_returned(cast(s));
    *ret = &b->blob;
    return 0;
}

static int memory_add_generated(struct blob_store *s, const struct digest *digest,
                                const struct blob_generator *generator, uint64_t n,
                                struct blob **ret, struct err *err)
{
    struct blob *there = memory_find(s, digest);
    struct memory_blob *b;

    if (there != NULL) {
        blob_generator_free(generator);
        *ret = blob_ref(there);
        return 0;
    }
    b = blob_new(cast(s), digest, n);
    if (b == NULL) {
        blob_generator_free(generator);
        return err_set(err, ERR_NOMEM, "blob");
    }
    b->blob.generator = *generator;
    *ret = &b->blob;
    return 0;
}

static void memory_release(struct blob_store *s, struct blob *blob)
{
    struct memory_blob *b = (struct memory_blob *)blob;
    struct memory_store *m = cast(s);

    TABLE_REMOVE(m->blobs, b);
    if (b->blob.generator.fill == NULL)
        memory_discharge(s, b->blob.size);
    blob_generator_free(&b->blob.generator);
    if (b->range != NULL)
        arena_release(b->range, b->range->size);
    free(b->heap);
    free(b);
}

static uint64_t memory_used(const struct blob_store *s)
{
    return ((const struct memory_store *)s)->used;
}

static uint64_t memory_limit(const struct blob_store *s)
{
    return ((const struct memory_store *)s)->limit;
}

static const struct blob_store_ops memory_ops = {
    .name = "memory",
    .free = memory_free,
    .find = memory_find,
    .charge = memory_charge,
    .discharge = memory_discharge,
    .space_new = memory_space_new,
    .space_free = memory_space_free,
    .add_memory = memory_add_memory,
    .add_space = memory_add_space,
    .add_generated = memory_add_generated,
    .release = memory_release,
    .used = memory_used,
    .limit = memory_limit,
};

int blob_store_memory_new(struct blob_store **ret, struct loop *loop, uint64_t limit,
                          struct err *err)
{
    struct memory_store *m = calloc(1, sizeof(*m));

    if (m == NULL)
        return err_set(err, ERR_NOMEM, "blob store");
    if (arena_new(&m->arena, loop, 0, err) != 0) {
        free(m);
        return -1;
    }
    m->base.ops = &memory_ops;
    m->limit = limit;
    *ret = &m->base;
    return 0;
}
