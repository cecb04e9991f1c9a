/* SPDX-License-Identifier: MIT */
#include "auth/base_url.h"

#include <string.h>

#include "lib/http/request.h"
#include "lib/util/err.h"
#include "lib/util/util.h"
#include "tests/tap/tap.h"

static const char *const proxies[] = {"10.0.0.0/8", "::1"};

enum { HEADERS = 4 };

struct row {
    const char *name;
    struct http_header headers[HEADERS];
    const char *want;
    const char *peer; /* NULL: a client that is no proxy */
    bool tls;
};

static const struct row rows[] = {
    {"Host", {{"Host", "registry:5000"}}, .want = "http://registry:5000"},
    {"Host on a TLS listener", {{"Host", "registry"}}, .want = "https://registry", .tls = true},
    {"Host of an IPv6 address", {{"Host", "[::1]:5000"}}, .want = "http://[::1]:5000"},
    {"no Host", {{"X", "y"}}, .want = "http://127.0.0.1:9"},
    {"Host with a quote", {{"Host", "a\"b"}}, .want = "http://127.0.0.1:9"},
    {"Host with a line break", {{"Host", "a\r\nX: b"}}, .want = "http://127.0.0.1:9"},
    {"Host with a path", {{"Host", "a/b"}}, .want = "http://127.0.0.1:9"},
    {"Host with a user", {{"Host", "me@a"}}, .want = "http://127.0.0.1:9"},
    {"empty Host", {{"Host", ""}}, .want = "http://127.0.0.1:9"},
    {"X-Forwarded of a stranger",
     {{"Host", "a"}, {"X-Forwarded-Proto", "https"}, {"X-Forwarded-Host", "b"}},
     .want = "http://a"},
    {"Forwarded of a stranger",
     {{"Host", "a"}, {"Forwarded", "proto=https;host=b"}},
     .want = "http://a"},
    {"a trusted proxy that says nothing",
     {{"Host", "a"}},
     .want = "http://a",
     .peer = "10.1.2.3:4"},
    {"X-Forwarded of a trusted proxy",
     {{"Host", "a"}, {"X-Forwarded-Proto", "https"}, {"X-Forwarded-Host", "b:77"}},
     .want = "https://b:77",
     .peer = "10.1.2.3:4"},
    {"X-Forwarded of a trusted proxy on IPv6",
     {{"Host", "a"}, {"X-Forwarded-Proto", "HTTPS"}},
     .want = "https://a",
     .peer = "[::1]:4"},
    {"X-Forwarded-Proto back to http",
     {{"Host", "a"}, {"X-Forwarded-Proto", "http"}},
     .want = "http://a",
     .peer = "10.1.2.3:4",
     .tls = true},
    {"several values: the first",
     {{"Host", "a"}, {"X-Forwarded-Proto", "https, http"}, {"X-Forwarded-Host", "b , c"}},
     .want = "https://b",
     .peer = "10.1.2.3:4"},
    {"X-Forwarded-Port",
     {{"Host", "a"}, {"X-Forwarded-Proto", "https"}, {"X-Forwarded-Port", "8443"}},
     .want = "https://a:8443",
     .peer = "10.1.2.3:4"},
    {"X-Forwarded-Port of the scheme",
     {{"Host", "a"}, {"X-Forwarded-Proto", "https"}, {"X-Forwarded-Port", "443"}},
     .want = "https://a",
     .peer = "10.1.2.3:4"},
    {"X-Forwarded-Port beside a port",
     {{"Host", "[::2]:1"}, {"X-Forwarded-Port", "8443"}},
     .want = "http://[::2]:1",
     .peer = "10.1.2.3:4"},
    {"X-Forwarded-Host that is none",
     {{"Host", "a"}, {"X-Forwarded-Host", "b\"c"}, {"X-Forwarded-Proto", "gopher"}},
     .want = "http://a",
     .peer = "10.1.2.3:4"},
    {"Forwarded of a trusted proxy",
     {{"Host", "a"}, {"Forwarded", "for=192.0.2.60; Proto=https;HOST=\"b:77\", for=x;host=c"}},
     .want = "https://b:77",
     .peer = "10.1.2.3:4"},
    {"Forwarded goes before X-Forwarded",
     {{"Host", "a"}, {"Forwarded", "proto=https"}, {"X-Forwarded-Host", "b"}},
     .want = "https://a",
     .peer = "10.1.2.3:4"},
    {"Forwarded that is broken",
     {{"Host", "a"}, {"Forwarded", ";=;host=;proto"}},
     .want = "http://a",
     .peer = "10.1.2.3:4"},
};

static void check(const struct base_url *b, const struct row *row)
{
    struct http_request req = {.headers = row->headers};
    const struct base_url_facts facts = {
        .req = &req,
        .peer = row->peer != NULL ? row->peer : "192.0.2.1:4000",
        .listener = "http://127.0.0.1:9",
        .tls = row->tls,
    };
    char text[BASE_URL_MAX + 1];

    while (req.header_count < HEADERS && row->headers[req.header_count].name != NULL)
        req.header_count++;
    base_url_of(b, &facts, text, sizeof(text));
    is_str(text, row->want, "%s", row->name);
}

static const struct {
    const char *text;
    bool valid;
} hosts[] = {
    {"a", true},
    {"a.b-c_d", true},
    {"1.2.3.4:1", true},
    {"[::1]", true},
    {"[::ffff:1.2.3.4]:65535", true},
    {"", false},
    {"a:", false},
    {"a:65536", false},
    {"a:123456", false},
    {"a:1b", false},
    {"[::1", false},
    {"[]", false},
    {"[::1]5", false},
    {"[::1%e]", false},
    {"a b", false},
    {"a\"", false},
    {"a\\", false},
    {"a\t", false},
    {"\xc3\xa4", false},
    {"a,b", false},
    {":5000", false},
    {"a:5:6", false},
};

static void test_hosts(void)
{
    char longest[300];

    for (size_t i = 0; i < ARRAY_LEN(hosts); i++)
        is_int(base_url_is_host(hosts[i].text), hosts[i].valid, "'%s' is %s host", hosts[i].text,
               hosts[i].valid ? "a" : "no");
    memset(longest, 'a', sizeof(longest));
    longest[255] = '\0';
    ok(base_url_is_host(longest), "a host of 255 bytes");
    longest[255] = 'a';
    longest[256] = '\0';
    ok(!base_url_is_host(longest), "no host of 256 bytes");
}

static void test_external(void)
{
    static const struct row row = {"auth.external_url decides",
                                   {{"Host", "a"}, {"X-Forwarded-Host", "b"}},
                                   .want = "https://registry.example:5443",
                                   .peer = "10.1.2.3:4"};
    static const char *const bad[] = {"registry.example", "ftp://a",      "https://",
                                      "https://a/b",      "https://a\"b", "://a"};
    struct base_url *b;
    struct err err;

    is_int(base_url_new(&b, "https://registry.example:5443/", proxies, 2, &err), 0, "external URL");
    check(b, &row);
    base_url_free(b);
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        is_int(base_url_new(&b, bad[i], NULL, 0, &err), -1, "'%s' is no external URL", bad[i]);
        ok(err.code == ERR_CONFIG && strncmp(err.msg, "auth.external_url: ", 19) == 0, "  %s",
           err.msg);
    }
}

int main(void)
{
    static const char *const bad[] = {"10.0.0.0/8", "proxy"};
    struct base_url *b;
    struct err err;

    plan_lazy();
    ASSERT(base_url_new(&b, "", proxies, ARRAY_LEN(proxies), &err) == 0);
    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        check(b, &rows[i]);
    base_url_free(b);
    check(NULL, &rows[0]);
    is_int(base_url_new(&b, NULL, bad, 2, &err), -1, "a proxy that is no address");
    ok(err.code == ERR_CONFIG && strncmp(err.msg, "auth.trusted_proxies[1]: ", 25) == 0, "  %s",
       err.msg);
    base_url_free(NULL);
    test_hosts();
    test_external();
    done_testing();
}
