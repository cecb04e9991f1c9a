/* SPDX-License-Identifier: MIT */
/* Requests that are no HTTP, or try to smuggle one in: each is refused and the server goes on. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/integration/lib/bail.h"
#include "tests/integration/lib/raw.h"
#include "tests/integration/lib/registry.h"
#include "tests/tap/tap.h"

#define H     "Host: x\r\n"
#define BAD   .statuses = "400", .after = RAW_CLOSED, .code = "REQUEST_INVALID"
#define GET   "GET /v2/ HTTP/1.1\r\n"
#define PATCH "PATCH ${loc} HTTP/1.1\r\n" H

static const struct raw framing[] = {
    {"bad input: Content-Length and Transfer-Encoding",
     PATCH "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", BAD},
    {"bad input: Transfer-Encoding and Content-Length",
     PATCH "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n", BAD},
    {"bad input: two Content-Length lines",
     PATCH "Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello", BAD},
    {"bad input: the same Content-Length twice",
     PATCH "Content-Length: 5\r\nContent-Length: 5\r\n\r\nhello", BAD},
    {"bad input: a list as Content-Length", PATCH "Content-Length: 5, 5\r\n\r\nhello", BAD},
    {"bad input: a negative Content-Length", PATCH "Content-Length: -5\r\n\r\nhello", BAD},
    {"bad input: a signed Content-Length", PATCH "Content-Length: +5\r\n\r\nhello", BAD},
    {"bad input: an empty Content-Length", PATCH "Content-Length:\r\n\r\n", BAD},
    {"bad input: a hexadecimal Content-Length", PATCH "Content-Length: 0x5\r\n\r\nhello", BAD},
    {"bad input: a Content-Length beyond 64 bits",
     PATCH "Content-Length: 99999999999999999999\r\n\r\n", BAD},
    {"bad input: Transfer-Encoding identity", PATCH "Transfer-Encoding: identity\r\n\r\n",
     .statuses = "400", .after = RAW_CLOSED},
    {"bad input: an unknown transfer coding", PATCH "Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n",
     .statuses = "400", .after = RAW_CLOSED},
    {"bad input: chunked is not the last coding",
     PATCH "Transfer-Encoding: chunked, gzip\r\n\r\n0\r\n\r\n", .statuses = "400",
     .after = RAW_CLOSED},
    {"bad input: chunked twice",
     PATCH "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
     .statuses = "400", .after = RAW_CLOSED},
    {"bad input: Transfer-Encoding in HTTP/1.0",
     "PATCH ${loc} HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", .statuses = "400",
     .after = RAW_CLOSED},
    {"bad input: a vertical tab before chunked",
     PATCH "Transfer-Encoding: \vchunked\r\n\r\n0\r\n\r\n", .statuses = "400", .after = RAW_CLOSED},
};

static const struct raw lines[] = {
    {"bad input: a header line that is folded (obs-fold)", GET H "X: a\r\n b\r\n\r\n", BAD},
    {"bad input: obs-fold with a tab", GET H "X: a\r\n\tb\r\n\r\n", BAD},
    {"bad input: a folded first line", GET " X: a\r\n" H "\r\n", BAD},
    {"bad input: bare LF ends the request line", "GET /v2/ HTTP/1.1\n" H "\r\n", BAD},
    {"bad input: bare LF ends a header line", GET "Host: x\nX: y\r\n\r\n", BAD},
    {"bad input: bare LF ends the head", GET "Host: x\r\nX: y\r\n\n", BAD},
    {"bad input: bare CR in a value", GET H "X: a\rb\r\n\r\n", BAD},
    {"bad input: a blank before the colon", GET H "X : a\r\n\r\n", BAD},
    {"bad input: a line without a colon", GET H "nonsense\r\n\r\n", BAD},
    {"bad input: a header without a name", GET H ": a\r\n\r\n", BAD},
    {"bad input: a control byte in a value", GET H "X: a\x01z\r\n\r\n", BAD},
    {"bad input: a control byte in a name", GET H "X\x01: a\r\n\r\n", BAD},
    {"bad input: DEL in a value", GET H "X: a\x7fz\r\n\r\n", BAD},
    {"bad input: no Host", GET "\r\n", BAD},
    {"bad input: two Hosts", GET "Host: a\r\nHost: b\r\n\r\n", BAD},
    {"bad input: a Host that is none", GET "Host: a b/c\r\n\r\n", BAD},
    {"bad input: HTTP/2.0", "GET /v2/ HTTP/2.0\r\n" H "\r\n", .statuses = "505",
     .after = RAW_CLOSED},
    {"bad input: HTTP/1.2", "GET /v2/ HTTP/1.2\r\n" H "\r\n", .statuses = "505",
     .after = RAW_CLOSED},
    {"bad input: HTTP/0.9", "GET /v2/ HTTP/0.9\r\n" H "\r\n", .statuses = "505",
     .after = RAW_CLOSED},
    {"bad input: HTTP/11.1", "GET /v2/ HTTP/11.1\r\n" H "\r\n", .statuses = "505",
     .after = RAW_CLOSED},
    {"bad input: no version", "GET /v2/\r\n\r\n", .statuses = "505", .after = RAW_CLOSED},
    {"bad input: another protocol", "GET /v2/ RTSP/1.0\r\n" H "\r\n", .statuses = "400",
     .after = RAW_CLOSED},
    {"bad input: the preface of HTTP/2", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", .statuses = "505",
     .after = RAW_CLOSED},
    {"bad input: two blanks before the target", "GET  /v2/ HTTP/1.1\r\n" H "\r\n", BAD},
    {"bad input: a tab in the request line", "GET\t/v2/ HTTP/1.1\r\n" H "\r\n", BAD},
    {"bad input: lower-case method", "get /v2/ HTTP/1.1\r\n" H "\r\n", .statuses = "400",
     .after = RAW_CLOSED},
    {"bad input: no request at all", "hello world\r\n\r\n", .statuses = "400", .after = RAW_CLOSED},
    {"bad input: CONNECT", "CONNECT x:443 HTTP/1.1\r\n" H "\r\n", .statuses = "400",
     .after = RAW_ANY},
    {"bad input: binary", "\x05\x01\x00\x03\xff\r\n\r\n", .statuses = "400", .after = RAW_CLOSED,
     .size = 9},
    {"bad input: NUL in a value", GET H "X: a\0b\r\n\r\n", .statuses = "400", .after = RAW_CLOSED,
     .size = sizeof(GET H "X: a\0b\r\n\r\n") - 1},
    {"bad input: NUL in the target", "GET /v2/\0/ HTTP/1.1\r\n" H "\r\n", .statuses = "400",
     .after = RAW_CLOSED, .size = sizeof("GET /v2/\0/ HTTP/1.1\r\n" H "\r\n") - 1},
};

static const struct raw targets[] = {
    {"bad input: % at the end of the path", "GET /v2/% HTTP/1.1\r\n" H "\r\n", .statuses = "400"},
    {"bad input: % with one digit", "GET /v2/%6 HTTP/1.1\r\n" H "\r\n", .statuses = "400"},
    {"bad input: % without hex digits", "GET /v2/%zz/tags/list HTTP/1.1\r\n" H "\r\n",
     .statuses = "400"},
    {"bad input: % in the query", "GET /v2/app/tags/list?n=%z HTTP/1.1\r\n" H "\r\n",
     .statuses = "400"},
    {"bad input: encoded NUL in the path", "GET /v2/app%00/tags/list HTTP/1.1\r\n" H "\r\n",
     .statuses = "400"},
    {"bad input: encoded NUL in the query", "GET /v2/_catalog?last=a%00b HTTP/1.1\r\n" H "\r\n",
     .statuses = "400"},
    {"bad input: a target without a slash", "GET v2/ HTTP/1.1\r\n" H "\r\n", .statuses = "400"},
    {"bad input: a byte above ASCII in the target",
     "GET /v2/\xc3\xa4/tags/list HTTP/1.1\r\n" H "\r\n", .statuses = "400"},
    {"bad input: encoded line end in the path",
     "GET /v2/a%0d%0aX:%20y/tags/list HTTP/1.1\r\n" H "\r\n", .statuses = "400", .after = RAW_ANY,
     .code = "REQUEST_INVALID"},
};

static const struct raw chunks[] = {
    {"bad input: a chunk size that is none",
     PATCH "Transfer-Encoding: chunked\r\n\r\nzz\r\nhello\r\n0\r\n\r\n", .statuses = "400",
     .after = RAW_CLOSED},
    {"bad input: a chunk longer than its size",
     PATCH "Transfer-Encoding: chunked\r\n\r\n3\r\nhello\r\n0\r\n\r\n", .statuses = "400",
     .after = RAW_CLOSED},
    {"bad input: a chunk size beyond 64 bits",
     PATCH "Transfer-Encoding: chunked\r\n\r\nfffffffffffffffff\r\nhello\r\n", .statuses = "400",
     .after = RAW_CLOSED},
    {"bad input: a negative chunk size", PATCH "Transfer-Encoding: chunked\r\n\r\n-5\r\nhello\r\n",
     .statuses = "400", .after = RAW_CLOSED},
    {"bad input: bare LF behind a chunk size",
     PATCH "Transfer-Encoding: chunked\r\n\r\n5\nhello\r\n0\r\n\r\n", .statuses = "400",
     .after = RAW_CLOSED},
};

/* Heads over the limits. */
static void test_large_head(struct script *t, const char *name, const char *request_line,
                            const char *line, unsigned lines_wanted, int status, int or_status)
{
    struct client *c = client_new(server_url(script_server(t), 0));
    const struct response *r;
    unsigned i;
    bool sent;

    sent = client_sendf(c, "%s HTTP/1.1\r\n" H, request_line);
    for (i = 0; i < lines_wanted && sent; i++)
        sent = client_send(c, line, strlen(line));
    (void)client_sendf(c, "\r\n");
    r = client_read(c, false);
    if (!ok(r->status == status || r->status == or_status, "bad input: %s", name))
        response_diag(r);
    ok(r->close, "bad input: %s: the answer says that it closes", name);
    client_free(c);
}

static char *repeat(const char *start, char byte, size_t n, const char *end)
{
    char *text = malloc(strlen(start) + n + strlen(end) + 1);

    if (text == NULL)
        bail("out of memory");
    memcpy(text, start, strlen(start));
    memset(text + strlen(start), byte, n);
    memcpy(text + strlen(start) + n, end, strlen(end) + 1);
    return text;
}

static void test_large_heads(struct script *t)
{
    auto_free char *line = repeat("X: ", 'a', 40000, "\r\n");
    auto_free char *kib = repeat("X: ", 'a', 1000, "\r\n");
    auto_free char *target = repeat("GET /v2/", 'a', 40000, "");
    auto_free char *query = repeat("GET /v2/_catalog?", 'a', 200000, "");

    test_large_head(t, "one header line of 40 kB", "GET /v2/", line, 1, 431, 431);
    test_large_head(t, "header lines of 60 kB together", "GET /v2/", kib, 60, 431, 431);
    test_large_head(t, "101 header lines", "GET /v2/", "X: y\r\n", 101, 431, 431);
    test_large_head(t, "a target of 40 kB", target, "", 0, 414, 431);
    test_large_head(t, "a query of 200 kB", query, "", 0, 414, 431);
}

/* As many parameters as fit into a head. */
static void test_parameters(struct script *t)
{
    auto_free char *many = repeat("/v2/_catalog?n=1", '&', 8000, "");
    struct client *c = client_new(server_url(script_server(t), 0));
    int status = client_get(c, many)->status;

    ok(status == 200 || status == 400 || status == 414, "bad input: thousands of parameters (%d)",
       status);
    client_free(c);
}

static void test_full_head(struct script *t)
{
    struct client *c = client_new(server_url(script_server(t), 0));
    unsigned i;

    client_sendf(c, "%s", "GET /v2/ HTTP/1.1\r\n" H);
    for (i = 0; i < 98; i++)
        client_sendf(c, "X-%u: %0200u\r\n", i, i);
    client_sendf(c, "\r\n");
    is_int(client_read(c, false)->status, 200, "99 header lines of 20 kB are fine");
    client_free(c);
}

/* Endless heads and bodies: the server does not wait for their end. */
static void test_endless(struct script *t)
{
    struct client *c = client_new(server_url(script_server(t), 0));
    auto_free char *flood = repeat("", 'a', 1024 * 1024, "");
    const struct response *r;

    (void)client_send(c, flood, 1024 * 1024);
    r = client_read(c, false);
    ok(r->status == 400 || r->status == 431 || r->status == 414, "bad input: endless method");
    client_free(c);
    c = client_new(server_url(script_server(t), 0));
    client_sendf(c, "PATCH %s HTTP/1.1\r\n" H "Transfer-Encoding: chunked\r\n\r\n5;",
                 script_get(t, "loc"));
    (void)client_send(c, flood, 1024 * 1024);
    is_int(client_read(c, false)->status, 400, "bad input: endless chunk extension");
    client_free(c);
    c = client_new(server_url(script_server(t), 0));
    client_sendf(c, "PATCH %s HTTP/1.1\r\n" H "Transfer-Encoding: chunked\r\n\r\n0\r\nX: ",
                 script_get(t, "loc"));
    (void)client_send(c, flood, 1024 * 1024);
    r = client_read(c, false);
    ok(r->status == 400 || r->status == 431, "bad input: endless trailer");
    client_free(c);
}

static const struct step untouched[] = {
    {"bad input: nothing of all that was appended to the upload", "GET ${loc}", .status = 204,
     .want = "Range: 0-0"},
    {"bad input: the server still serves", "GET /v2/app/manifests/v1", .status = 200,
     .is = "${img.body}"},
};

int main(void)
{
    struct server *s;
    struct script *t;

    plan_lazy();
    s = server_new(NULL);
    t = script_new(s);
    registry_image(t, "app", "v1", "img");
    registry_upload(t, "app", "loc");
    RUN_RAW(t, framing);
    RUN_RAW(t, lines);
    RUN_RAW(t, targets);
    test_large_heads(t);
    test_parameters(t);
    test_full_head(t);
    RUN(t, untouched);
    RUN_RAW(t, chunks);
    test_endless(t);
    script_run(t, untouched + 1, 1);
    ok(server_wait_log(s, "400"), "bad input: the log tells of it");
    script_free(t);
    server_free(s);
    done_testing();
}
