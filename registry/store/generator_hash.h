/* SPDX-License-Identifier: MIT */
/*
 * The digest of a blob that a generator makes, computed by jobs.
 *
 * One job at a time, of GENERATOR_HASH_QUANTUM bytes, so that several of them share the pool with
 * everybody else and a stop of the server waits for no more than that. Loop thread only.
 */
#ifndef REGISTRY_STORE_GENERATOR_HASH_H
#define REGISTRY_STORE_GENERATOR_HASH_H

#include <stdint.h>

#include "lib/util/digest.h"

struct blob_generator;
struct err;
struct generator_hash;
struct loop;

enum {
    GENERATOR_HASH_PIECE = 64 * 1024,          /* made and hashed at a time */
    GENERATOR_HASH_QUANTUM = 32 * 1024 * 1024, /* bytes; some 20 ms */
};

typedef void (*generator_hash_fn)(void *arg, const struct digest *digest);

/* Takes the generator, also on failure; n is how many bytes it makes. done(arg) is called once,
   never from within; it may free the hash. */
int generator_hash_new(struct generator_hash **ret, struct loop *loop,
                       const struct blob_generator *generator, uint64_t n,
                       enum digest_algorithm algorithm, generator_hash_fn done, void *arg,
                       struct err *err);
/* NULL-safe. done is not called any more; a job that runs ends by itself. */
void generator_hash_free(struct generator_hash *h);
/* Milliseconds until it will be done, going by how long it took so far. */
uint64_t generator_hash_wait(const struct generator_hash *h);

#endif
