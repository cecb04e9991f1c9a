/* SPDX-License-Identifier: MIT */
/* The table of a blob store and its memory backend. */
#include "registry/store/blob_store.h"

#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "lib/util/err.h"
#include "lib/util/util.h"
#include "tests/tap/tap.h"
#include "tests/unit/failing_malloc.h"
#include "tests/unit/store_help.h"

static struct blob_store *store_new(struct loop *loop, uint64_t limit)
{
    struct blob_store *s = NULL;

    ASSERT(blob_store_memory_new(&s, loop, limit, NULL) == 0);
    return s;
}

static struct blob *put(struct blob_store *s, const char *text)
{
    struct digest d = help_digest(DIGEST_SHA256, text, strlen(text));
    struct blob *b = NULL;

    ASSERT(blob_store_put(s, &d, text, strlen(text), &b, NULL) == 0);
    return b;
}

static void test_memory(void)
{
    struct loop *loop = help_loop();
    struct blob_store *s = store_new(loop, 0);
    struct digest d = help_digest(DIGEST_SHA256, "hello", 5);
    struct blob *b;
    struct blob *again;

    ok(s->ops->find(s, &d) == NULL, "an empty store has nothing");
    b = put(s, "hello");
    is_mem(b->data, b->size, "hello", 5, "the bytes of a small blob");
    is_str(b->digest.text, d.text, "its digest");
    ok(s->ops->find(s, &d) == b, "it is found");
    is_int((long long)s->ops->used(s), 5, "its bytes are counted");
    again = put(s, "hello");
    ok(again == b && b->refs == 2, "the same bytes again are the same blob");
    is_int((long long)s->ops->used(s), 5, "and are counted once");
    blob_unref(again);
    ok(blob_ref(b) == b && b->refs == 2, "a reference more");
    blob_unref(b);
    ok(s->ops->find(s, &d) == b, "a blob with a reference stays");
    blob_unref(b);
    ok(s->ops->find(s, &d) == NULL, "without one it goes");
    is_int((long long)s->ops->used(s), 0, "its bytes are not counted any more");
    b = put(s, "");
    ok(b->size == 0 && b->data != NULL, "an empty blob has (no) bytes in memory");
    blob_unref(b);
    blob_unref(NULL);
    blob_store_free(s);
    blob_store_free(NULL);
    loop_free(loop);
}

static void test_limit(void)
{
    struct loop *loop = help_loop();
    struct blob_store *s = store_new(loop, 10);
    struct digest d = help_digest(DIGEST_SHA256, "123456", 6);
    struct err err = {.code = ERR_NONE};
    struct blob *b = put(s, "12345");
    struct blob *none = NULL;

    is_int((long long)s->ops->limit(s), 10, "the limit");
    is_int(blob_store_put(s, &d, "123456", 6, &none, &err), -1, "more than the limit is refused");
    is_int(err.code, ERR_STORAGE_FULL, "a full store: error code");
    is_str(err.msg,
           "storage is full: 5 of 10 bytes are used and 6 more do not fit (limits.storage)",
           "a full store: message");
    ok(none == NULL && s->ops->find(s, &d) == NULL, "nothing is stored");
    is_int((long long)s->ops->used(s), 5, "nothing is counted");
    is_int(s->ops->charge(s, UINT64_MAX, &err), -1, "no overflow at a huge size");
    is_int(s->ops->charge(s, 5, NULL), 0, "the last bytes fit");
    is_int(s->ops->charge(s, 1, NULL), -1, "not one more");
    s->ops->discharge(s, 5);
    blob_unref(b);
    is_int(blob_store_put(s, &d, "123456", 6, &b, &err), 0, "what was deleted makes room at once");
    blob_unref(b);
    blob_store_free(s);
    loop_free(loop);
}

static void write_space(struct blob_space *space, const void *p, size_t n)
{
    ASSERT(pwrite(space->fd, p, n, (off_t)space->offset) == (ssize_t)n);
    space->written = n;
}

enum { BIG = 300 * 1024 };

static void test_space(void)
{
    struct loop *loop = help_loop();
    struct blob_store *s = store_new(loop, 0);
    static char bytes[BIG];
    static char got[BIG];
    struct blob_space space;
    struct blob_space other;
    struct digest d;
    struct blob *b = NULL;
    struct blob *again = NULL;
    int fd;

    help_fill(bytes, BIG, 1);
    d = help_digest(DIGEST_SHA256, bytes, BIG - 5000);
    ASSERT(s->ops->space_new(s, &space, NULL) == 0 && s->ops->space_new(s, &other, NULL) == 0);
    ok(space.fd == other.fd, "one descriptor for all spaces");
    ok(space.size >= 1ULL << 40, "without a limit there is room for a very large blob");
    fd = space.fd;
    ASSERT(s->ops->charge(s, 2ULL * BIG, NULL) == 0);
    write_space(&space, bytes, BIG);
    write_space(&other, bytes, BIG);
    is_int(s->ops->add_space(s, &d, &space, BIG - 5000, &b, NULL), 0, "a blob in a space");
    ok(b->data == NULL && b->fd == fd && b->size == BIG - 5000, "its bytes are in the file");
    is_int((long long)s->ops->used(s), 2LL * BIG - 5000, "what lies behind its end is discharged");
    is_int(s->ops->add_space(s, &d, &other, BIG - 5000, &again, NULL), 0, "the same bytes again");
    ok(again == b && b->refs == 2, "are the same blob");
    is_int((long long)s->ops->used(s), BIG - 5000, "and are counted once");
    help_settle(loop);
    is_int((long long)help_held(fd), (BIG - 5000 + 4095) / 4096 * 4096, "and held once");
    ok(pread(b->fd, got, b->size, (off_t)b->offset) == (ssize_t)b->size &&
           memcmp(got, bytes, b->size) == 0,
       "the bytes are read back");
    blob_unref(again);
    blob_unref(b);
    help_settle(loop);
    is_int((long long)help_held(fd), 0, "a blob that goes frees its memory");
    is_int((long long)s->ops->used(s), 0, "and its count");
    blob_store_free(s);
    loop_free(loop);
}

/* Byte i is i times a number of the caller's, which counts how often it was freed. */
static void fill_multiples(const void *arg, uint64_t offset, void *dst, size_t n)
{
    const unsigned *factor = arg;

    for (size_t i = 0; i < n; i++)
        ((unsigned char *)dst)[i] = (unsigned char)((offset + i) * *factor);
}

static void forget(void *arg)
{
    *(unsigned *)arg = 0;
}

static void test_generated(void)
{
    const uint64_t size = UINT64_C(1) << 45;
    struct loop *loop = help_loop();
    struct blob_store *s = store_new(loop, 10);
    struct digest d = help_digest(DIGEST_SHA256, "any", 3);
    unsigned factor = 3;
    unsigned other = 4;
    const struct blob_generator generator = {fill_multiples, forget, &factor};
    const struct blob_generator second = {fill_multiples, forget, &other};
    unsigned char got[5];
    struct blob *b = NULL;
    struct blob *again = NULL;

    is_int(s->ops->add_generated(s, &d, &generator, size, &b, NULL), 0, "a blob of 32 TiB");
    is_int((long long)s->ops->used(s), 0, "does not count against the limit");
    ok(b->size == size && b->data == NULL && b->fd == -1, "it is neither in memory nor in a file");
    ok(s->ops->find(s, &d) == b, "and is found");
    is_int(blob_read(b, size - 5, got, 5, NULL), 0, "its end is read");
    is_mem(got, 5, "\xf1\xf4\xf7\xfa\xfd", 5, "and is as its generator makes it");
    is_int(s->ops->add_generated(s, &d, &second, size, &again, NULL), 0, "the same once more");
    ok(again == b && b->refs == 2 && other == 0, "is the same blob, the new generator goes");
    blob_unref(again);
    is_int((long long)factor, 3, "the first one stays");
    blob_unref(b);
    ok(factor == 0 && s->ops->find(s, &d) == NULL, "and goes with the blob");
    is_int((long long)s->ops->used(s), 0, "nothing is discharged that was not charged");
    blob_store_free(s);
    loop_free(loop);
}

static void test_read(void)
{
    struct loop *loop = help_loop();
    struct blob_store *s = store_new(loop, 0);
    struct blob *b = put(s, "0123456789");
    struct digest d = help_digest(DIGEST_SHA256, "abc", 3);
    struct err err = {.code = ERR_NONE};
    struct blob_space space;
    char got[4] = "";

    is_int(blob_read(b, 7, got, 3, NULL), 0, "bytes in memory are read");
    is_str(got, "789", "from the offset on");
    is_int(blob_read(b, 10, got, 0, NULL), 0, "none at the end");
    blob_unref(b);
    ASSERT(s->ops->space_new(s, &space, NULL) == 0 && s->ops->charge(s, 3, NULL) == 0);
    write_space(&space, "abc", 3);
    ASSERT(s->ops->add_space(s, &d, &space, 3, &b, NULL) == 0);
    is_int(blob_read(b, 1, got, 2, NULL), 0, "bytes in the file are read");
    is_mem(got, 2, "bc", 2, "from the offset on");
    b->size = UINT64_C(1) << 40; /* as if somebody had cut the file */
    is_int(blob_read(b, 1 << 30, got, 1, &err), -1, "a file that is too short is an error");
    is_str(err.msg, "cannot read a blob back: Input/output error", "with the reason");
    b->size = 3;
    blob_unref(b);
    blob_store_free(s);
    loop_free(loop);
}

static void test_space_free(void)
{
    struct loop *loop = help_loop();
    struct blob_store *s = store_new(loop, 1 << 20);
    struct blob_space space;
    struct blob_space late;
    char bytes[100] = {1};

    ASSERT(s->ops->space_new(s, &space, NULL) == 0 && s->ops->space_new(s, &late, NULL) == 0);
    is_int((long long)space.size, 1 << 20, "a space is as large as the limit");
    ASSERT(s->ops->charge(s, 100, NULL) == 0);
    write_space(&space, bytes, sizeof(bytes));
    s->ops->space_free(s, &space);
    is_int((long long)s->ops->used(s), 0, "a space that is given back is discharged");
    help_settle(loop);
    is_int((long long)help_held(late.fd), 0, "and punched out");
    ASSERT(s->ops->charge(s, 100, NULL) == 0);
    write_space(&late, bytes, sizeof(bytes));
    blob_store_free(s);
    is_int((long long)help_held(late.fd), 4096,
           "the file outlives the store while a space is open");
    s->ops->space_free(s, &late);
    loop_free(loop);
}

/* A process that may not write large files is not killed, and still takes some pushes. */
static void test_file_size_limit(void)
{
    struct loop *loop = help_loop();
    struct blob_store *s;
    struct blob_space space[4];
    struct blob_space none;
    struct rlimit before;
    struct rlimit small;
    struct err err = {.code = ERR_NONE};

    ASSERT(getrlimit(RLIMIT_FSIZE, &before) == 0);
    small = before;
    small.rlim_cur = 4 << 20;
    ASSERT(setrlimit(RLIMIT_FSIZE, &small) == 0);
    s = store_new(loop, 0);
    ASSERT(setrlimit(RLIMIT_FSIZE, &before) == 0);
    for (size_t i = 0; i < ARRAY_LEN(space); i++)
        ASSERT(s->ops->space_new(s, &space[i], NULL) == 0);
    is_int((long long)(space[3].offset + space[3].size), 4 << 20, "spaces end where files may");
    is_int(s->ops->space_new(s, &none, &err), -1, "there is no room for more");
    is_int(err.code, ERR_STORAGE_FULL, "no room: error");
    for (size_t i = 0; i < ARRAY_LEN(space); i++)
        s->ops->space_free(s, &space[i]);
    blob_store_free(s);
    loop_free(loop);
}

/* Fails each allocation in turn until the operation succeeds. */
static void test_no_memory(void)
{
    struct loop *loop = help_loop();
    struct blob_store *s = store_new(loop, 0);
    struct digest d = help_digest(DIGEST_SHA256, "abc", 3);
    struct blob_space space;
    struct blob *b = NULL;
    bool failed = true;
    unsigned wrong = 0;
    unsigned n = 0;

    while (failed) {
        struct err err = {.code = ERR_NONE};
        int rc;

        failing_malloc_arm(++n);
        rc = blob_store_put(s, &d, "abc", 3, &b, &err);
        failed = failing_malloc_disarm();
        if ((rc == 0) == failed || (failed && (err.code != ERR_NOMEM || s->ops->used(s) != 0 ||
                                               s->ops->find(s, &d) != NULL)))
            wrong++;
    }
    ok(n > 2 && wrong == 0, "each of %u allocations of a small blob may fail", n - 1);
    blob_unref(b);
    for (failed = true, n = 0; failed;) {
        failing_malloc_arm(++n);
        b = NULL;
        if (s->ops->space_new(s, &space, NULL) == 0) {
            ASSERT(s->ops->charge(s, 3, NULL) == 0);
            write_space(&space, "abc", 3);
            (void)s->ops->add_space(s, &d, &space, 3, &b, NULL);
        }
        failed = failing_malloc_disarm();
        wrong += (b == NULL) != failed;
        blob_unref(b);
        wrong += s->ops->used(s) != 0;
    }
    ok(n > 2 && wrong == 0, "each of %u allocations of a blob in a space may fail", n - 1);
    for (failed = true, n = 0; failed;) {
        unsigned factor = 1;
        const struct blob_generator generator = {fill_multiples, forget, &factor};

        failing_malloc_arm(++n);
        b = NULL;
        (void)s->ops->add_generated(s, &d, &generator, 3, &b, NULL);
        failed = failing_malloc_disarm();
        wrong += (b == NULL) != failed;
        blob_unref(b);
        wrong += factor != 0;
    }
    ok(n > 1 && wrong == 0, "each of %u allocations of a generated blob may fail", n - 1);
    blob_store_free(s);
    loop_free(loop);
}

/* Random puts, references and removals against a count per text. */
static void test_random(void)
{
    enum { TEXTS = 12, STEPS = 4000 };
    struct loop *loop = help_loop();
    struct blob_store *s = store_new(loop, 0);
    struct blob *blobs[TEXTS] = {NULL};
    unsigned refs[TEXTS] = {0};
    uint32_t state = 99;
    unsigned wrong = 0;
    uint64_t used = 0;

    for (unsigned i = 0; i < STEPS; i++) {
        size_t which = help_random(&state) % TEXTS;
        char text[TEXTS + 1] = "";

        memset(text, 'a', which + 1);
        if (help_random(&state) % 2 == 0) {
            blobs[which] = put(s, text);
            used += refs[which]++ == 0 ? which + 1 : 0;
        } else if (refs[which] > 0) {
            used -= --refs[which] == 0 ? which + 1 : 0;
            blob_unref(blobs[which]);
        }
        wrong += s->ops->used(s) != used || (refs[which] > 0 && blobs[which]->refs != refs[which]);
    }
    is_int(wrong, 0, "%d random puts and removals count right", STEPS);
    for (size_t i = 0; i < TEXTS; i++) {
        while (refs[i]-- > 0)
            blob_unref(blobs[i]);
    }
    is_int((long long)s->ops->used(s), 0, "and leave nothing");
    blob_store_free(s);
    loop_free(loop);
}

int main(void)
{
    plan_lazy();
    test_memory();
    test_limit();
    test_space();
    test_generated();
    test_read();
    test_space_free();
    test_file_size_limit();
    test_no_memory();
    test_random();
    done_testing();
}
