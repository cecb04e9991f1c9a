/* SPDX-License-Identifier: MIT */
#include "registry/content.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/util/err.h"
#include "lib/util/text.h"
#include "lib/util/util.h"
#include "registry/import.h"
#include "registry/import_plan.h"
#include "registry/manifest_doc.h"
#include "registry/reference.h"
#include "registry/registry.h"
#include "registry/store/blob_store.h"
#include "registry/store/meta_store.h"

struct content {
    struct world *world;      /* borrowed */
    struct import_plan *plan; /* owned */
    char *repo;               /* owned */
};

DEFINE_AUTO(blob, struct blob, blob_unref)
#define auto_blob __attribute__((cleanup(auto_blob_)))
DEFINE_AUTO(doc, struct manifest_doc, manifest_doc_free)
#define auto_doc __attribute__((cleanup(auto_doc_)))
DEFINE_AUTO(manifest, struct manifest, manifest_unref)
#define auto_manifest __attribute__((cleanup(auto_manifest_)))

int content_new(struct content **ret, struct world *w, const char *repo, struct err *err)
{
    struct content *c;

    if (!reference_is_name(repo))
        return err_set(err, ERR_INVALID, "%s is no name of a repository", TEXT_QUOTE(repo));
    c = calloc(1, sizeof(*c));
    if (c == NULL || (c->repo = strdup(repo)) == NULL || import_plan_new(&c->plan, w, err) != 0) {
        content_free(c);
        return err_set(err, ERR_NOMEM, "content");
    }
    c->world = w;
    *ret = c;
    return 0;
}

void content_free(struct content *c)
{
    if (c == NULL)
        return;
    import_plan_free(c->plan);
    free(c->repo);
    free(c);
}

/* --- Blobs --------------------------------------------------------------------------------------
 */

static int write_all(struct blob_space *space, const char *p, size_t n, struct err *err)
{
    while (n > 0) {
        ssize_t done = pwrite(space->fd, p, n, (off_t)(space->offset + space->written));

        if (done < 0 && errno == EINTR)
            continue;
        if (done < 0)
            return err_sys(err, "writing a blob");
        p += done;
        n -= (size_t)done;
        space->written += (uint64_t)done;
    }
    return 0;
}

/* Into the store's file, from where it is sent without being copied. */
static int put_large(struct blob_store *s, const struct digest *digest, const void *p, size_t n,
                     struct blob **ret, struct err *err)
{
    struct blob_space space;

    if (s->ops->space_new(s, &space, err) != 0)
        return -1;
    if (s->ops->charge(s, n, err) == 0) {
        if (write_all(&space, p, n, err) == 0)
            return s->ops->add_space(s, digest, &space, n, ret, err);
        s->ops->discharge(s, n - space.written); /* the rest goes with the space */
    }
    s->ops->space_free(s, &space);
    return -1;
}

static int put_blob(struct content *c, const struct digest *digest, const void *p, size_t n,
                    struct blob **ret, struct err *err)
{
    struct blob_store *s = c->world->blobs;

    return n > BLOB_INLINE_MAX ? put_large(s, digest, p, n, ret, err)
                               : blob_store_put(s, digest, p, n, ret, err);
}

int content_add_blob(struct content *c, const struct digest *digest, const void *data, size_t size,
                     struct err *err)
{
    auto_blob struct blob *b = NULL;

    if (put_blob(c, digest, data, size, &b, err) != 0)
        return -1;
    return import_plan_blob(c->plan, c->repo, b, err);
}

int content_add_generated(struct content *c, const struct digest *digest,
                          const struct blob_generator *generator, uint64_t size, struct err *err)
{
    struct blob_store *s = c->world->blobs;
    auto_blob struct blob *b = NULL;

    if (s->ops->add_generated(s, digest, generator, size, &b, err) != 0)
        return -1;
    return import_plan_blob(c->plan, c->repo, b, err);
}

/* --- Manifests ----------------------------------------------------------------------------------
 */

static int plan_tags(struct content *c, const struct content_manifest *m, struct err *err)
{
    for (size_t i = 0; i < m->tag_count; i++) {
        if (!reference_is_tag(m->tags[i]))
            return err_set(err, ERR_INVALID, "%s is no tag", TEXT_QUOTE(m->tags[i]));
        if (import_plan_tag(c->plan, c->repo, m->tags[i], m->digest, err) != 0)
            return -1;
    }
    return 0;
}

int content_add_manifest(struct content *c, const struct content_manifest *m, struct err *err)
{
    const struct manifest_doc_options options = {.content_type = m->media_type, .max = m->size};
    auto_doc struct manifest_doc *doc = NULL;
    auto_manifest struct manifest *entry = NULL;

    if (manifest_doc_parse(&doc, m->data, m->size, &options, err) != 0 ||
        manifest_doc_take(doc, &entry, err) != 0 ||
        put_blob(c, m->digest, m->data, m->size, &entry->blob, err) != 0)
        return err_wrap(err, "manifest %s", m->digest->text);
    if (import_plan_manifest(c->plan, c->repo, entry, err) != 0)
        return -1;
    return plan_tags(c, m, err);
}

int content_commit(struct content *c, struct err *err)
{
    struct import_report report;

    return import_plan_commit(c->plan, &report, err);
}
