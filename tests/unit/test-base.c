/* SPDX-License-Identifier: MIT */
/* The front page, the ping (PI1) and the list of extensions. */
#include <string.h>

#include <jansson.h>

#include "tests/tap/tap.h"
#include "tests/unit/fixture.h"

static void test_ping(struct fixture *f)
{
    static const char *const lines[] = {"GET /v2/", "GET /v2"};

    for (size_t i = 0; i < 2; i++) {
        struct http_exchange *x = fixture_ask(f, lines[i]);

        is_int(fake_status(x), 200, "PI1 %s", lines[i]);
        is_str(fake_body(x), "{}", "PI1   body");
        is_int(fake_length(x), 2, "PI1   Content-Length");
        is_str(fake_header(x, "Content-Type"), "application/json", "PI1   Content-Type");
        is_str(fake_header(x, "Docker-Distribution-API-Version"), "registry/2.0", "C1   version");
        fixture_end(x);
    }
}

static void test_root(struct fixture *f)
{
    struct http_exchange *x = fixture_ask(f, "GET /");

    is_int(fake_status(x), 200, "GET /");
    ok(strstr(fake_body(x), "/v2/") != NULL, "  says where the API is");
    fixture_end(x);
}

static void check_extensions(struct fixture *f, const char *line)
{
    struct http_exchange *x = fixture_ask(f, line);
    json_t *doc = json_loads(fake_body(x), 0, NULL);
    json_t *list = json_object_get(doc, "extensions");

    is_int(fake_status(x), 200, "%s", line);
    is_int((long long)json_array_size(list), 1, "  one extension");
    is_str(json_string_value(json_object_get(json_array_get(list, 0), "name")), "_oci", "  name");
    json_decref(doc);
    fixture_end(x);
}

int main(void)
{
    struct fixture f;
    struct http_exchange *x;

    plan_lazy();
    fixture_init(&f);
    test_ping(&f);
    test_root(&f);
    (void)fixture_blob(&f, "a/b", "x", 1);
    check_extensions(&f, "GET /v2/_oci/ext/discover");
    check_extensions(&f, "GET /v2/a/b/_oci/ext/discover");
    x = fixture_ask(&f, "GET /v2/never/_oci/ext/discover");
    is_int(fake_status(x), 404, "extensions of an unknown repository");
    fixture_end(x);
    fixture_done(&f);
    done_testing();
}
