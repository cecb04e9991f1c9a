/* SPDX-License-Identifier: MIT */
/* Timeouts, made short by configuration: what the server does with those who stall. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/integration/lib/bail.h"
#include "tests/integration/lib/cert.h"
#include "tests/integration/lib/registry.h"
#include "tests/tap/tap.h"

static const char *const tls_args[] = {"--tls-listen", "127.0.0.1:0", "--tls-cert", "tls.crt",
                                       "--tls-key",    "tls.key",     NULL};

static void write_certificate(const char *folder, void *arg)
{
    (void)arg;
    cert_write(folder, "tls", 1);
}

static bool closed(enum client_end end)
{
    return end == CLIENT_END_EOF || end == CLIENT_END_RESET;
}

/* A 408 or nothing, then the end. */
static void expect_cut(struct client *c, const char *name, bool answer)
{
    if (answer) {
        const struct response *r = client_read(c, false);

        if (!is_int(r->status, 408, "%s: 408", name))
            response_diag(r);
    }
    is_str(client_end_name(client_wait_end(c)), "closed", "%s: closed", name);
    client_free(c);
}

static void test_head(struct server *s)
{
    struct client *c = client_new(server_url(s, 0));

    expect_cut(c, "head_timeout: nothing was sent", false);
    c = client_new(server_url(s, 0));
    client_sendf(c, "GET /v2/ HTT");
    expect_cut(c, "head_timeout: half a request line", true);
    c = client_new(server_url(s, 0));
    client_sendf(c, "GET /v2/ HTTP/1.1\r\nHost: x\r\n");
    expect_cut(c, "head_timeout: an unfinished head", true);
    c = client_new(server_url(s, 0));
    client_sendf(c, "GET /v2/ HTTP/1.1\r\nHost: x\r\n\r\nGET /v2/ HTTP/1.1\r\n");
    is_int(client_read(c, false)->status, 200, "head_timeout: a first request is answered");
    expect_cut(c, "head_timeout: an unfinished second head", true);
}

static void test_tls_head(struct server *s)
{
    struct client *c = client_new_plain(server_url(s, 1));

    ok(closed(client_wait_end(c)), "head_timeout: no handshake on the TLS port: closed");
    client_free(c);
    c = client_new_plain(server_url(s, 1));
    client_send(c, "\x16\x03\x01\x02", 4);
    ok(closed(client_wait_end(c)), "head_timeout: an unfinished handshake: closed");
    client_free(c);
    c = client_new(server_url(s, 1));
    client_sendf(c, "GET /v2/ HT");
    expect_cut(c, "head_timeout: an unfinished head in TLS", true);
}

static void test_body(struct server *s, struct script *t)
{
    static const struct step after[] = {
        {"body_timeout: the upload can be asked for", "GET ${loc}", .status = 204,
         .want = "Range: *"},
        {"body_timeout: the manifest is not there", "GET /v2/app/manifests/cut", .status = 404},
    };
    struct client *c = client_new(server_url(s, 0));

    registry_upload(t, "app", "loc");
    registry_image(t, "app", "v1", "img");
    client_sendf(c, "PATCH %s HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nhello",
                 script_get(t, "loc"));
    expect_cut(c, "body_timeout: half a PATCH", true);
    c = client_new(server_url(s, 0));
    client_sendf(c, "PUT /v2/app/manifests/cut HTTP/1.1\r\nHost: x\r\nContent-Type: text/x-any\r\n"
                    "Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n");
    expect_cut(c, "body_timeout: a chunked manifest without its end", true);
    c = client_new(server_url(s, 0));
    client_sendf(c, "PATCH /v2/app/blobs/uploads/none HTTP/1.1\r\nHost: x\r\n"
                    "Content-Length: 10\r\n\r\nhello");
    is_int(client_read(c, false)->status, 404, "linger_timeout: a refused body that never ends");
    ok(closed(client_wait_end(c)), "linger_timeout: closed");
    client_free(c);
    script_use(t, 0); /* its connection was idle for too long meanwhile */
    RUN(t, after);
}

static void test_idle(struct server *s)
{
    struct client *c = client_new(server_url(s, 0));

    is_int(client_get(c, "/v2/")->status, 200, "idle_timeout: a request");
    expect_cut(c, "idle_timeout: then silence", false);
    c = client_new(server_url(s, 1));
    is_int(client_get(c, "/v2/")->status, 200, "idle_timeout: a request in TLS");
    expect_cut(c, "idle_timeout: then silence in TLS", false);
}

/* A client that takes a little of a large answer and then nothing more. */
static void test_write(struct server *s, struct script *t, unsigned url, const char *name)
{
    struct client *c = client_new_narrow(server_url(s, url), 4096);
    const struct response *r;

    client_sendf(c, "GET /v2/app/blobs/%s HTTP/1.1\r\nHost: x\r\n\r\n", script_get(t, "large"));
    ok(client_drop_bytes(c, 1), "write_timeout: %s: the answer starts", name);
    ok(server_wait_log(s, "the peer stopped reading"), "write_timeout: %s: logged", name);
    r = client_read(c, false);
    is_int(r->status, 0, "write_timeout: %s: the answer is cut", name);
    client_free(c);
}

static void test_writes(void)
{
    struct server_options options = {
        .config = "limits: {write_timeout: 200ms}\n",
        .args = tls_args,
        .prepare = write_certificate,
    };
    size_t n = 24 * 1024 * 1024;
    char *text = malloc(n + 1);
    struct server *s;
    struct script *t;
    unsigned url;

    if (text == NULL)
        bail("out of memory");
    memset(text, 'w', n);
    text[n] = '\0';
    for (url = 0; url < 2; url++) {
        s = server_new(&options);
        t = script_new(s);
        registry_blob(t, "app", "large", text);
        test_write(s, t, url, url == 0 ? "plain" : "TLS");
        is_int(script_send(t, "GET /v2/", NULL, NULL)->status, 200,
               "write_timeout: others are served");
        script_free(t);
        server_free(s);
    }
    free(text);
}

/* A refused body longer than what is worth reading: the answer comes, then the connection ends. */
static void test_discard(void)
{
    struct server *s = server_new_config("limits: {discard: 64KiB}\n");
    struct client *c = client_new(server_url(s, 0));
    size_t n = 4 * 1024 * 1024;
    char *text = calloc(1, n);
    const struct response *r;

    if (text == NULL)
        bail("out of memory");
    r = client_call(c, "PATCH", "/v2/app/blobs/uploads/none", NULL, text, n);
    if (!ok(r->status == 404 && r->close,
            "UP14 limits.discard: the answer, with Connection: close"))
        response_diag(r);
    ok(closed(client_wait_end(c)), "UP14 limits.discard: closed");
    client_free(c);
    c = client_new(server_url(s, 0));
    r = client_call(c, "PATCH", "/v2/app/blobs/uploads/none", NULL, text, 60 * 1024);
    is_int(r->status, 404, "UP14 limits.discard: a shorter one is read");
    is_int(client_get(c, "/v2/")->status, 200, "UP14 limits.discard: and the connection goes on");
    client_free(c);
    free(text);
    server_free(s);
}

static void test_connections(void)
{
    struct server *s = server_new_config("limits: {connections: 3}\n");
    struct client *c[3], *more;
    const struct response *r;
    uint64_t deadline;
    int i, status = 503;

    for (i = 0; i < 3; i++) {
        c[i] = client_new(server_url(s, 0));
        is_int(client_get(c[i], "/v2/")->status, 200, "limits.connections: number %d", i + 1);
    }
    more = client_new(server_url(s, 0));
    r = client_get(more, "/v2/");
    is_int(r->status, 503, "limits.connections: one more is refused with 503");
    ok(r->close && closed(client_wait_end(more)), "limits.connections: and closed");
    client_free(more);
    is_int(client_get(c[0], "/v2/")->status, 200, "limits.connections: the others go on");
    client_free(c[1]);
    deadline = client_now() + CLIENT_WAIT_MS;
    while (status != 200 && client_now() < deadline) {
        more = client_new(server_url(s, 0));
        status = client_get(more, "/v2/")->status;
        client_free(more);
    }
    is_int(status, 200, "limits.connections: closing one makes room");
    client_free(c[0]);
    client_free(c[2]);
    server_free(s);
}

int main(void)
{
    struct server_options options = {
        .config = "limits:\n"
                  "  head_timeout: 150ms\n"
                  "  body_timeout: 150ms\n"
                  "  idle_timeout: 150ms\n"
                  "  linger_timeout: 150ms\n",
        .args = tls_args,
        .prepare = write_certificate,
    };
    struct server *s;
    struct script *t;

    plan_lazy();
    s = server_new(&options);
    t = script_new(s);
    test_head(s);
    test_tls_head(s);
    test_idle(s);
    test_body(s, t);
    script_free(t);
    server_free(s);
    test_writes();
    test_discard();
    test_connections();
    done_testing();
}
