/* SPDX-License-Identifier: MIT */
/*
 * The session of an upload over HTTP: PATCH, PUT, GET and HEAD, DELETE (end-5, end-6, end-13,
 * end-14). POST is in upload_start.c.
 */
#include "registry/upload.h"

#include "lib/http/exchange.h"
#include "lib/http/request.h"
#include "lib/util/err.h"
#include "lib/util/util.h"
#include "registry/call.h"
#include "registry/oci_error.h"
#include "registry/registry.h"
#include "registry/upload_request.h"
#include "registry/upload_settle.h"

/* UP9: unknown, finished, cancelled, expired, or of another repository: all the same 404. */
static struct upload *need_session(struct registry_call *call)
{
    struct upload *up = upload_find(call->world, call->route.repo, call->route.ref);

    if (up == NULL)
        oci_error_reply(call, OCI_BLOB_UPLOAD_UNKNOWN, NULL);
    return up;
}

static struct upload_request *need_request(struct registry_call *call)
{
    struct upload_request *r;
    struct upload *up;

    up = need_session(call);
    if (up == NULL)
        return NULL;
    r = upload_request_new(call, up);
    if (r == NULL || !upload_request_check(r))
        return NULL;
    return r;
}

static void patch(struct registry_call *call)
{
    struct upload_request *r = need_request(call);

    if (r != NULL)
        upload_request_receive(r, upload_request_keep);
}

/* UP3: a stream, with or without a length. UP4: a chunk with its Content-Range. */
void handle_upload_patch(struct registry_call *call)
{
    upload_settle(call, patch);
}

/* UP5: the digest that the blob shall have; its refusal leaves the session as it was. */
static bool need_digest(struct upload_request *r)
{
    const char *text = http_request_parameter(r->call->req, "digest");
    struct err err;

    if (text == NULL) {
        oci_error_reply(upload_request_refuse(r), OCI_DIGEST_INVALID,
                        oci_detail("the digest parameter is missing"));
        return false;
    }
    if (digest_parse(&r->call->digest, text, &err) == 0)
        return true;
    oci_error_reply(upload_request_refuse(r), OCI_DIGEST_INVALID, oci_detail("%s", err.msg));
    return false;
}

/* UP6: the algorithm may be first known here. */
static void finish(struct upload_request *r)
{
    upload_request_finish(r, &r->call->digest);
}

static void put(struct registry_call *call)
{
    struct upload_request *r = need_request(call);

    if (r != NULL && need_digest(r))
        upload_request_receive(r, finish);
}

/* UP5: the range is compared before the digest is looked at. UP2: other parameters, in any order,
   are left alone. */
void handle_upload_put(struct registry_call *call)
{
    upload_settle(call, put);
}

static void status(struct registry_call *call)
{
    struct upload *up = need_session(call);

    if (up == NULL)
        return;
    call_reply_begin(call, 204);
    upload_reply_state(call, up);
    http_reply_send(call->x);
}

/* UP7: also with `?digest=` in the URL, and as HEAD. */
void handle_upload_status(struct registry_call *call)
{
    upload_settle(call, status);
}

/* UP8: a request that is still writing to it gets 404. */
void handle_upload_cancel(struct registry_call *call)
{
    struct upload *up = need_session(call);

    if (up == NULL)
        return;
    upload_free(up);
    call_reply_begin(call, 204);
    http_reply_send(call->x);
}
