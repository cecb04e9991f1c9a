/* SPDX-License-Identifier: MIT */
/*
 * Where `ocimock fixture build` puts images: a layout, an archive, a registry. All of what was
 * built, or nothing, becomes visible.
 */
#ifndef CLI_FIXTURE_TARGET_H
#define CLI_FIXTURE_TARGET_H

#include "fixtures/fixture.h"

struct err;
struct fixture_target;

struct fixture_target_ops {
    int (*blob)(struct fixture_target *t, const struct fixture_blob *blob, struct err *err);
    int (*manifest)(struct fixture_target *t, const struct fixture_manifest *m, struct err *err);
    /* All images were built. */
    int (*commit)(struct fixture_target *t, struct err *err);
    /* Without commit: takes back what it can. */
    void (*free)(struct fixture_target *t);
};

/* First member of every kind. */
struct fixture_target {
    const struct fixture_target_ops *ops;
    /* Of the image that is being built: */
    const char *repo; /* borrowed */
    bool full_names;  /* names in a layout are "repo:tag", else the tags alone */
    bool seen_root;   /* what follows is attached to it */
};

/* A folder with an OCI image layout, which is made or added to. */
int fixture_layout_new(struct fixture_target **ret, const char *path, struct err *err);
/* A new tar file with such a layout, in which `docker load` finds its way, too. */
int fixture_archive_new(struct fixture_target **ret, const char *path, struct err *err);
/* A registry, by the Distribution API: each blob in one piece, unless it has it already. */
struct fixture_push_options {
    const char *url; /* "https://host:port", of which url_length bytes count */
    size_t url_length;
    const char *user;          /* NULL: nobody */
    const char *password_file; /* NULL: standard input */
    bool insecure;             /* take any certificate */
};

int fixture_push_new(struct fixture_target **ret, const struct fixture_push_options *options,
                     struct err *err);
/* Nowhere: digests only. */
int fixture_nowhere_new(struct fixture_target **ret, struct err *err);
void fixture_target_free(struct fixture_target *t); /* NULL-safe */

/* Builds one image into it. */
int fixture_target_build(struct fixture_target *t, const struct fixture *f, const char *repo,
                         struct fixture_result *ret, struct err *err);
int fixture_target_commit(struct fixture_target *t, struct err *err);

/* Gives the bytes of a blob in pieces, those that are generated, too. */
typedef int (*fixture_write_fn)(void *arg, const void *p, size_t n, struct err *err);
int fixture_blob_write(const struct fixture_blob *blob, fixture_write_fn write, void *arg,
                       struct err *err);

#endif
