/* SPDX-License-Identifier: MIT */
#include "registry/call.h"

#include <string.h>

#include "lib/util/buf.h"
#include "tests/tap/tap.h"
#include "tests/unit/fixture.h"

static void test_location(struct fixture *f)
{
    static const struct {
        bool absolute;
        const char *host; /* header line */
        const char *want;
    } rows[] = {
        {false, "Host: localhost:5000", "/v2/a/blobs/x"},
        {true, "Host: localhost:5000", "http://localhost:5000/v2/a/blobs/x"},
        {true, "Host: [::1]:5000", "http://[::1]:5000/v2/a/blobs/x"},
        {true, "Host: a\"b", "http://127.0.0.1:5000/v2/a/blobs/x"},
        {true, "Host: ", "http://127.0.0.1:5000/v2/a/blobs/x"},
        {true, "Other: x", "http://127.0.0.1:5000/v2/a/blobs/x"},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct http_exchange *x =
            fake_exchange_new(f->loop, f->world, "POST /v2/a/blobs/uploads/", rows[i].host, NULL);
        struct registry_call *call = call_new(x, f->world);

        f->world->settings.absolute_location = rows[i].absolute;
        call_reply_begin(call, 202);
        call_reply_location(call, "/v2/%s/blobs/%s", "a", "x");
        is_str(fake_header(x, "Location"), rows[i].want, "UP2 Location with %s", rows[i].host);
        fixture_end(x);
    }
    f->world->settings.absolute_location = false;
}

static void mark(struct registry_call *call)
{
    *(int *)call->pending += 1;
}

static void test_wait(struct fixture *f)
{
    struct http_exchange *x = fake_exchange_new(f->loop, f->world, "GET /v2/", NULL);
    int abandoned = 0;

    call_wait(call_new(x, f->world), mark, &abandoned);
    fixture_end(x);
    is_int(abandoned, 1, "a call that waits is abandoned when its exchange ends");

    x = fake_exchange_new(f->loop, f->world, "GET /v2/", NULL);
    call_wait(call_new(x, f->world), mark, &abandoned);
    call_resume(http_exchange_data(x));
    fixture_end(x);
    is_int(abandoned, 1, "one that went on is not");
    call_free(NULL);
}

static void check_json(struct fixture *f, size_t n)
{
    struct http_exchange *x = fake_exchange_new(f->loop, f->world, "GET /v2/", NULL);
    struct buf body;

    buf_init(&body, 100000);
    for (size_t i = 0; i < n; i++)
        (void)buf_append_char(&body, 'x');
    call_reply_begin_json(call_new(x, f->world), "a/b", &body);
    http_reply_send(x);
    is_int(fake_status(x), 200, "a body of %zu bytes", n);
    is_int((long long)strlen(fake_body(x)), (long long)n, "  is sent");
    is_str(fake_header(x, "Content-Type"), "a/b", "  with its type");
    fixture_end(x);
}

static void test_json_failed(struct fixture *f)
{
    struct http_exchange *x = fake_exchange_new(f->loop, f->world, "GET /v2/", NULL);
    struct buf body;

    buf_init(&body, 1);
    (void)buf_append_text(&body, "too long");
    call_reply_begin_json(call_new(x, f->world), "a/b", &body);
    http_reply_send(x);
    is_int(fake_status(x), 500, "a body that became too long");
    fixture_end(x);
}

int main(void)
{
    struct fixture f;

    plan_lazy();
    fixture_init(&f);
    test_location(&f);
    test_wait(&f);
    check_json(&f, 10);
    check_json(&f, 50000);
    test_json_failed(&f);
    fixture_done(&f);
    done_testing();
}
