/* SPDX-License-Identifier: MIT */
/* Reading and deleting manifests (distribution-spec, end-3 and end-9). */
#include <jansson.h>

#include "lib/http/exchange.h"
#include "registry/accept.h"
#include "registry/call.h"
#include "registry/deletion.h"
#include "registry/oci_error.h"
#include "registry/pending.h"
#include "registry/registry.h"
#include "registry/store/blob_store.h"

/* What the reference of this request points to, or NULL. */
static struct manifest *find(struct registry_call *call)
{
    struct meta_store *meta = call->world->meta;

    if (call->has_digest)
        return meta->ops->manifest_find(meta, call->route.repo, &call->digest);
    if (reference_is_tag(call->route.ref))
        return meta->ops->tag_find(meta, call->route.repo, call->route.ref);
    return NULL; /* neither tag nor digest: 404 like any other that is not there */
}

static void reply_unknown(struct registry_call *call)
{
    const char *kind = call->has_digest ? "digest" : "tag";

    if (call_need_repository(call))
        oci_error_reply(
            call, OCI_MANIFEST_UNKNOWN,
            json_pack("{s:s, s:o}", "name", call->route.name, kind, oci_text(call->route.ref)));
}

/* As find(), but replies when there is nothing. */
static struct manifest *need(struct registry_call *call)
{
    struct manifest *m;

    /* A reference with a colon is a digest, whatever else is wrong with it. */
    if (reference_is_digest(call->route.ref) && !call_need_digest(call))
        return NULL;
    m = find(call);
    if (m == NULL && !pending_reply(call))
        reply_unknown(call);
    return m;
}

static void reply_not_accepted(struct registry_call *call, const struct manifest *m)
{
    oci_error_reply(call, OCI_MANIFEST_UNKNOWN,
                    oci_detail("the manifest is of type %s, which the Accept header leaves out",
                               m->media_type));
}

void handle_manifest_get(struct registry_call *call)
{
    const struct manifest *m = need(call);
    const char *digest;
    bool unchanged;

    if (m == NULL)
        return;
    if (call->world->settings.strict_accept && !accept_allows(call->req, m->media_type)) {
        reply_not_accepted(call, m);
        return;
    }
    digest = m->blob->digest.text;
    unchanged = accept_has_already(call->req, digest);
    call_reply_begin(call, unchanged ? 304 : 200);
    http_reply_header(call->x, "Docker-Content-Digest", digest);
    call_reply_etag(call, &m->blob->digest);
    if (!unchanged) {
        http_reply_header(call->x, "Content-Type", m->media_type);
        http_reply_body(call->x, call_blob_source(m->blob, 0, m->blob->size),
                        (int64_t)m->blob->size);
    }
    http_reply_send(call->x);
}

static void delete_tag(struct registry_call *call)
{
    struct meta_store *meta = call->world->meta;
    enum delete_mode mode = call->world->settings.delete_tag;

    if (!deletion_allowed(call, mode, "tags") || need(call) == NULL)
        return;
    if (mode != DELETE_PRETEND)
        (void)meta->ops->tag_remove(meta, call->route.repo, call->route.ref);
    deletion_reply(call);
}

void handle_manifest_delete(struct registry_call *call)
{
    struct meta_store *meta = call->world->meta;
    enum delete_mode mode = call->world->settings.delete_manifest;

    if (!reference_is_digest(call->route.ref)) {
        delete_tag(call);
        return;
    }
    if (!deletion_allowed(call, mode, "manifests") || need(call) == NULL)
        return;
    if (mode != DELETE_PRETEND)
        (void)meta->ops->manifest_remove(meta, call->route.repo, &call->digest);
    deletion_reply(call);
}
