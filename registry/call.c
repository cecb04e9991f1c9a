/* SPDX-License-Identifier: MIT */
#include "registry/call.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "auth/challenge.h"
#include "lib/http/exchange.h"
#include "lib/http/request.h"
#include "lib/util/buf.h"
#include "lib/util/err.h"
#include "lib/util/util.h"
#include "registry/oci_error.h"
#include "registry/registry.h"
#include "registry/store/blob_store.h"

enum { LOCATION_MAX = 1024, BASE_MAX = 300, SMALL_BODY = 4096 };

/* --- Identity of a request ------------------------------------------------------------------- */

static bool is_printable(const char *text, size_t max)
{
    size_t n = strnlen(text, max + 1);

    for (size_t i = 0; i < n; i++) {
        if (text[i] <= ' ' || text[i] >= 0x7f)
            return false;
    }
    return n > 0 && n <= max;
}

static void put_hex(char *p, uint32_t v)
{
    for (int i = 7; i >= 0; i--, v >>= 4)
        p[i] = "0123456789abcdef"[v & 15];
}

/* The client's id when it may stand in a header and a log line, else a new one. */
static void set_id(struct registry_call *call)
{
    const char *sent = http_request_header(call->req, "X-Request-Id");

    if (sent != NULL && is_printable(sent, CALL_ID_MAX)) {
        (void)stpcpy(call->id, sent);
        return;
    }
    put_hex(call->id, call->world->run);
    call->id[8] = '-';
    put_hex(call->id + 9, ++call->world->requests);
    call->id[17] = '\0';
}

struct registry_call *call_new(struct http_exchange *x, struct world *world)
{
    struct registry_call *call = calloc(1, sizeof(*call));

    if (call == NULL)
        return NULL;
    call->magic = CALL_MAGIC;
    call->x = x;
    call->req = http_exchange_request(x);
    call->world = world;
    call->route.op = OP_UNKNOWN;
    call->route.repo = call->route.name;
    identity_init(&call->identity);
    set_id(call);
    TAILQ_INSERT_TAIL(&world->calls, call, link);
    http_exchange_set_data(x, call);
    return call;
}

void call_free(struct registry_call *call)
{
    void (*abandon)(struct registry_call *);

    if (call == NULL)
        return;
    ASSERT(call->magic == CALL_MAGIC);
    TAILQ_REMOVE(&call->world->calls, call, link);
    abandon = STEAL(call->abandon);
    if (abandon != NULL)
        abandon(call);
    identity_done(&call->identity);
    scope_set_done(&call->asked);
    scope_set_done(&call->granted);
    call->magic = 0;
    free(call->token_name);
    free(call);
}

void call_wait(struct registry_call *call, void (*abandon)(struct registry_call *call),
               void *pending)
{
    call->abandon = abandon;
    call->pending = pending;
}

void call_resume(struct registry_call *call)
{
    call->abandon = NULL;
    call->pending = NULL;
}

/* --- Replies --------------------------------------------------------------------------------- */

void call_reply_common(struct registry_call *call)
{
    const char *ns;

    http_reply_header(call->x, "Docker-Distribution-API-Version", "registry/2.0");
    http_reply_header(call->x, "X-Request-Id", call->id);
    /* distribution-spec, "Registry Proxying": say which registry was meant. */
    ns = http_request_parameter(call->req, "ns");
    if (ns != NULL && is_printable(ns, REFERENCE_NAME_MAX))
        http_reply_header(call->x, "OCI-Namespace", ns);
}

/* Without printf: it is in every pull's answers. */
void call_reply_etag(struct registry_call *call, const struct digest *digest)
{
    char text[DIGEST_TEXT_MAX + 3];

    (void)stpcpy(stpcpy(stpcpy(text, "\""), digest->text), "\"");
    http_reply_header(call->x, "ETag", text);
}

void call_reply_begin(struct registry_call *call, int status)
{
    http_reply_begin(call->x, status);
    call_reply_common(call);
}

void call_reply_location(struct registry_call *call, const char *fmt, ...)
{
    char path[LOCATION_MAX];
    char base[BASE_MAX];
    va_list args;

    va_start(args, fmt);
    (void)vsnprintf(path, sizeof(path), fmt, args);
    va_end(args);
    if (!call->world->settings.absolute_location) {
        http_reply_header(call->x, "Location", path);
        return;
    }
    challenge_base_url(call->world->auth, call->x, base, sizeof(base));
    http_reply_headerf(call->x, "Location", "%s%s", base, path);
}

void call_reply_begin_json(struct registry_call *call, const char *content_type, struct buf *body)
{
    struct err err;
    char *text;
    size_t n;

    if (buf_check(body, "reply", &err) != 0) {
        oci_error_begin(call, 500, OCI_UNKNOWN, oci_detail("%s", err.msg));
        buf_done(body);
        return;
    }
    call_reply_begin(call, 200);
    http_reply_header(call->x, "Content-Type", content_type);
    if (body->len <= SMALL_BODY) {
        http_reply_text(call->x, body->data, body->len);
        buf_done(body);
        return;
    }
    text = buf_take(body, &n);
    http_reply_body(call->x, http_source_memory(text, n, free, text), (int64_t)n);
}

/* --- What handlers ask for ------------------------------------------------------------------- */

bool call_need_repository(struct registry_call *call)
{
    struct meta_store *meta = call->world->meta;

    if (meta->ops->repository_exists(meta, call->route.repo))
        return true;
    oci_error_reply(call, OCI_NAME_UNKNOWN, json_pack("{s:s}", "name", call->route.name));
    return false;
}

bool call_need_digest(struct registry_call *call)
{
    struct err err;

    if (call->has_digest)
        return true;
    if (digest_parse(&call->digest, call->route.ref, &err) == 0) {
        call->has_digest = true;
        return true;
    }
    oci_error_reply(call, OCI_DIGEST_INVALID, oci_detail("%s", err.msg));
    return false;
}

static void release_blob(void *arg)
{
    blob_unref(arg);
}

static size_t fill_generated(void *arg, uint64_t offset, void *dst, size_t n)
{
    const struct blob *blob = arg;

    blob->generator.fill(blob->generator.arg, offset, dst, n);
    return n;
}

struct http_source *call_blob_source(struct blob *blob, uint64_t first, uint64_t n)
{
    ASSERT(first <= blob->size && n <= blob->size - first);
    blob_ref(blob);
    if (blob->generator.fill != NULL)
        return http_source_generate(fill_generated, first, n, release_blob, blob);
    if (blob->data != NULL)
        return http_source_memory((const char *)blob->data + first, n, release_blob, blob);
    return http_source_file(blob->fd, blob->offset + first, n, release_blob, blob);
}
