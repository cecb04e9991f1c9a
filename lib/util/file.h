/* SPDX-License-Identifier: MIT */
/*
 * Small files, read at once. Blocks: at start, or in a job.
 */
#ifndef LIB_UTIL_FILE_H
#define LIB_UTIL_FILE_H

struct buf;
struct err;

/* Appends all of the file. ERR_LIMIT when it is larger than to's maximum; messages name the path.
 */
int file_read(struct buf *to, const char *path, struct err *err);

#endif
