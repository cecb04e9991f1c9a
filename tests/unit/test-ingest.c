/* SPDX-License-Identifier: MIT */
#include "registry/store/ingest.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/util/err.h"
#include "lib/util/util.h"
#include "registry/store/blob_store.h"
#include "tests/tap/tap.h"
#include "tests/unit/failing_malloc.h"
#include "tests/unit/store_help.h"

enum { SIZE = 8 * 1024 * 1024, SHIFT = 5 };

struct fixture {
    struct loop *loop;        /* owned */
    struct blob_store *store; /* owned */
    struct ingest *in;        /* owned */
    const char *bytes;        /* SIZE + SHIFT of them */
    struct blob *blob;        /* owned: what finish gave */
    struct err err;           /* or why not */
    unsigned calls;           /* of done() */
};

/* The same bytes for every fixture. */
static const char *test_bytes(void)
{
    static char bytes[SIZE + SHIFT];

    if (bytes[0] == 0)
        help_fill(bytes, sizeof(bytes), 11);
    ASSERT(bytes[0] != 0);
    return bytes;
}

static void setup(struct fixture *f, uint64_t limit)
{
    *f = (struct fixture){.loop = help_loop(), .bytes = test_bytes()};
    ASSERT(blob_store_memory_new(&f->store, f->loop, limit, NULL) == 0);
    ASSERT(ingest_new(&f->in, f->store, f->loop, NULL) == 0);
}

static void teardown(struct fixture *f)
{
    blob_unref(f->blob);
    ingest_free(f->in);
    blob_store_free(f->store);
    loop_free(f->loop);
}

static void on_done(void *arg, struct blob *blob, const struct err *err)
{
    struct fixture *f = arg;

    f->calls++;
    f->blob = blob;
    if (err != NULL)
        f->err = *err;
    loop_stop(f->loop);
}

static void finish(struct fixture *f, const struct digest *expected)
{
    ingest_finish(f->in, expected, on_done, f);
    ASSERT(f->calls == 0); /* never from within */
    ASSERT(loop_run(f->loop, NULL) == 0);
}

static void append(struct fixture *f, size_t from, size_t to)
{
    ASSERT(ingest_append(f->in, f->bytes + from, to - from, NULL) == 0);
}

static bool blob_holds(const struct blob *b, const void *want, size_t n)
{
    char *got = malloc(n + 1);
    bool same;

    ASSERT(got != NULL);
    if (b == NULL || b->size != n) {
        free(got);
        return false;
    }
    if (b->data != NULL)
        memcpy(got, b->data, n);
    else
        ASSERT(pread(b->fd, got, n, (off_t)b->offset) == (ssize_t)n);
    same = memcmp(got, want, n) == 0;
    free(got);
    return same;
}

/* Appends n bytes in pieces and checks what becomes of them. */
static bool arrives(size_t n, size_t piece, enum digest_algorithm algorithm)
{
    struct fixture f;
    struct digest d;
    bool good;

    setup(&f, 0);
    d = help_digest(algorithm, f.bytes, n);
    for (size_t at = 0; at < n; at += piece)
        append(&f, at, at + piece < n ? at + piece : n);
    good = ingest_size(f.in) == n;
    finish(&f, &d);
    good = good && f.calls == 1 && blob_holds(f.blob, f.bytes, n) &&
           digest_equal(&f.blob->digest, &d) && f.store->ops->find(f.store, &d) == f.blob &&
           f.store->ops->used(f.store) == n && (f.blob->data != NULL) == (n <= BLOB_INLINE_MAX);
    teardown(&f);
    return good;
}

static void test_sizes(void)
{
    static const size_t sizes[] = {0,
                                   1,
                                   1023,
                                   1024,
                                   1025,
                                   BLOB_INLINE_MAX - 1,
                                   BLOB_INLINE_MAX,
                                   BLOB_INLINE_MAX + 1,
                                   2 * BLOB_INLINE_MAX,
                                   1 << 20,
                                   SIZE};
    static const size_t pieces[] = {1000, 4096, BLOB_INLINE_MAX, 256 * 1024, SIZE};

    for (size_t i = 0; i < ARRAY_LEN(sizes); i++) {
        for (size_t k = 0; k < ARRAY_LEN(pieces); k++) {
            ok(arrives(sizes[i], pieces[k], DIGEST_SHA256), "%zu bytes in pieces of %zu", sizes[i],
               pieces[k]);
        }
        ok(arrives(sizes[i], 100000, DIGEST_SHA512), "%zu bytes by sha512", sizes[i]);
    }
}

/* Two pieces that meet at each place around the bound between heap and file. */
static void test_split(void)
{
    enum { AROUND = 3, N = BLOB_INLINE_MAX + AROUND };
    unsigned wrong = 0;

    for (size_t n = BLOB_INLINE_MAX - AROUND; n <= N; n++) {
        for (size_t first = BLOB_INLINE_MAX - AROUND; first <= n; first++) {
            struct fixture f;
            struct digest d;

            setup(&f, 0);
            d = help_digest(DIGEST_SHA256, f.bytes, n);
            append(&f, 0, first);
            append(&f, first, n);
            finish(&f, &d);
            wrong += !blob_holds(f.blob, f.bytes, n);
            teardown(&f);
        }
    }
    is_int(wrong, 0, "every split around %d bytes", BLOB_INLINE_MAX);
}

static void test_mismatch(void)
{
    static const size_t sizes[] = {10, SIZE};

    for (size_t i = 0; i < ARRAY_LEN(sizes); i++) {
        struct fixture f;
        struct digest wrong;

        setup(&f, 0);
        wrong = help_digest(DIGEST_SHA256, "other", 5);
        append(&f, 0, sizes[i]);
        finish(&f, &wrong);
        ok(f.blob == NULL && f.err.code == ERR_DIGEST, "%zu bytes: another digest is refused",
           sizes[i]);
        ok(f.store->ops->find(f.store, &wrong) == NULL, "%zu bytes: nothing is stored", sizes[i]);
        ingest_free(STEAL(f.in));
        is_int((long long)f.store->ops->used(f.store), 0, "%zu bytes: nothing is counted",
               sizes[i]);
        teardown(&f);
    }
}

static void test_any_digest(void)
{
    static const size_t sizes[] = {0, 10, SIZE};

    for (size_t i = 0; i < ARRAY_LEN(sizes); i++) {
        struct fixture f;

        setup(&f, 0);
        append(&f, 0, sizes[i]);
        finish(&f, NULL);
        ok(blob_holds(f.blob, f.bytes, sizes[i]), "%zu bytes of any digest", sizes[i]);
        ok(f.blob != NULL &&
               strcmp(f.blob->digest.text, help_digest(DIGEST_SHA256, f.bytes, sizes[i]).text) == 0,
           "%zu bytes of any digest: their sha256", sizes[i]);
        teardown(&f);
    }
}

static void test_full(void)
{
    struct fixture f;
    struct err err = {.code = ERR_NONE};
    struct digest d;

    setup(&f, 100000);
    is_int(ingest_append(f.in, f.bytes, 100001, &err), -1, "more than the limit at once");
    is_int(err.code, ERR_STORAGE_FULL, "its error");
    ok(strstr(err.msg, "limits.storage") != NULL, "its message names the key: %s", err.msg);
    is_int((long long)ingest_size(f.in), 0, "nothing of it counts");
    append(&f, 0, 60000);
    is_int(ingest_append(f.in, f.bytes, 50000, &err), -1, "too much where heap becomes file");
    append(&f, 60000, 100000);
    is_int(ingest_append(f.in, "x", 1, &err), -1, "one byte too many");
    is_int((long long)f.store->ops->used(f.store), 100000, "the store is full");
    d = help_digest(DIGEST_SHA256, f.bytes, 100000);
    finish(&f, &d);
    ok(blob_holds(f.blob, f.bytes, 100000), "what fits is stored in spite of the refusals");
    teardown(&f);
}

static void truncated(size_t n, size_t keep, bool pause)
{
    struct fixture f;
    struct digest d;
    int fd = -1;

    setup(&f, 0);
    d = help_digest(DIGEST_SHA256, f.bytes, n);
    append(&f, 0, keep);
    ASSERT(ingest_append(f.in, f.bytes + SHIFT, n - keep, NULL) ==
           0); /* not what shall stand there */
    if (pause)
        help_settle(f.loop);
    is_int(ingest_truncate(f.in, keep, NULL), 0, "%zu bytes cut to %zu", n, keep);
    is_int((long long)ingest_size(f.in), (long long)keep, "%zu bytes cut to %zu: size", n, keep);
    append(&f, keep, n);
    finish(&f, &d);
    ok(blob_holds(f.blob, f.bytes, n), "%zu bytes cut to %zu: written anew", n, keep);
    is_int((long long)f.store->ops->used(f.store), (long long)n, "%zu bytes cut to %zu: counted", n,
           keep);
    if (f.blob != NULL && f.blob->data == NULL)
        fd = f.blob->fd;
    blob_unref(STEAL(f.blob));
    help_settle(f.loop);
    ok(fd < 0 || help_held(fd) == 0, "%zu bytes cut to %zu: memory", n, keep);
    teardown(&f);
}

static void test_truncate(void)
{
    truncated(1000, 10, false);
    truncated(1000, 1000, false);
    truncated(100000, 0, false);
    truncated(100000, 60000, false);
    truncated(SIZE, 0, false);
    truncated(SIZE, 100, true);
    truncated(SIZE, SIZE / 2 + 1, false);
    truncated(SIZE, SIZE / 2 + 1, true);
}

/* What was cut off and not written again is discharged and freed when the blob is made. */
static void test_truncate_rest(void)
{
    struct fixture f;
    struct digest d;

    setup(&f, 0);
    append(&f, 0, SIZE);
    ASSERT(ingest_truncate(f.in, 100000, NULL) == 0);
    d = help_digest(DIGEST_SHA256, f.bytes, 100000);
    finish(&f, &d);
    ok(blob_holds(f.blob, f.bytes, 100000), "a blob that was once longer");
    is_int((long long)f.store->ops->used(f.store), 100000, "counts what it has");
    help_settle(f.loop);
    ok(f.blob != NULL && help_held(f.blob->fd) == 102400, "and holds no more");
    teardown(&f);
}

static void test_cancel(void)
{
    struct fixture f;
    struct digest d;

    setup(&f, 0);
    append(&f, 0, SIZE);
    ingest_free(STEAL(f.in));
    help_settle(f.loop);
    is_int((long long)f.store->ops->used(f.store), 0, "cancelled while a job reads");
    ASSERT(ingest_new(&f.in, f.store, f.loop, NULL) == 0);
    append(&f, 0, SIZE);
    d = help_digest(DIGEST_SHA256, f.bytes, SIZE);
    ingest_finish(f.in, &d, on_done, &f);
    ingest_free(STEAL(f.in));
    help_settle(f.loop);
    is_int(f.calls, 0, "a cancelled finish does not call back");
    ok(f.store->ops->find(f.store, &d) == NULL && f.store->ops->used(f.store) == 0,
       "and stores nothing");
    ASSERT(ingest_new(&f.in, f.store, f.loop, NULL) == 0);
    append(&f, 0, 10);
    d = help_digest(DIGEST_SHA256, f.bytes, 10);
    ingest_finish(f.in, &d, on_done, &f);
    ingest_free(STEAL(f.in));
    help_settle(f.loop);
    is_int(f.calls, 0, "nor does that of a small one");
    is_int((long long)f.store->ops->used(f.store), 0, "nor is it counted");
    ASSERT(ingest_new(&f.in, f.store, f.loop, NULL) == 0);
    append(&f, 0, SIZE);
    teardown(&f); /* ingest, store and loop go while a job reads */
    ingest_free(NULL);
}

static void test_again(void)
{
    struct fixture f;
    struct blob *first;
    struct digest d;

    setup(&f, 0);
    d = help_digest(DIGEST_SHA256, f.bytes, SIZE);
    append(&f, 0, SIZE);
    finish(&f, &d);
    first = f.blob;
    ingest_free(f.in);
    ASSERT(ingest_new(&f.in, f.store, f.loop, NULL) == 0);
    append(&f, 0, SIZE);
    f.calls = 0;
    finish(&f, &d);
    ok(f.blob == first && first->refs == 2, "the same bytes again are the same blob");
    is_int((long long)f.store->ops->used(f.store), SIZE, "counted once");
    blob_unref(first);
    teardown(&f);
}

static void on_drained(void *arg)
{
    struct fixture *f = arg;

    f->calls++;
    loop_stop(f->loop);
}

static void test_behind(void)
{
    struct fixture f;
    unsigned pieces = 0;

    setup(&f, 0);
    ok(!ingest_is_behind(f.in, on_drained, &f), "an empty one is not behind");
    while (!ingest_is_behind(f.in, on_drained, &f) && pieces < 1000) {
        append(&f, 0, SIZE / 8);
        pieces++;
    }
    ok(pieces >= 64 && pieces < 1000, "the digest may be 64 MiB behind: %u MiB were written",
       pieces);
    ASSERT(loop_run(f.loop, NULL) == 0);
    is_int(f.calls, 1, "the writer is called when it caught up");
    ok(!ingest_is_behind(f.in, on_drained, &f), "and may go on");
    help_settle(f.loop);
    is_int(f.calls, 1, "and is called once");
    teardown(&f);
}

/* Fails each allocation of an append in turn; what came before is kept. */
static void test_no_memory(void)
{
    static const size_t sizes[] = {100, 50000, 60000, 200000};
    bool failed = true;
    unsigned wrong = 0;
    unsigned n;

    for (n = 1; failed; n++) {
        struct fixture f;
        struct digest d;
        size_t at = 0;

        setup(&f, 0);
        failing_malloc_arm(n);
        for (size_t i = 0; i < ARRAY_LEN(sizes); i++) {
            if (ingest_append(f.in, f.bytes + at, sizes[i], NULL) != 0)
                ASSERT(ingest_append(f.in, f.bytes + at, sizes[i], NULL) == 0);
            at += sizes[i];
        }
        failed = failing_malloc_disarm();
        d = help_digest(DIGEST_SHA256, f.bytes, at);
        finish(&f, &d);
        wrong += !blob_holds(f.blob, f.bytes, at) || f.store->ops->used(f.store) != at;
        teardown(&f);
    }
    ok(n > 4 && wrong == 0, "each of %u allocations may fail and be tried again", n - 2);
}

int main(void)
{
    plan_lazy();
    test_sizes();
    test_split();
    test_mismatch();
    test_any_digest();
    test_full();
    test_truncate();
    test_truncate_rest();
    test_cancel();
    test_again();
    test_behind();
    test_no_memory();
    done_testing();
}
