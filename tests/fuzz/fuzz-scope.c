/* SPDX-License-Identifier: MIT */
#include "tests/fuzz/fuzz.h"

#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "auth/scope.h"
#include "lib/util/buf.h"
#include "lib/util/err.h"

enum { TEXT_MAX = 256 * 1024 };

static bool equal(const struct scope_set *a, const struct scope_set *b)
{
    if (a->count != b->count)
        return false;
    for (size_t i = 0; i < a->count; i++) {
        if (strcmp(a->items[i].type, b->items[i].type) != 0 ||
            strcmp(a->items[i].class, b->items[i].class) != 0 ||
            strcmp(a->items[i].name, b->items[i].name) != 0 ||
            a->items[i].actions != b->items[i].actions)
            return false;
    }
    return true;
}

/* What was read is what is written, as a text and as a claim. */
static void check_set(const struct scope_set *set)
{
    auto_buf struct buf b = BUF_INIT(TEXT_MAX);
    struct scope_set again = {0};
    json_t *access = scope_set_to_json(set);

    scope_set_format(&b, set);
    MUST(!b.failed && scope_set_parse(&again, buf_text(&b), NULL) == 0 && equal(set, &again));
    scope_set_done(&again);
    MUST(scope_set_from_json(&again, access, NULL) == 0 && equal(set, &again));
    scope_set_done(&again);
    json_decref(access);
    for (size_t i = 0; i < set->count; i++)
        MUST(scope_set_covers(set, &set->items[i]));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    auto_free char *text = fuzz_text(data, size);
    struct scope_set set = {0};
    struct scope scope;
    struct err err = {0};

    if (scope_parse(&scope, text, size, &err) == 0) {
        MUST(strlen(scope.name) > 0 && strlen(scope.type) > 0);
        MUST(strchr(scope.name, '"') == NULL && strchr(scope.name, ' ') == NULL);
        MUST(memchr(text, '\0', size) == NULL);
    } else {
        MUST(err.code == ERR_SYNTAX);
    }
    if (scope_set_parse(&set, text, &err) == 0)
        check_set(&set);
    scope_set_done(&set);
    return 0;
}
