/* SPDX-License-Identifier: MIT */
#include "registry/members.h"

#include <stdio.h>
#include <string.h>

#include "lib/util/digest.h"
#include "registry/manifest_doc.h"
#include "registry/registry.h"
#include "registry/store/blob_store.h"
#include "registry/store/meta_store.h"

enum { UNKNOWN = -1 };

static const struct manifest *find(const struct world *w, const char *repo, const char *digest)
{
    struct digest d;

    return digest_parse(&d, digest, NULL) == 0 ? w->meta->ops->manifest_find(w->meta, repo, &d)
                                               : NULL;
}

/* A digest in quotes that stands in an index is that of a member: nothing else has one there, but
   for its subject. */
int members_is_member(const char *repo, const char *parent, const char *child, void *arg)
{
    const struct manifest *m = find(arg, repo, parent);
    char quoted[DIGEST_TEXT_MAX + 3];
    enum manifest_kind kind;

    if (m == NULL)
        return UNKNOWN;
    kind = manifest_kind_of(m->media_type);
    if (kind != MANIFEST_KIND_INDEX && kind != MANIFEST_KIND_DOCKER_LIST)
        return 0;
    if (m->blob->data == NULL)
        return UNKNOWN;
    if (snprintf(quoted, sizeof(quoted), "\"%s\"", child) >= (int)sizeof(quoted))
        return 0;
    return memmem(m->blob->data, m->blob->size, quoted, strlen(quoted)) != NULL ? 1 : 0;
}
