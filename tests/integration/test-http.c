/* SPDX-License-Identifier: MIT */
/* HTTP/1.1 as the specification has it: keep-alive, pipelining, chunks, 100-continue, HEAD, 1.0. */
#include <stdio.h>
#include <string.h>

#include "tests/integration/lib/bail.h"
#include "tests/integration/lib/raw.h"
#include "tests/integration/lib/registry.h"
#include "tests/tap/tap.h"

#define D0    "sha256:0000000000000000000000000000000000000000000000000000000000000000"
#define H     "Host: x\r\n"
#define PING  "GET /v2/ HTTP/1.1\r\n" H "\r\n"
#define PATCH "PATCH ${loc} HTTP/1.1\r\n" H

static const struct raw rows[] = {
    {"one request, the connection stays", PING, .statuses = "200", .after = RAW_OPEN},
    {"pipelining: three requests in one packet", PING "HEAD /v2/ HTTP/1.1\r\n" H "\r\n" PING,
     .statuses = "200 200h 200", .after = RAW_OPEN},
    {"pipelining: answers keep their order",
     "GET /v2/app/manifests/v1 HTTP/1.1\r\n" H "\r\nGET /v2/app/blobs/" D0 " HTTP/1.1\r\n" H
     "\r\n" PING,
     .statuses = "200 404 200", .after = RAW_OPEN},
    {"pipelining: a POST with a body, then a GET",
     "POST /v2/app/blobs/uploads/?digest=${hello} HTTP/1.1\r\n" H "Content-Length: 5\r\n\r\nhello"
     "GET /v2/app/blobs/${hello} HTTP/1.1\r\n" H "\r\n",
     .statuses = "201 200", .after = RAW_OPEN},
    {"pipelining: a chunked PUT, then a GET",
     "PUT /v2/app/manifests/v9 HTTP/1.1\r\n" H "Content-Type: text/x-any\r\n"
     "Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n"
     "GET /v2/app/manifests/v9 HTTP/1.1\r\n" H "\r\n",
     .statuses = "201 200", .after = RAW_OPEN},
    {"pipelining: a refused body is skipped before the next request",
     "PATCH /v2/app/blobs/uploads/none HTTP/1.1\r\n" H "Content-Length: 24\r\n\r\n"
     "GET /v2/x HTTP/1.1\r\n\r\nab" PING,
     .statuses = "404 200", .after = RAW_OPEN},
    {"a body on GET is skipped", "GET /v2/ HTTP/1.1\r\n" H "Content-Length: 4\r\n\r\nbody" PING,
     .statuses = "200 200", .after = RAW_OPEN},
    {"a body on DELETE is skipped",
     "DELETE /v2/app/manifests/none HTTP/1.1\r\n" H "Content-Length: 4\r\n\r\nbody" PING,
     .statuses = "404 200", .after = RAW_OPEN},
    {"Connection: close is obeyed", "GET /v2/ HTTP/1.1\r\n" H "Connection: close\r\n\r\n",
     .statuses = "200", .after = RAW_CLOSED},
    {"Connection: close as one of several options",
     "GET /v2/ HTTP/1.1\r\n" H "Connection: te, Close\r\n\r\n", .statuses = "200",
     .after = RAW_CLOSED},
    {"requests behind Connection: close are not answered",
     "GET /v2/ HTTP/1.1\r\n" H "Connection: close\r\n\r\n" PING, .statuses = "200",
     .after = RAW_CLOSED},
    {"Connection: close after a body",
     "POST /v2/app/blobs/uploads/?digest=${hello} HTTP/1.1\r\n" H "Content-Length: 5\r\n"
     "Connection: close\r\n\r\nhello",
     .statuses = "201", .after = RAW_CLOSED},
    {"HTTP/1.0 without Host is answered and closed", "GET /v2/ HTTP/1.0\r\n\r\n", .statuses = "200",
     .after = RAW_CLOSED},
    {"HTTP/1.0 with keep-alive stays", "GET /v2/ HTTP/1.0\r\nConnection: keep-alive\r\n\r\n",
     .statuses = "200", .after = RAW_OPEN},
    {"HTTP/1.0 HEAD", "HEAD /v2/app/manifests/v1 HTTP/1.0\r\n\r\n", .statuses = "200h",
     .after = RAW_CLOSED},
    {"the absolute form of a target", "GET http://example.com/v2/ HTTP/1.1\r\n" H "\r\n",
     .statuses = "200", .after = RAW_OPEN},
    {"percent-decoding in the path", "GET /v2/%61%70p/manifests/%761 HTTP/1.1\r\n" H "\r\n",
     .statuses = "200", .after = RAW_OPEN},
    {"percent-decoding of each kind of digit",
     "GET /v2/app/manifests/%76%39 HTTP/1.1\r\n" H "\r\n"
     "HEAD /v2/app/%6D%61%6e%69fests/%4E%4f%5A_ HTTP/1.1\r\n" H "\r\n",
     .statuses = "200 404h", .after = RAW_OPEN},
    {"percent-decoding keeps '+' in a path", "GET /v2/app/manifests/v+1 HTTP/1.1\r\n" H "\r\n",
     .statuses = "404", .after = RAW_OPEN},
    {"header names of any case, values with white space around",
     "GET /v2/app/blobs/${data} HTTP/1.1\r\nhOsT: x\r\nRANGE: \t bytes=0-1 \t\r\n\r\n",
     .statuses = "206", .after = RAW_OPEN},
    {"an empty line before the request line is tolerated", "\r\n" PING, .statuses = "200",
     .after = RAW_OPEN},
};

/* Bodies in chunks, each appended to a session of its own: what the Range must be afterwards. */
static const struct {
    const char *name;
    const char *body;
    const char *range;
} chunked[] = {
    {"chunked: two chunks", "5\r\nhello\r\n6\r\n world\r\n0\r\n\r\n", "0-10"},
    {"chunked: hexadecimal sizes, both cases, leading zeroes",
     "0a\r\n0123456789\r\n000B\r\n0123456789a\r\n0\r\n\r\n", "0-20"},
    {"chunked: extensions", "5;a=b\r\nhello\r\n5;c=\"d;e\";f\r\n, you\r\n0;last\r\n\r\n", "0-9"},
    {"chunked: trailers", "5\r\nhello\r\n0\r\nExpires: never\r\nX: y\r\n\r\n", "0-4"},
    {"chunked: data that looks like framing", "9\r\n0\r\n\r\nGET \r\n0\r\n\r\n", "0-8"},
    {"chunked: nothing", "0\r\n\r\n", "0-0"},
};

static void test_chunked(struct script *t, size_t piece)
{
    struct client *c = client_new(server_url(script_server(t), 0));
    size_t i;

    for (i = 0; i < ARRAY_LEN(chunked); i++) {
        const struct response *r;
        const char *range;

        registry_upload(t, "app", "loc");
        client_sendf(c, "PATCH %s HTTP/1.1\r\n" H "Transfer-Encoding: chunked\r\n\r\n",
                     script_get(t, "loc"));
        client_send_pieces(c, chunked[i].body, strlen(chunked[i].body), piece);
        r = client_read(c, false);
        range = response_header(r, "Range");
        if (!ok(r->status == 202 && range != NULL && strcmp(range, chunked[i].range) == 0,
                "C8 %s, in pieces of %zu", chunked[i].name, piece))
            response_diag(r);
    }
    is_int(client_get(c, "/v2/")->status, 200, "C8 chunked: the connection goes on");
    client_free(c);
}

/* Every byte of a request in a packet of its own. */
static void test_pieces(struct script *t)
{
    struct client *c = client_new(server_url(script_server(t), 0));
    static const char request[] =
        "POST /v2/app/blobs/uploads/ HTTP/1.1\r\n" H "Content-Length: 0\r\n\r\n" PING;

    client_send_pieces(c, request, sizeof(request) - 1, 1);
    is_int(client_read(c, false)->status, 202, "a head that comes byte by byte");
    is_int(client_read(c, false)->status, 200, "... and another behind it");
    client_free(c);
}

/* Clients that shut down their side. */
static void test_half_closed(struct script *t)
{
    struct client *c = client_new(server_url(script_server(t), 0));

    client_sendf(c, PING PING);
    client_shutdown(c);
    is_int(client_read(c, false)->status, 200, "half closed: the request is answered");
    is_int(client_read(c, false)->status, 200, "half closed: and the one behind it");
    is_str(client_end_name(client_wait_end(c)), "closed", "half closed: then the server closes");
    client_free(c);
    c = client_new(server_url(script_server(t), 0));
    client_sendf(
        c, "POST /v2/app/blobs/uploads/?digest=%s HTTP/1.1\r\n" H "Content-Length: 5\r\n\r\nhello",
        script_get(t, "hello"));
    client_shutdown(c);
    is_int(client_read(c, false)->status, 201, "half closed: a push is finished");
    client_free(c);
    c = client_new(server_url(script_server(t), 0));
    client_sendf(c, "GET /v2/ HTTP/1.1\r\nHo");
    client_shutdown(c);
    is_str(client_end_name(client_wait_end(c)), "closed", "half closed in a head: closed");
    client_free(c);
}

static void test_many(struct script *t)
{
    struct client *c = client_new(server_url(script_server(t), 0));
    unsigned i, good = 0;

    for (i = 0; i < 500; i++)
        client_sendf(c, "%s", PING);
    for (i = 0; i < 500; i++)
        good += client_read(c, false)->status == 200;
    is_int(good, 500, "pipelining: 500 requests without reading in between");
    client_free(c);
}

/* Expect: 100-continue: who asks for it, and what must come. */
static const struct {
    const char *name;
    const char *head; /* without the empty line */
    const char *body; /* sent after a 100 */
    bool wanted;      /* a 100 must come first */
    int status;
} expects[] = {
    {"C8 Expect: PATCH of a session", "PATCH ${loc} HTTP/1.1\r\n" H "Content-Length: 5\r\n",
     "hello", true, 202},
    {"C8 Expect: chunked PATCH", "PATCH ${loc} HTTP/1.1\r\n" H "Transfer-Encoding: chunked\r\n",
     "5\r\nhello\r\n0\r\n\r\n", true, 202},
    {"C8 Expect: manifest PUT",
     "PUT /v2/app/manifests/v8 HTTP/1.1\r\n" H "Content-Type: text/x-any\r\nContent-Length: 2\r\n",
     "{}", true, 201},
    {"C8 Expect: single POST",
     "POST /v2/app/blobs/uploads/?digest=${hello} HTTP/1.1\r\n" H "Content-Length: 5\r\n", "hello",
     true, 201},
    {"C8 Expect: none before a refusal: unknown session",
     "PATCH /v2/app/blobs/uploads/none HTTP/1.1\r\n" H "Content-Length: 5\r\n", NULL, false, 404},
    {"C8 Expect: none before a refusal: out of order",
     "PATCH ${loc} HTTP/1.1\r\n" H "Content-Length: 5\r\nContent-Range: 70-74\r\n", NULL, false,
     416},
    {"C8 Expect: none before a refusal: malformed digest",
     "PUT ${loc}?digest=sha256:x HTTP/1.1\r\n" H "Content-Length: 5\r\n", NULL, false, 400},
    {"C8 Expect: none before a refusal: manifest over the limit",
     "PUT /v2/app/manifests/v8 HTTP/1.1\r\n" H "Content-Type: text/x-any\r\n"
     "Content-Length: 99999999\r\n",
     NULL, false, 413},
    {"C8 Expect: none where the body is not wanted",
     "DELETE /v2/app/manifests/none HTTP/1.1\r\n" H "Content-Length: 5\r\n", NULL, false, 404},
    {"C8 Expect: none without a body", "GET /v2/ HTTP/1.1\r\n" H, NULL, false, 200},
    {"C8 Expect: none for HTTP/1.0",
     "PUT /v2/app/manifests/v8 HTTP/1.0\r\n" H "Content-Type: text/x-any\r\nContent-Length: 2\r\n",
     "{}", false, 201},
};

static void test_expect(struct script *t, size_t i)
{
    struct client *c = client_new(server_url(script_server(t), 0));
    auto_free char *head = script_expand(t, expects[i].head);
    const struct response *r;
    bool came = true;

    client_sendf(c, "%sExpect: 100-continue\r\n\r\n", head);
    if (expects[i].wanted)
        came = client_read_continue(c);
    if (expects[i].body != NULL)
        client_send(c, expects[i].body, strlen(expects[i].body));
    r = client_read(c, false);
    if (!ok(came && r->continues == 0 && r->status == expects[i].status, "%s", expects[i].name)) {
        diag("100 came as it should: %d, more of them: %u", came, r->continues);
        response_diag(r);
    }
    client_free(c);
}

/* A client that does not wait for the 100: whatever comes, its body counts. */
static void test_impatient(struct script *t)
{
    struct client *c = client_new(server_url(script_server(t), 0));
    const struct response *r;

    client_sendf(c,
                 "POST /v2/app/blobs/uploads/?digest=%s HTTP/1.1\r\n" H "Content-Length: 5\r\n"
                 "Expect: 100-continue\r\n\r\nhello" PING,
                 script_get(t, "hello"));
    r = client_read(c, false);
    ok(r->status == 201 && r->continues <= 1, "C8 Expect: the body came with the head");
    is_int(client_read(c, false)->status, 200, "C8 Expect: ... and the next request is answered");
    client_free(c);
}

int main(void)
{
    struct server *s;
    struct script *t;
    size_t i;

    plan_lazy();
    s = server_new(NULL);
    t = script_new(s);
    script_content(t, "hello", "hello");
    registry_image(t, "app", "v1", "img");
    registry_blob(t, "app", "data", "some data");
    RUN_RAW(t, rows);
    test_pieces(t);
    test_half_closed(t);
    test_many(t);
    test_chunked(t, 1000);
    test_chunked(t, 1);
    registry_upload(t, "app", "loc");
    for (i = 0; i < ARRAY_LEN(expects); i++)
        test_expect(t, i);
    test_impatient(t);
    registry_large(t, "3 MiB on one connection");
    script_free(t);
    server_free(s);
    done_testing();
}
