/* SPDX-License-Identifier: MIT */
/*
 * The digest of a part of a file, computed by jobs behind its writer.
 *
 * At most one job runs for a file at a time. It reads what was written when it looks, and ends
 * when it caught up or had its share of the pool; the next begins when enough waits.
 * Loop thread only, but for the job itself.
 */
#ifndef REGISTRY_STORE_FILE_HASH_H
#define REGISTRY_STORE_FILE_HASH_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/http/loop.h"
#include "lib/util/digest.h"

struct err;
struct file_hash;

enum {
    FILE_HASH_PIECE = 1024 * 1024,            /* mapped and hashed at a time */
    FILE_HASH_START = 1024 * 1024,            /* a job begins when so much waits */
    FILE_HASH_REST = 128 * 1024,              /* less than this waits for the next job */
    FILE_HASH_QUANTUM = 32 * FILE_HASH_PIECE, /* after so much other jobs get a turn */
};

/* fd is borrowed. changed(arg) is called on the loop after each job; it may free the file_hash. */
int file_hash_new(struct file_hash **ret, struct loop *loop, int fd, uint64_t offset,
                  loop_fn changed, void *arg, struct err *err);
/* NULL-safe. closed(arg) is called once nothing reads the file any more, perhaps from within;
   changed is not called again. */
void file_hash_free(struct file_hash *h, loop_fn closed, void *arg);
/* The first `written` bytes from the offset on may be read now. */
void file_hash_advance(struct file_hash *h, uint64_t written);
/* What stands from size on will be written anew. */
void file_hash_truncate(struct file_hash *h, uint64_t size);
/* Bytes written and not yet hashed; 0 when reading failed, for there is nothing to wait for. */
uint64_t file_hash_lag(const struct file_hash *h);
/* Nothing more will be written: `changed` follows, and then there is a result or an error. */
void file_hash_finish(struct file_hash *h, enum digest_algorithm algorithm);
/* True when the digest of all is known, or reading failed; then file_hash_result() says which. */
bool file_hash_is_finished(const struct file_hash *h);
int file_hash_result(const struct file_hash *h, struct digest *ret, struct err *err);

#endif
