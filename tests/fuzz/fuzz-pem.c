/* SPDX-License-Identifier: MIT */
#include "tests/fuzz/fuzz.h"

#include <stdlib.h>
#include <string.h>

#include "auth/key_set.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    auto_free char *text = fuzz_text(data, size);
    struct key_set set = {0};
    struct key *key = NULL;

    if (key_parse(&key, text, size, NULL) == 0) {
        MUST(strlen(key_libtrust_id(key)) == 59 && strlen(key_thumbprint(key)) == 43);
        key_unref(key);
    }
    if (key_set_parse_pem(&set, text, size, NULL) == 0)
        MUST(set.count > 0 && set.unnamed);
    for (size_t i = 0; i < set.count; i++)
        MUST(!key_is_private(set.keys[i]));
    key_set_done(&set);
    return 0;
}
