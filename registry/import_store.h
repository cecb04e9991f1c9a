/* SPDX-License-Identifier: MIT */
/*
 * Puts a stream of bytes into a world's blob store and waits for it. Private to registry/.
 *
 * For use before the server listens: the loop runs while a job is waited for.
 */
#ifndef REGISTRY_IMPORT_STORE_H
#define REGISTRY_IMPORT_STORE_H

#include <stddef.h>
#include <sys/types.h>

struct blob;
struct digest;
struct err;
struct world;

/* Up to n bytes, 0 at the end, -1. */
typedef ssize_t (*import_read_fn)(void *arg, void *p, size_t n, struct err *err);

/* expected: the digest that the bytes must have; NULL: any. The caller owns the reference. */
int import_store(struct world *w, import_read_fn read, void *arg, const struct digest *expected,
                 struct blob **ret, struct err *err);

#endif
