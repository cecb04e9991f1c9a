/* SPDX-License-Identifier: MIT */
/*
 * Builds image layouts and archives for tests, in a folder of their own.
 */
#ifndef TESTS_UNIT_LAYOUT_HELP_H
#define TESTS_UNIT_LAYOUT_HELP_H

#include <stdbool.h>
#include <stddef.h>

#include "lib/util/digest.h"

enum { LAYOUT_PATH_MAX = 4096, LAYOUT_TEXT_MAX = 16384 };

/* A folder below $TMPDIR; removed with all that is in it. */
void layout_begin(void);
void layout_end(void);
/* Forgets all files, for the next case. */
void layout_clear(void);
/* The path of a file in it; one of four static buffers. */
const char *layout_path(const char *name);

/* Writes a file, with the folders it needs. */
void layout_put(const char *name, const void *p, size_t n);
void layout_put_text(const char *name, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* Writes LAYOUT/blobs/sha256/HEX and gives the digest. */
struct digest layout_blob(const char *layout, const void *p, size_t n);
/* "{...}" of a descriptor; `more` is inserted behind the size ("" or ",\"key\":..."). Static
 * buffers. */
const char *layout_descriptor(const char *type, const struct digest *d, size_t size,
                              const char *more);
/* An image of a config and layers (texts, NULL at the end), in LAYOUT/blobs; its manifest. */
struct digest layout_image(const char *layout, const char *config, const char *const *layers,
                           size_t *ret_size);
/* oci-layout and an index.json of these descriptors, joined by commas. */
void layout_index(const char *layout, const char *descriptors);

/* A tar archive of files, in the order of their names or the other way round. */
struct layout_tar;
enum layout_filter { LAYOUT_PLAIN, LAYOUT_GZIP, LAYOUT_XZ, LAYOUT_ZSTD, LAYOUT_BZIP2 };
struct layout_tar *layout_tar_begin(const char *name, enum layout_filter filter);
void layout_tar_file(struct layout_tar *t, const char *name, const void *p, size_t n);
void layout_tar_link(struct layout_tar *t, const char *name, const char *target, bool hard);
void layout_tar_end(struct layout_tar *t);
/* Packs a folder; prefix is put before each name. */
void layout_pack(const char *folder, const char *archive, enum layout_filter filter,
                 const char *prefix, bool backwards);

#endif
