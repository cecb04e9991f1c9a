/* SPDX-License-Identifier: MIT */
/*
 * What a recipe becomes: blobs and manifests that name each other rightly.
 */
#include "fixtures/fixture.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fixtures/program.h"
#include "tests/tap/tap.h"
#include "tests/unit/sink_help.h"
#include "tests/unit/unpack_help.h"

#define OCI    "application/vnd.oci.image."
#define DOCKER "application/vnd.docker."

/* A text member without its quotes; static. */
static const char *text_member(const struct sink_item *item, const char *path)
{
    static char text[1024];
    const char *json = sink_member(item, path);

    (void)snprintf(text, sizeof(text), "%.*s", (int)strlen(json) - 2, json + 1);
    return text;
}

/* The item that a descriptor names, its size and type checked. */
static const struct sink_item *follow(const struct sink *s, const struct sink_item *from,
                                      const char *path)
{
    const struct sink_item *item;
    char member[200];

    (void)snprintf(member, sizeof(member), "%s.digest", path);
    item = sink_find(s, text_member(from, member));
    if (!ok(item != NULL, "%s is there", path))
        return NULL;
    (void)snprintf(member, sizeof(member), "%s.size", path);
    is_int(sink_number(from, member), (long long)item->size, "with its size");
    (void)snprintf(member, sizeof(member), "%s.mediaType", path);
    is_str(text_member(from, member), item->media_type, "and media type");
    return item;
}

static void check_honest(const struct sink *s)
{
    bool honest = true;

    for (size_t i = 0; i < s->count; i++) {
        struct digest d;

        honest = honest && !s->items[i].false_digest && !s->items[i].missing_blobs &&
                 digest_of(&d, s->items[i].digest.algorithm, s->items[i].data, s->items[i].size,
                           NULL) == 0 &&
                 digest_equal(&d, &s->items[i].digest);
    }
    ok(honest, "every digest is that of its bytes");
}

static void test_image(void)
{
    const struct sink *s = sink_parse("tags: [v1, v2]\n"
                                      "layers:\n"
                                      "  - files: [{path: a, text: hello}]\n"
                                      "    compression: none\n"
                                      "  - files: [{path: b, text: world}]\n");
    const struct sink_item *root = sink_root(s);
    const struct sink_item *plain = follow(s, root, "layers[0]");
    const struct sink_item *gzip = follow(s, root, "layers[1]");
    const struct sink_item *config = follow(s, root, "config");

    check_honest(s);
    is_int((long long)s->count, 4, "two layers, a config, a manifest");
    is_str(root->tag, "v1", "the manifest has the tags");
    is_int((long long)root->tag_count, 2, "all of them");
    is_str(root->media_type, OCI "manifest.v1+json", "it is OCI's");
    is_str(plain->media_type, OCI "layer.v1.tar", "a layer without compression");
    is_str(gzip->media_type, OCI "layer.v1.tar+gzip", "a layer with");
    is_str(unpack_list(plain->data, plain->size), "f 0644 0:0 1704067200 5 a\n| hello\n",
           "holds the file");
    is_str(unpack_list(gzip->data, gzip->size), "f 0644 0:0 1704067200 5 b\n| world\n", "both do");
    is_str(text_member(config, "rootfs.diff_ids[0]"), plain->digest.text,
           "without compression the diff id is the digest");
    ok(strcmp(text_member(config, "rootfs.diff_ids[1]"), gzip->digest.text) != 0,
       "with compression it is not");
    is_str(sink_member(config, "architecture"), "\"amd64\"", "for the usual platform");
    is_str(s->result.digest.text, root->digest.text, "the result names the image");
    is_int(s->result.blobs, 3, "counts blobs");
    is_int(s->result.manifests, 1, "and manifests");
}

static void test_config(void)
{
    const struct sink *s = sink_open("files");

    is_str(sink_member(follow(s, sink_root(s), "config"), "config"),
           "{\"User\":\"1000:1000\",\"ExposedPorts\":{\"8080/tcp\":{},\"53/udp\":{}},"
           "\"Env\":[\"PATH=/bin\",\"MARKER=files\"],\"Entrypoint\":[\"/bin/run\"],"
           "\"Cmd\":[\"--serve\"],\"Volumes\":{\"/data\":{}},\"WorkingDir\":\"/etc\","
           "\"StopSignal\":\"SIGTERM\",\"Labels\":{\"team\":\"a\"}}",
           "the config says all that was asked for");
    is_str(sink_member(sink_root(s), "annotations"),
           "{\"org.opencontainers.image.title\":\"files\"}", "annotations stand in the manifest");
}

static void test_files(void)
{
    const struct sink *s = sink_open("files(compression=none)");

    is_str(unpack_list(sink_blob(s, 1)->data, sink_blob(s, 1)->size),
           "f 0644 0:0 1704067200 0 bin/.wh.run\n"
           "f 0644 0:0 1704067200 0 var/.wh..wh..opq\n"
           "f 0644 0:0 1704067200 4 var/new\n| new\n\n",
           "whiteouts are the names that they should be");
    ok(strstr(unpack_list(sink_blob(s, 0)->data, sink_blob(s, 0)->size),
              "f 4755 0:0 1704067200 13 bin/run\n") != NULL,
       "modes too");
}

static void test_index(void)
{
    const struct sink *s = sink_parse("platforms: [linux/amd64, linux/arm/v7]\n"
                                      "layers: [{files: [{path: a}]}]\n");
    const struct sink_item *arm = follow(s, sink_root(s), "manifests[1]");

    check_honest(s);
    is_str(sink_root(s)->media_type, OCI "index.v1+json", "several platforms make an index");
    is_str(sink_member(sink_root(s), "manifests[1].platform"),
           "{\"architecture\":\"arm\",\"os\":\"linux\",\"variant\":\"v7\"}", "with platforms");
    is_int((long long)arm->tag_count, 0, "its children have no tag");
    is_str(sink_member(follow(s, arm, "config"), "variant"), "\"v7\"", "but a config each");
    s = sink_parse("index: true\nlayers: 1\n");
    is_str(sink_root(s)->media_type, OCI "index.v1+json", "one platform, when asked to");
    s = sink_parse("index: false\nplatforms: [linux/arm64, linux/amd64]\nlayers: 1\n");
    is_str(sink_root(s)->media_type, OCI "manifest.v1+json", "none, when asked to");
    is_str(sink_member(follow(s, sink_root(s), "config"), "architecture"), "\"arm64\"",
           "then the first counts");
}

static void test_docker(void)
{
    const struct sink *s = sink_open("docker");
    const struct sink_item *child = follow(s, sink_root(s), "manifests[0]");

    check_honest(s);
    is_str(sink_root(s)->media_type, DOCKER "distribution.manifest.list.v2+json", "a list");
    is_str(child->media_type, DOCKER "distribution.manifest.v2+json", "of manifests");
    is_str(follow(s, child, "config")->media_type, DOCKER "container.image.v1+json", "configs");
    is_str(follow(s, child, "layers[0]")->media_type, DOCKER "image.rootfs.diff.tar.gzip",
           "and layers of Docker's types");
}

static void test_attached(void)
{
    const struct sink *s = sink_open("signature");
    const struct sink_item *root = sink_root(s);
    const struct sink_item *tagged = sink_manifest(s, 1), *referrer = sink_manifest(s, 2);
    char want[200];

    check_honest(s);
    (void)snprintf(want, sizeof(want), "sha256-%s.sig", root->digest.text + 7);
    is_str(tagged->tag, want, "a signature by tag");
    is_str(sink_member(tagged, "subject"), "", "has no subject");
    is_str(text_member(referrer, "subject.digest"), root->digest.text, "a referrer has");
    is_int((long long)referrer->tag_count, 0, "and no tag");
    ok(strstr(follow(s, tagged, "layers[0]")->data, root->digest.text) != NULL,
       "what is signed names the image");
    s = sink_open("artifact");
    is_str(text_member(sink_root(s), "artifactType"), "application/vnd.ocimock.example",
           "an artifact by itself");
    is_str(follow(s, sink_root(s), "config")->data, "{}", "with the empty config");
    s = sink_parse("artifact_type: a/b\n"
                   "subject: {digest: 'sha256:"
                   "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855', size: 9}\n");
    is_str(sink_member(sink_root(s), "subject.size"), "9", "any subject");
    is_str(follow(s, sink_root(s), "layers[0]")->data, "{}", "no content is the empty object");
}

static void test_sha512(void)
{
    const struct sink *s = sink_open("sha512");

    check_honest(s);
    ok(strncmp(s->result.digest.text, "sha512:", 7) == 0, "the image is named by sha512");
    ok(strncmp(text_member(sink_root(s), "layers[0].digest"), "sha512:", 7) == 0, "layers too");
}

static void test_counts(void)
{
    const struct sink *s = sink_open("random(layers=3,size=5000,seed=9,compression=none)");
    const struct sink_item *first = sink_blob(s, 0);

    is_int(s->result.blobs, 4, "three layers and a config");
    ok(strcmp(first->digest.text, sink_blob(s, 1)->digest.text) != 0, "layers differ");
    ok(strncmp(unpack_list(first->data, first->size), "f 0644 0:0 1704067200 5000 data/layer-001",
               41) == 0,
       "a file of that size each");
    is_str(sink_member(sink_blob(s, 3), "config.Labels"), "{\"ocimock.seed\":\"9\"}",
           "the seed stands in a label");
    s = sink_open("many-layers");
    is_int(s->result.blobs, 126, "125 layers");
    s = sink_parse("layers: [{files: [{path: a}], pad_to: 12345, compression: none}]");
    is_int((long long)sink_blob(s, 0)->size, 12345, "a layer of just that size");
    is_str(unpack_list(sink_blob(s, 0)->data, sink_blob(s, 0)->size), "f 0644 0:0 1704067200 0 a\n",
           "which is an archive still");
    s = sink_parse("manifest_size: 5000\nlayers: 1\n");
    is_int((long long)s->result.size, 5000, "a manifest of just that size");
}

static void test_program(void)
{
    const struct sink *s = sink_open("app-v1");
    const struct sink_item *arm = follow(s, sink_root(s), "manifests[1]");
    const struct sink_item *layer = follow(s, arm, "layers[0]");
    const struct program *program = program_find("arm64");
    const char *list = unpack_list(layer->data, layer->size);
    char want[100];

    check_honest(s);
    is_str(sink_member(sink_root(s), "manifests[1].platform.architecture"), "\"arm64\"",
           "an image for arm64");
    (void)snprintf(want, sizeof(want), "f 0755 0:0 1704067200 %zu app\n", program->size);
    ok(strncmp(list, want, strlen(want)) == 0, "has the program");
    ok(memmem(layer->data, layer->size, program->data, 64) != NULL, "of that platform");
    ok(strstr(list, "f 0644 0:0 1704067200 8 marker\n| node.war\n") != NULL, "its marker");
    is_str(sink_member(follow(s, arm, "config"), "config.Cmd"), "[\"wait\",\"0\"]", "and waits");
    s = sink_parse("program: {print: x, exit: 3}");
    is_str(sink_member(follow(s, sink_root(s), "config"), "config"),
           "{\"Entrypoint\":[\"/app\"],\"Cmd\":[\"exit\",\"3\"]}", "or ends");
    s = sink_parse("program: {exit: 3, wait: true}\nconfig: {entrypoint: [/app, -x]}");
    is_str(sink_member(follow(s, sink_root(s), "config"), "config"),
           "{\"Entrypoint\":[\"/app\",\"-x\"],\"Cmd\":[\"wait\",\"3\"]}", "or both, as asked for");
    ok(sink_parse("program: {print: x}\nplatforms: [linux/386]") == NULL, "not for every platform");
    is_str(sink_error(),
           "layers[0]: no program for architecture '386': there is one for amd64, arm64, ppc64le, "
           "riscv64, s390x",
           "which is told");
}

static void test_generated(void)
{
    const struct sink *s = sink_open("huge(generated=1MiB,layers=2)");
    const struct sink_item *layer = sink_blob(s, 1);

    is_int((long long)layer->size, 1 << 20, "a generated layer has its size");
    ok(layer->data == NULL, "and no bytes");
    is_str(text_member(sink_root(s), "layers[1].digest"), layer->digest.text, "but a digest");
    ok(strcmp(sink_blob(s, 2)->digest.text, layer->digest.text) != 0, "another each");
}

static void test_compressed(void)
{
    const struct sink *s = sink_open("compressed");
    char *gzip = strdup(unpack_list(sink_blob(s, 0)->data, sink_blob(s, 0)->size));

    check_honest(s);
    is_str(sink_blob(s, 1)->media_type, OCI "layer.v1.tar+zstd", "zstd");
    is_str(unpack_list(sink_blob(s, 1)->data, sink_blob(s, 1)->size), gzip,
           "both compressors give what was put in");
    ok(strstr(gzip, "65536 data/noise\n") != NULL, "which is the files");
    free(gzip);
    s = sink_parse("layers: [{files: [{path: z, text: "
                   "'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa'}], level: 9}]");
    ok(sink_blob(s, 0)->size < 300, "it is compressed: %zu bytes", sink_blob(s, 0)->size);
}

static void test_failing_sink(void)
{
    for (size_t i = 1; i <= 4; i++) {
        static struct sink s;
        struct fixture *f;

        memset(&s, 0, sizeof(s));
        s.fail_at = i;
        is_int(fixture_open(&f, "random(layers=2)", NULL), 0, "a recipe");
        is_int(sink_build(&s, f), -1, "call %zu fails, and with it the build", i);
        is_str(s.err.msg, "no room", "in the sink's words");
        is_int((long long)s.count, (long long)i, "nothing is given any more");
        for (size_t k = 0; k < s.count; k++)
            free(s.items[k].data);
        fixture_free(f);
    }
}

int main(void)
{
    plan_lazy();
    test_image();
    test_config();
    test_files();
    test_index();
    test_docker();
    test_attached();
    test_sha512();
    test_counts();
    test_program();
    test_generated();
    test_compressed();
    test_failing_sink();
    sink_done();
    done_testing();
}
