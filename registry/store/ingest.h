/* SPDX-License-Identifier: MIT */
/*
 * A blob on its way into a blob store: bytes are appended, the digest follows in a job.
 *
 * Up to BLOB_INLINE_MAX bytes wait on the heap; beyond that they go to the store's file. The
 * sha256 is computed behind the writes by a job, so that it is known soon after the last byte;
 * another algorithm is computed when asked for. Does not know HTTP or uploads. Loop thread only.
 */
#ifndef REGISTRY_STORE_INGEST_H
#define REGISTRY_STORE_INGEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct blob;
struct blob_store;
struct digest;
struct err;
struct ingest;
struct loop;

/* The store and the loop are borrowed and must outlive it. */
int ingest_new(struct ingest **ret, struct blob_store *store, struct loop *loop, struct err *err);
/* Discards what was not finished. NULL-safe; safe while a job still reads (freed when it ends, and
   the store may be freed before). A pending finish is cancelled: its callback does not come. */
void ingest_free(struct ingest *in);
uint64_t ingest_size(const struct ingest *in);
/* Appends. ERR_STORAGE_FULL, ERR_SYSTEM; nothing of a failed append counts. */
int ingest_append(struct ingest *in, const void *p, size_t n, struct err *err);
/* Forgets everything from size on (a request that broke off); size <= ingest_size(). The sha256
   starts anew when it had gone further. */
int ingest_truncate(struct ingest *in, uint64_t size, struct err *err);
/* True when the digest job is so far behind that the writer should wait; drained(arg) is called
   once when it caught up. */
bool ingest_is_behind(struct ingest *in, void (*drained)(void *arg), void *arg);

/*
 * Computes the digest of all that was appended and, when it is `expected` (NULL: whatever the
 * sha256 is), puts the blob into the store. done is called later on the loop (never from within
 * this call), once: with the blob (the callee owns the reference), or with NULL and an error
 * (ERR_DIGEST on mismatch). The ingest can only be freed then.
 */
typedef void (*ingest_done_fn)(void *arg, struct blob *blob, const struct err *err);
void ingest_finish(struct ingest *in, const struct digest *expected, ingest_done_fn done,
                   void *arg);

#endif
