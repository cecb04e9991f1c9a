/* SPDX-License-Identifier: MIT */
/* Imports of layouts and archives that the test makes. */
#include "registry/import.h"

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

/* --- Layouts --------------------------------------------------------------------------------- */

static void test_layout(void)
{
    struct fixture f;
    struct digest d;
    const struct manifest *m;

    setup(&f);
    d = make("app", REF_NAME("v1"));
    if (!ok(imports(&f, "app"), "a layout"))
        diag("%s", f.err.msg);
    m = tag(&f, "app", "v1");
    ok(m != NULL && digest_equal(&m->blob->digest, &d), "its tag in the folder's repository");
    is_str(m != NULL ? m->media_type : NULL, TYPE_MANIFEST, "the manifest's type");
    ok(has_blob(&f, "app", "layer one") && has_blob(&f, "app", "layer two") &&
           has_blob(&f, "app", "{\"config\":1}"),
       "its config and layers");
    is_int((long long)f.report.images, 1, "one image");
    is_int((long long)f.report.blobs, 4, "four blobs");
    is_int((long long)f.report.bytes, (long long)(9 + 9 + 12 + m->blob->size), "their bytes");
    is_int(used(&f), (long long)f.report.bytes, "nothing else stays in the store");
    ok(imports(&f, "app"), "the same layout again");
    is_str(catalog(&f), "app", "adds nothing");
    teardown(&f);
}

static void name_case(const char *more, const char *repo, const char *tag_name)
{
    struct fixture f;
    struct digest d;

    setup(&f);
    d = make("My App", more);
    ok(imports(&f, "My App"), "%s:%s", repo, tag_name);
    ok(has_tag(&f, repo, tag_name, &d), "%s:%s is there", repo, tag_name);
    is_str(catalog(&f), repo, "%s:%s is the only one", repo, tag_name);
    teardown(&f);
}

static void test_names(void)
{
    name_case(REF_NAME("v1"), "my-app", "v1");
    name_case(REF_NAME("team/app:v2"), "team/app", "v2");
    name_case(REF_NAME("docker.io/library/app:v3"), "library/app", "v3");
    name_case(CONTAINERD_NAME("localhost:5000/team/app:v4", "v5"), "team/app", "v4");
    name_case("", "my-app", "latest");
    name_case(",\"annotations\":{\"other\":\"x\"}", "my-app", "latest");
}

static void test_several(void)
{
    struct fixture f;
    char list[LAYOUT_TEXT_MAX];
    struct digest one;
    struct digest two;
    size_t n1;
    size_t n2;

    setup(&f);
    one = layout_image("many", "{\"config\":1}", two_layers, &n1);
    two = layout_image("many", "{\"config\":2}", two_layers, &n2);
    (void)snprintf(list, sizeof(list), "%s,%s,%s,%s",
                   layout_descriptor(TYPE_MANIFEST, &one, n1, REF_NAME("a:1")),
                   layout_descriptor(TYPE_MANIFEST, &one, n1, REF_NAME("b:1")),
                   layout_descriptor(TYPE_MANIFEST, &two, n2, ""),
                   layout_descriptor(TYPE_MANIFEST, &one, n1, REF_NAME("a:1")));
    layout_index("many", list);
    ok(imports(&f, "many"), "several images");
    ok(has_tag(&f, "a", "1", &one) && has_tag(&f, "b", "1", &one), "one image under two names");
    ok(has_manifest(&f, "many", &two), "one without a name is in the layout's repository");
    ok(tag(&f, "many", "latest") == NULL, "and has no tag when it is not alone");
    is_str(catalog(&f), "a b many", "no other repositories");
    is_int((long long)f.report.blobs, 6, "each digest counts once");
    teardown(&f);
}

static void test_index(void)
{
    struct fixture f;
    char text[LAYOUT_TEXT_MAX];
    struct digest child;
    struct digest d;
    size_t size;

    setup(&f);
    child = layout_image("multi", "{\"config\":1}", two_layers, &size);
    (void)snprintf(text, sizeof(text),
                   "{\"schemaVersion\":2,\"mediaType\":\"" TYPE_INDEX "\","
                   "\"manifests\":[%s]}",
                   layout_descriptor(TYPE_MANIFEST, &child, size, ""));
    d = layout_blob("multi", text, strlen(text));
    layout_index("multi", layout_descriptor(TYPE_INDEX, &d, strlen(text), REF_NAME("v1")));
    ok(imports(&f, "multi"), "an index");
    ok(has_tag(&f, "multi", "v1", &d), "its tag");
    ok(has_manifest(&f, "multi", &child), "its child");
    ok(has_blob(&f, "multi", "layer two"), "its child's layers");
    is_int((long long)f.report.images, 1, "is one image");
    teardown(&f);
}

static struct digest make_referrer(const char *layout, const struct digest *subject, size_t n,
                                   const char *note, size_t *ret_size)
{
    struct digest empty = layout_blob(layout, "{}", 2);
    char text[LAYOUT_TEXT_MAX];

    *ret_size = (size_t)snprintf(
        text, sizeof(text),
        "{\"schemaVersion\":2,\"mediaType\":\"" TYPE_MANIFEST
        "\",\"artifactType\":\"application/x\",\"config\":%s,\"layers\":[],\"subject\":%s,"
        "\"annotations\":{\"note\":\"%s\"}}",
        layout_descriptor("application/vnd.oci.empty.v1+json", &empty, 2, ""),
        layout_descriptor(TYPE_MANIFEST, subject, n, ""), note);
    return layout_blob(layout, text, *ret_size);
}

static bool count_one(void *arg, const struct manifest *m)
{
    (void)m;
    ++*(unsigned *)arg;
    return true;
}

static unsigned referrers(const struct fixture *f, const char *repo, const struct digest *d)
{
    struct meta_store *m = f->world->meta;
    unsigned count = 0;

    m->ops->referrers(m, repo, d->text, NULL, count_one, &count);
    return count;
}

static void test_referrers(void)
{
    struct fixture f;
    char list[LAYOUT_TEXT_MAX];
    struct digest image;
    struct digest sbom;
    struct digest signature;
    struct digest lost;
    struct digest nowhere = help_digest(DIGEST_SHA256, "nowhere", 7);
    size_t n[4];

    setup(&f);
    image = layout_image("app", "{\"config\":1}", two_layers, &n[0]);
    sbom = make_referrer("app", &image, n[0], "sbom", &n[1]);
    signature = make_referrer("app", &sbom, n[1], "signature", &n[2]);
    lost = make_referrer("app", &nowhere, 7, "lost", &n[3]);
    (void)snprintf(list, sizeof(list), "%s,%s,%s,%s",
                   layout_descriptor(TYPE_MANIFEST, &signature, n[2], ""),
                   layout_descriptor(TYPE_MANIFEST, &sbom, n[1], ""),
                   layout_descriptor(TYPE_MANIFEST, &lost, n[3], ""),
                   layout_descriptor(TYPE_MANIFEST, &image, n[0], REF_NAME("team/app:v1")));
    layout_index("app", list);
    ok(imports(&f, "app"), "an image with referrers");
    is_int(referrers(&f, "team/app", &image), 1, "an SBOM follows its image");
    is_int(referrers(&f, "team/app", &sbom), 1, "and its signature follows it");
    ok(has_manifest(&f, "app", &lost), "what has no subject here is in the layout's repository");
    is_str(catalog(&f), "app team/app", "no other repositories");
    teardown(&f);
}

static void test_big_layer(void)
{
    enum { BIG = 3 * 1024 * 1024 + 17 };
    struct fixture f;
    struct digest config;
    struct digest layer;
    struct digest d;
    char *bytes = malloc(BIG);
    char *back = NULL;
    char text[LAYOUT_TEXT_MAX];

    ASSERT(bytes != NULL);
    setup(&f);
    help_fill(bytes, BIG, 5);
    config = layout_blob("big", "{}", 2);
    layer = layout_blob("big", bytes, BIG);
    (void)snprintf(text, sizeof(text),
                   "{\"schemaVersion\":2,\"mediaType\":\"" TYPE_MANIFEST
                   "\",\"config\":%s,\"layers\":[%s]}",
                   layout_descriptor("application/vnd.oci.image.config.v1+json", &config, 2, ""),
                   layout_descriptor("application/vnd.oci.image.layer.v1.tar", &layer, BIG, ""));
    d = layout_blob("big", text, strlen(text));
    layout_index("big", layout_descriptor(TYPE_MANIFEST, &d, strlen(text), ""));
    layout_pack("big", "big.tar.gz", LAYOUT_GZIP, "", false);
    for (const char *const *p = (const char *const[]){"big", "big.tar.gz", NULL}; *p; p++) {
        struct meta_store *m = f.world->meta;
        const struct blob *b;

        ok(imports(&f, *p), "%s: a large layer", *p);
        b = m->ops->blob_find(m, "big", &layer);
        ok(b != NULL && b->data == NULL, "%s: is in the store's file", *p);
        ok(b != NULL && import_read(&back, b, BIG, NULL) == 0 && memcmp(back, bytes, BIG) == 0,
           "%s: its bytes", *p);
        free(STEAL(back));
        teardown(&f);
        f.loop = help_loop();
        ASSERT(world_new(&f.world, "test", f.loop, &REGISTRY_SETTINGS_DEFAULT, NULL) == 0);
    }
    teardown(&f);
    free(bytes);
}

static void test_sha512(void)
{
    struct fixture f;
    char name[LAYOUT_PATH_MAX];
    char text[LAYOUT_TEXT_MAX];
    struct digest config = help_digest(DIGEST_SHA512, "{}", 2);
    struct digest d;

    setup(&f);
    (void)snprintf(name, sizeof(name), "app/blobs/sha512/%s", digest_encoded(&config));
    layout_put_text(name, "{}");
    (void)snprintf(text, sizeof(text),
                   "{\"schemaVersion\":2,\"mediaType\":\"" TYPE_MANIFEST
                   "\",\"config\":%s,\"layers\":[]}",
                   layout_descriptor("application/vnd.oci.image.config.v1+json", &config, 2, ""));
    d = help_digest(DIGEST_SHA512, text, strlen(text));
    (void)snprintf(name, sizeof(name), "app/blobs/sha512/%s", digest_encoded(&d));
    layout_put_text(name, "%s", text);
    layout_index("app", layout_descriptor(TYPE_MANIFEST, &d, strlen(text), REF_NAME("v1")));
    ok(imports(&f, "app") && has_tag(&f, "app", "v1", &d), "a layout with sha512");
    teardown(&f);
}

/* --- Folders and archives -------------------------------------------------------------------- */

static void test_folder(void)
{
    struct fixture f;

    setup(&f);
    (void)make("all/one", REF_NAME("v1"));
    (void)make("all/two", REF_NAME("v1"));
    (void)make("elsewhere", REF_NAME("v1"));
    (void)make("all/no-layout/below", REF_NAME("v1"));
    (void)make("all/.hidden", REF_NAME("v1"));
    layout_put_text("all/README", "not an archive");
    layout_pack("elsewhere", "all/three.tar", LAYOUT_PLAIN, "", false);
    ok(imports(&f, "all"), "a folder of layouts and archives");
    is_str(catalog(&f), "one three two", "each has its repository");
    is_int((long long)f.report.images, 3, "three images");
    is_int((long long)f.report.blobs, 4, "of the same four blobs");
    teardown(&f);
}

static void test_archives(void)
{
    static const struct {
        enum layout_filter filter;
        const char *name;
    } filters[] = {{LAYOUT_PLAIN, "a.tar"},    {LAYOUT_GZIP, "a.tar.gz"},   {LAYOUT_XZ, "a.tar.xz"},
                   {LAYOUT_ZSTD, "a.tar.zst"}, {LAYOUT_BZIP2, "a.tar.bz2"}, {LAYOUT_GZIP, "a"}};
    struct fixture f;
    struct digest d;

    for (size_t i = 0; i < ARRAY_LEN(filters); i++) {
        for (unsigned k = 0; k < 4; k++) {
            setup(&f);
            d = make("layout", REF_NAME("v1"));
            layout_pack("layout", filters[i].name, filters[i].filter, k % 2 ? "./" : "", k / 2);
            ok(imports(&f, filters[i].name) && has_tag(&f, "a", "v1", &d), "archive %s%s%s",
               filters[i].name, k % 2 ? ", names with ./" : "", k / 2 ? ", backwards" : "");
            teardown(&f);
        }
    }
}

/* An archive whose index.json is reached through links, with others that lead out or in circles. */
static void linked_archive(const char *target, const char *second)
{
    static const char layout[] = "{\"imageLayoutVersion\":\"1.0.0\"}";
    struct layout_tar *t = layout_tar_begin("linked.tar", LAYOUT_PLAIN);

    layout_tar_link(t, "index.json", target, false);
    layout_tar_link(t, "links/second", second, true);
    layout_tar_link(t, "loop", "loop", false);
    layout_tar_link(t, "out", "../../etc/passwd", false);
    layout_tar_link(t, "absolute", "/etc/passwd", false);
    layout_tar_file(t, "../escape", "x", 1);
    layout_tar_file(t, "/absolute-name", "x", 1);
    layout_tar_file(t, "blobs/sha256/README", "x", 1);
    layout_tar_file(t, "oci-layout", layout, sizeof(layout) - 1);
    layout_tar_file(t, "real/index", "{\"manifests\":[]}", 16);
    layout_tar_end(t);
}

static void test_archive_links(void)
{
    static const struct {
        const char *target;
        const char *second;
        bool good;
    } rows[] = {
        {"real/index", "x", true},
        {"links/second", "real/index", true},
        {"links/second", "./real/index", true},
        {"links/second", "links/second", false},
        {"nowhere", "x", false},
        {"out", "x", false},
        {"absolute", "x", false},
        {"loop", "x", false},
        {"../index.json", "x", false},
        {"escape", "x", false},
        {"absolute-name", "x", false},
    };

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct fixture f;

        setup(&f);
        linked_archive(rows[i].target, rows[i].second);
        ok((import(&f, "linked.tar") == 0) == rows[i].good, "a link to %s, and on to %s: %s",
           rows[i].target, rows[i].second, f.err.msg);
        ok(rows[i].good || f.err.code == ERR_ABSENT, "a link to %s: error", rows[i].target);
        is_int(used(&f), 0, "a link to %s: nothing stays", rows[i].target);
        teardown(&f);
    }
}

int main(void)
{
    plan_lazy();
    layout_begin();
    test_layout();
    test_names();
    test_several();
    test_index();
    test_referrers();
    test_big_layer();
    test_sha512();
    test_folder();
    test_archives();
    test_archive_links();
    layout_end();
    done_testing();
}
