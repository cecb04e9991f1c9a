/* SPDX-License-Identifier: MIT */
/*
 * Small files, read and written at once. Blocks: at start, or in a job.
 */
#ifndef LIB_UTIL_FILE_H
#define LIB_UTIL_FILE_H

#include <stddef.h>

struct buf;
struct err;

/* Appends all of the file. ERR_LIMIT when it is larger than to's maximum; messages name the path.
 */
int file_read(struct buf *to, const char *path, struct err *err);
/* A new file with that mode. ERR_EXISTS leaves what is there as it is. */
int file_create(const char *path, const void *p, size_t n, unsigned mode, struct err *err);

#endif
