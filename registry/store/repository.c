/* SPDX-License-Identifier: MIT */
#include "registry/store/repository.h"

#include <stdlib.h>
#include <string.h>

struct repository *repository_new(const char *name)
{
    size_t n = strlen(name) + 1;
    struct repository *r = calloc(1, sizeof(*r) + n);

    if (r == NULL)
        return NULL;
    memcpy(r->name, name, n);
    r->ordered.key = r->name;
    return r;
}

void repository_free(struct repository *r)
{
    if (r == NULL)
        return;
    repository_tags_done(r);
    repository_referrers_done(r);
    repository_manifests_done(r);
    repository_blobs_done(r);
    free(r);
}

static int fill_blobs(struct repository *r, const struct repository *from, struct err *err)
{
    const struct repo_blob *b;

    for (b = from->blobs; b != NULL; b = b->hh.next) {
        if (b->blob != NULL && repository_blob_add(r, b->blob, err) != 0)
            return -1;
    }
    return 0;
}

static int fill_manifests(struct repository *r, const struct repository *from, struct err *err)
{
    const struct repo_manifest *m;

    for (m = from->manifests; m != NULL; m = m->hh.next) {
        if (repository_manifest_put(r, m->manifest, err) != 0)
            return -1;
    }
    return 0;
}

static int fill_tags(struct repository *r, const struct repository *from, struct err *err)
{
    for (size_t i = 0; i < from->tags.count; i++) {
        const struct repo_tag *t = (const struct repo_tag *)from->tags.items[i];

        if (repository_tag_set(r, t->name, repository_manifest_find(r, t->target->digest), err) !=
            0)
            return -1;
    }
    return 0;
}

int repository_fill(struct repository *r, const struct repository *from, struct err *err)
{
    if (fill_blobs(r, from, err) != 0 || fill_manifests(r, from, err) != 0)
        return -1;
    return fill_tags(r, from, err);
}
