/* SPDX-License-Identifier: MIT */
#include "tests/fuzz/fuzz.h"

#include <stdlib.h>

#include "lib/http/limits.h"
#include "lib/http/range.h"
#include "registry/content_range.h"

static void check_range(const char *value, uint64_t size)
{
    struct http_range ranges[HTTP_RANGES_MAX];
    size_t count = 0;

    if (http_range_parse(value, size, ranges, ARRAY_LEN(ranges), &count) != HTTP_RANGE_SOME)
        return;
    MUST(count > 0 && count <= ARRAY_LEN(ranges));
    for (size_t i = 0; i < count; i++)
        MUST(ranges[i].first <= ranges[i].last && ranges[i].last < size);
}

/* A Range header of content of several sizes; the same text as an upload's Content-Range. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const uint64_t sizes[] = {0, 1, 2048, UINT64_MAX};
    auto_free char *text = fuzz_text(data, size);
    struct content_range chunk;

    for (size_t i = 0; i < ARRAY_LEN(sizes); i++)
        check_range(text, sizes[i]);
    if (content_range_parse(&chunk, text))
        MUST(chunk.length == 0 || chunk.start + (chunk.length - 1) >= chunk.start);
    return 0;
}
