/* SPDX-License-Identifier: MIT */
/*
 * The immutable half of a store: bytes found by their digest.
 *
 * A blob lives while somebody holds a reference: each repository that has it (meta_store.h) and
 * each response that sends it. Small blobs (up to BLOB_INLINE_MAX) are in memory, larger ones are
 * a range of a file, so that they are sent without passing through this process. Those of a
 * generator are nowhere.
 * Loop thread only.
 */
#ifndef REGISTRY_STORE_BLOB_STORE_H
#define REGISTRY_STORE_BLOB_STORE_H

#include <stddef.h>
#include <stdint.h>

#include "lib/util/digest.h"

struct blob_store;
struct err;
struct loop;

enum { BLOB_INLINE_MAX = 64 * 1024 };

/* Makes the bytes of a blob when they are asked for, always the same. */
struct blob_generator {
    /* Writes the n bytes from offset on. From any thread, several at once. */
    void (*fill)(const void *arg, uint64_t offset, void *dst, size_t n);
    void (*free)(void *arg);
    void *arg; /* owned by who has the generator */
};

/* Use blob_read() where the bytes themselves are needed. */
struct blob {
    struct digest digest;
    uint64_t size;
    const void *data;                /* the bytes, or NULL: they are in fd, or generated */
    int fd;                          /* borrowed from the store; -1: not in a file */
    uint64_t offset;                 /* of the first byte in fd */
    struct blob_generator generator; /* owned; fill NULL: the bytes are kept */
    unsigned refs;
    struct blob_store *store; /* borrowed */
};

/* Room in a file for a blob whose size is not known yet. */
struct blob_space {
    int fd; /* borrowed; pwrite(2) from offset on */
    uint64_t offset;
    uint64_t size;    /* how much may be written */
    uint64_t written; /* how far it was ever written, kept by the writer: so much is charged */
    void *mark;       /* the store's own */
};

/* A backend. All entries are needed. */
struct blob_store_ops {
    const char *name;
    /* Spaces may still be open (a job reads them): what they need lives until space_free. */
    void (*free)(struct blob_store *s);
    /* Borrowed, or NULL. */
    struct blob *(*find)(struct blob_store *s, const struct digest *digest);
    /* Counts n more bytes against the limit before they are written; ERR_STORAGE_FULL. */
    int (*charge)(struct blob_store *s, uint64_t n, struct err *err);
    void (*discharge)(struct blob_store *s, uint64_t n);
    int (*space_new)(struct blob_store *s, struct blob_space *ret, struct err *err);
    /* Drops and discharges what was written. */
    void (*space_free)(struct blob_store *s, const struct blob_space *space);
    /*
     * Makes a blob; the caller owns one reference. The bytes were charged before and now belong
     * to the blob. When the digest is there already, the existing blob is given and the new bytes
     * are dropped (and discharged); so are bytes of the space behind the first n. add_memory takes
     * data (malloc'd, never NULL), also on failure; add_space takes the space, also on failure.
     */
    int (*add_memory)(struct blob_store *s, const struct digest *digest, void *data, size_t n,
                      struct blob **ret, struct err *err);
    int (*add_space)(struct blob_store *s, const struct digest *digest,
                     const struct blob_space *space, uint64_t n, struct blob **ret,
                     struct err *err);
    /* Takes the generator, also on failure; n is how many bytes it makes. Charges nothing. */
    int (*add_generated)(struct blob_store *s, const struct digest *digest,
                         const struct blob_generator *generator, uint64_t n, struct blob **ret,
                         struct err *err);
    /* The last reference is gone. */
    void (*release)(struct blob_store *s, struct blob *b);
    /* Bytes charged now, and the limit (0: none). */
    uint64_t (*used)(const struct blob_store *s);
    uint64_t (*limit)(const struct blob_store *s);
};

/* First member of every backend. */
struct blob_store {
    const struct blob_store_ops *ops;
};

struct blob *blob_ref(struct blob *b);
void blob_unref(struct blob *b); /* NULL-safe */
/* Copies the n bytes from offset on, wherever they are. From any thread, while the caller's
   reference keeps the blob. ERR_SYSTEM when a file cannot be read. */
int blob_read(const struct blob *b, uint64_t offset, void *dst, size_t n, struct err *err);
void blob_generator_free(const struct blob_generator *g); /* what it owns */

void blob_store_free(struct blob_store *s); /* NULL-safe; no blob may be referenced any more */
/* Stores a copy of n bytes under the digest that they really have: charge and add in one step. */
int blob_store_put(struct blob_store *s, const struct digest *digest, const void *p, size_t n,
                   struct blob **ret, struct err *err);

/* The memory backend: small blobs on the heap, the rest in one sparse memfd. limit in bytes, 0:
 * none. */
int blob_store_memory_new(struct blob_store **ret, struct loop *loop, uint64_t limit,
                          struct err *err);

#endif
