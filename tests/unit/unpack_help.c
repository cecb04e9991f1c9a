/* SPDX-License-Identifier: MIT */
#include "tests/unit/unpack_help.h"

#include <stdbool.h>

#include <archive.h>
#include <archive_entry.h>

#include "lib/util/buf.h"

enum { SHOWN = 40, LIST_MAX = 1 << 20 };

static struct archive *open_memory(const void *p, size_t n, bool raw)
{
    struct archive *a = archive_read_new();

    if (a == NULL)
        return NULL;
    (void)archive_read_support_filter_gzip(a);
    (void)archive_read_support_filter_zstd(a);
    (void)(raw ? archive_read_support_format_raw(a) : archive_read_support_format_tar(a));
    if (archive_read_open_memory(a, p, n) == ARCHIVE_OK)
        return a;
    (void)archive_read_free(a);
    return NULL;
}

static char kind_of(struct archive_entry *e)
{
    if (archive_entry_hardlink(e) != NULL)
        return 'h';
    switch (archive_entry_filetype(e)) {
    case AE_IFREG:
        return 'f';
    case AE_IFDIR:
        return 'd';
    case AE_IFLNK:
        return 'l';
    default:
        return '?';
    }
}

static void add_member(struct buf *b, struct archive *a, struct archive_entry *e)
{
    const char *target = archive_entry_hardlink(e);
    char content[SHOWN];
    la_ssize_t got;

    if (target == NULL)
        target = archive_entry_symlink(e);
    (void)buf_appendf(b, "%c %04o %lld:%lld %lld %lld %s%s%s\n", kind_of(e),
                      (unsigned)archive_entry_perm(e), (long long)archive_entry_uid(e),
                      (long long)archive_entry_gid(e), (long long)archive_entry_mtime(e),
                      (long long)archive_entry_size(e), archive_entry_pathname_utf8(e),
                      target != NULL ? " -> " : "", target != NULL ? target : "");
    got = archive_read_data(a, content, sizeof(content));
    if (got > 0)
        (void)buf_appendf(b, "| %.*s\n", (int)got, content);
}

const char *unpack_list(const void *p, size_t n)
{
    static char text[LIST_MAX];
    auto_buf struct buf b = BUF_INIT(LIST_MAX - 1);
    struct archive *a = open_memory(p, n, false);
    struct archive_entry *e;
    int rc = ARCHIVE_FATAL;

    /* A warning: a name that this locale cannot show. */
    while (a != NULL &&
           ((rc = archive_read_next_header(a, &e)) == ARCHIVE_OK || rc == ARCHIVE_WARN))
        add_member(&b, a, e);
    if (rc != ARCHIVE_EOF)
        (void)buf_appendf(&b, "error: %s\n", a != NULL ? archive_error_string(a) : "not opened");
    if (a != NULL)
        (void)archive_read_free(a);
    text[0] = '\0';
    if (b.len > 0)
        __builtin_memcpy(text, buf_text(&b), b.len + 1);
    return text;
}

const char *unpack_bytes(struct buf *to, const void *p, size_t n)
{
    struct archive *a = open_memory(p, n, true);
    struct archive_entry *e;
    char chunk[65536];
    la_ssize_t got = -1;

    if (a != NULL && archive_read_next_header(a, &e) == ARCHIVE_OK) {
        while ((got = archive_read_data(a, chunk, sizeof(chunk))) > 0)
            (void)buf_append(to, chunk, (size_t)got);
    }
    if (a != NULL)
        (void)archive_read_free(a);
    return got == 0 ? buf_text(to) : NULL;
}
