/* SPDX-License-Identifier: MIT */
/* Rules RF1 to RF7 and end-12a, end-12b: referrers. */
#include <stdio.h>
#include <string.h>

#include "tests/integration/lib/registry.h"
#include "tests/tap/tap.h"

#define D0    "sha256:0000000000000000000000000000000000000000000000000000000000000000"
#define TYPE  "Content-Type: " OCI_MANIFEST "\n"
#define NONE  "{\"schemaVersion\":2,\"mediaType\":\"" OCI_INDEX "\",\"manifests\":[]}"
#define GET   "GET /v2/app/referrers/"
#define OFAPP "\"subject\":" DESCRIPTOR(OCI_MANIFEST, "img")

static const struct step unknown[] = {
    {"RF1 end-12a a repository that nobody has", "GET /v2/never/seen/referrers/" D0, .status = 200,
     .want = "Content-Type: " OCI_INDEX, .is = NONE},
    {"RF1 HEAD", "HEAD /v2/never/seen/referrers/" D0, .status = 200},
    {"RF2 a malformed digest", "GET /v2/app/referrers/sha256:abc", .status = 400,
     .code = "DIGEST_INVALID"},
    {"RF2 a tag is no digest", "GET /v2/app/referrers/latest", .status = 400,
     .code = "DIGEST_INVALID"},
    {"RF2 an algorithm that nobody computes", "GET /v2/app/referrers/md5:d41d8cd98f00b204",
     .status = 400, .code = "DIGEST_INVALID"},
};

static const struct step pushes[] = {
    {"RF1 a subject without referrers", GET "${img}", .status = 200, .is = NONE},
    {"MP7 push of a signature", "PUT /v2/app/manifests/${sig}", TYPE, "${sig.body}", .status = 201,
     .want = "OCI-Subject: ${img}"},
    {"MP7 push of an SBOM", "PUT /v2/app/manifests/${sbom}", TYPE, "${sbom.body}", .status = 201,
     .want = "OCI-Subject: ${img}"},
    {"MP7 push of an index with a subject", "PUT /v2/app/manifests/idx",
     "Content-Type: " OCI_INDEX "\n", "${idx.body}", .status = 201, .want = "OCI-Subject: ${img}"},
    {"MP7 push of a referrer to what is not there", "PUT /v2/app/manifests/${orphan}", TYPE,
     "${orphan.body}", .status = 201, .want = "OCI-Subject: ${nowhere}"},
};

static const struct step lists[] = {
    {"RF3 descriptors: type, size, digest, artifactType, annotations", GET "${img}", .status = 200,
     .want = "Content-Type: " OCI_INDEX "\n!Link\n!OCI-Filters-Applied",
     .has = "\"digest\":\"${sig}\"\n\"size\":${sig.size}\n\"mediaType\":\"" OCI_MANIFEST "\"\n"
            "\"artifactType\":\"application/vnd.acme.signature\"\n\"annotations\":{\"by\":\"me\"}\n"
            "\"digest\":\"${sbom}\"\n\"digest\":\"${idx}\"\n\"mediaType\":\"" OCI_INDEX "\""},
    {"RF3 artifactType of an image manifest is its config's type", GET "${img}", .status = 200,
     .has = "\"artifactType\":\"application/vnd.acme.sbom.config\""},
    {"RF1 RF4 a subject that is not there", GET "${nowhere}", .status = 200,
     .has = "\"digest\":\"${orphan}\"", .hasnt = "${sig}"},
    {"RF1 in another repository there are none", "GET /v2/other/referrers/${img}", .status = 200,
     .is = NONE},
    {"RF4 pushing a referrer again", "PUT /v2/app/manifests/${sig}", TYPE, "${sig.body}",
     .status = 201},
};

static const struct step filters[] = {
    {"RF5 end-12b artifactType= lists only matches",
     GET "${img}?artifactType=application%2Fvnd.acme.signature", .status = 200,
     .want = "OCI-Filters-Applied: artifactType", .has = "${sig}", .hasnt = "${sbom}\n${idx}"},
    {"RF5 the parameter need not be encoded",
     GET "${img}?artifactType=application/vnd.acme.sbom.config", .status = 200,
     .want = "OCI-Filters-Applied: artifactType", .has = "${sbom}", .hasnt = "${sig}"},
    {"RF5 repeated parameters are a union",
     GET "${img}?artifactType=application/vnd.acme.signature"
         "&artifactType=application/vnd.acme.sbom.config",
     .status = 200, .want = "OCI-Filters-Applied: artifactType", .has = "${sbom}\n${sig}",
     .hasnt = "${idx}"},
    {"RF5 a type that nobody has", GET "${img}?artifactType=text/none", .status = 200,
     .want = "OCI-Filters-Applied: artifactType", .is = NONE},
};

static const struct step deletions[] = {
    {"RF4 deleting a referrer", "DELETE /v2/app/manifests/${sig}", .status = 202},
    {"RF4 takes it out of the list", GET "${img}", .status = 200, .has = "${sbom}",
     .hasnt = "${sig}"},
    {"RF4 DL5 deleting the subject works with referrers present", "DELETE /v2/app/manifests/${img}",
     .status = 202},
    {"RF4 the list outlives the subject", GET "${img}", .status = 200, .has = "${sbom}"},
};

/* How often text stands in the list of img's referrers. */
static unsigned count_of(struct script *t, const char *name)
{
    const struct response *r = script_send(t, GET "${img}", NULL, NULL);
    const char *p = r->body != NULL ? r->body : "";
    unsigned n = 0;

    while ((p = strstr(p, script_get(t, name))) != NULL) {
        p++;
        n++;
    }
    return n;
}

static void fill(struct script *t)
{
    registry_image(t, "app", "v1", "img");
    registry_blob(t, "app", "config", "{}");
    registry_blob(t, "app", "layer", "signature bytes");
    script_content(t, "nowhere", "never pushed");
    script_content(
        t, "sig",
        IMAGE("config", "layer",
              ",\"artifactType\":"
              "\"application/vnd.acme.signature\",\"annotations\":{\"by\":\"me\"}," OFAPP));
    script_content(t, "sbom",
                   "{\"schemaVersion\":2,\"mediaType\":\"" OCI_MANIFEST "\",\"config\":" DESCRIPTOR(
                       "application/vnd.acme.sbom.config", "config") ",\"layers\":[]," OFAPP "}");
    script_content(t, "idx",
                   "{\"schemaVersion\":2,\"mediaType\":\"" OCI_INDEX "\",\"manifests\":[]," OFAPP
                   "}");
    script_content(t, "orphan",
                   IMAGE("config", "layer", ",\"subject\":" DESCRIPTOR(OCI_MANIFEST, "nowhere")));
}

static const struct step off[] = {
    {"RF2 referrers off: 404 UNSUPPORTED", GET "${img}", .status = 404, .code = "UNSUPPORTED"},
    {"RF2 referrers off: also for an unknown repository", "GET /v2/nobody/referrers/" D0,
     .status = 404, .code = "UNSUPPORTED"},
    {"MP7 referrers off: no OCI-Subject", "PUT /v2/app/manifests/sig", TYPE, "${sig.body}",
     .status = 201, .want = "!OCI-Subject"},
};

static const struct step filter_off[] = {
    {"RF5 referrers_filter off: a push", "PUT /v2/app/manifests/${sig}", TYPE, "${sig.body}",
     .status = 201},
    {"RF5 referrers_filter off: another push", "PUT /v2/app/manifests/${sbom}", TYPE,
     "${sbom.body}", .status = 201},
    {"RF5 referrers_filter off: the full list and no header",
     GET "${img}?artifactType=application/vnd.acme.signature", .status = 200,
     .want = "!OCI-Filters-Applied", .has = "${sig}\n${sbom}"},
};

static const struct step paged[] = {
    {"RF6 a push", "PUT /v2/app/manifests/${sig}", TYPE, "${sig.body}", .status = 201},
    {"RF6 another push", "PUT /v2/app/manifests/${sbom}", TYPE, "${sbom.body}", .status = 201},
    {"RF6 the third push", "PUT /v2/app/manifests/${idx}", "Content-Type: " OCI_INDEX "\n",
     "${idx.body}", .status = 201},
    {"RF6 referrers_page: a page has a Link", GET "${img}", .status = 200, .want = "Link: *"},
    {"RF5 RF6 the filter survives in the Link",
     GET "${img}?artifactType=application%2Fvnd.acme.signature"
         "&artifactType=application%2Fvnd.acme.sbom.config",
     .status = 200, .save = "link Link"},
};

/* Pages of one referrer each: as many as there are. */
static void walk(struct script *t, const char *target, unsigned pages, const char *filter)
{
    char request[1024];
    unsigned seen = 0, filtered = 0;
    const char *link;
    auto_free char *start = script_expand(t, target);

    snprintf(request, sizeof(request), "GET %s", start);
    do {
        const struct response *r = script_send(t, request, NULL, NULL);

        seen++;
        filtered += response_header(r, "OCI-Filters-Applied") != NULL;
        link = response_header(r, "Link");
        if (link != NULL && sscanf(link, "<%1000[^>]>", request + 4) != 1)
            break;
    } while (link != NULL && seen < 20);
    is_int(seen, pages, "RF6 following Link comes to an end (%s)", filter);
    is_int(filtered, strcmp(filter, "all") == 0 ? 0 : pages,
           "RF6 every page of it is filtered alike");
}

static void test_pages(struct script *t)
{
    ok(strstr(script_get(t, "link"), "artifactType=application%2Fvnd.acme.signature") != NULL ||
           strstr(script_get(t, "link"), "artifactType=application/vnd.acme.signature") != NULL,
       "RF6 Link names the filter: %s", script_get(t, "link"));
    walk(t, "/v2/app/referrers/${img}", 3, "all");
    walk(t, "/v2/app/referrers/${img}?n=2", 3, "all");
    walk(t,
         "/v2/app/referrers/${img}?artifactType=application/vnd.acme.signature"
         "&artifactType=application/vnd.acme.sbom.config",
         2, "filtered");
}

/* RF7: the tags that clients use while a registry has no referrers API. */
static void test_fallback(struct script *t)
{
    static const struct step steps[] = {
        {"RF7 push of a fallback index", "PUT /v2/app/manifests/${fallback}",
         "Content-Type: " OCI_INDEX "\n",
         "{\"schemaVersion\":2,\"mediaType\":\"" OCI_INDEX
         "\",\"manifests\":[{\"mediaType\":\"" OCI_MANIFEST "\",\"digest\":\"${img2}\",\"size\":"
         "${img2.size},\"artifactType\":\"text/legacy\"}]}",
         .status = 201},
        {"RF7 what a fallback tag lists is listed", GET "${img}", .status = 200,
         .has = "\"digest\":\"${img2}\""},
    };
    char tag[80];

    registry_image(t, "app", "v2", "img2");
    snprintf(tag, sizeof(tag), "sha256-%s", script_get(t, "img") + 7);
    script_set(t, "fallback", tag);
    RUN(t, steps);
}

static void test_config(const char *config, const struct step *steps, size_t n, bool pages)
{
    struct server *s = server_new_config(config);
    struct script *t = script_new(s);

    fill(t);
    script_run(t, steps, n);
    if (pages)
        test_pages(t);
    script_free(t);
    server_free(s);
}

int main(void)
{
    struct server *s;
    struct script *t;

    plan_lazy();
    s = server_new(NULL);
    t = script_new(s);
    RUN(t, unknown);
    fill(t);
    RUN(t, pushes);
    RUN(t, lists);
    is_int(count_of(t, "sig"), 1, "RF4 no duplicates after pushing again");
    RUN(t, filters);
    RUN(t, deletions);
    script_free(t);
    server_free(s);
    s = server_new(NULL);
    t = script_new(s);
    fill(t);
    test_fallback(t);
    script_free(t);
    server_free(s);
    test_config("registry: {referrers: false}\n", off, ARRAY_LEN(off), false);
    test_config("registry: {referrers_filter: false}\n", filter_off, ARRAY_LEN(filter_off), false);
    test_config("registry: {referrers_page: 1}\n", paged, ARRAY_LEN(paged), true);
    done_testing();
}
