/* SPDX-License-Identifier: MIT */
/* Rules TG1 to TG4 and end-8a, end-8b: the list of tags. */
#include <stdio.h>
#include <string.h>

#include "tests/integration/lib/registry.h"
#include "tests/tap/tap.h"

#define LIST      "GET /v2/team/app/tags/list"
#define TAGS(...) "{\"name\":\"team/app\",\"tags\":[" __VA_ARGS__ "]}"

static const struct step lists[] = {
    {"TG1 TG2 end-8a all tags in bytewise order", LIST, .status = 200,
     .want = "Content-Type: application/json\n!Link",
     .is = TAGS("\"1.0\",\"A\",\"Z\",\"_x\",\"a\",\"b\",\"latest\"")},
    {"TG1 HEAD", "HEAD /v2/team/app/tags/list", .status = 200},
    {"TG1 an unknown repository", "GET /v2/nobody/tags/list", .status = 404,
     .code = "NAME_UNKNOWN"},
    {"TG1 a name that is none", "GET /v2/No/tags/list", .status = 400, .code = "NAME_INVALID"},
    {"TG1 a repository that never had a tag", "GET /v2/untagged/tags/list", .status = 200,
     .is = "{\"name\":\"untagged\",\"tags\":[]}"},
    {"TG3 TG4 end-8b n= cuts a page and links to the next", LIST "?n=3", .status = 200,
     .want = "Link: </v2/team/app/tags/list?last=Z&n=3>; rel=\"next\"",
     .is = TAGS("\"1.0\",\"A\",\"Z\"")},
    {"TG4 the next page", LIST "?last=Z&n=3", .status = 200,
     .want = "Link: </v2/team/app/tags/list?last=b&n=3>; rel=\"next\"",
     .is = TAGS("\"_x\",\"a\",\"b\"")},
    {"TG4 the last page has no Link", LIST "?last=b&n=3", .status = 200, .want = "!Link",
     .is = TAGS("\"latest\"")},
    {"TG3 n= of exactly what is left has no Link", LIST "?n=7", .status = 200, .want = "!Link",
     .has = "\"latest\"]"},
    {"TG3 n= of more than there are", LIST "?n=1000000", .status = 200, .want = "!Link",
     .has = "\"latest\"]"},
    {"TG3 n=0 is empty without Link", LIST "?n=0", .status = 200, .want = "!Link", .is = TAGS("")},
    {"TG3 n= must be a number", LIST "?n=abc", .status = 400, .code = "PAGINATION_NUMBER_INVALID"},
    {"TG3 n= must not be negative", LIST "?n=-1", .status = 400,
     .code = "PAGINATION_NUMBER_INVALID"},
    {"TG3 n= must not be half a number", LIST "?n=3x", .status = 400,
     .code = "PAGINATION_NUMBER_INVALID"},
    {"TG3 last= is exclusive", LIST "?last=a", .status = 200, .want = "!Link",
     .is = TAGS("\"b\",\"latest\"")},
    {"TG3 last= need not exist", LIST "?last=aa&n=1", .status = 200, .want = "Link: *",
     .is = TAGS("\"b\"")},
    {"TG3 last= behind the end", LIST "?last=zzz", .status = 200, .want = "!Link", .is = TAGS("")},
    {"TG3 last= may be percent-encoded", LIST "?n=1&last=%5Fx", .status = 200, .is = TAGS("\"a\"")},
};

static const struct step emptied[] = {
    {"TG1 deleting the only tag", "DELETE /v2/short/manifests/v1", .status = 202},
    {"TG1 the repository still exists: 200 and []", "GET /v2/short/tags/list", .status = 200,
     .is = "{\"name\":\"short\",\"tags\":[]}"},
    {"TG3 deleting a tag", "DELETE /v2/team/app/manifests/a", .status = 202},
    {"TG3 last= of a tag that is gone goes on after its place", LIST "?last=a", .status = 200,
     .is = TAGS("\"b\",\"latest\"")},
};

static const struct step paged[] = {
    {"TG4 tag_page: a page of the server's size without n=", LIST, .status = 200, .want = "Link: *",
     .is = TAGS("\"1.0\",\"A\"")},
    {"TG4 tag_page: n= above it is cut", LIST "?n=5", .status = 200, .want = "Link: *",
     .is = TAGS("\"1.0\",\"A\"")},
    {"TG4 tag_page: n= below it counts", LIST "?n=1", .status = 200, .want = "Link: *",
     .is = TAGS("\"1.0\"")},
    {"TG4 tag_page: the last page", LIST "?last=b", .status = 200, .want = "!Link",
     .is = TAGS("\"latest\"")},
};

static void fill(struct script *t)
{
    static const char *const names[] = {"latest", "b", "a", "Z", "A", "_x", "1.0"};
    size_t i;

    registry_image(t, "team/app", names[0], "img");
    for (i = 1; i < ARRAY_LEN(names); i++)
        registry_push_manifest(t, "team/app", names[i], "img", OCI_MANIFEST);
    registry_image(t, "untagged", NULL, "bare");
    registry_image(t, "short", "v1", "short");
}

/* Follows Link from page to page and counts what comes. */
static void walk(struct script *t, const char *start, unsigned pages)
{
    char request[512];
    unsigned seen = 0;
    const char *link;

    snprintf(request, sizeof(request), "GET %s", start);
    do {
        const struct response *r = script_send(t, request, NULL, NULL);

        seen++;
        link = response_header(r, "Link");
        if (link != NULL && sscanf(link, "<%500[^>]>", request + 4) != 1)
            break;
    } while (link != NULL && seen < 20);
    is_int(seen, pages, "TG4 following Link from %s comes to an end", start);
}

int main(void)
{
    struct server *s;
    struct script *t;

    plan_lazy();
    s = server_new(NULL);
    t = script_new(s);
    fill(t);
    RUN(t, lists);
    walk(t, "/v2/team/app/tags/list?n=2", 4);
    RUN(t, emptied);
    script_free(t);
    server_free(s);
    s = server_new_config("registry: {tag_page: 2}\n");
    t = script_new(s);
    fill(t);
    RUN(t, paged);
    walk(t, "/v2/team/app/tags/list", 4);
    walk(t, "/v2/team/app/tags/list?n=1", 7);
    script_free(t);
    server_free(s);
    done_testing();
}
