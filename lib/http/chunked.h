/* SPDX-License-Identifier: MIT */
/*
 * Chunked transfer coding of a body whose length is not known (RFC 9112, section 7.1).
 */
#ifndef LIB_HTTP_CHUNKED_H
#define LIB_HTTP_CHUNKED_H

struct http_source;

/* Takes inner, also when it returns NULL because memory is short. */
struct http_source *http_source_chunked(struct http_source *inner);

#endif
