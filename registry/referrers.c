/* SPDX-License-Identifier: MIT */
/*
 * Listing referrers (distribution-spec, end-12a and end-12b): manifests whose subject is the
 * digest, and those that clients listed under its fallback tag when there was no such endpoint.
 *
 * A fallback list may be as large as a manifest; a large one is read in a job, while the call
 * waits.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/http/exchange.h"
#include "lib/http/loop.h"
#include "lib/http/request.h"
#include "lib/util/buf.h"
#include "lib/util/err.h"
#include "lib/util/json.h"
#include "lib/util/util.h"
#include "registry/call.h"
#include "registry/manifest_doc.h"
#include "registry/oci_error.h"
#include "registry/page.h"
#include "registry/registry.h"
#include "registry/state_gate.h"
#include "registry/store/blob_store.h"

#define INDEX_TYPE "application/vnd.oci.image.index.v1+json"
#define FILTER     "artifactType"

enum {
    BODY_FULL = 4 * 1024 * 1024,  /* a page that has grown so far takes no more entries */
    BODY_MAX = 128 * 1024 * 1024, /* one entry may carry all the annotations of a manifest */
    FALLBACK_ALGORITHM_MAX = 32,
    FALLBACK_ENCODED_MAX = 64,
};

/* What goes on a page. */
struct selection {
    struct registry_call *call;
    struct page page;
    bool filtered;
    const struct manifest **items; /* owned array of borrowed pointers */
    size_t count;
    size_t room;
    bool failed; /* out of memory */
};

/* A fallback list while it is read. */
struct fallback {
    struct registry_call *call; /* borrowed; NULL when the call ended meanwhile */
    struct blob *blob;          /* owned reference */
    char *media_type;           /* owned */
    struct manifest_doc *doc;   /* owned; NULL when there is nothing to be read */
};

/* --- Selecting ------------------------------------------------------------------------------- */

static bool has_filter(const struct http_request *req)
{
    const char *value;
    size_t pos = 0;

    while ((value = http_request_parameter_next(req, FILTER, &pos)) != NULL) {
        if (*value != '\0')
            return true;
    }
    return false;
}

/* Several filters are a union. */
static bool passes(const struct selection *sel, const struct manifest *m)
{
    const char *value;
    size_t pos = 0;

    if (sel->call->state == IMAGE_ABSENT || !state_shows_manifest(sel->call, &m->blob->digest))
        return false; /* of an absent repository nothing is listed */
    if (!sel->filtered)
        return true;
    while ((value = http_request_parameter_next(sel->call->req, FILTER, &pos)) != NULL) {
        if (*value != '\0' && strcmp(value, m->artifact_type) == 0)
            return true;
    }
    return false;
}

static void add(struct selection *sel, const struct manifest *m)
{
    if (sel->count == sel->room) {
        size_t room = sel->room == 0 ? 64 : sel->room * 2;
        const struct manifest **items = realloc(sel->items, room * sizeof(struct manifest *));

        if (items == NULL) {
            sel->failed = true;
            return;
        }
        sel->items = items;
        sel->room = room;
    }
    sel->items[sel->count++] = m;
}

/* Takes one more than the page holds: that tells whether there is a next page. */
static bool on_referrer(void *arg, const struct manifest *m)
{
    struct selection *sel = arg;

    if (passes(sel, m))
        add(sel, m);
    return !sel->failed && sel->count <= sel->page.limit;
}

static void add_fallback(struct selection *sel, const struct manifest_doc *doc)
{
    struct meta_store *meta = sel->call->world->meta;

    for (size_t i = 0; i < doc->manifest_count && !sel->failed; i++) {
        struct digest digest;
        const struct manifest *m;

        if (digest_parse(&digest, doc->manifests[i].digest, NULL) != 0 ||
            (sel->page.after != NULL && strcmp(digest.text, sel->page.after) <= 0))
            continue;
        m = meta->ops->manifest_find(meta, sel->call->route.repo, &digest);
        if (m != NULL && passes(sel, m))
            add(sel, m);
    }
}

static int by_digest(const void *a, const void *b)
{
    const struct manifest *const *ma = a;
    const struct manifest *const *mb = b;

    return strcmp((*ma)->blob->digest.text, (*mb)->blob->digest.text);
}

static void sort_unique(struct selection *sel)
{
    size_t kept = 0;

    if (sel->count == 0)
        return;
    qsort(sel->items, sel->count, sizeof(struct manifest *), by_digest);
    for (size_t i = 1; i < sel->count; i++) {
        if (by_digest(&sel->items[kept], &sel->items[i]) != 0)
            sel->items[++kept] = sel->items[i];
    }
    sel->count = kept + 1;
}

/* --- Writing --------------------------------------------------------------------------------- */

/* A media type came from a client and may hold anything but NUL. */
static void add_string(struct buf *body, const char *s)
{
    (void)buf_append_char(body, '"');
    for (; *s != '\0'; s++) {
        if (*s == '"' || *s == '\\')
            (void)buf_appendf(body, "\\%c", *s);
        else if (*s < ' ' || *s >= 0x7f) /* media types are ASCII: RFC 6838, section 4.2 */
            (void)buf_append_text(body, "\\ufffd");
        else
            (void)buf_append_char(body, *s);
    }
    (void)buf_append_char(body, '"');
}

static void add_descriptor(struct buf *body, const struct manifest *m)
{
    (void)buf_append_text(body, "{\"mediaType\":");
    add_string(body, m->media_type);
    (void)buf_appendf(body, ",\"size\":%llu,\"digest\":\"%s\"", (unsigned long long)m->blob->size,
                      m->blob->digest.text);
    if (m->artifact_type[0] != '\0') {
        (void)buf_append_text(body, ",\"artifactType\":");
        add_string(body, m->artifact_type);
    }
    if (m->annotations != NULL) {
        (void)buf_append_text(body, ",\"annotations\":");
        (void)buf_append_text(body, m->annotations);
    }
    (void)buf_append_char(body, '}');
}

/* Writes what fits and says how many entries that were. */
static size_t write_page(struct buf *body, const struct selection *sel)
{
    size_t i;

    (void)buf_append_text(body,
                          "{\"schemaVersion\":2,\"mediaType\":\"" INDEX_TYPE "\",\"manifests\":[");
    for (i = 0; i < sel->count && i < sel->page.limit && (i == 0 || body->len < BODY_FULL); i++) {
        if (i > 0)
            (void)buf_append_char(body, ',');
        add_descriptor(body, sel->items[i]);
    }
    (void)buf_append_text(body, "]}");
    return i;
}

/* The next page has the same filter. */
static void add_link(const struct selection *sel, const char *last)
{
    const struct registry_call *call = sel->call;
    auto_buf struct buf target;
    const char *value;
    size_t pos = 0;

    buf_init(&target, PAGE_TARGET_MAX);
    (void)buf_appendf(&target, "/v2/%s/referrers/%s", call->route.name, call->digest.text);
    while ((value = http_request_parameter_next(call->req, FILTER, &pos)) != NULL) {
        if (*value != '\0')
            page_add_parameter(&target, FILTER, value);
    }
    page_reply_link(sel->call, &target, &sel->page, last);
}

static void reply_selection(const struct selection *sel)
{
    struct registry_call *call = sel->call;
    struct buf body;
    size_t written;

    buf_init(&body, BODY_MAX);
    written = write_page(&body, sel);
    call_reply_begin_json(call, INDEX_TYPE, &body);
    if (sel->filtered)
        http_reply_header(call->x, "OCI-Filters-Applied", FILTER);
    if (written > 0 && written < sel->count)
        add_link(sel, sel->items[written - 1]->blob->digest.text);
    http_reply_send(call->x);
}

/* doc is what the fallback tag lists; may be NULL. */
static void reply_list(struct registry_call *call, const struct manifest_doc *doc)
{
    struct meta_store *meta = call->world->meta;
    struct selection sel = {.call = call};

    if (!page_parse(&sel.page, call, call->world->settings.referrers_page))
        return;
    sel.filtered = call->world->settings.referrers_filter && has_filter(call->req);
    meta->ops->referrers(meta, call->route.repo, call->digest.text, sel.page.after, on_referrer,
                         &sel);
    if (doc != NULL)
        add_fallback(&sel, doc);
    sort_unique(&sel);
    if (sel.failed)
        oci_error_reply(call, OCI_UNKNOWN, oci_detail("%s", err_text(ERR_NOMEM)));
    else
        reply_selection(&sel);
    free(sel.items);
}

/* --- The fallback tag ------------------------------------------------------------------------ */

/* distribution-spec, "Referrers Tag Schema". */
static void fallback_tag(char ret[REFERENCE_TAG_MAX + 1], const struct digest *digest)
{
    (void)snprintf(ret, REFERENCE_TAG_MAX + 1, "%.*s-%.*s", FALLBACK_ALGORITHM_MAX,
                   digest_algorithm_name(digest->algorithm), FALLBACK_ENCODED_MAX,
                   digest_encoded(digest));
}

static void fallback_free(struct fallback *f)
{
    blob_unref(f->blob);
    manifest_doc_free(f->doc);
    free(f->media_type);
    free(f);
}

/* The bytes of a blob that is not in memory; NULL when they cannot be read. Caller frees. */
static char *read_blob(const struct blob *b)
{
    auto_free char *text = malloc(b->size);

    return text != NULL && blob_read(b, 0, text, b->size, NULL) == 0 ? STEAL(text) : NULL;
}

/* Runs in a job or at once. What cannot be read lists nothing: any manifest may have that tag. */
static void fallback_read(void *arg)
{
    struct fallback *f = arg;
    const struct manifest_doc_options options = {
        .content_type = f->media_type,
        .max = f->blob->size,
    };
    auto_free char *text = f->blob->data == NULL ? read_blob(f->blob) : NULL;
    const void *p = f->blob->data == NULL ? text : f->blob->data;

    if (p != NULL && manifest_doc_parse(&f->doc, p, f->blob->size, &options, NULL) != 0)
        f->doc = NULL;
}

static void fallback_done(void *arg)
{
    struct fallback *f = arg;

    if (f->call != NULL) {
        call_resume(f->call);
        reply_list(f->call, f->doc);
    }
    fallback_free(f);
}

static void fallback_abandon(struct registry_call *call)
{
    struct fallback *f = call->pending;

    f->call = NULL;
}

/* The list under the fallback tag, ready to be read; NULL when there is none or no memory. */
static struct fallback *fallback_new(struct registry_call *call)
{
    struct meta_store *meta = call->world->meta;
    char tag[REFERENCE_TAG_MAX + 1];
    const struct manifest *m;
    struct fallback *f;

    fallback_tag(tag, &call->digest);
    m = meta->ops->tag_find(meta, call->route.repo, tag);
    if (m == NULL)
        return NULL;
    f = calloc(1, sizeof(*f));
    if (f == NULL)
        return NULL;
    f->call = call;
    f->blob = blob_ref(m->blob);
    f->media_type = strdup(m->media_type);
    if (f->media_type == NULL) {
        fallback_free(f);
        return NULL;
    }
    return f;
}

void handle_referrers(struct registry_call *call)
{
    struct fallback *f;

    if (!call->world->settings.referrers) {
        oci_error_reply_status(call, 404, OCI_UNSUPPORTED,
                               oci_detail("the referrers API is switched off"));
        return;
    }
    if (!call_need_digest(call))
        return;
    f = fallback_new(call);
    if (f == NULL) {
        reply_list(call, NULL);
        return;
    }
    if (f->blob->size > UTIL_JSON_INLINE_MAX) {
        call_wait(call, fallback_abandon, f);
        loop_job(call->world->loop, fallback_read, fallback_done, f);
        return;
    }
    fallback_read(f);
    fallback_done(f);
}
