/* SPDX-License-Identifier: MIT */
#include "registry/upload_request.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "lib/http/exchange.h"
#include "lib/http/request.h"
#include "lib/util/err.h"
#include "lib/util/util.h"
#include "registry/call.h"
#include "registry/fault_effects.h"
#include "registry/oci_error.h"
#include "registry/registry.h"
#include "registry/state_gate.h"
#include "registry/store/blob_store.h"
#include "registry/store/meta_store.h"
#include "registry/upload.h"

enum {
    REQUEST_MAGIC = 0x75707271,
    NEVER_CAME = 1024, /* bytes that a session without any has where a rule says so */
};

static void on_lost(void *arg);
static void on_drained(void *arg);

static const struct upload_user user = {.lost = on_lost, .drained = on_drained};

/* --- Replies --------------------------------------------------------------------------------- */

void upload_reply_state(struct registry_call *call, const struct upload *up)
{
    uint64_t size = upload_size(up);
    struct fault_upload fault;

    call_reply_location(call, "/v2/%s/blobs/uploads/%s", call->route.name, up->id);
    faults_upload(call, &fault);
    if (fault.offset == FAULT_OFFSET_WRONG) /* half of it got lost, or some came from nowhere */
        size = size > 1 ? size / 2 : NEVER_CAME;
    /* UP7: 0-0 for an empty session too; docker cannot read "0--1". */
    if (fault.offset != FAULT_OFFSET_MISSING)
        http_reply_headerf(call->x, "Range", "0-%" PRIu64, size > 0 ? size - 1 : 0);
    http_reply_header(call->x, "Docker-Upload-UUID", up->id);
}

void upload_reply_created(struct registry_call *call, const struct digest *digest)
{
    call_reply_begin(call, 201);
    call_reply_location(call, "/v2/%s/blobs/%s", call->route.name, digest->text);
    http_reply_header(call->x, "Docker-Content-Digest", digest->text);
    http_reply_send(call->x);
}

/* A refusal that leaves the session usable says where it stands: regclient goes on from there. */
static void reply_refusal(struct registry_call *call, const struct upload *up, int status,
                          enum oci_code code, struct json_t *detail)
{
    oci_error_begin(call, status, code, detail);
    upload_reply_state(call, up);
    http_reply_send(call->x);
}

/* --- Life ------------------------------------------------------------------------------------ */

struct upload_request *upload_request_new(struct registry_call *call, struct upload *up)
{
    struct upload_request *r;

    if (up->state != UPLOAD_IDLE) {
        reply_refusal(call, up, 409, OCI_BLOB_UPLOAD_INVALID,
                      oci_detail("another request is writing to this upload"));
        return NULL;
    }
    r = calloc(1, sizeof(*r));
    if (r == NULL) {
        oci_error_reply(call, OCI_UNKNOWN, oci_detail("%s", err_text(ERR_NOMEM)));
        return NULL;
    }
    r->magic = REQUEST_MAGIC;
    r->call = call;
    r->up = up;
    return r;
}

static void request_free(struct upload_request *r)
{
    r->magic = 0;
    free(r);
}

/* Lets go of the session; with `undo` nothing of this request counts. */
static void release(struct upload_request *r, bool undo)
{
    struct upload *up = STEAL(r->up);

    if (r->started && undo && !upload_undo(up))
        return;
    if (r->started && !undo)
        upload_keep(up);
    if (r->single)
        upload_free(up);
}

static void stop_reading(struct upload_request *r)
{
    if (r->reading)
        http_body_discard(r->call->x);
    r->reading = false;
    call_resume(r->call);
}

struct registry_call *upload_request_refuse(struct upload_request *r)
{
    struct registry_call *call = r->call;

    stop_reading(r);
    release(r, true);
    request_free(r);
    return call;
}

/* As upload_request_refuse(), and replies with where the session stands, if it is still there. */
static void refuse(struct upload_request *r, int status, enum oci_code code, struct json_t *detail)
{
    const char *repo = r->call->route.repo;
    struct world *world = r->call->world;
    bool single = r->single;
    char id[UPLOAD_ID_LENGTH + 1];
    struct registry_call *call;
    struct upload *up;

    (void)stpcpy(id, r->up->id);
    call = upload_request_refuse(r);
    up = single ? NULL : upload_find(world, repo, id);
    if (up == NULL)
        oci_error_reply_status(call, status, code, detail);
    else
        reply_refusal(call, up, status, code, detail);
}

/* --- What the head says ---------------------------------------------------------------------- */

/* UP4, UP5: a chunk begins where the last one ended; a gap and a repetition are both refused. */
static bool check_start(struct upload_request *r)
{
    uint64_t size = upload_size(r->up) - r->got;

    r->ranged = false;
    if (r->range.start == size)
        return true;
    refuse(r, 416, OCI_BLOB_UPLOAD_INVALID,
           oci_detail("the chunk begins at %" PRIu64 ", the upload has %" PRIu64 " bytes",
                      r->range.start, size));
    return false;
}

/* Content-Range, as far as the head alone can tell. */
static bool check_range(struct upload_request *r)
{
    const char *value = http_request_header(r->call->req, "Content-Range");
    int64_t length = r->call->req->content_length;

    /* UP5: some clients send "0-0" or "N-(N-1)" with an empty body. */
    if (value == NULL || length == 0 || !http_request_has_body(r->call->req))
        return true;
    if (!content_range_parse(&r->range, value)) {
        refuse(r, 400, OCI_BLOB_UPLOAD_INVALID,
               oci_detail("Content-Range '%.60s' is not start-end", value));
        return false;
    }
    r->sized = true;
    r->ranged = true;
    if (length < 0) /* empty or not: its first byte will tell */
        return true;
    if (!check_start(r))
        return false;
    if (r->range.length == (uint64_t)length)
        return true;
    refuse(r, 400, OCI_SIZE_INVALID,
           oci_detail("Content-Range has %" PRIu64 " bytes, Content-Length %" PRIi64,
                      r->range.length, length));
    return false;
}

/* Bytes that this body may have (limits.blob). */
static uint64_t room_in_blob(const struct upload_request *r)
{
    uint64_t max = r->call->world->settings.blob_max;
    uint64_t size = upload_size(r->up);

    if (max == 0)
        return UINT64_MAX;
    return max > size ? max - size : 0;
}

static uint64_t room_in_store(const struct upload_request *r)
{
    const struct blob_store *s = r->call->world->blobs;
    uint64_t limit = s->ops->limit(s);
    uint64_t used = s->ops->used(s);

    if (limit == 0)
        return UINT64_MAX;
    return limit > used ? limit - used : 0;
}

static void refuse_too_large(struct upload_request *r)
{
    refuse(
        r, 413, OCI_SIZE_INVALID,
        oci_detail("a blob may have at most %" PRIu64 " bytes", r->call->world->settings.blob_max));
}

/* What cannot fit is refused before it is sent. */
static bool check_room(struct upload_request *r)
{
    uint64_t length = r->call->req->content_length > 0 ? (uint64_t)r->call->req->content_length : 0;

    if (length > room_in_blob(r)) {
        refuse_too_large(r);
        return false;
    }
    if (length > room_in_store(r)) {
        refuse(r, 507, OCI_STORAGE_FULL,
               oci_detail("%" PRIu64 " bytes are left of %" PRIu64, room_in_store(r),
                          r->call->world->blobs->ops->limit(r->call->world->blobs)));
        return false;
    }
    return true;
}

/* A rule does not want any chunk, wherever it begins. */
static bool check_wanted(struct upload_request *r)
{
    struct fault_upload fault;

    faults_upload(r->call, &fault);
    if (fault.offset != FAULT_OFFSET_REFUSE || !http_request_has_body(r->call->req))
        return true;
    refuse(r, 416, OCI_BLOB_UPLOAD_INVALID, oci_detail("the chunk does not begin where it should"));
    return false;
}

bool upload_request_check(struct upload_request *r)
{
    return check_wanted(r) && check_range(r) && check_room(r);
}

/* --- The body -------------------------------------------------------------------------------- */

static void refuse_err(struct upload_request *r, const struct err *why)
{
    if (why->code == ERR_BODY_TOO_LARGE)
        refuse_too_large(r);
    else if (why->code == ERR_STORAGE_FULL)
        refuse(r, 507, OCI_STORAGE_FULL, oci_detail("%s", why->msg));
    else
        oci_error_reply_err(upload_request_refuse(r), why);
}

static void on_data(void *arg, const void *p, size_t n)
{
    struct upload_request *r;
    struct err err;

    CAST_ARG(r, arg, REQUEST_MAGIC);
    if (r->ranged && !check_start(r))
        return;
    if (r->sized && n > r->range.length - r->got) {
        refuse(r, 400, OCI_SIZE_INVALID,
               oci_detail("the body is longer than its Content-Range of %" PRIu64 " bytes",
                          r->range.length));
        return;
    }
    if (upload_append(r->up, p, n, &err) != 0) {
        refuse_err(r, &err);
        return;
    }
    r->got += n;
    if (upload_is_behind(r->up))
        http_body_pause(r->call->x);
}

static void on_end(void *arg)
{
    struct upload_request *r;

    CAST_ARG(r, arg, REQUEST_MAGIC);
    r->reading = false;
    /* UP5: the range of an empty body means nothing. */
    if (r->sized && r->got > 0 && r->got != r->range.length) {
        refuse(r, 400, OCI_SIZE_INVALID,
               oci_detail("the body has %" PRIu64 " bytes, its Content-Range %" PRIu64, r->got,
                          r->range.length));
        return;
    }
    r->next(r);
}

/* The client is gone: what came stays for it to go on from, except where nobody knows the id. */
static void break_off(struct upload_request *r)
{
    call_resume(r->call);
    release(r, false);
    request_free(r);
}

static void on_failed(void *arg, const struct err *err)
{
    struct upload_request *r;

    CAST_ARG(r, arg, REQUEST_MAGIC);
    r->reading = false;
    if (err->code == ERR_BODY_TOO_LARGE || err->code == ERR_BODY_SYNTAX)
        refuse_err(r, err);
    else
        break_off(r);
}

static void on_abandon(struct registry_call *call)
{
    struct upload_request *r;

    CAST_ARG(r, call->pending, REQUEST_MAGIC);
    if (r->up->state == UPLOAD_FINISHING) {
        /* All of it is here and was asked to be finished: so be it, without an answer. */
        upload_leave(r->up);
        request_free(r);
        return;
    }
    break_off(r);
}

static void on_drained(void *arg)
{
    struct upload_request *r;

    CAST_ARG(r, arg, REQUEST_MAGIC);
    http_body_resume(r->call->x);
}

/* UP9: cancelled under our hands. */
static void on_lost(void *arg)
{
    struct registry_call *call;
    struct upload_request *r;

    CAST_ARG(r, arg, REQUEST_MAGIC);
    call = r->call;
    stop_reading(r);
    request_free(r);
    oci_error_reply(call, OCI_BLOB_UPLOAD_UNKNOWN, oci_detail("the upload was cancelled"));
}

void upload_request_receive(struct upload_request *r, upload_next_fn next)
{
    static const struct http_sink sink = {.data = on_data, .end = on_end, .failed = on_failed};
    struct fault_upload fault;

    r->next = next;
    r->started = true;
    upload_begin(r->up, &user, r);
    if (!http_request_has_body(r->call->req)) {
        next(r);
        return;
    }
    faults_upload(r->call, &fault);
    if (fault.slow_read > 0)
        (void)http_body_limit_rate(r->call->x, fault.slow_read);
    r->reading = true;
    call_wait(r->call, on_abandon, r);
    http_body_read(r->call->x, &sink, r, room_in_blob(r));
}

/* --- What follows ---------------------------------------------------------------------------- */

void upload_request_keep(struct upload_request *r)
{
    struct registry_call *call = r->call;
    struct upload *up = r->up;

    call_resume(call);
    release(r, false);
    request_free(r);
    call_reply_begin(call, 202);
    upload_reply_state(call, up);
    http_reply_send(call->x);
}

/* The blob becomes seen in the repository, all at once. Takes the reference. */
static int publish(const struct upload *up, struct blob *blob, struct err *err)
{
    struct meta_store *meta = up->world->meta;
    int rc = meta->ops->repository_add(meta, up->repo, err);

    if (rc == 0)
        rc = meta->ops->blob_add(meta, up->repo, blob, err);
    if (rc == 0)
        state_blob_linked(up->world, up->repo, &blob->digest);
    blob_unref(blob);
    return rc;
}

static void on_finished(struct upload *up, void *user_arg, struct blob *blob, const struct err *why)
{
    struct upload_request *r = user_arg;
    struct registry_call *call = NULL;
    struct digest digest;
    struct err err;
    int rc = -1;

    if (blob != NULL) {
        digest = blob->digest;
        rc = publish(up, blob, &err);
    } else {
        err = *why;
    }
    /* UP5: also after a mismatch. What came was not what was meant, and cannot be mended. */
    upload_free(up);
    if (r == NULL)
        return;
    call = r->call;
    call_resume(call);
    request_free(r);
    if (rc == 0)
        upload_reply_created(call, &digest);
    else
        oci_error_reply_err(call, &err);
}

void upload_request_finish(struct upload_request *r, const struct digest *digest)
{
    call_wait(r->call, on_abandon, r);
    upload_finish(r->up, digest, on_finished);
}
