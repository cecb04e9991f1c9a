/* SPDX-License-Identifier: MIT */
/* Rules UP1 to UP9, UP14 and end-4a, end-5, end-6, end-13, end-14: upload sessions. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/integration/lib/bail.h"
#include "tests/integration/lib/registry.h"
#include "tests/tap/tap.h"

#define D0 "sha256:0000000000000000000000000000000000000000000000000000000000000000"

static const struct step start[] = {
    {"UP1 end-4a POST opens a session", "POST /v2/app/blobs/uploads/", .status = 202,
     .want = "Range: 0-0\nContent-Length: 0\nDocker-Upload-UUID: *\n!OCI-Chunk-Min-Length",
     .save = "loc Location"},
    {"UP1 another session has another id", "POST /v2/app/blobs/uploads/", .status = 202,
     .save = "loc2 Location"},
    {"UP1 the slash behind uploads may miss", "POST /v2/app/blobs/uploads", .status = 202,
     .want = "Location: *"},
    {"UP1 an invalid name opens nothing", "POST /v2/APP/blobs/uploads/", .status = 400,
     .code = "NAME_INVALID"},
    {"UP7 end-13 status of an empty session", "GET ${loc}", .status = 204,
     .want = "Range: 0-0\nLocation: ${loc}\n!Content-Length"},
    {"UP7 status with HEAD", "HEAD ${loc}", .status = 204, .want = "Range: 0-0\nLocation: ${loc}"},
};

static const struct step streams[] = {
    {"UP3 end-5 PATCH with Content-Length appends", "PATCH ${loc}",
     "Content-Type: application/octet-stream\n", "hello ", .status = 202,
     .want = "Location: *\nRange: 0-5\nContent-Length: 0"},
    {"UP3 PATCH with chunked coding appends", "PATCH ${loc}", "Transfer-Encoding: chunked\n",
     "wide world", .status = 202, .want = "Range: 0-15"},
    {"UP7 status tells what came", "GET ${loc}", .status = 204, .want = "Range: 0-15"},
    {"UP7 status also with a digest in the URL", "GET ${loc}?digest=${text}", .status = 204,
     .want = "Range: 0-15\nLocation: *"},
    {"UP3 an empty PATCH changes nothing", "PATCH ${loc}", NULL, "", .status = 202,
     .want = "Range: 0-15"},
    {"UP5 end-6 PUT without a body ends it", "PUT ${loc}?digest=${text}", .status = 201,
     .want = "Location: /v2/app/blobs/${text}\nDocker-Content-Digest: ${text}\nContent-Length: 0"},
    {"UP9 after success the session is gone: status", "GET ${loc}", .status = 404,
     .code = "BLOB_UPLOAD_UNKNOWN"},
    {"UP9 ... PATCH", "PATCH ${loc}", NULL, "x", .status = 404, .code = "BLOB_UPLOAD_UNKNOWN"},
    {"UP9 ... PUT", "PUT ${loc}?digest=${text}", .status = 404, .code = "BLOB_UPLOAD_UNKNOWN"},
    {"UP9 ... DELETE", "DELETE ${loc}", .status = 404, .code = "BLOB_UPLOAD_UNKNOWN"},
    {"UP5 the blob is there at once", "HEAD /v2/app/blobs/${text}", .status = 200,
     .want = "Content-Length: 16"},
    {"UP5 and has the right bytes", "GET /v2/app/blobs/${text}", .status = 200,
     .is = "hello wide world"},
};

static const struct step queries[] = {
    {"UP2 parameters in any order", "PUT ${loc}?_state=abc%3D&digest=${text}&x=y", NULL,
     "hello wide world", .status = 201, .want = "Docker-Content-Digest: ${text}"},
    {"UP2 the digest may be percent-encoded", "PUT ${loc2}?digest=${text.encoded}", NULL,
     "hello wide world", .status = 201, .want = "Docker-Content-Digest: ${text}"},
};

static const struct step chunks[] = {
    {"UP4 the first chunk", "PATCH ${loc}", "Content-Range: 0-5\n", "hello ", .status = 202,
     .want = "Range: 0-5\nLocation: *"},
    {"UP4 a chunk that leaves a gap", "PATCH ${loc}", "Content-Range: 10-14\n", "world",
     .status = 416, .code = "BLOB_UPLOAD_INVALID", .want = "Location: *\nRange: 0-5"},
    {"UP4 a chunk that came before", "PATCH ${loc}", "Content-Range: 0-5\n", "hello ",
     .status = 416, .code = "BLOB_UPLOAD_INVALID", .want = "Location: *\nRange: 0-5"},
    {"UP4 a chunk whose length is wrong", "PATCH ${loc}", "Content-Range: 6-20\n", "wide ",
     .status = 400, .code = "SIZE_INVALID"},
    {"UP4 nothing of the refused ones was kept", "GET ${loc}", .status = 204, .want = "Range: 0-5"},
    {"UP4 a Content-Range that is none", "PATCH ${loc}", "Content-Range: a-b\n", "wide ",
     .status = 400, .want = "Content-Type: application/json"},
    {"UP4 the right chunk still fits; 'bytes ' is tolerated", "PATCH ${loc}",
     "Content-Range: bytes 6-10\n", "wide ", .status = 202, .want = "Range: 0-10"},
    {"UP5 PUT with a last chunk out of order", "PUT ${loc}?digest=${text}",
     "Content-Range: 20-24\n", "world", .status = 416, .code = "BLOB_UPLOAD_INVALID",
     .want = "Range: 0-10"},
    {"UP5 the session is usable afterwards", "PUT ${loc}?digest=${text}", "Content-Range: 11-15\n",
     "world", .status = 201, .want = "Docker-Content-Digest: ${text}"},
};

static const struct step lasts[] = {
    {"UP5 PUT with the whole body, chunked coding", "PUT ${loc}?digest=${text}",
     "Transfer-Encoding: chunked\n", "hello wide world", .status = 201,
     .want = "Location: /v2/app/blobs/${text}"},
    {"UP4 UP5 chunk, then an empty PUT with Content-Range 0-0", "PATCH ${loc2}", NULL,
     "hello wide world", .status = 202, .want = "Range: 0-15"},
    {"UP5 Content-Range on an empty body is ignored", "PUT ${loc2}?digest=${text}",
     "Content-Range: 0-0\nContent-Length: 0\n", .status = 201},
    {"UP4 UP5 chunk, then an empty PUT with Content-Range N-(N-1)", "PATCH ${loc3}",
     "Content-Range: 0-15\n", "hello wide world", .status = 202},
    {"UP5 Content-Range 16-15 on an empty body is ignored", "PUT ${loc3}?digest=${text}",
     "Content-Range: 16-15\nContent-Length: 0\n", .status = 201},
    {"UP4 Content-Range with chunked coding counts what comes", "PATCH ${loc4}",
     "Content-Range: 0-15\nTransfer-Encoding: chunked\n", "hello wide world", .status = 202,
     .want = "Range: 0-15"},
    {"UP5 PUT ends it", "PUT ${loc4}?digest=${text}", .status = 201},
};

static const struct step refusals[] = {
    {"UP5 PUT without a digest", "PUT ${loc}", NULL, "hello wide world", .status = 400,
     .code = "DIGEST_INVALID"},
    {"UP5 PUT with an empty digest", "PUT ${loc}?digest=", .status = 400, .code = "DIGEST_INVALID"},
    {"UP5 PUT with a malformed digest", "PUT ${loc}?digest=sha256:baddigeststring", .status = 400,
     .code = "DIGEST_INVALID"},
    {"UP5 PUT with upper-case hex",
     "PUT ${loc}?digest=sha256:"
     "ABCDEF00000000000000000000000000000000000000000000000000000000AB",
     .status = 400, .code = "DIGEST_INVALID"},
    {"UP5 PUT with an algorithm that nobody computes",
     "PUT ${loc}?digest=md5:"
     "d41d8cd98f00b204e9800998ecf8427e",
     .status = 400, .code = "DIGEST_INVALID"},
    {"UP5 the session survived a missing or malformed digest", "GET ${loc}", .status = 204,
     .want = "Range: *"},
    {"UP5 a digest of other bytes", "PUT ${loc2}?digest=" D0, NULL, "hello", .status = 400,
     .code = "DIGEST_INVALID"},
    {"UP5 a mismatch cancels the session", "GET ${loc2}", .status = 404,
     .code = "BLOB_UPLOAD_UNKNOWN"},
    {"UP5 nothing is there under the false digest", "HEAD /v2/app/blobs/" D0, .status = 404},
    {"UP5 and nothing under the true one", "HEAD /v2/app/blobs/${hello}", .status = 404},
    {"UP6 sha512 is known at PUT only", "PUT ${loc3}?digest=${text.512}", NULL, "hello wide world",
     .status = 201,
     .want = "Docker-Content-Digest: ${text.512}\nLocation: /v2/app/blobs/${text.512}"},
    {"UP6 a sha512 of other bytes", "PUT ${loc4}?digest=${text.512}", NULL, "hello", .status = 400,
     .code = "DIGEST_INVALID"},
};

static const struct step cancels[] = {
    {"UP8 end-14 DELETE cancels", "DELETE ${loc}", .status = 204, .want = "!Content-Length"},
    {"UP8 a cancelled session is unknown: status", "GET ${loc}", .status = 404,
     .code = "BLOB_UPLOAD_UNKNOWN"},
    {"UP8 ... PATCH", "PATCH ${loc}", NULL, "x", .status = 404, .code = "BLOB_UPLOAD_UNKNOWN"},
    {"UP8 ... PUT", "PUT ${loc}?digest=${text}", NULL, "x", .status = 404,
     .code = "BLOB_UPLOAD_UNKNOWN"},
    {"UP8 ... DELETE", "DELETE ${loc}", .status = 404, .code = "BLOB_UPLOAD_UNKNOWN"},
    {"UP9 unknown id: status", "GET /v2/app/blobs/uploads/none", .status = 404,
     .code = "BLOB_UPLOAD_UNKNOWN"},
    {"UP9 unknown id: HEAD", "HEAD /v2/app/blobs/uploads/none", .status = 404},
    {"UP9 unknown id: PATCH", "PATCH /v2/app/blobs/uploads/none", NULL, "x", .status = 404,
     .code = "BLOB_UPLOAD_UNKNOWN"},
    {"UP9 unknown id: PUT", "PUT /v2/app/blobs/uploads/none?digest=${text}", NULL, "x",
     .status = 404, .code = "BLOB_UPLOAD_UNKNOWN"},
    {"UP9 unknown id: DELETE", "DELETE /v2/app/blobs/uploads/none", .status = 404,
     .code = "BLOB_UPLOAD_UNKNOWN"},
    {"UP9 a session under another repository: PATCH", "PATCH ${foreign}", NULL, "x", .status = 404,
     .code = "BLOB_UPLOAD_UNKNOWN"},
    {"UP9 ... PUT", "PUT ${foreign}?digest=${text}", NULL, "x", .status = 404,
     .code = "BLOB_UPLOAD_UNKNOWN"},
    {"UP9 ... status", "GET ${foreign}", .status = 404, .code = "BLOB_UPLOAD_UNKNOWN"},
    {"UP9 ... DELETE", "DELETE ${foreign}", .status = 404, .code = "BLOB_UPLOAD_UNKNOWN"},
    {"UP9 where it belongs it is untouched", "GET ${loc2}", .status = 204, .want = "Range: 0-0"},
    {"UP9 and works", "PUT ${loc2}?digest=${text}", NULL, "hello wide world", .status = 201},
};

static void open_sessions(struct script *t)
{
    registry_upload(t, "app", "loc");
    registry_upload(t, "app", "loc2");
    registry_upload(t, "app", "loc3");
    registry_upload(t, "app", "loc4");
}

static void test_location(struct script *t)
{
    const char *path = script_get(t, "loc");
    const char *id = path + strlen("/v2/app/blobs/uploads/");

    ok(strncmp(path, "/v2/app/blobs/uploads/", strlen("/v2/app/blobs/uploads/")) == 0 &&
           *id != '\0' && strchr(id, '/') == NULL,
       "UP1 UP2 Location is relative, of one segment behind uploads/: %s", path);
    ok(strcmp(path, script_get(t, "loc2")) != 0, "UP1 ids are unique");
}

/* UP14: a large body that is refused at once; the client still reads the answer. */
static void test_refused_body(struct script *t, const char *name, const char *request,
                              const char *headers, int status)
{
    size_t n = 8 * 1024 * 1024;
    char *body = malloc(n + 1);
    const struct response *r;

    if (body == NULL)
        bail("out of memory");
    memset(body, 'x', n);
    body[n] = '\0';
    r = script_send(t, request, headers, body);
    if (!is_int(r->status, status, "UP14 %s: the client gets its answer", name))
        response_diag(r);
    is_int(script_send(t, "GET /v2/", NULL, NULL)->status, 200, "UP14 %s: and goes on", name);
    free(body);
}

int main(void)
{
    struct server *s;
    struct script *t;
    char text[256];

    plan_lazy();
    s = server_new(NULL);
    t = script_new(s);
    script_content(t, "text", "hello wide world");
    script_content(t, "hello", "hello");
    snprintf(text, sizeof(text), "sha256%%3a%s", script_get(t, "text") + 7);
    script_set(t, "text.encoded", text);
    RUN(t, start);
    test_location(t);
    RUN(t, streams);
    open_sessions(t);
    RUN(t, queries);
    open_sessions(t);
    RUN(t, chunks);
    open_sessions(t);
    RUN(t, lasts);
    open_sessions(t);
    RUN(t, refusals);
    open_sessions(t);
    snprintf(text, sizeof(text), "/v2/other%s", script_get(t, "loc2") + strlen("/v2/app"));
    script_set(t, "foreign", text);
    RUN(t, cancels);
    test_refused_body(t, "PATCH out of order", "PATCH ${loc3}", "Content-Range: 5-8388612\n", 416);
    test_refused_body(t, "PATCH of an unknown session", "PATCH /v2/app/blobs/uploads/none", NULL,
                      404);
    test_refused_body(t, "PUT without a digest", "PUT ${loc4}", NULL, 400);
    script_free(t);
    server_free(s);
    done_testing();
}
