/* SPDX-License-Identifier: MIT */
/*
 * Who gets which answer: credentials, repositories and operations, in each mode of authentication.
 * One line per credential and repository, one cell per operation; each cell is a test.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "auth/key.h"
#include "tests/integration/lib/bail.h"
#include "tests/integration/lib/registry.h"
#include "tests/integration/lib/tokens.h"
#include "tests/tap/tap.h"

/* alice may do everything; bob only what everybody may, and push to shared/. */
#define CONFIG(mode)                                                                               \
    "log: {level: debug}\n"                                                                        \
    "auth:\n"                                                                                      \
    "  mode: " mode "\n"                                                                           \
    "  leeway: 1s\n"                                                                               \
    "  keys: [{key: token.pem}]\n"                                                                 \
    "  accounts:\n"                                                                                \
    "    - {name: alice, secret: alices-secret}\n"                                                 \
    "    - {name: bob, secret: bobs-secret}\n"                                                     \
    "  policy:\n"                                                                                  \
    "    - {accounts: [alice], repositories: [\"*\"], actions: [pull, push, delete]}\n"            \
    "    - {accounts: [\"*\"], repositories: [\"public/*\"], actions: [pull]}\n"                   \
    "    - {accounts: [bob], repositories: [\"shared/*\"], actions: [pull, push]}\n"

enum mode { NONE, BASIC, BEARER };

enum credential {
    NOBODY,         /* none */
    WRONG,          /* a wrong password, a token that is none */
    WITHOUT_RIGHT,  /* bob */
    GOOD,           /* alice */
    EXPIRED,        /* alice's token, an hour old */
    OTHER_AUDIENCE, /* alice's token for another service */
    OTHER_KEY,      /* alice's token, signed by somebody else */
};

static const char *const credential_names[] = {
    "no credentials", "bad", "good without right", "good", "expired", "other audience", "other key",
};

enum op { PING, TOKEN, MANIFEST, BLOB, PUSH, DELETE, MOUNT, OPS };

static const char *const op_names[] = {
    "ping", "token", "manifest", "blob", "push", "delete", "mount",
};

/*
 * A cell: the status; behind 401 what the challenge says: nothing, i (invalid_token) or s
 * (insufficient_scope); behind a token's 200 what of pull, push and delete was granted.
 */
static const struct row {
    enum mode mode;
    enum credential credential;
    const char *repo; /* "absent": one that nobody has heard of, of those that only alice may see */
    const char *cells[OPS];
} rows[] = {
    /*                                     ping    token      manifest blob   push   delete mount */
    {NONE, NOBODY, "public", {"200", "200:pull,push,delete", "200", "200", "202", "202", "201"}},
    {NONE, NOBODY, "private", {"200", "200:pull,push,delete", "200", "200", "202", "202", "201"}},
    {NONE, NOBODY, "absent", {"200", "200:pull,push,delete", "404", "404", "202", "404", "202"}},
    {NONE, WRONG, "private", {"200", "200:pull,push,delete", "200", "200", "202", "202", "201"}},
    {NONE, GOOD, "private", {"200", "200:pull,push,delete", "200", "200", "202", "202", "201"}},
    {NONE, EXPIRED, "private", {"200", "200:pull,push,delete", "200", "200", "202", "202", "201"}},

    {BASIC, NOBODY, "public", {"401", "404", "200", "200", "401", "401", "401"}},
    {BASIC, NOBODY, "private", {"401", "404", "401", "401", "401", "401", "401"}},
    {BASIC, NOBODY, "absent", {"401", "404", "401", "401", "401", "401", "401"}},
    {BASIC, WRONG, "public", {"401", "404", "401", "401", "401", "401", "401"}},
    {BASIC, WRONG, "private", {"401", "404", "401", "401", "401", "401", "401"}},
    {BASIC, WRONG, "absent", {"401", "404", "401", "401", "401", "401", "401"}},
    {BASIC, WITHOUT_RIGHT, "public", {"200", "404", "200", "200", "403", "403", "201"}},
    {BASIC, WITHOUT_RIGHT, "private", {"200", "404", "403", "403", "403", "403", "202"}},
    {BASIC, WITHOUT_RIGHT, "absent", {"200", "404", "403", "403", "403", "403", "202"}},
    {BASIC, GOOD, "public", {"200", "404", "200", "200", "202", "202", "201"}},
    {BASIC, GOOD, "private", {"200", "404", "200", "200", "202", "202", "201"}},
    {BASIC, GOOD, "absent", {"200", "404", "404", "404", "202", "404", "202"}},
    {BASIC, EXPIRED, "public", {"401", "404", "200", "200", "401", "401", "401"}},
    {BASIC, EXPIRED, "private", {"401", "404", "401", "401", "401", "401", "401"}},
    {BASIC, OTHER_KEY, "private", {"401", "404", "401", "401", "401", "401", "401"}},

    {BEARER, NOBODY, "public", {"401", "200:pull", "200", "200", "401", "401", "401"}},
    {BEARER, NOBODY, "private", {"401", "200:", "401", "401", "401", "401", "401"}},
    {BEARER, NOBODY, "absent", {"401", "200:", "401", "401", "401", "401", "401"}},
    {BEARER, WRONG, "public", {"401i", "401", "401i", "401i", "401i", "401i", "401i"}},
    {BEARER, WRONG, "private", {"401i", "401", "401i", "401i", "401i", "401i", "401i"}},
    {BEARER, WRONG, "absent", {"401i", "401", "401i", "401i", "401i", "401i", "401i"}},
    {BEARER, WITHOUT_RIGHT, "public", {"200", "200:pull", "200", "200", "401s", "401s", "201"}},
    {BEARER, WITHOUT_RIGHT, "private", {"200", "200:", "401s", "401s", "401s", "401s", "202"}},
    {BEARER, WITHOUT_RIGHT, "absent", {"200", "200:", "401s", "401s", "401s", "401s", "202"}},
    {BEARER, GOOD, "public", {"200", "200:pull,push,delete", "200", "200", "202", "202", "201"}},
    {BEARER, GOOD, "private", {"200", "200:pull,push,delete", "200", "200", "202", "202", "201"}},
    {BEARER, GOOD, "absent", {"200", "200:pull,push,delete", "404", "404", "202", "404", "202"}},
    {BEARER, EXPIRED, "public", {"401i", "401", "401i", "401i", "401i", "401i", "401i"}},
    {BEARER, EXPIRED, "private", {"401i", "401", "401i", "401i", "401i", "401i", "401i"}},
    {BEARER, EXPIRED, "absent", {"401i", "401", "401i", "401i", "401i", "401i", "401i"}},
    {BEARER, OTHER_AUDIENCE, "public", {"401i", "401", "401i", "401i", "401i", "401i", "401i"}},
    {BEARER, OTHER_AUDIENCE, "private", {"401i", "401", "401i", "401i", "401i", "401i", "401i"}},
    {BEARER, OTHER_AUDIENCE, "absent", {"401i", "401", "401i", "401i", "401i", "401i", "401i"}},
    {BEARER, OTHER_KEY, "public", {"401i", "401", "401i", "401i", "401i", "401i", "401i"}},
    {BEARER, OTHER_KEY, "private", {"401i", "401", "401i", "401i", "401i", "401i", "401i"}},
    {BEARER, OTHER_KEY, "absent", {"401i", "401", "401i", "401i", "401i", "401i", "401i"}},
};

enum { CREDENTIALS_MAX = 500 };

/* One server of a mode. */
struct ground {
    enum mode mode;
    struct key *key;   /* the server's */
    struct key *other; /* somebody's */
    struct server *server;
    struct script *script;
    char *admin;                 /* Authorization that may do everything; NULL: none is needed */
    unsigned number;             /* of repositories used up */
    char *used[CREDENTIALS_MAX]; /* owned: all Authorization values that were sent */
    size_t used_count;
};

#define SCOPE_EVERYTHING                                                                           \
    "repository:public/app:pull,push,delete repository:private/app:pull,push,delete"

/* --- Credentials ----------------------------------------------------------------------------- */

/* "Bearer ..." minted here. */
static char *bearer(const struct key *key, const struct tokens_claims *claims)
{
    auto_free char *token = tokens_mint(key, claims);
    char *value;

    if (asprintf(&value, "Bearer %s", token) < 0)
        bail("out of memory");
    return value;
}

/* Who wants what, in the words of a scope. */
static void scope_of(struct script *t, enum op op)
{
    static const char *const scopes[] = {
        [PING] = "",
        [MANIFEST] = "repository:${repo}:pull",
        [BLOB] = "repository:${repo}:pull",
        [PUSH] = "repository:${repo}:pull,push",
        [DELETE] = "repository:${repo}:delete",
        [MOUNT] = "repository:${target}:pull,push&scope=repository:${repo}:pull",
        [TOKEN] = "",
    };

    script_set(t, "query", *scopes[op] != '\0' ? "?service=ocimock&scope=" : "?service=ocimock");
    script_set(t, "scopes", scopes[op]);
}

/* What a client of the mode sends with the operation; NULL: nothing. The caller frees it. */
static char *authorization(struct ground *g, enum credential credential, enum op op)
{
    bool token = op != TOKEN && g->mode == BEARER;
    const char *user = credential == WITHOUT_RIGHT ? "bob" : "alice";
    auto_free char *basic = tokens_basic(user, user[0] == 'b' ? "bobs-secret" : "alices-secret");

    switch (credential) {
    case NOBODY:
        return NULL;
    case WRONG:
        return token ? strdup("Bearer not.a.token") : tokens_basic("alice", "wrong-secret");
    case WITHOUT_RIGHT:
    case GOOD:
        if (!token)
            return STEAL(basic);
        scope_of(g->script, op);
        {
            auto_free char *query = script_expand(g->script, "${query}${scopes}");

            tokens_fetch(g->script, "token", basic, query);
        }
        return strdup(script_get(g->script, "token"));
    case EXPIRED:
        return bearer(
            g->key, &(struct tokens_claims){.scope = SCOPE_EVERYTHING, .from = -3600, .life = 60});
    case OTHER_AUDIENCE:
        return bearer(g->key,
                      &(struct tokens_claims){.scope = SCOPE_EVERYTHING, .audience = "another"});
    case OTHER_KEY:
        return bearer(g->other, &(struct tokens_claims){.scope = SCOPE_EVERYTHING});
    }
    return NULL;
}

/* --- Cells ----------------------------------------------------------------------------------- */

/* What the answer granted to the repository: "pull,push", as in a cell. */
static void granted(struct script *t, const struct response *r, char *text, size_t size)
{
    json_t *root = json_loadb(r->body, r->size, 0, NULL);
    const char *scope = json_string_value(json_object_get(root, "scope"));
    auto_free char *start = script_expand(t, "repository:${repo}:");
    const char *found = scope != NULL ? strstr(scope, start) : NULL;

    snprintf(text, size, "%s", scope == NULL ? "?" : found != NULL ? found + strlen(start) : "");
    json_decref(root);
}

/* The answer in the words of a cell. */
static void describe(struct script *t, enum op op, const struct response *r, char *text,
                     size_t size)
{
    const char *challenge = response_header(r, "WWW-Authenticate");
    char actions[200];

    snprintf(text, size, "%d", r->status);
    if (op == TOKEN && r->status == 200) {
        granted(t, r, actions, sizeof(actions));
        snprintf(text, size, "%d:%s", r->status, actions);
    }
    if (r->status == 401 && challenge == NULL)
        snprintf(text, size, "401 without a challenge");
    if (r->status != 401 && challenge != NULL)
        snprintf(text, size, "%d with a challenge", r->status);
    if (r->status == 401 && challenge != NULL && strstr(challenge, "error=") != NULL)
        snprintf(text, size, "401%s",
                 strstr(challenge, ",error=\"invalid_token\"") != NULL        ? "i"
                 : strstr(challenge, ",error=\"insufficient_scope\"") != NULL ? "s"
                                                                              : "?");
}

static const char *const requests[] = {
    [PING] = "GET /v2/",
    [TOKEN] = "GET /token?service=ocimock&scope=repository:${repo}:pull,push,delete",
    [MANIFEST] = "GET /v2/${repo}/manifests/v1",
    [BLOB] = "GET /v2/${repo}/blobs/${app.layer}",
    [PUSH] = "POST /v2/${repo}/blobs/uploads/",
    [DELETE] = "DELETE /v2/${repo}/manifests/gone",
    [MOUNT] = "POST /v2/${target}/blobs/uploads/?mount=${app.layer}&from=${repo}",
};

/* Every row finds the same: what it makes gets a name of its own, what it deletes is put back. */
static void prepare_cell(struct ground *g, const struct row *row, enum op op)
{
    struct script *t = g->script;
    char name[64];

    g->number++;
    snprintf(name, sizeof(name), "%s/app", row->repo);
    if (strcmp(row->repo, "absent") == 0)
        snprintf(name, sizeof(name), "private/absent%u", g->number);
    script_set(t, "repo", name);
    snprintf(name, sizeof(name), "shared/target%u", g->number);
    script_set(t, "target", name);
    if (op != DELETE || strcmp(row->repo, "absent") == 0)
        return;
    script_authorize(t, g->admin);
    registry_push_manifest(t, script_get(t, "repo"), "gone", "gone", OCI_MANIFEST);
    script_authorize(t, NULL);
}

static void test_cell(struct ground *g, const struct row *row, enum op op)
{
    static const char *const modes[] = {"none", "basic", "bearer"};
    auto_free char *value = NULL;
    auto_free char *header = NULL;
    const struct response *r;
    char got[300];

    prepare_cell(g, row, op);
    value = authorization(g, row->credential, op);
    if (value != NULL && asprintf(&header, "Authorization: %s\n", value) < 0)
        bail("out of memory");
    r = script_send(g->script, requests[op], header, NULL);
    if (value != NULL && g->used_count < CREDENTIALS_MAX)
        g->used[g->used_count++] = strdup(value);
    describe(g->script, op, r, got, sizeof(got));
    if (!is_str(got, row->cells[op], "%s, %s, %s, %s", modes[row->mode],
                credential_names[row->credential], row->repo, op_names[op]))
        response_diag(r);
}

/* --- Servers --------------------------------------------------------------------------------- */

static void write_key(const char *folder, void *arg)
{
    tokens_write_key(arg, folder, "token.pem");
}

static void fill(struct ground *g)
{
    struct script *t = g->script;

    if (g->mode == BASIC)
        g->admin = tokens_basic("alice", "alices-secret");
    else if (g->mode == BEARER)
        g->admin = bearer(g->key, &(struct tokens_claims){.scope = SCOPE_EVERYTHING});
    script_authorize(t, g->admin);
    registry_image(t, "public/app", "v1", "app");
    registry_image(t, "private/app", "v1", "app");
    script_content(t, "gone", IMAGE("app.config", "app.layer", ",\"annotations\":{\"x\":\"y\"}"));
    script_authorize(t, NULL);
}

/* Nothing that opens anything may stand in a log. */
static void test_log(struct ground *g)
{
    static const char *const secrets[] = {"alices-secret", "bobs-secret", "wrong-secret"};
    unsigned found = 0;

    (void)script_send(g->script, "GET /the/last/one", NULL, NULL);
    ok(server_wait_log(g->server, "path=/the/last/one"), "the log has all requests");
    for (size_t i = 0; i < ARRAY_LEN(secrets); i++)
        ok(!server_log_has(g->server, secrets[i]), "no %s in the log", secrets[i]);
    for (size_t i = 0; i < g->used_count; i++) {
        const char *credential = strchr(g->used[i], ' ') + 1;

        if (server_log_has(g->server, credential))
            found++;
        free(g->used[i]);
    }
    is_int(found, 0, "none of %zu credentials in the log", g->used_count);
}

static void test_mode(enum mode mode, struct key *key, struct key *other)
{
    static const char *const configs[] = {CONFIG("none"), CONFIG("basic"), CONFIG("bearer")};
    struct ground g = {.mode = mode, .key = key, .other = other};

    g.server = server_new(
        &(struct server_options){.config = configs[mode], .prepare = write_key, .arg = key});
    g.script = script_new(g.server);
    fill(&g);
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        for (size_t op = 0; rows[i].mode == mode && op < OPS; op++)
            test_cell(&g, &rows[i], (enum op)op);
    }
    test_log(&g);
    free(g.admin);
    script_free(g.script);
    server_free(g.server);
}

int main(void)
{
    struct key *key = tokens_new_key();
    struct key *other = tokens_new_key();

    plan_lazy();
    test_mode(NONE, key, other);
    test_mode(BASIC, key, other);
    test_mode(BEARER, key, other);
    key_unref(key);
    key_unref(other);
    done_testing();
}
