/* SPDX-License-Identifier: MIT */
/*
 * PUT of a manifest (end-7a, end-7b).
 *
 *     head -> body -> read (a job when it is large) -> check -> commit -> 201
 *
 * Nothing is seen before commit, and commit is undone as a whole when one of its steps fails.
 */
#include "registry/manifest_put.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "lib/http/exchange.h"
#include "lib/http/loop.h"
#include "lib/http/request.h"
#include "lib/util/json.h"
#include "lib/util/util.h"
#include "registry/call.h"
#include "registry/manifest_commit.h"
#include "registry/oci_error.h"
#include "registry/reference.h"
#include "registry/registry.h"
#include "registry/store/blob_store.h"

enum {
    PUT_MAGIC = 0x6d707574,
    BODY_FIRST = 4096, /* first size of the buffer; it doubles */
};

/* --- Life ------------------------------------------------------------------------------------ */

/* The bytes no longer count; the world is not touched any more. */
static void leave_world(struct manifest_put *put)
{
    if (put->world != NULL && put->data != NULL)
        put->world->blobs->ops->discharge(put->world->blobs, put->size);
    put->world = NULL;
}

static void put_free(struct manifest_put *put)
{
    leave_world(put);
    free(put->data);
    manifest_doc_free(put->doc);
    free(put->content_type);
    free(put->tags);
    put->magic = 0;
    free(put);
}

/* Takes the reply out of the hands of put, which is gone then. */
static struct registry_call *put_end(struct manifest_put *put)
{
    struct registry_call *call = put->call;

    call_resume(call);
    put_free(put);
    return call;
}

static void on_abandon(struct registry_call *call)
{
    struct manifest_put *put;

    CAST_ARG(put, call->pending, PUT_MAGIC);
    put->call = NULL;
    if (put->in_job)
        leave_world(put); /* the job's end frees it, and may come after the world's */
    else
        put_free(put);
}

/* --- What the head says ---------------------------------------------------------------------- */

/* MP2: with a colon it is a digest, whatever else it may look like. MP3: else a tag. */
static bool check_reference(struct registry_call *call)
{
    struct err err;

    if (reference_is_digest(call->route.ref)) {
        if (digest_parse(&call->digest, call->route.ref, &err) == 0)
            return true;
        oci_error_reply(call, OCI_DIGEST_INVALID, oci_detail("%s", err.msg));
        return false;
    }
    if (reference_is_tag(call->route.ref))
        return true;
    oci_error_reply(call, OCI_MANIFEST_INVALID,
                    oci_detail("'%.140s' is neither a tag nor a digest", call->route.ref));
    return false;
}

static size_t count_tag_parameters(const struct http_request *req)
{
    size_t count = 0;
    size_t pos = 0;

    while (http_request_parameter_next(req, "tag", &pos) != NULL)
        count++;
    return count;
}

static bool check_tag_parameters(struct registry_call *call, size_t count)
{
    uint32_t max = call->world->settings.tags_per_push;
    const char *tag;
    size_t pos = 0;

    if (count > max) {
        oci_error_reply_status(
            call, 414, OCI_REQUEST_INVALID,
            oci_detail("%zu tags, at most %" PRIu32 " with one manifest", count, max));
        return false;
    }
    while ((tag = http_request_parameter_next(call->req, "tag", &pos)) != NULL) {
        if (reference_is_tag(tag))
            continue;
        oci_error_reply(call, OCI_MANIFEST_INVALID, oci_detail("'%.140s' is not a tag", tag));
        return false;
    }
    return true;
}

/* MP6: what is announced as too large is not read. */
static bool check_length(struct registry_call *call)
{
    uint64_t max = call->world->settings.manifest_max;

    if (call->req->content_length < 0 || (uint64_t)call->req->content_length <= max)
        return true;
    oci_error_reply_status(call, 413, OCI_SIZE_INVALID,
                           oci_detail("a manifest may have at most %" PRIu64 " bytes", max));
    return false;
}

/* The tags to set: the reference itself, or with a push by digest the parameters (MP8). */
static int set_tags(struct manifest_put *put, size_t parameters)
{
    const char *tag;
    size_t pos = 0;

    put->by_digest = reference_is_digest(put->call->route.ref);
    put->tags = calloc(parameters + 1, sizeof(*put->tags));
    if (put->tags == NULL)
        return -1;
    if (!put->by_digest)
        put->tags[put->tag_count++] = put->call->route.ref;
    while (put->by_digest && parameters > 0 &&
           (tag = http_request_parameter_next(put->call->req, "tag", &pos)) != NULL)
        put->tags[put->tag_count++] = tag;
    return 0;
}

static struct manifest_put *put_new(struct registry_call *call, size_t parameters)
{
    const char *content_type = http_request_header(call->req, "Content-Type");
    struct manifest_put *put = calloc(1, sizeof(*put));

    if (put == NULL)
        return NULL;
    put->magic = PUT_MAGIC;
    put->call = call;
    put->world = call->world;
    put->match_media_type = call->world->settings.require_media_type_match;
    put->max = call->world->settings.manifest_max;
    put->content_type = strdup(content_type == NULL ? "" : content_type);
    if (put->content_type == NULL || set_tags(put, parameters) != 0) {
        put_free(put);
        return NULL;
    }
    put->algorithm = put->by_digest ? call->digest.algorithm : DIGEST_SHA256;
    return put;
}

/* --- Reading it ------------------------------------------------------------------------------ */

/* Pure: on the loop for a small manifest, in a job for a large one. */
static void read_manifest(void *arg)
{
    struct manifest_put *put = arg;
    const char *data = put->data == NULL ? "" : put->data;
    const struct manifest_doc_options options = {.content_type = put->content_type,
                                                 .match_media_type = put->match_media_type,
                                                 .max = put->max};

    put->failed = digest_of(&put->digest, put->algorithm, data, put->size, &put->err) != 0 ||
                  manifest_doc_parse(&put->doc, data, put->size, &options, &put->err) != 0;
}

/* MP2 before MP5: bytes that are not those that were meant need no further look. */
static void refuse_unreadable(struct manifest_put *put)
{
    struct err err = put->err;
    bool other = put->by_digest && put->digest.text[0] != '\0' &&
                 !digest_equal(&put->digest, &put->call->digest);
    struct registry_call *call = put_end(put);

    if (other)
        oci_error_reply(call, OCI_DIGEST_INVALID, oci_detail("the content has another digest"));
    else if (err.code == ERR_NOMEM)
        oci_error_reply_err(call, &err);
    else
        oci_error_reply(call, OCI_MANIFEST_INVALID, oci_detail("%s", err.msg));
}

static void on_read(void *arg)
{
    struct manifest_put *put;

    CAST_ARG(put, arg, PUT_MAGIC);
    put->in_job = false;
    if (put->call == NULL) {
        put_free(put);
    } else if (put->failed) {
        refuse_unreadable(put);
    } else {
        call_resume(put->call);
        manifest_commit(put);
        put_free(put);
    }
}

/* --- The body -------------------------------------------------------------------------------- */

static int grow(struct manifest_put *put, size_t size, struct err *err)
{
    size_t room = put->room > 0 ? put->room : BODY_FIRST;
    char *p;

    while (room < size)
        room *= 2;
    if (room == put->room)
        return 0;
    p = realloc(put->data, room);
    if (p == NULL)
        return err_set(err, ERR_NOMEM, "manifest of %zu bytes", size);
    put->data = p;
    put->room = room;
    return 0;
}

/* The bytes count against limits.storage from the moment they are here, so that many slow pushes
   cannot take more memory than one may. */
static int append(struct manifest_put *put, const void *p, size_t n, struct err *err)
{
    struct blob_store *blobs = put->world->blobs;

    if (grow(put, put->size + n, err) != 0 || blobs->ops->charge(blobs, n, err) != 0)
        return -1;
    memcpy(put->data + put->size, p, n);
    put->size += n;
    return 0;
}

static void on_data(void *arg, const void *p, size_t n)
{
    struct manifest_put *put;
    struct err err;

    CAST_ARG(put, arg, PUT_MAGIC);
    if (append(put, p, n, &err) == 0)
        return;
    http_body_discard(put->call->x);
    oci_error_reply_err(put_end(put), &err);
}

static void on_end(void *arg)
{
    struct manifest_put *put;

    CAST_ARG(put, arg, PUT_MAGIC);
    if (put->size > UTIL_JSON_INLINE_MAX) {
        put->in_job = true;
        loop_job(put->world->loop, read_manifest, on_read, put);
        return;
    }
    read_manifest(put);
    on_read(put);
}

static void on_failed(void *arg, const struct err *why)
{
    struct registry_call *call;
    struct manifest_put *put;
    uint64_t max;

    CAST_ARG(put, arg, PUT_MAGIC);
    max = put->max;
    call = put_end(put);
    if (why->code == ERR_BODY_TOO_LARGE)
        oci_error_reply_status(call, 413, OCI_SIZE_INVALID, /* MP6 */
                               oci_detail("a manifest may have at most %" PRIu64 " bytes", max));
    else if (why->code == ERR_BODY_SYNTAX)
        oci_error_reply_err(call, why);
    /* Otherwise the client is gone, and so is what it sent. */
}

void handle_manifest_put(struct registry_call *call)
{
    static const struct http_sink sink = {.data = on_data, .end = on_end, .failed = on_failed};
    struct manifest_put *put;
    size_t parameters;

    if (!check_reference(call) || !check_length(call))
        return;
    /* MP8: with a tag as its reference, or switched off, the parameters mean nothing. */
    parameters = call->world->settings.tag_parameters && reference_is_digest(call->route.ref)
                     ? count_tag_parameters(call->req)
                     : 0;
    if (!check_tag_parameters(call, parameters))
        return;
    put = put_new(call, parameters);
    if (put == NULL) {
        oci_error_reply(call, OCI_UNKNOWN, oci_detail("%s", err_text(ERR_NOMEM)));
        return;
    }
    call_wait(call, on_abandon, put);
    if (http_request_has_body(call->req))
        http_body_read(call->x, &sink, put, put->max);
    else
        on_end(put);
}
