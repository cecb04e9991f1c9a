/* SPDX-License-Identifier: MIT */
/* Listing tags, rules TG1 to TG4. */
#include <stdio.h>
#include <string.h>

#include "lib/util/util.h"
#include "tests/tap/tap.h"
#include "tests/unit/fixture.h"

static void check(struct fixture *f, const char *query, const char *tags, const char *link,
                  const char *name)
{
    char line[512];
    char want[512];
    struct http_exchange *x;

    (void)snprintf(line, sizeof(line), "GET /v2/a/b/tags/list%s", query);
    (void)snprintf(want, sizeof(want), "{\"name\":\"a/b\",\"tags\":[%s]}", tags);
    x = fixture_ask(f, line);
    is_int(fake_status(x), 200, "%s", name);
    is_str(fake_body(x), want, "  tags");
    is_str(fake_header(x, "Link"), link, "  Link");
    fixture_end(x);
}

static void check_bad(struct fixture *f, const char *query)
{
    char line[512];
    struct http_exchange *x;

    (void)snprintf(line, sizeof(line), "GET /v2/a/b/tags/list?n=%s", query);
    x = fixture_ask(f, line);
    is_int(fake_status(x), 400, "TG3 n=%s", query);
    ok(strstr(fake_body(x), "\"code\":\"PAGINATION_NUMBER_INVALID\"") != NULL, "TG3   code");
    fixture_end(x);
}

static void add_tags(struct fixture *f)
{
    static const char *const tags[] = {"v2", "a", "V1", "_x", "v10", "0"};

    for (size_t i = 0; i < ARRAY_LEN(tags); i++) {
        const struct fixture_manifest m = {.text = "{}", .tag = tags[i]};

        (void)fixture_manifest(f, "a/b", &m);
    }
}

static void test_unknown(struct fixture *f)
{
    struct http_exchange *x = fixture_ask(f, "GET /v2/never/tags/list");

    is_int(fake_status(x), 404, "TG1 an unknown repository");
    is_str(fake_body(x),
           "{\"errors\":[{\"code\":\"NAME_UNKNOWN\",\"message\":\"repository name not known to "
           "registry\",\"detail\":{\"name\":\"never\"}}]}",
           "TG1   NAME_UNKNOWN");
    fixture_end(x);
}

static void test_empty(struct fixture *f)
{
    const struct fixture_manifest m = {.text = "{}", .tag = "last"};
    struct http_exchange *x;

    (void)fixture_manifest(f, "empty", &m);
    fixture_end(fixture_ask(f, "DELETE /v2/empty/manifests/last"));
    x = fixture_ask(f, "GET /v2/empty/tags/list");
    is_int(fake_status(x), 200, "TG1 a repository whose last tag was deleted");
    is_str(fake_body(x), "{\"name\":\"empty\",\"tags\":[]}", "TG1   an empty list");
    fixture_end(x);
}

static void test_pages(struct fixture *f)
{
    check(f, "", "\"0\",\"V1\",\"_x\",\"a\",\"v10\",\"v2\"", NULL, "TG2 all, bytewise");
    check(f, "?n=2", "\"0\",\"V1\"", "</v2/a/b/tags/list?last=V1&n=2>; rel=\"next\"", "TG3 n=2");
    check(f, "?last=V1&n=2", "\"_x\",\"a\"", "</v2/a/b/tags/list?last=a&n=2>; rel=\"next\"",
          "TG4 the next page");
    check(f, "?n=2&last=a", "\"v10\",\"v2\"", NULL, "TG4 the last page has no Link");
    check(f, "?n=6", "\"0\",\"V1\",\"_x\",\"a\",\"v10\",\"v2\"", NULL, "TG3 exactly all");
    check(f, "?n=0", "", NULL, "TG3 n=0");
    check(f, "?n=99999999999999999999999", "\"0\",\"V1\",\"_x\",\"a\",\"v10\",\"v2\"", NULL,
          "TG3 a very large n");
    check(f, "?last=gone&n=1", "\"v10\"", "</v2/a/b/tags/list?last=v10&n=1>; rel=\"next\"",
          "TG3 last need not exist");
    check(f, "?last=zzz", "", NULL, "TG3 behind the last tag");
    check(f, "?n=&last=", "\"0\",\"V1\",\"_x\",\"a\",\"v10\",\"v2\"", NULL, "TG3 empty parameters");
    check_bad(f, "-1");
    check_bad(f, "abc");
    check_bad(f, "1.5");
    check_bad(f, "%ff");
}

static void test_limit(struct fixture *f)
{
    f->world->settings.tag_page = 4;
    check(f, "", "\"0\",\"V1\",\"_x\",\"a\"", "</v2/a/b/tags/list?last=a&n=4>; rel=\"next\"",
          "TG4 the largest page without n");
    check(f, "?n=100", "\"0\",\"V1\",\"_x\",\"a\"", "</v2/a/b/tags/list?last=a&n=4>; rel=\"next\"",
          "TG4 the largest page with n");
    check(f, "?n=1", "\"0\"", "</v2/a/b/tags/list?last=0&n=1>; rel=\"next\"", "TG4 a smaller n");
    f->world->settings.tag_page = 0;
}

static void test_head(struct fixture *f)
{
    struct http_exchange *x = fixture_ask(f, "HEAD /v2/a/b/tags/list");

    is_int(fake_status(x), 200, "C3 HEAD");
    is_int(fake_length(x),
           (long long)strlen("{\"name\":\"a/b\",\"tags\":[\"0\",\"V1\",\"_x\",\"a\","
                             "\"v10\",\"v2\"]}"),
           "C3   Content-Length");
    is_str(fake_header(x, "Content-Type"), "application/json", "C3   Content-Type");
    fixture_end(x);
}

int main(void)
{
    struct fixture f;

    plan_lazy();
    fixture_init(&f);
    add_tags(&f);
    test_unknown(&f);
    test_empty(&f);
    test_pages(&f);
    test_limit(&f);
    test_head(&f);
    fixture_done(&f);
    done_testing();
}
