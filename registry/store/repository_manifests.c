/* SPDX-License-Identifier: MIT */
#include "registry/store/repository.h"

#include <stdlib.h>
#include <string.h>

#include "lib/util/err.h"
#include "registry/store/blob_store.h"

struct repo_manifest *repository_manifest_find(const struct repository *r, const char *digest)
{
    return TABLE_FIND(r->manifests, digest);
}

static struct repo_manifest *entry_new(struct repository *r, const char *digest)
{
    size_t n = strlen(digest) + 1;
    struct repo_manifest *e = calloc(1, sizeof(*e) + n);

    if (e == NULL)
        return NULL;
    memcpy(e->digest, digest, n);
    e->ordered.key = e->digest;
    LIST_INIT(&e->tags);
    if (!TABLE_ADD(r->manifests, e->digest, e)) {
        free(e);
        return NULL;
    }
    return e;
}

static void entry_free(struct repository *r, struct repo_manifest *e)
{
    TABLE_REMOVE(r->manifests, e);
    manifest_unref(e->manifest);
    free(e);
}

static bool same_subject(const struct manifest *a, const struct manifest *b)
{
    return a != NULL && b != NULL && a->has_subject && b->has_subject &&
           strcmp(a->subject, b->subject) == 0;
}

/* What the new manifest adds to the repository; nothing when it fails. */
static int relate(struct repository *r, struct repo_manifest *e, struct manifest *m,
                  struct err *err)
{
    if (repository_uses_add(r, m, err) != 0)
        return -1;
    if (!m->has_subject || same_subject(m, e->manifest) ||
        repository_referrer_add(r, m->subject, e, err) == 0)
        return 0;
    repository_uses_remove(r, m);
    return -1;
}

/* Takes back what the entry's manifest added, but for what `next` (NULL: nothing) has as well. */
static void unrelate(struct repository *r, struct repo_manifest *e, const struct manifest *next)
{
    const struct manifest *m = e->manifest;

    repository_uses_remove(r, m);
    if (m->has_subject && !same_subject(m, next))
        repository_referrer_remove(r, m->subject, e);
}

int repository_manifest_put(struct repository *r, struct manifest *m, struct err *err)
{
    const char *digest = m->blob->digest.text;
    struct repo_manifest *e = repository_manifest_find(r, digest);

    if (e == NULL)
        e = entry_new(r, digest);
    if (e == NULL)
        return err_set(err, ERR_NOMEM, "manifest of a repository");
    if (relate(r, e, m, err) != 0) {
        if (e->manifest == NULL)
            entry_free(r, e);
        return -1;
    }
    if (e->manifest != NULL)
        unrelate(r, e, m);
    (void)manifest_ref(m);
    manifest_unref(e->manifest);
    e->manifest = m;
    return 0;
}

bool repository_manifest_remove(struct repository *r, const char *digest)
{
    struct repo_manifest *e = repository_manifest_find(r, digest);

    if (e == NULL)
        return false;
    repository_tags_drop(r, e);
    unrelate(r, e, NULL);
    entry_free(r, e);
    return true;
}

void repository_manifests_done(struct repository *r)
{
    struct repo_manifest *e;
    struct repo_manifest *next;

    HASH_ITER(hh, r->manifests, e, next)
        entry_free(r, e);
}
