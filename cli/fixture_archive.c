/* SPDX-License-Identifier: MIT */
/*
 * An oci-archive: a tar file with an OCI image layout, and with the manifest.json of `docker save`
 * beside it, which older versions of docker load by. Written beside its place and moved there in
 * the end.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <jansson.h>

#include "cli/fixture_target.h"
#include "cli/layout_index.h"
#include "fixtures/tar.h"
#include "lib/util/buf.h"
#include "lib/util/err.h"
#include "lib/util/text.h"
#include "lib/util/util.h"

struct archive_target {
    struct fixture_target target;
    char *path;      /* owned */
    char *temporary; /* owned; where it is written */
    FILE *file;      /* owned */
    json_t *index;   /* owned */
    json_t *docker;  /* owned: manifest.json */
    json_t *written; /* owned: digests, as a set */
    json_t *first;   /* owned: the manifest of the first platform; NULL: none yet */
};

/* --- Members ------------------------------------------------------------------------------------
 */

static int put(void *arg, const void *p, size_t n, struct err *err)
{
    struct archive_target *a = arg;

    if (n == 0 || fwrite(p, 1, n, a->file) == n)
        return 0;
    return err_sys(err, "writing %s", TEXT_QUOTE(a->path));
}

static int put_member(struct archive_target *a, const char *name, const struct fixture_blob *blob,
                      struct err *err)
{
    static const char zeros[TAR_BLOCK];
    const struct tar_member m = {.kind = TAR_FILE, .path = name, .mode = 0644, .size = blob->size};
    auto_buf struct buf header = BUF_INIT(TAR_HEADER_MAX);

    if (tar_header(&header, &m, err) != 0 || put(a, header.data, header.len, err) != 0)
        return -1;
    if (fixture_blob_write(blob, put, a, err) != 0)
        return -1;
    return put(a, zeros, tar_padding(blob->size), err);
}

static int put_text(struct archive_target *a, const char *name, const char *text, struct err *err)
{
    const struct fixture_blob blob = {.data = text, .size = strlen(text)};

    return put_member(a, name, &blob, err);
}

/* Each digest once. */
static int put_blob(struct archive_target *a, const struct fixture_blob *blob, struct err *err)
{
    auto_free char *path = layout_blob_path(&blob->digest);

    if (path == NULL)
        return err_set(err, ERR_NOMEM, "archive");
    if (json_object_get(a->written, blob->digest.text) != NULL)
        return 0;
    if (json_object_set_new(a->written, blob->digest.text, json_true()) != 0)
        return err_set(err, ERR_NOMEM, "archive");
    return put_member(a, path, blob, err);
}

/* --- For docker load ----------------------------------------------------------------------------
 */

/* The path of what a descriptor names; NULL: memory is short or it names nothing. */
static json_t *path_of(const json_t *descriptor)
{
    const char *text = json_string_value(json_object_get(descriptor, "digest"));
    struct digest digest;
    auto_free char *path = NULL;

    if (text == NULL || digest_parse(&digest, text, NULL) != 0)
        return NULL;
    path = layout_blob_path(&digest);
    return path != NULL ? json_string(path) : NULL;
}

/* Of several platforms the first, which is all that such a file has room for. */
static void note_image(struct archive_target *a, const struct fixture_manifest *m)
{
    json_t *manifest = json_loadb(m->data, m->size, 0, NULL);

    if (a->first == NULL && json_object_get(manifest, "config") != NULL)
        a->first = json_incref(manifest);
    json_decref(manifest);
}

static int add_docker(struct archive_target *a, const struct fixture_manifest *m, struct err *err)
{
    json_t *layers = json_array(), *tags = json_array();
    const json_t *layer;
    size_t i;
    json_t *entry;

    json_array_foreach(json_object_get(a->first, "layers"), i, layer)(void)
        json_array_append_new(layers, path_of(layer));
    for (i = 0; i < m->tag_count; i++)
        (void)json_array_append_new(tags, json_sprintf("%s:%s", a->target.repo, m->tags[i]));
    entry = json_pack("{s:o*, s:o, s:o}", "Config", path_of(json_object_get(a->first, "config")),
                      "RepoTags", tags, "Layers", layers);
    return json_array_append_new(a->docker, entry) == 0 ? 0 : err_set(err, ERR_NOMEM, "archive");
}

/* --- The target ---------------------------------------------------------------------------------
 */

static int archive_blob(struct fixture_target *t, const struct fixture_blob *blob, struct err *err)
{
    return put_blob((struct archive_target *)t, blob, err);
}

static int archive_manifest(struct fixture_target *t, const struct fixture_manifest *m,
                            struct err *err)
{
    struct archive_target *a = (struct archive_target *)t;
    const struct fixture_blob blob = {.digest = m->digest, .data = m->data, .size = m->size};

    if (put_blob(a, &blob, err) != 0)
        return -1;
    note_image(a, m);
    if (m->root && a->first != NULL && add_docker(a, m, err) != 0)
        return -1;
    if (m->root) {
        json_decref(a->first);
        a->first = NULL;
    }
    return layout_index_add(a->index, t, m, err);
}

static int finish(struct archive_target *a, struct err *err)
{
    static const char end[TAR_END];
    size_t size;
    auto_free char *index = layout_index_format(a->index, &size);
    auto_free char *docker = json_dumps(a->docker, JSON_COMPACT);
    FILE *file = a->file;

    if (index == NULL || docker == NULL)
        return err_set(err, ERR_NOMEM, "archive");
    if (put_text(a, LAYOUT_MARK_NAME, LAYOUT_MARK_TEXT, err) != 0 ||
        put_text(a, LAYOUT_INDEX, index, err) != 0 ||
        put_text(a, "manifest.json", docker, err) != 0 || put(a, end, sizeof(end), err) != 0)
        return -1;
    a->file = NULL;
    return fclose(file) == 0 ? 0 : err_sys(err, "writing %s", TEXT_QUOTE(a->path));
}

static int archive_commit(struct fixture_target *t, struct err *err)
{
    struct archive_target *a = (struct archive_target *)t;

    if (finish(a, err) != 0)
        return -1;
    if (rename(a->temporary, a->path) != 0)
        return err_sys(err, "%s", TEXT_QUOTE(a->path));
    free(STEAL(a->temporary));
    return 0;
}

static void archive_free(struct fixture_target *t)
{
    struct archive_target *a = (struct archive_target *)t;

    if (a->file != NULL)
        (void)fclose(a->file);
    if (a->temporary != NULL)
        (void)unlink(a->temporary);
    free(a->temporary);
    free(a->path);
    json_decref(a->index);
    json_decref(a->docker);
    json_decref(a->written);
    json_decref(a->first);
    free(a);
}

/* --- Opening ------------------------------------------------------------------------------------
 */

/* Only a file is replaced: no folder, no pipe, and above all not /dev/null. "-" would become one.
 */
static int check_place(const char *path, struct err *err)
{
    struct stat st;

    if (strcmp(path, "-") == 0)
        return err_set(err, ERR_INVALID, "'-' is no file: an archive is not written to a pipe");
    if (stat(path, &st) != 0 || S_ISREG(st.st_mode))
        return 0;
    return err_set(err, ERR_INVALID, "%s is %s, expected the name of a file to write",
                   TEXT_QUOTE(path), S_ISDIR(st.st_mode) ? "a folder" : "no regular file");
}

static int open_file(struct archive_target *a, struct err *err)
{
    mode_t mask = umask(0);
    int fd;

    (void)umask(mask);
    fd = mkostemp(a->temporary, O_CLOEXEC);
    if (fd < 0) {
        free(STEAL(a->temporary));
        return err_sys(err, "cannot write %s", TEXT_QUOTE(a->path));
    }
    (void)fchmod(fd, 0666 & ~mask);
    a->file = fdopen(fd, "w");
    if (a->file != NULL)
        return 0;
    (void)close(fd);
    return err_set(err, ERR_NOMEM, "archive");
}

int fixture_archive_new(struct fixture_target **ret, const char *path, struct err *err)
{
    static const struct fixture_target_ops ops = {.blob = archive_blob,
                                                  .manifest = archive_manifest,
                                                  .commit = archive_commit,
                                                  .free = archive_free};
    struct archive_target *a;

    if (check_place(path, err) != 0)
        return -1;
    a = calloc(1, sizeof(*a));
    if (a == NULL)
        return err_set(err, ERR_NOMEM, "archive");
    a->target.ops = &ops;
    a->path = strdup(path);
    if (asprintf(&a->temporary, "%s.XXXXXX", path) < 0)
        a->temporary = NULL;
    a->index = layout_index_new();
    a->docker = json_array();
    a->written = json_object();
    if (a->path == NULL || a->temporary == NULL || a->index == NULL || a->docker == NULL ||
        a->written == NULL)
        (void)err_set(err, ERR_NOMEM, "archive");
    else if (open_file(a, err) == 0) {
        *ret = &a->target;
        return 0;
    }
    free(a->temporary != NULL && a->file == NULL ? STEAL(a->temporary) : NULL);
    archive_free(&a->target);
    return -1;
}
