/* SPDX-License-Identifier: MIT */
#include "registry/oci_error.h"

#include <string.h>

#include <jansson.h>

#include "lib/util/err.h"
#include "lib/util/util.h"
#include "registry/call.h"
#include "tests/tap/tap.h"
#include "tests/unit/fixture.h"

static struct registry_call *begin(struct fixture *f, struct http_exchange **ret)
{
    *ret = fake_exchange_new(f->loop, f->world, "GET /v2/", NULL);
    return call_new(*ret, f->world);
}

static void test_texts(struct fixture *f)
{
    /* containers/image and moby look for exactly these. */
    static const struct {
        enum oci_code code;
        int status;
        const char *body;
    } rows[] = {
        {OCI_MANIFEST_UNKNOWN, 404,
         "{\"errors\":[{\"code\":\"MANIFEST_UNKNOWN\",\"message\":\"manifest unknown\"}]}"},
        {OCI_UNAUTHORIZED, 401,
         "{\"errors\":[{\"code\":\"UNAUTHORIZED\",\"message\":\"authentication required\"}]}"},
        {OCI_DENIED, 403,
         "{\"errors\":[{\"code\":\"DENIED\",\"message\":\"requested access to the resource is "
         "denied\"}]}"},
        {OCI_BLOB_UNKNOWN, 404,
         "{\"errors\":[{\"code\":\"BLOB_UNKNOWN\",\"message\":\"blob unknown to registry\"}]}"},
        {OCI_NAME_UNKNOWN, 404,
         "{\"errors\":[{\"code\":\"NAME_UNKNOWN\",\"message\":\"repository name not known to "
         "registry\"}]}"},
        {OCI_TOOMANYREQUESTS, 429,
         "{\"errors\":[{\"code\":\"TOOMANYREQUESTS\",\"message\":\"too many requests\"}]}"},
    };

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct http_exchange *x;
        struct registry_call *call = begin(f, &x);

        oci_error_reply(call, rows[i].code, NULL);
        is_int(fake_status(x), rows[i].status, "C2 %s", oci_code_name(rows[i].code));
        is_str(fake_body(x), rows[i].body, "C2   body");
        is_str(fake_header(x, "Content-Type"), "application/json", "C2   Content-Type");
        is_str(call->error_code, oci_code_name(rows[i].code), "  kept for the log");
        fixture_end(x);
    }
}

static void test_each(struct fixture *f)
{
    struct http_exchange *x;
    struct registry_call *call = begin(f, &x);

    oci_error_reply_each(call, OCI_MANIFEST_BLOB_UNKNOWN, json_pack("[s, s]", "one", "two"));
    is_int(fake_status(x), 400, "several errors");
    is_str(fake_body(x),
           "{\"errors\":["
           "{\"code\":\"MANIFEST_BLOB_UNKNOWN\",\"message\":\"blob unknown to registry\","
           "\"detail\":\"one\"},"
           "{\"code\":\"MANIFEST_BLOB_UNKNOWN\",\"message\":\"blob unknown to registry\","
           "\"detail\":\"two\"}]}",
           "  one for each detail");
    fixture_end(x);
}

static void test_detail(struct fixture *f)
{
    struct http_exchange *x;
    struct registry_call *call = begin(f, &x);

    oci_error_reply_status(call, 413, OCI_MANIFEST_INVALID, oci_detail("bad %s", "\xff\n\"x\""));
    is_int(fake_status(x), 413, "a status of its own");
    is_str(fake_body(x),
           "{\"errors\":[{\"code\":\"MANIFEST_INVALID\",\"message\":\"manifest invalid\","
           "\"detail\":{\"reason\":\"bad ??\\\"x\\\"\"}}]}",
           "  text of clients cannot break the reply");
    is_str(call->reason, "bad ??\"x\"", "  the reason is kept for the log");
    fixture_end(x);
}

static void test_err(struct fixture *f)
{
    static const struct {
        enum err_code code;
        int status;
        const char *name;
    } rows[] = {
        {ERR_NOMEM, 500, "UNKNOWN"},
        {ERR_SYSTEM, 500, "UNKNOWN"},
        {ERR_ABSENT, 500, "UNKNOWN"},
        {ERR_RANGE, 416, "BLOB_UPLOAD_INVALID"},
        {ERR_SIZE, 400, "SIZE_INVALID"},
        {ERR_DIGEST, 400, "DIGEST_INVALID"},
        {ERR_LIMIT, 413, "SIZE_INVALID"},
        {ERR_STORAGE_FULL, 507, "STORAGE_FULL"},
        {ERR_BODY_TOO_LARGE, 413, "SIZE_INVALID"},
        {ERR_TOO_MANY_CONNECTIONS, 500, "UNKNOWN"},
    };

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct http_exchange *x;
        struct registry_call *call = begin(f, &x);
        struct err err;

        (void)err_set(&err, rows[i].code, "%s", "");
        oci_error_reply_err(call, &err);
        is_int(fake_status(x), rows[i].status, "%s", err_text(rows[i].code));
        is_str(call->error_code, rows[i].name, "  code");
        ok(strstr(fake_body(x), err_text(rows[i].code)) != NULL, "  a text where there was none");
        fixture_end(x);
    }
}

int main(void)
{
    struct fixture f;

    plan_lazy();
    fixture_init(&f);
    test_texts(&f);
    test_each(&f);
    test_detail(&f);
    test_err(&f);
    fixture_done(&f);
    done_testing();
}
