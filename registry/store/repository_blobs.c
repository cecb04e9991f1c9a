/* SPDX-License-Identifier: MIT */
#include "registry/store/repository.h"

#include <stdlib.h>
#include <string.h>

#include "lib/util/err.h"
#include "registry/store/blob_store.h"

static struct repo_blob *entry_find(const struct repository *r, const char *digest)
{
    return TABLE_FIND(r->blobs, digest);
}

/* The entry, made when it is not there. NULL: out of memory. */
static struct repo_blob *entry_obtain(struct repository *r, const char *digest)
{
    struct repo_blob *e = entry_find(r, digest);
    size_t n = strlen(digest) + 1;

    if (e != NULL)
        return e;
    e = calloc(1, sizeof(*e) + n);
    if (e == NULL)
        return NULL;
    memcpy(e->digest, digest, n);
    if (!TABLE_ADD(r->blobs, e->digest, e)) {
        free(e);
        return NULL;
    }
    return e;
}

static void entry_drop_if_unused(struct repository *r, struct repo_blob *e)
{
    if (e->blob != NULL || e->configs > 0 || e->layers > 0)
        return;
    TABLE_REMOVE(r->blobs, e); /* NOLINT(clang-analyzer-core.NullDereference): in uthash */
    free(e);
}

struct blob *repository_blob_find(const struct repository *r, const char *digest)
{
    struct repo_blob *e = entry_find(r, digest);

    return e != NULL ? e->blob : NULL;
}

int repository_blob_add(struct repository *r, struct blob *blob, struct err *err)
{
    struct repo_blob *e = entry_obtain(r, blob->digest.text);

    if (e == NULL)
        return err_set(err, ERR_NOMEM, "blob of a repository");
    if (e->blob == NULL)
        e->blob = blob_ref(blob);
    return 0;
}

bool repository_blob_remove(struct repository *r, const char *digest)
{
    struct repo_blob *e = entry_find(r, digest);

    if (e == NULL || e->blob == NULL)
        return false;
    blob_unref(e->blob);
    e->blob = NULL;
    entry_drop_if_unused(r, e);
    return true;
}

enum blob_role repository_blob_role(const struct repository *r, const char *digest)
{
    struct repo_blob *e = entry_find(r, digest);

    if (e == NULL)
        return BLOB_ROLE_NONE;
    if (e->layers > 0)
        return BLOB_ROLE_LAYER;
    return e->configs > 0 ? BLOB_ROLE_CONFIG : BLOB_ROLE_NONE;
}

static size_t *use_counter(struct repo_blob *e, enum blob_role role)
{
    return role == BLOB_ROLE_LAYER ? &e->layers : &e->configs;
}

/* Takes back the first `count` uses. */
static void uses_remove(struct repository *r, const struct manifest *m, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const struct blob_use *use = &m->uses[i];
        struct repo_blob *e;

        if (use->role == BLOB_ROLE_NONE)
            continue;
        e = entry_find(r, use->digest.text);
        --*use_counter(e, use->role);
        entry_drop_if_unused(r, e);
    }
}

int repository_uses_add(struct repository *r, const struct manifest *m, struct err *err)
{
    for (size_t i = 0; i < m->use_count; i++) {
        const struct blob_use *use = &m->uses[i];
        struct repo_blob *e;

        if (use->role == BLOB_ROLE_NONE)
            continue;
        e = entry_obtain(r, use->digest.text);
        if (e == NULL) {
            uses_remove(r, m, i);
            return err_set(err, ERR_NOMEM, "blobs of a manifest");
        }
        ++*use_counter(e, use->role);
    }
    return 0;
}

void repository_uses_remove(struct repository *r, const struct manifest *m)
{
    uses_remove(r, m, m->use_count);
}

void repository_blobs_done(struct repository *r)
{
    struct repo_blob *e;
    struct repo_blob *next;

    HASH_ITER(hh, r->blobs, e, next) {
        TABLE_REMOVE(r->blobs, e);
        blob_unref(e->blob);
        free(e);
    }
}
