/* SPDX-License-Identifier: MIT */
/* Reading and deleting blobs (distribution-spec, end-2 and end-10; ranges: RFC 9110, section 14).
 */
#include <inttypes.h>

#include <jansson.h>

#include "lib/http/byteranges.h"
#include "lib/http/exchange.h"
#include "lib/http/limits.h"
#include "lib/http/range.h"
#include "lib/http/request.h"
#include "lib/util/err.h"
#include "registry/accept.h"
#include "registry/call.h"
#include "registry/deletion.h"
#include "registry/faults.h"
#include "registry/oci_error.h"
#include "registry/pending.h"
#include "registry/registry.h"
#include "registry/store/blob_store.h"

#define BLOB_TYPE "application/octet-stream"

/* The ranges that a request asks for. */
struct wanted {
    enum http_range_result result;
    struct http_range ranges[HTTP_RANGES_MAX];
    size_t count;
};

/* The blob of this request; replies when there is none. */
static struct blob *need(struct registry_call *call)
{
    struct meta_store *meta = call->world->meta;
    struct blob *b;

    if (!call_need_digest(call))
        return NULL;
    b = meta->ops->blob_find(meta, call->route.repo, &call->digest);
    if (b == NULL && !pending_reply(call))
        oci_error_reply(
            call, OCI_BLOB_UNKNOWN,
            json_pack("{s:s, s:s}", "name", call->route.name, "digest", call->digest.text));
    return b;
}

static void add_headers(struct registry_call *call, const struct blob *b)
{
    http_reply_header(call->x, "Docker-Content-Digest", b->digest.text);
    call_reply_etag(call, &b->digest);
    http_reply_header(call->x, "Accept-Ranges", "bytes");
}

static void read_ranges(struct wanted *ret, struct registry_call *call, const struct blob *b)
{
    const char *value = http_request_header(call->req, "Range");

    ret->result = HTTP_RANGE_NONE;
    /* Range means something on GET only (RFC 9110, 14.2). */
    if (value != NULL && call->req->method == HTTP_METHOD_GET &&
        accept_range_holds(call->req, b->digest.text))
        ret->result = http_range_parse(value, b->size, ret->ranges, HTTP_RANGES_MAX, &ret->count);
    if (ret->result != HTTP_RANGE_NONE && faults_range(call) == FAULT_RANGE_IGNORE)
        ret->result = HTTP_RANGE_NONE;
    if (ret->result != HTTP_RANGE_NONE && faults_range(call) == FAULT_RANGE_REFUSE)
        ret->result = HTTP_RANGE_UNSATISFIABLE;
}

static void reply_full(struct registry_call *call, struct blob *b)
{
    struct blob *content = faults_substitute(call, b);

    call_reply_begin(call, 200);
    add_headers(call, b);
    http_reply_header(call->x, "Content-Type", BLOB_TYPE);
    http_reply_body(call->x, call_blob_source(content, 0, content->size), (int64_t)content->size);
    http_reply_send(call->x);
}

static void reply_unchanged(struct registry_call *call, const struct blob *b)
{
    call_reply_begin(call, 304);
    add_headers(call, b);
    http_reply_send(call->x);
}

/* Other bytes than were asked for, as near as there are any. */
static uint64_t shifted(uint64_t first, uint64_t n, uint64_t size)
{
    if (first > 0)
        return first - 1;
    return n < size ? 1 : 0;
}

static void reply_range(struct registry_call *call, struct blob *b, const struct http_range *r)
{
    enum fault_range lie = faults_range(call);
    uint64_t n = r->last - r->first + 1;
    uint64_t said = lie == FAULT_RANGE_LIE ? 1 : 0;
    uint64_t from = lie == FAULT_RANGE_SHIFT ? shifted(r->first, n, b->size) : r->first;

    call_reply_begin(call, 206);
    add_headers(call, b);
    http_reply_header(call->x, "Content-Type", BLOB_TYPE);
    http_reply_headerf(call->x, "Content-Range", "bytes %" PRIu64 "-%" PRIu64 "/%" PRIu64,
                       r->first + said, r->last + said, b->size);
    http_reply_body(call->x, call_blob_source(b, from, n), (int64_t)n);
    http_reply_send(call->x);
}

static struct http_source *slice(void *arg, uint64_t first, uint64_t n)
{
    return call_blob_source(arg, first, n);
}

static void reply_ranges(struct registry_call *call, struct blob *b, const struct wanted *wanted)
{
    char boundary[HTTP_BOUNDARY_LEN + 1];
    struct http_source *body;
    struct err err;
    int64_t length;

    http_byteranges_boundary(boundary);
    if (http_byteranges_new(&body, &length,
                            &(struct http_byteranges){
                                .ranges = wanted->ranges,
                                .count = wanted->count,
                                .size = b->size,
                                .content_type = BLOB_TYPE,
                                .boundary = boundary,
                                .slice = slice,
                                .slice_arg = b,
                            },
                            &err) != 0) {
        oci_error_reply_err(call, &err);
        return;
    }
    call_reply_begin(call, 206);
    add_headers(call, b);
    http_reply_headerf(call->x, "Content-Type", "multipart/byteranges; boundary=%s", boundary);
    http_reply_body(call->x, body, length);
    http_reply_send(call->x);
}

/* The code has to be one of the specification's; of those this one comes closest. */
static void reply_unsatisfiable(struct registry_call *call, const struct blob *b)
{
    oci_error_begin(call, 416, OCI_SIZE_INVALID,
                    oci_detail("the range lies outside of the blob's %" PRIu64 " bytes", b->size));
    http_reply_header(call->x, "Accept-Ranges", "bytes");
    http_reply_headerf(call->x, "Content-Range", "bytes */%" PRIu64, b->size);
    http_reply_send(call->x);
}

void handle_blob_get(struct registry_call *call)
{
    struct blob *b = need(call);
    struct wanted wanted;

    if (b == NULL)
        return;
    if (accept_has_already(call->req, b->digest.text)) {
        reply_unchanged(call, b);
        return;
    }
    read_ranges(&wanted, call, b);
    if (wanted.result == HTTP_RANGE_NONE)
        reply_full(call, b);
    else if (wanted.result == HTTP_RANGE_UNSATISFIABLE)
        reply_unsatisfiable(call, b);
    else if (wanted.count == 1)
        reply_range(call, b, &wanted.ranges[0]);
    else
        reply_ranges(call, b, &wanted);
}

void handle_blob_delete(struct registry_call *call)
{
    struct meta_store *meta = call->world->meta;
    enum delete_mode mode = call->world->settings.delete_blob;

    if (!deletion_allowed(call, mode, "blobs") || need(call) == NULL)
        return;
    if (mode != DELETE_PRETEND)
        (void)meta->ops->blob_remove(meta, call->route.repo, &call->digest);
    deletion_reply(call);
}
