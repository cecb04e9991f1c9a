/* SPDX-License-Identifier: MIT */
/* Images that are being made. */
#include "registry/pending.h"

#include <string.h>

#include <jansson.h>

#include "lib/util/err.h"
#include "lib/util/util.h"
#include "tests/tap/tap.h"
#include "tests/unit/fixture.h"

#define MISSING "sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define TEXT    "{ \"schemaVersion\": 2 }\n"

/* An image on its way, as its maker sees it. */
struct maker {
    uint64_t ms;
    struct pending *pending;
};

static uint64_t wait_of(const void *arg)
{
    return ((const struct maker *)arg)->ms;
}

static void on_cancel(void *arg)
{
    struct maker *m = arg;

    pending_remove(STEAL(m->pending));
}

static void begin(struct maker *m, struct fixture *f, const char *repo, const char *tag)
{
    json_t *tags = tag != NULL ? json_pack("[s, s]", "more", tag) : NULL;
    const struct pending_options options = {
        .repo = repo, .tags = tags, .wait = wait_of, .cancel = on_cancel, .arg = m};

    ASSERT(pending_add(&m->pending, f->world, &options, NULL) == 0);
    json_decref(tags);
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
           "\"detail\":{\"reason\":\"an image in a is being made\"}}]}",
           "the body says why");
    fixture_end(x);
}

static void test_what_it_stands_for(struct fixture *f)
{
    struct maker m = {.ms = 2001};

    check(f, "GET /v2/a/manifests/v1", 404, "");
    begin(&m, f, "a", "v1");
    check(f, "GET /v2/a/manifests/v1", 503, "3");
    check(f, "HEAD /v2/a/manifests/v1", 503, "3");
    check(f, "GET /v2/a/manifests/more", 503, "3");
    check(f, "GET /v2/a/manifests/" MISSING, 503, "3");
    check(f, "GET /v2/a/blobs/" MISSING, 503, "3");
    check(f, "HEAD /v2/a/blobs/" MISSING, 404, "");
    check(f, "DELETE /v2/a/manifests/v1", 404, "");
    check(f, "GET /v2/a/manifests/v2", 404, "");
    check(f, "GET /v2/b/manifests/v1", 404, "");
    check(f, "GET /v2/b/blobs/" MISSING, 404, "");
    test_reply(f);
    m.ms = 0;
    check(f, "GET /v2/a/manifests/v1", 503, "1");
    m.ms = UINT64_MAX / 2;
    check(f, "GET /v2/a/manifests/v1", 503, "60");
    pending_remove(m.pending);
    check(f, "GET /v2/a/manifests/v1", 404, "");
    pending_remove(NULL);
}

/* What is there already is served until its successor is done. */
static void test_present(struct fixture *f)
{
    const struct fixture_manifest manifest = {.text = TEXT, .tag = "v3"};
    struct maker again = {.ms = 1};
    struct maker untagged = {.ms = 1};

    (void)fixture_manifest(f, "a", &manifest);
    begin(&again, f, "a", "v3");
    begin(&untagged, f, "c", NULL);
    check(f, "GET /v2/a/manifests/v3", 200, "");
    check(f, "GET /v2/c/manifests/latest", 404, "");
    check(f, "GET /v2/c/manifests/" MISSING, 503, "1");
    pending_remove(STEAL(again.pending));
    check(f, "GET /v2/c/manifests/" MISSING, 503, "1");
    begin(&again, f, "a", "v3");
    world_release(f->world);
    ok(again.pending == NULL && untagged.pending == NULL, "a world that goes tells the makers");
    check(f, "GET /v2/c/manifests/" MISSING, 404, "");
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
