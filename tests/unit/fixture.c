/* SPDX-License-Identifier: MIT */
#include "tests/unit/fixture.h"

#include <string.h>

#include "lib/http/loop.h"
#include "lib/util/err.h"
#include "lib/util/log.h"
#include "lib/util/util.h"
#include "registry/store/blob_store.h"
#include "registry/store/meta_store.h"

void fixture_init(struct fixture *f)
{
    struct registry_settings settings = REGISTRY_SETTINGS_DEFAULT;

    settings.storage_max = 64 * 1024 * 1024;
    log_set_level(LOG_LEVEL_ERROR);
    ASSERT(loop_new(&f->loop, 1, NULL) == 0);
    ASSERT(world_new(&f->world, "test", f->loop, &settings, NULL) == 0);
}

void fixture_done(struct fixture *f)
{
    world_free(f->world);
    loop_free(f->loop);
}

struct http_exchange *fixture_send(struct http_exchange *x)
{
    registry_request(x, NULL);
    fake_wait(x);
    return x;
}

void fixture_end(struct http_exchange *x)
{
    registry_ended(x, NULL);
    fake_exchange_free(x);
}

static struct blob *put(struct fixture *f, const char *repo, enum digest_algorithm algorithm,
                        const void *p, size_t n)
{
    struct digest digest;
    struct blob *b;

    ASSERT(digest_of(&digest, algorithm, p, n, NULL) == 0);
    ASSERT(blob_store_put(f->world->blobs, &digest, p, n, &b, NULL) == 0);
    ASSERT(f->world->meta->ops->repository_add(f->world->meta, repo, NULL) == 0);
    return b;
}

struct digest fixture_blob(struct fixture *f, const char *repo, const void *p, size_t n)
{
    struct blob *b = put(f, repo, DIGEST_SHA256, p, n);
    struct digest digest = b->digest;

    ASSERT(f->world->meta->ops->blob_add(f->world->meta, repo, b, NULL) == 0);
    blob_unref(b);
    return digest;
}

struct digest fixture_manifest(struct fixture *f, const char *repo,
                               const struct fixture_manifest *o)
{
    struct meta_store *meta = f->world->meta;
    struct manifest *m = manifest_new();
    struct digest digest;

    ASSERT(m != NULL);
    m->blob = put(f, repo, o->algorithm, o->text, strlen(o->text));
    m->media_type = strdup(o->media_type != NULL ? o->media_type : OCI_MANIFEST);
    m->artifact_type = strdup(o->artifact_type != NULL ? o->artifact_type : "");
    m->annotations = o->annotations != NULL ? strdup(o->annotations) : NULL;
    m->has_subject = o->subject != NULL;
    if (m->has_subject)
        (void)stpcpy(m->subject, o->subject);
    digest = m->blob->digest;
    ASSERT(meta->ops->manifest_put(meta, repo, m, NULL) == 0);
    manifest_unref(m);
    if (o->tag != NULL)
        ASSERT(meta->ops->tag_set(meta, repo, o->tag, &digest, NULL) == 0);
    return digest;
}
