/* SPDX-License-Identifier: MIT */
/* Several requests at the same things: sessions in use, deletion under a pull, clients that leave.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/util/digest.h"
#include "tests/integration/lib/bail.h"
#include "tests/integration/lib/registry.h"
#include "tests/tap/tap.h"

enum {
    LARGE = 8 * 1024 * 1024, /* bytes of a blob that takes a while */
    CROWD = 40,              /* uploads at a time */
    PIECE = 30000,           /* bytes of each of their pieces */
};

/* A client that sent half of a PATCH of ten bytes. */
static struct client *start_patch(struct script *t)
{
    struct client *c = client_new(server_url(script_server(t), 0));

    client_sendf(c,
                 "PATCH %s HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n"
                 "Expect: 100-continue\r\n\r\n",
                 script_get(t, "loc"));
    if (!client_read_continue(c))
        bail("the PATCH did not start");
    client_sendf(c, "01234");
    return c;
}

static void test_busy(struct script *t)
{
    static const struct step steps[] = {
        {"race: a second PATCH at a session in use", "PATCH ${loc}", NULL, "other", .status = 409,
         .code = "BLOB_UPLOAD_INVALID"},
        {"race: a PUT at a session in use", "PUT ${loc}?digest=${ten}", .status = 409,
         .code = "BLOB_UPLOAD_INVALID"},
    };
    static const struct step after[] = {
        {"race: only the first one's bytes count", "PUT ${loc}?digest=${ten}", .status = 201},
        {"race: and the blob has them", "GET /v2/app/blobs/${ten}", .status = 200,
         .is = "${ten.body}"},
    };
    struct client *first;

    registry_upload(t, "app", "loc");
    first = start_patch(t);
    RUN(t, steps);
    client_sendf(first, "56789");
    is_int(client_read(first, false)->status, 202, "race: the first PATCH goes on");
    client_free(first);
    RUN(t, after);
}

/* A question that comes while bytes arrive is answered when they are there. */
static void test_settle(struct script *t)
{
    struct client *first, *second = client_new(server_url(script_server(t), 0));
    const struct response *r;

    registry_upload(t, "app", "loc");
    first = start_patch(t);
    client_sendf(second, "GET %s HTTP/1.1\r\nHost: x\r\n\r\n", script_get(t, "loc"));
    ok(client_quiet(second, 20), "race: the status of a session in use waits");
    client_sendf(first, "56789");
    is_int(client_read(first, false)->status, 202, "race: the PATCH ends");
    r = client_read(second, false);
    ok(r->status == 204 && strcmp(response_header(r, "Range"), "0-9") == 0,
       "UP7 race: then the status has all of it");
    client_free(first);
    client_free(second);
}

/* Clients that leave while they wait for their turn. */
static void test_leave_waiting(struct script *t)
{
    static const char *const requests[] = {"GET", "HEAD", "PATCH", "PUT"};
    struct client *first;
    unsigned i;

    registry_upload(t, "app", "loc");
    first = start_patch(t);
    for (i = 0; i < 4 * ARRAY_LEN(requests); i++) {
        struct client *c = client_new(server_url(script_server(t), 0));

        client_sendf(c, "%s %s?digest=%s HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n",
                     requests[i % ARRAY_LEN(requests)], script_get(t, "loc"), script_get(t, "ten"));
        (void)client_quiet(c, 2);
        if (i % 3 == 0)
            client_free_reset(c);
        else
            client_free(c);
    }
    client_sendf(first, "56789");
    is_int(client_read(first, false)->status, 202, "race: others came and went, the PATCH goes on");
    client_free(first);
}

static void test_cancel(struct script *t)
{
    static const struct step cancel[] = {
        {"UP8 race: a session in use is cancelled at once", "DELETE ${loc}", .status = 204},
    };
    struct client *first;

    registry_upload(t, "app", "loc");
    first = start_patch(t);
    RUN(t, cancel);
    client_sendf(first, "56789");
    is_int(client_read(first, false)->status, 404, "UP8 race: the writer gets 404");
    client_free(first);
}

/* LARGE bytes that depend on seed; sets the content's variables. */
static void make_content(struct script *t, const char *name, unsigned seed, size_t n)
{
    char *text = malloc(n + 1);
    size_t i;

    if (text == NULL)
        bail("out of memory");
    for (i = 0; i < n; i++)
        text[i] = (char)('a' + (i * 31 + i / 4096 + seed) % 26);
    text[n] = '\0';
    script_content(t, name, text);
    free(text);
}

/* A blob is deleted and its room filled anew while somebody pulls it slowly. */
static void test_delete_while_pulled(struct script *t)
{
    static const struct step remove[] = {
        {"race: deleting a blob that is being pulled", "DELETE /v2/app/blobs/${victim}",
         .status = 202},
        {"race: others do not see it any more", "HEAD /v2/app/blobs/${victim}", .status = 404},
    };
    struct client *c = client_new_narrow(server_url(script_server(t), 0), 4096);
    const struct response *r;
    struct digest got;

    make_content(t, "victim", 1, LARGE);
    registry_push_blob(t, "app", "victim");
    client_sendf(c, "GET /v2/app/blobs/%s HTTP/1.1\r\nHost: x\r\n\r\n", script_get(t, "victim"));
    ok(client_wait_bytes(c, 1), "race: a slow pull starts");
    RUN(t, remove);
    make_content(t, "next", 2, LARGE);
    registry_push_blob(t, "app", "next");
    make_content(t, "next", 3, LARGE);
    registry_push_blob(t, "app", "next");
    r = client_read(c, false);
    (void)digest_of(&got, DIGEST_SHA256, r->body, r->size, NULL);
    is_str(got.text, script_get(t, "victim"), "race: the slow pull gets the bytes that it began");
    client_free(c);
}

/* Many uploads, their pieces mixed, some with the same content. */
static void test_crowd(struct script *t)
{
    struct client *c[CROWD];
    char name[CROWD][32];
    unsigned i, round, created = 0, right = 0;

    for (i = 0; i < CROWD; i++) {
        snprintf(name[i], sizeof(name[i]), "crowd%u", i / 2);
        make_content(t, name[i], i / 2, 3 * PIECE);
        c[i] = client_new(server_url(script_server(t), 0));
        client_sendf(c[i],
                     "POST /v2/crowd/blobs/uploads/?digest=%s HTTP/1.1\r\nHost: x\r\n"
                     "Content-Length: %d\r\n\r\n",
                     script_get(t, name[i]), 3 * PIECE);
    }
    for (round = 0; round < 3; round++) {
        for (i = 0; i < CROWD; i++) {
            auto_free char *body = NULL;
            char text[64];

            snprintf(text, sizeof(text), "${%.20s.body}", name[i]);
            body = script_expand(t, text);
            client_send(c[i], body + round * PIECE, PIECE);
        }
    }
    for (i = 0; i < CROWD; i++) {
        char target[256];
        const struct response *r;
        struct digest got;

        created += client_read(c[i], false)->status == 201;
        snprintf(target, sizeof(target), "/v2/crowd/blobs/%s", script_get(t, name[i]));
        r = client_get(c[i], target);
        (void)digest_of(&got, DIGEST_SHA256, r->body, r->size, NULL);
        right += strcmp(got.text, script_get(t, name[i])) == 0;
        client_free(c[i]);
    }
    is_int(created, CROWD, "race: uploads at the same time all succeed");
    is_int(right, CROWD, "race: and each blob has its own bytes");
}

/* Two who push to one tag, byte by byte in turns. */
static void test_tag(struct script *t)
{
    static const char *const bodies[] = {"{\"schemaVersion\":2,\"a\":1}",
                                         "{\"schemaVersion\":2,\"a\":2}"};
    struct client *c[2];
    size_t i, j;
    const struct response *r;

    for (i = 0; i < 2; i++) {
        c[i] = client_new(server_url(script_server(t), 0));
        client_sendf(c[i],
                     "PUT /v2/app/manifests/shared HTTP/1.1\r\nHost: x\r\n"
                     "Content-Type: text/x-any\r\nContent-Length: %zu\r\n\r\n",
                     strlen(bodies[i]));
    }
    for (j = 0; j < strlen(bodies[0]); j++) {
        client_send(c[0], bodies[0] + j, 1);
        client_send(c[1], bodies[1] + j, 1);
    }
    for (i = 0; i < 2; i++) {
        is_int(client_read(c[i], false)->status, 201, "MP9 race: push number %zu to one tag",
               i + 1);
        client_free(c[i]);
    }
    r = script_send(t, "GET /v2/app/manifests/shared", NULL, NULL);
    ok(r->status == 200 && (strcmp(r->body, bodies[0]) == 0 || strcmp(r->body, bodies[1]) == 0),
       "MP9 race: the tag has one of them, whole");
}

/* Clients that vanish when their last byte is out, while hashing and parsing go on. */
static void test_vanish(struct script *t)
{
    static const struct step after[] = {
        {"race: after clients vanished the server serves", "GET /v2/", .status = 200},
        {"race: what they pushed can be pushed again", "POST /v2/app/blobs/uploads/?digest=${big}",
         NULL, "${big.body}", .status = 201},
    };
    struct server *s = script_server(t);
    unsigned i;

    make_content(t, "big", 7, LARGE / 2);
    for (i = 0; i < 6; i++) {
        struct client *c = client_new(server_url(s, 0));

        client_sendf(c,
                     "POST /v2/app/blobs/uploads/?digest=%s HTTP/1.1\r\nHost: x\r\n"
                     "Content-Length: %d\r\n\r\n",
                     script_get(t, i % 2 ? "big.512" : "big"), LARGE / 2);
        client_send(c, script_get(t, "big.body"), LARGE / 2);
        client_free_reset(c);
        c = client_new(server_url(s, 0));
        client_sendf(c,
                     "PUT /v2/app/manifests/big HTTP/1.1\r\nHost: x\r\nContent-Type: text/x-any\r\n"
                     "Content-Length: %d\r\n\r\n{\"a\":\"",
                     LARGE / 2);
        client_send(c, script_get(t, "big.body"), LARGE / 2 - 8);
        client_sendf(c, "\"}");
        client_free_reset(c);
    }
    RUN(t, after);
}

/* SIGTERM while a job works for a request. */
static void test_stop_with_jobs(void)
{
    struct server *s = server_new(NULL);
    struct script *t = script_new(s);
    struct client *c[3];
    unsigned i;

    make_content(t, "big", 9, LARGE);
    for (i = 0; i < 3; i++) {
        c[i] = client_new(server_url(s, 0));
        client_sendf(c[i],
                     "POST /v2/app/blobs/uploads/?digest=%s HTTP/1.1\r\nHost: x\r\n"
                     "Content-Length: %d\r\n\r\n",
                     script_get(t, i ? "big.512" : "big"), LARGE);
        client_send(c[i], script_get(t, "big.body"), LARGE);
    }
    server_signal(s, SIGTERM);
    for (i = 0; i < 3; i++) {
        int status = client_read(c[i], false)->status;

        ok(status == 201 || status == 0, "stop: an upload that a job works on is answered or cut");
        client_free(c[i]);
    }
    script_free(t);
    server_free(s);
}

int main(void)
{
    struct server *s;
    struct script *t;

    plan_lazy();
    s = server_new(NULL);
    t = script_new(s);
    script_content(t, "ten", "0123456789");
    test_settle(t);
    test_leave_waiting(t);
    test_cancel(t);
    test_busy(t);
    test_delete_while_pulled(t);
    test_crowd(t);
    test_tag(t);
    test_vanish(t);
    script_free(t);
    server_free(s);
    test_stop_with_jobs();
    done_testing();
}
