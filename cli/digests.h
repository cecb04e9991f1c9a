/* SPDX-License-Identifier: MIT */
/*
 * Digests of generated layers: computed once in jobs, remembered for as long as the server runs.
 *
 * Whoever needs some keeps a list of wishes. A job that builds an image reads and adds wishes
 * without touching anything else; on the loop they are then granted from what is known, or asked
 * for.
 */
#ifndef CLI_DIGESTS_H
#define CLI_DIGESTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/queue.h>

#include "lib/util/digest.h"

struct blob_generator;
struct digests;
struct err;
struct generated;
struct loop;

/* --- Wishes: pure, owned by one thread at a time ------------------------------------------------
 */

struct wish {
    uint64_t size; /* of the layer */
    uint64_t seed;
    enum digest_algorithm algorithm;
    bool granted; /* the digest is there: */
    struct digest digest;
};

/* Zero is an empty list. */
struct wishes {
    struct wish *items; /* owned */
    size_t count;
};

/* As fixture_sink.digest, arg: struct wishes. A digest that was not granted becomes a wish and is
   given wrong, so that one build finds all of them: its outcome is good for nothing. */
int wishes_digest(void *arg, const struct generated *g, enum digest_algorithm algorithm,
                  struct digest *ret, struct err *err);
bool wishes_are_granted(const struct wishes *w); /* all of them */
void wishes_done(struct wishes *w);

/* --- What is known: loop thread only ------------------------------------------------------------
 */

int digests_new(struct digests **ret, struct loop *loop, struct err *err); /* loop borrowed */
/* NULL-safe. Stops what is under way; nobody waits any more. */
void digests_free(struct digests *d);
/* Grants what is known and begins to compute the rest; done(arg) of waiters follows. */
int digests_grant(struct digests *d, struct wishes *w, struct err *err);
/* Milliseconds until the last of these is known, as far as one can tell. */
uint64_t digests_wait(const struct digests *d, const struct wishes *w);

/* Is told each time that one more is known, until it is removed. */
struct digests_waiter {
    const struct wishes *wishes; /* borrowed: what it waits for */
    void (*known)(void *arg);
    void *arg; /* borrowed */
    bool due;  /* the list's own, as below */
    LIST_ENTRY(digests_waiter) link;
};

void digests_waiter_add(struct digests *d, struct digests_waiter *waiter);
/* What nobody else waits for is given up. */
void digests_waiter_remove(struct digests *d, struct digests_waiter *waiter);

/* A generator for blobs (registry/store/blob_store.h) of these bytes. ERR_NOMEM. */
int digests_generator(struct blob_generator *ret, const struct generated *g, struct err *err);

#endif
