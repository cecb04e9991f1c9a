/* SPDX-License-Identifier: MIT */
#include "registry/store/meta_store.h"

#include <stdlib.h>

#include "lib/util/util.h"
#include "registry/store/blob_store.h"

struct manifest *manifest_new(void)
{
    struct manifest *m = calloc(1, sizeof(*m));

    if (m != NULL)
        m->refs = 1;
    return m;
}

struct manifest *manifest_ref(struct manifest *m)
{
    m->refs++;
    return m;
}

void manifest_unref(struct manifest *m)
{
    if (m == NULL)
        return;
    ASSERT(m->refs > 0);
    if (--m->refs > 0)
        return;
    blob_unref(m->blob);
    free(m->media_type);
    free(m->artifact_type);
    free(m->annotations);
    free(m->uses);
    free(m);
}
