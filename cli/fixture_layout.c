/* SPDX-License-Identifier: MIT */
/*
 * An OCI image layout as a folder: blobs first, the index last and in one step, so that readers
 * never see half an image. What was written is removed again unless it is committed.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>
#include <sys/stat.h>
#include <unistd.h>

#include <jansson.h>

#include "cli/fixture_target.h"
#include "cli/layout_index.h"
#include "lib/util/buf.h"
#include "lib/util/conf.h"
#include "lib/util/err.h"
#include "lib/util/file.h"
#include "lib/util/text.h"
#include "lib/util/util.h"

enum { INDEX_MAX = 16 * 1024 * 1024 };

/* A file or folder that was not there before. */
struct made {
    SLIST_ENTRY(made) link;
    bool folder;
    char path[];
};

struct layout {
    struct fixture_target target;
    int folder;              /* owned descriptor */
    char *path;              /* owned; for messages */
    json_t *index;           /* owned */
    SLIST_HEAD(, made) made; /* owned; newest first */
    bool committed;
};

/* --- Remembering, and taking back ---------------------------------------------------------------
 */

static int remember(struct layout *l, const char *path, bool folder, struct err *err)
{
    size_t n = strlen(path) + 1;
    struct made *m = malloc(sizeof(*m) + n);

    if (m == NULL)
        return err_set(err, ERR_NOMEM, "layout");
    m->folder = folder;
    memcpy(m->path, path, n);
    SLIST_INSERT_HEAD(&l->made, m, link);
    return 0;
}

static void layout_free(struct fixture_target *t)
{
    struct layout *l = (struct layout *)t;
    struct made *m;

    while ((m = SLIST_FIRST(&l->made)) != NULL) {
        SLIST_REMOVE_HEAD(&l->made, link);
        if (!l->committed)
            (void)unlinkat(m->path[0] == '/' ? AT_FDCWD : l->folder, m->path,
                           m->folder ? AT_REMOVEDIR : 0);
        free(m);
    }
    if (l->folder >= 0)
        (void)close(l->folder);
    json_decref(l->index);
    free(l->path);
    free(l);
}

/* --- Files --------------------------------------------------------------------------------------
 */

static int make_folder(struct layout *l, const char *name, struct err *err)
{
    if (mkdirat(l->folder, name, 0777) == 0)
        return remember(l, name, true, err);
    return errno == EEXIST ? 0 : err_sys(err, "%s/%s", TEXT_QUOTE(l->path), name);
}

static int write_piece(void *arg, const void *p, size_t n, struct err *err)
{
    const int *fd = arg;
    const char *rest = p;

    while (n > 0) {
        ssize_t done = write(*fd, rest, n);

        if (done < 0 && errno == EINTR)
            continue;
        if (done < 0)
            return err_sys(err, "writing");
        rest += done;
        n -= (size_t)done;
    }
    return 0;
}

static bool is_there(const struct layout *l, const char *name, uint64_t size)
{
    struct stat st;

    return fstatat(l->folder, name, &st, 0) == 0 && S_ISREG(st.st_mode) &&
           (uint64_t)st.st_size == size;
}

static int write_temporary(struct layout *l, const char *name, const struct fixture_blob *blob,
                           struct err *err)
{
    int fd = openat(l->folder, name, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0666);
    int rc;

    if (fd < 0)
        return err_sys(err, "cannot write");
    rc = fixture_blob_write(blob, write_piece, &fd, err);
    if (close(fd) != 0 && rc == 0)
        rc = err_sys(err, "closing");
    return rc;
}

/* Under its name only once it is whole: whoever is killed leaves no half a blob. */
static int write_file(struct layout *l, const char *name, const struct fixture_blob *blob,
                      struct err *err)
{
    auto_free char *temporary = NULL;
    bool replaces = faccessat(l->folder, name, F_OK, 0) == 0;

    if (asprintf(&temporary, "%s.new", name) < 0) {
        temporary = NULL;
        return err_set(err, ERR_NOMEM, "layout");
    }
    if (write_temporary(l, temporary, blob, err) == 0) {
        if (renameat(l->folder, temporary, l->folder, name) == 0)
            return replaces ? 0 : remember(l, name, false, err);
        (void)err_sys(err, "renaming");
    }
    (void)unlinkat(l->folder, temporary, 0);
    return err_wrap(err, "%s/%s", TEXT_QUOTE(l->path), name);
}

static int write_blob(struct layout *l, const struct fixture_blob *blob, struct err *err)
{
    auto_free char *path = layout_blob_path(&blob->digest);
    char *slash = path != NULL ? strrchr(path, '/') : NULL;

    if (slash == NULL)
        return err_set(err, ERR_NOMEM, "layout");
    *slash = '\0';
    if (make_folder(l, "blobs", err) != 0 || make_folder(l, path, err) != 0)
        return -1;
    *slash = '/';
    return is_there(l, path, blob->size) ? 0 : write_file(l, path, blob, err);
}

/* --- The target ---------------------------------------------------------------------------------
 */

static int layout_blob(struct fixture_target *t, const struct fixture_blob *blob, struct err *err)
{
    return write_blob((struct layout *)t, blob, err);
}

static int layout_manifest(struct fixture_target *t, const struct fixture_manifest *m,
                           struct err *err)
{
    struct layout *l = (struct layout *)t;
    const struct fixture_blob blob = {.digest = m->digest, .data = m->data, .size = m->size};

    if (write_blob(l, &blob, err) != 0)
        return -1;
    return layout_index_add(l->index, t, m, err);
}

static int layout_commit(struct fixture_target *t, struct err *err)
{
    struct layout *l = (struct layout *)t;
    const struct fixture_blob mark = {.data = LAYOUT_MARK_TEXT, .size = strlen(LAYOUT_MARK_TEXT)};
    struct fixture_blob index = {.size = 0};
    size_t size;
    auto_free char *json = layout_index_format(l->index, &size);

    if (json == NULL)
        return err_set(err, ERR_NOMEM, "index");
    index.data = json;
    index.size = size;
    if (!is_there(l, LAYOUT_MARK_NAME, mark.size) &&
        write_file(l, LAYOUT_MARK_NAME, &mark, err) != 0)
        return -1;
    if (write_file(l, LAYOUT_INDEX, &index, err) != 0)
        return -1;
    l->committed = true;
    return 0;
}

/* --- Opening ------------------------------------------------------------------------------------
 */

/* Absolute, so that a folder that was made can be removed from wherever. */
static int make_root(struct layout *l, struct err *err)
{
    auto_free char *full = NULL;

    if (mkdir(l->path, 0777) != 0)
        return errno == EEXIST ? 0 : err_sys(err, "cannot make %s", TEXT_QUOTE(l->path));
    full = realpath(l->path, NULL);
    return full != NULL ? remember(l, full, true, err) : err_sys(err, "%s", TEXT_QUOTE(l->path));
}

/* What is in index.json; a folder without one becomes a layout. */
static int read_index(struct layout *l, struct err *err)
{
    auto_free char *name = NULL;
    auto_buf struct buf text = BUF_INIT(INDEX_MAX);
    struct err why = {0};

    if (faccessat(l->folder, LAYOUT_INDEX, F_OK, 0) != 0) {
        l->index = layout_index_new();
        return l->index != NULL ? 0 : err_set(err, ERR_NOMEM, "index");
    }
    if (asprintf(&name, "%s/%s", l->path, LAYOUT_INDEX) < 0) {
        name = NULL;
        return err_set(err, ERR_NOMEM, "index");
    }
    if (file_read(&text, name, &why) != 0)
        return err_set(err, why.code, "%s", why.msg);
    l->index = json_loadb(buf_text(&text), text.len, JSON_REJECT_DUPLICATES, NULL);
    if (!json_is_array(json_object_get(l->index, "manifests")))
        return err_set(err, ERR_SYNTAX, "%s is no index of an OCI image layout", TEXT_QUOTE(name));
    return 0;
}

int fixture_layout_new(struct fixture_target **ret, const char *path, struct err *err)
{
    static const struct fixture_target_ops ops = {.blob = layout_blob,
                                                  .manifest = layout_manifest,
                                                  .commit = layout_commit,
                                                  .free = layout_free};
    struct layout *l = calloc(1, sizeof(*l));

    if (l == NULL || (l->path = strdup(path)) == NULL) {
        free(l);
        return err_set(err, ERR_NOMEM, "layout");
    }
    l->target.ops = &ops;
    l->folder = -1;
    SLIST_INIT(&l->made);
    if (make_root(l, err) == 0) {
        l->folder = open(l->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        if (l->folder < 0)
            (void)err_sys(err, "%s", TEXT_QUOTE(l->path));
        else if (read_index(l, err) == 0) {
            *ret = &l->target;
            return 0;
        }
    }
    layout_free(&l->target);
    return -1;
}
