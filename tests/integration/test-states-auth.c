/* SPDX-License-Identifier: MIT */
/* Image states (control.md, section 1) where tokens or passwords are asked for. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "auth/key.h"
#include "tests/integration/lib/bail.h"
#include "tests/integration/lib/registry.h"
#include "tests/integration/lib/steer.h"
#include "tests/integration/lib/tokens.h"
#include "tests/tap/tap.h"

#define MANIFEST_TYPE "Content-Type: " OCI_MANIFEST "\n"
#define ALICE         "Authorization: ${alice}\n"
#define BOB           "Authorization: ${bob}\n"
#define NOBODY        NULL
#define ALICE_BASIC   "Authorization: ${alice_basic}\n"
#define GRANTED       "repository:app:pull"
#define TOKEN         "GET /token?service=ocimock&scope=repository:app:pull"

#define CONFIG(mode)                                                                               \
    "auth:\n  mode: " mode "\n  keys: [{key: token.pem}]\n"                                        \
    "  accounts:\n"                                                                                \
    "    - {name: alice, secret: alices-secret}\n"                                                 \
    "    - {name: bob, secret: bobs-secret}\n"                                                     \
    "  policy:\n"                                                                                  \
    "    - {accounts: [alice], repositories: [\"*\"], actions: [pull, push, delete]}\n"            \
    "    - {accounts: [\"*\"], repositories: [\"app\"], actions: [pull]}\n"                        \
    "    - {accounts: [\"*\"], catalog: true}\n"

/* The same in both modes. */
static const struct step common[] = {
    {"absent: set", STEER_STATE("app:v1", "absent")},
    {"absent: alice", "GET /v2/app/manifests/v1", ALICE, .status = 404, .code = "MANIFEST_UNKNOWN"},
    {"absent: nobody", "GET /v2/app/manifests/v1", NOBODY, .status = 404},
    {"absent: by digest", "GET /v2/app/manifests/${a}", ALICE, .status = 200},
    {"absent: the policy comes first", "GET /v2/private/manifests/v1", NOBODY, .status = 401},
    {"absent: ping", "GET /v2/", ALICE, .status = 200},
    {"denied: set", STEER_STATE("app:v1", "denied")},
    {"denied: alice", "GET /v2/app/manifests/v1", ALICE, .status = 403, .code = "DENIED",
     .want = "!WWW-Authenticate"},
    {"denied: bob", "GET /v2/app/manifests/v1", BOB, .status = 403, .code = "DENIED"},
    {"denied: nobody", "GET /v2/app/manifests/v1", NOBODY, .status = 401,
     .want = "WWW-Authenticate: *"},
    {"denied: by digest", "GET /v2/app/manifests/${a}", NOBODY, .status = 200},
    {"denied: push", "PUT /v2/app/manifests/v1", ALICE MANIFEST_TYPE, "${a.body}", .status = 403},
    {"denied: delete", "DELETE /v2/app/manifests/v1", ALICE, .status = 403},
    {"denied: blob", "GET /v2/app/blobs/${a.layer}", ALICE, .status = 200},
    {"denied: ping", "GET /v2/", ALICE, .status = 200},
    {"denied repository: set", STEER_STATE("app", "denied")},
    {"denied repository: tags/list, alice", "GET /v2/app/tags/list", ALICE, .status = 403},
    {"denied repository: tags/list, nobody", "GET /v2/app/tags/list", NOBODY, .status = 401},
    {"denied repository: blob, alice", "GET /v2/app/blobs/${a.layer}", ALICE, .status = 403},
    {"denied repository: blob, nobody", "GET /v2/app/blobs/${a.layer}", NOBODY, .status = 401},
    {"denied repository: referrers", "GET /v2/app/referrers/${a}", ALICE, .status = 403},
    {"denied repository: upload", "POST /v2/app/blobs/uploads/", ALICE, .status = 403},
    {"denied repository: listed", "GET /v2/_catalog", ALICE, .status = 200, .has = "\"app\""},
    {"forget all", STEER_FORGET},
    {"user: only bob", STEER_STATE_MORE("app:v1", "absent", ",\"user\":\"bob\"")},
    {"user: bob", "GET /v2/app/manifests/v1", BOB, .status = 404},
    {"user: alice", "GET /v2/app/manifests/v1", ALICE, .status = 200},
    {"user: nobody", "GET /v2/app/manifests/v1", NOBODY, .status = 200},
    {"user: all others", STEER_STATE("app:v1", "denied")},
    {"user: bob's own ranks above", "GET /v2/app/manifests/v1", BOB, .status = 404},
    {"user: alice has the other", "GET /v2/app/manifests/v1", ALICE, .status = 403},
    {"user: nobody's own", STEER_STATE_MORE("app:v1", "present", ",\"user\":\"anonymous\"")},
    {"user: nobody has the image", "GET /v2/app/manifests/v1", NOBODY, .status = 200},
    {"forget all", STEER_FORGET},
};

static const struct step bearer[] = {
    {"unauthorized: set", STEER_STATE("app:v1", "unauthorized")},
    {"unauthorized: nobody", "GET /v2/app/manifests/v1", NOBODY, .status = 401,
     .want = "WWW-Authenticate: Bearer realm=\"${url}/token\",service=\"ocimock\","
             "scope=\"repository:app:pull\""},
    {"unauthorized: alice", "GET /v2/app/manifests/v1", ALICE, .status = 401,
     .want = "WWW-Authenticate: Bearer realm=\"${url}/token\",service=\"ocimock\","
             "scope=\"repository:app:pull\",error=\"insufficient_scope\""},
    {"unauthorized: a broken token is that first", "GET /v2/app/manifests/v1",
     "Authorization: Bearer a.b.c\n", .status = 401,
     .want = "WWW-Authenticate: Bearer realm=\"${url}/token\",service=\"ocimock\","
             "scope=\"repository:app:pull\",error=\"invalid_token\""},
    {"unauthorized: by digest", "GET /v2/app/manifests/${a}", ALICE, .status = 200},
    {"unauthorized: blob", "GET /v2/app/blobs/${a.layer}", ALICE, .status = 200},
    {"unauthorized: push", "PUT /v2/app/manifests/v1", ALICE MANIFEST_TYPE, "${a.body}",
     .status = 401},
    {"unauthorized: ping", "GET /v2/", ALICE, .status = 200},
    {"challenge_error: set",
     STEER_STATE_MORE("app:v1", "unauthorized", ",\"challenge_error\":\"invalid_token\"")},
    {"challenge_error: invalid_token", "GET /v2/app/manifests/v1", ALICE, .status = 401,
     .want = "WWW-Authenticate: Bearer realm=\"${url}/token\",service=\"ocimock\","
             "scope=\"repository:app:pull\",error=\"invalid_token\""},
    {"challenge_error: set none",
     STEER_STATE_MORE("app:v1", "unauthorized", ",\"challenge_error\":\"none\"")},
    {"challenge_error: none", "GET /v2/app/manifests/v1", ALICE, .status = 401,
     .want = "WWW-Authenticate: Bearer realm=\"${url}/token\",service=\"ocimock\","
             "scope=\"repository:app:pull\""},
    {"forget all", STEER_FORGET},
    {"unauthorized repository: set", STEER_STATE("app", "unauthorized")},
    {"unauthorized repository: manifest", "GET /v2/app/manifests/v1", ALICE, .status = 401},
    {"unauthorized repository: blob", "GET /v2/app/blobs/${a.layer}", ALICE, .status = 401},
    {"unauthorized repository: tags/list", "GET /v2/app/tags/list", ALICE, .status = 401},
    {"unauthorized repository: upload", "POST /v2/app/blobs/uploads/", ALICE, .status = 401},
    {"forget all", STEER_FORGET},
};

static const struct step basic[] = {
    {"unauthorized: set", STEER_STATE("app:v1", "unauthorized")},
    {"unauthorized: nobody", "GET /v2/app/manifests/v1", NOBODY, .status = 401,
     .want = "WWW-Authenticate: Basic realm=\"ocimock\""},
    {"unauthorized: alice", "GET /v2/app/manifests/v1", ALICE, .status = 401,
     .want = "WWW-Authenticate: Basic realm=\"ocimock\""},
    {"unauthorized: by digest", "GET /v2/app/manifests/${a}", ALICE, .status = 200},
    {"forget all", STEER_FORGET},
};

/* A state on a tag leaves grants alone: scopes are of repositories. */
static const struct step grants[] = {
    {"grant: a tag is absent", STEER_STATE("app:v1", "absent")},
    {"grant: as usual", TOKEN, ALICE_BASIC, .status = 200, .has = GRANTED},
    {"grant: a tag is unauthorized", STEER_STATE("app:v1", "unauthorized")},
    {"grant: as usual, too", TOKEN, ALICE_BASIC, .status = 200, .has = GRANTED},
    {"grant: the repository is denied", STEER_STATE("app", "denied")},
    {"grant: as usual still", TOKEN, ALICE_BASIC, .status = 200, .has = GRANTED},
    {"grant: the repository is absent", STEER_STATE("app", "absent")},
    {"grant: as usual again", TOKEN, ALICE_BASIC, .status = 200, .has = GRANTED},
    {"grant: the repository is unauthorized", STEER_STATE("app", "unauthorized")},
    {"grant: a token without it", TOKEN "&scope=repository:private:pull", ALICE_BASIC,
     .status = 200, .has = "\"token\"\nrepository:private:pull", .hasnt = GRANTED},
    {"forget all", STEER_FORGET},
};

static void write_key(const char *folder, void *arg)
{
    tokens_write_key(arg, folder, "token.pem");
}

static void fill(struct script *t)
{
    script_set(t, "url", server_url(script_server(t), 0));
    script_authorize(t, "${alice}");
    registry_image(t, "app", "v1", "a");
    registry_image(t, "private", "v1", "b");
    script_authorize(t, NULL);
}

static void set_value(struct script *t, const char *name, char *value)
{
    script_set(t, name, value);
    free(value);
}

static void test_bearer(void)
{
    struct key *key = tokens_new_key();
    struct server *s = server_new(
        &(struct server_options){.config = CONFIG("bearer"), .prepare = write_key, .arg = key});
    struct script *t = script_new(s);

    set_value(t, "alice_basic", tokens_basic("alice", "alices-secret"));
    set_value(t, "alice",
              tokens_mint(key, &(struct tokens_claims){
                                   .scope = "repository:app:pull,push,delete "
                                            "repository:private:pull,push registry:catalog:*"}));
    set_value(t, "bob",
              tokens_mint(
                  key, &(struct tokens_claims){.subject = "bob", .scope = "repository:app:pull"}));
    script_set(t, "alice", "Bearer ${alice}");
    script_set(t, "bob", "Bearer ${bob}");
    fill(t);
    RUN(t, common);
    RUN(t, bearer);
    RUN(t, grants);
    script_free(t);
    server_free(s);
    key_unref(key);
}

static void test_basic(void)
{
    struct key *key = tokens_new_key();
    struct server *s = server_new(
        &(struct server_options){.config = CONFIG("basic"), .prepare = write_key, .arg = key});
    struct script *t = script_new(s);

    set_value(t, "alice", tokens_basic("alice", "alices-secret"));
    set_value(t, "bob", tokens_basic("bob", "bobs-secret"));
    fill(t);
    RUN(t, common);
    RUN(t, basic);
    script_free(t);
    server_free(s);
    key_unref(key);
}

int main(void)
{
    plan_lazy();
    test_bearer();
    test_basic();
    done_testing();
}
