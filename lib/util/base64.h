/* SPDX-License-Identifier: MIT */
/*
 * Base 64 (RFC 4648), strict: one text for each sequence of bytes, everything else is refused.
 *
 * BASE64_STANDARD is padded (certificates, Basic credentials), BASE64_URL is not (tokens, keys).
 */
#ifndef LIB_UTIL_BASE64_H
#define LIB_UTIL_BASE64_H

#include <stdbool.h>
#include <stddef.h>

struct buf;

enum base64_alphabet { BASE64_STANDARD, BASE64_URL };

/* Appends the encoding; errors are b's. */
void base64_encode(struct buf *b, enum base64_alphabet alphabet, const void *p, size_t n);
/* What n characters decode to at most: room for base64_decode(). */
#define BASE64_DECODED_MAX(n) ((n) / 4 * 3 + 3)
/*
 * False for other characters (blanks, line ends), wrong padding, and bits that are left over and
 * not 0. ret may be the text itself; it is not terminated.
 */
bool base64_decode(void *ret, size_t *ret_n, enum base64_alphabet alphabet, const char *text,
                   size_t n);

#endif
