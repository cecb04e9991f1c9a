/* SPDX-License-Identifier: MIT */
#include "tests/fuzz/fuzz.h"

#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "cli/serve_magic.h"
#include "lib/fault/fault.h"
#include "lib/http/loop.h"
#include "lib/util/err.h"
#include "registry/magic.h"
#include "registry/registry.h"

static struct world *world(void)
{
    static struct world *w;
    struct registry_settings settings = REGISTRY_SETTINGS_DEFAULT;
    struct loop *loop;

    if (w != NULL)
        return w;
    settings.magic = true;
    settings.magic_presets = &serve_magic_presets;
    MUST(loop_new(&loop, 1, NULL) == 0);
    MUST(world_new(&w, "fuzz", loop, &settings, NULL) == 0);
    return w;
}

/* The name of a repository, good or not. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    auto_free char *name = fuzz_text(data, size);
    struct magic_meaning meaning;
    struct err err = {0};

    if (!magic_find(world()->magic, name, &meaning, &err)) {
        MUST(err.msg[0] != '\0' && meaning.rules == NULL);
        return 0;
    }
    MUST((meaning.rules != NULL) == (magic_inner(name) != NULL));
    MUST(strcmp(magic_repo(world()->magic, name), meaning.repo) == 0);
    return 0;
}
