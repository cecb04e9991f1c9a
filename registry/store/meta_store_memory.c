/* SPDX-License-Identifier: MIT */
/*
 * Metadata in memory: a table of repositories (repository.h), the catalog's order, upload sessions.
 */
#include "registry/store/meta_store.h"

#include <stdlib.h>
#include <string.h>

#include "lib/util/err.h"
#include "lib/util/util.h"
#include "registry/store/blob_store.h"
#include "registry/store/order.h"
#include "registry/store/repository.h"
#include "registry/store/table.h"

struct upload_entry {
    struct upload *upload; /* borrowed */
    UT_hash_handle hh;     /* by id */
    char id[];
};

struct memory_meta {
    struct meta_store base;
    struct repository *repositories; /* table; owned entries */
    struct order catalog;            /* borrowed struct repository */
    struct upload_entry *uploads;    /* table; owned entries */
};

static struct memory_meta *cast(struct meta_store *s)
{
    return (struct memory_meta *)s;
}

void meta_store_free(struct meta_store *s)
{
    if (s != NULL)
        s->ops->free(s);
}

static struct repository *repo_find(struct meta_store *s, const char *name)
{
    return TABLE_FIND(cast(s)->repositories, name);
}

static struct repository *repo_add(struct memory_meta *m, const char *name, struct err *err)
{
    struct repository *r;

    if (order_reserve(&m->catalog, err) != 0)
        return NULL;
    r = repository_new(name);
    if (r == NULL || !TABLE_ADD(m->repositories, r->name, r)) {
        repository_free(r);
        (void)err_set(err, ERR_NOMEM, "repository");
        return NULL;
    }
    order_add(&m->catalog, &r->ordered);
    return r;
}

static struct repository *repo_obtain(struct meta_store *s, const char *name, struct err *err)
{
    struct repository *r = repo_find(s, name);

    return r != NULL ? r : repo_add(cast(s), name, err);
}

static void memory_free(struct meta_store *s)
{
    struct memory_meta *m = cast(s);
    struct upload_entry *u;
    struct upload_entry *next_upload;
    struct repository *r;
    struct repository *next;

    HASH_ITER(hh, m->uploads, u, next_upload) {
        TABLE_REMOVE(m->uploads, u);
        free(u);
    }
    HASH_ITER(hh, m->repositories, r, next) {
        TABLE_REMOVE(m->repositories, r);
        repository_free(r);
    }
    order_done(&m->catalog);
    free(m);
}

static int memory_copy(const struct meta_store *s, struct meta_store **ret, struct err *err)
{
    const struct repository *from;
    struct meta_store *copy;

    if (meta_store_memory_new(&copy, err) != 0)
        return -1;
    for (from = ((const struct memory_meta *)s)->repositories; from != NULL; from = from->hh.next) {
        struct repository *r = repo_add(cast(copy), from->name, err);

        if (r == NULL || repository_fill(r, from, err) != 0) {
            meta_store_free(copy);
            return -1;
        }
    }
    *ret = copy;
    return 0;
}

static bool memory_repository_exists(struct meta_store *s, const char *repo)
{
    return repo_find(s, repo) != NULL;
}

static int memory_repository_add(struct meta_store *s, const char *repo, struct err *err)
{
    return repo_obtain(s, repo, err) != NULL ? 0 : -1;
}

static void memory_repositories(struct meta_store *s, const char *after, meta_name_fn fn, void *arg)
{
    const struct order *o = &cast(s)->catalog;

    for (size_t i = order_after(o, after); i < o->count; i++) {
        if (!fn(arg, o->items[i]->key))
            return;
    }
}

static struct blob *memory_blob_find(struct meta_store *s, const char *repo,
                                     const struct digest *digest)
{
    const struct repository *r = repo_find(s, repo);

    return r != NULL ? repository_blob_find(r, digest->text) : NULL;
}

static int memory_blob_add(struct meta_store *s, const char *repo, struct blob *blob,
                           struct err *err)
{
    struct repository *r = repo_obtain(s, repo, err);

    return r != NULL ? repository_blob_add(r, blob, err) : -1;
}

static bool memory_blob_remove(struct meta_store *s, const char *repo, const struct digest *digest)
{
    struct repository *r = repo_find(s, repo);

    return r != NULL && repository_blob_remove(r, digest->text);
}

static void memory_blob_homes(struct meta_store *s, const struct digest *digest, meta_name_fn fn,
                              void *arg)
{
    const struct order *o = &cast(s)->catalog;

    for (size_t i = 0; i < o->count; i++) {
        const struct repository *r = (const struct repository *)o->items[i];

        if (repository_blob_find(r, digest->text) != NULL && !fn(arg, r->name))
            return;
    }
}

static enum blob_role memory_blob_role(struct meta_store *s, const char *repo,
                                       const struct digest *digest)
{
    const struct repository *r = repo_find(s, repo);

    return r != NULL ? repository_blob_role(r, digest->text) : BLOB_ROLE_NONE;
}

static struct manifest *memory_manifest_find(struct meta_store *s, const char *repo,
                                             const struct digest *digest)
{
    const struct repository *r = repo_find(s, repo);
    const struct repo_manifest *e;

    e = r != NULL ? repository_manifest_find(r, digest->text) : NULL;
    return e != NULL ? e->manifest : NULL;
}

static int memory_manifest_put(struct meta_store *s, const char *repo, struct manifest *m,
                               struct err *err)
{
    struct repository *r = repo_obtain(s, repo, err);

    return r != NULL ? repository_manifest_put(r, m, err) : -1;
}

static bool memory_manifest_remove(struct meta_store *s, const char *repo,
                                   const struct digest *digest)
{
    struct repository *r = repo_find(s, repo);

    return r != NULL && repository_manifest_remove(r, digest->text);
}

static struct manifest *memory_tag_find(struct meta_store *s, const char *repo, const char *tag)
{
    const struct repository *r = repo_find(s, repo);
    const struct repo_tag *t = r != NULL ? repository_tag_find(r, tag) : NULL;

    return t != NULL ? t->target->manifest : NULL;
}

static int memory_tag_set(struct meta_store *s, const char *repo, const char *tag,
                          const struct digest *digest, struct err *err)
{
    struct repository *r = repo_find(s, repo);
    struct repo_manifest *target = NULL;

    if (r != NULL)
        target = repository_manifest_find(r, digest->text);
    if (target == NULL)
        return err_set(err, ERR_ABSENT, "repository '%s' has no manifest %s", repo, digest->text);
    return repository_tag_set(r, tag, target, err);
}

static bool memory_tag_remove(struct meta_store *s, const char *repo, const char *tag)
{
    struct repository *r = repo_find(s, repo);

    return r != NULL && repository_tag_remove(r, tag);
}

static void memory_tags(struct meta_store *s, const char *repo, const char *after, meta_tag_fn fn,
                        void *arg)
{
    const struct repository *r = repo_find(s, repo);

    if (r == NULL)
        return;
    for (size_t i = order_after(&r->tags, after); i < r->tags.count; i++) {
        const struct repo_tag *t = (const struct repo_tag *)r->tags.items[i];
        struct tag_entry entry = {.name = t->name, .manifest = t->target->manifest};

        if (!fn(arg, &entry))
            return;
    }
}

static void memory_referrers(struct meta_store *s, const char *repo, const char *subject,
                             const char *after, meta_manifest_fn fn, void *arg)
{
    const struct repository *r = repo_find(s, repo);
    const struct order *o = r != NULL ? repository_referrers(r, subject) : NULL;

    if (o == NULL)
        return;
    for (size_t i = order_after(o, after); i < o->count; i++) {
        if (!fn(arg, ((const struct repo_manifest *)o->items[i])->manifest))
            return;
    }
}

static int memory_upload_add(struct meta_store *s, const char *id, struct upload *up,
                             struct err *err)
{
    size_t n = strlen(id) + 1;
    struct upload_entry *u;

    if (TABLE_FIND(cast(s)->uploads, id) != NULL)
        return err_set(err, ERR_EXISTS, "upload '%s' is there already", id);
    u = calloc(1, sizeof(*u) + n);
    if (u == NULL)
        return err_set(err, ERR_NOMEM, "upload session");
    memcpy(u->id, id, n);
    u->upload = up;
    if (!TABLE_ADD(cast(s)->uploads, u->id, u)) {
        free(u);
        return err_set(err, ERR_NOMEM, "upload session");
    }
    return 0;
}

static struct upload *memory_upload_find(struct meta_store *s, const char *id)
{
    const struct upload_entry *u = TABLE_FIND(cast(s)->uploads, id);

    return u != NULL ? u->upload : NULL;
}

static bool memory_upload_remove(struct meta_store *s, const char *id)
{
    struct upload_entry *u = TABLE_FIND(cast(s)->uploads, id);

    if (u == NULL)
        return false;
    TABLE_REMOVE(cast(s)->uploads, u);
    free(u);
    return true;
}

static size_t memory_upload_count(struct meta_store *s)
{
    return TABLE_COUNT(cast(s)->uploads);
}

static void memory_uploads(struct meta_store *s, bool (*fn)(void *arg, struct upload *up),
                           void *arg)
{
    struct upload_entry *u;
    struct upload_entry *next;

    HASH_ITER(hh, cast(s)->uploads, u, next) {
        if (!fn(arg, u->upload))
            return;
    }
}

static const struct meta_store_ops memory_ops = {
    .name = "memory",
    .free = memory_free,
    .copy = memory_copy,
    .repository_exists = memory_repository_exists,
    .repository_add = memory_repository_add,
    .repositories = memory_repositories,
    .blob_find = memory_blob_find,
    .blob_add = memory_blob_add,
    .blob_remove = memory_blob_remove,
    .blob_homes = memory_blob_homes,
    .blob_role = memory_blob_role,
    .manifest_find = memory_manifest_find,
    .manifest_put = memory_manifest_put,
    .manifest_remove = memory_manifest_remove,
    .tag_find = memory_tag_find,
    .tag_set = memory_tag_set,
    .tag_remove = memory_tag_remove,
    .tags = memory_tags,
    .referrers = memory_referrers,
    .upload_add = memory_upload_add,
    .upload_find = memory_upload_find,
    .upload_remove = memory_upload_remove,
    .upload_count = memory_upload_count,
    .uploads = memory_uploads,
};

int meta_store_memory_new(struct meta_store **ret, struct err *err)
{
    struct memory_meta *m = calloc(1, sizeof(*m));

    if (m == NULL)
        return err_set(err, ERR_NOMEM, "metadata store");
    m->base.ops = &memory_ops;
    *ret = &m->base;
    return 0;
}
