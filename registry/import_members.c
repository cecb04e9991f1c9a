/* SPDX-License-Identifier: MIT */
#include "registry/import_members.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/util/digest.h"
#include "lib/util/err.h"
#include "lib/util/text.h"
#include "lib/util/util.h"
#include "registry/archive.h"
#include "registry/import_path.h"
#include "registry/import_store.h"
#include "registry/registry.h"
#include "registry/store/blob_store.h"
#include "registry/store/table.h"

enum { LINKS_MAX = 8 }; /* links to links */

struct member {
    struct blob *blob; /* owned reference; NULL for a link */
    char *target;      /* owned name of another member; NULL for a file */
    UT_hash_handle hh; /* by name */
    char name[];
};

struct import_members {
    struct world *world;  /* borrowed */
    int folder;           /* owned descriptor; -1 for an archive */
    struct member *table; /* owned entries */
};

DEFINE_AUTO(members, struct import_members, import_members_free)
#define auto_members __attribute__((cleanup(auto_members_)))
DEFINE_AUTO(reader, struct archive_reader, archive_reader_free)
#define auto_reader __attribute__((cleanup(auto_reader_)))

static struct import_members *members_new(struct world *w, struct err *err)
{
    struct import_members *m = calloc(1, sizeof(*m));

    if (m == NULL) {
        (void)err_set(err, ERR_NOMEM, "import");
        return NULL;
    }
    m->world = w;
    m->folder = -1;
    return m;
}

static void member_drop(struct import_members *m, struct member *e)
{
    TABLE_REMOVE(m->table, e);
    blob_unref(e->blob);
    free(e->target);
    free(e);
}

void import_members_free(struct import_members *m)
{
    struct member *e;
    struct member *next;

    if (m == NULL)
        return;
    HASH_ITER(hh, m->table, e, next)
        member_drop(m, e);
    if (m->folder >= 0)
        (void)close(m->folder);
    free(m);
}

/* A new entry in place of one of the same name, as tar does it; NULL: see err. */
static struct member *member_add(struct import_members *m, const char *name, struct err *err)
{
    struct member *e = TABLE_FIND(m->table, name);
    size_t n = strlen(name) + 1;

    if (e != NULL)
        member_drop(m, e);
    if (TABLE_COUNT(m->table) >= IMPORT_MEMBERS_MAX) {
        (void)err_set(err, ERR_LIMIT, "more than %d files", IMPORT_MEMBERS_MAX);
        return NULL;
    }
    e = calloc(1, sizeof(*e) + n);
    if (e != NULL) {
        memcpy(e->name, name, n);
        if (TABLE_ADD(m->table, e->name, e))
            return e;
    }
    free(e);
    (void)err_set(err, ERR_NOMEM, "import");
    return NULL;
}

/* --- Archives -------------------------------------------------------------------------------- */

static ssize_t read_member(void *arg, void *p, size_t n, struct err *err)
{
    return archive_reader_read(arg, p, n, err);
}

static int add_file(struct import_members *m, struct archive_reader *r, const char *name,
                    struct err *err)
{
    const struct digest *expected;
    struct digest digest;
    struct blob *blob;
    struct member *e;

    switch (import_path_digest(&digest, name)) {
    case IMPORT_PATH_BLOB:
        expected = &digest;
        break;
    case IMPORT_PATH_OTHER:
        expected = NULL;
        break;
    default:
        return 0; /* a stray file: no digest that we know can name it */
    }
    if (import_store(m->world, read_member, r, expected, &blob, err) != 0)
        return -1;
    e = member_add(m, name, err);
    if (e == NULL)
        blob_unref(blob);
    else
        e->blob = blob;
    return e != NULL ? 0 : -1;
}

static int add_link(struct import_members *m, const char *name, const struct archive_member *from,
                    struct err *err)
{
    char target[IMPORT_PATH_MAX];
    struct member *e;

    if (!import_path_join(target, from->kind == ARCHIVE_SYMLINK ? name : "", from->target))
        return 0; /* leads out of the archive: as if it were not there */
    e = member_add(m, name, err);
    if (e == NULL)
        return -1;
    e->target = strdup(target);
    return e->target != NULL ? 0 : err_set(err, ERR_NOMEM, "import");
}

static int add_member(struct import_members *m, struct archive_reader *r,
                      const struct archive_member *from, struct err *err)
{
    char name[IMPORT_PATH_MAX];
    int rc = 0;

    if (from->kind == ARCHIVE_OTHER || !import_path_join(name, "", from->name))
        return 0;
    if (from->kind == ARCHIVE_FILE)
        rc = add_file(m, r, name, err);
    else
        rc = add_link(m, name, from, err);
    return rc == 0 ? 0 : err_wrap(err, "%s", TEXT_QUOTE(from->name));
}

int import_members_archive(struct import_members **ret, struct world *w, const char *path,
                           struct err *err)
{
    auto_members struct import_members *m = members_new(w, err);
    auto_reader struct archive_reader *r = NULL;
    struct archive_member from;
    int rc;

    if (m == NULL || archive_reader_open(&r, path, err) != 0)
        return -1;
    while ((rc = archive_reader_next(r, &from, err)) > 0) {
        if (add_member(m, r, &from, err) != 0)
            return -1;
    }
    if (rc < 0)
        return -1;
    *ret = STEAL(m);
    return 0;
}

/* --- Folders --------------------------------------------------------------------------------- */

int import_members_folder(struct import_members **ret, struct world *w, const char *path,
                          struct err *err)
{
    auto_members struct import_members *m = members_new(w, err);

    if (m == NULL)
        return -1;
    m->folder = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (m->folder < 0)
        return err_sys(err, "cannot open it");
    *ret = STEAL(m);
    return 0;
}

static ssize_t read_file(void *arg, void *p, size_t n, struct err *err)
{
    ssize_t got;

    do
        got = read(*(const int *)arg, p, n);
    while (got < 0 && errno == EINTR);
    return got >= 0 ? got : err_sys(err, "cannot read it");
}

/* Opened without waiting, so that a FIFO is refused and does not stop the import. */
static int open_file(const struct import_members *m, const char *name, int *ret, struct err *err)
{
    int fd = openat(m->folder, name, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    struct stat st;

    if (fd < 0 && (errno == ENOENT || errno == ENOTDIR))
        return 0;
    if (fd < 0)
        return err_sys(err, "cannot open it");
    if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode)) {
        (void)close(fd);
        return err_set(err, ERR_INVALID, "not a file");
    }
    *ret = fd;
    return 1;
}

/* Reads a folder's file on first sight. */
static int load_file(struct import_members *m, const char *name, struct err *err)
{
    auto_close int fd = -1;
    struct digest digest;
    struct blob *blob;
    struct member *e;
    int rc = open_file(m, name, &fd, err);

    if (rc <= 0)
        return rc;
    if (import_store(m->world, read_file, &fd,
                     import_path_digest(&digest, name) == IMPORT_PATH_BLOB ? &digest : NULL, &blob,
                     err) != 0)
        return -1;
    e = member_add(m, name, err);
    if (e == NULL) {
        blob_unref(blob);
        return -1;
    }
    e->blob = blob;
    return 1;
}

/* --- Both ------------------------------------------------------------------------------------ */

int import_members_find(struct import_members *m, const char *name, struct blob **ret,
                        struct err *err)
{
    struct member *e = TABLE_FIND(m->table, name);

    for (int i = 0; e != NULL && e->target != NULL && i < LINKS_MAX; i++)
        e = TABLE_FIND(m->table, e->target);
    if (e == NULL && m->folder >= 0) {
        int rc = load_file(m, name, err);

        if (rc <= 0)
            return rc == 0 ? 0 : err_wrap(err, "%s", TEXT_QUOTE(name));
        e = TABLE_FIND(m->table, name);
    }
    if (e == NULL || e->blob == NULL)
        return 0;
    *ret = e->blob;
    return 1;
}

int import_members_digest(struct import_members *m, const struct digest *digest, struct blob **ret,
                          struct err *err)
{
    char name[DIGEST_TEXT_MAX + 16];

    (void)snprintf(name, sizeof(name), "blobs/%s/%s", digest_algorithm_name(digest->algorithm),
                   digest_encoded(digest));
    return import_members_find(m, name, ret, err);
}

int import_read(char **ret, const struct blob *b, size_t max, struct err *err)
{
    auto_free char *p = NULL;

    if (b->size > max)
        return err_set(err, ERR_LIMIT, "%llu bytes, at most %zu are read",
                       (unsigned long long)b->size, max);
    p = malloc(b->size + 1);
    if (p == NULL)
        return err_set(err, ERR_NOMEM, "file");
    if (blob_read(b, 0, p, b->size, err) != 0)
        return -1;
    p[b->size] = '\0';
    *ret = STEAL(p);
    return 0;
}
