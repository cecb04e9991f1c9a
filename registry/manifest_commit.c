/* SPDX-License-Identifier: MIT */
#include "registry/manifest_commit.h"

#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "lib/http/exchange.h"
#include "lib/util/util.h"
#include "registry/call.h"
#include "registry/manifest_put.h"
#include "registry/oci_error.h"
#include "registry/registry.h"
#include "registry/state_gate.h"
#include "registry/store/blob_store.h"
#include "registry/store/meta_store.h"

/* Missing references that one reply lists. */
enum { MISSING_MAX = 1000 };

/* --- May it be stored? ----------------------------------------------------------------------- */

/* MP2 */
static bool check_digest(const struct manifest_put *put)
{
    if (!put->by_digest || digest_equal(&put->digest, &put->call->digest))
        return true;
    oci_error_reply(put->call, OCI_DIGEST_INVALID,
                    oci_detail("the content has the digest %s", put->digest.text));
    return false;
}

/* A child of an index may be a blob too: BuildKit's cache is an index of layers. */
static bool is_there(const struct manifest_put *put, const struct manifest_descriptor *d,
                     bool manifest)
{
    struct meta_store *meta = put->world->meta;
    const char *repo = put->call->route.repo;
    struct digest digest;

    if (!d->required)
        return true;
    if (digest_parse(&digest, d->digest, NULL) != 0)
        return false;
    if (manifest && meta->ops->manifest_find(meta, repo, &digest) != NULL)
        return true;
    return meta->ops->blob_find(meta, repo, &digest) != NULL;
}

static void find_missing(const struct manifest_put *put, const struct manifest_descriptor *list,
                         size_t count, bool manifests, json_t *missing)
{
    for (size_t i = 0; i < count && json_array_size(missing) < MISSING_MAX; i++) {
        if (!is_there(put, &list[i], manifests))
            (void)json_array_append_new(missing, json_string(list[i].digest));
    }
}

/* MP5: one error per missing reference, its digest in the detail. The subject may be missing. */
static bool check_references(const struct manifest_put *put)
{
    const struct manifest_doc *doc = put->doc;
    json_t *missing;

    if (!put->world->settings.require_blobs)
        return true;
    missing = json_array();
    if (doc->config != NULL)
        find_missing(put, doc->config, 1, false, missing);
    find_missing(put, doc->layers, doc->layer_count, false, missing);
    find_missing(put, doc->manifests, doc->manifest_count, true, missing);
    if (missing != NULL && json_array_size(missing) == 0) {
        json_decref(missing);
        return true;
    }
    oci_error_reply_each(put->call, OCI_MANIFEST_BLOB_UNKNOWN, missing);
    return false;
}

/* MP9: setting a tag to what it is already changes nothing and is allowed. */
static bool check_immutable(const struct manifest_put *put)
{
    struct meta_store *meta = put->world->meta;

    if (!put->world->settings.immutable_tags)
        return true;
    for (size_t i = 0; i < put->tag_count; i++) {
        const struct manifest *m = meta->ops->tag_find(meta, put->call->route.repo, put->tags[i]);

        if (m == NULL || digest_equal(&m->blob->digest, &put->digest))
            continue;
        oci_error_reply(put->call, OCI_TAG_IMMUTABLE,
                        oci_detail("tag '%s' is immutable", put->tags[i]));
        return false;
    }
    return true;
}

/* --- Storing it ------------------------------------------------------------------------------ */

/* What commit changed, to take it back. */
struct undo {
    struct meta_store *meta;     /* borrowed */
    const char *repo;            /* borrowed */
    const struct digest *digest; /* borrowed; of the new manifest */
    struct manifest *before;     /* owned reference: the entry that was replaced, or NULL */
    bool stored;                 /* the manifest is in the repository */
    const char **tags;           /* borrowed; those that were to be set */
    struct digest *targets;      /* owned; what each tag pointed to, "" for nothing */
    size_t moved;                /* how many tags are set */
};

static void undo_all(struct undo *u)
{
    while (u->moved > 0) {
        size_t i = --u->moved;

        if (u->targets[i].text[0] == '\0')
            (void)u->meta->ops->tag_remove(u->meta, u->repo, u->tags[i]);
        else
            (void)u->meta->ops->tag_set(u->meta, u->repo, u->tags[i], &u->targets[i], NULL);
    }
    if (u->stored && u->before != NULL)
        (void)u->meta->ops->manifest_put(u->meta, u->repo, u->before, NULL);
    else if (u->stored)
        (void)u->meta->ops->manifest_remove(u->meta, u->repo, u->digest);
}

static int set_tags(struct undo *u, size_t count, struct err *err)
{
    for (size_t i = 0; i < count; i++) {
        const struct manifest *m = u->meta->ops->tag_find(u->meta, u->repo, u->tags[i]);

        if (m != NULL)
            u->targets[i] = m->blob->digest;
        if (u->meta->ops->tag_set(u->meta, u->repo, u->tags[i], u->digest, err) != 0)
            return -1;
        u->moved = i + 1;
    }
    return 0;
}

static int store_entry(struct undo *u, struct manifest *m, size_t tag_count, struct err *err)
{
    struct manifest *before = u->meta->ops->manifest_find(u->meta, u->repo, u->digest);

    if (before != NULL)
        u->before = manifest_ref(before);
    if (u->meta->ops->repository_add(u->meta, u->repo, err) != 0 ||
        u->meta->ops->manifest_put(u->meta, u->repo, m, err) != 0)
        return -1;
    u->stored = true;
    return set_tags(u, tag_count, err);
}

/* MP9: all of it or nothing. */
static int store_manifest(const struct manifest_put *put, struct manifest *m, struct err *err)
{
    struct undo u = {.meta = put->world->meta,
                     .repo = put->call->route.repo,
                     .digest = &put->digest,
                     .tags = put->tags,
                     .targets = calloc(put->tag_count + 1, sizeof(*u.targets))};
    int rc;

    if (u.targets == NULL)
        return err_set(err, ERR_NOMEM, "tags");
    rc = store_entry(&u, m, put->tag_count, err);
    if (rc != 0)
        undo_all(&u);
    manifest_unref(u.before);
    free(u.targets);
    return rc;
}

/* The bytes, exactly as they came (MP9), become a blob; they were charged as they arrived. */
static int make_manifest(struct manifest_put *put, struct manifest **ret, struct err *err)
{
    struct blob_store *blobs = put->world->blobs;
    struct manifest *m;
    void *data;

    if (manifest_doc_take(put->doc, &m, err) != 0)
        return -1;
    data = realloc(put->data, put->size);
    put->data = data != NULL ? data : put->data; /* at worst it is larger than it need be */
    if (blobs->ops->add_memory(blobs, &put->digest, STEAL(put->data), put->size, &m->blob, err) !=
        0) {
        manifest_unref(m);
        return -1;
    }
    *ret = m;
    return 0;
}

/* MP1, MP7, MP8 */
static void reply_created(const struct manifest_put *put, const struct manifest *m)
{
    struct registry_call *call = put->call;

    call_reply_begin(call, 201);
    call_reply_location(call, "/v2/%s/manifests/%s", call->route.name, put->digest.text);
    http_reply_header(call->x, "Docker-Content-Digest", put->digest.text);
    if (m->has_subject && put->world->settings.referrers)
        http_reply_header(call->x, "OCI-Subject", m->subject);
    for (size_t i = 0; put->by_digest && i < put->tag_count; i++)
        http_reply_header(call->x, "OCI-Tag", put->tags[i]);
    http_reply_send(call->x);
}

void manifest_commit(struct manifest_put *put)
{
    struct manifest *m;
    struct err err;

    if (!check_digest(put) || !check_references(put) || !check_immutable(put))
        return;
    if (make_manifest(put, &m, &err) != 0) {
        oci_error_reply_err(put->call, &err);
        return;
    }
    if (store_manifest(put, m, &err) == 0) {
        state_manifest_pushed(put->world, put->call->route.repo, put->tags, put->tag_count,
                              &put->digest);
        reply_created(put, m);
    } else {
        oci_error_reply_err(put->call, &err);
    }
    manifest_unref(m);
}
