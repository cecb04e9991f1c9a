/* SPDX-License-Identifier: MIT */
#include "fixtures/tar.h"

#include <stdio.h>
#include <string.h>

#include "lib/util/buf.h"
#include "lib/util/digest.h"
#include "lib/util/err.h"
#include "lib/util/util.h"
#include "tests/tap/tap.h"
#include "tests/unit/unpack_help.h"

static void finish(struct buf *b)
{
    is_int(tar_zeros(b, TAR_END, NULL), 0, "the end is written");
    is_int((long long)(b->len % TAR_BLOCK), 0, "in whole blocks");
}

static void add_kinds(struct buf *b)
{
    static const struct tar_member members[] = {
        {.kind = TAR_FOLDER, .path = "etc/", .mode = 0755},
        {.kind = TAR_FILE, .path = "etc/marker", .mode = 0644, .uid = 7, .gid = 8, .size = 5},
        {.kind = TAR_SYMLINK, .path = "etc/link", .target = "marker", .mode = 0777},
        {.kind = TAR_HARDLINK, .path = "etc/hard", .target = "etc/marker", .mode = 0644},
        {.kind = TAR_FILE, .path = "../up", .mode = 04755},
    };

    for (size_t i = 0; i < ARRAY_LEN(members); i++)
        is_int(tar_add(b, &members[i], "hello", NULL), 0, "%s is written", members[i].path);
    finish(b);
}

static void test_kinds(void)
{
    auto_buf struct buf b = BUF_INIT(1 << 20);
    struct digest d;

    add_kinds(&b);
    is_str(unpack_list(b.data, b.len),
           "d 0755 0:0 1704067200 0 etc/\n"
           "f 0644 7:8 1704067200 5 etc/marker\n"
           "| hello\n"
           "l 0777 0:0 1704067200 0 etc/link -> marker\n"
           "h 0644 0:0 1704067200 0 etc/hard -> etc/marker\n"
           "f 4755 0:0 1704067200 0 ../up\n",
           "another reader sees all of it");
    is_int(digest_of(&d, DIGEST_SHA256, b.data, b.len, NULL), 0, "it is hashed");
    is_str(d.text, "sha256:5664376d88609772ad6abee7abb278ed807ecd6cb2c131b8dcf8fb75d1675c2c",
           "and is what it always was");
}

/* A name of n bytes; static. */
static const char *long_name(size_t n)
{
    static char name[TAR_NAME_MAX + 2];

    memset(name, 'n', n);
    name[n] = '\0';
    return name;
}

static void test_names(void)
{
    static const size_t lengths[] = {99, 100, 101, 255, 1000, TAR_NAME_MAX};
    char want[TAR_NAME_MAX + 100];
    struct err err = {0};

    for (size_t i = 0; i < ARRAY_LEN(lengths); i++) {
        auto_buf struct buf b = BUF_INIT(1 << 20);
        const struct tar_member m = {
            .kind = TAR_FILE, .path = long_name(lengths[i]), .mode = 0600, .size = 1};

        is_int(tar_add(&b, &m, "x", NULL), 0, "a name of %zu bytes", lengths[i]);
        finish(&b);
        (void)snprintf(want, sizeof(want), "f 0600 0:0 1704067200 1 %s\n| x\n", m.path);
        is_str(unpack_list(b.data, b.len), want, "comes back");
    }
    {
        auto_buf struct buf b = BUF_INIT(1 << 20);
        const struct tar_member m = {.kind = TAR_FILE, .path = long_name(TAR_NAME_MAX + 1)};

        is_int(tar_add(&b, &m, "x", &err), -1, "one more is refused");
        is_int(err.code, ERR_LIMIT, "as a limit: %s", err.msg);
    }
}

static void test_links_and_letters(void)
{
    auto_buf struct buf b = BUF_INIT(1 << 20);
    const struct tar_member wide = {.kind = TAR_FILE, .path = "gr\xc3\xbc\xc3\x9f", .mode = 0644};
    const struct tar_member far = {
        .kind = TAR_SYMLINK, .path = "far", .target = long_name(300), .mode = 0777};
    char want[1000];

    is_int(tar_add(&b, &wide, NULL, NULL), 0, "letters that are not ASCII");
    is_int(tar_add(&b, &far, NULL, NULL), 0, "a long target");
    finish(&b);
    ok(memmem(b.data, b.len, "15 path=gr\xc3\xbc\xc3\x9f\n", 15) != NULL, "stand in a pax record");
    (void)snprintf(want, sizeof(want), " far -> %s\n", far.target);
    ok(strstr(unpack_list(b.data, b.len), want) != NULL, "another reader sees the target");
}

/* The header alone: such contents are never in memory. */
static void test_huge(void)
{
    auto_buf struct buf b = BUF_INIT(TAR_HEADER_MAX);
    struct tar_member m = {.kind = TAR_FILE, .path = "big", .size = UINT64_C(8) << 30};

    m.size--;
    is_int(tar_header(&b, &m, NULL), 0, "just below 8 GiB");
    is_int((long long)b.len, TAR_BLOCK, "is one block");
    is_str(b.data + 124, "77777777777", "with its octal size");
    buf_reset(&b);
    m.size = UINT64_C(100) << 30;
    is_int(tar_header(&b, &m, NULL), 0, "100 GiB");
    is_int((long long)b.len, 3 * TAR_BLOCK, "have a pax record");
    is_mem(b.data + TAR_BLOCK, 21, "21 size=107374182400\n", 21, "with the size");
    is_int((long long)tar_padding(m.size), 0, "whole blocks need no padding");
    is_int((long long)tar_padding(1), 511, "one byte does");
}

int main(void)
{
    plan_lazy();
    test_kinds();
    test_names();
    test_links_and_letters();
    test_huge();
    done_testing();
}
