/* SPDX-License-Identifier: MIT */
#include "tests/fuzz/fuzz.h"

#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "auth/jwks.h"
#include "auth/key_set.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    auto_free char *text = fuzz_text(data, size);
    struct key_set set = {0};

    if (jwks_parse(&set, text, size, NULL, NULL, NULL) == 0) {
        json_t *written = jwks_to_json(&set);

        MUST(set.count > 0 && written != NULL);
        MUST(json_array_size(json_object_get(written, "keys")) == set.count);
        json_decref(written);
    }
    for (size_t i = 0; i < set.count; i++)
        MUST(!key_is_private(set.keys[i]) && key_algorithm(set.keys[i]) != KEY_HS256);
    key_set_done(&set);
    return 0;
}
