/* SPDX-License-Identifier: MIT */
#include "tests/fuzz/fuzz.h"

#include <stdlib.h>
#include <string.h>

#include "auth/authorization.h"
#include "lib/util/text.h"

static bool is_clean(const char *text)
{
    for (const char *p = text; *p != '\0'; p++) {
        if ((unsigned char)*p < ' ' || *p == 0x7f)
            return false;
    }
    return text_is_utf8(text, strlen(text));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    auto_free char *value = fuzz_text(data, size);
    struct authorization a;

    authorization_parse(&a, value);
    MUST(is_clean(a.user) && is_clean(a.secret));
    MUST((a.kind == AUTHORIZATION_BASIC) == (a.secret[0] != '\0'));
    MUST(a.kind != AUTHORIZATION_BASIC || a.user[0] != '\0');
    MUST((a.kind == AUTHORIZATION_BEARER) == (a.token[0] != '\0'));
    MUST((a.kind == AUTHORIZATION_BAD) == (a.reason[0] != '\0'));
    MUST(strchr(a.user, ':') == NULL);
    authorization_done(&a);
    MUST(a.memory == NULL && a.secret[0] == '\0');
    return 0;
}
