/* SPDX-License-Identifier: MIT */
#include "tests/fuzz/fuzz.h"

#include <string.h>

#include "lib/http/head.h"
#include "lib/http/limits.h"
#include "lib/util/err.h"

/* What became of a request; the same however its bytes were cut up. */
struct outcome {
    enum head_result scan;
    int status;        /* of the refusal */
    size_t start;      /* of the head */
    size_t end;        /* of the head */
    bool parsed;       /* head_parse() succeeded */
    bool broken;       /* the body's framing is wrong */
    bool complete;     /* the body ended */
    size_t body;       /* bytes of content */
    unsigned checksum; /* of the content */
};

static void on_data(void *arg, const char *p, size_t n)
{
    struct outcome *o = arg;

    MUST(!o->complete);
    o->body += n;
    for (size_t i = 0; i < n; i++)
        o->checksum = o->checksum * 31 + (unsigned char)p[i];
}

static void on_complete(void *arg)
{
    struct outcome *o = arg;

    MUST(!o->complete);
    o->complete = true;
}

static void check_request(const struct http_request *req)
{
    MUST(req->path != NULL && req->target != NULL && req->method_text != NULL);
    MUST(req->path[0] == '/' || strcmp(req->path, "*") == 0);
    for (const char *p = req->path; *p != '\0'; p++)
        MUST((unsigned char)*p >= ' ' && *p != 0x7f);
    MUST(req->minor <= 1);
    MUST(req->header_count <= HTTP_HEADERS_MAX);
    MUST(req->parameter_count <= HTTP_QUERY_PARAMETERS_MAX);
    MUST(!req->chunked || req->content_length == -1);
    for (size_t i = 0; i < req->header_count; i++)
        MUST(strpbrk(req->headers[i].value, "\r\n") == NULL && req->headers[i].name[0] != '\0');
}

static void feed_body(struct outcome *o, llhttp_t *parser, const char *p, size_t n)
{
    struct head_body_events events = {.data = on_data, .complete = on_complete, .arg = o};
    struct err err;
    size_t used = 0;

    if (n == 0 || o->complete || o->broken)
        return;
    o->broken = head_feed_body(parser, &events, p, n, &used, &err) != 0;
    MUST(used <= n);
}

/* Hands the bytes over in two pieces, the first of `split` bytes. */
static struct outcome run(const char *p, size_t n, size_t split)
{
    struct outcome o = {.scan = HEAD_MORE};
    struct head_scan scan = {0};
    struct head head = {0};
    struct err err;
    llhttp_t parser;
    size_t cut;

    o.scan = head_scan(&scan, p, split, &o.status, &err);
    if (o.scan == HEAD_MORE)
        o.scan = head_scan(&scan, p, n, &o.status, &err);
    if (o.scan != HEAD_COMPLETE)
        return o;
    MUST(scan.start <= scan.pos && scan.pos <= n);
    o.start = scan.start;
    o.end = scan.pos;
    o.parsed =
        head_parse(&head, &parser, p + o.start, o.end - o.start, scan.lines, &o.status, &err) == 0;
    if (o.parsed) {
        check_request(&head.request);
        o.complete = !http_request_has_body(&head.request); /* then nothing may be fed */
        cut = split > o.end ? split : o.end;
        feed_body(&o, &parser, p + o.end, cut - o.end);
        feed_body(&o, &parser, p + cut, n - cut);
    }
    head_done(&head);
    return o;
}

/* The first byte says where the rest is cut in two. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct outcome whole;
    struct outcome cut;
    const char *p;

    if (size == 0)
        return 0;
    p = (const char *)data + 1;
    size--;
    whole = run(p, size, size);
    cut = run(p, size, size * data[0] / 256);
    MUST(whole.scan == cut.scan && whole.status == cut.status && whole.parsed == cut.parsed);
    MUST(whole.start == cut.start && whole.end == cut.end);
    MUST(whole.complete == cut.complete && whole.broken == cut.broken);
    if (!whole.broken)
        MUST(whole.body == cut.body && whole.checksum == cut.checksum);
    return 0;
}
