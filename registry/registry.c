/* SPDX-License-Identifier: MIT */
/*
 * The way of one request through the registry:
 *
 *     registry_request -> name it -> identity -> (route stage) -> refuse what has no handler
 *                      -> access -> (handler stage) -> handler
 *     registry_ended   -> access log -> free
 */
#include "registry/registry.h"

#include "lib/http/exchange.h"
#include "lib/http/hook.h"
#include "lib/http/request.h"
#include "lib/util/util.h"
#include "registry/access_log.h"
#include "registry/call.h"
#include "registry/gate.h"
#include "registry/faults.h"
#include "registry/magic_call.h"
#include "registry/oci_error.h"
#include "registry/record.h"
#include "registry/redirect.h"
#include "registry/state_gate.h"
#include "registry/world_metrics.h"
#include "registry/world_route.h"

/* What an op does; no handler: answered elsewhere. */
static const struct {
    registry_handler handler;
    bool writes; /* refused in read-only mode */
} handlers[] = {
    [OP_PING] = {handle_ping, false},
    [OP_MANIFEST_HEAD] = {handle_manifest_get, false},
    [OP_MANIFEST_GET] = {handle_manifest_get, false},
    [OP_MANIFEST_PUT] = {handle_manifest_put, true},
    [OP_MANIFEST_DELETE] = {handle_manifest_delete, true},
    [OP_BLOB_HEAD] = {handle_blob_get, false},
    [OP_BLOB_GET] = {handle_blob_get, false},
    [OP_BLOB_DELETE] = {handle_blob_delete, true},
    [OP_UPLOAD_START] = {handle_upload_start, true},
    [OP_UPLOAD_PATCH] = {handle_upload_patch, true},
    [OP_UPLOAD_PUT] = {handle_upload_put, true},
    [OP_UPLOAD_STATUS] = {handle_upload_status, false},
    [OP_UPLOAD_CANCEL] = {handle_upload_cancel, true},
    [OP_UPLOAD_MOUNT] = {handle_upload_start, true},
    [OP_TAGS_LIST] = {handle_tags_list, false},
    [OP_CATALOG] = {handle_catalog, false},
    [OP_REFERRERS] = {handle_referrers, false},
    [OP_EXTENSION] = {handle_extension, false},
    [OP_ROOT] = {handle_root, false},
    [OP_TOKEN] = {handle_token, false},
    [OP_JWKS] = {handle_jwks, false},
};

static struct world *world_of(const struct http_exchange *x)
{
    struct world *w = http_listener_data(http_conn_listener(http_exchange_conn(x)));

    ASSERT(w != NULL);
    return w;
}

/* --- Paths and methods that have no handler -------------------------------------------------- */

static void refuse_unknown(struct registry_call *call)
{
    oci_error_reply_status(call, 404, OCI_UNSUPPORTED,
                           oci_detail("no such path: %s", call->req->path));
}

static void refuse_name(struct registry_call *call)
{
    oci_error_reply(call, OCI_NAME_INVALID,
                    oci_detail("the repository in %s is not made of lower-case letters, digits and "
                               "single separators, or is longer than %d bytes",
                               call->req->path, REFERENCE_NAME_MAX));
}

/* C7. OPTIONS on a known path is a question for just this header. */
static void refuse_method(struct registry_call *call)
{
    if (call->req->method == HTTP_METHOD_OPTIONS)
        call_reply_begin(call, 204);
    else
        oci_error_begin(call, 405, OCI_UNSUPPORTED,
                        oci_detail("%s is not for this path", call->req->method_text));
    http_reply_header(call->x, "Allow", call->route.allow);
    http_reply_send(call->x);
}

static void refuse_write(struct registry_call *call)
{
    oci_error_begin(call, 405, OCI_UNSUPPORTED, oci_detail("the registry is read-only"));
    http_reply_header(call->x, "Allow", "GET, HEAD, OPTIONS");
    http_reply_send(call->x);
}

/* --- Steps ----------------------------------------------------------------------------------- */

static void run_handler(void *arg)
{
    struct registry_call *call;

    CAST_ARG(call, arg, CALL_MAGIC);
    handlers[call->route.op].handler(call);
}

static void after_states(struct registry_call *call)
{
    if (handlers[call->route.op].writes && call->world->settings.read_only)
        refuse_write(call);
    else
        http_exchange_hook(call->x, HTTP_STAGE_HANDLER, run_handler, call);
}

static void after_gate(struct registry_call *call)
{
    state_gate_pass(call, after_states);
}

static void after_route(void *arg)
{
    struct registry_call *call;

    CAST_ARG(call, arg, CALL_MAGIC);
    switch (call->routed) {
    case ROUTE_UNKNOWN:
        refuse_unknown(call);
        return;
    case ROUTE_BAD_NAME:
        refuse_name(call);
        return;
    case ROUTE_METHOD:
        refuse_method(call);
        return;
    case ROUTE_FOUND:
        break;
    }
    if (call->misnamed) {
        magic_refuse(call);
        return;
    }
    ASSERT((size_t)call->route.op < ARRAY_LEN(handlers) &&
           handlers[call->route.op].handler != NULL);
    gate_pass(call, after_gate);
}

static void after_faults(struct registry_call *call)
{
    http_exchange_hook(call->x, HTTP_STAGE_ROUTE, after_route, call);
}

static void after_identity(struct registry_call *call)
{
    record_identity(call);
    faults_begin(call, after_faults);
}

/* Names the request as completely as rules and the log want it. */
static void name_request(struct registry_call *call)
{
    struct meta_store *meta = call->world->meta;

    call->routed = route_parse(&call->route, call->req);
    magic_name_call(call);
    call->has_digest = reference_is_digest(call->route.ref) &&
                       digest_parse(&call->digest, call->route.ref, NULL) == 0;
    if (call->has_digest && (call->route.op == OP_BLOB_GET || call->route.op == OP_BLOB_HEAD))
        call->role = meta->ops->blob_role(meta, call->route.repo, &call->digest);
}

void registry_request(struct http_exchange *x, void *arg)
{
    struct world *w = world_route(world_of(x), http_exchange_request(x));
    struct registry_call *call = call_new(x, w);

    (void)arg;
    if (call == NULL) {
        http_reply_begin(x, 503);
        http_reply_send(x);
        return;
    }
    name_request(call);
    redirect_read(call);
    record_open(call);
    gate_identify(call, after_identity);
}

void registry_ended(struct http_exchange *x, void *arg)
{
    struct registry_call *call = http_exchange_data(x);

    (void)arg;
    access_log_write(x, call);
    if (call != NULL && http_reply_sent(x))
        state_gate_ended(call, http_reply_status(x));
    if (call != NULL) {
        faults_ended(call);
        record_close(x, call);
        world_metrics_count(call, x);
    }
    http_exchange_set_data(x, NULL);
    call_free(call);
}

void registry_refuse(struct http_exchange *x, int status, const struct err *why, void *arg)
{
    struct registry_call *call = http_exchange_data(x);

    (void)arg;
    if (call == NULL)
        call = call_new(x, world_of(x));
    if (call == NULL)
        http_reply_begin(x, status);
    else
        oci_error_refuse(call, status, why);
}
