/* SPDX-License-Identifier: MIT */
#include "registry/route.h"

#include <string.h>

#include "lib/util/util.h"

#define READ_ONLY "GET, HEAD, OPTIONS"

/* What may be done with a kind of path. */
struct resource {
    const char *allow;              /* value of an Allow header */
    enum op ops[HTTP_METHOD_OTHER]; /* by method; 0 (OP_PING) where the method is not known */
    bool known[HTTP_METHOD_OTHER];
};

#define METHOD(m, o) .ops[HTTP_METHOD_##m] = OP_##o, .known[HTTP_METHOD_##m] = true
#define READ(o)      METHOD(GET, o), METHOD(HEAD, o)

static const struct resource res_root = {.allow = READ_ONLY, READ(ROOT)};
static const struct resource res_token = {
    .allow = "GET, POST, OPTIONS", /* no HEAD: it would make a token that nobody sees */
    METHOD(GET, TOKEN),
    METHOD(POST, TOKEN),
};
static const struct resource res_jwks = {.allow = READ_ONLY, READ(JWKS)};
static const struct resource res_ping = {.allow = READ_ONLY, READ(PING)};
static const struct resource res_catalog = {.allow = READ_ONLY, READ(CATALOG)};
static const struct resource res_extension = {.allow = READ_ONLY, READ(EXTENSION)};
static const struct resource res_tags = {.allow = READ_ONLY, READ(TAGS_LIST)};
static const struct resource res_referrers = {.allow = READ_ONLY, READ(REFERRERS)};
static const struct resource res_uploads = {
    .allow = "POST, OPTIONS",
    METHOD(POST, UPLOAD_START),
};
static const struct resource res_upload = {
    .allow = "GET, HEAD, PATCH, PUT, DELETE, OPTIONS",
    READ(UPLOAD_STATUS),
    METHOD(PATCH, UPLOAD_PATCH),
    METHOD(PUT, UPLOAD_PUT),
    METHOD(DELETE, UPLOAD_CANCEL),
};
static const struct resource res_blob = {
    .allow = "GET, HEAD, DELETE, OPTIONS",
    METHOD(GET, BLOB_GET),
    METHOD(HEAD, BLOB_HEAD),
    METHOD(DELETE, BLOB_DELETE),
};
static const struct resource res_manifest = {
    .allow = "GET, HEAD, PUT, DELETE, OPTIONS",
    METHOD(GET, MANIFEST_GET),
    METHOD(HEAD, MANIFEST_HEAD),
    METHOD(PUT, MANIFEST_PUT),
    METHOD(DELETE, MANIFEST_DELETE),
};

/* Paths without a repository. */
static const struct {
    const char *path;
    const struct resource *resource;
} fixed_paths[] = {
    {"/", &res_root},
    {"/token", &res_token},
    {"/token/", &res_token},
    {"/token/jwks.json", &res_jwks},
    {"/.well-known/jwks.json", &res_jwks},
    {"/.well-known/openid-configuration", &res_jwks},
    {"/v2", &res_ping},
    {"/v2/", &res_ping},
    {"/v2/_catalog", &res_catalog},
    {"/v2/_oci/ext/discover", &res_extension},
};

/* Paths below a repository, longest first: "<repository>" middle "<reference>". */
static const struct {
    const char *middle; /* between slashes at both ends, or the very end of the path */
    bool has_ref;       /* one more component follows */
    const struct resource *resource;
} repo_paths[] = {
    {"/_oci/ext/discover", false, &res_extension},
    {"/blobs/uploads/", true, &res_upload},
    {"/blobs/uploads/", false, &res_uploads},
    {"/blobs/uploads", false, &res_uploads},
    {"/tags/list", false, &res_tags},
    {"/manifests/", true, &res_manifest},
    {"/blobs/", true, &res_blob},
    {"/referrers/", true, &res_referrers},
};

const char *op_name(enum op op)
{
    static const char *const names[] = {
#define OP_ROW(name, text) [OP_##name] = (text),
#include "registry/op.tbl.h"
#undef OP_ROW
    };

    ASSERT((size_t)op < ARRAY_LEN(names));
    return names[op];
}

static const struct resource *find_fixed(const char *path)
{
    for (size_t i = 0; i < ARRAY_LEN(fixed_paths); i++) {
        if (strcmp(path, fixed_paths[i].path) == 0)
            return fixed_paths[i].resource;
    }
    return NULL;
}

/* True when the n bytes at rest end in middle, with something in front of it. */
static bool ends_in(const char *rest, size_t n, const char *middle)
{
    size_t m = strlen(middle);

    return n > m && memcmp(rest + n - m, middle, m) == 0;
}

/* Splits what follows "/v2/"; NULL when no pattern fits. */
static const struct resource *find_in_repo(const char *rest, size_t *name_len, const char **ref)
{
    const char *slash = strrchr(rest, '/');
    size_t all = strlen(rest);

    if (slash == NULL)
        return NULL;
    for (size_t i = 0; i < ARRAY_LEN(repo_paths); i++) {
        bool has_ref = repo_paths[i].has_ref;
        size_t n = has_ref ? (size_t)(slash + 1 - rest) : all;

        if (has_ref && slash[1] == '\0')
            continue;
        if (ends_in(rest, n, repo_paths[i].middle)) {
            *name_len = n - strlen(repo_paths[i].middle);
            *ref = has_ref ? slash + 1 : "";
            return repo_paths[i].resource;
        }
    }
    return NULL;
}

static bool set_repo(struct route *r, const char *name, size_t n)
{
    if (n > REFERENCE_NAME_MAX)
        return false;
    memcpy(r->name, name, n);
    r->name[n] = '\0';
    if (!reference_is_name(r->name)) {
        r->name[0] = '\0';
        return false;
    }
    return true;
}

/* A reference that is cut here is too long to be a tag or a supported digest, and stays so. */
static void set_ref(struct route *r, const char *ref)
{
    size_t n = strnlen(ref, ROUTE_REF_MAX);

    memcpy(r->ref, ref, n);
    r->ref[n] = '\0';
}

static enum route_result set_op(struct route *r, const struct resource *res,
                                const struct http_request *req)
{
    r->allow = res->allow;
    if (req->method >= HTTP_METHOD_OTHER || !res->known[req->method])
        return ROUTE_METHOD;
    r->op = res->ops[req->method];
    if (r->op == OP_UPLOAD_START && http_request_parameter(req, "mount") != NULL)
        r->op = OP_UPLOAD_MOUNT;
    return ROUTE_FOUND;
}

enum route_result route_parse(struct route *ret, const struct http_request *req)
{
    const struct resource *res = find_fixed(req->path);
    const char *rest;
    const char *ref;
    size_t name_len;

    ret->op = OP_UNKNOWN;
    ret->name[0] = '\0';
    ret->repo = ret->name;
    ret->ref[0] = '\0';
    ret->allow = NULL;
    if (res != NULL)
        return set_op(ret, res, req);
    if (strncmp(req->path, "/v2/", strlen("/v2/")) != 0)
        return ROUTE_UNKNOWN;
    rest = req->path + strlen("/v2/");
    if (*rest == '_') /* a first component that begins so is reserved for extensions */
        return ROUTE_UNKNOWN;
    res = find_in_repo(rest, &name_len, &ref);
    if (res == NULL)
        return ROUTE_UNKNOWN;
    if (!set_repo(ret, rest, name_len))
        return ROUTE_BAD_NAME;
    set_ref(ret, ref);
    return set_op(ret, res, req);
}
