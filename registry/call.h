/* SPDX-License-Identifier: MIT */
/*
 * One request to the registry while it is worked on; private to registry/.
 *
 * Made when the head is complete, hung on the exchange, freed in registry_ended(). A handler that
 * goes on later (body, job) keeps the call pointer and sets `abandon`, which is called when the
 * exchange ends without it having replied; after that the call must not be touched.
 */
#ifndef REGISTRY_CALL_H
#define REGISTRY_CALL_H

#include <stdbool.h>

#include "lib/util/digest.h"
#include "registry/route.h"
#include "registry/store/meta_store.h"

struct http_exchange;
struct world;

struct registry_call {
    unsigned magic;
    struct http_exchange *x;          /* borrowed */
    const struct http_request *req;   /* borrowed from x */
    struct world *world;              /* borrowed */
    struct route route;
    bool has_digest;                  /* route.ref is a supported digest: */
    struct digest digest;
    enum blob_role role;              /* of the blob asked for; for the log */
    const char *error_code;           /* OCI code replied, static; NULL when none */
    void (*abandon)(struct registry_call *call);
    void *pending;                    /* the handler's own, for abandon */
};

/* Handlers: each replies, now or later. */
typedef void (*registry_handler)(struct registry_call *call);

/* base.c */
void handle_root(struct registry_call *call);
void handle_ping(struct registry_call *call);
void handle_extension(struct registry_call *call);
/* blob.c */
void handle_blob_get(struct registry_call *call); /* and HEAD */
void handle_blob_delete(struct registry_call *call);
/* manifest.c */
void handle_manifest_get(struct registry_call *call); /* and HEAD */
void handle_manifest_delete(struct registry_call *call);
/* manifest_put.c */
void handle_manifest_put(struct registry_call *call);
/* tags.c, catalog.c, referrers.c */
void handle_tags_list(struct registry_call *call);
void handle_catalog(struct registry_call *call);
void handle_referrers(struct registry_call *call);
/* upload_api.c */
void handle_upload_start(struct registry_call *call); /* POST: session, single POST, mount */
void handle_upload_patch(struct registry_call *call);
void handle_upload_put(struct registry_call *call);
void handle_upload_status(struct registry_call *call);
void handle_upload_cancel(struct registry_call *call);

/* call.c: what several handlers need */

/* Adds `Location`: the path, made absolute when the settings ask for it. */
void call_reply_location(struct registry_call *call, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
/* Begins a reply with that status and an empty body still to be set or sent. */
void call_reply_begin(struct registry_call *call, int status);
/* Begins and sends a 200 with JSON text; takes body (malloc'd; NULL: out of memory, 500). */
void call_reply_json(struct registry_call *call, const char *content_type, char *body);
/* A call that is about to wait: abandon(call) unless it replies first. */
void call_wait(struct registry_call *call, void (*abandon)(struct registry_call *call),
               void *pending);
/* The wait is over, abandon is not called any more. */
void call_resume(struct registry_call *call);

#endif
