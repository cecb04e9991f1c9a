/* SPDX-License-Identifier: MIT */
/* A cut upload, resumed: the way that a client takes after its connection broke. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/util/digest.h"
#include "tests/integration/lib/bail.h"
#include "tests/integration/lib/registry.h"
#include "tests/tap/tap.h"

enum { SIZE = 2 * 1024 * 1024 + 321, CUT = 700 * 1000 };

struct upload {
    struct server *server;
    struct script *t;
    char *bytes;     /* SIZE of them */
    struct digest d; /* of all of them */
    char path[256];  /* of the session */
};

static void open_session(struct upload *u)
{
    registry_upload(u->t, "app", "loc");
    snprintf(u->path, sizeof(u->path), "%s", script_get(u->t, "loc"));
}

/* Sends the first CUT bytes of a PATCH that promises more, and is gone. */
static void cut(struct upload *u, const char *framing, const char *before, bool reset)
{
    struct client *c = client_new(server_url(u->server, 0));

    client_sendf(c, "PATCH %s HTTP/1.1\r\nHost: x\r\n%s\r\n%s", u->path, framing, before);
    client_send(c, u->bytes, CUT);
    if (reset)
        client_free_reset(c);
    else
        client_free(c);
}

/* How many bytes the server says it has. */
static size_t received(struct upload *u)
{
    const struct response *r = client_get(script_client(u->t), u->path);
    const char *range = response_header(r, "Range");
    unsigned long last;

    if (r->status != 204 || range == NULL || sscanf(range, "0-%lu", &last) != 1) {
        response_diag(r);
        return SIZE + 1;
    }
    return last == 0 ? 0 : last + 1;
}

/* The server may still be taking in what was on its way: asks until the number stands still. */
static size_t received_at_last(struct upload *u, bool all)
{
    uint64_t deadline = client_now() + CLIENT_WAIT_MS;
    size_t n = received(u);

    while (all && n != CUT && client_now() < deadline) {
        (void)client_quiet(script_client(u->t), 5);
        n = received(u);
    }
    return n;
}

static int patch_rest(struct upload *u, size_t from)
{
    char headers[128];

    snprintf(headers, sizeof(headers), "Content-Range: %zu-%d\r\n", from, SIZE - 1);
    return client_call(script_client(u->t), "PATCH", u->path, headers, u->bytes + from, SIZE - from)
        ->status;
}

static void finish(struct upload *u, const char *name)
{
    struct digest got;
    const struct response *r;
    char target[512];

    snprintf(target, sizeof(target), "%s?digest=%s", u->path, u->d.text);
    r = client_call(script_client(u->t), "PUT", target, NULL, NULL, 0);
    if (!is_int(r->status, 201, "%s: PUT ends it", name))
        response_diag(r);
    snprintf(target, sizeof(target), "/v2/app/blobs/%s", u->d.text);
    r = client_get(script_client(u->t), target);
    (void)digest_of(&got, DIGEST_SHA256, r->body, r->size, NULL);
    is_str(got.text, u->d.text, "%s: the blob is whole", name);
    is_int(client_call(script_client(u->t), "DELETE", target, NULL, NULL, 0)->status, 202,
           "%s: deleted for the next", name);
}

static void test_cut(struct upload *u, const char *name, const char *framing, const char *before,
                     bool reset)
{
    char target[256];
    size_t n;

    open_session(u);
    cut(u, framing, before, reset);
    snprintf(target, sizeof(target), "/v2/app/blobs/%s", u->d.text);
    is_int(client_call(script_client(u->t), "HEAD", target, NULL, NULL, 0)->status, 404,
           "%s: nothing is visible", name);
    n = received_at_last(u, !reset);
    if (!ok(n <= CUT && (reset || n == CUT), "UP7 %s: the status tells what came", name))
        diag("%zu bytes", n);
    is_int(patch_rest(u, n + 5 < SIZE ? n + 5 : 5), 416, "UP4 %s: a gap is refused", name);
    is_int(patch_rest(u, n), 202, "UP4 %s: the rest is taken", name);
    finish(u, name);
}

/* The PUT with the last bytes is cut; it can be sent again. */
static void test_cut_put(struct upload *u)
{
    struct client *c = client_new(server_url(u->server, 0));
    char target[512];
    size_t n;

    open_session(u);
    client_sendf(c, "PUT %s?digest=%s HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n", u->path,
                 u->d.text, SIZE);
    client_send(c, u->bytes, CUT);
    client_free(c);
    snprintf(target, sizeof(target), "/v2/app/blobs/%s", u->d.text);
    is_int(client_call(script_client(u->t), "HEAD", target, NULL, NULL, 0)->status, 404,
           "a cut PUT: nothing is visible");
    n = received_at_last(u, true);
    is_int((long long)n, CUT, "UP7 a cut PUT: the session stays and tells what came");
    is_int(patch_rest(u, n), 202, "a cut PUT: the rest is taken");
    finish(u, "a cut PUT");
}

static void test_sha512(struct upload *u)
{
    struct digest d, got;
    const struct response *r;
    char target[512];

    open_session(u);
    cut(u, "Content-Length: 2097473\r\n", "", false);
    is_int(patch_rest(u, received_at_last(u, true)), 202, "UP6 resumed: the rest is taken");
    (void)digest_of(&d, DIGEST_SHA512, u->bytes, SIZE, NULL);
    snprintf(target, sizeof(target), "%s?digest=%s", u->path, d.text);
    is_int(client_call(script_client(u->t), "PUT", target, NULL, NULL, 0)->status, 201,
           "UP6 resumed: sha512 named at the end");
    snprintf(target, sizeof(target), "/v2/app/blobs/%s", d.text);
    r = client_get(script_client(u->t), target);
    (void)digest_of(&got, DIGEST_SHA512, r->body, r->size, NULL);
    is_str(got.text, d.text, "UP6 resumed: the blob is whole");
}

int main(void)
{
    struct upload u = {.bytes = malloc(SIZE)};
    size_t i;

    plan_lazy();
    if (u.bytes == NULL)
        bail("out of memory");
    for (i = 0; i < SIZE; i++)
        u.bytes[i] = (char)(i * 2654435761u >> 15);
    (void)digest_of(&u.d, DIGEST_SHA256, u.bytes, SIZE, NULL);
    u.server = server_new(NULL);
    u.t = script_new(u.server);
    test_cut(&u, "cut by FIN, Content-Length", "Content-Length: 2097473\r\n", "", false);
    test_cut(&u, "cut by FIN, one chunk", "Transfer-Encoding: chunked\r\n", "200000\r\n", false);
    test_cut(&u, "cut by RST", "Content-Length: 2097473\r\n", "", true);
    test_cut_put(&u);
    test_sha512(&u);
    script_free(u.t);
    server_free(u.server);
    free(u.bytes);
    done_testing();
}
