/* SPDX-License-Identifier: MIT */
#include "cli/fixture_target.h"

#include <stdlib.h>

#include "fixtures/generated.h"
#include "lib/util/err.h"
#include "lib/util/util.h"

enum { PIECE = 256 * 1024 };

static int on_blob(void *arg, const struct fixture_blob *blob, struct err *err)
{
    struct fixture_target *t = arg;

    return t->ops->blob(t, blob, err);
}

static int on_manifest(void *arg, const struct fixture_manifest *m, struct err *err)
{
    struct fixture_target *t = arg;

    t->seen_root = t->seen_root || m->root;
    return t->ops->manifest(t, m, err);
}

int fixture_target_build(struct fixture_target *t, const struct fixture *f, const char *repo,
                         struct fixture_result *ret, struct err *err)
{
    const struct fixture_sink sink = {.blob = on_blob, .manifest = on_manifest, .arg = t};

    t->repo = repo;
    t->seen_root = false;
    return fixture_build(f, &sink, ret, err);
}

int fixture_target_commit(struct fixture_target *t, struct err *err)
{
    return t->ops->commit(t, err);
}

int fixture_blob_write(const struct fixture_blob *blob, fixture_write_fn write, void *arg,
                       struct err *err)
{
    auto_free char *piece = NULL;

    if (blob->data != NULL)
        return write(arg, blob->data, blob->size, err);
    ASSERT(blob->generated != NULL);
    piece = malloc(PIECE);
    if (piece == NULL)
        return err_set(err, ERR_NOMEM, "layer");
    for (uint64_t at = 0; at < blob->size; at += PIECE) {
        size_t n = blob->size - at < PIECE ? (size_t)(blob->size - at) : PIECE;

        generated_fill(blob->generated, at, piece, n);
        if (write(arg, piece, n, err) != 0)
            return -1;
    }
    return 0;
}

void fixture_target_free(struct fixture_target *t)
{
    if (t != NULL)
        t->ops->free(t);
}

/* --- Nowhere ------------------------------------------------------------------------------------
 */

static int drop_blob(struct fixture_target *t, const struct fixture_blob *blob, struct err *err)
{
    (void)t;
    (void)blob;
    (void)err;
    return 0;
}

static int drop_manifest(struct fixture_target *t, const struct fixture_manifest *m,
                         struct err *err)
{
    (void)t;
    (void)m;
    (void)err;
    return 0;
}

static int commit_nothing(struct fixture_target *t, struct err *err)
{
    (void)t;
    (void)err;
    return 0;
}

static void free_nowhere(struct fixture_target *t)
{
    free(t);
}

int fixture_nowhere_new(struct fixture_target **ret, struct err *err)
{
    static const struct fixture_target_ops ops = {.blob = drop_blob,
                                                  .manifest = drop_manifest,
                                                  .commit = commit_nothing,
                                                  .free = free_nowhere};
    struct fixture_target *t = calloc(1, sizeof(*t));

    if (t == NULL)
        return err_set(err, ERR_NOMEM, "fixture");
    t->ops = &ops;
    *ret = t;
    return 0;
}
