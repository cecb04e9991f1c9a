/* SPDX-License-Identifier: MIT */
/* The way of a request: what has no handler, what every reply has in common, refusals. */
#include "registry/registry.h"

#include <stdio.h>
#include <string.h>

#include "lib/util/err.h"
#include "lib/util/util.h"
#include "tests/tap/tap.h"
#include "tests/unit/fixture.h"

static void check_error(struct http_exchange *x, int status, const char *code, const char *name)
{
    char text[64];

    (void)snprintf(text, sizeof(text), "{\"errors\":[{\"code\":\"%s\",", code);
    is_int(fake_status(x), status, "%s", name);
    ok(strncmp(fake_body(x), text, strlen(text)) == 0, "C2   code %s", code);
    is_str(fake_header(x, "Content-Type"), "application/json", "C2   Content-Type");
    is_str(fake_header(x, "Docker-Distribution-API-Version"), "registry/2.0", "C1   version");
}

static void test_no_handler(struct fixture *f)
{
    struct http_exchange *x = fixture_ask(f, "GET /nothing");

    check_error(x, 404, "UNSUPPORTED", "an unknown path");
    fixture_end(x);
    x = fixture_ask(f, "GET /%ff%01");
    check_error(x, 404, "UNSUPPORTED", "a path that is no text");
    fixture_end(x);
    x = fixture_ask(f, "GET /v2/a/../b/tags/list");
    check_error(x, 400, "NAME_INVALID", "a name with ..");
    fixture_end(x);
    x = fixture_ask(f, "POST /v2/");
    check_error(x, 405, "UNSUPPORTED", "C7 a method that is not for the path");
    is_str(fake_header(x, "Allow"), "GET, HEAD, OPTIONS", "C7   Allow");
    fixture_end(x);
    x = fixture_ask(f, "BREW /v2/a/manifests/v1");
    check_error(x, 405, "UNSUPPORTED", "C7 an unknown method");
    fixture_end(x);
    x = fixture_ask(f, "OPTIONS /v2/a/manifests/v1");
    is_int(fake_status(x), 204, "C7 OPTIONS");
    is_str(fake_header(x, "Allow"), "GET, HEAD, PUT, DELETE, OPTIONS", "C7   Allow");
    fixture_end(x);
}

static void test_percent(struct fixture *f)
{
    struct digest d = fixture_blob(f, "a/b", "x", 1);
    char line[256];
    struct http_exchange *x;

    (void)snprintf(line, sizeof(line), "GET /v2/a%%2Fb/blobs/sha256%%3A%s", digest_encoded(&d));
    x = fixture_ask(f, line);
    is_int(fake_status(x), 200, "an escaped path");
    fixture_end(x);
}

static void test_namespace(struct fixture *f)
{
    struct http_exchange *x = fixture_ask(f, "GET /v2/?ns=docker.io:443");

    is_str(fake_header(x, "OCI-Namespace"), "docker.io:443", "C9 ns");
    fixture_end(x);
    x = fixture_ask(f, "GET /v2/a/manifests/v1?ns=docker.io");
    is_str(fake_header(x, "OCI-Namespace"), "docker.io", "C9 ns with an error");
    fixture_end(x);
    x = fixture_ask(f, "GET /v2/");
    is_str(fake_header(x, "OCI-Namespace"), NULL, "C9 no ns");
    fixture_end(x);
    x = fixture_ask(f, "GET /v2/?ns=%c3%a9+x");
    is_str(fake_header(x, "OCI-Namespace"), NULL, "C9 an ns that may not stand in a header");
    fixture_end(x);
}

static void test_request_id(struct fixture *f)
{
    struct http_exchange *x = fixture_ask(f, "GET /v2/", "X-Request-Id: abc-1");
    char first[64];

    is_str(fake_header(x, "X-Request-Id"), "abc-1", "the client's request id");
    fixture_end(x);
    x = fixture_ask(f, "GET /v2/", "X-Request-Id: a b");
    (void)snprintf(first, sizeof(first), "%s", fake_header(x, "X-Request-Id"));
    is_int((long long)strlen(first), 17, "an id of our own where that is no id");
    fixture_end(x);
    x = fixture_ask(f, "GET /v2/");
    ok(strcmp(fake_header(x, "X-Request-Id"), first) != 0, "  and another one each time");
    fixture_end(x);
}

static void test_read_only(struct fixture *f)
{
    static const char *const writes[] = {
        "PUT /v2/a/manifests/v1",
        "DELETE /v2/a/manifests/v1",
        "POST /v2/a/blobs/uploads/",
        "PATCH /v2/a/blobs/uploads/x",
        "PUT /v2/a/blobs/uploads/x",
        "DELETE /v2/a/blobs/uploads/x",
        "POST /v2/a/blobs/uploads/?mount=sha256:x&from=b",
    };

    f->world->settings.read_only = true;
    for (size_t i = 0; i < ARRAY_LEN(writes); i++) {
        struct http_exchange *x = fixture_ask(f, writes[i]);

        check_error(x, 405, "UNSUPPORTED", writes[i]);
        fixture_end(x);
    }
    {
        struct http_exchange *x = fixture_ask(f, "GET /v2/");

        is_int(fake_status(x), 200, "a read-only registry can be read");
        fixture_end(x);
    }
    f->world->settings.read_only = false;
}

/* What lib/http refuses before there is a request to name. */
static void test_refuse(struct fixture *f)
{
    static const struct {
        int status;
        enum err_code why;
        const char *code;
    } rows[] = {
        {400, ERR_HEAD_SYNTAX, "REQUEST_INVALID"}, {408, ERR_HEAD_TIMEOUT, "REQUEST_INVALID"},
        {413, ERR_BODY_TOO_LARGE, "SIZE_INVALID"}, {414, ERR_HEAD_TOO_LARGE, "REQUEST_INVALID"},
        {417, ERR_HEAD_SYNTAX, "UNSUPPORTED"},     {431, ERR_HEAD_TOO_LARGE, "REQUEST_INVALID"},
        {501, ERR_HEAD_SYNTAX, "UNSUPPORTED"},     {503, ERR_TOO_MANY_CONNECTIONS, "UNAVAILABLE"},
        {505, ERR_HEAD_SYNTAX, "UNSUPPORTED"},
    };

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct http_exchange *x = fake_exchange_new(f->loop, f->world, "GET /", NULL);
        struct err why;
        char name[64];

        (void)err_set(&why, rows[i].why, "the reason");
        registry_refuse(x, rows[i].status, &why, NULL);
        http_reply_send(x);
        (void)snprintf(name, sizeof(name), "refused with %d", rows[i].status);
        check_error(x, rows[i].status, rows[i].code, name);
        ok(strstr(fake_body(x), "\"detail\":{\"reason\":\"the reason\"}") != NULL, "  says why");
        fixture_end(x);
    }
}

int main(void)
{
    struct fixture f;

    plan_lazy();
    fixture_init(&f);
    test_no_handler(&f);
    test_percent(&f);
    test_namespace(&f);
    test_request_id(&f);
    test_read_only(&f);
    test_refuse(&f);
    fixture_done(&f);
    done_testing();
}
