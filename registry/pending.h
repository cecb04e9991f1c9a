/* SPDX-License-Identifier: MIT */
/*
 * Images that are being made: until one is there, who asks for it gets 503 with Retry-After.
 *
 * By tag that is exactly such an image. By digest it is any manifest or blob that its repository
 * does not have, since nobody knows digests that are still to be computed; a HEAD of a blob is what
 * a push asks before it sends one, and is answered as ever. Loop thread only.
 */
#ifndef REGISTRY_PENDING_H
#define REGISTRY_PENDING_H

#include <stdbool.h>
#include <stdint.h>

struct err;
struct json_t;
struct pending;
struct registry_call;
struct world;

/* One such image, and who makes it. */
struct pending_options {
    const char *repo;
    const struct json_t *tags;         /* array of texts; a reference is kept. NULL: none */
    uint64_t (*wait)(const void *arg); /* milliseconds until the image will be there */
    /* The world is about to go or is reset, or the server stops: let go of the world and remove the
       pending. */
    void (*cancel)(void *arg);
    void *arg; /* borrowed */
};

/* Owned by the caller. */
int pending_add(struct pending **ret, struct world *w, const struct pending_options *options,
                struct err *err);
void pending_remove(struct pending *p); /* NULL-safe */
/* Cancels all of a world. */
void pending_cancel_all(struct world *w);

/* For what was not found: replies when it may be on its way. */
bool pending_reply(struct registry_call *call);

#endif
