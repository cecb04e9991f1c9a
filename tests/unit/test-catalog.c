/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <string.h>

#include "tests/tap/tap.h"
#include "tests/unit/fixture.h"

static void check(struct fixture *f, const char *query, const char *names, const char *link,
                  const char *name)
{
    char line[512];
    char want[512];
    struct http_exchange *x;

    (void)snprintf(line, sizeof(line), "GET /v2/_catalog%s", query);
    (void)snprintf(want, sizeof(want), "{\"repositories\":[%s]}", names);
    x = fixture_ask(f, line);
    is_int(fake_status(x), 200, "%s", name);
    is_str(fake_body(x), want, "  names");
    is_str(fake_header(x, "Link"), link, "  Link");
    fixture_end(x);
}

static void test_off(struct fixture *f)
{
    struct http_exchange *x;

    f->world->settings.catalog = false;
    x = fixture_ask(f, "GET /v2/_catalog");
    is_int(fake_status(x), 404, "a catalog that is switched off");
    ok(strstr(fake_body(x), "\"UNSUPPORTED\"") != NULL, "  code");
    fixture_end(x);
    f->world->settings.catalog = true;
}

int main(void)
{
    struct fixture f;
    struct http_exchange *x;

    plan_lazy();
    fixture_init(&f);
    check(&f, "", "", NULL, "an empty registry");
    (void)fixture_blob(&f, "b", "x", 1);
    (void)fixture_blob(&f, "a/c", "x", 1);
    (void)fixture_blob(&f, "a-b", "x", 1);
    check(&f, "", "\"a-b\",\"a/c\",\"b\"", NULL, "all, bytewise");
    check(&f, "?n=1", "\"a-b\"", "</v2/_catalog?last=a-b&n=1>; rel=\"next\"", "the first page");
    check(&f, "?n=1&last=a-b", "\"a/c\"", "</v2/_catalog?last=a/c&n=1>; rel=\"next\"",
          "the second page");
    check(&f, "?last=a%2Fc&n=1", "\"b\"", NULL, "the last page");
    check(&f, "?n=0", "", NULL, "n=0");
    f.world->settings.tag_page = 2;
    check(&f, "", "\"a-b\",\"a/c\"", "</v2/_catalog?last=a/c&n=2>; rel=\"next\"",
          "the largest page");
    x = fixture_ask(&f, "GET /v2/_catalog?n=x");
    is_int(fake_status(x), 400, "a malformed n");
    fixture_end(x);
    test_off(&f);
    fixture_done(&f);
    done_testing();
}
