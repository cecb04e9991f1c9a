/* SPDX-License-Identifier: MIT */
/*
 * Each way to be wrong is wrong in just that way.
 */
#include "fixtures/wrong.h"

#include <stdio.h>
#include <string.h>

#include "fixtures/fixture.h"
#include "lib/util/buf.h"
#include "tests/tap/tap.h"
#include "tests/unit/sink_help.h"
#include "tests/unit/unpack_help.h"

static const struct sink *build(const char *wrong)
{
    char text[100];

    (void)snprintf(text, sizeof(text), "random(wrong=%s)", wrong);
    return sink_open(text);
}

static struct digest real_digest(const struct sink_item *item)
{
    struct digest d = {0};

    (void)digest_of(&d, item->digest.algorithm, item->data, item->size, NULL);
    return d;
}

/* Items whose digest is not that of their bytes. */
static size_t count_false(const struct sink *s)
{
    size_t n = 0;

    for (size_t i = 0; i < s->count; i++) {
        struct digest d = real_digest(&s->items[i]);

        is_int(s->items[i].false_digest, !digest_equal(&d, &s->items[i].digest),
               "item %zu says whether its digest is false", i);
        n += s->items[i].false_digest;
    }
    return n;
}

static bool named_is_there(const struct sink *s, const char *path)
{
    char digest[200];
    const char *json = sink_member(sink_root(s), path);

    (void)snprintf(digest, sizeof(digest), "%.*s", (int)strlen(json) - 2, json + 1);
    return sink_find(s, digest) != NULL;
}

static void test_blobs(void)
{
    const struct sink *s = build("bad-digest");

    is_int((long long)count_false(s), 1, "bad-digest: one blob's bytes are others");
    ok(named_is_there(s, "layers[1].digest"), "under the digest that the manifest names");
    s = build("missing-blob");
    is_int((long long)count_false(s), 0, "missing-blob: nothing is false");
    ok(!named_is_there(s, "layers[1].digest"), "the layer is not there");
    ok(named_is_there(s, "layers[0].digest"), "the other is");
    ok(sink_root(s)->missing_blobs, "and the manifest says so");
    s = build("missing-config");
    ok(!named_is_there(s, "config.digest"), "missing-config: it is not there");
    ok(sink_root(s)->missing_blobs, "and the manifest says so");
    s = build("bad-size");
    ok(named_is_there(s, "layers[1].digest"), "bad-size: the layer is there");
    is_int(sink_number(sink_root(s), "layers[1].size"), (long long)sink_blob(s, 1)->size + 1,
           "with another size");
}

static void test_contents(void)
{
    auto_buf struct buf out = BUF_INIT(100000);
    const struct sink *s = build("truncated-gzip");

    is_int((long long)count_false(s), 0, "truncated-gzip: nothing is false");
    ok(unpack_bytes(&out, sink_blob(s, 1)->data, sink_blob(s, 1)->size) == NULL,
       "the stream ends early");
    s = build("not-a-tar");
    is_str(sink_blob(s, 1)->media_type, "application/vnd.oci.image.layer.v1.tar+gzip",
           "not-a-tar: it says that it is one");
    buf_reset(&out);
    is_str(unpack_bytes(&out, sink_blob(s, 1)->data, sink_blob(s, 1)->size),
           "This is a text, and no tar archive.\n", "and is a text");
    s = build("path-traversal");
    ok(strstr(unpack_list(sink_blob(s, 2)->data, sink_blob(s, 2)->size),
              " ../../../../tmp/ocimock-escaped\n") != NULL,
       "path-traversal: a name that leads out");
    s = build("whiteouts");
    ok(strstr(unpack_list(sink_blob(s, 2)->data, sink_blob(s, 2)->size), " etc/.wh..\n") != NULL,
       "whiteouts: a dangerous one");
    s = build("duplicate-layers");
    is_str(sink_blob(s, 2)->digest.text, sink_blob(s, 1)->digest.text,
           "duplicate-layers: the same again");
}

static void test_manifests(void)
{
    const struct sink *s = build("unknown-media-type");

    is_str(sink_root(s)->media_type, "application/vnd.ocimock.unknown.v1+json",
           "unknown-media-type: the manifest's");
    s = build("unknown-layer-type");
    is_str(sink_member(sink_root(s), "layers[1].mediaType"),
           "\"application/vnd.ocimock.unknown.layer.v1\"", "unknown-layer-type: the layer's");
    s = build("manifest-over-limit");
    is_int((long long)sink_root(s)->size, 9 * 1024 * 1024, "manifest-over-limit: 9 MiB");
    s = build("index-without-platform");
    is_str(sink_member(sink_root(s), "manifests[0].platform.os"), "\"windows\"",
           "index-without-platform: for others");
    s = build("foreign-layer");
    is_str(sink_member(sink_root(s), "layers[1].urls[0]"), "\"http://127.0.0.1:9/layer.tar.gz\"",
           "foreign-layer: elsewhere");
    ok(!named_is_there(s, "layers[1].digest"), "and not here");
}

static void test_cycle(void)
{
    const struct sink *s = build("cyclic-index");
    const struct sink_item *root = sink_root(s), *entry = sink_manifest(s, 0);
    char want[200];

    is_int((long long)count_false(s), 1, "cyclic-index: one digest is false");
    (void)snprintf(want, sizeof(want), "\"%s\"", entry->digest.text);
    is_str(sink_member(root, "manifests[0].digest"), want, "that which the entry names");
    is_mem(entry->data, entry->size, root->data, root->size, "under it is the same index");
    is_int(sink_number(root, "manifests[0].size"), (long long)root->size, "with its size");
}

static void test_schema1(void)
{
    const struct sink *s = build("schema1");
    const struct sink_item *root = sink_root(s);
    const char *tail = strstr(root->data, ",\n   \"signatures\"");

    is_str(root->media_type, "application/vnd.docker.distribution.manifest.v1+prettyjws",
           "schema1: its media type");
    is_str(sink_member(root, "schemaVersion"), "1", "its version");
    is_str(sink_member(root, "name"), "\"random\"", "it has a name");
    ok(named_is_there(s, "fsLayers[0].blobSum"), "layers are there, the topmost first");
    ok(tail != NULL && root->data[root->size - 1] == '}', "what is signed ends where it says");
}

/* The digest of what is wrong belongs to nothing that is right. */
static void test_apart(void)
{
    char good[DIGEST_TEXT_MAX + 1];

    (void)snprintf(good, sizeof(good), "%s", sink_blob(sink_open("random"), 0)->digest.text);
    for (const char *const *name = wrong_names; *name != NULL; name++) {
        const struct sink *s = build(*name);

        for (size_t i = 0; i < s->count; i++) {
            if (s->items[i].false_digest)
                ok(strcmp(s->items[i].digest.text, good) != 0, "%s takes no good name", *name);
        }
        ok(s->result.manifests > 0, "%s is built", *name);
    }
}

static void test_names(void)
{
    struct fixture *f;
    struct err err = {0};

    is_int(fixture_open(&f, "bad-digest", &err), 0, "a wrong image has a name of its own");
    is_str(fixture_name(f), "bad-digest", "and is called so");
    is_str(fixture_help(f), "the last layer's bytes have another digest", "and described");
    fixture_free(f);
    is_int(fixture_open(&f, "bad-digst", &err), -1, "a slip is refused");
    is_str(err.msg, "no recipe 'bad-digst': did you mean 'bad-digest'?", "and told");
    is_int(wrong_blob_of(NULL), WRONG_BLOB_NONE, "what says nothing is not wrong");
}

int main(void)
{
    plan_lazy();
    test_blobs();
    test_contents();
    test_manifests();
    test_cycle();
    test_schema1();
    test_apart();
    test_names();
    sink_done();
    done_testing();
}
