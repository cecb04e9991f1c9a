/* SPDX-License-Identifier: MIT */
/*
 * The index.json of an OCI image layout (image-spec, image-layout.md), for layouts and archives.
 */
#ifndef CLI_LAYOUT_INDEX_H
#define CLI_LAYOUT_INDEX_H

#include <stddef.h>

struct digest;
struct err;
struct fixture_manifest;
struct fixture_target;
struct json_t;

#define LAYOUT_MARK_NAME "oci-layout"
#define LAYOUT_MARK_TEXT "{\"imageLayoutVersion\":\"1.0.0\"}"
#define LAYOUT_INDEX     "index.json"

/* An index without entries; NULL: memory is short. */
struct json_t *layout_index_new(void);
/*
 * Adds what can be reached by a name of its own or is attached to something; children of an index
 * cannot. A name that is there goes to the new one.
 */
int layout_index_add(struct json_t *index, const struct fixture_target *t,
                     const struct fixture_manifest *m, struct err *err);
/* malloc'd; NULL: memory is short. */
char *layout_index_format(const struct json_t *index, size_t *ret_size);
/* "blobs/sha256/HEX", malloc'd; NULL: memory is short. */
char *layout_blob_path(const struct digest *digest);

#endif
