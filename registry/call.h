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
#include <stddef.h>
#include <stdint.h>
#include <sys/queue.h>

#include "auth/identity.h"
#include "lib/fault/fault.h"
#include "lib/util/digest.h"
#include "registry/route.h"
#include "registry/state.h"
#include "registry/store/meta_store.h"

struct blob;
struct buf;
struct http_exchange;
struct http_source;
struct world;

enum {
    CALL_MAGIC = 0x63a11c0d,
    CALL_ID_MAX = 64, /* of a request id that a client brings along */
    CALL_REASON_MAX = 200,
};

struct registry_call;
/* Handlers: each replies, now or later. */
typedef void (*registry_handler)(struct registry_call *call);

struct registry_call {
    unsigned magic;                 /* CALL_MAGIC */
    struct http_exchange *x;        /* borrowed */
    const struct http_request *req; /* borrowed from x */
    struct world *world;            /* borrowed */
    enum route_result routed;
    bool misnamed; /* the name begins like a magic one and is none */
    struct route route;
    char *token_name; /* owned: of a magic repository that a token is asked for; NULL */
    bool has_digest;  /* route.ref is a supported digest: */
    struct digest digest;
    char resolved[DIGEST_TEXT_MAX + 1]; /* what the tag asked for pointed to, or "" */
    enum blob_role role;                /* of the blob asked for; for the log */
    struct subject words;               /* for rules and the journal; borrowed from this call */
    uint64_t seq;                       /* of its entry in the journal; 0: none yet */
    char id[CALL_ID_MAX + 1];           /* X-Request-Id, the client's or our own */
    bool identified;                    /* identity says who sent it: */
    struct identity identity;           /* owned */
    struct fault_plan plan;             /* rules that act on it */
    uint64_t redirected_from;           /* request that a rule redirected to here; 0: none */
    bool redirect_grants;               /* and that had the right to what is asked for */
    bool redirect_leaks;                /* and credentials, which came along */
    registry_handler after_faults;      /* what follows once rules had their say */
    registry_handler after_identity;    /* what follows once it is known who asks */
    struct scope_set asked;             /* owned: of the token service */
    struct scope_set granted;           /* owned: what it gave */
    enum image_state state;             /* of what was asked for; PRESENT: it changed nothing */
    const char *error_code;             /* OCI code replied, static; NULL when none */
    char reason[CALL_REASON_MAX + 1];   /* why it was refused, for the log; "" when it was not */
    void (*abandon)(struct registry_call *call);
    void *pending;                   /* the handler's own, for abandon */
    TAILQ_ENTRY(registry_call) link; /* world.calls */
};

/* base.c */
void handle_root(struct registry_call *call);
void handle_ping(struct registry_call *call);
void handle_extension(struct registry_call *call);
/* blob.c */
void handle_blob_get(struct registry_call *call); /* and HEAD */
void handle_blob_delete(struct registry_call *call);
/* manifest_get.c */
void handle_manifest_get(struct registry_call *call); /* and HEAD */
void handle_manifest_delete(struct registry_call *call);
/* token.c */
void handle_token(struct registry_call *call);
void handle_jwks(struct registry_call *call); /* and where they are */
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

/* Makes the call of an exchange and hangs it there; NULL when memory is short. */
struct registry_call *call_new(struct http_exchange *x, struct world *world);
/* Tells a waiting handler that nobody waits for it any more, and frees. NULL-safe. */
void call_free(struct registry_call *call);

/* Adds `Location`: the path, made absolute when the settings ask for it. */
void call_reply_location(struct registry_call *call, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
/* Adds the headers that every reply has. */
void call_reply_common(struct registry_call *call);
/* Adds the digest as a strong ETag (RFC 9110, section 8.8.3). */
void call_reply_etag(struct registry_call *call, const struct digest *digest);
/* Begins a reply with that status and these headers; no body yet. */
void call_reply_begin(struct registry_call *call, int status);
/* Refuses with NAME_UNKNOWN unless the repository exists. */
bool call_need_repository(struct registry_call *call);
/* Refuses with DIGEST_INVALID unless route.ref is a supported digest; sets call->digest. */
bool call_need_digest(struct registry_call *call);
/* n bytes of the blob from first, keeping a reference while they are sent; NULL: out of memory. */
struct http_source *call_blob_source(struct blob *blob, uint64_t first, uint64_t n);
/* Begins a 200 with JSON text (500 when an append to body had failed); empties body. */
void call_reply_begin_json(struct registry_call *call, const char *content_type, struct buf *body);
/* A call that is about to wait: abandon(call) unless it replies first. */
void call_wait(struct registry_call *call, void (*abandon)(struct registry_call *call),
               void *pending);
/* The wait is over, abandon is not called any more. */
void call_resume(struct registry_call *call);

#endif
