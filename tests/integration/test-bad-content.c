/* SPDX-License-Identifier: MIT */
/* Well-formed HTTP with bad content: names, digests, JSON, and clients that never finish. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/integration/lib/bail.h"
#include "tests/integration/lib/registry.h"
#include "tests/tap/tap.h"

#define D0   "sha256:0000000000000000000000000000000000000000000000000000000000000000"
#define PUT  "PUT /v2/app/manifests/bad"
#define TYPE "Content-Type: " OCI_MANIFEST "\n"

/* Names off the grammar. */
static const char *const names[] = {
    "APP",   "App/x",  "a//b",  "/a",     "-a",    "a-",      "a..b",  ".a",
    "a.",    "a___b",  "_a",    "a_",     "a/-b",  "a/../b",  "../a",  "..",
    "a/..",  "%2e%2e", "a%20b", "a%2f..", "a%09",  "%C3%A4b", "a%25b", "a:b",
    "a@b",   "a,b",    "a%5Cb", "a%3Fb",  "a%23b", "a%22",    "a%27b", "a%3Cscript%3E",
    "a%7Fb", "a%0Ab",  "a.-b",  "a%ff",
};

static const struct {
    const char *name;
    const char *request;
    const char *body;
} places[] = {
    {"manifest", "GET /v2/${bad}/manifests/v1", NULL},
    {"manifest PUT", "PUT /v2/${bad}/manifests/v1", "{}"},
    {"upload", "POST /v2/${bad}/blobs/uploads/", NULL},
};

/* 400, for its name or for its bytes; a name that begins with '_' is an extension that is not
 * there. */
static void test_names(struct script *t)
{
    size_t i, j;

    for (i = 0; i < ARRAY_LEN(names); i++) {
        script_set(t, "bad", names[i]);
        for (j = 0; j < ARRAY_LEN(places); j++) {
            const struct response *r = script_send(t, places[j].request, TYPE, places[j].body);

            bool good = r->status == 400 && (strstr(r->body, "\"NAME_INVALID\"") != NULL ||
                                             strstr(r->body, "\"REQUEST_INVALID\"") != NULL);

            if (!ok(good || (names[i][0] == '_' && r->status == 404), "bad input: name %s: %s",
                    names[i], places[j].name))
                response_diag(r);
        }
    }
}

static void test_long_names(struct script *t)
{
    char name[258];
    struct step steps[] = {
        {"bad input: a name of 256 bytes", "GET /v2/${n256}/manifests/v1", .status = 400,
         .code = "NAME_INVALID"},
        {"bad input: ... pushed to", "POST /v2/${n256}/blobs/uploads/", .status = 400,
         .code = "NAME_INVALID"},
        {"bad input: a name of 255 bytes is fine", "POST /v2/${n255}/blobs/uploads/",
         .status = 202},
        {"bad input: a reference of thousands of bytes", "GET /v2/app/manifests/${long}",
         .status = 404},
        {"bad input: a digest of thousands of bytes", "GET /v2/app/blobs/sha256:${long}",
         .status = 400, .code = "DIGEST_INVALID"},
        {"bad input: a parameter of thousands of bytes", "GET /v2/app/tags/list?last=${long}",
         .status = 200},
        {"a number of thousands of digits is a large number", "GET /v2/app/tags/list?n=1${zeroes}",
         .status = 200},
    };
    char *text = malloc(8001);

    if (text == NULL)
        bail("out of memory");
    memset(name, 'n', 256);
    name[256] = '\0';
    script_set(t, "n256", name);
    script_set(t, "n255", name + 1);
    memset(text, 'a', 8000);
    text[8000] = '\0';
    script_set(t, "long", text);
    memset(text, '0', 8000);
    script_set(t, "zeroes", text);
    free(text);
    RUN(t, steps);
}

static const char *const digests[] = {
    "sha256:",
    "sha256:abc",
    "sha256:g000000000000000000000000000000000000000000000000000000000000000",
    "sha256:ABCDEF0000000000000000000000000000000000000000000000000000000000",
    "sha256:00000000000000000000000000000000000000000000000000000000000000000",
    "SHA256:0000000000000000000000000000000000000000000000000000000000000000",
    "sha512:0000000000000000000000000000000000000000000000000000000000000000",
    "md5:d41d8cd98f00b204e9800998ecf8427e",
    ":0000000000000000000000000000000000000000000000000000000000000000",
    "sha256::000000000000000000000000000000000000000000000000000000000000000",
    "sha256:..%2F..%2Fetc%2Fpasswd",
    "sha256:%00",
};

/* Malformed digests everywhere: 400. Reading may answer 404 too (PL3), and so may a path that a
   decoded slash makes longer. */
static void test_digests(struct script *t)
{
    static const struct {
        const char *request;
        const char *body;
        bool path; /* the digest is a part of the path */
        bool read;
    } uses[] = {
        {"GET /v2/app/blobs/${bad}", NULL, true, true},
        {"GET /v2/app/manifests/${bad}", NULL, true, true},
        {"GET /v2/app/referrers/${bad}", NULL, true, false},
        {"PUT /v2/app/manifests/${bad}", "{}", true, false},
        {"PUT ${loc}?digest=${bad}", "bytes", false, false},
        {"POST /v2/app/blobs/uploads/?digest=${bad}", "bytes", false, false},
        {"POST /v2/app/blobs/uploads/?mount=${bad}&from=app", NULL, false, false},
    };
    size_t i, j;

    for (i = 0; i < ARRAY_LEN(digests); i++) {
        bool slash = strstr(digests[i], "%2F") != NULL;

        script_set(t, "bad", digests[i]);
        for (j = 0; j < ARRAY_LEN(uses); j++) {
            const struct response *r = script_send(t, uses[j].request, NULL, uses[j].body);
            bool miss = uses[j].read || (uses[j].path && slash);

            if (!ok(r->status == 400 || (miss && r->status == 404), "bad input: digest %s: %s",
                    digests[i], uses[j].request))
                response_diag(r);
        }
    }
}

/* Manifests that are none. */
static const struct {
    const char *name;
    const char *body;
} manifests[] = {
    {"cut in the middle", "{\"schemaVersion\":2,\"config\":{\"mediaType\":\"a"},
    {"something behind the end", "{\"schemaVersion\":2}{}"},
    {"a comma too many", "{\"schemaVersion\":2,}"},
    {"single quotes", "{'schemaVersion':2}"},
    {"a comment", "{/* */\"schemaVersion\":2}"},
    {"invalid UTF-8", "{\"a\":\"\xff\xfe\"}"},
    {"half a surrogate pair", "{\"a\":\"\\ud800\"}"},
    {"a bare word", "{\"a\":NaN}"},
    {"a number beyond all bounds", "{\"schemaVersion\":2,\"a\":1e999999}"},
    {"a text", "\"manifest\""},
    {"a number", "7"},
    {"null", "null"},
    {"duplicate keys", "{\"schemaVersion\":2,\"schemaVersion\":2}"},
    {"duplicate keys deep inside",
     "{\"schemaVersion\":2,\"layers\":[{\"digest\":\"x\",\"digest\":\"y\"}]}"},
    {"mediaType is a number", "{\"schemaVersion\":2,\"mediaType\":7}"},
    {"config is a text", "{\"schemaVersion\":2,\"config\":\"x\",\"layers\":[]}"},
    {"layers is an object", "{\"schemaVersion\":2,\"layers\":{}}"},
    {"a layer is a number", "{\"schemaVersion\":2,\"layers\":[7]}"},
    {"a layer without a digest", "{\"schemaVersion\":2,\"layers\":[{\"size\":1}]}"},
    {"a digest off the grammar", "{\"schemaVersion\":2,\"layers\":[{\"mediaType\":\"a/b\","
                                 "\"digest\":\"sha256:../../etc/passwd\",\"size\":1}]}"},
    {"a digest that is a number",
     "{\"schemaVersion\":2,\"layers\":[{\"mediaType\":\"a/b\",\"digest\":1,\"size\":1}]}"},
    {"a negative size", "{\"schemaVersion\":2,\"layers\":[{\"mediaType\":\"a/b\",\"digest\":\"" D0
                        "\",\"size\":-1}]}"},
    {"a size that is a text", "{\"schemaVersion\":2,\"layers\":[{\"mediaType\":\"a/b\","
                              "\"digest\":\"" D0 "\",\"size\":\"1\"}]}"},
    {"subject is a text", "{\"schemaVersion\":2,\"subject\":\"x\"}"},
    {"subject without a digest", "{\"schemaVersion\":2,\"subject\":{\"mediaType\":\"a/b\"}}"},
    {"subject with a digest off the grammar",
     "{\"schemaVersion\":2,\"subject\":{\"mediaType\":\"a/b\",\"digest\":\"x\",\"size\":1}}"},
    {"artifactType is a list", "{\"schemaVersion\":2,\"artifactType\":[]}"},
    {"annotations is a list", "{\"schemaVersion\":2,\"annotations\":[]}"},
};

static void test_manifests(struct script *t)
{
    size_t i;

    for (i = 0; i < ARRAY_LEN(manifests); i++) {
        char name[128];
        struct step step = {
            name, PUT, TYPE, manifests[i].body, .status = 400, .code = "MANIFEST_INVALID"};

        snprintf(name, sizeof(name), "bad input: manifest: %s", manifests[i].name);
        (void)script_step(t, &step);
    }
}

/* A text of `count` times `part` between start and end. */
static char *build(const char *start, const char *part, size_t count, const char *end)
{
    size_t n = strlen(part), at = strlen(start), i;
    char *text = malloc(at + count * n + strlen(end) + 1);

    if (text == NULL)
        bail("out of memory");
    memcpy(text, start, at);
    for (i = 0; i < count; i++, at += n)
        memcpy(text + at, part, n);
    memcpy(text + at, end, strlen(end) + 1);
    return text;
}

/* Hostile JSON: refused, while others are served and memory stays bounded. */
static void test_bomb(struct script *t, const char *name, char *body)
{
    struct server *s = script_server(t);
    struct client *sender = client_new(server_url(s, 0)), *other = client_new(server_url(s, 0));
    long before = server_memory(s), allowed = server_is_sanitized() ? 2000000 : 64 * 1024;
    const struct response *r;
    uint64_t start, slowest = 0;
    unsigned i, good = 0;

    client_sendf(sender,
                 "PUT /v2/app/manifests/bad HTTP/1.1\r\nHost: x\r\nContent-Type: " OCI_MANIFEST
                 "\r\nContent-Length: %zu\r\n\r\n",
                 strlen(body));
    (void)client_send(sender, body, strlen(body));
    for (i = 0; i < 50; i++) {
        start = client_now();
        good += client_get(other, "/v2/")->status == 200;
        if (client_now() - start > slowest)
            slowest = client_now() - start;
    }
    is_int(good, 50, "bad input: %s: others are served meanwhile", name);
    if (!ok(slowest < (server_is_sanitized() ? 3000 : 300), "bad input: %s: at once", name))
        diag("the slowest took %lu ms", (unsigned long)slowest);
    r = client_read(sender, false);
    if (!ok(r->status == 400 || r->status == 413, "bad input: %s: refused", name))
        response_diag(r);
    ok(server_memory(s) - before < allowed, "bad input: %s: memory stays bounded", name);
    client_free(sender);
    client_free(other);
    free(body);
}

static void test_bombs(struct script *t)
{
    test_bomb(t, "a million empty objects", build("{\"a\":[{}", ",{}", 1000000, "]}"));
    test_bomb(t, "a million empty arrays", build("{\"a\":[[]", ",[]", 1000000, "]}"));
    test_bomb(t, "a million layers", build("{\"layers\":[{}", ",{}", 1000000, "]}"));
    test_bomb(t, "two million numbers", build("{\"a\":[1", ",1", 2000000, "]}"));
    test_bomb(t, "a hundred thousand nested arrays", build("{\"a\":", "[", 100000, ""));
    test_bomb(t, "nested objects", build("", "{\"a\":", 100000, "1"));
    test_bomb(t, "a million blanks and no JSON", build("", " ", 1000000, ""));
}

/* Requests cut in the middle: nothing of them is visible, not even for a moment. */
static void test_unfinished(struct script *t)
{
    static const struct {
        const char *name;
        const char *head;
    } cuts[] = {
        {"a manifest", "PUT /v2/app/manifests/half"},
        {"a manifest by digest", "PUT /v2/app/manifests/${half}"},
        {"a single POST", "POST /v2/app/blobs/uploads/?digest=${half}"},
        {"a PUT", "PUT ${loc}?digest=${half}"},
    };
    static const struct step after[] = {
        {"bad input: unfinished: no tag", "HEAD /v2/app/manifests/half", .status = 404},
        {"bad input: unfinished: no manifest", "HEAD /v2/app/manifests/${half}", .status = 404},
        {"bad input: unfinished: no blob", "HEAD /v2/app/blobs/${half}", .status = 404},
        {"bad input: unfinished: nothing in the list", "GET /v2/app/tags/list", .status = 200,
         .is = "{\"name\":\"app\",\"tags\":[\"v1\"]}"},
        {"bad input: unfinished: the server serves", "GET /v2/app/manifests/v1", .status = 200},
    };
    size_t i;

    script_content(t, "half", "{\"schemaVersion\":2}");
    for (i = 0; i < ARRAY_LEN(cuts); i++) {
        struct client *c = client_new(server_url(script_server(t), 0));
        auto_free char *head = script_expand(t, cuts[i].head);

        ok(client_sendf(c,
                        "%s HTTP/1.1\r\nHost: x\r\nContent-Type: text/x-any\r\n"
                        "Content-Length: 20\r\n\r\n%s",
                        head, script_get(t, "half.body")),
           "bad input: %s without its last byte", cuts[i].name);
        if (i % 2 == 0)
            client_free(c);
        else
            client_free_reset(c);
    }
    RUN(t, after);
}

static const struct step foreign[] = {
    {"bad input: PATCH to another repository's session", "PATCH ${foreign}", NULL, "stolen",
     .status = 404, .code = "BLOB_UPLOAD_UNKNOWN"},
    {"bad input: PUT to another repository's session", "PUT ${foreign}?digest=${img.layer}", NULL,
     "stolen", .status = 404, .code = "BLOB_UPLOAD_UNKNOWN"},
    {"bad input: the session is untouched", "GET ${loc}", .status = 204, .want = "Range: 0-0"},
    {"bad input: an upload id that climbs", "PATCH /v2/app/blobs/uploads/..%2F..%2Fx", NULL, "x",
     .status = 404},
    {"bad input: nothing bad was stored", "HEAD /v2/app/manifests/bad", .status = 404},
    {"bad input: what was there is whole", "GET /v2/app/manifests/v1", .status = 200,
     .is = "${img.body}"},
};

int main(void)
{
    struct server *s;
    struct script *t;
    char path[256];

    plan_lazy();
    s = server_new(NULL);
    t = script_new(s);
    registry_image(t, "app", "v1", "img");
    registry_upload(t, "app", "loc");
    test_names(t);
    test_long_names(t);
    test_digests(t);
    test_manifests(t);
    test_bombs(t);
    test_unfinished(t);
    registry_upload(t, "app", "loc");
    snprintf(path, sizeof(path), "/v2/other%s", script_get(t, "loc") + strlen("/v2/app"));
    script_set(t, "foreign", path);
    RUN(t, foreign);
    script_free(t);
    server_free(s);
    done_testing();
}
