/* SPDX-License-Identifier: MIT */
#include "registry/import_graph.h"

#include <stdlib.h>

#include "lib/util/err.h"
#include "lib/util/util.h"
#include "registry/import_members.h"
#include "registry/import_plan.h"
#include "registry/manifest_doc.h"
#include "registry/registry.h"
#include "registry/store/blob_store.h"
#include "registry/store/meta_store.h"

enum { DEPTH_MAX = 16 }; /* indexes within indexes */

DEFINE_AUTO(doc, struct manifest_doc, manifest_doc_free)
#define auto_doc __attribute__((cleanup(auto_doc_)))
DEFINE_AUTO(manifest, struct manifest, manifest_unref)
#define auto_manifest __attribute__((cleanup(auto_manifest_)))

int import_graph_parse(const struct import_graph *g, const struct blob *b, const char *media_type,
                       struct manifest_doc **ret, struct err *err)
{
    const struct manifest_doc_options options = {
        .content_type = media_type,
        .match_media_type = g->world->settings.require_media_type_match,
        .max = g->world->settings.manifest_max,
    };
    auto_free char *text = NULL;

    if (import_read(&text, b, options.max, err) != 0 ||
        manifest_doc_parse(ret, text, b->size, &options, err) != 0)
        return err_wrap(err, "manifest %s", b->digest.text);
    return 0;
}

int import_graph_add(const struct import_graph *g, const char *repo, struct blob *b,
                     struct manifest_doc *doc, struct err *err)
{
    auto_manifest struct manifest *m = NULL;

    if (manifest_doc_take(doc, &m, err) != 0)
        return -1;
    m->blob = blob_ref(b);
    return import_plan_manifest(g->plan, repo, m, err);
}

static int check_size(const struct blob *b, uint64_t size, struct err *err)
{
    if (b->size == size)
        return 0;
    return err_set(err, ERR_SIZE, "%s has %llu bytes, its descriptor says %llu", b->digest.text,
                   (unsigned long long)b->size, (unsigned long long)size);
}

static int refuse_missing(const char *what, const char *digest, struct err *err)
{
    return err_set(err, ERR_ABSENT,
                   "%s %s is missing (to import what is there: registry.require_blobs: false)",
                   what, digest);
}

/* 1 and the blob; 0 when it is not there and need not be; -1. */
static int find_part(const struct import_graph *g, const struct manifest_descriptor *d,
                     const char *what, struct blob **ret, struct err *err)
{
    bool required = d->required && g->world->settings.require_blobs;
    struct digest digest;
    int rc = 0;

    if (digest_parse(&digest, d->digest, err) != 0)
        return required ? err_wrap(err, "%s", what) : 0;
    rc = import_members_digest(g->members, &digest, ret, err);
    if (rc == 0 && required)
        return refuse_missing(what, d->digest, err);
    if (rc > 0 && check_size(*ret, d->size, err) != 0)
        return -1;
    return rc;
}

static int plan_blob(const struct import_graph *g, const char *repo,
                     const struct manifest_descriptor *d, const char *what, struct err *err)
{
    struct blob *b;
    int rc = find_part(g, d, what, &b, err);

    return rc > 0 ? import_plan_blob(g->plan, repo, b, err) : rc;
}

static int plan_manifest(const struct import_graph *g, const char *repo,
                         const struct import_descriptor *d, struct blob *b, unsigned depth,
                         struct err *err);

/* A child whose type is no manifest's is a blob: BuildKit's cache is an index of layers. */
static int plan_child(const struct import_graph *g, const char *repo,
                      const struct manifest_descriptor *child, unsigned depth, struct err *err)
{
    struct import_descriptor d = {.media_type = child->media_type};
    struct blob *b;
    int rc;

    if (manifest_kind_of(child->media_type) == MANIFEST_KIND_OTHER)
        return plan_blob(g, repo, child, "blob", err);
    rc = find_part(g, child, "manifest", &b, err);
    if (rc <= 0)
        return rc;
    d.digest = b->digest;
    return plan_manifest(g, repo, &d, b, depth + 1, err);
}

static int plan_parts(const struct import_graph *g, const char *repo,
                      const struct manifest_doc *doc, unsigned depth, struct err *err)
{
    if (doc->config != NULL && plan_blob(g, repo, doc->config, "config", err) != 0)
        return -1;
    for (size_t i = 0; i < doc->layer_count; i++) {
        if (plan_blob(g, repo, &doc->layers[i], "layer", err) != 0)
            return -1;
    }
    for (size_t i = 0; i < doc->manifest_count; i++) {
        if (plan_child(g, repo, &doc->manifests[i], depth, err) != 0)
            return -1;
    }
    return 0;
}

/* Parts first: a manifest that is in the plan is there with all it needs. */
static int plan_manifest(const struct import_graph *g, const char *repo,
                         const struct import_descriptor *d, struct blob *b, unsigned depth,
                         struct err *err)
{
    auto_doc struct manifest_doc *doc = NULL;

    if (import_plan_has_manifest(g->plan, repo, &d->digest))
        return 0;
    if (depth > DEPTH_MAX)
        return err_set(err, ERR_LIMIT, "more than %d indexes within each other", DEPTH_MAX);
    if (import_graph_parse(g, b, d->media_type, &doc, err) != 0)
        return -1;
    if (plan_parts(g, repo, doc, depth, err) != 0)
        return depth > 0 ? -1 : err_wrap(err, "manifest %s", d->digest.text);
    return import_graph_add(g, repo, b, doc, err);
}

/* The blob that a descriptor in an index.json means. */
static int find_root(const struct import_graph *g, const struct import_descriptor *d,
                     const char *what, struct blob **ret, struct err *err)
{
    int rc = import_members_digest(g->members, &d->digest, ret, err);

    if (rc == 0)
        return refuse_missing(what, d->digest.text, err);
    if (rc < 0 || (d->has_size && check_size(*ret, d->size, err) != 0))
        return -1;
    return 0;
}

int import_graph_blob(const struct import_graph *g, const char *repo,
                      const struct import_descriptor *d, struct err *err)
{
    struct blob *b;

    if (find_root(g, d, "blob", &b, err) != 0)
        return -1;
    return import_plan_blob(g->plan, repo, b, err);
}

int import_graph_manifest(const struct import_graph *g, const char *repo,
                          const struct import_descriptor *d, struct err *err)
{
    struct blob *b;

    if (find_root(g, d, "manifest", &b, err) != 0)
        return -1;
    return plan_manifest(g, repo, d, b, 0, err);
}
