/* SPDX-License-Identifier: MIT */
#include "registry/store/blob_store.h"

#include <stdlib.h>
#include <string.h>

#include "lib/util/err.h"
#include "lib/util/util.h"

struct blob *blob_ref(struct blob *b)
{
    b->refs++;
    return b;
}

void blob_unref(struct blob *b)
{
    if (b == NULL)
        return;
    ASSERT(b->refs > 0);
    if (--b->refs == 0)
        b->store->ops->release(b->store, b);
}

void blob_store_free(struct blob_store *s)
{
    if (s != NULL)
        s->ops->free(s);
}

int blob_store_put(struct blob_store *s, const struct digest *digest, const void *p, size_t n,
                   struct blob **ret, struct err *err)
{
    void *copy;

    if (s->ops->charge(s, n, err) != 0)
        return -1;
    copy = malloc(n > 0 ? n : 1);
    if (copy == NULL) {
        s->ops->discharge(s, n);
        return err_set(err, ERR_NOMEM, "blob of %zu bytes", n);
    }
    if (n > 0)
        memcpy(copy, p, n);
    return s->ops->add_memory(s, digest, copy, n, ret, err);
}
