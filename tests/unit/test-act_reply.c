/* SPDX-License-Identifier: MIT */
/* Rules that answer, and what they say in heads: the bytes on the wire. */
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/util/util.h"
#include "tests/tap/tap.h"
#include "tests/unit/act_help.h"
#include "tests/unit/wire_help.h"

#define GET  "GET /size/100 HTTP/1.1\r\n"
#define HEAD "HEAD /size/100 HTTP/1.1\r\n"

/* Asks with the rule alone; the answer is borrowed until the next call. */
static const char *ask(const char *then, const char *request)
{
    static char *got;
    size_t n;
    int end;

    free(got);
    fault_rule(then);
    got = wire_ask(request, &n, &end);
    is_int(end, WIRE_FIN, "%s: the connection ends well", then != NULL ? then : "no rule");
    return got;
}

static bool begins(const char *text, const char *with)
{
    if (strncmp(text, with, strlen(with)) == 0)
        return true;
    diag("got %.200s", text);
    return false;
}

static void test_status(void)
{
    int handled = atomic_load(&fault_handled), acted = atomic_load(&fault_acted);
    const char *got = ask("{\"status\": 503}", GET CLOSE);

    ok(begins(got, "HTTP/1.1 503 Service Unavailable\r\n"), "a status");
    is_str(wire_body(got), "error -: -", "has the product's error body");
    got = ask("{\"status\": 404, \"error\": {\"code\": \"X\", \"message\": \"why\"}}", GET CLOSE);
    is_str(wire_body(got), "error X: why", "with the rule's words");
    got = ask("{\"status\": 502, \"raw_body\": {\"type\": \"text/html\", \"text\": \"<p>no\"}}",
              GET CLOSE);
    is_str(wire_body(got), "<p>no", "another body");
    is_str(wire_header(got, "Content-Type"), "text/html", "and its type");
    got = ask("{\"status\": 500, \"raw_body\": \"\"}", GET CLOSE);
    is_str(wire_body(got), "", "no body at all");
    is_str(wire_header(got, "Content-Type"), NULL, "and no type");
    got = ask("{\"status\": 429, \"headers\": {\"set\": {\"Retry-After\": 7}}}", HEAD CLOSE);
    is_str(wire_header(got, "Retry-After"), "7", "a number as a header");
    is_str(wire_body(got), "", "HEAD has no body");
    is_int(atomic_load(&fault_handled), handled, "the product's handler is not asked");
    is_int(atomic_load(&fault_acted), acted + 5, "but told of each rule that acted");
}

static void test_keeps_connection(void)
{
    size_t n;
    int end;
    char *got;

    fault_rule("{\"status\": 503}");
    got = wire_ask("PUT /x HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\nhello" GET CLOSE, &n,
                   &end);
    ok(strstr(got, "error -: -HTTP/1.1 503 ") != NULL, "an answer keeps the connection");
    free(got);
}

static void test_headers(void)
{
    const char *got =
        ask("{\"headers\": {\"set\": {\"Content-Type\": \"a/b\"}, \"add\": {\"Link\": \"<x>\"},"
            " \"remove\": [\"X-Digest\", \"Date\", \"Server\"]}}",
            GET CLOSE);

    is_str(wire_header(got, "Content-Type"), "a/b", "set");
    is_str(wire_header(got, "Link"), "<x>", "add");
    is_str(wire_header(got, "X-Digest"), NULL, "remove");
    is_str(wire_header(got, "Date"), NULL, "remove what is ours");
    is_str(wire_header(got, "Server"), NULL, "remove what is ours, too");
    got = ask("{\"headers\": {\"set\": {\"Connection\": \"close\"}}}", GET KEEP GET KEEP);
    is_str(wire_header(got, "Connection"), "close", "Connection: close is said");
    ok(strstr(got + 5, "HTTP/1.1") == NULL, "and done");
    got = ask("{\"headers\": {\"remove\": [\"Content-Length\"]}}", GET KEEP GET KEEP);
    is_str(wire_header(got, "Content-Length"), NULL, "no length");
    is_int((long long)strlen(wire_body(got)), 100, "then the end of the connection ends the body");
}

static void test_lies(void)
{
    const char *got = ask("{\"digest_header\": \"wrong\", \"type_header\": \"wrong\"}", GET CLOSE);

    is_str(wire_header(got, "X-Digest"), "sha256:0123456789abcde0", "a wrong digest");
    is_str(wire_header(got, "Content-Type"), "text/html", "a wrong type");
    got = ask("{\"digest_header\": \"missing\", \"type_header\": \"missing\"}", GET CLOSE);
    ok(wire_header(got, "X-Digest") == NULL && wire_header(got, "Content-Type") == NULL,
       "missing ones");
    got = ask("{\"digest_header\": \"sha256:77\", \"type_header\": \"x/y\"}", GET CLOSE);
    is_str(wire_header(got, "X-Digest"), "sha256:77", "a digest of the rule's");
    is_str(wire_header(got, "Content-Type"), "x/y", "a type of the rule's");
}

static void test_length_lies(void)
{
    const char *got = ask("{\"length_header\": \"wrong\"}", GET KEEP GET KEEP);

    is_str(wire_header(got, "Content-Length"), "101", "one byte more is announced");
    is_int((long long)strlen(wire_body(got)), 100, "than comes before the end");
    got = ask("{\"length_header\": \"5\"}", GET KEEP GET KEEP);
    is_str(wire_header(got, "Content-Length"), "5", "less is announced");
    is_int((long long)strlen(wire_body(got)), 100, "than comes; nothing follows it");
    got = ask("{\"length_header\": \"missing\"}", GET KEEP GET KEEP);
    is_str(wire_header(got, "Content-Length"), NULL, "no length");
    is_int((long long)strlen(wire_body(got)), 100, "the end ends it");
    got = ask("{\"length_header\": \"wrong\"}", HEAD KEEP HEAD CLOSE);
    is_str(wire_header(got, "Content-Length"), "101", "HEAD: one byte more");
    ok(strstr(got + 5, "HTTP/1.1 200") != NULL, "HEAD: the connection goes on");
    got = ask("{\"length_header\": \"100\"}", GET KEEP GET CLOSE);
    ok(strstr(got + 5, "HTTP/1.1 200") != NULL, "the truth as a lie: the connection goes on");
}

static void test_quota(void)
{
    static const char then[] = "{\"quota\": {\"limit\": 2, \"window\": \"1h\"}}";
    int acted = atomic_load(&fault_acted), handled = atomic_load(&fault_handled);
    const char *got = ask(then, GET KEEP GET KEEP GET CLOSE);
    const char *second = strstr(got + 5, "HTTP/1.1");
    const char *third = second != NULL ? strstr(second + 5, "HTTP/1.1") : NULL;

    is_str(wire_header(got, "RateLimit-Limit"), "2;w=3600", "how much there is");
    is_str(wire_header(got, "RateLimit-Remaining"), "1;w=3600", "how much is left");
    is_str(wire_header(got, "Retry-After"), NULL, "nothing to wait for yet");
    if (!ok(third != NULL, "three answers"))
        return;
    ok(begins(second, "HTTP/1.1 200 "), "the second is answered");
    ok(begins(third, "HTTP/1.1 429 "), "the third is one too many");
    is_str(wire_header(third, "RateLimit-Remaining"), "0;w=3600", "nothing is left");
    ok(wire_header(third, "Retry-After") != NULL &&
           strtol(wire_header(third, "Retry-After"), NULL, 10) > 3500,
       "it says when to come back");
    is_int(atomic_load(&fault_handled), handled + 2, "the handler saw two");
    is_int(atomic_load(&fault_acted), acted + 1, "the rule acted once");
}

static void test_redirect(void)
{
    static const struct {
        const char *then, *target, *location;
    } rows[] = {
        {"{\"redirect\": \"http://other:1\"}", "/a/b?x=1&y=2", "http://other:1/a/b?x=1&y=2"},
        {"{\"redirect\": {\"to\": \"http://other/\", \"strip_query\": true}}", "/a?x=1",
         "http://other/a"},
        {"{\"redirect\": \"https://cdn/place\"}", "/a?x=1", "https://cdn/place?x=1"},
        {"{\"redirect\": \"second\"}", "/a", "http://127.0.0.1:5999/a?mark=1"},
        {"{\"redirect\": \"http://h:5999/\"}", "/a?x=1&mark=0", "http://h:5999/a?x=1&mark=1"},
        {"{\"redirect\": {\"to\": \"second\", \"strip_query\": true}}", "/a?x=1",
         "http://127.0.0.1:5999/a?mark=1"},
        {"{\"redirect\": \"http://h:5999/own\"}", "/a", "http://h:5999/own"},
        {"{\"redirect\": \"mirror:5000\"}", "/a", "http://mirror:5000/a"},
        {"{\"redirect\": \"/else\"}", "/a", "/else"},
        {"{\"redirect\": {\"hops\": 3}}", "/a?x=1", "/a?x=1&redirect-hop=1"},
        {"{\"redirect\": {\"hops\": 3}}", "/a?redirect-hop=2", "/a?redirect-hop=3"},
        {"{\"redirect\": {\"to\": \"http://o\", \"hops\": 2}}", "/a", "/a?redirect-hop=1"},
        {"{\"redirect\": {\"to\": \"http://o\", \"hops\": 2}}", "/a?redirect-hop=1&z",
         "http://o/a?z"},
    };

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        char request[300];
        const char *got;

        (void)snprintf(request, sizeof(request), "GET %s HTTP/1.1\r\n" CLOSE, rows[i].target);
        got = ask(rows[i].then, request);
        is_str(wire_header(got, "Location"), rows[i].location, "%s", rows[i].then);
        is_str(wire_body(got), "", "without a body");
    }
    ok(begins(ask("{\"redirect\": {\"to\": \"http://o\", \"status\": 301}}", GET CLOSE),
              "HTTP/1.1 301 "),
       "with a status of its own");
    is_str(
        wire_body(ask("{\"redirect\": {\"hops\": 3}}", "GET /a?redirect-hop=3 HTTP/1.1\r\n" CLOSE)),
        "/a", "behind the last hop is the answer");
    is_str(wire_body(ask("{\"redirect\": \"http://here\"}", "GET /b HTTP/1.1\r\n" CLOSE)), "/b",
           "who is there already is answered");
    is_str(wire_body(ask("{\"redirect\": \"third\"}", GET CLOSE)),
           "error -: there is no such listener to redirect to", "an unknown listener is told of");
}

static void test_close_after(void)
{
    const char *got = ask("{\"close_after_requests\": 2}", GET KEEP GET KEEP GET KEEP);
    const char *second = strstr(got + 5, "HTTP/1.1 200");

    if (!ok(second != NULL, "the second request of a connection is answered"))
        return;
    is_str(wire_header(got, "Connection"), NULL, "the first does not end it");
    is_str(wire_header(second, "Connection"), "close", "the second does");
    ok(strstr(second + 5, "HTTP/1.1") == NULL, "there is no third");
    got = ask("{\"connection\": \"close-idle\"}", GET KEEP);
    ok(begins(got, "HTTP/1.1 200 ") && strlen(wire_body(got)) == 100, "close-idle: answered");
    is_str(wire_header(got, "Connection"), NULL, "close-idle: nothing said");
}

static void test_no_rule(void)
{
    const char *got = ask(NULL, GET CLOSE);

    ok(begins(got, "HTTP/1.1 200 ") && fault_bytes_are(wire_body(got), 100, 0), "without rules");
}

int main(void)
{
    plan_lazy();
    fault_start((struct fault_setup){0});
    test_no_rule();
    test_status();
    test_keeps_connection();
    test_headers();
    test_lies();
    test_length_lies();
    test_quota();
    test_redirect();
    test_close_after();
    fault_stop();
    done_testing();
}
