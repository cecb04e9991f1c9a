/* SPDX-License-Identifier: MIT */
#include "registry/store/file_hash.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "lib/util/err.h"
#include "lib/util/util.h"
#include "tests/tap/tap.h"
#include "tests/unit/store_help.h"

enum { SIZE = 5 * FILE_HASH_PIECE + 4321, OFFSET = 1000 };

struct fixture {
    struct loop *loop;      /* owned */
    int fd;                 /* owned */
    struct file_hash *hash; /* owned */
    char *bytes;            /* owned: SIZE */
    unsigned changes;       /* calls of changed() */
    bool closed;
};

static void on_changed(void *arg)
{
    struct fixture *f = arg;

    f->changes++;
    if (file_hash_is_finished(f->hash))
        loop_stop(f->loop);
}

static void on_closed(void *arg)
{
    ((struct fixture *)arg)->closed = true;
}

static void setup(struct fixture *f)
{
    *f = (struct fixture){.loop = help_loop(), .bytes = malloc(SIZE)};
    ASSERT(f->bytes != NULL);
    help_fill(f->bytes, SIZE, 3);
    f->fd = memfd_create("test", MFD_CLOEXEC);
    ASSERT(f->fd >= 0);
    ASSERT(file_hash_new(&f->hash, f->loop, f->fd, OFFSET, on_changed, f, NULL) == 0);
}

static void teardown(struct fixture *f)
{
    file_hash_free(f->hash, NULL, NULL);
    loop_free(f->loop);
    (void)close(f->fd);
    free(f->bytes);
}

static void write_part(struct fixture *f, size_t from, size_t to)
{
    ASSERT(pwrite(f->fd, f->bytes + from, to - from, (off_t)(OFFSET + from)) ==
           (ssize_t)(to - from));
    file_hash_advance(f->hash, to);
}

static void check_result(struct fixture *f, enum digest_algorithm algorithm, size_t n,
                         const char *name)
{
    struct digest want = help_digest(algorithm, f->bytes, n);
    struct digest got = {.text = ""};

    file_hash_finish(f->hash, algorithm);
    ok(!file_hash_is_finished(f->hash), "%s: finishing takes a turn of the loop", name);
    ASSERT(loop_run(f->loop, NULL) == 0);
    is_int(file_hash_result(f->hash, &got, NULL), 0, "%s: a result", name);
    is_str(got.text, want.text, "%s: the digest", name);
    is_int((long long)file_hash_lag(f->hash), 0, "%s: nothing waits", name);
}

static void test_simple(void)
{
    static const size_t sizes[] = {
        0, 1, 4095, FILE_HASH_REST, FILE_HASH_START - 1, FILE_HASH_START, FILE_HASH_PIECE + 1, SIZE,
    };

    for (size_t i = 0; i < ARRAY_LEN(sizes); i++) {
        struct fixture f;
        char name[40];

        setup(&f);
        if (sizes[i] > 0)
            write_part(&f, 0, sizes[i]);
        (void)snprintf(name, sizeof(name), "%zu bytes at once", sizes[i]);
        check_result(&f, DIGEST_SHA256, sizes[i], name);
        teardown(&f);
    }
}

static void test_parts(void)
{
    struct fixture f;

    setup(&f);
    for (size_t at = 0; at < SIZE; at += 300000) {
        write_part(&f, at, at + 300000 < SIZE ? at + 300000 : SIZE);
        if (at % 7 == 0)
            help_settle(f.loop);
    }
    ok(f.changes > 0, "jobs begin before the end");
    check_result(&f, DIGEST_SHA256, SIZE, "in parts");
    teardown(&f);
}

static void test_follows(void)
{
    struct fixture f;

    setup(&f);
    write_part(&f, 0, FILE_HASH_START - 1);
    help_settle(f.loop);
    is_int(f.changes, 0, "little does not begin a job");
    is_int((long long)file_hash_lag(f.hash), FILE_HASH_START - 1, "it waits");
    write_part(&f, FILE_HASH_START - 1, 2 * FILE_HASH_START);
    help_settle(f.loop);
    ok(f.changes > 0, "enough does");
    is_int((long long)file_hash_lag(f.hash), 0, "and is caught up with");
    teardown(&f);
}

static void test_sha512(void)
{
    struct fixture f;

    setup(&f);
    write_part(&f, 0, SIZE);
    check_result(&f, DIGEST_SHA512, SIZE, "sha512 while sha256 runs");
    teardown(&f);
    setup(&f);
    write_part(&f, 0, SIZE);
    help_settle(f.loop);
    check_result(&f, DIGEST_SHA512, SIZE, "sha512 after sha256");
    teardown(&f);
}

/* Writes other bytes first, takes them back, and writes the right ones. */
static void truncate_case(bool settle_before, bool settle_after, size_t keep, const char *name)
{
    struct fixture f;
    char *other = malloc(SIZE);

    setup(&f);
    ASSERT(other != NULL);
    help_fill(other, SIZE, 77);
    memcpy(other, f.bytes, keep);
    ASSERT(pwrite(f.fd, other, SIZE, OFFSET) == SIZE);
    file_hash_advance(f.hash, SIZE);
    if (settle_before)
        help_settle(f.loop);
    file_hash_truncate(f.hash, keep);
    ok(file_hash_lag(f.hash) <= keep, "%s: no more waits than there is", name);
    if (settle_after)
        help_settle(f.loop);
    write_part(&f, keep, SIZE);
    check_result(&f, DIGEST_SHA256, SIZE, name);
    teardown(&f);
    free(other);
}

static void test_truncate(void)
{
    static const size_t keeps[] = {0, 1, FILE_HASH_PIECE, 2 * FILE_HASH_PIECE + 17, SIZE - 1, SIZE};

    for (size_t i = 0; i < ARRAY_LEN(keeps); i++) {
        char name[60];

        (void)snprintf(name, sizeof(name), "cut to %zu while hashing", keeps[i]);
        truncate_case(false, false, keeps[i], name);
        (void)snprintf(name, sizeof(name), "cut to %zu while hashing, then a pause", keeps[i]);
        truncate_case(false, true, keeps[i], name);
        (void)snprintf(name, sizeof(name), "cut to %zu when all was hashed", keeps[i]);
        truncate_case(true, true, keeps[i], name);
    }
}

static void test_free(void)
{
    struct fixture f;

    setup(&f);
    write_part(&f, 0, SIZE);
    file_hash_free(STEAL(f.hash), on_closed, &f);
    ok(!f.closed, "free waits for the job");
    help_settle(f.loop);
    ok(f.closed, "and tells when it is done");
    is_int(f.changes, 0, "nothing else is told");
    f.closed = false;
    ASSERT(file_hash_new(&f.hash, f.loop, f.fd, OFFSET, on_changed, &f, NULL) == 0);
    file_hash_free(STEAL(f.hash), on_closed, &f);
    ok(f.closed, "without a job free tells at once");
    file_hash_free(NULL, on_closed, &f);
    teardown(&f);
}

static void test_unreadable(void)
{
    struct fixture f;
    struct err err = {.code = ERR_NONE};
    struct digest got = {.text = "untouched"};
    int ends[2];

    setup(&f);
    file_hash_free(STEAL(f.hash), NULL, NULL);
    ASSERT(pipe(ends) == 0); /* cannot be mapped */
    ASSERT(file_hash_new(&f.hash, f.loop, ends[0], 0, on_changed, &f, NULL) == 0);
    file_hash_advance(f.hash, SIZE);
    help_settle(f.loop);
    is_int((long long)file_hash_lag(f.hash), 0, "nobody waits for what cannot be read");
    file_hash_finish(f.hash, DIGEST_SHA256);
    ASSERT(loop_run(f.loop, NULL) == 0);
    is_int(file_hash_result(f.hash, &got, &err), -1, "a file that cannot be read gives an error");
    is_int(err.code, ERR_SYSTEM, "its code");
    is_str(got.text, "untouched", "and no digest");
    teardown(&f);
    (void)close(ends[0]);
    (void)close(ends[1]);
}

int main(void)
{
    plan_lazy();
    test_simple();
    test_parts();
    test_follows();
    test_sha512();
    test_truncate();
    test_free();
    test_unreadable();
    done_testing();
}
