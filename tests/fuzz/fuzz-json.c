/* SPDX-License-Identifier: MIT */
#include "tests/fuzz/fuzz.h"

#include <jansson.h>

#include "lib/util/err.h"
#include "lib/util/json.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct util_json_limits limits = {.size = 65536, .depth = 16, .values = 1000};
    struct err err = {0};
    json_t *tree = NULL;

    if (util_json_parse(&tree, data, size, &limits, &err) != 0) {
        MUST(tree == NULL);
        MUST(err.code == ERR_LIMIT || err.code == ERR_SYNTAX);
        return 0;
    }
    MUST(util_json_scan(data, size, &limits, NULL) == 0);
    MUST(json_is_object(tree) || json_is_array(tree));
    json_decref(tree);
    return 0;
}
