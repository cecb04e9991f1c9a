/* SPDX-License-Identifier: MIT */
#include "registry/store/blob_store.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

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

static int read_file(const struct blob *b, uint64_t offset, char *dst, size_t n, struct err *err)
{
    size_t done = 0;

    while (done < n) {
        ssize_t got = pread(b->fd, dst + done, n - done, (off_t)(b->offset + offset + done));

        if (got < 0 && errno == EINTR)
            continue;
        if (got == 0) /* the file is shorter than the blob */
            errno = EIO;
        if (got <= 0)
            return err_sys(err, "cannot read a blob back");
        done += (size_t)got;
    }
    return 0;
}

int blob_read(const struct blob *b, uint64_t offset, void *dst, size_t n, struct err *err)
{
    ASSERT(offset <= b->size && n <= b->size - offset);
    if (b->generator.fill != NULL) {
        b->generator.fill(b->generator.arg, offset, dst, n);
        return 0;
    }
    if (b->data == NULL)
        return read_file(b, offset, dst, n, err);
    if (n > 0)
        memcpy(dst, (const char *)b->data + offset, n);
    return 0;
}

void blob_generator_free(const struct blob_generator *g)
{
    if (g->free != NULL)
        g->free(g->arg);
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
