/* SPDX-License-Identifier: MIT */
#include "registry/route.h"

#include <string.h>

#include "lib/util/util.h"
#include "tests/tap/tap.h"

#define HEX64  "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define DIGEST "sha256:" HEX64

#define GET    HTTP_METHOD_GET
#define HEAD   HTTP_METHOD_HEAD
#define POST   HTTP_METHOD_POST
#define PUT    HTTP_METHOD_PUT
#define PATCH  HTTP_METHOD_PATCH
#define DELETE HTTP_METHOD_DELETE

static enum route_result parse(struct route *ret, enum http_method method, const char *path)
{
    const struct http_request req = {.method = method, .path = path};

    return route_parse(ret, &req);
}

/* distribution-spec's endpoints, and names made of the words that the paths are made of. */
static const struct {
    enum http_method method;
    const char *path;
    enum op op;
    const char *repo;
    const char *ref;
} found[] = {
    {GET, "/", OP_ROOT, "", ""},
    {HEAD, "/", OP_ROOT, "", ""},
    {GET, "/v2", OP_PING, "", ""},
    {GET, "/v2/", OP_PING, "", ""},
    {HEAD, "/v2/", OP_PING, "", ""},
    {GET, "/v2/_catalog", OP_CATALOG, "", ""},
    {HEAD, "/v2/_catalog", OP_CATALOG, "", ""},
    {GET, "/v2/_oci/ext/discover", OP_EXTENSION, "", ""},
    {GET, "/v2/a/b/_oci/ext/discover", OP_EXTENSION, "a/b", ""},
    {GET, "/v2/a/blobs/" DIGEST, OP_BLOB_GET, "a", DIGEST},
    {HEAD, "/v2/a/b/blobs/" DIGEST, OP_BLOB_HEAD, "a/b", DIGEST},
    {DELETE, "/v2/a/blobs/" DIGEST, OP_BLOB_DELETE, "a", DIGEST},
    {GET, "/v2/a/blobs/nonsense", OP_BLOB_GET, "a", "nonsense"},
    {GET, "/v2/a/manifests/v1", OP_MANIFEST_GET, "a", "v1"},
    {HEAD, "/v2/a/manifests/" DIGEST, OP_MANIFEST_HEAD, "a", DIGEST},
    {PUT, "/v2/a/manifests/v1", OP_MANIFEST_PUT, "a", "v1"},
    {DELETE, "/v2/a/manifests/v1", OP_MANIFEST_DELETE, "a", "v1"},
    {GET, "/v2/a/manifests/.INVALID", OP_MANIFEST_GET, "a", ".INVALID"},
    {POST, "/v2/a/blobs/uploads/", OP_UPLOAD_START, "a", ""},
    {POST, "/v2/a/blobs/uploads", OP_UPLOAD_START, "a", ""},
    {PATCH, "/v2/a/blobs/uploads/42", OP_UPLOAD_PATCH, "a", "42"},
    {PUT, "/v2/a/blobs/uploads/42", OP_UPLOAD_PUT, "a", "42"},
    {GET, "/v2/a/blobs/uploads/42", OP_UPLOAD_STATUS, "a", "42"},
    {HEAD, "/v2/a/blobs/uploads/42", OP_UPLOAD_STATUS, "a", "42"},
    {DELETE, "/v2/a/blobs/uploads/42", OP_UPLOAD_CANCEL, "a", "42"},
    {GET, "/v2/a/tags/list", OP_TAGS_LIST, "a", ""},
    {HEAD, "/v2/a/tags/list", OP_TAGS_LIST, "a", ""},
    {GET, "/v2/a/referrers/" DIGEST, OP_REFERRERS, "a", DIGEST},

    {GET, "/v2/blobs/blobs/" DIGEST, OP_BLOB_GET, "blobs", DIGEST},
    {GET, "/v2/manifests/manifests/tags", OP_MANIFEST_GET, "manifests", "tags"},
    {GET, "/v2/a/manifests/blobs/" DIGEST, OP_BLOB_GET, "a/manifests", DIGEST},
    {GET, "/v2/a/blobs/uploads/manifests/v1", OP_MANIFEST_GET, "a/blobs/uploads", "v1"},
    {GET, "/v2/a/blobs/uploads/tags/list", OP_TAGS_LIST, "a/blobs/uploads", ""},
    {GET, "/v2/a/tags/list/tags/list", OP_TAGS_LIST, "a/tags/list", ""},
    {GET, "/v2/a/tags/manifests/list", OP_MANIFEST_GET, "a/tags", "list"},
    {GET, "/v2/a/manifests/list", OP_MANIFEST_GET, "a", "list"},
    {POST, "/v2/a/blobs/uploads/blobs/uploads/", OP_UPLOAD_START, "a/blobs/uploads", ""},
    {PUT, "/v2/blobs/blobs/uploads/uploads", OP_UPLOAD_PUT, "blobs", "uploads"},
    {GET, "/v2/v2/manifests/v2", OP_MANIFEST_GET, "v2", "v2"},
};

static void test_found(void)
{
    for (size_t i = 0; i < ARRAY_LEN(found); i++) {
        struct route r;

        is_int(parse(&r, found[i].method, found[i].path), ROUTE_FOUND, "%s", found[i].path);
        is_str(op_name(r.op), op_name(found[i].op), "  op");
        is_str(r.repo, found[i].repo, "  repository");
        is_str(r.ref, found[i].ref, "  reference");
        ok(r.allow != NULL, "  methods");
    }
}

static void test_unknown(void)
{
    static const char *const paths[] = {
        "/v1",
        "/v1/",
        "/v2x",
        "/v3/",
        "/v2//",
        "/v2/a",
        "/v2/a/",
        "/v2/a/b",
        "/v2/a/manifests",
        "/v2/a/manifests/",
        "/v2/a/blobs",
        "/v2/a/blobs/",
        "/v2/a/referrers/",
        "/v2/a/tags",
        "/v2/a/tags/",
        "/v2/a/tags/list/",
        "/v2/a/tags/other",
        "/v2/a/manifests/x/y",
        "/v2/manifests/v1",
        "/v2//manifests/v1",
        "/v2/tags/list",
        "/v2/blobs/uploads/",
        "/v2/blobs/uploads/42",
        "/v2/_catalog/",
        "/v2/_x",
        "/v2/_x/tags/list",
        "/v2/_x/manifests/v1",
        "/v2/_oci/ext",
        "/favicon.ico",
        "*",
        "",
    };

    for (size_t i = 0; i < ARRAY_LEN(paths); i++) {
        struct route r;

        is_int(parse(&r, GET, paths[i]), ROUTE_UNKNOWN, "'%s' is unknown", paths[i]);
        is_int(r.op, OP_UNKNOWN, "  no op");
        is_str(r.repo, "", "  no repository");
    }
}

static void test_bad_names(void)
{
    static const char *const paths[] = {
        "/v2/A/tags/list",        "/v2/../manifests/v1",     "/v2/a/../b/manifests/v1",
        "/v2//a/tags/list",       "/v2/a//tags/list",        "/v2/a_/blobs/" DIGEST,
        "/v2/a b/blobs/uploads/", "/v2/a/_b/manifests/v1",   "/v2/./a/manifests/v1",
        "/v2/a\x01/manifests/v1", "/v2/a:80/b/manifests/v1",
    };

    for (size_t i = 0; i < ARRAY_LEN(paths); i++) {
        struct route r;

        is_int(parse(&r, GET, paths[i]), ROUTE_BAD_NAME, "bad name %zu", i);
        is_int(r.op, OP_UNKNOWN, "  no op");
        is_str(r.repo, "", "  no repository");
    }
}

static void test_methods(void)
{
    static const struct {
        enum http_method method;
        const char *path;
        const char *allow;
    } rows[] = {
        {POST, "/", "GET, HEAD, OPTIONS"},
        {PUT, "/v2/", "GET, HEAD, OPTIONS"},
        {GET, "/v2/a/blobs/uploads/", "POST, OPTIONS"},
        {POST, "/v2/a/blobs/uploads/42", "GET, HEAD, PATCH, PUT, DELETE, OPTIONS"},
        {PUT, "/v2/a/blobs/" DIGEST, "GET, HEAD, DELETE, OPTIONS"},
        {PATCH, "/v2/a/manifests/v1", "GET, HEAD, PUT, DELETE, OPTIONS"},
        {DELETE, "/v2/a/tags/list", "GET, HEAD, OPTIONS"},
        {POST, "/v2/a/referrers/" DIGEST, "GET, HEAD, OPTIONS"},
        {DELETE, "/v2/_catalog", "GET, HEAD, OPTIONS"},
        {HTTP_METHOD_OPTIONS, "/v2/", "GET, HEAD, OPTIONS"},
        {HTTP_METHOD_OTHER, "/v2/", "GET, HEAD, OPTIONS"},
    };

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct route r;

        is_int(parse(&r, rows[i].method, rows[i].path), ROUTE_METHOD, "C7 method on %s",
               rows[i].path);
        is_str(r.allow, rows[i].allow, "  Allow");
    }
}

static void test_mount(void)
{
    const struct parameter mount = {"mount", DIGEST};
    const struct http_request req = {
        .method = POST,
        .path = "/v2/a/blobs/uploads/",
        .parameter_count = 1,
        .parameters = &mount,
    };
    struct route r;

    is_int(route_parse(&r, &req), ROUTE_FOUND, "a mount");
    is_str(op_name(r.op), "upload.mount", "  op");
}

/* A reference that does not fit is cut, and is still nothing that could exist. */
static void test_long(void)
{
    char path[2048] = "/v2/a/manifests/";
    struct route r;
    size_t n = strlen(path);

    memset(path + n, 'x', 1000);
    path[n + 1000] = '\0';
    is_int(parse(&r, GET, path), ROUTE_FOUND, "a reference of 1000 bytes");
    is_int((long long)strlen(r.ref), ROUTE_REF_MAX, "  is cut");
    ok(!reference_is_tag(r.ref), "  is no tag");

    n = strlen("/v2/");
    memset(path + n, 'x', 256);
    (void)stpcpy(path + n + 256, "/tags/list");
    is_int(parse(&r, GET, path), ROUTE_BAD_NAME, "a repository name of 256 bytes");
    (void)stpcpy(path + n + 255, "/tags/list");
    is_int(parse(&r, GET, path), ROUTE_FOUND, "a repository name of 255 bytes");
}

int main(void)
{
    plan_lazy();
    test_found();
    test_unknown();
    test_bad_names();
    test_methods();
    test_mount();
    test_long();
    done_testing();
}
