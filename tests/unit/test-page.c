/* SPDX-License-Identifier: MIT */
#include "registry/page.h"

#include <string.h>

#include "lib/util/util.h"
#include "registry/call.h"
#include "tests/tap/tap.h"
#include "tests/unit/fixture.h"

static void test_parse(struct fixture *f)
{
    static const struct {
        const char *line;
        uint32_t max;
        const char *after;
        uint64_t limit;
    } rows[] = {
        {"GET /", 0, NULL, UINT64_MAX},
        {"GET /", 7, NULL, 7},
        {"GET /?n=3", 0, NULL, 3},
        {"GET /?n=3", 7, NULL, 3},
        {"GET /?n=9", 7, NULL, 7},
        {"GET /?n=007", 0, NULL, 7},
        {"GET /?n=18446744073709551616", 0, NULL, UINT64_MAX},
        {"GET /?n=&last=", 0, NULL, UINT64_MAX},
        {"GET /?last=a%2Fb&n=0", 7, "a/b", 0},
    };

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct http_exchange *x = fake_exchange_new(f->loop, f->world, rows[i].line, NULL);
        struct page page;

        ok(page_parse(&page, call_new(x, f->world), rows[i].max), "%s", rows[i].line);
        is_str(page.after, rows[i].after, "  after");
        ok(page.limit == rows[i].limit, "  limit");
        fixture_end(x);
    }
}

static void test_link(struct fixture *f)
{
    const struct page page = {.limit = 5};
    struct http_exchange *x = fake_exchange_new(f->loop, f->world, "GET /", NULL);
    struct registry_call *call = call_new(x, f->world);
    auto_buf struct buf target;

    buf_init(&target, PAGE_TARGET_MAX);
    call_reply_begin(call, 200);
    (void)buf_append_text(&target, "/p");
    page_add_parameter(&target, "x", "a&b=c d\"<>%");
    page_reply_link(call, &target, &page, "z+1");
    is_str(fake_header(x, "Link"), "</p?x=a%26b%3Dc%20d%22%3C%3E%25&last=z%2B1&n=5>; rel=\"next\"",
           "what could end a parameter or the Link is escaped");
    fixture_end(x);
}

/* A target that grew too long is no Link at all, rather than a wrong one. */
static void test_long_link(struct fixture *f)
{
    const struct page page = {.limit = 5};
    struct http_exchange *x = fake_exchange_new(f->loop, f->world, "GET /", NULL);
    struct registry_call *call = call_new(x, f->world);
    auto_buf struct buf target;

    buf_init(&target, 8);
    call_reply_begin(call, 200);
    (void)buf_append_text(&target, "/p");
    page_reply_link(call, &target, &page, "last");
    is_str(fake_header(x, "Link"), NULL, "no Link where it does not fit");
    fixture_end(x);
}

int main(void)
{
    struct fixture f;

    plan_lazy();
    fixture_init(&f);
    test_parse(&f);
    test_link(&f);
    test_long_link(&f);
    fixture_done(&f);
    done_testing();
}
