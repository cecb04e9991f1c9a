/* SPDX-License-Identifier: MIT */
/*
 * The body of a reply with several ranges (RFC 9110, section 14.6): multipart/byteranges.
 *
 * The parts are slices that the caller makes; their heads stand between them in a row of sources,
 * so that slices of a file still go out without passing through this process.
 */
#ifndef LIB_HTTP_BYTERANGES_H
#define LIB_HTTP_BYTERANGES_H

#include <stddef.h>
#include <stdint.h>

#include "lib/http/range.h"

struct err;
struct http_source;

enum { HTTP_BOUNDARY_LEN = 32 };

/* A slice of the content; NULL when memory is short. */
typedef struct http_source *(*http_slice_fn)(void *arg, uint64_t first, uint64_t n);

struct http_byteranges {
    const struct http_range *ranges; /* borrowed; at least one, inside of the content */
    size_t count;
    uint64_t size;            /* of the whole content */
    const char *content_type; /* of the whole content; borrowed */
    const char *boundary;     /* borrowed; see below */
    http_slice_fn slice;
    void *slice_arg;
};

/* 128 random bits as text: no content holds them by accident. */
void http_byteranges_boundary(char ret[HTTP_BOUNDARY_LEN + 1]);
/* Gives the body and its exact length. The caller owns the source. */
int http_byteranges_new(struct http_source **ret, int64_t *ret_length,
                        const struct http_byteranges *options, struct err *err);

#endif
