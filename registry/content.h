/* SPDX-License-Identifier: MIT */
/*
 * Puts an image that somebody made into a world: all of it at once, and unchecked. What a push
 * would refuse (blobs that are missing, digests that are not those of the bytes, manifests over the
 * limit) is taken as it is, because somebody may want just that served.
 * Loop thread only.
 */
#ifndef REGISTRY_CONTENT_H
#define REGISTRY_CONTENT_H

#include <stddef.h>
#include <stdint.h>

struct blob_generator;
struct content;
struct digest;
struct err;
struct world;

struct content_manifest {
    const struct digest *digest;
    const char *media_type;
    const void *data;
    size_t size;
    const char *const *tags;
    size_t tag_count;
};

/* For one repository; the world is borrowed. ERR_INVALID when that is no name. */
int content_new(struct content **ret, struct world *w, const char *repo, struct err *err);
void content_free(struct content *c); /* NULL-safe; forgets what was not committed */
/* They copy. ERR_STORAGE_FULL, ERR_INVALID. Where bytes are stored under that digest already, these
   stay. */
int content_add_blob(struct content *c, const struct digest *digest, const void *data, size_t size,
                     struct err *err);
/* A blob whose bytes are made when they are read; takes the generator, also on failure. */
int content_add_generated(struct content *c, const struct digest *digest,
                          const struct blob_generator *generator, uint64_t size, struct err *err);
int content_add_manifest(struct content *c, const struct content_manifest *m, struct err *err);
/* From now on it is served; tags move. c can only be freed then. */
int content_commit(struct content *c, struct err *err);

#endif
