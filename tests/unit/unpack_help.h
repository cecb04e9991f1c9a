/* SPDX-License-Identifier: MIT */
/*
 * Archives in memory as another program sees them: libarchive's view of a tar, compressed or not.
 */
#ifndef TESTS_UNIT_UNPACK_HELP_H
#define TESTS_UNIT_UNPACK_HELP_H

#include <stddef.h>

struct buf;

/*
 * One line per member, "KIND MODE UID:GID TIME SIZE PATH[ -> TARGET]", and behind a file with
 * content "| " and its first bytes. What is no archive gives "error: ...". Static buffer.
 */
const char *unpack_list(const void *p, size_t n);
/* What is inside of a compressed file that holds no archive; NULL when it is broken. Appends. */
const char *unpack_bytes(struct buf *to, const void *p, size_t n);

#endif
