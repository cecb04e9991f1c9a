/* SPDX-License-Identifier: MIT */
/*
 * Recipes: YAML that somebody wrote, read and built; or, behind a '=', a setting of a built-in one.
 * What is built names what was given, with its size.
 */
#include "tests/fuzz/fuzz.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "fixtures/fixture.h"
#include "fixtures/recipe.h"
#include "lib/util/err.h"

enum { INPUT_MAX = 16 * 1024, AFFORDABLE = 1 << 20, TIMES_MAX = 10000 };

/* Bytes that an object asks for, with all below it. */
static uint64_t asked(const json_t *value)
{
    static const char *const keys[] = {"size", "pad_to", "manifest_size", "generated"};
    uint64_t sum = 0;
    const char *key;
    json_t *child;
    size_t i;

    for (i = 0; json_is_object(value) && i < ARRAY_LEN(keys); i++) {
        const json_t *size = json_object_get(value, keys[i]);

        if (json_is_string(size) || json_is_integer(size))
            sum += recipe_number(value, keys[i], 0);
    }
    json_array_foreach(value, i, child) sum += asked(child);
    json_object_foreach((json_t *)(uintptr_t)value, key, child) sum += asked(child);
    return sum;
}

/* Sizes are as large as they are said to be: nothing is learnt from a gigabyte. */
static bool is_affordable(const json_t *recipe)
{
    uint64_t times = json_array_size(json_object_get(recipe, "platforms")) + 1;

    if (json_is_integer(json_object_get(recipe, "layers")))
        times *= recipe_number(recipe, "layers", 1);
    return times <= TIMES_MAX && asked(recipe) <= AFFORDABLE / times &&
           strcmp(recipe_text_or(recipe, "wrong", ""), "manifest-over-limit") != 0;
}

struct seen {
    unsigned blobs, manifests, roots;
};

static int on_blob(void *arg, const struct fixture_blob *blob, struct err *err)
{
    struct seen *s = arg;
    struct digest d;

    (void)err;
    s->blobs++;
    MUST((blob->data != NULL) != (blob->generated != NULL));
    if (blob->data != NULL) {
        MUST(digest_of(&d, blob->digest.algorithm, blob->data, blob->size, NULL) == 0);
        MUST(blob->false_digest != digest_equal(&d, &blob->digest));
    }
    return 0;
}

static int on_manifest(void *arg, const struct fixture_manifest *m, struct err *err)
{
    struct seen *s = arg;
    struct digest d;
    json_t *json = json_loadb(m->data, m->size, JSON_REJECT_DUPLICATES, NULL);

    (void)err;
    s->manifests++;
    s->roots += m->root;
    MUST(json != NULL);
    MUST(digest_of(&d, m->digest.algorithm, m->data, m->size, NULL) == 0);
    MUST(m->false_digest != digest_equal(&d, &m->digest));
    json_decref(json);
    return 0;
}

static void build(const struct fixture *f)
{
    struct seen seen = {0};
    const struct fixture_sink sink = {.blob = on_blob, .manifest = on_manifest, .arg = &seen};
    struct fixture_result r;
    struct err err = {0};

    if (!is_affordable(fixture_recipe(f)))
        return;
    if (fixture_build(f, &sink, &r, &err) != 0) {
        MUST(err.msg[0] != '\0');
        return;
    }
    MUST(seen.roots == 1 && seen.blobs == r.blobs && seen.manifests == r.manifests);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fixture *f = NULL;
    struct err err = {0};
    char *text;

    if (size > INPUT_MAX)
        return 0;
    text = fuzz_text(data, size);
    if (text[0] == '=') {
        MUST(fixture_open(&f, "files", NULL) == 0);
        if (fixture_set_text(f, text + 1, &err) != 0 || fixture_check(f, &err) != 0)
            MUST(err.msg[0] != '\0');
        else
            build(f);
    } else if (fixture_parse(&f, "fuzz", (const char *)data, size, &err) == 0) {
        build(f);
    } else {
        MUST(err.msg[0] != '\0');
    }
    fixture_free(f);
    free(text);
    return 0;
}
