/* SPDX-License-Identifier: MIT */
/* Listing referrers, rules RF1 to RF7. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "lib/util/buf.h"
#include "lib/util/util.h"
#include "tests/tap/tap.h"
#include "tests/unit/fixture.h"

#define HEX           "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define SUBJECT       "sha256:" HEX
#define OTHER_SUBJECT "sha256:bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"
#define EMPTY                                                                                      \
    "{\"schemaVersion\":2,\"mediaType\":\"application/"                                            \
    "vnd.oci.image.index.v1+json\",\"manifests\":[]}"

static struct http_exchange *ask(struct fixture *f, const char *repo, const char *query)
{
    char line[1024];

    (void)snprintf(line, sizeof(line), "GET /v2/%s/referrers/" SUBJECT "%s", repo, query);
    return fixture_ask(f, line);
}

/* The digests in a reply, in order; the number of them. */
static size_t digests_of(struct http_exchange *x, struct digest *ret, size_t max)
{
    json_t *doc = json_loads(fake_body(x), JSON_REJECT_DUPLICATES, NULL);
    json_t *list = json_object_get(doc, "manifests");
    size_t n = json_array_size(list);

    for (size_t i = 0; i < n && i < max; i++) {
        const char *text = json_string_value(json_object_get(json_array_get(list, i), "digest"));

        ASSERT(text != NULL && digest_parse(&ret[i], text, NULL) == 0);
    }
    json_decref(doc);
    return n;
}

static void check_count(struct fixture *f, const char *query, size_t want, const char *filters,
                        const char *name)
{
    struct http_exchange *x = ask(f, "r", query);

    is_int(fake_status(x), 200, "%s", name);
    is_int((long long)digests_of(x, NULL, 0), (long long)want, "  entries");
    is_str(fake_header(x, "OCI-Filters-Applied"), filters, "  OCI-Filters-Applied");
    fixture_end(x);
}

static struct digest add(struct fixture *f, const char *repo, const char *text, const char *type,
                         const char *subject, const char *annotations)
{
    const struct fixture_manifest m = {
        .text = text,
        .artifact_type = type,
        .subject = subject,
        .annotations = annotations,
    };

    return fixture_manifest(f, repo, &m);
}

static void test_empty(struct fixture *f)
{
    struct http_exchange *x = ask(f, "never", "");

    is_int(fake_status(x), 200, "RF1 a repository that was never seen");
    is_str(fake_body(x), EMPTY, "RF1   an empty index");
    is_str(fake_header(x, "Content-Type"), OCI_INDEX, "RF1   Content-Type");
    is_str(fake_header(x, "OCI-Filters-Applied"), NULL, "RF5   nothing filtered");
    fixture_end(x);
    x = fixture_ask(f, "GET /v2/a/referrers/sha256:abc");
    is_int(fake_status(x), 400, "RF2 a malformed digest");
    ok(strstr(fake_body(x), "DIGEST_INVALID") != NULL, "RF2   code");
    fixture_end(x);
    x = fixture_ask(f, "GET /v2/a/referrers/latest");
    is_int(fake_status(x), 400, "RF2 a tag");
    fixture_end(x);
    f->world->settings.referrers = false;
    x = ask(f, "never", "");
    is_int(fake_status(x), 404, "RF2 switched off");
    ok(strstr(fake_body(x), "\"UNSUPPORTED\"") != NULL, "RF2   code");
    fixture_end(x);
    f->world->settings.referrers = true;
}

static void test_descriptor(struct fixture *f)
{
    struct digest d = add(f, "one", "{\"x\":1}", "a/b+c", SUBJECT, "{\"k\":\"v\"}");
    struct http_exchange *x = ask(f, "one", "");
    char want[512];

    (void)snprintf(want, sizeof(want),
                   "{\"schemaVersion\":2,\"mediaType\":\"" OCI_INDEX "\",\"manifests\":[{"
                   "\"mediaType\":\"" OCI_MANIFEST "\",\"size\":7,\"digest\":\"%s\","
                   "\"artifactType\":\"a/b+c\",\"annotations\":{\"k\":\"v\"}}]}",
                   d.text);
    is_str(fake_body(x), want, "RF3 a descriptor");
    fixture_end(x);
    (void)add(f, "one", "{\"x\":1}", "a/b+c", SUBJECT, "{\"k\":\"v\"}");
    x = ask(f, "one", "");
    is_str(fake_body(x), want, "RF4 no duplicate when pushed again");
    fixture_end(x);
    {
        char line[512];

        (void)snprintf(line, sizeof(line), "DELETE /v2/one/manifests/%s", d.text);
        fixture_end(fixture_ask(f, line));
    }
    x = ask(f, "one", "");
    is_str(fake_body(x), EMPTY, "RF4 gone with the manifest");
    fixture_end(x);
}

static void test_bare_descriptor(struct fixture *f)
{
    const struct fixture_manifest m = {
        .text = "{}", .media_type = "x/\"\\\x80\x01", .subject = SUBJECT};
    struct digest d = fixture_manifest(f, "bare", &m);
    struct http_exchange *x = ask(f, "bare", "");
    char want[512];

    (void)snprintf(want, sizeof(want),
                   "{\"schemaVersion\":2,\"mediaType\":\"" OCI_INDEX "\",\"manifests\":[{"
                   "\"mediaType\":\"x/\\\"\\\\\\ufffd\\ufffd\",\"size\":2,\"digest\":\"%s\"}]}",
                   d.text);
    is_str(fake_body(x), want, "RF3 without type and annotations; text is escaped");
    fixture_end(x);
}

static void test_filter(struct fixture *f)
{
    (void)add(f, "r", "{\"n\":1}", "sig/a", SUBJECT, NULL);
    (void)add(f, "r", "{\"n\":2}", "sig/a", SUBJECT, NULL);
    (void)add(f, "r", "{\"n\":3}", "sbom/b+json", SUBJECT, NULL);
    (void)add(f, "r", "{\"n\":4}", "", SUBJECT, NULL);
    (void)add(f, "r", "{\"n\":5}", "sig/a", OTHER_SUBJECT, NULL);
    check_count(f, "", 4, NULL, "RF5 no filter");
    check_count(f, "?artifactType=", 4, NULL, "RF5 an empty filter");
    check_count(f, "?artifactType=sig/a", 2, "artifactType", "RF5 one filter");
    check_count(f, "?artifactType=sbom%2Fb%2Bjson", 1, "artifactType", "RF5 an escaped filter");
    check_count(f, "?artifactType=sig/a&artifactType=sbom/b%2Bjson", 3, "artifactType",
                "RF5 a union");
    check_count(f, "?artifactType=none", 0, "artifactType", "RF5 nothing matches");
    check_count(f, "?n=10", 4, NULL, "RF5 n is accepted");
    f->world->settings.referrers_filter = false;
    check_count(f, "?artifactType=sig/a", 4, NULL, "RF5 the filter is switched off");
    f->world->settings.referrers_filter = true;
}

static void test_pages(struct fixture *f)
{
    struct digest all[4];
    struct digest one[4];
    struct http_exchange *x = ask(f, "r", "");
    char want[1024];
    char next[512] = "";

    is_int((long long)digests_of(x, all, 4), 4, "RF6 all");
    is_str(fake_header(x, "Link"), NULL, "RF6   no Link");
    fixture_end(x);
    f->world->settings.referrers_page = 3;
    x = ask(f, "r", "?artifactType=sig/a&artifactType=sbom/b%2Bjson&n=2");
    is_int((long long)digests_of(x, one, 4), 2, "RF6 a page of two");
    (void)snprintf(want, sizeof(want),
                   "</v2/r/referrers/" SUBJECT "?artifactType=sig/a&artifactType=sbom/b%%2Bjson"
                   "&last=sha256:%s&n=2>; rel=\"next\"",
                   digest_encoded(&one[1]));
    is_str(fake_header(x, "Link"), want, "RF6   Link keeps the filter");
    (void)snprintf(next, sizeof(next),
                   "?artifactType=sig/a&artifactType=sbom/b%%2Bjson&n=2&last=%s", one[1].text);
    fixture_end(x);
    x = ask(f, "r", next);
    is_int((long long)digests_of(x, one, 4), 1, "RF6 the second page");
    is_str(fake_header(x, "Link"), NULL, "RF6   is the last");
    fixture_end(x);
    x = ask(f, "r", "");
    is_int((long long)digests_of(x, one, 4), 3, "RF6 the largest page");
    ok(digest_equal(&one[0], &all[0]) && digest_equal(&one[2], &all[2]), "RF6   in order");
    ok(fake_header(x, "Link") != NULL, "RF6   Link");
    fixture_end(x);
    f->world->settings.referrers_page = 1000;
}

/* Three entries of 3 MiB each: a page that has grown too far ends. */
static void test_large_entries(struct fixture *f)
{
    static const char *const texts[] = {"{\"n\":1}", "{\"n\":2}", "{\"n\":3}"};
    enum { VALUE = 3 * 1024 * 1024 };
    auto_free char *annotations = malloc(VALUE + 16);
    struct digest got[4];
    struct http_exchange *x;
    char query[256];

    ASSERT(annotations != NULL);
    memcpy(annotations, "{\"k\":\"", 6);
    memset(annotations + 6, 'x', VALUE);
    memcpy(annotations + 6 + VALUE, "\"}", 3);
    f->world->settings.referrers_page = 0;
    for (size_t i = 0; i < ARRAY_LEN(texts); i++)
        (void)add(f, "big", texts[i], "", SUBJECT, annotations);
    x = ask(f, "big", "");
    is_int((long long)digests_of(x, got, 4), 2, "RF6 a page of large entries");
    (void)snprintf(query, sizeof(query), "</v2/big/referrers/" SUBJECT "?last=%s>; rel=\"next\"",
                   got[1].text);
    is_str(fake_header(x, "Link"), query, "RF6   Link without n");
    (void)snprintf(query, sizeof(query), "?last=%s", got[1].text);
    fixture_end(x);
    x = ask(f, "big", query);
    is_int((long long)digests_of(x, got, 4), 1, "RF6 the rest");
    is_str(fake_header(x, "Link"), NULL, "RF6   without Link");
    fixture_end(x);
    f->world->settings.referrers_page = 1000;
}

/* An index under the fallback tag; padded beyond what is read at once when large. */
static void add_fallback(struct fixture *f, const char *repo, const struct digest *list, size_t n,
                         size_t padding)
{
    auto_buf struct buf text;
    char *room;

    buf_init(&text, 1024 * 1024);
    (void)buf_append_text(&text,
                          "{\"schemaVersion\":2,\"mediaType\":\"" OCI_INDEX "\",\"manifests\":[");
    for (size_t i = 0; i < n; i++)
        (void)buf_appendf(&text,
                          "%s{\"mediaType\":\"" OCI_MANIFEST "\",\"size\":7,\"digest\":\"%s\"}",
                          i > 0 ? "," : "", list[i].text);
    room = buf_room(&text, padding);
    ASSERT(room != NULL);
    memset(room, ' ', padding);
    buf_grown(&text, padding);
    (void)buf_append_text(&text, "]}");
    (void)fixture_manifest(f, repo,
                           &(struct fixture_manifest){.text = buf_text(&text),
                                                      .media_type = OCI_INDEX,
                                                      .tag = "sha256-" HEX});
}

static void test_fallback(struct fixture *f, const char *repo, size_t padding, const char *name)
{
    struct digest list[4];
    struct digest got[4];
    struct http_exchange *x;

    list[0] = add(f, repo, "{\"n\":1}", "sig/a", SUBJECT, NULL);
    list[1] = add(f, repo, "{\"n\":2}", "sig/b", NULL, NULL);
    list[2] = list[1];
    list[3] = add(f, "elsewhere", "{\"n\":3}", "sig/b", NULL, NULL);
    add_fallback(f, repo, list, 4, padding);
    x = ask(f, repo, "");
    is_int(fake_status(x), 200, "RF7 %s", name);
    is_int((long long)digests_of(x, got, 4), 2, "RF7   each once, and only what is there");
    ok(strcmp(got[0].text, got[1].text) < 0, "RF7   in order");
    fixture_end(x);
    x = ask(f, repo, "?artifactType=sig/b");
    is_int((long long)digests_of(x, got, 4), 1, "RF7   filtered");
    ok(digest_equal(&got[0], &list[1]), "RF7   the right one");
    fixture_end(x);
}

static void test_fallback_of_others(struct fixture *f)
{
    const struct fixture_manifest m = {.text = "no JSON", .tag = "sha256-" HEX};
    struct http_exchange *x;

    (void)fixture_manifest(f, "odd", &m);
    x = ask(f, "odd", "");
    is_str(fake_body(x), EMPTY, "RF7 a fallback tag on something else");
    fixture_end(x);
}

/* The client leaves while a large list is read. */
static void test_abandon(struct fixture *f)
{
    struct http_exchange *x =
        fake_exchange_new(f->loop, f->world, "GET /v2/large/referrers/" SUBJECT, NULL);
    struct http_exchange *next;

    registry_request(x, NULL);
    is_int(fake_status(x), 0, "a large list is read in a job");
    fixture_end(x);
    next = ask(f, "large", "");
    is_int(fake_status(next), 200, "the client left, the next one is served");
    fixture_end(next);
}

int main(void)
{
    struct fixture f;

    plan_lazy();
    fixture_init(&f);
    test_empty(&f);
    test_descriptor(&f);
    test_bare_descriptor(&f);
    test_filter(&f);
    test_pages(&f);
    test_large_entries(&f);
    test_fallback(&f, "small", 0, "a fallback list");
    test_fallback(&f, "large", 300 * 1024, "a large fallback list");
    test_fallback_of_others(&f);
    test_abandon(&f);
    fixture_done(&f);
    done_testing();
}
