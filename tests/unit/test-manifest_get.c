/* SPDX-License-Identifier: MIT */
/* Reading and deleting manifests, rules PL1 to PL4, PL6, DL1, DL2, DL4. */
#include <stdio.h>
#include <string.h>

#include "lib/util/util.h"
#include "tests/tap/tap.h"
#include "tests/unit/fixture.h"

#define TEXT    "{ \"schemaVersion\": 2 }\n"
#define MISSING "sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"

static struct http_exchange *ask(struct fixture *f, const char *method, const char *repo,
                                 const char *ref, const char *header)
{
    char line[512];

    (void)snprintf(line, sizeof(line), "%s /v2/%s/manifests/%s", method, repo, ref);
    return fixture_ask(f, line, header);
}

static int status_of(struct fixture *f, const char *method, const char *repo, const char *ref)
{
    struct http_exchange *x = ask(f, method, repo, ref, NULL);
    int status = fake_status(x);

    fixture_end(x);
    return status;
}

static void check_get(struct fixture *f, const char *ref, const struct digest *d, const char *name)
{
    struct http_exchange *x = ask(f, "GET", "a", ref, NULL);
    char etag[DIGEST_TEXT_MAX + 3];

    (void)snprintf(etag, sizeof(etag), "\"%s\"", d->text);
    is_int(fake_status(x), 200, "PL1 GET %s", name);
    is_str(fake_body(x), TEXT, "PL1   the exact bytes");
    is_str(fake_header(x, "Content-Type"), OCI_MANIFEST, "PL1   Content-Type");
    is_str(fake_header(x, "Docker-Content-Digest"), d->text, "PL2   Docker-Content-Digest");
    is_str(fake_header(x, "ETag"), etag, "PL6   ETag");
    fixture_end(x);
    x = ask(f, "HEAD", "a", ref, NULL);
    is_int(fake_status(x), 200, "C3 HEAD %s", name);
    is_int(fake_length(x), (long long)strlen(TEXT), "C3   the length of GET");
    is_str(fake_header(x, "Content-Type"), OCI_MANIFEST, "C3   Content-Type");
    is_str(fake_header(x, "Docker-Content-Digest"), d->text, "C3   Docker-Content-Digest");
    fixture_end(x);
}

static void test_get(struct fixture *f)
{
    const struct fixture_manifest m256 = {.text = TEXT, .tag = "v1"};
    const struct fixture_manifest m512 = {.text = TEXT, .tag = "v512", .algorithm = DIGEST_SHA512};
    struct digest d256 = fixture_manifest(f, "a", &m256);
    struct digest d512 = fixture_manifest(f, "a", &m512);

    check_get(f, "v1", &d256, "by tag");
    check_get(f, d256.text, &d256, "by digest");
    check_get(f, "v512", &d512, "by tag, pushed as sha512");
    check_get(f, d512.text, &d512, "by sha512 digest");
}

static void check_missing(struct fixture *f, const char *repo, const char *ref, int status,
                          const char *code, const char *name)
{
    struct http_exchange *x = ask(f, "GET", repo, ref, NULL);

    is_int(fake_status(x), status, "PL3 %s", name);
    ok(strstr(fake_body(x), code) != NULL, "PL3   %s", code);
    fixture_end(x);
    x = ask(f, "HEAD", repo, ref, NULL);
    is_int(fake_status(x), status, "PL3   the same for HEAD");
    is_str(fake_body(x), "", "C3   without a body");
    fixture_end(x);
}

static void test_missing(struct fixture *f)
{
    struct http_exchange *x;

    check_missing(f, "a", "nothing", 404, "MANIFEST_UNKNOWN", "a missing tag");
    check_missing(f, "a", MISSING, 404, "MANIFEST_UNKNOWN", "a missing digest");
    check_missing(f, "never", "v1", 404, "NAME_UNKNOWN", "a missing repository");
    check_missing(f, "a", ".INVALID_MANIFEST_NAME", 404, "MANIFEST_UNKNOWN", "no valid tag");
    check_missing(f, "a", "%01%ff", 404, "MANIFEST_UNKNOWN", "no text");
    check_missing(f, "a", "sha256:abc", 400, "DIGEST_INVALID", "a malformed digest");
    check_missing(f, "a", "v1:", 400, "DIGEST_INVALID", "a colon and nothing behind");
    check_missing(f, "a", "blake3:abc", 400, "DIGEST_INVALID", "an unknown algorithm");
    x = ask(f, "GET", "a", "nothing", NULL);
    is_str(fake_body(x),
           "{\"errors\":[{\"code\":\"MANIFEST_UNKNOWN\",\"message\":\"manifest unknown\","
           "\"detail\":{\"name\":\"a\",\"tag\":\"nothing\"}}]}",
           "C2 error body");
    fixture_end(x);
}

static void test_unchanged(struct fixture *f)
{
    const struct fixture_manifest m = {.text = TEXT, .tag = "v1"};
    struct digest d = fixture_manifest(f, "a", &m);
    static const char *const formats[] = {"If-None-Match: \"%s\"", "If-None-Match: %s",
                                          "If-None-Match: W/\"%s\"",
                                          "If-None-Match: \"x\", \"%s\""};
    char header[256];

    for (size_t i = 0; i < ARRAY_LEN(formats); i++) {
        struct http_exchange *x;
        char *at = strstr(formats[i], "%s");

        (void)snprintf(header, sizeof(header), "%.*s%s%s", (int)(at - formats[i]), formats[i],
                       d.text, at + 2);
        x = ask(f, "GET", "a", "v1", header);
        is_int(fake_status(x), 304, "PL6 %s", formats[i]);
        is_str(fake_body(x), "", "PL6   no body");
        is_str(fake_header(x, "Docker-Content-Digest"), d.text, "PL6   Docker-Content-Digest");
        fixture_end(x);
    }
}

static void test_accept(struct fixture *f)
{
    struct http_exchange *x = ask(f, "GET", "a", "v1", "Accept: " OCI_INDEX);

    is_int(fake_status(x), 200, "PL4 Accept is ignored at first");
    fixture_end(x);
    f->world->settings.strict_accept = true;
    x = ask(f, "GET", "a", "v1", "Accept: " OCI_INDEX);
    is_int(fake_status(x), 404, "PL4 strict: another type");
    ok(strstr(fake_body(x), "MANIFEST_UNKNOWN") != NULL, "PL4   MANIFEST_UNKNOWN");
    fixture_end(x);
    x = ask(f, "HEAD", "a", "v1", "Accept: " OCI_INDEX);
    is_int(fake_status(x), 404, "PL4 strict: HEAD");
    fixture_end(x);
    x = ask(f, "GET", "a", "v1", "Accept: " OCI_INDEX ", " OCI_MANIFEST ";q=0.5");
    is_int(fake_status(x), 200, "PL4 strict: a list with the type");
    fixture_end(x);
    is_int(status_of(f, "GET", "a", "v1"), 200, "PL4 strict: no Accept");
    f->world->settings.strict_accept = false;
}

static void test_delete_tag(struct fixture *f)
{
    const struct fixture_manifest one = {.text = TEXT, .tag = "one"};
    const struct fixture_manifest two = {.text = TEXT, .tag = "two"};
    struct digest d = fixture_manifest(f, "del", &one);

    (void)fixture_manifest(f, "del", &two);
    is_int(status_of(f, "DELETE", "del", "one"), 202, "DL1 deletes a tag");
    is_int(status_of(f, "GET", "del", "one"), 404, "DL1   it is gone");
    is_int(status_of(f, "GET", "del", "two"), 200, "DL1   another tag stays");
    is_int(status_of(f, "GET", "del", d.text), 200, "DL1   the manifest stays");
    is_int(status_of(f, "DELETE", "del", "one"), 404, "DL1 deletes it again");
    is_int(status_of(f, "DELETE", "del", ".x"), 404, "DL1 deletes no tag");
    is_int(status_of(f, "DELETE", "never", "one"), 404, "DL2 an unknown repository");
}

static void test_delete_digest(struct fixture *f)
{
    const struct fixture_manifest one = {.text = TEXT, .tag = "one"};
    const struct fixture_manifest two = {.text = TEXT, .tag = "two"};
    const struct fixture_manifest other = {.text = "{}", .tag = "other"};
    struct digest d = fixture_manifest(f, "del", &one);

    (void)fixture_manifest(f, "del", &two);
    (void)fixture_manifest(f, "del", &other);
    is_int(status_of(f, "DELETE", "del", d.text), 202, "DL2 deletes a manifest");
    is_int(status_of(f, "GET", "del", d.text), 404, "DL2   it is gone");
    is_int(status_of(f, "GET", "del", "one"), 404, "DL2   and its tag");
    is_int(status_of(f, "GET", "del", "two"), 404, "DL2   and its other tag");
    is_int(status_of(f, "GET", "del", "other"), 200, "DL2   another manifest stays");
    is_int(status_of(f, "DELETE", "del", d.text), 404, "DL2 deletes it again");
    is_int(status_of(f, "DELETE", "del", "sha256:x"), 400, "DL2 a malformed digest");
}

static void test_delete_modes(struct fixture *f)
{
    static const struct {
        enum delete_mode mode;
        int status;
        const char *code;
    } rows[] = {
        {DELETE_405, 405, "UNSUPPORTED"},
        {DELETE_400, 400, "UNSUPPORTED"},
        {DELETE_403, 403, "DENIED"},
        {DELETE_PRETEND, 202, ""},
    };
    const struct fixture_manifest m = {.text = TEXT, .tag = "one"};
    struct digest d = fixture_manifest(f, "del", &m);

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        const char *refs[] = {"one", d.text};

        for (size_t k = 0; k < ARRAY_LEN(refs); k++) {
            struct http_exchange *x;

            f->world->settings.delete_tag = k == 0 ? rows[i].mode : DELETE_ON;
            f->world->settings.delete_manifest = k == 1 ? rows[i].mode : DELETE_ON;
            x = ask(f, "DELETE", "del", refs[k], NULL);
            is_int(fake_status(x), rows[i].status, "DL4 mode %zu of %s", i,
                   k == 0 ? "tag" : "digest");
            ok(strstr(fake_body(x), rows[i].code) != NULL, "DL4   code %s", rows[i].code);
            fixture_end(x);
            is_int(status_of(f, "GET", "del", "one"), 200, "DL4   it stays");
        }
    }
    f->world->settings.delete_tag = f->world->settings.delete_manifest = DELETE_ON;
    f->world->settings.read_only = true;
    is_int(status_of(f, "DELETE", "del", "one"), 405, "DL6 a read-only registry");
    f->world->settings.read_only = false;
}

int main(void)
{
    struct fixture f;

    plan_lazy();
    fixture_init(&f);
    test_get(&f);
    test_missing(&f);
    test_unchanged(&f);
    test_accept(&f);
    test_delete_tag(&f);
    test_delete_digest(&f);
    test_delete_modes(&f);
    fixture_done(&f);
    done_testing();
}
