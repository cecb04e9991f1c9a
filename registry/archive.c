/* SPDX-License-Identifier: MIT */
#include "registry/archive.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <archive.h>
#include <archive_entry.h>

#include "lib/util/err.h"
#include "lib/util/library.h"
#include "lib/util/util.h"

enum { BLOCK_SIZE = 256 * 1024 }; /* read from the file at a time */

/* The functions of libarchive that are used: FUNCTION(name). */
#define FUNCTIONS(FUNCTION)                                                                        \
    FUNCTION(archive_read_new)                                                                     \
    FUNCTION(archive_read_free)                                                                    \
    FUNCTION(archive_read_support_format_tar)                                                      \
    FUNCTION(archive_read_support_filter_gzip)                                                     \
    FUNCTION(archive_read_support_filter_bzip2)                                                    \
    FUNCTION(archive_read_support_filter_xz)                                                       \
    FUNCTION(archive_read_support_filter_zstd)                                                     \
    FUNCTION(archive_read_open_fd)                                                                 \
    FUNCTION(archive_read_next_header)                                                             \
    FUNCTION(archive_read_data)                                                                    \
    FUNCTION(archive_error_string)                                                                 \
    FUNCTION(archive_entry_pathname)                                                               \
    FUNCTION(archive_entry_filetype)                                                               \
    FUNCTION(archive_entry_hardlink)                                                               \
    FUNCTION(archive_entry_symlink)

struct library {
    void *handle; /* owned */
    FUNCTIONS(LIBRARY_MEMBER)
};

struct archive_reader {
    struct library lib;
    int fd;            /* owned */
    struct archive *a; /* owned */
    bool first;        /* no member was read yet */
};

static int load(struct library *lib, struct err *err)
{
#define ROW(name) LIBRARY_ROW(struct library, name),
    static const struct library_row rows[] = {FUNCTIONS(ROW)};
#undef ROW

    return library_load(&lib->handle, LIBARCHIVE_SONAME, "archives need", rows, ARRAY_LEN(rows),
                        lib, err);
}

void archive_reader_free(struct archive_reader *r)
{
    if (r == NULL)
        return;
    if (r->a != NULL)
        (void)r->lib.archive_read_free(r->a);
    if (r->fd >= 0)
        (void)close(r->fd);
    if (r->lib.handle != NULL)
        (void)dlclose(r->lib.handle);
    free(r);
}

static const char *reason(struct archive_reader *r)
{
    const char *text = r->lib.archive_error_string(r->a);

    return text != NULL ? text : "unknown reason";
}

/* No filter that runs another program, and no format but tar. */
static int open_archive(struct archive_reader *r, struct err *err)
{
    const struct library *lib = &r->lib;

    r->a = lib->archive_read_new();
    if (r->a == NULL)
        return err_set(err, ERR_NOMEM, "archive");
    /* A warning would mean that an external program decompresses: such a filter is not there. */
    (void)lib->archive_read_support_filter_gzip(r->a);
    (void)lib->archive_read_support_filter_bzip2(r->a);
    (void)lib->archive_read_support_filter_xz(r->a);
    (void)lib->archive_read_support_filter_zstd(r->a);
    (void)lib->archive_read_support_format_tar(r->a);
    if (lib->archive_read_open_fd(r->a, r->fd, BLOCK_SIZE) != ARCHIVE_OK)
        return err_set(err, ERR_SYNTAX, "not a tar archive: %s", reason(r));
    r->first = true;
    return 0;
}

int archive_reader_open(struct archive_reader **ret, const char *path, struct err *err)
{
    struct archive_reader *r = calloc(1, sizeof(*r));

    if (r == NULL)
        return err_set(err, ERR_NOMEM, "archive");
    r->fd = open(path, O_RDONLY | O_CLOEXEC);
    if (r->fd < 0)
        (void)err_sys(err, "cannot open it");
    else if (load(&r->lib, err) == 0 && open_archive(r, err) == 0) {
        *ret = r;
        return 0;
    }
    archive_reader_free(r);
    return -1;
}

static void describe(struct archive_reader *r, struct archive_entry *e, struct archive_member *ret)
{
    const char *hard = r->lib.archive_entry_hardlink(e);
    mode_t type = r->lib.archive_entry_filetype(e);

    ret->target = NULL;
    ret->kind = ARCHIVE_OTHER;
    if (hard != NULL) {
        ret->kind = ARCHIVE_LINK;
        ret->target = hard;
    } else if (type == AE_IFLNK) {
        ret->target = r->lib.archive_entry_symlink(e);
        ret->kind = ret->target != NULL ? ARCHIVE_SYMLINK : ARCHIVE_OTHER;
    } else if (type == AE_IFREG) {
        ret->kind = ARCHIVE_FILE;
    }
}

int archive_reader_next(struct archive_reader *r, struct archive_member *ret, struct err *err)
{
    struct archive_entry *e;
    int rc;

    do {
        rc = r->lib.archive_read_next_header(r->a, &e);
        if (rc == ARCHIVE_EOF)
            return 0;
        if (rc != ARCHIVE_OK && rc != ARCHIVE_WARN)
            return err_set(err, ERR_SYNTAX,
                           r->first ? "not a tar archive: %s" : "broken archive: %s", reason(r));
        r->first = false;
        ret->name = r->lib.archive_entry_pathname(e);
    } while (ret->name == NULL);
    describe(r, e, ret);
    return 1;
}

ssize_t archive_reader_read(struct archive_reader *r, void *p, size_t n, struct err *err)
{
    la_ssize_t got;

    do
        got = r->lib.archive_read_data(r->a, p, n);
    while (got == ARCHIVE_RETRY);
    if (got < 0)
        return err_set(err, ERR_SYNTAX, "broken archive: %s", reason(r));
    return got;
}
