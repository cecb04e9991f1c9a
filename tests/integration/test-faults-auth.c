/* SPDX-License-Identifier: MIT */
/* Rules about tokens and challenges (control.md, section 2): what is signed, what is said of it,
   the 401 itself, and that our own registry refuses what it should. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "auth/claims.h"
#include "auth/jws.h"
#include "lib/util/clock.h"
#include "lib/util/err.h"
#include "tests/integration/lib/bail.h"
#include "tests/integration/lib/steer.h"
#include "tests/integration/lib/tokens.h"
#include "tests/tap/tap.h"

static const char config[] =
    "auth:\n"
    "  accounts: [{name: alice, secret: alices-secret}]\n"
    "  policy: [{accounts: [alice], repositories: [\"*\"], actions: [pull, push]}]\n";

#define ALICE "Authorization: ${alice}\n"
#define FORM  "Content-Type: application/x-www-form-urlencoded\n"

/* A rule about the token service. */
static void token_rule(struct script *t, const char *then)
{
    auto_free char *rule = NULL;

    if (asprintf(&rule, "{\"id\":\"t\",\"when\":{\"op\":\"token\"},\"then\":{%s}}", then) < 0)
        bail("out of memory");
    steer_rules(t, rule);
}

/* --- What is signed ----------------------------------------------------------------------------
 */

#define CHALLENGE "WWW-Authenticate: Bearer realm=\"${url}/token\",service=\"ocimock\""
#define SCOPE     ",scope=\"repository:app:pull\""
#define INVALID   CHALLENGE SCOPE ",error=\"invalid_token\""
#define LACKING   CHALLENGE SCOPE ",error=\"insufficient_scope\""

static int64_t now(void)
{
    return clock_now(NULL);
}

static bool is_expired(const struct claims *c)
{
    return c->expires < now() - 60 && c->issued_at < c->expires && c->not_before < c->expires;
}

static bool is_early(const struct claims *c)
{
    return c->not_before > now() + 60 && c->expires > c->not_before;
}

static bool is_for_another(const struct claims *c)
{
    return strcmp(json_string_value(c->audience), "nobody.invalid") == 0;
}

static bool is_of_another(const struct claims *c)
{
    return strcmp(c->issuer, "nobody.invalid") == 0;
}

/* All but the signature is as ever. */
static bool is_usual(const struct claims *c)
{
    return c->expires > now() && c->not_before <= now() && strcmp(c->issuer, "ocimock") == 0 &&
           scope_set_find(&c->access, "repository", "app") != NULL;
}

static bool grants_nothing(const struct claims *c)
{
    return c->has_access && c->access.count == 0 && c->expires > now();
}

static const struct flaw {
    const char *name;
    bool (*shows)(const struct claims *c); /* NULL: it is no token at all */
    const char *want;                      /* of the 401 that it gets */
    const char *auth;                      /* what the journal calls it */
} flaws[] = {
    {"expired", is_expired, INVALID, "expired"},
    {"not-yet", is_early, INVALID, "invalid"},
    {"wrong-audience", is_for_another, INVALID, "invalid"},
    {"wrong-issuer", is_of_another, INVALID, "invalid"},
    {"wrong-key", is_usual, INVALID, "invalid"},
    {"no-grant", grants_nothing, LACKING, "bearer"},
    {"garbage", NULL, INVALID, "invalid"},
};

static void check_token(const char *token, const struct flaw *f, const char *how)
{
    struct claims_header header;
    struct claims claims;
    struct err err;
    int result = jws_read(&header, &claims, token, strlen(token), &err);

    if (f->shows == NULL) {
        ok(result != 0, "%s by %s: it is no token", f->name, how);
        return;
    }
    if (ok(result == 0, "%s by %s: it is a token", f->name, how))
        ok(f->shows(&claims), "%s by %s: it says so", f->name, how);
    claims_done(&claims);
}

static void check_refused(struct script *t, const struct flaw *f, const char *how)
{
    char name[100], match[200];
    const struct step row = {name,          "GET /v2/app/manifests/v1", "Authorization: ${token}\n",
                             .status = 401, .code = "UNAUTHORIZED",     .want = f->want};

    snprintf(name, sizeof(name), "%s by %s: the registry refuses it", f->name, how);
    snprintf(match, sizeof(match), "{\"op\":\"manifest.get\",\"auth\":\"%s\"}", f->auth);
    json_decref(steer(t, "DELETE", "/requests", NULL));
    (void)script_step(t, &row);
    steer_wait(t, match, 1);
}

/* The token in the answer to a POST, as clients of OAuth ask. */
static void post_token(struct script *t)
{
    static const char form[] = "grant_type=password&client_id=c&username=alice&password=alices-"
                               "secret&scope=repository:app:pull&service=ocimock";
    const struct response *r = script_send(t, "POST /token", FORM, form);
    json_t *root = json_loadb(r->body, r->size, 0, NULL);
    auto_free char *value = NULL;

    if (asprintf(&value, "Bearer %s", json_string_value(json_object_get(root, "token"))) < 0)
        bail("out of memory");
    script_set(t, "token", value);
    json_decref(root);
}

static void test_flaw(struct script *t, const struct flaw *f)
{
    char then[64];

    snprintf(then, sizeof(then), "\"token\":\"%s\"", f->name);
    token_rule(t, then);
    tokens_fetch(t, "token", script_get(t, "alice"), "?service=ocimock&scope=repository:app:pull");
    check_token(script_get(t, "token") + strlen("Bearer "), f, "GET");
    check_refused(t, f, "GET");
    post_token(t);
    check_token(script_get(t, "token") + strlen("Bearer "), f, "POST");
    check_refused(t, f, "POST");
    is_int(steer_hits(t, "t"), 2, "%s: two hits", f->name);
}

/* The key that nobody knows is neither ours, nor another one each time, nor in the documents. */
static void test_wrong_key(struct script *t)
{
    struct claims_header header, again;
    struct claims claims;
    const struct response *r;

    token_rule(t, "\"token\":\"wrong-key\"");
    for (int i = 0; i < 2; i++) {
        const char *token;

        tokens_fetch(t, "token", script_get(t, "alice"), "");
        token = script_get(t, "token") + strlen("Bearer ");
        if (jws_read(i == 0 ? &header : &again, &claims, token, strlen(token), NULL) != 0)
            bail("no token");
        claims_done(&claims);
    }
    ok(header.has_key_id && strcmp(header.key_id, again.key_id) == 0, "wrong-key: the same twice");
    r = script_send(t, "GET /token/jwks.json", NULL, NULL);
    ok(strstr(r->body, header.key_id) == NULL, "wrong-key: none of the keys that are shown");
    steer_rules(t, "[]");
    tokens_fetch(t, "token", script_get(t, "alice"), "?scope=repository:app:pull");
    r = script_send(t, "GET /v2/app/tags/list", "Authorization: ${token}\n", NULL);
    is_int(r->status, 404, "without the rule tokens are good again");
}

/* The world's clock decides, and the journal tells what was granted. */
static void test_no_grant(struct script *t)
{
    json_decref(steer(t, "DELETE", "/requests", NULL));
    token_rule(t, "\"token\":\"no-grant\"");
    tokens_fetch(t, "token", script_get(t, "alice"), "?scope=repository:app:pull");
    steer_wait(t,
               "{\"op\":\"token\",\"rule\":\"t\",\"scopesAsked\":\"repository:app:pull\","
               "\"scopesGranted\":\"!repository*\"}",
               1);
}

/* Who asks is known of a GET, as it claims to be. */
static void test_user(struct script *t)
{
    static const struct step rows[] = {
        {"user: alice's tokens", "GET /token", ALICE, .status = 200, .has = "this-is-no-token"},
        {"user: not those of others", "GET /token", .status = 200, .hasnt = "this-is-no-token"},
        {"user: nor of a POST", "POST /token", FORM,
         "grant_type=password&client_id=c&username=alice&password=alices-secret", .status = 200,
         .hasnt = "this-is-no-token"},
    };

    steer_rules(t, "{\"when\":{\"op\":\"token\",\"user\":\"alice\",\"auth\":\"basic\"},"
                   "\"then\":{\"token\":\"garbage\"}}");
    RUN(t, rows);
    steer_rules(t, "{\"when\":{\"op\":\"token\",\"user\":\"anonymous\"},"
                   "\"then\":{\"status\":403}}");
    is_int(script_send(t, "GET /token", NULL, NULL)->status, 403, "user: nobody in particular");
    is_int(script_send(t, "GET /token", ALICE, NULL)->status, 200, "user: alice is somebody");
}

/* --- What is said of it -------------------------------------------------------------------------
 */

static const struct said {
    const char *name;
    const char *then;
    const char *has;
    const char *hasnt;
} said[] = {
    {"expires_in: 5", "\"expires_in\":5", "\"expires_in\":5,", NULL},
    {"expires_in: less than nothing", "\"expires_in\":-1", "\"expires_in\":-1,", NULL},
    {"expires_in: none", "\"expires_in\":null", "\"issued_at\":\"", "expires_in"},
    {"fields: token", "\"fields\":\"token\"", "\"token\":\"ey", "access_token"},
    {"fields: access_token", "\"fields\":\"access_token\"", "\"access_token\":\"ey", "\"token\":"},
    {"fields: both", "\"fields\":\"both\"", "\"token\":\"ey\n\"access_token\":\"ey", NULL},
};

static void test_said(struct script *t, const struct said *s)
{
    const struct step rows[] = {
        {s->name, "GET /token", ALICE, .status = 200, .has = s->has, .hasnt = s->hasnt},
        {s->name, "POST /token", FORM,
         "grant_type=password&client_id=c&username=alice&password=alices-secret", .status = 200,
         .has = s->has, .hasnt = s->hasnt},
    };

    token_rule(t, s->then);
    RUN(t, rows);
}

/* The answer's time moves, the token's does not. */
static void test_issued_at(struct script *t, const char *shift, int64_t seconds)
{
    int64_t before = now();
    char then[64], early[CLOCK_TEXT_MAX], late[CLOCK_TEXT_MAX];
    const struct response *r;
    const char *text;
    json_t *root;

    snprintf(then, sizeof(then), "\"issued_at\":\"%s\"", shift);
    token_rule(t, then);
    r = script_send(t, "GET /token", ALICE, NULL);
    root = json_loadb(r->body, r->size, 0, NULL);
    text = json_string_value(json_object_get(root, "issued_at"));
    (void)clock_format(early, before + seconds);
    (void)clock_format(late, now() + seconds);
    ok(text != NULL && strcmp(early, text) <= 0 && strcmp(text, late) <= 0, "issued_at: %s", shift);
    json_decref(root);
}

/* --- The 401 itself -----------------------------------------------------------------------------
 */

#define REFUSED .status = 401, .code = "UNAUTHORIZED"

static const struct challenge_row {
    const char *then;
    const char *registry; /* header of the registry's own 401 */
    const char *token;    /* of the token service's */
} challenges[] = {
    {"\"challenge\":\"missing\"", "!WWW-Authenticate", "!WWW-Authenticate"},
    {"\"challenge\":\"malformed\"",
     "WWW-Authenticate: Bearer realm=\"${url}/token,service=\"ocimock\"" SCOPE,
     "WWW-Authenticate: Basic realm=\"ocimock"},
    {"\"challenge\":\"basic\"", "WWW-Authenticate: Basic realm=\"ocimock\"",
     "WWW-Authenticate: Basic realm=\"ocimock\""},
    {"\"challenge\":\"other-scope\"", CHALLENGE ",scope=\"repository:some/other:pull\"",
     "WWW-Authenticate: Basic realm=\"ocimock\""},
    {"\"challenge\":{\"realm\":\"https://auth.example/t\"}",
     "WWW-Authenticate: Bearer realm=\"https://auth.example/t\",service=\"ocimock\"" SCOPE,
     "WWW-Authenticate: Basic realm=\"https://auth.example/t\""},
    {"\"challenge\":{\"realm\":\"/other\",\"service\":\"\",\"scope\":\"a \\\"b\\\"\","
     "\"error\":\"insufficient_scope\"}",
     "WWW-Authenticate: Bearer realm=\"${url}/other\",scope=\"a \\\"b\\\"\","
     "error=\"insufficient_scope\"",
     "WWW-Authenticate: Basic realm=\"/other\""},
};

static void test_challenge(struct script *t, const struct challenge_row *row)
{
    const struct step rows[] = {
        {row->then, "GET /v2/app/tags/list", REFUSED, .want = row->registry},
        {row->then, "GET /token", "Authorization: Basic bm9ib2R5OngK\n", REFUSED,
         .want = row->token},
    };
    const struct step by_rule = {row->then, "GET /v2/app/tags/list", REFUSED,
                                 .want = row->registry};
    auto_free char *plain = NULL, *answers = NULL;

    if (asprintf(&plain, "{\"then\":{%s}}", row->then) < 0 ||
        asprintf(&answers, "{\"then\":{\"status\":401,%s}}", row->then) < 0)
        bail("out of memory");
    steer_rules(t, plain);
    RUN(t, rows);
    steer_rules(t, answers);
    (void)script_step(t, &by_rule);
}

static const struct step state[] = {
    {"an image state", STEER_STATE("app:v1", "unauthorized")},
    {"its 401 is changed, too", "GET /v2/app/manifests/v1", "Authorization: ${token}\n", REFUSED,
     .want = "WWW-Authenticate: Basic realm=\"ocimock\""},
};

static const struct step pings[] = {
    {"a 401 of a rule at the token service is Basic", "GET /token", REFUSED,
     .want = "WWW-Authenticate: Basic realm=\"ocimock\""},
    {"what is no 401 has no challenge", "GET /v2/nothing/such", .status = 404,
     .want = "!WWW-Authenticate"},
};

static void test_challenges(struct script *t)
{
    for (size_t i = 0; i < ARRAY_LEN(challenges); i++)
        test_challenge(t, &challenges[i]);
    steer_rules(t, "[]");
    tokens_fetch(t, "token", script_get(t, "alice"), "?scope=repository:app:pull");
    steer_rules(t, "{\"then\":{\"challenge\":\"basic\"}}");
    RUN(t, state);
    steer_rules(t, "{\"when\":{\"op\":\"token\"},\"then\":{\"status\":401}}");
    RUN(t, pings);
}

/* --- What is refused, and what is warned of ------------------------------------------------------
 */

#define RULE(then) "POST /control/v1/rules", .body = "{" then "}"

static const struct step bad[] = {
    {"an unknown flaw", RULE("\"then\":{\"token\":\"expird\"}"), .status = 400,
     .has = "then.token\ndid you mean 'expired'?\nwrong-audience"},
    {"an unknown challenge", RULE("\"then\":{\"challenge\":\"none\"}"), .status = 400,
     .has = "then.challenge\nmissing, malformed, basic or other-scope"},
    {"a challenge with an unknown key", RULE("\"then\":{\"challenge\":{\"realms\":\"x\"}}"),
     .status = 400, .has = "then.challenge.realms\ndid you mean 'realm'?"},
    {"expires_in as a text", RULE("\"then\":{\"expires_in\":\"5\"}"), .status = 400,
     .has = "then.expires_in\nwhole number"},
    {"issued_at without unit", RULE("\"then\":{\"issued_at\":\"-1\"}"), .status = 400,
     .has = "then.issued_at"},
    {"a flaw where no token is made",
     RULE("\"when\":{\"op\":\"blob.get\"},\"then\":{\"token\":\"expired\"}"), .status = 201,
     .has = "then.token: does nothing with what the rule matches: it is for token"},
    {"a flaw in a rule that answers",
     RULE("\"when\":{\"op\":\"token\"},\"then\":{\"token\":\"expired\",\"status\":500}"),
     .status = 201, .has = "then.token: does nothing, because the rule answers by itself"},
    {"nothing to warn of", RULE("\"when\":{\"op\":\"to*\"},\"then\":{\"token\":\"expired\"}"),
     .status = 201, .has = "\"warnings\":[]"},
    {"the schema knows them", "GET /control/v1/schema", .status = 200,
     .has = "wrong-audience\nother-scope\nissued_at\naccess_token\nslow_read"},
};

static void fill(struct script *t)
{
    auto_free char *alice = tokens_basic("alice", "alices-secret");

    script_set(t, "alice", alice);
    script_set(t, "url", server_url(script_server(t), 0));
}

int main(void)
{
    struct server *s;
    struct script *t;

    plan_lazy();
    s = server_new_config(config);
    t = script_new(s);
    fill(t);
    for (size_t i = 0; i < ARRAY_LEN(flaws); i++)
        test_flaw(t, &flaws[i]);
    test_wrong_key(t);
    test_no_grant(t);
    test_user(t);
    for (size_t i = 0; i < ARRAY_LEN(said); i++)
        test_said(t, &said[i]);
    test_issued_at(t, "-1h", -3600);
    test_issued_at(t, "90s", 90);
    test_challenges(t);
    RUN(t, bad);
    script_free(t);
    server_free(s);
    done_testing();
}
