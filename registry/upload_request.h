/* SPDX-License-Identifier: MIT */
/*
 * One request at an upload session: takes the body in, and finishes the blob. Private to registry/.
 *
 *     new -> check -> receive(next) -> next: keep, or finish
 *
 * Whatever goes wrong on the way is answered here, and the session is left as the rules say:
 *   - a refused body counts for nothing (UP4, UP5, UP14);
 *   - a body that broke off leaves what came, so that the client can go on from the Range that
 *     the status shows;
 *   - a request for a session that another request is writing to gets 409 when it has waited for
 *     that in vain (upload_settle.h): two writers would mix their bytes, and the loser must learn
 *     that it was not heard. The status may be asked and the session be cancelled at any time.
 */
#ifndef REGISTRY_UPLOAD_REQUEST_H
#define REGISTRY_UPLOAD_REQUEST_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/util/digest.h"
#include "registry/content_range.h"

struct registry_call;
struct upload;
struct upload_request;

typedef void (*upload_next_fn)(struct upload_request *r);

struct upload_request {
    unsigned magic;
    struct registry_call *call; /* borrowed */
    struct upload *up;          /* borrowed, or owned when `single` */
    bool single;                /* a POST with its blob: the session ends with it (UP11) */
    bool ranged;                /* it has a Content-Range that is not yet compared */
    bool started;               /* upload_begin() was called */
    bool reading;               /* the sink may still be called */
    struct content_range range; /* as sent */
    bool sized;                 /* got must become range.length */
    uint64_t got;               /* bytes of this body */
    upload_next_fn next;        /* when the body is complete */
};

/* Makes it; replies and returns NULL when another request is writing or memory is short. */
struct upload_request *upload_request_new(struct registry_call *call, struct upload *up);
/*
 * Compares what the head says with the session: Content-Range (UP4, UP5), Content-Length, limits.
 * False: it was refused with a reply, and r is gone.
 */
bool upload_request_check(struct upload_request *r);
/* Takes the body in, if there is one, then calls next with the session still held. */
void upload_request_receive(struct upload_request *r, upload_next_fn next);
/* Refuses in the middle: nothing that came counts, r is gone, the caller replies through the call.
 */
struct registry_call *upload_request_refuse(struct upload_request *r);
/* The bytes stay; r is gone. 202 with the session's state. */
void upload_request_keep(struct upload_request *r);
/* Puts the blob into the repository when its digest is that one: 201, or 400 and no session. */
void upload_request_finish(struct upload_request *r, const struct digest *digest);

/* Adds Location, Range and Docker-Upload-UUID to the reply under construction (UP1, UP7). */
void upload_reply_state(struct registry_call *call, const struct upload *up);
/* 201 with Location and Docker-Content-Digest of a blob in the call's repository (UP5, UP12). */
void upload_reply_created(struct registry_call *call, const struct digest *digest);

#endif
