/* SPDX-License-Identifier: MIT */
#include "registry/accept.h"

#include "lib/http/request.h"
#include "lib/util/util.h"
#include "tests/tap/tap.h"

#define TYPE   "application/vnd.oci.image.manifest.v1+json"
#define DIGEST "sha256:aaaa"

static void test_accept(void)
{
    static const struct {
        const char *value;
        bool want;
    } rows[] = {
        {TYPE, true},
        {"APPLICATION/VND.OCI.IMAGE.MANIFEST.V1+JSON", true},
        {"*/*", true},
        {"application/*", true},
        {"text/html, " TYPE, true},
        {"text/html," TYPE ",text/plain", true},
        {TYPE "; q=0.5", true},
        {TYPE ";charset=utf-8;q=0.001", true},
        {"text/html;a=\"x,*/*\", */*;q=0.1", true},
        {", " TYPE ",", true},
        {"", true}, /* says nothing */
        {"text/html", false},
        {"text/*", false},
        {"application/vnd.oci.image.index.v1+json", false},
        {TYPE "x", false},
        {"application", false},
        {"applications/*", false},
        {TYPE ";q=0", false},
        {TYPE "; Q=0.000", false},
        {"*/*, " TYPE ";q=0", false},
        {"*/*;q=0, " TYPE, true},
        {"application/*;q=0, */*", false},
        {"application/*, */*;q=0", true},
        {"text/html;a=\"x,*/*\"", false},
        {"text/html;a=\"" TYPE, false},
    };

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        const struct http_header header = {"accept", rows[i].value};
        const struct http_request req = {.header_count = 1, .headers = &header};

        is_int(accept_allows(&req, TYPE), rows[i].want, "PL4 Accept: %s", rows[i].value);
    }
}

static void test_several_accept(void)
{
    const struct http_header headers[] = {
        {"Accept", "text/html"},
        {"Host", "*/*"},
        {"ACCEPT", "text/plain, " TYPE},
    };
    const struct http_request none = {0};
    const struct http_request two = {.header_count = 2, .headers = headers};
    const struct http_request three = {.header_count = 3, .headers = headers};

    ok(accept_allows(&none, TYPE), "PL4 no Accept allows everything");
    ok(!accept_allows(&two, TYPE), "PL4 another header does not count");
    ok(accept_allows(&three, TYPE), "PL4 several Accept headers are one list");
}

static void test_none_match(void)
{
    static const struct {
        const char *value;
        bool want;
    } rows[] = {
        {"\"" DIGEST "\"", true},
        {DIGEST, true},
        {"W/\"" DIGEST "\"", true},
        {"*", true},
        {"\"x\", \"" DIGEST "\"", true},
        {"\"x\"," DIGEST, true},
        {"", false},
        {"\"\"", false},
        {"\"", false},
        {"W/", false},
        {"\"x\"", false},
        {"\"" DIGEST, false},
        {DIGEST "b", false},
        {"sha256:aaa", false},
        {"\"x," DIGEST "\"", false},
    };

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        const struct http_header header = {"If-None-Match", rows[i].value};
        const struct http_request req = {.header_count = 1, .headers = &header};

        is_int(accept_has_already(&req, DIGEST), rows[i].want, "PL6 If-None-Match: %s",
               rows[i].value);
    }
}

static void test_if_range(void)
{
    static const struct {
        const char *value;
        bool want;
    } rows[] = {
        {"\"" DIGEST "\"", true}, {DIGEST, true}, {"W/\"" DIGEST "\"", false},
        {"\"x\"", false},         {"", false},    {"Tue, 15 Nov 1994 12:45:26 GMT", false},
    };
    const struct http_request none = {0};

    ok(accept_range_holds(&none, DIGEST), "PL7 no If-Range");
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        const struct http_header header = {"If-Range", rows[i].value};
        const struct http_request req = {.header_count = 1, .headers = &header};

        is_int(accept_range_holds(&req, DIGEST), rows[i].want, "PL7 If-Range: %s", rows[i].value);
    }
}

int main(void)
{
    plan_lazy();
    test_accept();
    test_several_accept();
    test_none_match();
    test_if_range();
    done_testing();
}
