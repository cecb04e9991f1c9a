/* SPDX-License-Identifier: MIT */
/*
 * POST to the uploads of a repository: a session, a blob in one request, or a mount (end-4,
 * end-11).
 */
#include "registry/upload.h"

#include <inttypes.h>
#include <string.h>

#include "lib/http/exchange.h"
#include "lib/http/request.h"
#include "lib/util/err.h"
#include "lib/util/util.h"
#include "registry/access.h"
#include "registry/call.h"
#include "registry/fault_effects.h"
#include "registry/gate.h"
#include "registry/magic.h"
#include "registry/oci_error.h"
#include "registry/reference.h"
#include "registry/registry.h"
#include "registry/state_gate.h"
#include "registry/store/blob_store.h"
#include "registry/store/meta_store.h"
#include "registry/upload_request.h"

/* Seconds after which a client may try again when all sessions are taken. */
#define RETRY_AFTER "10"

/* limits.uploads: 429, because waiting helps and clients know how to (C5). */
static void refuse_session(struct registry_call *call, const struct err *err)
{
    if (err->code != ERR_LIMIT) {
        oci_error_reply_err(call, err);
        return;
    }
    oci_error_begin(call, 429, OCI_TOOMANYREQUESTS, oci_detail("%s", err->msg));
    http_reply_header(call->x, "Retry-After", RETRY_AFTER);
    http_reply_send(call->x);
}

/* UP1 */
static void start_session(struct registry_call *call)
{
    struct meta_store *meta = call->world->meta;
    uint64_t chunk_min = call->world->settings.chunk_min;
    struct fault_upload fault;
    struct upload *up;
    struct err err;

    if (upload_new(&up, call->world, call->route.repo, &err) != 0) {
        refuse_session(call, &err);
        return;
    }
    if (meta->ops->repository_add(meta, call->route.repo, &err) != 0) {
        upload_free(up);
        oci_error_reply_err(call, &err);
        return;
    }
    faults_upload(call, &fault);
    call_reply_begin(call, 202);
    upload_reply_state(call, up);
    if (fault.lose) /* before anybody can use it */
        upload_free(up);
    if (chunk_min > 0)
        http_reply_headerf(call->x, "OCI-Chunk-Min-Length", "%" PRIu64, chunk_min);
    http_reply_send(call->x);
}

/* --- A blob in one request (UP11) ------------------------------------------------------------ */

static void finish(struct upload_request *r)
{
    upload_request_finish(r, &r->call->digest);
}

static void single_post(struct registry_call *call)
{
    struct upload_request *r;
    struct upload *up;
    struct err err;

    if (upload_new(&up, call->world, call->route.repo, &err) != 0) {
        refuse_session(call, &err);
        return;
    }
    r = upload_request_new(call, up);
    if (r == NULL) {
        upload_free(up);
        return;
    }
    r->single = true;
    if (upload_request_check(r))
        upload_request_receive(r, finish);
}

static bool is_empty_blob(const struct digest *digest)
{
    struct digest empty;

    return digest_of(&empty, digest->algorithm, "", 0, NULL) == 0 && digest_equal(digest, &empty);
}

/*
 * Zero bytes with the digest of nothing are a blob (Go sends them chunked). No body with another
 * digest is a client that asks for a session and announces what it will send.
 */
static void post_with_digest(struct registry_call *call, const char *text)
{
    const struct http_request *req = call->req;
    bool no_body = req->content_length == 0 || !http_request_has_body(req);
    struct err err;

    if (digest_parse(&call->digest, text, &err) != 0)
        oci_error_reply(call, OCI_DIGEST_INVALID, oci_detail("%s", err.msg));
    else if (!call->world->settings.single_post || (no_body && !is_empty_blob(&call->digest)))
        start_session(call);
    else
        single_post(call);
}

/* --- Mount (UP12) ---------------------------------------------------------------------------- */

/* Where the blob of a mount may come from. */
struct mount {
    struct registry_call *call; /* borrowed */
    struct blob *blob;          /* borrowed from the repository; NULL: nowhere */
    enum access_answer answer;  /* of the last repository that has it */
};

/* Looks into one repository; false when that was enough. */
static bool try_source(void *arg, const char *name)
{
    struct mount *m = arg;
    const char *repo = magic_repo(m->call->world->magic, name);
    struct meta_store *meta = m->call->world->meta;
    struct blob *blob = meta->ops->blob_find(meta, repo, &m->call->digest);

    if (blob == NULL || !state_shows_source(m->call, repo, &m->call->digest))
        return true;
    m->answer =
        strcmp(repo, m->call->route.repo) == 0 ? ACCESS_GRANTED : access_may_pull(m->call, name);
    if (m->answer != ACCESS_GRANTED)
        return true;
    m->blob = blob;
    return false;
}

/* Takes the mount's blob into this repository: 201. */
static void link_blob(struct registry_call *call, struct blob *blob)
{
    struct meta_store *meta = call->world->meta;
    struct err err;

    /* Our own reference: adding may change what the store has lent. */
    blob = blob_ref(blob);
    if (meta->ops->repository_add(meta, call->route.repo, &err) != 0 ||
        meta->ops->blob_add(meta, call->route.repo, blob, &err) != 0) {
        oci_error_reply_err(call, &err);
    } else {
        state_blob_linked(call->world, call->route.repo, &call->digest);
        upload_reply_created(call, &call->digest);
    }
    blob_unref(blob);
}

/* What cannot be mounted becomes a session; why is not told: it may be none of the caller's
   business that there is such a repository. */
static void mount_or_session(struct registry_call *call, const char *from)
{
    struct meta_store *meta = call->world->meta;
    struct mount m = {.call = call};

    if (call->world->settings.mount && from == NULL)
        meta->ops->blob_homes(meta, &call->digest, try_source, &m);
    else if (call->world->settings.mount && reference_is_name(from))
        (void)try_source(&m, from);
    if (m.blob != NULL)
        link_blob(call, m.blob);
    else if (from != NULL && m.answer == ACCESS_SCOPE_MISSING)
        gate_refuse_scope(call); /* the client can fetch it when told both scopes */
    else
        start_session(call);
}

static void post_with_mount(struct registry_call *call, const char *text)
{
    const char *from = http_request_parameter(call->req, "from");
    struct err err;

    if (from != NULL && from[0] == '\0')
        from = NULL;
    if (digest_parse(&call->digest, text, &err) != 0)
        oci_error_reply(call, OCI_DIGEST_INVALID, oci_detail("%s", err.msg));
    else
        mount_or_session(call, from);
}

/* UP13: what will be sent has to be one that can be computed. */
static bool need_algorithm(struct registry_call *call)
{
    const char *name = http_request_parameter(call->req, "digest-algorithm");
    enum digest_algorithm algorithm;

    if (name == NULL || digest_algorithm_parse(&algorithm, name))
        return true;
    oci_error_reply(call, OCI_DIGEST_INVALID,
                    oci_detail("digest algorithm '%.60s' is not supported", name));
    return false;
}

void handle_upload_start(struct registry_call *call)
{
    const char *mount = http_request_parameter(call->req, "mount");
    const char *digest = http_request_parameter(call->req, "digest");

    if (!need_algorithm(call))
        return;
    if (mount != NULL)
        post_with_mount(call, mount);
    else if (digest != NULL)
        post_with_digest(call, digest);
    else
        start_session(call);
}
