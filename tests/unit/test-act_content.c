/* SPDX-License-Identifier: MIT */
/* Bodies that are not what they should be, on the wire. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/util/util.h"
#include "tests/tap/tap.h"
#include "tests/unit/act_help.h"
#include "tests/unit/wire_help.h"

enum { MEGA = 1 << 20 };

static char *got;
static size_t got_size;
static int got_end;

/* The answer to `METHOD TARGET` with these header lines; in got. */
static const char *ask(const char *then, const char *line, const char *headers)
{
    char request[500];

    free(got);
    fault_rule(then);
    (void)snprintf(request, sizeof(request), "%s HTTP/1.1\r\n%s" CLOSE, line, headers);
    got = wire_ask(request, &got_size, &got_end);
    return wire_body(got);
}

static size_t body_size(void)
{
    return got_size - (size_t)(wire_body(got) - got);
}

/* How many bytes of the body differ, and (the last) where. */
static size_t differences(size_t offset, size_t *ret_where)
{
    const char *body = wire_body(got);
    size_t count = 0, n = body_size();

    for (size_t i = 0; i < n; i++) {
        if (body[i] != fault_byte(offset + i)) {
            count++;
            *ret_where = offset + i;
        }
    }
    return count;
}

static void test_flip(void)
{
    size_t where = 0;
    const char *body = ask("{\"content\": {\"flip\": [0, 99, 100, 5000]}}", "GET /size/1000", "");

    is_int((long long)body_size(), 1000, "flip: as many bytes");
    is_int((long long)differences(0, &where), 3, "flip: three of them wrong");
    ok(body[0] == (char)~fault_byte(0) && body[99] == (char)~fault_byte(99) &&
           body[100] == (char)~fault_byte(100),
       "flip: those that were named, inverted");
    (void)ask("{\"content\": {\"flip\": [700000]}}", "GET /size/1048576", "");
    is_int((long long)differences(0, &where), 1, "flip: one in a megabyte");
    is_int((long long)where, 700000, "flip: that one");
}

static void test_flip_in_ranges(void)
{
    size_t where = 0;

    (void)ask("{\"content\": {\"flip\": [150]}}", "GET /size/1000", "Range: bytes=100-199\r\n");
    is_int((long long)body_size(), 100, "flip in a range");
    is_int((long long)differences(100, &where), 1, "flip in a range: one byte");
    is_int((long long)where, 150, "flip in a range: counted from the entity's begin");
    (void)ask("{\"content\": {\"flip\": [150]}}", "GET /size/1000", "Range: bytes=200-299\r\n");
    is_int((long long)differences(200, &where), 0, "flip behind a range: nothing");
}

static void test_truncate(void)
{
    (void)ask("{\"content\": {\"truncate\": 70}}", "GET /size/100", "");
    is_str(wire_header(got, "Content-Length"), "70", "truncate: honest about it");
    ok(body_size() == 70 && fault_bytes_are(wire_body(got), 70, 0), "truncate: the first bytes");
    (void)ask("{\"content\": {\"truncate\": 70}}", "HEAD /size/100", "");
    is_str(wire_header(got, "Content-Length"), "70", "truncate: HEAD, too");
    (void)ask("{\"content\": {\"truncate\": 100}}", "GET /size/100", "");
    is_int((long long)body_size(), 100, "truncate: nothing to cut");
    (void)ask("{\"content\": {\"truncate\": 0}}", "GET /size/100", "");
    is_str(wire_header(got, "Content-Length"), "0", "truncate: to nothing");
    is_int((long long)body_size(), 0, "truncate: nothing is sent");
}

static void test_truncate_in_ranges(void)
{
    static const char then[] = "{\"content\": {\"truncate\": 70}}";

    (void)ask(then, "GET /size/100", "Range: bytes=50-89\r\n");
    is_str(wire_header(got, "Content-Range"), "bytes 50-69/70", "truncate: a range ends with it");
    is_str(wire_header(got, "Content-Length"), "20", "truncate: and is so long");
    ok(body_size() == 20 && fault_bytes_are(wire_body(got), 20, 50), "truncate: and has its bytes");
    (void)ask(then, "GET /size/100", "Range: bytes=10-19\r\n");
    is_str(wire_header(got, "Content-Range"), "bytes 10-19/70", "truncate: a range before it");
    (void)ask(then, "GET /size/100", "Range: bytes=70-79\r\n");
    ok(strncmp(got, "HTTP/1.1 416 ", 13) == 0, "truncate: no range behind it");
    is_str(wire_header(got, "Content-Range"), "bytes */70", "truncate: says how long it is");
}

static void test_bad_chunk(void)
{
    const char *body = ask("{\"connection\": \"bad-chunk\"}", "GET /size/100", "");

    is_str(wire_header(got, "Transfer-Encoding"), "chunked", "bad-chunk: in chunks");
    is_str(wire_header(got, "Content-Length"), NULL, "bad-chunk: without a length");
    ok(strncmp(body, "32\r\n", 4) == 0, "bad-chunk: says 50 bytes");
    ok(fault_bytes_are(body + 4, 100, 0) && strcmp(body + 104, "\r\n0\r\n\r\n") == 0,
       "bad-chunk: sends 100");
    is_int(got_end, WIRE_FIN, "bad-chunk: and the connection ends");
    body = ask("{\"connection\": \"bad-chunk\"}", "GET /size/0", "");
    is_str(body, "10\r\n\r\n0\r\n\r\n", "bad-chunk: of nothing");
    body = ask("{\"status\": 503, \"connection\": \"bad-chunk\"}", "GET /size/0", "");
    ok(strncmp(got, "HTTP/1.1 503 ", 13) == 0 && strncmp(body, "5\r\nerror -: -", 12) == 0,
       "bad-chunk: of an error");
    (void)ask("{\"connection\": \"bad-chunk\"}", "HEAD /size/100", "");
    is_int((long long)body_size(), 0, "bad-chunk: HEAD has no chunks");
}

static void test_replaced_body(void)
{
    const char *body = ask("{\"raw_body\": \"<html>\"}", "GET /size/100", "");

    ok(strncmp(got, "HTTP/1.1 200 ", 13) == 0, "a body of the rule's, with the status as it was");
    is_str(body, "<html>", "and its bytes");
    is_str(wire_header(got, "Content-Length"), "6", "and its length");
}

/* All at once: positions stay those of the body. */
static void test_together(void)
{
    size_t where = 0;

    (void)ask("{\"content\": {\"flip\": [10], \"truncate\": 1000}, \"rate\": \"10MB\","
              " \"body\": {\"after\": 500, \"do\": \"close\"}}",
              "GET /size/1048576", "");
    is_str(wire_header(got, "Content-Length"), "1000", "together: the shorter length");
    is_int((long long)body_size(), 500, "together: cut");
    is_int((long long)differences(0, &where), 1, "together: one byte flipped");
    is_int((long long)where, 10, "together: that one");
}

int main(void)
{
    plan_lazy();
    fault_start((struct fault_setup){0});
    test_flip();
    test_flip_in_ranges();
    test_truncate();
    test_truncate_in_ranges();
    test_bad_chunk();
    test_replaced_body();
    test_together();
    free(got);
    fault_stop();
    done_testing();
}
