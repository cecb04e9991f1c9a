/* SPDX-License-Identifier: MIT */
#include "tests/unit/layout_help.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <archive.h>
#include <archive_entry.h>

#include "lib/util/util.h"

static char root[256];

/* Texts that live for a few calls. */
static char *buffer(void)
{
    static char buffers[8][LAYOUT_TEXT_MAX];
    static unsigned next;

    return buffers[next++ % ARRAY_LEN(buffers)];
}

void layout_begin(void)
{
    const char *tmp = getenv("TMPDIR");

    (void)snprintf(root, sizeof(root), "%s/ocimock-layout-XXXXXX", tmp != NULL ? tmp : "/tmp");
    ASSERT(mkdtemp(root) != NULL);
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
    (void)st;
    (void)type;
    return ftw->level == 0 ? 0 : remove(path);
}

void layout_clear(void)
{
    ASSERT(nftw(root, remove_one, 8, FTW_DEPTH | FTW_PHYS) == 0);
}

void layout_end(void)
{
    layout_clear();
    ASSERT(rmdir(root) == 0);
}

const char *layout_path(const char *name)
{
    char *path = buffer();

    (void)snprintf(path, LAYOUT_PATH_MAX, "%s/%s", root, name);
    return path;
}

void layout_put(const char *name, const void *p, size_t n)
{
    char path[LAYOUT_PATH_MAX];
    FILE *f;

    (void)snprintf(path, sizeof(path), "%s/%s", root, name);
    for (char *s = path + strlen(root) + 1; (s = strchr(s, '/')) != NULL; s++) {
        *s = '\0';
        ASSERT(mkdir(path, 0755) == 0 || errno == EEXIST);
        *s = '/';
    }
    f = fopen(path, "we");
    ASSERT(f != NULL && fwrite(p, 1, n, f) == n && fclose(f) == 0);
}

void layout_put_text(const char *name, const char *fmt, ...)
{
    char *text = buffer();
    va_list ap;
    int n;

    va_start(ap, fmt);
    n = vsnprintf(text, LAYOUT_TEXT_MAX, fmt, ap);
    va_end(ap);
    ASSERT(n >= 0 && n < LAYOUT_TEXT_MAX);
    layout_put(name, text, (size_t)n);
}

struct digest layout_blob(const char *layout, const void *p, size_t n)
{
    char name[LAYOUT_PATH_MAX];
    struct digest d;

    ASSERT(digest_of(&d, DIGEST_SHA256, p, n, NULL) == 0);
    (void)snprintf(name, sizeof(name), "%s/blobs/sha256/%s", layout, digest_encoded(&d));
    layout_put(name, p, n);
    return d;
}

const char *layout_descriptor(const char *type, const struct digest *d, size_t size,
                              const char *more)
{
    char *text = buffer();

    (void)snprintf(text, LAYOUT_TEXT_MAX, "{\"mediaType\":\"%s\",\"digest\":\"%s\",\"size\":%zu%s}",
                   type, d->text, size, more);
    return text;
}

struct digest layout_image(const char *layout, const char *config, const char *const *layers,
                           size_t *ret_size)
{
    struct digest d = layout_blob(layout, config, strlen(config));
    char text[LAYOUT_TEXT_MAX];
    size_t n;

    n = (size_t)snprintf(
        text, LAYOUT_TEXT_MAX,
        "{\"schemaVersion\":2,\"mediaType\":\"application/vnd.oci.image.manifest.v1+json\","
        "\"config\":%s,\"layers\":[",
        layout_descriptor("application/vnd.oci.image.config.v1+json", &d, strlen(config), ""));
    for (size_t i = 0; layers[i] != NULL; i++) {
        d = layout_blob(layout, layers[i], strlen(layers[i]));
        n += (size_t)snprintf(
            text + n, LAYOUT_TEXT_MAX - n, "%s%s", i > 0 ? "," : "",
            layout_descriptor("application/vnd.oci.image.layer.v1.tar", &d, strlen(layers[i]), ""));
    }
    n += (size_t)snprintf(text + n, LAYOUT_TEXT_MAX - n, "]}");
    ASSERT(n < LAYOUT_TEXT_MAX);
    *ret_size = n;
    return layout_blob(layout, text, n);
}

void layout_index(const char *layout, const char *descriptors)
{
    char name[LAYOUT_PATH_MAX];

    (void)snprintf(name, sizeof(name), "%s/oci-layout", layout);
    layout_put_text(name, "{\"imageLayoutVersion\":\"1.0.0\"}");
    (void)snprintf(name, sizeof(name), "%s/index.json", layout);
    layout_put_text(name, "{\"schemaVersion\":2,\"manifests\":[%s]}", descriptors);
}

/* --- Archives -------------------------------------------------------------------------------- */

struct layout_tar {
    struct archive *a; /* owned */
};

struct layout_tar *layout_tar_begin(const char *name, enum layout_filter filter)
{
    struct layout_tar *t = calloc(1, sizeof(*t));

    ASSERT(t != NULL);
    t->a = archive_write_new();
    ASSERT(archive_write_set_format_pax_restricted(t->a) == ARCHIVE_OK);
    if (filter == LAYOUT_GZIP)
        ASSERT(archive_write_add_filter_gzip(t->a) == ARCHIVE_OK);
    if (filter == LAYOUT_XZ)
        ASSERT(archive_write_add_filter_xz(t->a) == ARCHIVE_OK);
    if (filter == LAYOUT_ZSTD)
        ASSERT(archive_write_add_filter_zstd(t->a) == ARCHIVE_OK);
    if (filter == LAYOUT_BZIP2)
        ASSERT(archive_write_add_filter_bzip2(t->a) == ARCHIVE_OK);
    ASSERT(archive_write_open_filename(t->a, layout_path(name)) == ARCHIVE_OK);
    return t;
}

static void add_entry(struct layout_tar *t, struct archive_entry *e, const void *p, size_t n)
{
    ASSERT(archive_write_header(t->a, e) == ARCHIVE_OK);
    ASSERT(n == 0 || archive_write_data(t->a, p, n) == (la_ssize_t)n);
    archive_entry_free(e);
}

void layout_tar_file(struct layout_tar *t, const char *name, const void *p, size_t n)
{
    struct archive_entry *e = archive_entry_new();

    archive_entry_set_pathname(e, name);
    archive_entry_set_filetype(e, AE_IFREG);
    archive_entry_set_perm(e, 0644);
    archive_entry_set_size(e, (la_int64_t)n);
    add_entry(t, e, p, n);
}

void layout_tar_link(struct layout_tar *t, const char *name, const char *target, bool hard)
{
    struct archive_entry *e = archive_entry_new();

    archive_entry_set_pathname(e, name);
    archive_entry_set_filetype(e, hard ? AE_IFREG : AE_IFLNK);
    archive_entry_set_perm(e, 0644);
    if (hard)
        archive_entry_set_hardlink(e, target);
    else
        archive_entry_set_symlink(e, target);
    add_entry(t, e, NULL, 0);
}

void layout_tar_end(struct layout_tar *t)
{
    ASSERT(archive_write_close(t->a) == ARCHIVE_OK);
    (void)archive_write_free(t->a);
    free(t);
}

enum { PACK_MAX = 64 };

/* What layout_pack() walks over; nftw(3) has no argument of its own. */
static struct {
    char *names[PACK_MAX]; /* owned */
    size_t count;
} pack;

static int collect(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
    (void)st;
    (void)ftw;
    if (type != FTW_F)
        return 0;
    ASSERT(pack.count < PACK_MAX);
    pack.names[pack.count++] = strdup(path);
    return 0;
}

static int by_name(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static void pack_file(struct layout_tar *t, const char *path, const char *prefix, size_t skip)
{
    char name[LAYOUT_PATH_MAX];
    struct stat st;
    char *bytes;
    FILE *f = fopen(path, "re");

    ASSERT(f != NULL && fstat(fileno(f), &st) == 0);
    bytes = malloc((size_t)st.st_size + 1);
    ASSERT(bytes != NULL && fread(bytes, 1, (size_t)st.st_size, f) == (size_t)st.st_size);
    (void)fclose(f);
    (void)snprintf(name, sizeof(name), "%s%s", prefix, path + skip);
    layout_tar_file(t, name, bytes, (size_t)st.st_size);
    free(bytes);
}

void layout_pack(const char *folder, const char *archive, enum layout_filter filter,
                 const char *prefix, bool backwards)
{
    struct layout_tar *t = layout_tar_begin(archive, filter);
    const char *path = layout_path(folder);

    pack.count = 0;
    ASSERT(nftw(path, collect, 8, FTW_PHYS) == 0);
    qsort(pack.names, pack.count, sizeof(pack.names[0]), by_name);
    for (size_t i = 0; i < pack.count; i++)
        pack_file(t, pack.names[backwards ? pack.count - 1 - i : i], prefix, strlen(path) + 1);
    for (size_t i = 0; i < pack.count; i++)
        free(pack.names[i]);
    layout_tar_end(t);
}
