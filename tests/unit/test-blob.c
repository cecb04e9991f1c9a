/* SPDX-License-Identifier: MIT */
/* Reading and deleting blobs, rules PL5 to PL8 and DL3, DL4. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/util/util.h"
#include "registry/store/blob_store.h"
#include "registry/store/meta_store.h"
#include "tests/tap/tap.h"
#include "tests/unit/fixture.h"

#define MISSING "sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"

enum { SMALL = 2048, LARGE = BLOB_INLINE_MAX + 1000 };

static char *content_of(size_t n)
{
    char *p = malloc(n + 1);

    ASSERT(p != NULL);
    for (size_t i = 0; i < n; i++)
        p[i] = (char)('a' + i % 26);
    p[n] = '\0';
    return p;
}

static struct http_exchange *ask(struct fixture *f, const char *method, const char *repo,
                                 const char *digest, const char *header)
{
    char line[512];

    (void)snprintf(line, sizeof(line), "%s /v2/%s/blobs/%s", method, repo, digest);
    return fixture_ask(f, line, header);
}

static void check_pull(struct fixture *f, const struct digest *d, const char *content, size_t size,
                       const char *name)
{
    struct http_exchange *x = ask(f, "GET", "a/b", d->text, NULL);
    char etag[DIGEST_TEXT_MAX + 3];

    (void)snprintf(etag, sizeof(etag), "\"%s\"", d->text);
    is_int(fake_status(x), 200, "PL5 GET of %s", name);
    is_str(fake_body(x), content, "PL5   its bytes");
    is_int(fake_length(x), (long long)size, "PL5   Content-Length");
    is_str(fake_header(x, "Content-Type"), "application/octet-stream", "PL5   Content-Type");
    is_str(fake_header(x, "Docker-Content-Digest"), d->text, "PL5   Docker-Content-Digest");
    is_str(fake_header(x, "Accept-Ranges"), "bytes", "PL5   Accept-Ranges");
    is_str(fake_header(x, "ETag"), etag, "PL6   ETag");
    is_str(fake_header(x, "Content-Encoding"), NULL, "PL5   no Content-Encoding");
    is_str(fake_header(x, "Docker-Distribution-API-Version"), "registry/2.0", "C1   version");
    fixture_end(x);

    x = ask(f, "HEAD", "a/b", d->text, NULL);
    is_int(fake_status(x), 200, "C3 HEAD of %s", name);
    is_int(fake_length(x), (long long)size, "C3   the length of GET");
    is_str(fake_header(x, "Docker-Content-Digest"), d->text, "C3   Docker-Content-Digest");
    fixture_end(x);
}

static void test_get(struct fixture *f, size_t size, const char *name)
{
    auto_free char *content = content_of(size);
    struct digest d = fixture_blob(f, "a/b", content, size);

    check_pull(f, &d, content, size, name);
}

static void test_missing(struct fixture *f)
{
    struct digest d = fixture_blob(f, "other", "elsewhere", 9);
    struct http_exchange *x = ask(f, "GET", "a/b", MISSING, NULL);

    is_int(fake_status(x), 404, "a blob that is not there");
    is_str(fake_body(x),
           "{\"errors\":[{\"code\":\"BLOB_UNKNOWN\",\"message\":\"blob unknown to registry\","
           "\"detail\":{\"name\":\"a/b\",\"digest\":\"" MISSING "\"}}]}",
           "C2   error body");
    is_str(fake_header(x, "Content-Type"), "application/json", "C2   its type");
    fixture_end(x);

    x = ask(f, "GET", "a/b", d.text, NULL);
    is_int(fake_status(x), 404, "PL5 a blob of another repository is not seen");
    fixture_end(x);
    x = ask(f, "GET", "never/seen", MISSING, NULL);
    is_int(fake_status(x), 404, "a repository that is not there");
    fixture_end(x);
    x = ask(f, "GET", "a/b", "sha256:abc", NULL);
    is_int(fake_status(x), 400, "PL3 a malformed digest");
    ok(strstr(fake_body(x), "DIGEST_INVALID") != NULL, "PL3   code");
    fixture_end(x);
    x = ask(f, "GET", "a/b", "md5:abc", NULL);
    is_int(fake_status(x), 400, "PL3 an unknown algorithm");
    fixture_end(x);
}

static void check_range(struct fixture *f, const struct digest *d, const char *content,
                        const char *range, const char *want, size_t first, size_t n)
{
    char header[128];
    struct http_exchange *x;

    (void)snprintf(header, sizeof(header), "Range: %s", range);
    x = ask(f, "GET", "a/b", d->text, header);
    is_int(fake_status(x), 206, "PL7 %s", range);
    is_str(fake_header(x, "Content-Range"), want, "PL7   Content-Range");
    is_mem(fake_body(x), strlen(fake_body(x)), content + first, n, "PL7   bytes");
    is_int(fake_length(x), (long long)n, "PL7   Content-Length");
    fixture_end(x);
}

static void check_refused(struct fixture *f, const struct digest *d, const char *range)
{
    char header[128];
    struct http_exchange *x;

    (void)snprintf(header, sizeof(header), "Range: %s", range);
    x = ask(f, "GET", "a/b", d->text, header);
    is_int(fake_status(x), 416, "PL7 %s", range);
    is_str(fake_header(x, "Content-Range"), "bytes */2048", "PL7   Content-Range");
    ok(strstr(fake_body(x), "SIZE_INVALID") != NULL, "PL7   code");
    fixture_end(x);
}

static void check_full(struct fixture *f, const struct digest *d, const char *method,
                       const char *range, const char *if_range, const char *name)
{
    char line[512];
    struct http_exchange *x;

    (void)snprintf(line, sizeof(line), "%s /v2/a/b/blobs/%s", method, d->text);
    x = fixture_ask(f, line, range, if_range);
    is_int(fake_status(x), 200, "PL7 %s", name);
    is_int(fake_length(x), SMALL, "PL7   in full");
    is_str(fake_header(x, "Content-Range"), NULL, "PL7   no Content-Range");
    fixture_end(x);
}

static void test_ranges(struct fixture *f)
{
    auto_free char *content = content_of(SMALL);
    struct digest d = fixture_blob(f, "a/b", content, SMALL);
    char if_range[DIGEST_TEXT_MAX + 20];

    check_range(f, &d, content, "bytes=500-1499", "bytes 500-1499/2048", 500, 1000);
    check_range(f, &d, content, "bytes=500-", "bytes 500-2047/2048", 500, 1548);
    check_range(f, &d, content, "bytes=-500", "bytes 1548-2047/2048", 1548, 500);
    check_range(f, &d, content, "bytes=2000-5000", "bytes 2000-2047/2048", 2000, 48);
    check_range(f, &d, content, "bytes=0-", "bytes 0-2047/2048", 0, 2048);
    check_range(f, &d, content, "bytes=3-4,9999-", "bytes 3-4/2048", 3, 2);
    check_refused(f, &d, "bytes=500-0");
    check_refused(f, &d, "bytes=5000-10000");
    check_full(f, &d, "GET", "Range: items=0-1", NULL, "another unit");
    check_full(f, &d, "GET", "Range: bytes=x", NULL, "a malformed range");
    check_full(f, &d, "HEAD", "Range: bytes=0-1", NULL, "HEAD ignores ranges");
    check_full(f, &d, "GET", "Range: bytes=0-1", "If-Range: \"other\"",
               "If-Range of other content");
    (void)snprintf(if_range, sizeof(if_range), "If-Range: \"%s\"", d.text);
    {
        char line[512];
        struct http_exchange *x;

        (void)snprintf(line, sizeof(line), "GET /v2/a/b/blobs/%s", d.text);
        x = fixture_ask(f, line, "Range: bytes=0-1", if_range);
        is_int(fake_status(x), 206, "PL7 If-Range of this content");
        fixture_end(x);
    }
}

static void test_large_range(struct fixture *f)
{
    auto_free char *content = content_of(LARGE);
    struct digest d = fixture_blob(f, "a/b", content, LARGE);
    char want[64];

    (void)snprintf(want, sizeof(want), "bytes %d-%d/%d", LARGE - 100, LARGE - 1, LARGE);
    check_range(f, &d, content, "bytes=-100", want, LARGE - 100, 100);
}

static void fill_content(const void *arg, uint64_t offset, void *dst, size_t n)
{
    (void)arg;
    for (size_t i = 0; i < n; i++)
        ((char *)dst)[i] = (char)('a' + (offset + i) % 26);
}

/* Bytes that are nowhere are sent like any others. */
static void test_generated(struct fixture *f)
{
    const struct blob_generator generator = {.fill = fill_content};
    auto_free char *content = content_of(LARGE);
    struct blob_store *blobs = f->world->blobs;
    char want[64];
    struct digest d;
    struct blob *b;

    ASSERT(digest_of(&d, DIGEST_SHA512, content, LARGE, NULL) == 0);
    ASSERT(blobs->ops->add_generated(blobs, &d, &generator, LARGE, &b, NULL) == 0);
    ASSERT(f->world->meta->ops->blob_add(f->world->meta, "a/b", b, NULL) == 0);
    blob_unref(b);
    check_pull(f, &d, content, LARGE, "a generated blob");
    (void)snprintf(want, sizeof(want), "bytes 1001-%d/%d", LARGE - 1, LARGE);
    check_range(f, &d, content, "bytes=1001-", want, 1001, LARGE - 1001);
}

static void test_several_ranges(struct fixture *f)
{
    auto_free char *content = content_of(SMALL);
    struct digest d = fixture_blob(f, "a/b", content, SMALL);
    struct http_exchange *x = ask(f, "GET", "a/b", d.text, "Range: bytes=0-1,26-27");
    const char *type = fake_header(x, "Content-Type");
    const char prefix[] = "multipart/byteranges; boundary=";
    char want[1024];

    is_int(fake_status(x), 206, "PL7 two ranges");
    if (ok(type != NULL && strncmp(type, prefix, strlen(prefix)) == 0, "PL7   Content-Type")) {
        const char *b = type + strlen(prefix);

        (void)snprintf(want, sizeof(want),
                       "--%s\r\nContent-Type: application/octet-stream\r\n"
                       "Content-Range: bytes 0-1/2048\r\n\r\nab\r\n"
                       "--%s\r\nContent-Type: application/octet-stream\r\n"
                       "Content-Range: bytes 26-27/2048\r\n\r\nab\r\n--%s--\r\n",
                       b, b, b);
        is_str(fake_body(x), want, "PL7   parts");
        is_int(fake_length(x), (long long)strlen(want), "PL7   Content-Length");
    }
    is_str(fake_header(x, "Content-Range"), NULL, "PL7   no Content-Range of its own");
    fixture_end(x);
}

static void test_empty(struct fixture *f)
{
    struct digest d = fixture_blob(f, "a/b", "", 0);
    struct http_exchange *x = ask(f, "GET", "a/b", d.text, "Range: bytes=0-");

    is_int(fake_status(x), 200, "PL8 a range of an empty blob");
    is_int(fake_length(x), 0, "PL8   Content-Length");
    fixture_end(x);
    x = ask(f, "HEAD", "a/b", d.text, NULL);
    is_int(fake_status(x), 200, "PL8 HEAD of an empty blob");
    is_int(fake_length(x), 0, "PL8   Content-Length");
    fixture_end(x);
}

static void test_unchanged(struct fixture *f)
{
    struct digest d = fixture_blob(f, "a/b", "x", 1);
    char header[DIGEST_TEXT_MAX + 32];
    struct http_exchange *x;

    (void)snprintf(header, sizeof(header), "If-None-Match: \"%s\"", d.text);
    x = ask(f, "GET", "a/b", d.text, header);
    is_int(fake_status(x), 304, "PL6 If-None-Match");
    is_str(fake_body(x), "", "PL6   no body");
    is_str(fake_header(x, "Docker-Content-Digest"), d.text, "PL6   Docker-Content-Digest");
    fixture_end(x);
}

/* An answer on its way keeps the bytes, whatever happens to the repository. */
static void test_reference(struct fixture *f)
{
    struct digest d = fixture_blob(f, "a/b", "kept", 4);
    struct blob *b = f->world->meta->ops->blob_find(f->world->meta, "a/b", &d);
    unsigned refs = b->refs;
    struct http_exchange *x = ask(f, "GET", "a/b", d.text, NULL);

    is_int(fake_status(x), 200, "a blob that is sent");
    is_int(b->refs, refs, "  is given back when it was sent");
    fixture_end(x);
}

static int delete_status(struct fixture *f, const char *repo, const char *digest)
{
    struct http_exchange *x = ask(f, "DELETE", repo, digest, NULL);
    int status = fake_status(x);

    fixture_end(x);
    return status;
}

static int head_status(struct fixture *f, const char *repo, const char *digest)
{
    struct http_exchange *x = ask(f, "HEAD", repo, digest, NULL);
    int status = fake_status(x);

    fixture_end(x);
    return status;
}

static void test_delete(struct fixture *f)
{
    struct digest d = fixture_blob(f, "one", "both", 4);

    (void)fixture_blob(f, "two", "both", 4);
    is_int(delete_status(f, "one", d.text), 202, "DL3 deletes a blob");
    is_int(head_status(f, "one", d.text), 404, "DL3   it is gone here");
    is_int(head_status(f, "two", d.text), 200, "DL3   it stays there");
    is_int(delete_status(f, "one", d.text), 404, "DL3 deletes it again");
    is_int(delete_status(f, "one", "sha256:x"), 400, "DL3 deletes a malformed digest");
}

static void test_delete_modes(struct fixture *f)
{
    static const struct {
        enum delete_mode mode;
        int status;
    } rows[] = {{DELETE_405, 405}, {DELETE_400, 400}, {DELETE_403, 403}, {DELETE_PRETEND, 202}};
    struct digest d = fixture_blob(f, "one", "stays", 5);

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct http_exchange *x;

        f->world->settings.delete_blob = rows[i].mode;
        x = ask(f, "DELETE", "one", d.text, NULL);
        is_int(fake_status(x), rows[i].status, "DL4 deletion of blobs in mode %zu", i);
        if (rows[i].status == 405)
            is_str(fake_header(x, "Allow"), "GET, HEAD, OPTIONS", "DL4   Allow");
        if (rows[i].status >= 400)
            ok(strstr(fake_body(x), rows[i].status == 403 ? "\"DENIED\"" : "\"UNSUPPORTED\"") !=
                   NULL,
               "DL4   code");
        fixture_end(x);
        is_int(head_status(f, "one", d.text), 200, "DL4   it stays");
    }
    is_int(delete_status(f, "one", MISSING), 404, "DL4 pretends only what could be");
    f->world->settings.delete_blob = DELETE_ON;
    f->world->settings.read_only = true;
    is_int(delete_status(f, "one", d.text), 405, "DL6 a read-only registry");
    f->world->settings.read_only = false;
}

int main(void)
{
    struct fixture f;

    plan_lazy();
    fixture_init(&f);
    test_get(&f, SMALL, "a small blob");
    test_get(&f, LARGE, "a large blob");
    test_missing(&f);
    test_ranges(&f);
    test_large_range(&f);
    test_generated(&f);
    test_several_ranges(&f);
    test_empty(&f);
    test_unchanged(&f);
    test_reference(&f);
    test_delete(&f);
    test_delete_modes(&f);
    fixture_done(&f);
    done_testing();
}
