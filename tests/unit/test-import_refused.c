/* SPDX-License-Identifier: MIT */
/* Layouts and archives that must not be imported. */
#include "registry/import_layout.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/util/err.h"
#include "lib/util/util.h"
#include "registry/import_members.h"
#include "registry/registry.h"
#include "registry/store/blob_store.h"
#include "registry/store/meta_store.h"
#include "tests/tap/tap.h"
#include "tests/unit/import_help.h"
#include "tests/unit/layout_help.h"
#include "tests/unit/store_help.h"

/* Each spoils the layout `app` in its own way. */
static void spoil_version(void)
{
    layout_put_text("app/oci-layout", "{\"imageLayoutVersion\":\"2.0.0\"}");
}

static void spoil_no_version(void)
{
    layout_put_text("app/oci-layout", "{}");
}

static void spoil_layout_json(void)
{
    layout_put_text("app/oci-layout", "1.0.0");
}

static void spoil_no_index(void)
{
    ASSERT(unlink(layout_path("app/index.json")) == 0);
}

static void spoil_index_json(void)
{
    layout_put_text("app/index.json", "{\"manifests\":[");
}

static void spoil_index_array(void)
{
    layout_put_text("app/index.json", "[]");
}

static void spoil_index_empty(void)
{
    layout_put_text("app/index.json", "{\"schemaVersion\":2}");
}

static void spoil_entry(void)
{
    layout_index("app", "{\"mediaType\":\"x\"}");
}

static void spoil_entry_digest(void)
{
    layout_index("app", "{\"mediaType\":\"x\",\"size\":1,\"digest\":\"sha256:../../etc/passwd\"}");
}

static void spoil_entry_algorithm(void)
{
    layout_index("app", "{\"mediaType\":\"x\",\"size\":1,\"digest\":\"sha384:abcdef\"}");
}

static void spoil_entry_size(void)
{
    size_t size;
    struct digest d = layout_image("app", "{}", two_layers, &size);

    layout_index("app", layout_descriptor(TYPE_MANIFEST, &d, size + 1, ""));
}

static void spoil_entry_negative(void)
{
    struct digest d = help_digest(DIGEST_SHA256, "x", 1);
    char text[400];

    (void)snprintf(text, sizeof(text), "{\"mediaType\":\"x\",\"size\":-1,\"digest\":\"%s\"}",
                   d.text);
    layout_index("app", text);
}

static void spoil_type(void)
{
    size_t size;
    struct digest d = layout_image("app", "{}", two_layers, &size);

    layout_index("app", layout_descriptor(TYPE_INDEX, &d, size, REF_NAME("v1")));
}

static void spoil_manifest_missing(void)
{
    struct digest d = help_digest(DIGEST_SHA256, "x", 1);

    layout_index("app", layout_descriptor(TYPE_MANIFEST, &d, 1, ""));
}

static void spoil_manifest_json(void)
{
    struct digest d = layout_blob("app", "{\"layers\":7}", 12);

    layout_index("app", layout_descriptor(TYPE_MANIFEST, &d, 12, ""));
}

static void spoil_layer_missing(void)
{
    struct digest d = help_digest(DIGEST_SHA256, "layer two", 9);
    char name[200];

    (void)snprintf(name, sizeof(name), "app/blobs/sha256/%s", digest_encoded(&d));
    ASSERT(unlink(layout_path(name)) == 0);
}

static void spoil_layer_bytes(void)
{
    struct digest d = help_digest(DIGEST_SHA256, "layer two", 9);
    char name[200];

    (void)snprintf(name, sizeof(name), "app/blobs/sha256/%s", digest_encoded(&d));
    layout_put_text(name, "layer 2!!");
}

static void spoil_layer_folder(void)
{
    struct digest d = help_digest(DIGEST_SHA256, "layer two", 9);
    char name[200];

    spoil_layer_missing();
    (void)snprintf(name, sizeof(name), "app/blobs/sha256/%s/x", digest_encoded(&d));
    layout_put_text(name, "x");
}

static void spoil_layer_size(void)
{
    struct digest config = layout_blob("app", "{}", 2);
    struct digest layer = layout_blob("app", "layer one", 9);
    struct digest d;
    char text[2000];

    (void)snprintf(text, sizeof(text),
                   "{\"schemaVersion\":2,\"mediaType\":\"" TYPE_MANIFEST
                   "\",\"config\":%s,\"layers\":[%s]}",
                   layout_descriptor("application/vnd.oci.image.config.v1+json", &config, 2, ""),
                   layout_descriptor("application/vnd.oci.image.layer.v1.tar", &layer, 10, ""));
    d = layout_blob("app", text, strlen(text));
    layout_index("app", layout_descriptor(TYPE_MANIFEST, &d, strlen(text), ""));
}

static void spoil_child_missing(void)
{
    struct digest child = help_digest(DIGEST_SHA256, "child", 5);
    struct digest d;
    char text[2000];

    (void)snprintf(text, sizeof(text),
                   "{\"schemaVersion\":2,\"mediaType\":\"" TYPE_INDEX "\",\"manifests\":[%s]}",
                   layout_descriptor(TYPE_MANIFEST, &child, 5, ""));
    d = layout_blob("app", text, strlen(text));
    layout_index("app", layout_descriptor(TYPE_INDEX, &d, strlen(text), ""));
}

/* Indexes within each other, deeper than anybody needs. */
static void spoil_depth(void)
{
    size_t size;
    struct digest d = layout_image("app", "{}", two_layers, &size);
    const char *type = TYPE_MANIFEST;
    char text[2000];

    for (int i = 0; i < 40; i++) {
        (void)snprintf(text, sizeof(text),
                       "{\"schemaVersion\":2,\"mediaType\":\"" TYPE_INDEX "\",\"manifests\":[%s]}",
                       layout_descriptor(type, &d, size, ""));
        size = strlen(text);
        d = layout_blob("app", text, size);
        type = TYPE_INDEX;
    }
    layout_index("app", layout_descriptor(TYPE_INDEX, &d, size, ""));
}

static void spoil_name(void)
{
    (void)make("app", REF_NAME("Not A Name"));
}

static void spoil_containerd_name(void)
{
    (void)make("app", CONTAINERD_NAME("docker.io/UPPER:v1", "v1"));
}

static void spoil_two_images(void)
{
    char list[LAYOUT_TEXT_MAX];
    struct digest one;
    struct digest two;
    size_t n1;
    size_t n2;

    one = layout_image("app", "{\"config\":1}", two_layers, &n1);
    two = layout_image("app", "{\"config\":2}", two_layers, &n2);
    (void)snprintf(list, sizeof(list), "%s,%s",
                   layout_descriptor(TYPE_MANIFEST, &one, n1, REF_NAME("v1")),
                   layout_descriptor(TYPE_MANIFEST, &two, n2, REF_NAME("v1")));
    layout_index("app", list);
}

static const struct refusal {
    const char *what;
    void (*spoil)(void);
    enum err_code code;
    const char *says; /* part of the message, besides the path */
} refusals[] = {
    {"another version of the layout", spoil_version, ERR_UNSUPPORTED, "'2.0.0'"},
    {"no version of the layout", spoil_no_version, ERR_INVALID, "imageLayoutVersion"},
    {"an oci-layout that is no JSON", spoil_layout_json, ERR_SYNTAX, "'oci-layout'"},
    {"no index.json", spoil_no_index, ERR_ABSENT, "'index.json'"},
    {"an index.json that is cut", spoil_index_json, ERR_SYNTAX, "'index.json'"},
    {"an index.json that is an array", spoil_index_array, ERR_INVALID, "'index.json'"},
    {"an index.json without manifests", spoil_index_empty, ERR_INVALID, "no manifests"},
    {"an entry without a digest", spoil_entry, ERR_INVALID, "manifests[0]"},
    {"an entry with a path for a digest", spoil_entry_digest, ERR_DIGEST, "manifests[0]"},
    {"an entry with another algorithm", spoil_entry_algorithm, ERR_UNSUPPORTED, "sha384"},
    {"an entry with a wrong size", spoil_entry_size, ERR_SIZE, "descriptor says"},
    {"an entry with a negative size", spoil_entry_negative, ERR_INVALID, "manifests[0]"},
    {"an entry with another type", spoil_type, ERR_INVALID, "manifest sha256:"},
    {"a missing manifest", spoil_manifest_missing, ERR_ABSENT, "manifest sha256:2d711642b726b044"},
    {"a manifest that is none", spoil_manifest_json, ERR_INVALID, "manifest sha256:"},
    {"a missing layer", spoil_layer_missing, ERR_ABSENT, "layer sha256:"},
    {"a layer with other bytes", spoil_layer_bytes, ERR_DIGEST, "'blobs/sha256/"},
    {"a layer that is a folder", spoil_layer_folder, ERR_INVALID, "not a file"},
    {"a layer with a wrong size", spoil_layer_size, ERR_SIZE, "descriptor says 10"},
    {"a missing child of an index", spoil_child_missing, ERR_ABSENT, "manifest sha256:"},
    {"indexes within indexes", spoil_depth, ERR_LIMIT, "within each other"},
    {"a bad name", spoil_name, ERR_INVALID, "'Not A Name'"},
    {"a bad full name", spoil_containerd_name, ERR_INVALID, "UPPER"},
    {"two images of one name", spoil_two_images, ERR_EXISTS, "app:v1"},
};

static void test_refused(void)
{
    for (size_t i = 0; i < ARRAY_LEN(refusals); i++) {
        const struct refusal *r = &refusals[i];
        struct fixture f;

        setup(&f);
        (void)make("app", REF_NAME("v1"));
        r->spoil();
        check_refused(&f, "app", r->what, r->code, r->says);
        if (r->spoil != spoil_layer_folder) { /* an archive has no folders */
            layout_pack("app", "app.tar", LAYOUT_PLAIN, "", false);
            check_refused(&f, "app.tar", r->what, r->code, r->says);
        }
        teardown(&f);
    }
}

/* One that is good and one that is not: neither is imported. */
static void test_refused_as_a_whole(void)
{
    struct fixture f;

    setup(&f);
    (void)make("all/a", REF_NAME("v1"));
    (void)make("all/b", REF_NAME("Bad Name"));
    check_refused(&f, "all", "a folder with one bad layout", ERR_INVALID, "all/b");
    teardown(&f);
}

static void test_sparse(void)
{
    static void (*const spoils[])(void) = {spoil_layer_missing, spoil_child_missing};
    struct registry_settings settings = REGISTRY_SETTINGS_DEFAULT;

    settings.require_blobs = false;
    for (size_t i = 0; i < ARRAY_LEN(spoils); i++) {
        struct fixture f;

        setup_with(&f, &settings);
        (void)make("app", REF_NAME("v1"));
        spoils[i]();
        ok(imports(&f, "app"), "a sparse image %zu where blobs are not required", i);
        is_str(catalog(&f), "app", "a sparse image %zu is there", i);
        teardown(&f);
        setup_with(&f, &settings);
        (void)make("app", REF_NAME("v1"));
        spoil_layer_bytes();
        check_refused(&f, "app", "a wrong layer where blobs are not required", ERR_DIGEST,
                      "sha256");
        teardown(&f);
    }
}

static void test_foreign_layer(void)
{
    struct fixture f;
    struct digest config;
    struct digest layer = help_digest(DIGEST_SHA256, "far away", 8);
    struct digest d;
    char text[2000];

    setup(&f);
    config = layout_blob("app", "{}", 2);
    (void)snprintf(text, sizeof(text),
                   "{\"schemaVersion\":2,\"mediaType\":\"" TYPE_MANIFEST
                   "\",\"config\":%s,\"layers\":[%s]}",
                   layout_descriptor("application/vnd.oci.image.config.v1+json", &config, 2, ""),
                   layout_descriptor("application/vnd.oci.image.layer.nondistributable.v1.tar",
                                     &layer, 8, ",\"urls\":[\"https://example.com/l\"]"));
    d = layout_blob("app", text, strlen(text));
    layout_index("app", layout_descriptor(TYPE_MANIFEST, &d, strlen(text), ""));
    ok(imports(&f, "app"), "a foreign layer may be missing");
    teardown(&f);
}

static void test_no_source(void)
{
    struct fixture f;

    setup(&f);
    check_refused(&f, "nothing", "a path that is not there", ERR_SYSTEM, "No such file");
    layout_put_text("empty/README", "x");
    check_refused(&f, "empty", "a folder without a layout", ERR_ABSENT, "no OCI image layout");
    layout_put_text("text.tar", "%0600d", 7);
    check_refused(&f, "text.tar", "a text", ERR_SYNTAX, "not a tar archive");
    layout_pack("empty", "other.tar", LAYOUT_PLAIN, "", false);
    check_refused(&f, "other.tar", "an archive of something else", ERR_ABSENT, "manifest.json");
    (void)make("app", REF_NAME("v1"));
    layout_pack("app", "cut.tar", LAYOUT_PLAIN, "", false);
    ASSERT(truncate(layout_path("cut.tar"), 5000) == 0);
    check_refused(&f, "cut.tar", "a cut archive", ERR_SYNTAX, "broken archive");
    teardown(&f);
}

static void test_limits(void)
{
    struct registry_settings settings = REGISTRY_SETTINGS_DEFAULT;
    struct fixture f;

    settings.storage_max = 200;
    setup_with(&f, &settings);
    (void)make("app", REF_NAME("v1"));
    check_refused(&f, "app", "more than the storage", ERR_STORAGE_FULL, "limits.storage");
    teardown(&f);
    settings = REGISTRY_SETTINGS_DEFAULT;
    settings.manifest_max = 300;
    setup_with(&f, &settings);
    (void)make("app", REF_NAME("v1"));
    check_refused(&f, "app", "a manifest over the limit", ERR_LIMIT, "manifest sha256:");
    teardown(&f);
}

int main(void)
{
    plan_lazy();
    layout_begin();
    test_refused();
    test_refused_as_a_whole();
    test_sparse();
    test_foreign_layer();
    test_no_source();
    test_limits();
    layout_end();
    done_testing();
}
