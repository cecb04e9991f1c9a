/* SPDX-License-Identifier: MIT */
#include "lib/http/head.h"

#include <stdio.h>
#include <string.h>

#include "lib/http/limits.h"
#include "lib/util/buf.h"
#include "lib/util/err.h"
#include "lib/util/util.h"
#include "tests/tap/tap.h"

#define GET "GET / HTTP/1.1\r\nHost: h\r\n"

/* Scans and parses a whole head; returns 0 or the status of the refusal. */
static int parse(struct head *head, llhttp_t *parser, const char *text, size_t n)
{
    struct head_scan scan = {0};
    struct err err;
    int status = 0;

    switch (head_scan(&scan, text, n, &status, &err)) {
    case HEAD_COMPLETE:
        return head_parse(head, parser, text + scan.start, scan.pos - scan.start, scan.lines,
                          &status, &err) == 0
                   ? 0
                   : status;
    case HEAD_BAD:
        return status;
    default:
        return -1;
    }
}

static void test_refusals(void)
{
    static const struct {
        const char *name;
        const char *text;
        int status;
    } rows[] = {
        {"plain", GET "\r\n", 0},
        {"empty lines before it", "\r\n\r\n" GET "\r\n", 0},
        {"incomplete", GET, -1},
        {"folded line", GET "A: b\r\n c\r\n\r\n", 400},
        {"folded line with a tab", GET "A: b\r\n\tc\r\n\r\n", 400},
        {"bare LF", "GET / HTTP/1.1\nHost: h\r\n\r\n", 400},
        {"bare LF at the end", GET "\n", 400},
        {"bare CR", GET "A: b\rc\r\n\r\n", 400},
        {"escape byte in a value", GET "A: \x1b\r\n\r\n", 400},
        {"tab in a value", GET "A: b\tc\r\n\r\n", 0},
        {"tab in the request line", "GET\t/ HTTP/1.1\r\nHost: h\r\n\r\n", 400},
        {"blank before the colon", GET "A : b\r\n\r\n", 400},
        {"no header name", GET ": b\r\n\r\n", 400},
        {"no colon", GET "Abc\r\n\r\n", 400},
        {"no Host", "GET / HTTP/1.1\r\n\r\n", 400},
        {"no Host in HTTP/1.0", "GET / HTTP/1.0\r\n\r\n", 0},
        {"two Hosts", GET "Host: i\r\n\r\n", 400},
        {"a Host with a path", "GET / HTTP/1.1\r\nHost: h/x\r\n\r\n", 400},
        {"a Host with a blank", "GET / HTTP/1.1\r\nHost: h x\r\n\r\n", 400},
        {"a Host in IPv6", "GET / HTTP/1.1\r\nHost: [::1]:5000\r\n\r\n", 0},
        {"an empty Host", "GET / HTTP/1.1\r\nHost:\r\n\r\n", 0},
        {"RTSP", "GET / RTSP/1.0\r\nHost: h\r\n\r\n", 400},
        {"ICE", "GET / ICE/1.0\r\nHost: h\r\n\r\n", 400},
        {"two blanks before the target", "GET  / HTTP/1.1\r\nHost: h\r\n\r\n", 400},
        {"two blanks behind the target", "GET /  HTTP/1.1\r\nHost: h\r\n\r\n", 400},
        {"HTTP/2.0", "GET / HTTP/2.0\r\nHost: h\r\n\r\n", 505},
        {"HTTP/1.2", "GET / HTTP/1.2\r\nHost: h\r\n\r\n", 505},
        {"HTTP/0.9", "GET /\r\n\r\n", 400},
        {"unknown method", "FROB / HTTP/1.1\r\nHost: h\r\n\r\n", 501},
        {"no HTTP at all", "\x01\x02garbage\r\n\r\n", 400},
        {"lower-case method", "get / HTTP/1.1\r\nHost: h\r\n\r\n", 400},
        {"both lengths", GET "Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n", 400},
        {"both lengths, other order", GET "Transfer-Encoding: chunked\r\nContent-Length: 1\r\n\r\n",
         400},
        {"two equal lengths", GET "Content-Length: 1\r\nContent-Length: 1\r\n\r\n", 400},
        {"two lengths in one", GET "Content-Length: 1, 1\r\n\r\n", 400},
        {"signed length", GET "Content-Length: +1\r\n\r\n", 400},
        {"negative length", GET "Content-Length: -1\r\n\r\n", 400},
        {"hex length", GET "Content-Length: 0x1\r\n\r\n", 400},
        {"empty length", GET "Content-Length: \r\n\r\n", 400},
        {"huge length", GET "Content-Length: 99999999999999999999\r\n\r\n", 400},
        {"other coding", GET "Transfer-Encoding: gzip\r\n\r\n", 501},
        {"coding behind chunked", GET "Transfer-Encoding: chunked, gzip\r\n\r\n", 501},
        {"two codings", GET "Transfer-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n\r\n", 501},
        {"coding in HTTP/1.0", "GET / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n", 400},
        {"100-continue", GET "Expect: 100-Continue\r\n\r\n", 0},
        {"other expectation", GET "Expect: 200-ok\r\n\r\n", 417},
        {"bad escape", "GET /%zz HTTP/1.1\r\nHost: h\r\n\r\n", 400},
        {"cut escape", "GET /%4 HTTP/1.1\r\nHost: h\r\n\r\n", 400},
        {"escaped NUL", "GET /%00 HTTP/1.1\r\nHost: h\r\n\r\n", 400},
        {"escaped newline in the query", "GET /?a=%0a HTTP/1.1\r\nHost: h\r\n\r\n", 400},
        {"CONNECT", "CONNECT h:1 HTTP/1.1\r\nHost: h\r\n\r\n", 400},
        {"upgrade is ignored", GET "Connection: Upgrade\r\nUpgrade: h2c\r\n\r\n", 0},
    };

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct head head = {.memory = NULL};
        llhttp_t parser;
        int got = parse(&head, &parser, rows[i].text, strlen(rows[i].text));

        if (rows[i].status >= 400)
            ok(got >= 400 && (got == rows[i].status || rows[i].status == 400 || got == 400),
               "%s is refused (%d)", rows[i].name, got);
        else
            is_int(got, rows[i].status, "%s", rows[i].name);
        head_done(&head);
    }
}

static void test_nul_byte(void)
{
    static const char text[] = GET "A: b\0c\r\n\r\n";
    struct head head = {.memory = NULL};
    llhttp_t parser;

    is_int(parse(&head, &parser, text, sizeof(text) - 1), 400, "NUL byte is refused");
    head_done(&head);
}

static void test_fields(void)
{
    static const char text[] = "PUT /v2/a%3Ab/x?tag=one&tag=t%20wo&&flag&e= HTTP/1.1\r\n"
                               "Host: h\r\nX-Blank:   \t padded \t \r\nx-empty:\r\n"
                               "Content-Length: 12\r\nConnection: close\r\n\r\n";
    struct head head = {.memory = NULL};
    llhttp_t parser;
    const struct http_request *req = &head.request;
    size_t pos = 0;

    is_int(parse(&head, &parser, text, sizeof(text) - 1), 0, "parses");
    is_int(req->method, HTTP_METHOD_PUT, "method");
    is_str(req->method_text, "PUT", "method text");
    is_str(req->path, "/v2/a:b/x", "path is decoded");
    is_str(req->target, "/v2/a%3Ab/x?tag=one&tag=t%20wo&&flag&e=", "target is as sent");
    is_str(http_request_header(req, "x-blank"), "padded", "value without blanks, name in any case");
    is_str(http_request_header(req, "X-Empty"), "", "empty value");
    ok(http_request_header(req, "absent") == NULL, "no such header");
    is_int(req->content_length, 12, "length");
    ok(!req->keep_alive, "close is seen");
    is_str(http_request_parameter_next(req, "tag", &pos), "one", "first parameter");
    is_str(http_request_parameter_next(req, "tag", &pos), "t wo", "second, decoded");
    ok(http_request_parameter_next(req, "tag", &pos) == NULL, "no third");
    is_str(http_request_parameter(req, "flag"), "", "parameter without a value");
    is_str(http_request_parameter(req, "e"), "", "parameter with an empty value");
    head_done(&head);
}

static void test_targets(void)
{
    static const struct {
        const char *line, *path, *query;
    } rows[] = {
        {"GET http://h:5000/v2/?x=1 HTTP/1.1", "/v2/", "x=1"},
        {"GET http://h HTTP/1.1", "/", NULL},
        {"GET http://h?q HTTP/1.1", "/", "q"},
        {"OPTIONS * HTTP/1.1", "*", NULL},
    };

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct head head = {.memory = NULL};
        llhttp_t parser;
        char text[256];

        (void)snprintf(text, sizeof(text), "%s\r\nHost: h\r\n\r\n", rows[i].line);
        if (!ok(parse(&head, &parser, text, strlen(text)) == 0, "%s", rows[i].line))
            continue;
        is_str(head.request.path, rows[i].path, "%s: path", rows[i].line);
        is_str(head.request.query, rows[i].query, "%s: query", rows[i].line);
        head_done(&head);
    }
}

static void test_limits(void)
{
    struct head head = {.memory = NULL};
    llhttp_t parser;
    struct buf b;

    buf_init(&b, 1 << 20);
    (void)buf_append_text(&b, "GET /");
    for (int i = 0; i < HTTP_HEAD_MAX; i++)
        (void)buf_append_char(&b, 'a');
    is_int(parse(&head, &parser, b.data, b.len), 414, "a target that never ends");
    buf_reset(&b);
    (void)buf_append_text(&b, GET);
    for (int i = 0; i < HTTP_HEADERS_MAX; i++)
        (void)buf_append_text(&b, "A: b\r\n");
    (void)buf_append_text(&b, "\r\n");
    is_int(parse(&head, &parser, b.data, b.len), 431, "too many headers");
    buf_reset(&b);
    (void)buf_append_text(&b, GET "A: ");
    for (int i = 0; i < HTTP_HEAD_MAX; i++)
        (void)buf_append_char(&b, 'a');
    is_int(parse(&head, &parser, b.data, b.len), 431, "a header that never ends");
    buf_reset(&b);
    for (int i = 0; i < HTTP_HEAD_MAX; i++)
        (void)buf_append_text(&b, "\r\n");
    is_int(parse(&head, &parser, b.data, b.len), 414, "empty lines for ever");
    buf_reset(&b);
    (void)buf_append_text(&b, "GET /?");
    for (int i = 0; i < HTTP_QUERY_PARAMETERS_MAX + 1; i++)
        (void)buf_append_text(&b, "a&");
    (void)buf_append_text(&b, " HTTP/1.1\r\nHost: h\r\n\r\n");
    is_int(parse(&head, &parser, b.data, b.len), 414, "too many parameters");
    head_done(&head);
    buf_done(&b);
}

/* A head that comes byte by byte is the same head. */
static void test_split(void)
{
    static const char text[] = "\r\n" GET "A: b\r\n\r\nrest";
    struct head_scan scan = {0};
    struct err err;
    int status;
    size_t n = 0;
    enum head_result result = HEAD_MORE;

    while (result == HEAD_MORE && n < sizeof(text) - 1)
        result = head_scan(&scan, text, ++n, &status, &err);
    is_int(result, HEAD_COMPLETE, "complete");
    is_int((int)scan.pos, (int)sizeof(text) - 1 - 4, "ends behind the empty line");
    is_int((int)scan.start, 2, "begins behind the empty line before it");
    is_int((int)scan.lines, 3, "lines");
}

struct body {
    struct buf data;
    bool complete;
};

static void on_data(void *arg, const char *p, size_t n)
{
    (void)buf_append(&((struct body *)arg)->data, p, n);
}

static void on_complete(void *arg)
{
    ((struct body *)arg)->complete = true;
}

static void feed(const char *head_text, const char *bytes, size_t step, const char *want,
                 size_t want_used, const char *name)
{
    struct body body = {.complete = false};
    struct head_body_events events = {on_data, on_complete, &body};
    struct head head = {.memory = NULL};
    llhttp_t parser;
    struct err err;
    size_t done = 0, n = strlen(bytes), used = 0;

    buf_init(&body.data, 1024);
    is_int(parse(&head, &parser, head_text, strlen(head_text)), 0, "%s: head", name);
    while (done < n && !body.complete) {
        size_t size = n - done < step ? n - done : step;

        if (head_feed_body(&parser, &events, bytes + done, size, &used, &err) != 0)
            break;
        done += used;
    }
    if (want != NULL) {
        ok(body.complete, "%s: complete", name);
        is_str(buf_text(&body.data), want, "%s: content", name);
        is_int((long long)done, (long long)want_used, "%s: bytes used", name);
    } else {
        ok(!body.complete, "%s: refused", name);
    }
    buf_done(&body.data);
    head_done(&head);
}

static void test_bodies(void)
{
    static const char chunked[] = GET "Transfer-Encoding: chunked\r\n\r\n";

    for (size_t step = 1; step < 40; step += 6) {
        feed(GET "Content-Length: 5\r\n\r\n", "helloGET", step, "hello", 5, "length");
        feed(chunked, "5\r\nhello\r\n0\r\n\r\nGET", step, "hello", 15, "chunked");
        feed(chunked, "5;a=\"b\"\r\nhello\r\n0\r\nTrail: x\r\n\r\nG", step, "hello", 31,
             "extension and trailer");
    }
    feed(chunked, "0\r\n\r\n", 99, "", 5, "empty chunked");
    feed(chunked, "xyz\r\nhello", 99, NULL, 0, "no chunk size");
    feed(chunked, "5\nhello\r\n0\r\n\r\n", 99, NULL, 0, "bare LF in a chunk head");
    feed(chunked, "3\r\nhello\r\n0\r\n\r\n", 99, NULL, 0, "chunk longer than it says");
    feed(chunked, "ffffffffffffffffff\r\nhello", 99, NULL, 0, "chunk size that overflows");
}

int main(void)
{
    plan_lazy();
    test_refusals();
    test_nul_byte();
    test_fields();
    test_targets();
    test_limits();
    test_split();
    test_bodies();
    done_testing();
}
