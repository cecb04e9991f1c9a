/* SPDX-License-Identifier: MIT */
#include "tests/fuzz/fuzz.h"

#include <stdlib.h>
#include <string.h>

#include "registry/reference.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    auto_free char *text = fuzz_text(data, size);

    if (reference_is_name(text)) {
        MUST(strlen(text) <= REFERENCE_NAME_MAX);
        MUST(text[0] != '/' && strstr(text, "//") == NULL && strstr(text, "..") == NULL);
        MUST(strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789._-/") == strlen(text));
    }
    if (reference_is_tag(text)) {
        MUST(strlen(text) > 0 && strlen(text) <= REFERENCE_TAG_MAX);
        MUST(text[0] != '.' && text[0] != '-' && strchr(text, '/') == NULL);
        MUST(!reference_is_digest(text));
    }
    return 0;
}
