/* SPDX-License-Identifier: MIT */
/* What each op needs, who may, and what those are told who may not. */
#include "registry/gate.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "lib/http/loop.h"
#include "lib/util/util.h"
#include "registry/store/meta_store.h"
#include "tests/tap/tap.h"
#include "tests/unit/auth_help.h"
#include "tests/unit/fixture.h"

#define HEX      "0000000000000000000000000000000000000000000000000000000000000000"
#define REALM    "Bearer realm=\"http://h/token\",service=\"ocimock\""
#define HOST     "Host: h"
#define SCOPE(s) REALM ",scope=\"" s "\""

/* The challenge to nobody in particular; NULL: open to all. */
static const struct {
    const char *line;
    const char *challenge;
} needs[] = {
    {"GET /", NULL},
    {"GET /v2/", REALM},
    {"GET /token", NULL},
    {"GET /token/jwks.json", NULL},
    {"GET /v2/_oci/ext/discover", NULL},
    {"GET /v2/_catalog", SCOPE("registry:catalog:*")},
    {"GET /v2/a/_oci/ext/discover", SCOPE("repository:a:pull")},
    {"GET /v2/a/tags/list", SCOPE("repository:a:pull")},
    {"GET /v2/a/referrers/sha256:" HEX, SCOPE("repository:a:pull")},
    {"GET /v2/a/manifests/v1", SCOPE("repository:a:pull")},
    {"HEAD /v2/a/manifests/v1", SCOPE("repository:a:pull")},
    {"PUT /v2/a/manifests/v1", SCOPE("repository:a:pull,push")},
    {"DELETE /v2/a/manifests/v1", SCOPE("repository:a:delete")},
    {"GET /v2/a/blobs/sha256:" HEX, SCOPE("repository:a:pull")},
    {"HEAD /v2/a/blobs/sha256:" HEX, SCOPE("repository:a:pull")},
    {"DELETE /v2/a/blobs/sha256:" HEX, SCOPE("repository:a:delete")},
    {"POST /v2/a/blobs/uploads/", SCOPE("repository:a:pull,push")},
    {"PATCH /v2/a/blobs/uploads/1", SCOPE("repository:a:pull,push")},
    {"PUT /v2/a/blobs/uploads/1", SCOPE("repository:a:pull,push")},
    {"GET /v2/a/blobs/uploads/1", SCOPE("repository:a:pull")},
    {"HEAD /v2/a/blobs/uploads/1", SCOPE("repository:a:pull")},
    {"DELETE /v2/a/blobs/uploads/1", SCOPE("repository:a:push")},
    {"POST /v2/a/blobs/uploads/?mount=sha256:" HEX "&from=b",
     SCOPE("repository:a:pull,push repository:b:pull")},
    {"POST /v2/a/blobs/uploads/?mount=sha256:" HEX "&from=a", SCOPE("repository:a:pull,push")},
    {"POST /v2/a/blobs/uploads/?mount=sha256:" HEX "&from=B\"", SCOPE("repository:a:pull,push")},
    {"POST /v2/a/blobs/uploads/?mount=sha256:" HEX, SCOPE("repository:a:pull,push")},
    {"GET /v2/public/a/tags/list", NULL},
};

static void test_needs(struct fixture *f)
{
    for (size_t i = 0; i < ARRAY_LEN(needs); i++) {
        struct http_exchange *x = fixture_ask(f, needs[i].line, HOST);

        is_str(fake_header(x, "WWW-Authenticate"), needs[i].challenge, "%s", needs[i].line);
        ok((fake_status(x) == 401) == (needs[i].challenge != NULL), "  status %d", fake_status(x));
        fixture_end(x);
    }
}

/* --- Tokens ---------------------------------------------------------------------------------- */

/* "Authorization: Bearer ..." of somebody for a scope; the caller frees it. */
static char *token_for(struct fixture *f, const char *who, const char *scope)
{
    char line[300];
    struct http_exchange *x;
    json_t *root;
    char *header = NULL;

    (void)snprintf(line, sizeof(line), "GET /token?scope=%s", scope);
    x = fixture_ask(f, line, who);
    root = json_loads(fake_body(x), 0, NULL);
    ASSERT(asprintf(&header, "Authorization: Bearer %s",
                    json_string_value(json_object_get(root, "token"))) > 0);
    json_decref(root);
    fixture_end(x);
    return header;
}

static void check(struct fixture *f, const char *line, const char *header, int status,
                  const char *challenge)
{
    struct http_exchange *x = fixture_ask(f, line, HOST, header);

    is_int(fake_status(x), status, "%s", line);
    is_str(fake_header(x, "WWW-Authenticate"), challenge, "  challenge");
    fixture_end(x);
}

static void test_tokens(struct fixture *f)
{
    auto_free char *none = token_for(f, "Authorization: " HELP_BOB, "");
    auto_free char *pull = token_for(f, "Authorization: " HELP_BOB, "repository:bob/a:pull");
    auto_free char *push = token_for(f, "Authorization: " HELP_BOB, "repository:bob/a:pull,push");

    check(f, "GET /v2/", none, 200, NULL);
    check(f, "GET /v2/bob/a/tags/list", none, 401,
          SCOPE("repository:bob/a:pull") ",error=\"insufficient_scope\"");
    check(f, "GET /v2/bob/a/tags/list", pull, 404, NULL);
    check(f, "POST /v2/bob/a/blobs/uploads/", pull, 401,
          SCOPE("repository:bob/a:pull,push") ",error=\"insufficient_scope\"");
    check(f, "POST /v2/bob/a/blobs/uploads/", push, 202, NULL);
    check(f, "GET /v2/", "Authorization: Bearer x.y.z", 401, REALM ",error=\"invalid_token\"");
    check(f, "GET /", "Authorization: Bearer x.y.z", 200, NULL);
}

/* What is refused is refused before anything is said about the content. */
static void test_order(struct fixture *f)
{
    f->world->settings.read_only = true;
    check(f, "PUT /v2/a/manifests/v1", "X: y", 401, SCOPE("repository:a:pull,push"));
    f->world->settings.read_only = false;
    check(f, "PUT /v2/a", "X: y", 404, NULL);
    check(f, "POST /v2/a/manifests/v1", "X: y", 405, NULL);
}

/* --- Basic ----------------------------------------------------------------------------------- */

static void test_basic(struct fixture *f)
{
    struct http_exchange *x;

    check(f, "GET /v2/", "X: y", 401, "Basic realm=\"ocimock\"");
    check(f, "GET /v2/", "Authorization: " HELP_BOB, 200, NULL);
    check(f, "GET /v2/", "Authorization: " HELP_WRONG, 401, "Basic realm=\"ocimock\"");
    check(f, "GET /v2/bob/a/tags/list", "Authorization: " HELP_BOB, 404, NULL);
    x = fixture_ask(f, "PUT /v2/a/manifests/v1", "Authorization: " HELP_BOB);
    is_int(fake_status(x), 403, "a known account without the right is denied");
    ok(strstr(fake_body(x), "\"code\":\"DENIED\"") != NULL &&
           strstr(fake_body(x), "{\"Type\":\"repository\",\"Class\":\"\",\"Name\":\"a\",\"Action\":"
                                "\"push\"}") != NULL,
       "  DENIED, and what");
    fixture_end(x);
    check(f, "GET /token", "Authorization: " HELP_BOB, 404, NULL);
}

/* A hash is compared in a job: the request waits, and may end first. */
static void test_slow(struct fixture *f)
{
    struct http_exchange *x =
        fake_exchange_new(f->loop, f->world, "GET /v2/", "Authorization: " HELP_CAROL, NULL);

    registry_request(x, NULL);
    ok(!http_reply_sent(x), "who shows a secret that is hashed waits");
    fixture_end(x);
    ok(true, "and may leave");
    check(f, "GET /v2/", "Authorization: " HELP_CAROL, 200, NULL);
}

static void run(enum auth_mode mode, void (*test)(struct fixture *f))
{
    struct fixture f;
    struct auth *auth;

    fixture_init(&f);
    auth = auth_help_new(f.loop, NULL, &(struct auth_settings){.mode = mode});
    world_set_auth(f.world, auth);
    test(&f);
    world_free(f.world);
    loop_drain(f.loop);
    auth_free(auth);
    loop_free(f.loop);
}

int main(void)
{
    plan_lazy();
    run(AUTH_MODE_BEARER, test_needs);
    run(AUTH_MODE_BEARER, test_tokens);
    run(AUTH_MODE_BEARER, test_order);
    run(AUTH_MODE_BASIC, test_basic);
    run(AUTH_MODE_BASIC, test_slow);
    done_testing();
}
