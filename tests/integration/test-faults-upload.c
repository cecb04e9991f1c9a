/* SPDX-License-Identifier: MIT */
/* Rules about uploads (control.md, section 2), on the wire: sessions that get lost, offsets that
   lie, bodies that are read slowly, 417. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "tests/integration/lib/bail.h"
#include "tests/integration/lib/registry.h"
#include "tests/integration/lib/steer.h"
#include "tests/tap/tap.h"

#define GONE .status = 404, .code = "BLOB_UPLOAD_UNKNOWN"

/* Rules of one test, and what is asked then. */
static void run(struct script *t, const char *rules, const struct step *steps, size_t n)
{
    steer_rules(t, rules);
    script_run(t, steps, n);
}

#define WITH(t, rules, steps) run((t), (rules), (steps), ARRAY_LEN(steps))

/* --- Lost sessions ------------------------------------------------------------------------------
 */

static const struct step never[] = {
    {"lose: a POST is answered as ever", "POST /v2/app/blobs/uploads/", .status = 202,
     .want = "Range: 0-0\nDocker-Upload-UUID: *", .save = "loc Location"},
    {"lose: but there is no session: PATCH", "PATCH ${loc}", NULL, "hello", GONE},
    {"lose: ... PUT", "PUT ${loc}?digest=${text}", NULL, "hello wide world", GONE},
    {"lose: ... status", "GET ${loc}", GONE},
    {"lose: a POST with all of the blob has no session to lose",
     "POST /v2/app/blobs/uploads/?digest=${text}", NULL, "hello wide world", .status = 201},
};

static const struct step later[] = {
    {"lose: a session", "POST /v2/app/blobs/uploads/", .status = 202, .save = "loc Location"},
    {"lose: the first PATCH is taken", "PATCH ${loc}", NULL, "hello ", .status = 202,
     .want = "Range: 0-5"},
    {"lose: at the second the session is gone", "PATCH ${loc}", NULL, "wide world", GONE},
    {"lose: ... and stays it: status", "GET ${loc}", GONE},
    {"lose: ... PUT", "PUT ${loc}?digest=${text}", GONE},
    {"lose: ... DELETE", "DELETE ${loc}", GONE},
    {"lose: a new one is as good as ever", "PUT ${other}?digest=${text}", NULL, "hello wide world",
     .status = 201},
};

static const struct step answered[] = {
    {"lose: a rule that answers", "PATCH ${loc}", NULL, "hello", .status = 503,
     .code = "UNAVAILABLE"},
    {"lose: ... loses it, too", "GET ${loc}", GONE},
};

static const struct step credentials[] = {
    {"lose: whatever else is no upload is left alone", "HEAD /v2/app/blobs/${text}", .status = 200},
};

static long long metric(struct script *t, const char *name)
{
    struct client *c = client_new(server_control_url(script_server(t)));
    const char *text = client_get(c, "/metrics")->body;
    const char *at = strstr(text, name);
    long long value = at == NULL ? -1 : strtoll(at + strlen(name), NULL, 10);

    client_free(c);
    return value;
}

#define STORED "\nocimock_storage_bytes "

static void test_lose(struct script *t)
{
    long long stored;

    WITH(t, "{\"when\":{\"op\":\"upload.start\"},\"then\":{\"upload\":{\"lose\":true}}}", never);
    is_int(metric(t, "\nocimock_uploads_active "), 0, "lose: nothing is left of it");
    stored = metric(t, STORED);
    steer_rules(t, "[]");
    registry_upload(t, "app", "other");
    WITH(t, "{\"when\":{\"op\":\"upload.patch\",\"nth\":2},\"then\":{\"upload\":{\"lose\":true}}}",
         later);
    is_int(metric(t, "\nocimock_uploads_active "), 0, "lose: nothing is left of that, too");
    is_int(metric(t, STORED), stored, "lose: nor of its bytes");
    steer_rules(t, "[]");
    registry_upload(t, "app", "loc");
    WITH(
        t,
        "{\"when\":{\"op\":\"upload.patch\"},\"then\":{\"status\":503,\"upload\":{\"lose\":true}}}",
        answered);
    WITH(t, "{\"then\":{\"upload\":{\"lose\":true}}}", credentials);
}

/* --- False offsets ------------------------------------------------------------------------------
 */

static const struct step wrong[] = {
    {"offset wrong: bytes that never came", "POST /v2/app/blobs/uploads/", .status = 202,
     .want = "Range: 0-1023", .save = "loc Location"},
    {"offset wrong: half of what came", "PATCH ${loc}", NULL, "hello wide", .status = 202,
     .want = "Range: 0-4\nLocation: ${loc}"},
    {"offset wrong: the status says the same", "GET ${loc}", .status = 204, .want = "Range: 0-4"},
    {"offset wrong: whoever believes it is refused, with the same lie", "PATCH ${loc}",
     "Content-Range: 5-8\n", "wide", .status = 416, .code = "BLOB_UPLOAD_INVALID",
     .want = "Range: 0-4"},
    {"offset wrong: the truth is taken", "PATCH ${loc}", "Content-Range: 10-10\n", " ",
     .status = 202, .want = "Range: 0-4"},
};

static const struct step missing[] = {
    {"offset missing", "PATCH ${loc}", NULL, "wor", .status = 202, .want = "!Range\nLocation: *"},
};

static const struct step refused[] = {
    {"offset refuse: a chunk in its place", "PATCH ${loc}", "Content-Range: 14-15\n", "ld",
     .status = 416, .code = "BLOB_UPLOAD_INVALID", .want = "Range: 0-13\nLocation: ${loc}"},
    {"offset refuse: a chunk without a place", "PATCH ${loc}", NULL, "ld", .status = 416},
    {"offset refuse: a PUT that brings bytes", "PUT ${loc}?digest=${text}", NULL, "ld",
     .status = 416},
    {"offset refuse: the status is as ever", "GET ${loc}", .status = 204, .want = "Range: 0-13"},
};

static const struct step truth[] = {
    {"offset: without rules all is there", "GET ${loc}", .status = 204, .want = "Range: 0-13"},
    {"offset: and can be finished", "PUT ${loc}?digest=${text}", "Content-Range: 14-15\n", "ld",
     .status = 201},
};

static void test_offset(struct script *t)
{
    WITH(t, "{\"then\":{\"upload\":{\"offset\":\"wrong\"}}}", wrong);
    WITH(t, "{\"then\":{\"upload\":{\"offset\":\"missing\"}}}", missing);
    WITH(t, "{\"then\":{\"upload\":{\"offset\":\"refuse\"}}}", refused);
    WITH(t, "[]", truth);
}

/* --- Slow reading -------------------------------------------------------------------------------
 */

enum { SLOW_SIZE = 600, SLOW_RATE = 3000, SLOW_LEAST_MS = 1000 * SLOW_SIZE / SLOW_RATE * 95 / 100 };

/* Bytes per second; other requests are none the slower. */
static void test_slow(struct script *t)
{
    struct client *c = client_new(server_url(script_server(t), 0));
    struct client *other = client_new(server_url(script_server(t), 0));
    char body[SLOW_SIZE];
    uint64_t began, took;

    memset(body, 'x', sizeof(body));
    registry_upload(t, "app", "loc");
    steer_rules(t, "{\"when\":{\"op\":\"upload.patch\"},"
                   "\"then\":{\"upload\":{\"slow_read\":\"3kB\"}}}");
    began = client_now();
    client_sendf(c, "PATCH %s HTTP/1.1\r\nHost: h\r\nContent-Length: %d\r\n\r\n",
                 script_get(t, "loc"), SLOW_SIZE);
    client_send(c, body, sizeof(body));
    is_int(client_get(other, "/v2/")->status, 200, "slow_read: others are served");
    ok(client_now() - began < SLOW_LEAST_MS, "slow_read: at once");
    is_str(response_header(client_read(c, false), "Range"), "0-599", "slow_read: all of it comes");
    took = client_now() - began;
    ok(took >= SLOW_LEAST_MS && took < CLIENT_WAIT_MS / 2, "slow_read: in no less time (%llu ms)",
       (unsigned long long)took);
    client_free(other);
    client_free(c);
}

/* --- 417 ----------------------------------------------------------------------------------------
 */

static void test_expect(struct script *t, const char *head, const char *body)
{
    struct client *c = client_new(server_url(script_server(t), 0));
    auto_free char *text = script_expand(t, head);
    const struct response *r;

    client_sendf(c, "%s HTTP/1.1\r\nHost: h\r\nContent-Length: %zu\r\nExpect: 100-continue\r\n\r\n",
                 text, strlen(body));
    r = client_read(c, false);
    ok(r->status == 417 && r->continues == 0, "refuse_continue: %s", head);
    client_free(c);
    c = client_new(server_url(script_server(t), 0));
    client_sendf(c, "%s HTTP/1.1\r\nHost: h\r\nContent-Length: %zu\r\n\r\n%s", text, strlen(body),
                 body);
    r = client_read(c, false);
    ok(r->status == 202 || r->status == 201, "refuse_continue: whoever does not ask is served");
    client_free(c);
}

static void test_expects(struct script *t)
{
    registry_upload(t, "app", "loc");
    steer_rules(t, "{\"then\":{\"upload\":{\"refuse_continue\":true}}}");
    test_expect(t, "PATCH ${loc}", "hello ");
    test_expect(t, "PUT ${loc}?digest=${text}", "wide world");
    test_expect(t, "POST /v2/app/blobs/uploads/?digest=${text}", "hello wide world");
}

int main(void)
{
    static const struct step bad[] = {
        {"an unknown effect", "POST /control/v1/rules",
         .body = "{\"then\":{\"upload\":{\"loose\":true}}}", .status = 400,
         .has = "then.upload.loose\ndid you mean 'lose'?"},
        {"no rate at all", "POST /control/v1/rules",
         .body = "{\"then\":{\"upload\":{\"slow_read\":0}}}", .status = 400,
         .has = "then.upload.slow_read"},
        {"an effect where there are no uploads", "POST /control/v1/rules",
         .body = "{\"when\":{\"op\":\"blob.*\"},\"then\":{\"upload\":{\"lose\":true}}}",
         .status = 201, .has = "then.upload: does nothing\nupload.patch"},
    };
    struct server *s = server_new(NULL);
    struct script *t = script_new(s);

    plan_lazy();
    script_content(t, "text", "hello wide world");
    test_lose(t);
    test_offset(t);
    test_slow(t);
    test_expects(t);
    RUN(t, bad);
    script_free(t);
    server_free(s);
    done_testing();
}
