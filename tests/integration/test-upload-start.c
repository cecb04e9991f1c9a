/* SPDX-License-Identifier: MIT */
/* Rules UP1, UP2, UP10 to UP13 and end-4b, end-4c, end-11: what a POST can ask for. */
#include <stdio.h>
#include <string.h>

#include "tests/integration/lib/raw.h"
#include "tests/integration/lib/registry.h"
#include "tests/tap/tap.h"

#define D0      "sha256:0000000000000000000000000000000000000000000000000000000000000000"
#define UPLOADS "POST /v2/app/blobs/uploads/"

static const struct step single[] = {
    {"UP11 end-4b POST with the whole blob", UPLOADS "?digest=${text}", NULL, "${text.body}",
     .status = 201, .want = "Location: /v2/app/blobs/${text}\nDocker-Content-Digest: ${text}"},
    {"UP11 the blob is there", "GET /v2/app/blobs/${text}", .status = 200, .is = "${text.body}"},
    {"UP11 with sha512 and chunked coding", UPLOADS "?digest=${text.512}",
     "Transfer-Encoding: chunked\n", "${text.body}", .status = 201,
     .want = "Docker-Content-Digest: ${text.512}"},
    {"UP11 a digest of other bytes", UPLOADS "?digest=" D0, NULL, "${text.body}", .status = 400,
     .code = "DIGEST_INVALID"},
    {"UP11 nothing is there under the false digest", "HEAD /v2/app/blobs/" D0, .status = 404},
    {"UP11 a malformed digest", UPLOADS "?digest=sha256:abc", NULL, "x", .status = 400,
     .code = "DIGEST_INVALID"},
    {"UP11 an unknown algorithm", UPLOADS "?digest=md5:d41d8cd98f00b204e9800998ecf8427e", NULL, "x",
     .status = 400, .code = "DIGEST_INVALID"},
    {"UP11 the empty blob, chunked without data", UPLOADS "?digest=${empty}",
     "Transfer-Encoding: chunked\n", "", .status = 201, .want = "Docker-Content-Digest: ${empty}"},
    {"UP11 the empty blob, Content-Length 0", UPLOADS "?digest=${empty}", NULL, "", .status = 201},
    {"UP11 no body and another digest opens a session", UPLOADS "?digest=${later}",
     "Content-Length: 0\n", .status = 202, .save = "loc Location"},
    {"UP11 ... that works", "PUT ${loc}?digest=${later}", NULL, "${later.body}", .status = 201},
};

/* Requests that say nothing of a body have none. */
static const struct raw bare[] = {
    {"UP1 POST without Content-Length opens a session",
     "POST /v2/app/blobs/uploads/ HTTP/1.1\r\nHost: x\r\n\r\n", .statuses = "202",
     .after = RAW_OPEN},
    {"UP11 POST without a body and with another digest opens a session",
     "POST /v2/app/blobs/uploads/?digest=${later} HTTP/1.1\r\nHost: x\r\n\r\n", .statuses = "202",
     .after = RAW_OPEN},
    {"UP11 POST without a body and with the digest of the empty blob",
     "POST /v2/app/blobs/uploads/?digest=${empty} HTTP/1.1\r\nHost: x\r\n\r\n", .statuses = "201",
     .after = RAW_OPEN},
    {"UP3 PATCH without Content-Length changes nothing", "PATCH ${loc} HTTP/1.1\r\nHost: x\r\n\r\n",
     .statuses = "202", .after = RAW_OPEN},
    {"UP5 PUT without Content-Length ends an upload",
     "PUT ${loc}?digest=${empty} HTTP/1.1\r\nHost: x\r\n\r\n", .statuses = "201",
     .after = RAW_OPEN},
    {"MP5 PUT of a manifest without a body",
     "PUT /v2/app/manifests/v1 HTTP/1.1\r\nHost: x\r\nContent-Type: text/x-any\r\n\r\n",
     .statuses = "400", .after = RAW_OPEN, .code = "MANIFEST_INVALID"},
};

static const struct step algorithms[] = {
    {"UP13 end-4c digest-algorithm=sha512", UPLOADS "?digest-algorithm=sha512", .status = 202,
     .save = "loc Location"},
    {"UP13 ... and its upload", "PUT ${loc}?digest=${text.512}", NULL, "${text.body}",
     .status = 201, .want = "Docker-Content-Digest: ${text.512}"},
    {"UP13 digest-algorithm=sha256", UPLOADS "?digest-algorithm=sha256", .status = 202,
     .save = "loc Location"},
    {"UP13 ... and its upload", "PUT ${loc}?digest=${text}", NULL, "${text.body}", .status = 201},
    {"UP13 an unknown algorithm", UPLOADS "?digest-algorithm=md5", .status = 400,
     .code = "DIGEST_INVALID"},
    {"UP13 an algorithm that is no name", UPLOADS "?digest-algorithm=%00..", .status = 400},
    {"unknown parameters are ignored", UPLOADS "?origin=https%3A%2F%2Fx&y", .status = 202,
     .want = "Location: *"},
};

static const struct step mounts[] = {
    {"UP12 end-11 mount from another repository",
     "POST /v2/target/blobs/uploads/?mount=${data}&from=app", .status = 201,
     .want = "Location: /v2/target/blobs/${data}\nDocker-Content-Digest: ${data}\n"
             "Content-Length: 0"},
    {"UP12 the blob is visible in the target", "GET /v2/target/blobs/${data}", .status = 200,
     .is = "${data.body}"},
    {"UP12 parameters in the other order", "POST /v2/team/t/blobs/uploads/?from=app&mount=${data}",
     .status = 201, .want = "Location: /v2/team/t/blobs/${data}"},
    {"UP12 mount without from= finds the blob (end-11, anonymous)",
     "POST /v2/target2/blobs/uploads/?mount=${data}", .status = 201,
     .want = "Location: /v2/target2/blobs/${data}"},
    {"UP12 mount of a sha512 blob", "POST /v2/target/blobs/uploads/?mount=${text.512}&from=app",
     .status = 201, .want = "Location: /v2/target/blobs/${text.512}"},
    {"UP12 the source has no such blob: a session",
     "POST /v2/target/blobs/uploads/?mount=" D0 "&from=app", .status = 202, .want = "Range: 0-0",
     .save = "loc Location"},
    {"UP12 ... that works", "PUT ${loc}?digest=${text}", NULL, "${text.body}", .status = 201},
    {"UP12 the source does not exist: a session",
     "POST /v2/target/blobs/uploads/?mount=${data}&from=nobody", .status = 202,
     .want = "Location: *"},
    {"UP12 the source has it not although others do: a session",
     "POST /v2/target3/blobs/uploads/?mount=${data}&from=other", .status = 202},
    {"UP12 ... and the blob did not become visible", "HEAD /v2/target3/blobs/${data}",
     .status = 404},
    {"UP12 nobody has the blob: a session", "POST /v2/target/blobs/uploads/?mount=" D0,
     .status = 202},
    {"UP12 an invalid digest", "POST /v2/target/blobs/uploads/?mount=sha256:no&from=app",
     .status = 400, .code = "DIGEST_INVALID"},
    {"UP12 an invalid source name never is a 404",
     "POST /v2/target/blobs/uploads/?mount="
     "${data}&from=..%2Fapp",
     .status = 202},
};

static void test_default(void)
{
    struct server *s = server_new(NULL);
    struct script *t = script_new(s);

    script_content(t, "text", "a blob in one request");
    script_content(t, "later", "sent later");
    script_content(t, "empty", "");
    RUN(t, single);
    registry_upload(t, "app", "loc");
    RUN_RAW(t, bare);
    RUN(t, algorithms);
    registry_blob(t, "app", "data", "to be mounted");
    registry_image(t, "other", "v1", "image");
    RUN(t, mounts);
    script_free(t);
    server_free(s);
}

static const struct step no_single[] = {
    {"UP11 single_post off: a session instead", UPLOADS "?digest=${text}", NULL, "${text.body}",
     .status = 202, .want = "Range: 0-0", .save = "loc Location"},
    {"UP11 ... the body was discarded", "GET ${loc}", .status = 204, .want = "Range: 0-0"},
    {"UP11 ... nothing was stored", "HEAD /v2/app/blobs/${text}", .status = 404},
    {"UP11 ... the session works", "PUT ${loc}?digest=${text}", NULL, "${text.body}",
     .status = 201},
    {"UP12 mount off: a session instead", "POST /v2/target/blobs/uploads/?mount=${text}&from=app",
     .status = 202, .save = "loc Location"},
    {"UP12 ... nothing was mounted", "HEAD /v2/target/blobs/${text}", .status = 404},
    {"UP12 ... the session works", "PUT ${loc}?digest=${text}", NULL, "${text.body}",
     .status = 201},
    {"UP1 chunk_min is announced", UPLOADS, .status = 202, .want = "OCI-Chunk-Min-Length: 1024"},
};

static void test_switched_off(void)
{
    struct server *s = server_new_config("registry:\n"
                                         "  single_post: false\n"
                                         "  mount: false\n"
                                         "  chunk_min: 1024\n");
    struct script *t = script_new(s);

    script_content(t, "text", "a blob in one request");
    RUN(t, no_single);
    script_free(t);
    server_free(s);
}

static const struct step absolute[] = {
    {"UP2 location absolute: session", UPLOADS, .status = 202, .save = "loc Location"},
    {"UP2 location absolute: status", "GET ${path}", .status = 204, .want = "Location: ${loc}"},
    {"UP2 location absolute: PATCH", "PATCH ${path}", NULL, "hello", .status = 202,
     .want = "Location: ${loc}"},
    {"UP2 location absolute: blob", "PUT ${path}?digest=${text}", .status = 201,
     .want = "Location: http://${host}/v2/app/blobs/${text}"},
    {"UP2 location absolute: manifest", "PUT /v2/app/manifests/v1",
     "Content-Type: application/vnd.acme+json\n", "{}", .status = 201, .save = "manifest Location"},
};

static void test_absolute(void)
{
    struct server *s = server_new_config("registry: {location: absolute, require_blobs: false}\n");
    struct script *t = script_new(s);
    char start[128];

    script_content(t, "text", "hello");
    script_set(t, "host", client_host(script_client(t)));
    (void)script_step(t, &absolute[0]);
    snprintf(start, sizeof(start), "http://%s/v2/app/blobs/uploads/", script_get(t, "host"));
    ok(strncmp(script_get(t, "loc"), start, strlen(start)) == 0,
       "UP2 an absolute Location has the request's scheme and host: %s", script_get(t, "loc"));
    script_set(t, "path", strstr(script_get(t, "loc"), "/v2/"));
    script_run(t, absolute + 1, ARRAY_LEN(absolute) - 1);
    snprintf(start, sizeof(start), "http://%s/v2/app/manifests/sha256:", script_get(t, "host"));
    ok(strncmp(script_get(t, "manifest"), start, strlen(start)) == 0,
       "UP2 MP1 an absolute Location of a manifest");
    script_free(t);
    server_free(s);
}

/* UP10: an idle session goes away by itself, one that is written to does not. */
static void test_expiry(void)
{
    struct server *s = server_new_config("registry: {upload_expiry: 50ms}\n");
    struct script *t = script_new(s);
    struct client *busy = client_new(server_url(s, 0));
    uint64_t deadline = client_now() + CLIENT_WAIT_MS;
    int status = 204;

    registry_upload(t, "app", "loc");
    registry_upload(t, "app", "busy");
    client_sendf(busy, "PATCH %s HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhe",
                 script_get(t, "busy"));
    /* A status request keeps nothing alive, so that asking again and again is no cheating. */
    while (status == 204 && client_now() < deadline) {
        (void)client_quiet(script_client(t), 20);
        status = script_send(t, "GET ${loc}", NULL, NULL)->status;
    }
    is_int(status, 404, "UP10 an idle session expires");
    client_sendf(busy, "llo");
    is_int(client_read(busy, false)->status, 202, "UP10 a slow one does not");
    client_free(busy);
    script_free(t);
    server_free(s);
}

static const struct step crowd[] = {
    {"limits.uploads: the first session", UPLOADS, .status = 202, .save = "loc Location"},
    {"limits.uploads: the second session", UPLOADS, .status = 202},
    {"C5 limits.uploads: one more is refused, with Retry-After", UPLOADS, .status = 429,
     .code = "TOOMANYREQUESTS", .want = "Retry-After: *"},
    {"C5 limits.uploads: nor in one POST", UPLOADS "?digest=" D0, NULL, "x", .status = 429,
     .code = "TOOMANYREQUESTS", .want = "Retry-After: *"},
    {"limits.uploads: cancelling one", "DELETE ${loc}", .status = 204},
    {"limits.uploads: makes room", UPLOADS, .status = 202},
};

static const struct step big[] = {
    {"limits.blob: a blob of that size", "PUT ${loc}?digest=${ten}", NULL, "${ten.body}",
     .status = 201},
    {"limits.blob: one byte more with Content-Length", "PUT ${loc2}?digest=${eleven}", NULL,
     "${eleven.body}", .status = 413, .code = "SIZE_INVALID"},
    {"limits.blob: one byte more in chunks", "PATCH ${loc3}", "Transfer-Encoding: chunked\n",
     "${eleven.body}", .status = 413, .code = "SIZE_INVALID"},
    {"limits.blob: nothing was stored", "HEAD /v2/app/blobs/${eleven}", .status = 404},
};

static void test_limits(void)
{
    struct server *s = server_new_config("limits: {uploads: 2}\n");
    struct script *t = script_new(s);

    RUN(t, crowd);
    script_free(t);
    server_free(s);
    s = server_new_config("limits: {blob: 10}\n");
    t = script_new(s);
    script_content(t, "ten", "0123456789");
    script_content(t, "eleven", "0123456789a");
    registry_upload(t, "app", "loc");
    registry_upload(t, "app", "loc2");
    registry_upload(t, "app", "loc3");
    RUN(t, big);
    script_free(t);
    server_free(s);
}

int main(void)
{
    plan_lazy();
    test_default();
    test_switched_off();
    test_absolute();
    test_expiry();
    test_limits();
    done_testing();
}
