/* SPDX-License-Identifier: MIT */
#include "tests/fuzz/fuzz.h"

#include <stdlib.h>

#include "lib/http/request.h"
#include "registry/accept.h"

/* One value as Accept, If-None-Match and If-Range. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char digest[] = "sha256:aa";
    auto_free char *text = fuzz_text(data, size);
    const struct http_header headers[] = {
        {"Accept", text},
        {"If-None-Match", text},
        {"If-Range", text},
        {"Accept", "application/json"},
    };
    struct http_request req = {.header_count = 3, .headers = headers};

    (void)accept_allows(&req, "a/b");
    /* What holds for If-Range, the stronger of the two, holds for If-None-Match. */
    if (accept_range_holds(&req, digest))
        MUST(accept_has_already(&req, digest));
    req.header_count = 4;
    if (accept_allows(&req, "text/plain"))
        MUST(size > 2); /* only a range in the text can have allowed it */
    return 0;
}
