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
struct pending;
struct registry_call;
struct world;

/* Milliseconds until the image will be there. */
typedef uint64_t (*pending_wait_fn)(const void *arg);

/* Owned by the caller, who removes it before the world goes. tag may be NULL: none. */
int pending_add(struct pending **ret, struct world *w, const char *repo, const char *tag,
                pending_wait_fn wait, const void *arg, struct err *err);
void pending_remove(struct pending *p); /* NULL-safe */

/* For what was not found: replies when it may be on its way. */
bool pending_reply(struct registry_call *call);

#endif
