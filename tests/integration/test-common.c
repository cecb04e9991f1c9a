/* SPDX-License-Identifier: MIT */
/* Rules C1 to C4, C7, C9 and PI1: what every answer has in common, ping, extensions, catalog. */
#include <stdio.h>

#include "tests/integration/lib/registry.h"
#include "tests/tap/tap.h"

#define D0 "sha256:0000000000000000000000000000000000000000000000000000000000000000"

static const struct step ping[] = {
    {"end-1 PI1 GET /v2/ answers {}", "GET /v2/", .status = 200,
     .want = "Content-Type: application/json\nContent-Length: 2", .is = "{}"},
    {"end-1 C3 HEAD /v2/ has the length and no body", "HEAD /v2/", .status = 200,
     .want = "Content-Type: application/json\nContent-Length: 2"},
    {"end-1 C4 /v2 is answered in place, without a redirect", "GET /v2", .status = 200,
     .want = "!Location", .is = "{}"},
    {"C1 a request id of the client's comes back", "GET /v2/", "X-Request-Id: abc-1.2_3\n",
     .status = 200, .want = "X-Request-Id: abc-1.2_3"},
    {"C6 nothing warns unless it is told to", "GET /v2/", .status = 200, .want = "!Warning"},
    {"C1 without one there is one of the server's", "GET /v2/", .status = 200,
     .want = "X-Request-Id: *\nDate: *"},
    {"PI1 ping ignores Authorization while authentication is off", "GET /v2/",
     "Authorization: Basic Og==\n", .status = 200, .want = "!WWW-Authenticate", .is = "{}"},
};

static const struct step errors[] = {
    {"C1 C2 an unknown path is a 404 with an error body", "GET /v2/app/nonsense", .status = 404,
     .want = "Content-Type: application/json"},
    {"C1 C2 a path outside of /v2/ is a 404", "GET /elsewhere", .status = 404},
    {"C2 an unknown manifest has distribution's message", "GET /v2/present/manifests/none",
     .status = 404, .code = "MANIFEST_UNKNOWN", .has = "\"message\":\"manifest unknown\""},
    {"C2 an unknown blob has distribution's message", "GET /v2/present/blobs/" D0, .status = 404,
     .code = "BLOB_UNKNOWN", .has = "\"message\":\"blob unknown to registry\""},
    {"C3 an error on HEAD has no body", "HEAD /v2/present/blobs/" D0, .status = 404},
    {"C3 ... and the connection goes on", "GET /v2/", .status = 200, .is = "{}"},
};

static const struct step methods[] = {
    {"C7 POST on the ping", "POST /v2/", .status = 405, .code = "UNSUPPORTED",
     .want = "Allow: GET, HEAD, OPTIONS"},
    {"C7 DELETE on the ping", "DELETE /v2/", .status = 405, .code = "UNSUPPORTED",
     .want = "Allow: *"},
    {"C7 PATCH on a manifest", "PATCH /v2/app/manifests/v1", .body = "{}", .status = 405,
     .code = "UNSUPPORTED", .want = "Allow: *"},
    {"C7 POST on a manifest", "POST /v2/app/manifests/v1", .body = "{}", .status = 405,
     .code = "UNSUPPORTED", .want = "Allow: *"},
    {"C7 PUT on a blob", "PUT /v2/app/blobs/" D0, .body = "x", .status = 405, .code = "UNSUPPORTED",
     .want = "Allow: *"},
    {"C7 PUT on the tag list", "PUT /v2/app/tags/list", .body = "{}", .status = 405,
     .code = "UNSUPPORTED", .want = "Allow: *"},
    {"C7 DELETE on referrers", "DELETE /v2/app/referrers/" D0, .status = 405, .code = "UNSUPPORTED",
     .want = "Allow: *"},
    {"C7 POST on the catalog", "POST /v2/_catalog", .status = 405, .code = "UNSUPPORTED",
     .want = "Allow: *"},
    {"C7 PUT on the start of uploads", "PUT /v2/app/blobs/uploads/", .status = 405,
     .code = "UNSUPPORTED", .want = "Allow: *"},
    {"C7 POST on an upload session", "POST /v2/app/blobs/uploads/abc", .status = 405,
     .code = "UNSUPPORTED", .want = "Allow: *"},
    {"C7 OPTIONS tells the methods", "OPTIONS /v2/app/manifests/v1", .status = 204,
     .want = "Allow: *"},
    {"C7 a method of nobody", "BREW /v2/app/manifests/v1", .status = 501, .code = "UNSUPPORTED"},
};

static const struct step extensions[] = {
    {"extension discovery of the registry", "GET /v2/_oci/ext/discover", .status = 200,
     .want = "Content-Type: application/json", .has = "\"extensions\":["},
    {"extension discovery of a repository", "GET /v2/present/_oci/ext/discover", .status = 200,
     .has = "\"extensions\":["},
    {"extension discovery with HEAD", "HEAD /v2/_oci/ext/discover", .status = 200},
    {"an unknown extension is a 404", "GET /v2/_acme/thing", .status = 404},
};

static const struct step catalog_empty[] = {
    {"catalog of nothing is [], never null", "GET /v2/_catalog", .status = 200,
     .want = "Content-Type: application/json\n!Link", .is = "{\"repositories\":[]}"},
};

static const struct step catalog[] = {
    {"catalog lists repositories in bytewise order", "GET /v2/_catalog", .status = 200,
     .want = "!Link", .is = "{\"repositories\":[\"a/b\",\"a0\",\"present\",\"z\"]}"},
    {"catalog with HEAD", "HEAD /v2/_catalog", .status = 200},
    {"catalog n= cuts a page and links to the next", "GET /v2/_catalog?n=2", .status = 200,
     .is = "{\"repositories\":[\"a/b\",\"a0\"]}", .save = "next Link"},
    {"catalog last= is exclusive", "GET /v2/_catalog?last=a0", .status = 200, .want = "!Link",
     .is = "{\"repositories\":[\"present\",\"z\"]}"},
    {"catalog last= need not exist", "GET /v2/_catalog?last=b&n=1", .status = 200,
     .want = "Link: *", .is = "{\"repositories\":[\"present\"]}"},
    {"catalog n= of more than there are has no Link", "GET /v2/_catalog?n=4", .status = 200,
     .want = "!Link", .has = "\"z\""},
    {"catalog n=0 is empty without Link", "GET /v2/_catalog?n=0", .status = 200, .want = "!Link",
     .is = "{\"repositories\":[]}"},
    {"catalog n= must be a number", "GET /v2/_catalog?n=x", .status = 400,
     .code = "PAGINATION_NUMBER_INVALID"},
    {"catalog n= must not be negative", "GET /v2/_catalog?n=-1", .status = 400,
     .code = "PAGINATION_NUMBER_INVALID"},
};

/* Follows a Link header: </path>; rel="next". */
static void follow(struct script *t)
{
    static const struct step next = {"catalog's Link leads to the rest", "GET ${path}",
                                     .status = 200, .want = "!Link",
                                     .is = "{\"repositories\":[\"present\",\"z\"]}"};
    char path[256] = "";

    if (ok(sscanf(script_get(t, "next"), "</v2/%200[^>]>; rel=\"next\"", path) == 1,
           "catalog's Link has the form of RFC 8288")) {
        script_set(t, "next", path);
        script_set(t, "path", "/v2/${next}");
        (void)script_step(t, &next);
    }
}

int main(void)
{
    struct server *s;
    struct script *t;

    plan_lazy();
    s = server_new(NULL);
    t = script_new(s);
    RUN(t, ping);
    RUN(t, catalog_empty);
    registry_image(t, "present", "v1", "one");
    registry_image(t, "a0", "v1", "two");
    registry_image(t, "z", "v1", "three");
    registry_image(t, "a/b", "v1", "four");
    RUN(t, errors);
    RUN(t, methods);
    RUN(t, extensions);
    RUN(t, catalog);
    follow(t);
    script_free(t);
    server_free(s);
    done_testing();
}
