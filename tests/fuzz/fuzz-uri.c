/* SPDX-License-Identifier: MIT */
#include "tests/fuzz/fuzz.h"

#include <stdlib.h>

#include "lib/http/limits.h"
#include "lib/http/request.h"
#include "lib/http/uri.h"
#include "lib/util/err.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *target = (const char *)data;
    size_t max = parameter_count(target, size);
    auto_free char *memory = malloc(3 * (size + 1));
    auto_free struct parameter *parameters = malloc((max + 1) * sizeof(*parameters));
    struct http_request req = {0};
    struct err err = {0};

    MUST(memory != NULL && parameters != NULL);
    if (uri_parse(&req, target, size, memory, parameters, max, &err) != 0) {
        MUST(err.code == ERR_HEAD_SYNTAX || err.code == ERR_HEAD_TOO_LARGE);
        return 0;
    }
    MUST(req.path[0] == '/' || (req.path[0] == '*' && req.path[1] == '\0'));
    for (const char *p = req.path; *p != '\0'; p++)
        MUST((unsigned char)*p >= ' ' && *p != 0x7f);
    MUST(req.parameter_count <= max && req.parameter_count <= HTTP_QUERY_PARAMETERS_MAX);
    for (size_t i = 0; i < req.parameter_count; i++)
        MUST(req.parameters[i].name != NULL && req.parameters[i].value != NULL);
    return 0;
}
