/* SPDX-License-Identifier: MIT */
#include "registry/manifest_doc.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/util/err.h"
#include "lib/util/util.h"
#include "registry/store/meta_store.h"
#include "tests/tap/tap.h"

#define HEX_A              "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define HEX_B              "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"
#define DIGEST_A           "sha256:" HEX_A
#define DIGEST_B           "sha256:" HEX_B
#define DIGEST_5           "sha512:" HEX_A HEX_B
#define IMAGE              "application/vnd.oci.image.manifest.v1+json"
#define INDEX              "application/vnd.oci.image.index.v1+json"
#define ARTIFACT           "application/vnd.oci.artifact.manifest.v1+json"
#define DOCKER             "application/vnd.docker.distribution.manifest.v2+json"
#define LIST               "application/vnd.docker.distribution.manifest.list.v2+json"
#define SCHEMA1            "application/vnd.docker.distribution.manifest.v1+prettyjws"
#define CONFIG             "application/vnd.oci.image.config.v1+json"
#define LAYER              "application/vnd.oci.image.layer.v1.tar+gzip"
#define DESC(type, digest) "{\"mediaType\":\"" type "\",\"digest\":\"" digest "\",\"size\":7}"
#define CONFIG_MEMBER      "\"config\":" DESC(CONFIG, DIGEST_A)
#define IMAGE_WITH(rest)   "{\"schemaVersion\":2," CONFIG_MEMBER rest "}"

enum { MAX = 8 << 20 };

static int parse(struct manifest_doc **ret, const char *content_type, const char *text,
                 struct err *err)
{
    const struct manifest_doc_options options = {
        .content_type = content_type, .match_media_type = true, .max = MAX};

    return manifest_doc_parse(ret, text, strlen(text), &options, err);
}

static struct manifest_doc *is_good(const char *content_type, const char *text, const char *name)
{
    struct manifest_doc *doc = NULL;
    struct err err = {0};

    if (!is_int(parse(&doc, content_type, text, &err), 0, "read: %s", name))
        diag("%s", err.msg);
    return doc;
}

static void is_accepted(const char *content_type, const char *text, const char *name)
{
    manifest_doc_free(is_good(content_type, text, name));
}

static void is_bad(const char *content_type, const char *text, enum err_code code,
                   const char *message, const char *name)
{
    struct manifest_doc *doc = NULL;
    struct err err = {0};

    is_int(parse(&doc, content_type, text, &err), -1, "refused: %s", name);
    is_int(err.code, code, "error code: %s", name);
    if (!ok(strncmp(err.msg, message, strlen(message)) == 0, "message: %s", name))
        diag("got '%s', wanted '%s' first", err.msg, message);
    manifest_doc_free(doc);
}

static void test_image(void)
{
    struct manifest_doc *doc = is_good(
        IMAGE,
        IMAGE_WITH(",\"layers\":[" DESC(LAYER, DIGEST_B) "," DESC(LAYER, DIGEST_5) "]"
                                                                                   ",\"x\":[1]"),
        "an image");

    if (doc == NULL)
        return;
    is_int(doc->kind, MANIFEST_KIND_IMAGE, "kind of an image");
    is_str(doc->media_type, IMAGE, "media type of an image");
    is_str(doc->config->digest, DIGEST_A, "config of an image");
    is_int((long long)doc->config->size, 7, "size of the config");
    is_int((long long)doc->layer_count, 2, "layers of an image");
    is_str(doc->layers[0].media_type, LAYER, "media type of a layer");
    is_str(doc->layers[1].digest, DIGEST_5, "a layer by sha512");
    ok(doc->layers[0].required && doc->config->required, "config and layers are required");
    is_str(doc->artifact_type, CONFIG, "RF3 artifactType of an image is its config's type");
    ok(doc->annotations == NULL, "no annotations");
    ok(doc->subject == NULL, "no subject");
    manifest_doc_free(doc);
}

static void test_layers(void)
{
    struct manifest_doc *doc;

    is_accepted(IMAGE, IMAGE_WITH(",\"layers\":[]"), "an image without layers");
    is_accepted(IMAGE, IMAGE_WITH(",\"layers\":null"), "layers that are null");
    is_bad(IMAGE, IMAGE_WITH(""), ERR_INVALID, "layers: is missing", "an image that lacks layers");
    doc = is_good(
        IMAGE,
        IMAGE_WITH(",\"layers\":["
                   "{\"mediaType\":\"" LAYER "\",\"digest\":\"" DIGEST_B
                   "\",\"size\":1,\"urls\":[\"http://h/x\"]},"
                   "{\"mediaType\":\"" LAYER "\",\"digest\":\"" DIGEST_B
                   "\",\"size\":1,\"urls\":[]}," DESC(
                       "application/vnd.docker.image.rootfs.foreign.diff.tar.gzip",
                       DIGEST_B) "," DESC("application/"
                                          "vnd.oci.image.layer.nondistributable.v1.tar+zstd",
                                          DIGEST_B) "]"),
        "MP5 layers from elsewhere");
    if (doc == NULL)
        return;
    ok(!doc->layers[0].required, "MP5 a layer with urls is not required");
    ok(doc->layers[1].required, "MP5 a layer with an empty list of urls is required");
    ok(!doc->layers[2].required, "MP5 a foreign layer is not required");
    ok(!doc->layers[3].required, "MP5 a non-distributable layer is not required");
    manifest_doc_free(doc);
}

static void test_index(void)
{
    struct manifest_doc *doc = is_good(INDEX,
                                       "{\"schemaVersion\":2,\"mediaType\":\"" INDEX
                                       "\",\"manifests\":[" DESC(IMAGE, DIGEST_B) "]}",
                                       "an index");

    if (doc == NULL)
        return;
    is_int(doc->kind, MANIFEST_KIND_INDEX, "kind of an index");
    is_int((long long)doc->manifest_count, 1, "manifests of an index");
    is_str(doc->manifests[0].digest, DIGEST_B, "a manifest of an index");
    is_str(doc->artifact_type, "", "RF3 an index without artifactType has none");
    ok(doc->config == NULL && doc->layer_count == 0, "an index has neither config nor layers");
    manifest_doc_free(doc);
    is_accepted(INDEX, "{\"schemaVersion\":2,\"manifests\":[]}", "an empty index");
    is_bad(INDEX, "{\"schemaVersion\":2}", ERR_INVALID, "manifests: is missing",
           "an index that lacks manifests");
}

static void test_kinds(void)
{
    static const struct {
        const char *type;
        enum manifest_kind kind;
    } kinds[] = {
        {IMAGE, MANIFEST_KIND_IMAGE},
        {INDEX, MANIFEST_KIND_INDEX},
        {ARTIFACT, MANIFEST_KIND_ARTIFACT},
        {DOCKER, MANIFEST_KIND_DOCKER},
        {LIST, MANIFEST_KIND_DOCKER_LIST},
        {SCHEMA1, MANIFEST_KIND_SCHEMA1},
        {"application/vnd.docker.distribution.manifest.v1+json", MANIFEST_KIND_SCHEMA1},
        {"application/vnd.example+json", MANIFEST_KIND_OTHER},
        {"", MANIFEST_KIND_OTHER},
    };

    for (size_t i = 0; i < ARRAY_LEN(kinds); i++)
        is_int(manifest_kind_of(kinds[i].type), kinds[i].kind, "MP10 kind of '%s'", kinds[i].type);
    is_accepted(DOCKER, IMAGE_WITH(",\"layers\":[],\"mediaType\":\"" DOCKER "\""),
                "MP10 a Docker image");
    is_accepted(LIST, "{\"schemaVersion\":2,\"manifests\":[" DESC(DOCKER, DIGEST_A) "]}",
                "MP10 a Docker list");
    is_accepted(SCHEMA1, "{\"schemaVersion\":1,\"fsLayers\":[{\"blobSum\":1}],\"layers\":7}",
                "MP10 schema 1 is not looked into");
    is_accepted(ARTIFACT,
                "{\"mediaType\":\"" ARTIFACT
                "\",\"artifactType\":\"a/b\",\"blobs\":[" DESC(LAYER, DIGEST_A) "]}",
                "an artifact manifest");
}

static void test_media_type(void)
{
    struct manifest_doc *doc;

    doc = is_good(IMAGE " ; charset=utf-8", IMAGE_WITH(",\"layers\":[]"), "parameters");
    if (doc != NULL)
        is_str(doc->media_type, IMAGE, "MP4 parameters of the Content-Type are dropped");
    manifest_doc_free(doc);
    doc = is_good(NULL, IMAGE_WITH(",\"layers\":[],\"mediaType\":\"" IMAGE "\""), "no type");
    if (doc != NULL)
        is_str(doc->media_type, IMAGE, "MP4 the body says what it is without a Content-Type");
    manifest_doc_free(doc);
    is_bad("", IMAGE_WITH(",\"layers\":[]"), ERR_INVALID, "neither a Content-Type",
           "MP4 nothing says what it is");
    is_bad(DOCKER, IMAGE_WITH(",\"layers\":[],\"mediaType\":\"" IMAGE "\""), ERR_INVALID,
           "mediaType: '", "MP4 body and header differ");
    is_bad(IMAGE, IMAGE_WITH(",\"layers\":[],\"mediaType\":7"), ERR_INVALID,
           "mediaType: must be a string", "a mediaType that is no string");
    is_bad("", "{\"mediaType\":\"a/b\\r\\nX: y\"}", ERR_INVALID, "'a/b",
           "a line end in the media type");
    is_bad("image", "{}", ERR_INVALID, "'image' is not a media type", "no slash");
    is_bad("a/b/c", "{}", ERR_INVALID, "'a/b/c' is not a media type", "two slashes");
    is_bad("/b", "{}", ERR_INVALID, "'/b' is not a media type", "an empty type");
    is_bad("a/", "{}", ERR_INVALID, "'a/' is not a media type", "an empty subtype");
}

static void test_mismatch_allowed(void)
{
    const struct manifest_doc_options options = {.content_type = DOCKER, .max = MAX};
    const char *text = IMAGE_WITH(",\"layers\":[],\"mediaType\":\"" IMAGE "\"");
    struct manifest_doc *doc = NULL;

    if (!is_int(manifest_doc_parse(&doc, text, strlen(text), &options, NULL), 0,
                "MP4 the check can be switched off"))
        return;
    is_str(doc->media_type, DOCKER, "MP4 then the Content-Type wins");
    manifest_doc_free(doc);
}

static void test_other(void)
{
    struct manifest_doc *doc;

    doc = is_good("application/vnd.example+json",
                  "{\"layers\":1,\"config\":\"x\",\"artifactType\":\"a/b\",\"subject\":" DESC(
                      IMAGE, DIGEST_A) ",\"annotations\":{\"k\":\"v\"}}",
                  "an unknown type");
    if (doc != NULL) {
        is_str(doc->subject->digest, DIGEST_A, "subject of an unknown type");
        is_str(doc->artifact_type, "a/b", "artifactType of an unknown type");
        is_str(doc->annotations, "{\"k\":\"v\"}", "annotations of an unknown type");
    }
    manifest_doc_free(doc);
    doc = is_good("application/vnd.example+json",
                  "{\"artifactType\":[],\"subject\":\"me\",\"annotations\":7}",
                  "an unknown type that uses our names for its own");
    if (doc != NULL) {
        ok(doc->subject == NULL && doc->annotations == NULL, "what is not ours is left alone");
        is_str(doc->artifact_type, "", "no artifactType");
    }
    manifest_doc_free(doc);
}

static void test_subject(void)
{
    struct manifest_doc *doc;

    doc = is_good(IMAGE,
                  IMAGE_WITH(",\"layers\":[],\"artifactType\":\"x/y\",\"subject\":" DESC(
                      IMAGE, DIGEST_5) ",\"annotations\":{\"a\":\"1\",\"b\":\"\"}"),
                  "an artifact with a subject");
    if (doc != NULL) {
        is_str(doc->subject->digest, DIGEST_5, "MP7 its subject");
        is_str(doc->artifact_type, "x/y", "RF3 its own artifactType");
        is_str(doc->annotations, "{\"a\":\"1\",\"b\":\"\"}", "RF3 its annotations");
    }
    manifest_doc_free(doc);
    is_accepted(IMAGE, IMAGE_WITH(",\"layers\":[],\"subject\":null,\"annotations\":null"),
                "members that are null");
    is_bad(IMAGE, IMAGE_WITH(",\"layers\":[],\"subject\":" DESC(IMAGE, "blake3:ab")), ERR_INVALID,
           "subject.digest: digest algorithm 'blake3'", "a subject that we cannot compute");
    is_bad(IMAGE, IMAGE_WITH(",\"layers\":[],\"subject\":\"" DIGEST_A "\""), ERR_INVALID,
           "subject: must be an object", "a subject that is no descriptor");
    is_bad(IMAGE, IMAGE_WITH(",\"layers\":[],\"annotations\":{\"k\":1}"), ERR_INVALID,
           "annotations['k']: must be a string", "an annotation that is no string");
    is_bad(IMAGE, IMAGE_WITH(",\"layers\":[],\"annotations\":[]"), ERR_INVALID,
           "annotations: must be an object", "annotations that are no object");
}

static void test_frame(void)
{
    is_bad(IMAGE, "[]", ERR_INVALID, "a manifest is a JSON object", "an array");
    is_bad(IMAGE, "{\"schemaVersion\":2", ERR_SYNTAX, "line 1", "MP5 malformed JSON");
    is_bad(IMAGE, "", ERR_SYNTAX, "line 1", "MP5 an empty body");
    is_bad(IMAGE, "{" CONFIG_MEMBER ",\"layers\":[]}", ERR_INVALID, "schemaVersion: must be 2",
           "no schemaVersion");
    is_bad(IMAGE, "{\"schemaVersion\":1," CONFIG_MEMBER ",\"layers\":[]}", ERR_INVALID,
           "schemaVersion: must be 2", "schemaVersion 1");
    is_bad(IMAGE, "{\"schemaVersion\":2,\"layers\":[]}", ERR_INVALID, "config: is missing",
           "no config");
    is_bad(IMAGE, IMAGE_WITH(",\"layers\":[],\"manifests\":[]"), ERR_INVALID,
           "manifests: does not belong", "an image that is an index too");
    is_bad(INDEX, "{\"schemaVersion\":2,\"manifests\":[],\"layers\":[]}", ERR_INVALID,
           "layers: does not belong", "an index that is an image too");
    is_bad(IMAGE, IMAGE_WITH(",\"layers\":{}"), ERR_INVALID, "layers: must be an array",
           "layers that are no array");
}

#define BAD_LAYER(text)                                                                            \
    IMAGE_WITH(",\"layers\":[" DESC(LAYER, DIGEST_A) "," DESC(LAYER, DIGEST_A) "," text "]")

static void test_descriptors(void)
{
    is_bad(IMAGE, BAD_LAYER("7"), ERR_INVALID, "layers[2]: must be an object", "a number");
    is_bad(IMAGE, BAD_LAYER("{\"digest\":\"" DIGEST_A "\",\"size\":1}"), ERR_INVALID,
           "layers[2].mediaType: is missing", "no media type");
    is_bad(IMAGE, BAD_LAYER("{\"mediaType\":\"a/b\",\"size\":1}"), ERR_INVALID,
           "layers[2].digest: is missing", "no digest");
    is_bad(IMAGE, BAD_LAYER("{\"mediaType\":\"a/b\",\"digest\":\"" DIGEST_A "\"}"), ERR_INVALID,
           "layers[2].size: is missing", "no size");
    is_bad(IMAGE, BAD_LAYER("{\"mediaType\":\"a/b\",\"digest\":\"" DIGEST_A "\",\"size\":-1}"),
           ERR_INVALID, "layers[2].size: must be", "a negative size");
    is_bad(IMAGE, BAD_LAYER("{\"mediaType\":\"a/b\",\"digest\":\"" DIGEST_A "\",\"size\":1.0}"),
           ERR_INVALID, "layers[2].size: must be", "a fractional size");
    is_bad(IMAGE, BAD_LAYER("{\"mediaType\":\"a/b\",\"digest\":\"" DIGEST_A "\",\"size\":\"1\"}"),
           ERR_INVALID, "layers[2].size: must be", "a size in quotes");
    is_bad(IMAGE, BAD_LAYER(DESC("a/b", "sha256:abc")), ERR_INVALID,
           "layers[2].digest: 'sha256:abc' is not a digest", "a short digest");
    is_bad(IMAGE, BAD_LAYER(DESC("a/b", "../../etc")), ERR_INVALID,
           "layers[2].digest: '../../etc' is not a digest", "a path for a digest");
    is_accepted(IMAGE, BAD_LAYER(DESC("a/b", "blake3:ab")), "a digest of another algorithm");
    is_accepted(IMAGE,
                BAD_LAYER("{\"mediaType\":\"a/b\",\"digest\":\"" DIGEST_A
                          "\",\"size\":2,\"data\":\"e30=\",\"platform\":{},\"x\":[]}"),
                "MP9 data and unknown members");
    is_bad(IMAGE, "{\"schemaVersion\":2,\"config\":" DESC(CONFIG, "sha256:zz") ",\"layers\":[]}",
           ERR_INVALID, "config.digest: 'sha256:zz'", "a bad digest of the config");
    is_bad(INDEX, "{\"schemaVersion\":2,\"manifests\":[{}]}", ERR_INVALID,
           "manifests[0].mediaType: is missing", "an empty descriptor in an index");
}

static void test_take(void)
{
    struct manifest_doc *doc = is_good(
        IMAGE,
        IMAGE_WITH(",\"layers\":[" DESC(LAYER, DIGEST_B) "," DESC(
            LAYER, "blake3:ab") "],\"subject\":" DESC(IMAGE,
                                                      DIGEST_5) ",\"annotations\":{\"k\":\"v\"}"),
        "an image for the store");
    struct manifest *m = NULL;

    if (doc == NULL || !is_int(manifest_doc_take(doc, &m, NULL), 0, "it becomes an entry"))
        return;
    manifest_doc_free(doc);
    is_str(m->media_type, IMAGE, "its media type");
    is_str(m->artifact_type, CONFIG, "its artifact type");
    is_str(m->annotations, "{\"k\":\"v\"}", "its annotations");
    ok(m->has_subject, "it has a subject");
    is_str(m->subject, DIGEST_5, "its subject");
    is_int((long long)m->use_count, 2, "it uses what can be there");
    is_str(m->uses[0].digest.text, DIGEST_A, "its config");
    is_int(m->uses[0].role, BLOB_ROLE_CONFIG, "role of the config");
    is_int(m->uses[1].role, BLOB_ROLE_LAYER, "role of a layer");
    ok(m->blob == NULL, "its blob is the caller's business");
    manifest_unref(m);
}

int main(void)
{
    plan_lazy();
    test_image();
    test_layers();
    test_index();
    test_kinds();
    test_media_type();
    test_mismatch_allowed();
    test_other();
    test_subject();
    test_frame();
    test_descriptors();
    test_take();
    done_testing();
}
