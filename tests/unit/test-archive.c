/* SPDX-License-Identifier: MIT */
#include "registry/archive.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/util/err.h"
#include "lib/util/util.h"
#include "tests/tap/tap.h"
#include "tests/unit/layout_help.h"
#include "tests/unit/store_help.h"

enum { BIG = 700 * 1024 };

static void make(const char *name, enum layout_filter filter)
{
    struct layout_tar *t = layout_tar_begin(name, filter);
    static char bytes[BIG];

    help_fill(bytes, BIG, 1);
    layout_tar_file(t, "big", bytes, BIG);
    layout_tar_file(t, "empty", "", 0);
    layout_tar_link(t, "folder/soft", "../big", false);
    layout_tar_link(t, "hard", "big", true);
    layout_tar_file(t, "last", "bytes", 5);
    layout_tar_end(t);
}

/* Reads a member in pieces of an odd size. */
static size_t read_all(struct archive_reader *r, char *p, size_t room)
{
    size_t n = 0;
    ssize_t got;

    while (n < room &&
           (got = archive_reader_read(r, p + n, room - n < 9999 ? room - n : 9999, NULL)) > 0)
        n += (size_t)got;
    return n;
}

static void test_members(enum layout_filter filter, const char *name)
{
    static const struct {
        const char *name;
        enum archive_kind kind;
        const char *target;
        size_t size;
    } rows[] = {
        {"big", ARCHIVE_FILE, NULL, BIG},
        {"empty", ARCHIVE_FILE, NULL, 0},
        {"folder/soft", ARCHIVE_SYMLINK, "../big", 0},
        {"hard", ARCHIVE_LINK, "big", 0},
        {"last", ARCHIVE_FILE, NULL, 5},
    };
    struct archive_reader *r = NULL;
    struct archive_member m;
    char *bytes = malloc(BIG + 1);
    char *want = malloc(BIG);

    ASSERT(bytes != NULL && want != NULL);
    help_fill(want, BIG, 1);
    make(name, filter);
    if (ok(archive_reader_open(&r, layout_path(name), NULL) == 0, "%s is opened", name)) {
        for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
            is_int(archive_reader_next(r, &m, NULL), 1, "%s: %s", name, rows[i].name);
            is_str(m.name, rows[i].name, "%s: %s: name", name, rows[i].name);
            is_int(m.kind, rows[i].kind, "%s: %s: kind", name, rows[i].name);
            is_str(m.target, rows[i].target, "%s: %s: target", name, rows[i].name);
            if (i == 0)
                is_mem(bytes, read_all(r, bytes, BIG + 1), want, BIG, "%s: bytes", name);
            else if (i == 4)
                is_mem(bytes, read_all(r, bytes, BIG), "bytes", 5, "%s: last bytes", name);
        }
        is_int(archive_reader_next(r, &m, NULL), 0, "%s: the end", name);
    }
    archive_reader_free(r);
    free(bytes);
    free(want);
}

/* Reads all of it; the error code that stops it, or ERR_NONE. */
static enum err_code drain(const char *path, struct err *err)
{
    struct archive_reader *r = NULL;
    struct archive_member m;
    char bytes[4096];
    ssize_t got = 0;
    int rc;

    err->code = ERR_NONE;
    if (archive_reader_open(&r, path, err) != 0)
        return err->code;
    while ((rc = archive_reader_next(r, &m, err)) > 0 && got >= 0) {
        while ((got = archive_reader_read(r, bytes, sizeof(bytes), err)) > 0)
            ;
        if (got < 0)
            break;
    }
    archive_reader_free(r);
    return err->code;
}

static void test_broken(void)
{
    struct err err;
    struct stat st;

    is_int(drain(layout_path("nothing"), &err), ERR_SYSTEM, "an archive that is not there");
    layout_put_text("text",
                    "this is not a tar archive, although it is long enough to be looked at");
    is_int(drain(layout_path("text"), &err), ERR_SYNTAX, "a text: %s", err.msg);
    ok(strncmp(err.msg, "not a tar archive", 17) == 0, "a text: the message says what was wanted");
    make("cut.tar", LAYOUT_PLAIN);
    ASSERT(truncate(layout_path("cut.tar"), BIG / 2) == 0);
    is_int(drain(layout_path("cut.tar"), &err), ERR_SYNTAX, "a cut archive: %s", err.msg);
    make("cut.tgz", LAYOUT_GZIP);
    ASSERT(stat(layout_path("cut.tgz"), &st) == 0);
    ASSERT(truncate(layout_path("cut.tgz"), st.st_size / 2) == 0);
    is_int(drain(layout_path("cut.tgz"), &err), ERR_SYNTAX, "a cut compressed archive: %s",
           err.msg);
    is_int(drain(layout_path("."), &err), ERR_SYNTAX, "a folder: %s", err.msg);
    archive_reader_free(NULL);
}

int main(void)
{
    plan_lazy();
    layout_begin();
    test_members(LAYOUT_PLAIN, "a.tar");
    test_members(LAYOUT_GZIP, "a.tar.gz");
    test_members(LAYOUT_XZ, "a.tar.xz");
    test_members(LAYOUT_ZSTD, "a.tar.zst");
    test_members(LAYOUT_BZIP2, "a.tar.bz2");
    test_broken();
    layout_end();
    done_testing();
}
