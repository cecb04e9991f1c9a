/* SPDX-License-Identifier: MIT */
/*
 * What is no recipe, and where it goes wrong; settings.
 */
#include "fixtures/recipe.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fixtures/fixture.h"
#include "lib/util/buf.h"
#include "lib/util/err.h"
#include "lib/util/file.h"
#include "lib/util/schema.h"
#include "lib/util/util.h"
#include "tests/tap/tap.h"
#include "tests/unit/sink_help.h"

static void refuses(const char *yaml, const char *message)
{
    struct fixture *f;
    struct err err = {0};

    is_int(fixture_parse(&f, "r.yaml", yaml, strlen(yaml), &err), -1, "refused: %s", yaml);
    is_str(err.msg, message, "and told why");
    is_int(err.code, ERR_CONFIG, "as configuration");
}

static void test_keys(void)
{
    refuses("layrs: 3", "r.yaml:1: layrs: unknown key: did you mean 'layers'?");
    refuses("layers:\n  - fils: []",
            "r.yaml:2: layers[0].fils: unknown key: did you mean 'files'?");
    refuses("layers:\n  - files:\n    - {path: a, mod: 644}",
            "r.yaml:3: layers[0].files[0].mod: unknown key: did you mean 'mode'?");
    refuses("layers: [{files: [{text: a}]}]",
            "r.yaml:1: layers[0].files[0]: the key 'path' is missing");
    refuses("layers: 0", "r.yaml:1: layers: out of range: allowed is 1 to 127");
    refuses("layers: 128", "r.yaml:1: layers: out of range: allowed is 1 to 127");
    refuses("layers: 1\nsize: 2GiB", "r.yaml:2: size: out of range: allowed is 0 to 1GiB");
    refuses("layers: 1\nsize: -1", "r.yaml:2: size: must not be negative");
    refuses("compression: bzip2",
            "r.yaml:1: compression: 'bzip2' is not allowed: did you mean 'gzip'? expected none, "
            "gzip or zstd");
}

static void test_together(void)
{
    refuses("size: 5", "r.yaml:1: size: is that of each layer where 'layers' is a number");
    refuses("layers: [{files: [{path: a, text: b, size: 1}]}]",
            "r.yaml:1: layers[0].files[0]: 'text' and 'size' exclude each other");
    refuses("layers: 1\ngenerated: 1GiB\nsize: 1",
            "r.yaml:2: generated: and 'size' exclude each other");
    refuses("generated: 1GiB",
            "r.yaml:1: generated: is that of each layer where 'layers' is a number");
    refuses("layers: 1\ngenerated: 1000000",
            "r.yaml:2: generated: expected a multiple of 512 bytes");
    refuses("layers: [{generated: 1025}]",
            "r.yaml:1: layers[0].generated: expected a multiple of 512 bytes");
    refuses("layers: [{generated: 200GiB}]",
            "r.yaml:1: layers[0].generated: out of range: allowed is 1KiB to 100GiB");
    refuses("layers: [{generated: 1KiB, compression: gzip}]",
            "r.yaml:1: layers[0].compression: a generated layer has none");
    refuses("layers: [{files: [{path: a, seed: 1}]}]",
            "r.yaml:1: layers[0].files[0].seed: needs a 'size': it makes the bytes");
    refuses("layers: [{files: [{path: a, mode: 888}]}]",
            "r.yaml:1: layers[0].files[0].mode: expected octal digits such as 755");
    refuses("layers: [{files: [{path: ''}]}]",
            "r.yaml:1: layers[0].files[0].path: must not be empty");
    refuses("layers: [{text: a}]", "r.yaml:1: layers[0].text: needs a 'media_type': such a layer "
                                   "is no archive of files");
    refuses("layers: [{compression: none, level: 3}]",
            "r.yaml:1: layers[0].level: needs a compression: gzip or zstd");
    refuses("platforms: [linux]", "r.yaml:1: platforms[0]: 'linux' is no platform: expected "
                                  "os/architecture such as linux/arm64");
    refuses("platforms: linux/amd64/v2/x",
            "r.yaml:1: platforms: 'linux/amd64/v2/x' is no "
            "platform: expected os/architecture such as linux/arm64");
    refuses("media_types: docker\nannotations: {a: b}",
            "r.yaml:2: annotations: needs media_types: oci");
    refuses("artifact_type: a/b\nwrong: schema1",
            "r.yaml:2: wrong: an artifact has no index and no schema 1");
    refuses("artifact_type: a/b\nprogram: {print: x}",
            "r.yaml:2: program: an artifact does not run");
    refuses("platforms: [linux/amd64, linux/arm64]\nsubject: {digest: sha256:12, size: 1}",
            "r.yaml:2: subject: is of one manifest, not of an index");
    refuses("subject: {digest: sha256:12, size: 1}",
            "r.yaml:1: subject: digest: 'sha256:12' is not a digest: sha256 has 64 lower-case hex "
            "digits");
    refuses("config: {env: [A=b, C]}", "r.yaml:1: config.env[1]: 'C': expected NAME=value");
}

/* What only building finds. */
static void test_built(void)
{
    ok(sink_parse("media_types: docker\nlayers: [{compression: zstd}]") == NULL,
       "Docker's types know no zstd");
    is_str(sink_error(),
           "layers[0]: compression: zstd has no media type of Docker's: use "
           "media_types: oci",
           "which is told");
    ok(sink_parse("layers: [{files: [{path: a}], pad_to: 1000}]") == NULL, "too little room");
    is_str(sink_error(), "layers[0]: pad_to: 1000 bytes are less than the 1536 of the files",
           "which is told");
    ok(sink_parse("manifest_size: 100\nlayers: 1") == NULL, "a manifest too small");
    ok(sink_parse("layers: 127\nwrong: duplicate-layers") == NULL, "too many layers");
    is_str(sink_error(), "layers: 130 of them, allowed are 127", "which is told");
    sink_done();
}

static struct fixture *opened(const char *text)
{
    struct fixture *f = NULL;
    struct err err = {0};

    is_int(fixture_open(&f, text, &err), 0, "%s %s", text, err.msg);
    return f;
}

static void test_settings(void)
{
    struct fixture *f = opened("random( layers = 2 , size=1MiB)");

    is_str(fixture_name(f), "random", "its name is kept");
    is_int((long long)recipe_number(fixture_recipe(f), "layers", 0), 2, "a number is set");
    is_int((long long)recipe_number(fixture_recipe(f), "size", 0), 1 << 20, "a size too");
    fixture_free(f);
    f = opened("hello(platforms=[\"linux/amd64\",\"linux/arm64\"],labels.a.b=c,"
               "config.env=[\"A=1\",\"B=2,3\"],name=other)");
    is_str(fixture_name(f), "other", "a text is set");
    is_str(recipe_text((const void *)fixture_recipe(f), "name"), "other", "in the tree");
    fixture_free(f);
    f = opened("hello()");
    fixture_free(f);
}

static void refuses_open(const char *text, const char *message)
{
    struct fixture *f;
    struct err err = {0};

    is_int(fixture_open(&f, text, &err), -1, "refused: %s", text);
    is_str(err.msg, message, "and told why");
}

static void test_bad_settings(void)
{
    refuses_open("helo", "no recipe 'helo': did you mean 'hello'?");
    refuses_open("hello(", "'hello(': the ')' is missing at the end");
    refuses_open("hello(x)", "hello: 'x': expected KEY=VALUE");
    refuses_open("hello(layrs=1)", "hello: layrs: unknown key: did you mean 'layers'?");
    refuses_open("hello(config.ev=A)", "hello: config.ev: unknown key: did you mean 'env'?");
    refuses_open("hello(name.x=A)", "hello: name.x: 'name' has no keys below it");
    refuses_open("hello(layers=many)", "hello: layers: 'many' is no whole number");
    refuses_open("hello(layers=[{\"fils\":1}])",
                 "hello: layers[0].fils: unknown key: did you mean 'files'?");
    refuses_open("hello(labels=x)", "hello: labels: expected keys and values, not a text");
    refuses_open("", "no recipe ''; 'ocimock fixture list' names them");
}

static void test_set_leaves_alone(void)
{
    struct fixture *f = opened("random");
    struct err err = {0};

    is_int(fixture_set(f, "size", "5GiB", &err), -1, "a bad value is refused");
    is_int((long long)recipe_number(fixture_recipe(f), "size", 0), 1024, "and nothing changed");
    fixture_free(f);
}

static void test_platforms(void)
{
    struct recipe_platform p;

    ok(recipe_platform_parse(&p, "linux/arm/v7"), "three parts");
    is_str(p.variant, "v7", "the last is the variant");
    ok(!recipe_platform_parse(&p, "linux/"), "an empty part is none");
    ok(!recipe_platform_parse(&p, "Linux/amd64"), "nor are capitals");
    ok(!recipe_platform_parse(&p, "linux/amd64/"), "nor an empty variant");
}

/* Every key stands in doc/fixtures.md. */
static void test_documented(const struct schema *members, const char *text)
{
    for (; members != NULL && members->key != NULL; members++) {
        char word[100];

        (void)snprintf(word, sizeof(word), "`%s`", members->key);
        if (members->key[0] != '\0')
            ok(strstr(text, word) != NULL, "%s is described", word);
        test_documented(members->members, text);
    }
}

static void test_documentation(void)
{
    auto_buf struct buf text = BUF_INIT(1 << 20);
    char path[4096];

    (void)snprintf(path, sizeof(path), "%s/doc/fixtures.md", getenv("TOP_SRCDIR"));
    is_int(file_read(&text, path, NULL), 0, "the documentation is there");
    test_documented(recipe_schema.members, buf_text(&text));
    for (const struct fixture_wrong *w = fixture_wrong(); w->name != NULL; w++) {
        char row[100];

        (void)snprintf(row, sizeof(row), "\n| `%s` | ", w->name);
        ok(strstr(buf_text(&text), row) != NULL, "%s is described", w->name);
    }
}

int main(void)
{
    plan_lazy();
    test_keys();
    test_together();
    test_built();
    test_settings();
    test_bad_settings();
    test_set_leaves_alone();
    test_platforms();
    test_documentation();
    done_testing();
}
