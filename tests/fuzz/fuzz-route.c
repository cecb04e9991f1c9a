/* SPDX-License-Identifier: MIT */
#include "tests/fuzz/fuzz.h"

#include <stdlib.h>
#include <string.h>

#include "registry/route.h"

/* The first byte chooses the method, the rest is the decoded path. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    auto_free char *text = fuzz_text(data, size);
    struct http_request req = {.method = HTTP_METHOD_GET};
    struct route route;
    enum route_result result;

    if (size == 0)
        return 0;
    req.method = (enum http_method)(data[0] % (HTTP_METHOD_OTHER + 1));
    req.path = text + 1;
    result = route_parse(&route, &req);
    if (result == ROUTE_METHOD)
        MUST(route.allow != NULL);
    if (result != ROUTE_FOUND)
        return 0;
    MUST(op_name(route.op) != NULL);
    if (route.repo[0] != '\0') {
        MUST(reference_is_name(route.repo));
        MUST(strstr(req.path, route.repo) != NULL);
    }
    MUST(strstr(req.path, route.ref) != NULL);
    return 0;
}
