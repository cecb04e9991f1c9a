/* SPDX-License-Identifier: MIT */
/*
 * The token service (protocol.md, 5.1 to 5.3): what clients send, word for word, what they get,
 * what is refused and how.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "auth/claims.h"
#include "auth/jws.h"
#include "lib/util/err.h"
#include "tests/integration/lib/bail.h"
#include "tests/integration/lib/registry.h"
#include "tests/integration/lib/tokens.h"
#include "tests/tap/tap.h"

static const char config[] =
    "auth:\n"
    "  mode: bearer\n"
    "  services: [registry.example]\n"
    "  accounts:\n"
    "    - {name: alice, secret: alices-secret}\n"
    "    - {name: bob, secret: \"b=&ob+s %secret\"}\n"
    "  policy:\n"
    "    - {accounts: [alice], repositories: [\"*\"], actions: [pull, push, delete]}\n"
    "    - {accounts: [alice], catalog: true}\n"
    "    - {accounts: [\"*\"], repositories: [\"public/*\"], actions: [pull]}\n"
    "    - {accounts: [bob], repositories: [\"team/*\"], actions: [pull, push]}\n";

#define ALICE "Authorization: ${alice}\n"
#define BOB   "Authorization: ${bob}\n"
#define WRONG "Authorization: ${wrong}\n"
#define FORM  "Content-Type: application/x-www-form-urlencoded\n"
#define JSON  "Content-Type: application/json\n"
/* What each answer with a token has. */
#define FRESH JSON "Cache-Control: no-store\n!WWW-Authenticate"
#define NO    JSON "Cache-Control: no-store\nWWW-Authenticate: Basic realm=\"ocimock\""
#define BAD   JSON "Cache-Control: no-store\n!WWW-Authenticate"

static const struct step get[] = {
    {"GET anonymous: a token, nothing granted", "GET /token", .status = 200, .want = FRESH,
     .has = "\"token\":\"ey\n\"access_token\":\"ey\n\"expires_in\":300\n\"issued_at\":\"20\n"
            "\"scope\":\"\"",
     .hasnt = "refresh_token"},
    {"GET anonymous: a partial grant is no error",
     "GET /token?service=ocimock&scope=repository:public/app:pull,push&scope=repository:secret/"
     "app:pull",
     .status = 200, .has = "\"scope\":\"repository:public/app:pull\""},
    {"GET with Og== is anonymous", "GET /token?scope=repository:public/app:pull",
     "Authorization: Basic Og==\n", .status = 200,
     .has = "\"scope\":\"repository:public/app:pull\""},
    {"GET below /token/, too", "GET /token/?service=ocimock", .status = 200, .want = FRESH},
    {"GET: one parameter with several scopes",
     "GET "
     "/token?scope=repository:public/a:pull+repository:public/b:pull%20repository:public/c:pull",
     .status = 200,
     .has = "\"scope\":\"repository:public/a:pull repository:public/b:pull "
            "repository:public/c:pull\""},
    {"GET: the same repository twice is one scope",
     "GET /token?scope=repository:x:pull&scope=repository:x:push", ALICE, .status = 200,
     .has = "\"scope\":\"repository:x:pull,push\""},
    {"GET: '*' becomes what the account may do", "GET /token?scope=repository:team/app:*", BOB,
     .status = 200, .has = "\"scope\":\"repository:team/app:pull,push\""},
    {"GET: '*' of the anonymous", "GET /token?scope=repository:public/app:*", .status = 200,
     .has = "\"scope\":\"repository:public/app:pull\""},
    {"GET: delete alone", "GET /token?scope=repository:x:delete", ALICE, .status = 200,
     .has = "\"scope\":\"repository:x:delete\""},
    {"GET: the catalog is literally '*'", "GET /token?scope=registry:catalog:*", ALICE,
     .status = 200, .has = "\"scope\":\"registry:catalog:*\""},
    {"GET: no catalog without the right", "GET /token?scope=registry:catalog:*", BOB, .status = 200,
     .has = "\"scope\":\"\""},
    {"GET: a name with host and port", "GET /token?scope=repository:localhost:5000/x:pull", ALICE,
     .status = 200, .has = "\"scope\":\"repository:localhost:5000/x:pull\""},
    {"GET: unknown types and actions are left out",
     "GET /token?scope=repository:x:pull,mount&scope=volume:y:pull", ALICE, .status = 200,
     .has = "\"scope\":\"repository:x:pull\""},
    {"GET: a further service", "GET /token?service=registry.example", ALICE, .status = 200},
    {"GET: an empty service is ours", "GET /token?service=", ALICE, .status = 200},
    {"GET: no HEAD, which would throw a token away", "HEAD /token", .status = 405,
     .want = "Allow: GET, POST, OPTIONS"},
    {"PUT is no way to ask", "PUT /token", .status = 405, .code = "UNSUPPORTED",
     .want = "Allow: GET, POST, OPTIONS"},
    {"OPTIONS tells the ways", "OPTIONS /token/", .status = 204,
     .want = "Allow: GET, POST, OPTIONS"},
};

static const struct step get_bad[] = {
    {"GET: a wrong password is 401, never an anonymous token",
     "GET /token?scope=repository:public/app:pull", WRONG, .status = 401, .code = "UNAUTHORIZED",
     .want = NO, .has = "\"details\":\"incorrect username or password\"", .hasnt = "\"token\""},
    {"GET: an unknown user gets the same answer", "GET /token", "Authorization: ${nobody}\n",
     .status = 401, .code = "UNAUTHORIZED", .want = NO,
     .has = "\"details\":\"incorrect username or password\""},
    {"GET: a user without password is no anonymous", "GET /token",
     "Authorization: Basic YWxpY2U6\n", .status = 401, .code = "UNAUTHORIZED", .want = NO},
    {"GET: Basic that is no base 64", "GET /token", "Authorization: Basic !!!\n", .status = 401,
     .code = "UNAUTHORIZED", .want = NO},
    {"GET: a scheme of nobody", "GET /token", "Authorization: Digest x\n", .status = 401,
     .want = NO},
    {"GET: a token buys no token", "GET /token", "Authorization: Bearer x.y.z\n", .status = 401,
     .want = NO},
    {"GET: account unlike the user is 400", "GET /token?account=bob", ALICE, .status = 400,
     .want = BAD},
    {"GET: account without a user is 400", "GET /token?account=alice", .status = 400, .want = BAD},
    {"GET: an unknown service is 400", "GET /token?service=elsewhere", ALICE, .status = 400,
     .want = BAD},
    {"GET: a scope off the grammar is 400", "GET /token?scope=repository:x", ALICE, .status = 400,
     .want = BAD, .has = "\"error\":\"invalid_scope\""},
    {"GET: the second scope counts, too", "GET /token?scope=repository:x:pull+nonsense", ALICE,
     .status = 400, .want = BAD},
};

/* Requests as the clients write them. */
static const struct step clients[] = {
    {"docker login", "GET /token?account=alice&client_id=docker&offline_token=true&service=ocimock",
     ALICE, .status = 200, .want = FRESH, .has = "\"refresh_token\":\"\n\"scope\":\"\""},
    {"docker pull",
     "GET /token?account=alice&scope=repository%3Aprivate%2Fapp%3Apull&service=ocimock", ALICE,
     .status = 200, .has = "\"scope\":\"repository:private/app:pull\"", .hasnt = "refresh_token"},
    {"podman push",
     "GET /token?account=alice&scope=repository%3Aprivate%2Fapp%3Apull%2Cpush&service=ocimock",
     ALICE, .status = 200, .has = "\"scope\":\"repository:private/app:pull,push\""},
    {"podman delete asks for '*'",
     "GET /token?account=alice&scope=repository%3Aprivate%2Fapp%3A%2A&service=ocimock", ALICE,
     .status = 200, .has = "\"scope\":\"repository:private/app:pull,push,delete\""},
    {"containerd with a secret", "POST /token", FORM,
     "client_id=containerd-client&grant_type=password&password=alices-secret&scope="
     "repository%3Aprivate%2Fapp%3Apull&service=ocimock&username=alice",
     .status = 200, .want = FRESH,
     .has = "\"access_token\":\"ey\n\"scope\":\"repository:private/app:pull\"",
     .hasnt = "refresh_token"},
    {"containerd, mounting", "POST /token", FORM,
     "client_id=containerd-client&grant_type=password&password=alices-secret&scope="
     "repository%3Aa%3Apull+repository%3Ab%3Apull%2Cpush&service=ocimock&username=alice",
     .status = 200, .has = "\"scope\":\"repository:a:pull repository:b:pull,push\""},
    {"containerd, anonymous", "GET /token?scope=repository%3Apublic%2Fapp%3Apull&service=ocimock",
     .status = 200, .has = "\"scope\":\"repository:public/app:pull\""},
    {"helm registry login", "POST /token", FORM "User-Agent: Helm/3.14\n",
     "client_id=oras&grant_type=password&password=alices-secret&scope=&service=ocimock"
     "&username=alice",
     .status = 200, .has = "\"scope\":\"\""},
    {"a password with everything in it", "POST /token", FORM,
     "grant_type=password&service=ocimock&client_id=c&username=bob&password=b%3D%26ob%2Bs+%"
     "25secret",
     .status = 200, .want = FRESH},
    {"a form that comes in chunks, with a parameter in its type", "POST /token/",
     "Content-Type: application/x-www-form-urlencoded; charset=utf-8\n"
     "Transfer-Encoding: chunked\n",
     "grant_type=password&client_id=c&username=alice&password=alices-secret", .status = 200},
    {"containers/image repeats scope", "POST /token", FORM,
     "grant_type=password&client_id=c&username=alice&password=alices-secret"
     "&scope=repository:a:pull&scope=repository:b:push",
     .status = 200, .has = "\"scope\":\"repository:a:pull repository:b:push\""},
};

#define LOGIN "&client_id=c&username=alice&password=alices-secret"

static const struct step post_bad[] = {
    {"POST: a wrong password is 401 invalid_grant", "POST /token", FORM,
     "grant_type=password&client_id=c&username=alice&password=wrong-secret", .status = 401,
     .code = "UNAUTHORIZED", .want = NO,
     .has =
         "\"error\":\"invalid_grant\"\n\"error_description\":\"incorrect username or password\"\n"
         "\"details\":\"incorrect username or password\"",
     .hasnt = "\"access_token\""},
    {"POST: an empty password", "POST /token", FORM,
     "grant_type=password&client_id=c&username=alice&password=", .status = 401, .want = NO,
     .has = "\"error\":\"invalid_grant\""},
    {"POST: an unknown identity token", "POST /token", FORM,
     "grant_type=refresh_token&client_id=c&refresh_token=nobodys-token", .status = 401,
     .code = "UNAUTHORIZED", .want = NO, .has = "\"error\":\"invalid_grant\""},
    {"POST: an unknown grant", "POST /token", FORM, "grant_type=client_credentials" LOGIN,
     .status = 400, .want = BAD, .has = "\"error\":\"unsupported_grant_type\""},
    {"POST: no grant", "POST /token", FORM, "service=ocimock" LOGIN, .status = 400, .want = BAD,
     .has = "\"error\":\"invalid_request\""},
    {"POST: no client_id", "POST /token", FORM,
     "grant_type=password&username=alice&password=alices-secret", .status = 400, .want = BAD,
     .has = "\"error\":\"invalid_request\"\nclient_id"},
    {"POST: a field twice", "POST /token", FORM, "grant_type=password&username=bob" LOGIN,
     .status = 400, .want = BAD, .has = "\"error\":\"invalid_request\""},
    {"POST: an unknown service", "POST /token", FORM, "grant_type=password&service=x" LOGIN,
     .status = 400, .want = BAD, .has = "\"error\":\"invalid_request\""},
    {"POST: a scope off the grammar", "POST /token", FORM, "grant_type=password&scope=x" LOGIN,
     .status = 400, .want = BAD, .has = "\"error\":\"invalid_scope\""},
    {"POST: an empty form", "POST /token", FORM, "", .status = 400, .want = BAD,
     .has = "\"error\":\"invalid_request\""},
    {"POST: a broken escape", "POST /token", FORM, "grant_type=pass%zz", .status = 400,
     .want = BAD},
    {"POST: JSON is no form", "POST /token", JSON, "{\"grant_type\":\"password\"}", .status = 400,
     .want = BAD, .has = "\"error\":\"invalid_request\""},
    {"POST: no Content-Type", "POST /token", NULL, "grant_type=password" LOGIN, .status = 400,
     .want = BAD},
};

static const struct step documents[] = {
    {"the keys", "GET /token/jwks.json", .status = 200, .want = JSON,
     .has = "\"keys\":[{\n\"kid\":\"\n\"alg\":\"ES256\"", .hasnt = "\"d\":"},
    {"the keys where some look for them", "GET /.well-known/jwks.json", .status = 200,
     .has = "\"keys\":[{"},
    {"the keys with HEAD", "HEAD /token/jwks.json", .status = 200},
    {"no way to change the keys", "POST /token/jwks.json", .body = "{}", .status = 405,
     .code = "UNSUPPORTED", .want = "Allow: GET, HEAD, OPTIONS"},
    {"the configuration", "GET /.well-known/openid-configuration", .status = 200, .want = JSON,
     .has = "\"issuer\":\"ocimock\"\n\"jwks_uri\":\"${url}/token/jwks.json\"\n"
            "\"token_endpoint\":\"${url}/token\"\n"
            "\"id_token_signing_alg_values_supported\":[\"ES256\"]"},
};

/* --- Identity tokens (refresh tokens) -------------------------------------------------------- */

static void save_member(struct script *t, const struct response *r, const char *member,
                        const char *variable)
{
    json_t *root = json_loadb(r->body, r->size, 0, NULL);
    const char *text = json_string_value(json_object_get(root, member));

    if (text == NULL) {
        response_diag(r);
        bail("the answer has no %s", member);
    }
    script_set(t, variable, text);
    json_decref(root);
}

static const struct step refresh[] = {
    {"docker pull with an identity token", "POST /token", FORM,
     "client_id=docker&grant_type=refresh_token&refresh_token=${refresh}"
     "&scope=repository%3Aprivate%2Fapp%3Apull&service=ocimock",
     .status = 200, .want = FRESH, .has = "\"scope\":\"repository:private/app:pull\"",
     .hasnt = "refresh_token"},
    {"an identity token can be used again, and is given back to who wants to stay", "POST /token",
     FORM,
     "access_type=offline&client_id=docker&grant_type=refresh_token&refresh_token=${refresh}"
     "&service=ocimock",
     .status = 200, .has = "\"refresh_token\":\"${refresh}\""},
    {"an identity token is for the service that it was made for", "POST /token", FORM,
     "client_id=docker&grant_type=refresh_token&refresh_token=${refresh}&service=registry.example",
     .status = 401, .has = "\"error\":\"invalid_grant\""},
    {"an identity token is no password", "GET /token", "Authorization: Bearer ${refresh}\n",
     .status = 401},
    {"an identity token is no access token", "GET /v2/", "Authorization: Bearer ${refresh}\n",
     .status = 401, .want = "WWW-Authenticate: *"},
};

static void test_refresh(struct script *t)
{
    static const char offline[] = "grant_type=password&access_type=offline" LOGIN;
    const struct response *r;

    r = script_send(t, "GET /token?service=ocimock&offline_token=true", ALICE, NULL);
    save_member(t, r, "refresh_token", "refresh");
    RUN(t, refresh);
    r = script_send(t, "POST /token", FORM, offline);
    save_member(t, r, "refresh_token", "refresh");
    RUN(t, refresh);
    (void)script_send(t, "GET /after/identity/tokens", NULL, NULL);
    ok(server_wait_log(script_server(t), "path=/after/identity/tokens") &&
           !server_log_has(script_server(t), script_get(t, "refresh")),
       "no identity token in the log");
    r = script_send(t, "GET /token?offline_token=true", NULL, NULL);
    ok(r->status == 200 && strstr(r->body, "refresh_token") == NULL,
       "the anonymous get no identity token");
}

/* --- Tokens ---------------------------------------------------------------------------------- */

static const struct step login[] = {
    {"PI3 ping with a token that grants nothing", "GET /v2/", "Authorization: ${token}\n",
     .status = 200, .want = "!WWW-Authenticate"},
    {"... which opens no repository", "GET /v2/private/app/tags/list", "Authorization: ${token}\n",
     .status = 401, .code = "UNAUTHORIZED",
     .want = "WWW-Authenticate: Bearer realm=\"${url}/token\",service=\"ocimock\","
             "scope=\"repository:private/app:pull\",error=\"insufficient_scope\"",
     .has = "\"detail\":[{\"Type\":\"repository\",\"Class\":\"\",\"Name\":\"private/app\","
            "\"Action\":\"pull\"}]"},
};

static void test_claims(struct script *t)
{
    const char *token;
    struct claims_header header;
    struct claims claims;
    struct err err;

    tokens_fetch(t, "token", script_get(t, "alice"),
                 "?service=registry.example&scope=repository:x:pull");
    token = script_get(t, "token") + strlen("Bearer ");
    if (jws_read(&header, &claims, token, strlen(token), &err) != 0)
        bail("no token: %s", err.msg);
    is_str(header.algorithm, "ES256", "a token is signed with ES256");
    is_str(claims.issuer, "ocimock", "  issuer");
    is_str(claims.subject, "alice", "  subject");
    is_str(json_string_value(claims.audience), "registry.example", "  audience, as one text");
    is_int(claims.expires - claims.issued_at, 300, "  life");
    is_int(claims.issued_at - claims.not_before, 10, "  valid from a little earlier");
    ok(claims.id[0] != '\0', "  an id");
    ok(scope_set_find(&claims.access, "repository", "x") != NULL, "  access");
    claims_done(&claims);
    tokens_fetch(t, "token", NULL, "");
    token = script_get(t, "token") + strlen("Bearer ");
    if (jws_read(&header, &claims, token, strlen(token), &err) != 0)
        bail("no token: %s", err.msg);
    ok(claims.has_subject && claims.subject[0] == '\0', "the anonymous have an empty subject");
    ok(claims.has_access, "  and access, be it empty");
    claims_done(&claims);
}

/* SCOPES_MAX */
static void test_many_scopes(struct script *t)
{
    static const struct step rows[] = {
        {"GET: 100 scopes", "GET /token?scope=${many}", .status = 200, .want = FRESH},
        {"GET: one more is 400", "GET /token?scope=${many}+repository:more:pull", .status = 400,
         .want = BAD, .has = "\"error\":\"invalid_scope\""},
    };
    char many[4000] = "";
    size_t n = 0;

    for (int i = 0; i < SCOPES_MAX; i++)
        n += (size_t)snprintf(many + n, sizeof(many) - n, "%srepository:public/%d:pull",
                              i > 0 ? "+" : "", i);
    script_set(t, "many", many);
    RUN(t, rows);
}

/* The form is read to its end and no further than it may be long. */
static void test_long_form(struct script *t)
{
    static const struct step rows[] = {
        {"POST: a form of 64 KiB", "POST /token", FORM, "${form}", .status = 200},
        {"POST: a form beyond that is 413", "POST /token", FORM, "${form}x", .status = 413,
         .want = JSON, .has = "\"error\":\"invalid_request\""},
    };
    static const char start[] = "grant_type=password" LOGIN "&more=";
    char *form = malloc(64 * 1024 + 1);

    if (form == NULL)
        bail("out of memory");
    memset(form, 'x', 64 * 1024);
    memcpy(form, start, strlen(start));
    form[64 * 1024] = '\0';
    script_set(t, "form", form);
    free(form);
    RUN(t, rows);
}

static void set_credentials(struct script *t)
{
    auto_free char *alice = tokens_basic("alice", "alices-secret");
    auto_free char *bob = tokens_basic("bob", "b=&ob+s %secret");
    auto_free char *wrong = tokens_basic("alice", "wrong-secret");
    auto_free char *nobody = tokens_basic("nobody", "alices-secret");

    script_set(t, "alice", alice);
    script_set(t, "bob", bob);
    script_set(t, "wrong", wrong);
    script_set(t, "nobody", nobody);
    script_set(t, "url", server_url(script_server(t), 0));
}

/* auth.anonymous_token */
static void test_anonymous(const char *setting, int status, const char *code)
{
    const struct step rows[] = {
        {"anonymous_token: who shows nothing gets nothing", "GET /token", .status = status,
         .code = code, .want = JSON, .hasnt = "\"token\""},
        {"anonymous_token: nor with an empty Basic", "GET /token", "Authorization: Basic Og==\n",
         .status = status, .code = code},
        {"anonymous_token: others do", "GET /token", ALICE, .status = 200},
    };
    auto_free char *text = NULL;
    struct server *s;
    struct script *t;

    if (asprintf(&text, "%s  anonymous_token: %s\n", config, setting) < 0)
        bail("out of memory");
    s = server_new_config(text);
    t = script_new(s);
    set_credentials(t);
    RUN(t, rows);
    script_free(t);
    server_free(s);
}

/* auth.token_life below a minute: the token says so, the answer does not. */
static void test_short_life(void)
{
    static const struct step row = {"expires_in is a minute at least", "GET /token", .status = 200,
                                    .has = "\"expires_in\":60,"};
    struct server *s = server_new_config("auth: {mode: bearer, token_life: 5s}\n");
    struct script *t = script_new(s);
    struct claims_header header;
    struct claims claims;
    const char *token;

    (void)script_step(t, &row);
    tokens_fetch(t, "token", NULL, "");
    token = script_get(t, "token") + strlen("Bearer ");
    if (jws_read(&header, &claims, token, strlen(token), NULL) != 0)
        bail("no token");
    is_int(claims.expires - claims.issued_at, 5, "  the token ends when it is to");
    claims_done(&claims);
    script_free(t);
    server_free(s);
}

int main(void)
{
    struct server *s;
    struct script *t;

    plan_lazy();
    s = server_new_config(config);
    t = script_new(s);
    set_credentials(t);
    RUN(t, get);
    RUN(t, get_bad);
    RUN(t, clients);
    RUN(t, post_bad);
    RUN(t, documents);
    test_refresh(t);
    tokens_fetch(t, "token", script_get(t, "alice"), "?service=ocimock");
    RUN(t, login);
    test_claims(t);
    test_many_scopes(t);
    test_long_form(t);
    script_free(t);
    server_free(s);
    test_short_life();
    test_anonymous("\"401\"", 401, "UNAUTHORIZED");
    test_anonymous("\"403\"", 403, "DENIED");
    done_testing();
}
