/* SPDX-License-Identifier: MIT */
/*
 * The mutable half of a store: which repositories there are and what each of them has.
 *
 * A repository exists from its first blob, upload or manifest on, and stays when everything in it
 * was deleted. A blob or manifest is seen only in the repositories it was put into. Orders are
 * bytewise. Pointers that `find` and the page functions give are borrowed and good until the next
 * change. Loop thread only.
 */
#ifndef REGISTRY_STORE_META_STORE_H
#define REGISTRY_STORE_META_STORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/util/digest.h"

struct blob;
struct err;
struct meta_store;
struct upload;

/* What a manifest uses a blob for. */
enum blob_role { BLOB_ROLE_NONE, BLOB_ROLE_CONFIG, BLOB_ROLE_LAYER };

struct blob_use {
    struct digest digest;
    enum blob_role role;
};

/* A manifest in a repository. Reference counted: its repository holds one, tags hold none. */
struct manifest {
    struct blob *blob;   /* owned reference: the bytes as pushed */
    char *media_type;    /* owned */
    char *artifact_type; /* owned; "" when the referrers API shall leave it out */
    char *annotations;   /* owned JSON object text; NULL when there are none */
    bool has_subject;
    char subject[DIGEST_TEXT_MAX + 1]; /* any well-formed supported digest; "" without */
    struct blob_use *uses;             /* owned: config and layers */
    size_t use_count;
    unsigned refs;
};

/* Fields of blob and the strings are taken by the caller filling them in; starts with one
 * reference. */
struct manifest *manifest_new(void); /* NULL: out of memory */
struct manifest *manifest_ref(struct manifest *m);
void manifest_unref(struct manifest *m); /* NULL-safe; frees what it owns with the last reference */

struct tag_entry {
    const char *name;
    const struct manifest *manifest;
};

/* Called for each entry in order; false stops. */
typedef bool (*meta_name_fn)(void *arg, const char *name);
typedef bool (*meta_tag_fn)(void *arg, const struct tag_entry *tag);
typedef bool (*meta_manifest_fn)(void *arg, const struct manifest *m);

/* A backend. All entries are needed. Names are checked by the caller (registry/reference.h). */
struct meta_store_ops {
    const char *name;
    void (*free)(struct meta_store *s);
    /* Another store with the same repositories, blobs, manifests and tags, but no upload sessions;
       blobs and manifests are shared. */
    int (*copy)(const struct meta_store *s, struct meta_store **ret, struct err *err);

    /* Repositories. */
    bool (*repository_exists)(struct meta_store *s, const char *repo);
    int (*repository_add)(struct meta_store *s, const char *repo,
                          struct err *err); /* or is there */
    /* Names behind `after` (NULL: all). */
    void (*repositories)(struct meta_store *s, const char *after, meta_name_fn fn, void *arg);

    /* Blobs. add takes its own reference. */
    struct blob *(*blob_find)(struct meta_store *s, const char *repo, const struct digest *digest);
    int (*blob_add)(struct meta_store *s, const char *repo, struct blob *blob, struct err *err);
    bool (*blob_remove)(struct meta_store *s, const char *repo, const struct digest *digest);
    /* Repositories that have it: where a mount without `from` looks. */
    void (*blob_homes)(struct meta_store *s, const struct digest *digest, meta_name_fn fn,
                       void *arg);
    /* What the manifests of this repository use it for; a layer wins over a config. */
    enum blob_role (*blob_role)(struct meta_store *s, const char *repo,
                                const struct digest *digest);

    /* Manifests. put takes its own reference; the same digest again replaces the entry in place. */
    struct manifest *(*manifest_find)(struct meta_store *s, const char *repo,
                                      const struct digest *digest);
    int (*manifest_put)(struct meta_store *s, const char *repo, struct manifest *m,
                        struct err *err);
    /* Also removes every tag that points to it. */
    bool (*manifest_remove)(struct meta_store *s, const char *repo, const struct digest *digest);

    /* Tags. set moves a tag that is there. ERR_ABSENT when the manifest is not in the repository.
     */
    struct manifest *(*tag_find)(struct meta_store *s, const char *repo, const char *tag);
    int (*tag_set)(struct meta_store *s, const char *repo, const char *tag,
                   const struct digest *digest, struct err *err);
    bool (*tag_remove)(struct meta_store *s, const char *repo, const char *tag);
    void (*tags)(struct meta_store *s, const char *repo, const char *after, meta_tag_fn fn,
                 void *arg);

    /* Manifests of the repository whose subject is this digest, ordered by their own digest,
       behind `after` (NULL: all). */
    void (*referrers)(struct meta_store *s, const char *repo, const char *subject,
                      const char *after, meta_manifest_fn fn, void *arg);

    /* Upload sessions; the store keeps the pointer, the registry owns the object. */
    int (*upload_add)(struct meta_store *s, const char *id, struct upload *up, struct err *err);
    struct upload *(*upload_find)(struct meta_store *s, const char *id);
    bool (*upload_remove)(struct meta_store *s, const char *id);
    size_t (*upload_count)(struct meta_store *s);
    /* fn may remove the one it is given. */
    void (*uploads)(struct meta_store *s, bool (*fn)(void *arg, struct upload *up), void *arg);
};

/* First member of every backend. */
struct meta_store {
    const struct meta_store_ops *ops;
};

void meta_store_free(struct meta_store *s); /* NULL-safe */

int meta_store_memory_new(struct meta_store **ret, struct err *err);

#endif
