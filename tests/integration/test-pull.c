/* SPDX-License-Identifier: MIT */
/* Rules PL1 to PL8 and end-2, end-3: pulling manifests and blobs. */
#include <stdio.h>
#include <string.h>

#include "tests/integration/lib/registry.h"
#include "tests/tap/tap.h"

#define D0 "sha256:0000000000000000000000000000000000000000000000000000000000000000"

static const struct step manifests[] = {
    {"PL1 end-3 manifest by tag: bytes, type, length, digest", "GET /v2/app/manifests/v1",
     .status = 200,
     .want = "Content-Type: " OCI_MANIFEST "\nContent-Length: ${img.size}\n"
             "Docker-Content-Digest: ${img}\n!Content-Encoding",
     .is = "${img.body}"},
    {"PL1 C3 HEAD of it has the same headers", "HEAD /v2/app/manifests/v1", .status = 200,
     .want = "Content-Type: " OCI_MANIFEST "\nContent-Length: ${img.size}\n"
             "Docker-Content-Digest: ${img}"},
    {"PL1 manifest by digest", "GET /v2/app/manifests/${img}", .status = 200,
     .want = "Docker-Content-Digest: ${img}", .is = "${img.body}"},
    {"PL1 the colon may be percent-encoded", "GET /v2/app/manifests/${img.encoded}", .status = 200,
     .want = "Docker-Content-Digest: ${img}", .is = "${img.body}"},
    {"PL1 the type is kept without its parameters", "GET /v2/app/manifests/typed", .status = 200,
     .want = "Content-Type: " OCI_MANIFEST},
    {"C9 PL1 ns= of a mirror is named in the answer", "GET /v2/app/manifests/v1?ns=docker.io",
     .status = 200, .want = "OCI-Namespace: docker.io", .is = "${img.body}"},
};

static const struct step sha512[] = {
    {"PL2 pushed as sha512 with ?tag=", "PUT /v2/app/manifests/${big512.512}?tag=s512",
     "Content-Type: " OCI_MANIFEST "\n", "${big512.body}", .status = 201,
     .want = "Docker-Content-Digest: ${big512.512}\nOCI-Tag: s512"},
    {"PL2 GET by tag shows the sha512 digest", "GET /v2/app/manifests/s512", .status = 200,
     .want = "Docker-Content-Digest: ${big512.512}", .is = "${big512.body}"},
    {"PL2 HEAD by tag shows the sha512 digest", "HEAD /v2/app/manifests/s512", .status = 200,
     .want = "Docker-Content-Digest: ${big512.512}"},
    {"PL2 GET by the sha512 digest", "GET /v2/app/manifests/${big512.512}", .status = 200,
     .want = "Docker-Content-Digest: ${big512.512}", .is = "${big512.body}"},
};

static const struct step missing[] = {
    {"PL3 unknown tag", "GET /v2/app/manifests/none", .status = 404, .code = "MANIFEST_UNKNOWN"},
    {"PL3 unknown tag, HEAD", "HEAD /v2/app/manifests/none", .status = 404},
    {"PL3 unknown digest", "GET /v2/app/manifests/" D0, .status = 404, .code = "MANIFEST_UNKNOWN"},
    {"PL3 unknown repository", "GET /v2/nobody/manifests/v1", .status = 404,
     .code = "NAME_UNKNOWN"},
    {"PL3 a reference that is neither tag nor digest",
     "GET /v2/app/manifests/.INVALID_MANIFEST_NAME", .status = 404},
    {"PL3 ... with HEAD", "HEAD /v2/app/manifests/.INVALID_MANIFEST_NAME", .status = 404},
    {"PL3 a manifest is not visible in another repository", "GET /v2/other/manifests/${img}",
     .status = 404, .code = "MANIFEST_UNKNOWN"},
    {"PL5 unknown blob", "GET /v2/app/blobs/" D0, .status = 404, .code = "BLOB_UNKNOWN"},
    {"PL5 unknown blob, HEAD", "HEAD /v2/app/blobs/" D0, .status = 404},
    {"PL5 a blob is visible only where it was pushed", "GET /v2/other/blobs/${data}", .status = 404,
     .code = "BLOB_UNKNOWN"},
    {"PL5 a blob of a repository that nobody has", "GET /v2/nobody/blobs/${data}", .status = 404},
};

static const struct step accepts[] = {
    {"PL4 Accept of another type is ignored", "GET /v2/app/manifests/v1",
     "Accept: " DOCKER_LIST "\n", .status = 200, .is = "${img.body}"},
    {"PL4 Accept: */*", "GET /v2/app/manifests/v1", "Accept: */*\n", .status = 200,
     .is = "${img.body}"},
    {"PL4 several Accept lines and comma lists", "GET /v2/app/manifests/v1",
     "Accept: " DOCKER_LIST ", " OCI_INDEX ";q=0.5\nAccept: " OCI_MANIFEST "\n", .status = 200,
     .is = "${img.body}"},
    {"PL4 an Accept that cannot be parsed", "GET /v2/app/manifests/v1", "Accept: ,;;/=,\n",
     .status = 200, .is = "${img.body}"},
};

static const struct step blobs[] = {
    {"PL5 end-2 blob", "GET /v2/app/blobs/${data}", "Accept-Encoding: zstd, gzip\n", .status = 200,
     .want = "Content-Length: 2048\nDocker-Content-Digest: ${data}\n"
             "Content-Type: application/octet-stream\nAccept-Ranges: bytes\n!Content-Encoding",
     .is = "${data.body}"},
    {"PL5 C3 HEAD of a blob has the same headers", "HEAD /v2/app/blobs/${data}", .status = 200,
     .want = "Content-Length: 2048\nDocker-Content-Digest: ${data}\n"
             "Content-Type: application/octet-stream\nAccept-Ranges: bytes\n!Content-Encoding"},
    {"PL5 the colon may be percent-encoded", "GET /v2/app/blobs/${data.encoded}", .status = 200,
     .is = "${data.body}"},
    {"PL5 a blob pushed as sha512 shows that digest", "GET /v2/app/blobs/${more.512}",
     .status = 200, .want = "Docker-Content-Digest: ${more.512}", .is = "${more.body}"},
    {"PL5 the same with HEAD", "HEAD /v2/app/blobs/${more.512}", .status = 200,
     .want = "Docker-Content-Digest: ${more.512}\nContent-Length: ${more.size}"},
};

static const struct step etags[] = {
    {"PL6 manifest ETag is the quoted digest", "GET /v2/app/manifests/v1", .status = 200,
     .want = "ETag: \"${img}\""},
    {"PL6 If-None-Match, quoted", "GET /v2/app/manifests/v1", "If-None-Match: \"${img}\"\n",
     .status = 304, .want = "ETag: *"},
    {"PL6 If-None-Match, unquoted", "GET /v2/app/manifests/v1", "If-None-Match: ${img}\n",
     .status = 304},
    {"PL6 If-None-Match, HEAD", "HEAD /v2/app/manifests/v1", "If-None-Match: \"${img}\"\n",
     .status = 304},
    {"PL6 If-None-Match of something else", "GET /v2/app/manifests/v1",
     "If-None-Match: \"" D0 "\"\n", .status = 200, .is = "${img.body}"},
    {"PL6 blob ETag is the quoted digest", "HEAD /v2/app/blobs/${data}", .status = 200,
     .want = "ETag: \"${data}\""},
    {"PL6 If-None-Match on a blob", "GET /v2/app/blobs/${data}", "If-None-Match: \"${data}\"\n",
     .status = 304},
    {"PL6 If-None-Match: one of several", "GET /v2/app/blobs/${data}",
     "If-None-Match: \"x\", \"${data}\"\n", .status = 304},
    {"PL6 If-None-Match on what is not there", "GET /v2/app/blobs/" D0, "If-None-Match: *\n",
     .status = 404, .code = "BLOB_UNKNOWN"},
};

/* Range headers for 2048 bytes; 0-0 as answer stands for 416. */
static const struct {
    const char *range;
    unsigned first;
    unsigned last;
    int status;
} ranges[] = {
    {"bytes=500-1499", 500, 1499, 206},
    {"bytes=500-", 500, 2047, 206},
    {"bytes=-500", 1548, 2047, 206},
    {"bytes=2000-5000", 2000, 2047, 206},
    {"bytes=0-0", 0, 0, 206},
    {"bytes=0-", 0, 2047, 206},
    {"bytes=2047-2047", 2047, 2047, 206},
    {"bytes=-5000", 0, 2047, 206},
    {"bytes=500-0", 0, 0, 416},
    {"bytes=5000-10000", 0, 0, 416},
    {"bytes=2048-", 0, 0, 416},
    {"bytes=-0", 0, 0, 416},
    {"bytes=a-b", 0, 2047, 200},
    {"lines=0-5", 0, 2047, 200},
    {"bytes=99999999999999999999999-", 0, 0, 416},
};

static void test_ranges(struct script *t)
{
    size_t i;

    for (i = 0; i < ARRAY_LEN(ranges); i++) {
        char name[128], headers[128], want[256];
        unsigned n = ranges[i].last - ranges[i].first + 1;
        auto_free char *body = strndup(script_get(t, "data.body") + ranges[i].first, n);
        struct step step = {name,
                            "GET /v2/app/blobs/${data}",
                            headers,
                            NULL,
                            ranges[i].status,
                            .want = want,
                            .is = ranges[i].status == 416 ? NULL : body};

        snprintf(name, sizeof(name), "PL7 Range: %s", ranges[i].range);
        snprintf(headers, sizeof(headers), "Range: %s\n", ranges[i].range);
        if (ranges[i].status == 206)
            snprintf(want, sizeof(want), "Content-Range: bytes %u-%u/2048\nContent-Length: %u",
                     ranges[i].first, ranges[i].last, n);
        else if (ranges[i].status == 416)
            snprintf(want, sizeof(want), "Content-Range: bytes */2048");
        else
            snprintf(want, sizeof(want), "!Content-Range\nContent-Length: %u", n);
        (void)script_step(t, &step);
    }
}

static const struct step range_rules[] = {
    {"PL7 If-Range with the ETag is honoured", "GET /v2/app/blobs/${data}",
     "Range: bytes=0-9\nIf-Range: \"${data}\"\n", .status = 206,
     .want = "Content-Range: bytes 0-9/2048"},
    {"PL7 If-Range with another ETag answers in full", "GET /v2/app/blobs/${data}",
     "Range: bytes=0-9\nIf-Range: \"other\"\n", .status = 200, .is = "${data.body}"},
    {"PL7 Range means nothing on HEAD", "HEAD /v2/app/blobs/${data}", "Range: bytes=0-9\n",
     .status = 200, .want = "!Content-Range\nContent-Length: 2048"},
    {"PL7 several ranges", "GET /v2/app/blobs/${data}", "Range: bytes=0-9,2040-2047\n",
     .status = 206, .want = "!Content-Range\nContent-Type: *",
     .has = "Content-Range: bytes 0-9/2048\nContent-Range: bytes 2040-2047/2048\n0123456789",
     .save = "multipart Content-Type"},
    {"PL7 the connection goes on after several ranges", "GET /v2/", .status = 200, .is = "{}"},
    {"PL7 several ranges, one of them behind the end", "GET /v2/app/blobs/${data}",
     "Range: bytes=0-9,5000-6000\n", .status = 206, .has = "0123456789"},
    {"PL7 several ranges, all behind the end", "GET /v2/app/blobs/${data}",
     "Range: bytes=4000-4001,5000-6000\n", .status = 416, .want = "Content-Range: bytes */2048"},
    {"PL7 ranges that overlap to more than the blob are not repeated", "GET /v2/app/blobs/${data}",
     "Range: bytes=0-,0-,0-,0-\n", .status = 200, .is = "${data.body}"},
    {"PL7 too many ranges answer in full", "GET /v2/app/blobs/${data}",
     "Range: bytes=0-0,2-2,4-4,6-6,8-8,10-10,12-12,14-14,16-16,18-18,20-20,22-22,24-24,26-26,28-28,"
     "30-30,32-32,34-34,36-36,38-38,40-40,42-42,44-44,46-46,48-48,50-50,52-52,54-54,56-56,58-58,"
     "60-60,62-62,64-64\n",
     .status = 200, .is = "${data.body}"},
    {"PL8 a Range on a manifest answers in full", "GET /v2/app/manifests/v1", "Range: bytes=0-9\n",
     .status = 200, .is = "${img.body}"},
    {"PL8 empty blob", "GET /v2/app/blobs/${empty}", .status = 200,
     .want = "Content-Length: 0\nDocker-Content-Digest: ${empty}", .is = ""},
    {"PL8 empty blob, HEAD", "HEAD /v2/app/blobs/${empty}", .status = 200,
     .want = "Content-Length: 0"},
    {"PL8 empty blob, bytes=0-", "GET /v2/app/blobs/${empty}", "Range: bytes=0-\n", .status = 200,
     .want = "Content-Length: 0", .is = ""},
    {"PL8 empty blob, bytes=-5", "GET /v2/app/blobs/${empty}", "Range: bytes=-5\n", .status = 200,
     .want = "Content-Length: 0", .is = ""},
    {"PL8 empty blob, bytes=5-9", "GET /v2/app/blobs/${empty}", "Range: bytes=5-9\n", .status = 200,
     .is = ""},
};

static void set_encoded(struct script *t, const char *name)
{
    char key[64], value[256];

    snprintf(key, sizeof(key), "%s.encoded", name);
    snprintf(value, sizeof(value), "sha256%%3A%s", script_get(t, name) + 7);
    script_set(t, key, value);
}

static void fill(struct script *t)
{
    char data[2049];
    size_t i;

    for (i = 0; i < sizeof(data) - 1; i++)
        data[i] = "0123456789abcdefghijklmnopqrstuvwxyz_"[i % 37];
    data[i] = '\0';
    registry_blob(t, "app", "data", data);
    registry_blob(t, "app", "empty", "");
    registry_image(t, "app", "v1", "img");
    registry_image(t, "other", "v1", "unrelated");
    registry_push_manifest(t, "app", "typed", "img", OCI_MANIFEST "; charset=utf-8");
    set_encoded(t, "data");
    set_encoded(t, "img");
    script_content(t, "big512", IMAGE("img.config", "img.layer", ",\"annotations\":{\"a\":\"b\"}"));
    script_content(t, "more", "pushed with its sha512");
    registry_upload(t, "app", "location");
}

static const struct step push_sha512[] = {
    {"PL5 UP6 push of a blob as sha512", "PUT ${location}?digest=${more.512}", NULL, "${more.body}",
     .status = 201,
     .want = "Docker-Content-Digest: ${more.512}\nLocation: /v2/app/blobs/${more.512}"},
};

static void test_multipart(struct script *t)
{
    ok(strncmp(script_get(t, "multipart"), "multipart/byteranges; boundary=", 31) == 0,
       "PL7 several ranges come as multipart/byteranges");
}

int main(void)
{
    struct server *s;
    struct script *t;

    plan_lazy();
    s = server_new(NULL);
    t = script_new(s);
    fill(t);
    RUN(t, push_sha512);
    RUN(t, manifests);
    RUN(t, sha512);
    RUN(t, missing);
    RUN(t, accepts);
    RUN(t, blobs);
    RUN(t, etags);
    test_ranges(t);
    RUN(t, range_rules);
    test_multipart(t);
    script_free(t);
    server_free(s);
    done_testing();
}
