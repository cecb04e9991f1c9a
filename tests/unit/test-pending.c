/* SPDX-License-Identifier: MIT */
/* Images that are being made. */
#include "registry/pending.h"

#include <string.h>

#include "lib/util/err.h"
#include "lib/util/util.h"
#include "tests/tap/tap.h"
#include "tests/unit/fixture.h"

#define MISSING "sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define TEXT    "{ \"schemaVersion\": 2 }\n"

static uint64_t wait_of(const void *arg)
{
    return *(const uint64_t *)arg;
}

/* The status, and the seconds of Retry-After ("" when there are none). */
static void check(struct fixture *f, const char *line, int status, const char *retry)
{
    struct http_exchange *x = fixture_ask(f, line, NULL);
    const char *after = fake_header(x, "Retry-After");

    is_int(fake_status(x), status, "%s", line);
    is_str(after != NULL ? after : "", retry, "  Retry-After");
    fixture_end(x);
}

static void test_reply(struct fixture *f)
{
    struct http_exchange *x = fixture_ask(f, "GET /v2/a/manifests/v1", NULL);

    is_str(fake_body(x),
           "{\"errors\":[{\"code\":\"UNAVAILABLE\",\"message\":\"service unavailable\","
           "\"detail\":{\"reason\":\"a:v1 is being made: the digests of its generated layers are "
           "computed\"}}]}",
           "the body says why");
    fixture_end(x);
}

static void test_what_it_stands_for(struct fixture *f)
{
    uint64_t ms = 2001;
    struct pending *p = NULL;

    check(f, "GET /v2/a/manifests/v1", 404, "");
    is_int(pending_add(&p, f->world, "a", "v1", wait_of, &ms, NULL), 0, "an image is being made");
    check(f, "GET /v2/a/manifests/v1", 503, "3");
    check(f, "HEAD /v2/a/manifests/v1", 503, "3");
    check(f, "GET /v2/a/manifests/" MISSING, 503, "3");
    check(f, "GET /v2/a/blobs/" MISSING, 503, "3");
    check(f, "HEAD /v2/a/blobs/" MISSING, 404, "");
    check(f, "DELETE /v2/a/manifests/v1", 404, "");
    check(f, "GET /v2/a/manifests/v2", 404, "");
    check(f, "GET /v2/b/manifests/v1", 404, "");
    check(f, "GET /v2/b/blobs/" MISSING, 404, "");
    test_reply(f);
    ms = 0;
    check(f, "GET /v2/a/manifests/v1", 503, "1");
    ms = UINT64_MAX / 2;
    check(f, "GET /v2/a/manifests/v1", 503, "60");
    pending_remove(p);
    check(f, "GET /v2/a/manifests/v1", 404, "");
    pending_remove(NULL);
}

/* What is there already is served until its successor is done. */
static void test_present(struct fixture *f)
{
    const struct fixture_manifest m = {.text = TEXT, .tag = "v3"};
    const uint64_t ms = 1;
    struct pending *p = NULL;
    struct pending *untagged = NULL;

    (void)fixture_manifest(f, "a", &m);
    is_int(pending_add(&p, f->world, "a", "v3", wait_of, &ms, NULL), 0, "made anew");
    is_int(pending_add(&untagged, f->world, "c", NULL, wait_of, &ms, NULL), 0, "without a tag");
    check(f, "GET /v2/a/manifests/v3", 200, "");
    check(f, "GET /v2/c/manifests/latest", 404, "");
    check(f, "GET /v2/c/manifests/" MISSING, 503, "1");
    pending_remove(p);
    check(f, "GET /v2/c/manifests/" MISSING, 503, "1");
    pending_remove(untagged);
}

int main(void)
{
    struct fixture f;

    plan_lazy();
    fixture_init(&f);
    test_what_it_stands_for(&f);
    test_present(&f);
    fixture_done(&f);
    done_testing();
}
