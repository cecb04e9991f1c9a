/* SPDX-License-Identifier: MIT */
#include "tests/fuzz/fuzz.h"

#include <stdlib.h>
#include <string.h>

#include "lib/util/digest.h"
#include "lib/util/err.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    auto_free char *text = fuzz_text(data, size);
    struct err err = {0};
    struct digest d;

    if (digest_parse(&d, text, &err) != 0) {
        MUST(err.code == ERR_DIGEST || err.code == ERR_UNSUPPORTED);
        MUST(err.code == ERR_DIGEST || digest_is_wellformed(text));
        return 0;
    }
    MUST(digest_is_wellformed(text));
    MUST(strcmp(d.text, text) == 0);
    MUST(digest_equal(&d, &d));
    MUST(strlen(digest_encoded(&d)) == (d.algorithm == DIGEST_SHA512 ? 128 : 64));
    return 0;
}
