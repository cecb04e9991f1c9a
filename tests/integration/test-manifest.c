/* SPDX-License-Identifier: MIT */
/* Rules MP1 to MP10 and end-7a, end-7b: pushing manifests. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/integration/lib/bail.h"
#include "tests/integration/lib/registry.h"
#include "tests/tap/tap.h"

#define D0       "sha256:0000000000000000000000000000000000000000000000000000000000000000"
#define TYPE     "Content-Type: " OCI_MANIFEST "\n"
#define CHUNKED  "Transfer-Encoding: chunked\n"
#define PUT      "PUT /v2/app/manifests/"
#define ARTIFACT "Content-Type: application/vnd.acme.thing+json\n"

static const struct step pushes[] = {
    {"MP1 end-7a push by tag", PUT "v1", TYPE, "${img.body}", .status = 201,
     .want = "Location: /v2/app/manifests/${img}\nDocker-Content-Digest: ${img}\n!OCI-Subject\n"
             "!OCI-Tag\nContent-Length: 0"},
    {"MP1 Location is pullable", "GET /v2/app/manifests/${img}", .status = 200,
     .is = "${img.body}"},
    {"MP1 push by sha256", PUT "${img2}", TYPE, "${img2.body}", .status = 201,
     .want = "Location: /v2/app/manifests/${img2}\nDocker-Content-Digest: ${img2}"},
    {"MP1 push by sha512", PUT "${img3.512}", TYPE, "${img3.body}", .status = 201,
     .want = "Location: /v2/app/manifests/${img3.512}\nDocker-Content-Digest: ${img3.512}"},
    {"MP1 C8 push in chunks", PUT "chunked", TYPE CHUNKED, "${img2.body}", .status = 201,
     .want = "Docker-Content-Digest: ${img2}"},
    {"MP2 a digest of other bytes", PUT D0, TYPE, "${img.body}", .status = 400,
     .code = "DIGEST_INVALID"},
    {"MP2 nothing is there under the false digest", "HEAD /v2/app/manifests/" D0, .status = 404},
    {"MP2 a malformed digest", PUT "sha256:baddigeststring", TYPE, "${img.body}", .status = 400,
     .code = "DIGEST_INVALID"},
    {"MP2 a reference with ':' is a digest, never a tag", PUT "v1:latest", TYPE, "${img.body}",
     .status = 400, .code = "DIGEST_INVALID"},
    {"MP2 an algorithm that nobody computes", PUT "md5:d41d8cd98f00b204e9800998ecf8427e", TYPE,
     "${img.body}", .status = 400, .code = "DIGEST_INVALID"},
    {"MP3 an invalid tag", PUT ".INVALID", TYPE, "${img.body}", .status = 400,
     .code = "MANIFEST_INVALID"},
    {"MP3 a tag of 129 characters", PUT "${tag129}", TYPE, "${img.body}", .status = 400,
     .code = "MANIFEST_INVALID"},
    {"MP3 a tag of 128 characters is fine", PUT "${tag128}", TYPE, "${img.body}", .status = 201},
    {"an invalid repository name", "PUT /v2/App/manifests/v1", TYPE, "${img.body}", .status = 400,
     .code = "NAME_INVALID"},
};

static const struct step types[] = {
    {"MP4 parameters of the Content-Type are ignored", PUT "parameters",
     "Content-Type: " OCI_MANIFEST "; charset=utf-8\n", "${img.body}", .status = 201},
    {"MP4 ... and not kept", "HEAD /v2/app/manifests/parameters", .status = 200,
     .want = "Content-Type: " OCI_MANIFEST},
    {"MP4 without Content-Type the body's mediaType counts", PUT "untyped", NULL, "${img.body}",
     .status = 201},
    {"MP4 ... and is served", "HEAD /v2/app/manifests/untyped", .status = 200,
     .want = "Content-Type: " OCI_MANIFEST},
    {"MP4 neither Content-Type nor mediaType", PUT "none", NULL, "{\"schemaVersion\":2}",
     .status = 400, .code = "MANIFEST_INVALID"},
    {"MP4 mediaType unlike the Content-Type", PUT "unlike", "Content-Type: " DOCKER_MANIFEST "\n",
     "${img.body}", .status = 400, .code = "MANIFEST_INVALID"},
    {"MP4 mediaType of the same length, but another", PUT "unlike", "Content-Type: text/x-any\n",
     "{\"mediaType\":\"text/x-ant\"}", .status = 400, .code = "MANIFEST_INVALID"},
    {"MP4 mediaType that only begins like it", PUT "unlike", "Content-Type: text/x-any\n",
     "{\"mediaType\":\"text/x-anything\"}", .status = 400, .code = "MANIFEST_INVALID"},
    {"MP4 the case of a type does not matter", PUT "alike", "Content-Type: Text/X-Any\n",
     "{\"mediaType\":\"text/x-any\"}", .status = 201},
    {"MP4 a Content-Type that is none", PUT "unlike", "Content-Type: any thing\n",
     "{\"schemaVersion\":2}", .status = 400, .code = "MANIFEST_INVALID"},
    {"MP4 an unknown type is accepted", PUT "thing", ARTIFACT, "{\"any\":\"thing\"}",
     .status = 201},
    {"MP4 ... and served", "GET /v2/app/manifests/thing", .status = 200,
     .want = "Content-Type: application/vnd.acme.thing+json", .is = "{\"any\":\"thing\"}"},
    {"MP10 Docker manifest", PUT "docker", "Content-Type: " DOCKER_MANIFEST "\n",
     "{\"schemaVersion\":2,\"mediaType\":\"" DOCKER_MANIFEST "\",\"config\":" DESCRIPTOR(
         DOCKER_CONFIG, "config") ",\"layers\":[" DESCRIPTOR(DOCKER_LAYER, "layer") "]}",
     .status = 201},
    {"MP10 ... has its type", "HEAD /v2/app/manifests/docker", .status = 200,
     .want = "Content-Type: " DOCKER_MANIFEST},
    {"MP10 Docker manifest list", PUT "list", "Content-Type: " DOCKER_LIST "\n",
     "{\"schemaVersion\":2,\"mediaType\":\"" DOCKER_LIST
     "\",\"manifests\":[" DESCRIPTOR(OCI_MANIFEST, "img") "]}",
     .status = 201},
    {"MP10 ... has its type", "HEAD /v2/app/manifests/list", .status = 200,
     .want = "Content-Type: " DOCKER_LIST},
    {"MP10 OCI index", PUT "index", "Content-Type: " OCI_INDEX "\n",
     "{\"schemaVersion\":2,\"mediaType\":\"" OCI_INDEX
     "\",\"manifests\":[" DESCRIPTOR(OCI_MANIFEST, "img") "]}",
     .status = 201},
};

static const struct step bodies[] = {
    {"MP5 no JSON", PUT "bad", TYPE, "this is no JSON", .status = 400, .code = "MANIFEST_INVALID"},
    {"MP5 cut JSON", PUT "bad", TYPE, "{\"schemaVersion\":2,", .status = 400,
     .code = "MANIFEST_INVALID"},
    {"MP5 an empty body", PUT "bad", TYPE, "", .status = 400, .code = "MANIFEST_INVALID"},
    {"MP5 a JSON array", PUT "bad", TYPE, "[]", .status = 400, .code = "MANIFEST_INVALID"},
    {"MP5 nothing of these was stored", "HEAD /v2/app/manifests/bad", .status = 404},
    {"MP5 a missing layer", PUT "bad", TYPE, IMAGE("config", "nowhere", ""), .status = 400,
     .code = "MANIFEST_BLOB_UNKNOWN", .has = "${nowhere}"},
    {"MP5 a missing config and layer: one error each", PUT "bad", TYPE,
     IMAGE("nowhere2", "nowhere", ""), .status = 400, .code = "MANIFEST_BLOB_UNKNOWN",
     .has = "${nowhere}\n${nowhere2}"},
    {"MP5 an index of a missing manifest", PUT "bad", "Content-Type: " OCI_INDEX "\n",
     "{\"schemaVersion\":2,\"manifests\":[" DESCRIPTOR(OCI_MANIFEST, "nowhere") "]}", .status = 400,
     .code = "MANIFEST_BLOB_UNKNOWN", .has = "${nowhere}"},
    {"MP5 blobs of another repository are missing too", "PUT /v2/other/manifests/v1", TYPE,
     "${img.body}", .status = 400, .code = "MANIFEST_BLOB_UNKNOWN"},
    {"MP5 a foreign layer is never required", PUT "foreign", TYPE,
     "{\"schemaVersion\":2,\"mediaType\":\"" OCI_MANIFEST "\",\"config\":" DESCRIPTOR(
         OCI_CONFIG,
         "config") ",\"layers\":[{\"mediaType\":"
                   "\"application/"
                   "vnd.oci.image.layer.nondistributable.v1.tar+gzip\",\"digest\":\"${nowhere}\","
                   "\"size\":7,\"urls\":[\"https://example.com/layer\"]}]}",
     .status = 201},
    {"MP5 a missing subject is accepted", PUT "orphan", TYPE,
     IMAGE("config", "layer", ",\"subject\":" DESCRIPTOR(OCI_MANIFEST, "nowhere")), 201,
     .want = "OCI-Subject: ${nowhere}"},
    {"MP7 OCI-Subject names the subject", PUT "child", TYPE,
     IMAGE("config", "layer", ",\"subject\":" DESCRIPTOR(OCI_MANIFEST, "img")), 201,
     .want = "OCI-Subject: ${img}"},
};

static const struct step tags[] = {
    {"MP8 end-7b ?tag= sets tags", PUT "${img2}?tag=one&tag=two", TYPE, "${img2.body}",
     .status = 201, .want = "OCI-Tag: *\nDocker-Content-Digest: ${img2}"},
    {"MP8 the first tag", "HEAD /v2/app/manifests/one", .status = 200,
     .want = "Docker-Content-Digest: ${img2}"},
    {"MP8 the second tag", "HEAD /v2/app/manifests/two", .status = 200,
     .want = "Docker-Content-Digest: ${img2}"},
    {"MP8 ten tags",
     PUT "${img2}?tag=t0&tag=t1&tag=t2&tag=t3&tag=t4&tag=t5&tag=t6&tag=t7&tag=t8"
         "&tag=t9",
     TYPE, "${img2.body}", .status = 201, .want = "OCI-Tag: *"},
    {"MP8 ... the last of them", "HEAD /v2/app/manifests/t9", .status = 200},
    {"MP8 an invalid tag among them", PUT "${img2}?tag=fine&tag=.bad", TYPE, "${img2.body}",
     .status = 400},
    {"MP8 ... then none is set", "HEAD /v2/app/manifests/fine", .status = 404},
    {"MP9 bytes are kept: unknown fields, data, white space", PUT "odd", TYPE, "${odd.body}",
     .status = 201, .want = "Docker-Content-Digest: ${odd}"},
    {"MP9 ... as they were", "GET /v2/app/manifests/odd", .status = 200, .is = "${odd.body}"},
    {"MP9 pushing the same again", PUT "odd", TYPE, "${odd.body}", .status = 201,
     .want = "Docker-Content-Digest: ${odd}"},
    {"MP9 a tag moves", PUT "odd", TYPE, "${img.body}", .status = 201},
    {"MP9 ... to the new manifest", "GET /v2/app/manifests/odd", .status = 200,
     .is = "${img.body}"},
    {"MP9 ... and the old one stays by digest", "HEAD /v2/app/manifests/${odd}", .status = 200},
};

static void fill(struct script *t)
{
    char tag[130];

    memset(tag, 'a', 129);
    tag[129] = '\0';
    script_set(t, "tag129", tag);
    script_set(t, "tag128", tag + 1);
    registry_blob(t, "app", "config", "{\"architecture\":\"amd64\",\"os\":\"linux\"}");
    registry_blob(t, "app", "layer", "a layer");
    script_content(t, "nowhere", "never pushed");
    script_content(t, "nowhere2", "never pushed either");
    script_content(t, "img", IMAGE("config", "layer", ""));
    script_content(t, "img2", IMAGE("config", "layer", ",\"annotations\":{\"n\":\"2\"}"));
    script_content(t, "img3", IMAGE("config", "layer", ",\"annotations\":{\"n\":\"3\"}"));
    script_content(t, "odd",
                   "\n  " IMAGE("config", "layer",
                                ",\n\t\"future\": {\"x\": [1, 2.50]},"
                                "\"data\":\"aGVsbG8=\"") "  \n\n");
}

/* MP6: a manifest of about 3.9 MB in chunks, as the conformance suite sends it. */
static void test_size(struct script *t, size_t n, int status, const char *headers, const char *what)
{
    char *body = malloc(n + 1);
    const struct response *r;
    int used;

    if (body == NULL)
        bail("out of memory");
    used = snprintf(body, n, "{\"schemaVersion\":2,\"annotations\":{\"long\":\"");
    memset(body + used, 'x', n - (size_t)used);
    memcpy(body + n - 3, "\"}}", 4);
    r = script_send(t, PUT "large", headers, body);
    if (!is_int(r->status, status, "MP6 %s", what))
        response_diag(r);
    if (status == 413)
        ok(r->body != NULL && (strstr(r->body, "MANIFEST_INVALID") != NULL ||
                               strstr(r->body, "SIZE_INVALID") != NULL),
           "MP6 %s: the code is MANIFEST_INVALID or SIZE_INVALID", what);
    free(body);
}

static void test_default(void)
{
    struct server *s = server_new(NULL);
    struct script *t = script_new(s);

    fill(t);
    RUN(t, pushes);
    RUN(t, types);
    RUN(t, bodies);
    RUN(t, tags);
    test_size(t, 3900000, 201, ARTIFACT CHUNKED, "3.9 MB in chunks");
    test_size(t, 4000001, 201, ARTIFACT, "4 MB and a byte");
    test_size(t, 8 * 1024 * 1024, 201, ARTIFACT, "exactly 8 MiB");
    test_size(t, 8 * 1024 * 1024 + 1, 413, ARTIFACT, "a byte more with Content-Length");
    test_size(t, 9 * 1024 * 1024, 413, ARTIFACT CHUNKED, "9 MiB in chunks");
    script_free(t);
    server_free(s);
}

static const struct step immutable[] = {
    {"MP9 immutable_tags: a new tag", PUT "v1", TYPE, "${img.body}", .status = 201},
    {"MP9 immutable_tags: the same manifest again", PUT "v1", TYPE, "${img.body}", .status = 201},
    {"MP9 immutable_tags: another manifest", PUT "v1", TYPE, "${img2.body}", .status = 409,
     .code = "TAG_IMMUTABLE", .has = "tag is immutable and cannot be overwritten"},
    {"MP9 immutable_tags: the tag stays", "GET /v2/app/manifests/v1", .status = 200,
     .is = "${img.body}"},
    {"MP9 immutable_tags: ?tag= is held to it too", PUT "${img2}?tag=v1", TYPE, "${img2.body}",
     .status = 409, .code = "TAG_IMMUTABLE"},
};

static const struct step parameters_off[] = {
    {"MP8 tag_parameters off: no OCI-Tag", PUT "${img}?tag=one", TYPE, "${img.body}", .status = 201,
     .want = "!OCI-Tag"},
    {"MP8 tag_parameters off: no tag", "HEAD /v2/app/manifests/one", .status = 404},
};

static const struct step lenient[] = {
    {"MP5 require_blobs off: missing blobs are accepted", PUT "sparse", TYPE,
     IMAGE("nowhere", "nowhere2", ""), .status = 201},
    {"MP4 match_media_type off: another mediaType is accepted", PUT "unlike",
     "Content-Type: " DOCKER_MANIFEST "\n", "${img.body}", .status = 201},
    {"MP4 ... and the Content-Type counts", "HEAD /v2/app/manifests/unlike", .status = 200,
     .want = "Content-Type: " DOCKER_MANIFEST},
};

static const struct step few[] = {
    {"MP8 limits.tags_per_push: as many as allowed", PUT "${img}?tag=a&tag=b", TYPE, "${img.body}",
     .status = 201},
    {"MP8 limits.tags_per_push: one more", PUT "${img}?tag=c&tag=d&tag=e", TYPE, "${img.body}",
     .status = 414},
    {"MP8 limits.tags_per_push: then none is set", "HEAD /v2/app/manifests/c", .status = 404},
    {"MP6 limits.manifest: over it", PUT "v1", TYPE, "${odd.body}${odd.body}", .status = 413},
};

static const struct {
    const char *config;
    const struct step *steps;
    size_t count;
} toggles[] = {
    {"registry: {immutable_tags: true}\n", immutable, ARRAY_LEN(immutable)},
    {"registry: {tag_parameters: false}\n", parameters_off, ARRAY_LEN(parameters_off)},
    {"registry: {require_blobs: false, match_media_type: false}\n", lenient, ARRAY_LEN(lenient)},
    {"limits: {tags_per_push: 2, manifest: 600}\n", few, ARRAY_LEN(few)},
};

int main(void)
{
    size_t i;

    plan_lazy();
    test_default();
    for (i = 0; i < ARRAY_LEN(toggles); i++) {
        struct server *s = server_new_config(toggles[i].config);
        struct script *t = script_new(s);

        fill(t);
        script_run(t, toggles[i].steps, toggles[i].count);
        script_free(t);
        server_free(s);
    }
    done_testing();
}
