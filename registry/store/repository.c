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
