/* SPDX-License-Identifier: MIT */
/*
 * Byte ranges (RFC 9110, section 14) and the multipart/byteranges body.
 */
#ifndef LIB_HTTP_RANGE_H
#define LIB_HTTP_RANGE_H

#include <stddef.h>
#include <stdint.h>

struct http_range {
    uint64_t first;
    uint64_t last; /* inclusive */
};

enum http_range_result {
    HTTP_RANGE_NONE,          /* no range, another unit, malformed or too many: answer in full */
    HTTP_RANGE_SOME,          /* *count ranges that lie in the content */
    HTTP_RANGE_UNSATISFIABLE, /* 416 */
};

/*
 * Reads a Range header for content of size bytes. Ranges are clipped to the content; those that
 * lie behind it are left out. `bytes=500-0` (first behind last) is unsatisfiable, as
 * distribution-spec's conformance suite expects. Content of size 0 never has ranges.
 * ret holds max entries.
 */
enum http_range_result http_range_parse(const char *value, uint64_t size, struct http_range *ret,
                                        size_t max, size_t *count);

#endif
