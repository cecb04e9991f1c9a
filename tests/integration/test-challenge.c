/* SPDX-License-Identifier: MIT */
/*
 * Challenges: their realm by Host, TLS and proxies, auth.ping, what they name, mounts (UP12), and
 * absolute Locations on the same address.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/integration/lib/bail.h"
#include "tests/integration/lib/cert.h"
#include "tests/integration/lib/registry.h"
#include "tests/integration/lib/tokens.h"
#include "tests/tap/tap.h"

#define ACCOUNTS                                                                                   \
    "  accounts:\n"                                                                                \
    "    - {name: alice, secret: alices-secret}\n"                                                 \
    "    - {name: bob, secret: bobs-secret}\n"                                                     \
    "  policy:\n"                                                                                  \
    "    - {accounts: [alice], repositories: [\"*\"], actions: [pull, push, delete]}\n"            \
    "    - {accounts: [bob], repositories: [\"bob/*\"], actions: [pull, push]}\n"                  \
    "    - {accounts: [\"*\"], repositories: [\"public/*\"], actions: [pull]}\n"

#define BEARER "auth:\n  mode: bearer\n" ACCOUNTS

/* Nobody ever has to log in. */
#define PUBLIC                                                                                     \
    "auth:\n  mode: bearer\n  policy: [{accounts: [\"*\"], repositories: [\"*\"], catalog: "       \
    "true}]\n"

/* --- The realm ------------------------------------------------------------------------------- */

static const struct host {
    const char *name;
    const char *head; /* of the request, without its end */
    const char *base; /* of the realm */
} hosts[] = {
    {"the Host that the client used", "GET /v2/ HTTP/1.1\r\nHost: registry.example:5000\r\n",
     "http://registry.example:5000"},
    {"a Host without port", "GET /v2/ HTTP/1.1\r\nHost: registry\r\n", "http://registry"},
    {"an IPv6 Host", "GET /v2/ HTTP/1.1\r\nHost: [::1]:5000\r\n", "http://[::1]:5000"},
    {"HTTP/1.0 without Host: the listener", "GET /v2/ HTTP/1.0\r\nConnection: keep-alive\r\n",
     "${url}"},
    {"an empty Host: the listener", "GET /v2/ HTTP/1.1\r\nHost:\r\n", "${url}"},
    {"the realm of a repository, too", "GET /v2/a/tags/list HTTP/1.1\r\nHost: a.b\r\n",
     "http://a.b"},
    {"X-Forwarded of nobody in particular",
     "GET /v2/ HTTP/1.1\r\nHost: a\r\nX-Forwarded-Proto: https\r\nX-Forwarded-Host: b\r\n",
     "http://a"},
};

static const struct host trusted[] = {
    {"X-Forwarded of a trusted proxy",
     "GET /v2/ HTTP/1.1\r\nHost: a\r\nX-Forwarded-Proto: https\r\nX-Forwarded-Host: b:77\r\n",
     "https://b:77"},
    {"X-Forwarded-Port of a trusted proxy",
     "GET /v2/ HTTP/1.1\r\nHost: a\r\nX-Forwarded-Proto: https\r\nX-Forwarded-Port: 8443\r\n",
     "https://a:8443"},
    {"Forwarded of a trusted proxy",
     "GET /v2/ HTTP/1.1\r\nHost: a\r\nForwarded: for=1.2.3.4;proto=https;host=\"b:77\"\r\n",
     "https://b:77"},
    {"no header may leave its quotes", "GET /v2/ HTTP/1.1\r\nHost: a\r\nX-Forwarded-Host: b\"x\r\n",
     "http://a"},
};

static const struct host external[] = {
    {"auth.external_url", "GET /v2/ HTTP/1.1\r\nHost: a\r\nX-Forwarded-Host: b\r\n",
     "https://registry.example"},
};

static void test_hosts(struct server *s, unsigned listener, const struct host *rows, size_t n)
{
    struct script *t = script_new(s);

    script_set(t, "url", server_url(s, listener));
    script_use(t, listener);
    for (size_t i = 0; i < n; i++) {
        struct client *c = script_client(t);
        auto_free char *base = script_expand(t, rows[i].base);
        const struct response *r;
        const char *challenge;
        char want[300];

        snprintf(want, sizeof(want), "Bearer realm=\"%s/token\",service=\"ocimock\"", base);
        client_sendf(c, "%s\r\n", rows[i].head);
        r = client_read(c, false);
        challenge = response_header(r, "WWW-Authenticate");
        if (!ok(r->status == 401 && challenge != NULL &&
                    strncmp(challenge, want, strlen(want)) == 0,
                "realm: %s", rows[i].name))
            response_diag(r);
    }
    script_free(t);
}

static void write_certificate(const char *folder, void *arg)
{
    (void)arg;
    cert_write(folder, "server", 1);
}

static void test_realm(void)
{
    static const char *const tls[] = {"--tls-listen", "127.0.0.1:0", "--tls-cert", "server.crt",
                                      "--tls-key",    "server.key",  NULL};
    static const struct host secure[] = {
        {"the listener's TLS", "GET /v2/ HTTP/1.1\r\nHost: a:1\r\n", "https://a:1"},
        {"the TLS listener itself", "GET /v2/ HTTP/1.0\r\n", "${url}"},
    };
    struct server *s = server_new(
        &(struct server_options){.config = BEARER, .args = tls, .prepare = write_certificate});

    test_hosts(s, 0, hosts, ARRAY_LEN(hosts));
    test_hosts(s, 1, secure, ARRAY_LEN(secure));
    server_free(s);
    s = server_new_config(BEARER "  trusted_proxies: [127.0.0.0/8]\n");
    test_hosts(s, 0, trusted, ARRAY_LEN(trusted));
    server_free(s);
    s = server_new_config(BEARER "  external_url: https://registry.example/\n");
    test_hosts(s, 0, external, ARRAY_LEN(external));
    server_free(s);
}

/* --- auth.ping and auth.realm ---------------------------------------------------------------- */

static void run_with(const char *text, const struct step *steps, size_t n)
{
    struct server *s = server_new_config(text);
    struct script *t = script_new(s);
    auto_free char *alice = tokens_basic("alice", "alices-secret");
    auto_free char *wrong = tokens_basic("alice", "wrong");

    script_set(t, "alice", alice);
    script_set(t, "wrong", wrong);
    script_set(t, "url", server_url(s, 0));
    script_run(t, steps, n);
    script_free(t);
    server_free(s);
}
#define RUN_WITH(text, steps) run_with((text), (steps), ARRAY_LEN(steps))

#define CHALLENGE "WWW-Authenticate: Bearer realm=\"${url}/token\",service=\"ocimock\""

static const struct step closed[] = {
    {"PI2 ping without credentials is 401 and names no scope", "GET /v2/", .status = 401,
     .code = "UNAUTHORIZED", .want = CHALLENGE},
    {"PI2 HEAD, too", "HEAD /v2/", .status = 401, .want = CHALLENGE},
    {"PI2 /v2, too", "GET /v2", .status = 401, .want = CHALLENGE},
    {"PI3 a broken token is invalid_token", "GET /v2/", "Authorization: Bearer x\n", .status = 401,
     .want = CHALLENGE ",error=\"invalid_token\""},
    {"GET / is open", "GET /", .status = 200, .want = "!WWW-Authenticate"},
    {"an unknown path is a 404", "GET /nothing", .status = 404, .want = "!WWW-Authenticate"},
    {"a wrong method is a 405", "DELETE /v2/", .status = 405, .want = "!WWW-Authenticate"},
    {"a malformed name is a 400", "GET /v2/UPPER/tags/list", .status = 400},
    {"the catalog wants its scope", "GET /v2/_catalog", .status = 401, .code = "UNAUTHORIZED",
     .want = CHALLENGE ",scope=\"registry:catalog:*\"",
     .has = "[{\"Type\":\"registry\",\"Class\":\"\",\"Name\":\"catalog\",\"Action\":\"*\"}]"},
    {"the list of extensions needs no scope", "GET /v2/_oci/ext/discover", .status = 200},
    {"a manifest wants pull", "HEAD /v2/a/b/manifests/v1", .status = 401,
     .want = CHALLENGE ",scope=\"repository:a/b:pull\""},
    {"tags want pull", "GET /v2/a/b/tags/list", .status = 401,
     .want = CHALLENGE ",scope=\"repository:a/b:pull\""},
    {"a push wants pull and push", "PUT /v2/a/b/manifests/v1", .body = "{}", .status = 401,
     .want = CHALLENGE ",scope=\"repository:a/b:pull,push\"",
     .has = "\"Action\":\"pull\"\n\"Action\":\"push\""},
    {"a deletion wants delete alone", "DELETE /v2/a/b/manifests/v1", .status = 401,
     .want = CHALLENGE ",scope=\"repository:a/b:delete\""},
    {"the status of an upload wants pull", "GET /v2/a/blobs/uploads/1", .status = 401,
     .want = CHALLENGE ",scope=\"repository:a:pull\""},
    {"giving up an upload wants push", "DELETE /v2/a/blobs/uploads/1", .status = 401,
     .want = CHALLENGE ",scope=\"repository:a:push\""},
    {"a mount names both repositories",
     "POST /v2/a/blobs/uploads/?mount=sha256:"
     "0000000000000000000000000000000000000000000000000000000000000000&from=b/c",
     .status = 401, .want = CHALLENGE ",scope=\"repository:a:pull,push repository:b/c:pull\""},
};

static const struct step open[] = {
    {"ping: open", "GET /v2/", .status = 200, .want = "!WWW-Authenticate", .is = "{}"},
    {"ping: open does not bear wrong credentials", "GET /v2/", "Authorization: Bearer x\n",
     .status = 401, .want = CHALLENGE ",error=\"invalid_token\""},
    {"ping: open leaves repositories alone", "GET /v2/a/tags/list", .status = 401},
};

static const struct step open_challenge[] = {
    {"ping: open-with-challenge", "GET /v2/", .status = 200, .want = CHALLENGE, .is = "{}"},
    {"ping: open-with-challenge on HEAD", "HEAD /v2/", .status = 200, .want = CHALLENGE},
};

static const struct step basic[] = {
    {"Basic: its challenge", "GET /v2/", .status = 401, .code = "UNAUTHORIZED",
     .want = "WWW-Authenticate: Basic realm=\"the realm\""},
    {"Basic: good", "GET /v2/", "Authorization: ${alice}\n", .status = 200},
    {"Basic: bad", "GET /v2/", "Authorization: ${wrong}\n", .status = 401,
     .want = "WWW-Authenticate: Basic realm=\"the realm\""},
    {"Basic: nobody sends an empty user", "GET /v2/public/x/tags/list",
     "Authorization: Basic Og==\n", .status = 404},
    {"Basic: no token service", "GET /token", "Authorization: ${alice}\n", .status = 404,
     .code = "UNSUPPORTED"},
};

static const struct step all_public[] = {
    {"ping: auto is open where nothing is private", "GET /v2/", .status = 200,
     .want = "!WWW-Authenticate"},
};

static const struct step always[] = {
    {"ping: challenge, also where nothing is private", "GET /v2/", .status = 401,
     .want = CHALLENGE},
    {"ping: challenge leaves what is public alone", "GET /v2/a/tags/list", .status = 404},
};

static const struct step elsewhere[] = {
    {"auth.token_realm", "GET /v2/", .status = 401,
     .want = "WWW-Authenticate: Bearer realm=\"https://tokens.example/t\",service=\"ocimock\""},
};

/* --- Mounts (UP12) --------------------------------------------------------------------------- */

#define MOUNT "POST /v2/bob/to/blobs/uploads/?mount=${app.layer}"
#define BOTH  ",scope=\"repository:bob/to:pull,push repository:public/app:pull\""

static const struct step mounts[] = {
    {"UP12 a token for both: mounted", MOUNT "&from=public/app", "Authorization: ${both}\n",
     .status = 201, .want = "Location: /v2/bob/to/blobs/${app.layer}"},
    {"UP12 a token that lacks what there is for the asking", MOUNT "&from=public/app",
     "Authorization: ${target}\n", .status = 401, .code = "UNAUTHORIZED",
     .want = CHALLENGE BOTH ",error=\"insufficient_scope\""},
    {"UP12 the policy refuses the source: a session", MOUNT "&from=private/app",
     "Authorization: ${target}\n", .status = 202},
    {"UP12 a source that is not there: a session", MOUNT "&from=public/absent",
     "Authorization: ${target}\n", .status = 202},
    {"UP12 the target counts first", MOUNT "&from=public/app", "Authorization: ${source}\n",
     .status = 401, .want = CHALLENGE BOTH ",error=\"insufficient_scope\""},
    {"UP12 no source: what is only in private repositories is not found",
     "POST /v2/bob/to/blobs/uploads/?mount=${hidden.layer}", "Authorization: ${target}\n",
     .status = 202},
};

static void test_mounts(void)
{
    struct server *s = server_new_config(BEARER);
    struct script *t = script_new(s);
    auto_free char *alice = tokens_basic("alice", "alices-secret");
    auto_free char *bob = tokens_basic("bob", "bobs-secret");

    script_set(t, "url", server_url(s, 0));
    tokens_fetch(t, "admin", alice, "?scope=repository:public/app:*+repository:private/app:*");
    script_authorize(t, "${admin}");
    registry_image(t, "public/app", "v1", "app");
    registry_image(t, "private/app", "v1", "app");
    registry_image(t, "private/app", "v2", "hidden");
    script_authorize(t, NULL);
    tokens_fetch(t, "both", bob, "?scope=repository:bob/to:pull,push+repository:public/app:pull");
    tokens_fetch(t, "target", bob, "?scope=repository:bob/to:pull,push");
    tokens_fetch(t, "source", bob, "?scope=repository:public/app:pull");
    RUN(t, mounts);
    script_free(t);
    server_free(s);
}

/* --- Absolute Locations ---------------------------------------------------------------------- */

static const struct step locations[] = {
    {"registry.location: absolute, on the address that the client used",
     "POST /v2/a/blobs/uploads/", .headers = "X-Forwarded-Host: b:77\nX-Forwarded-Proto: https\n",
     .status = 202, .save = "location Location"},
};

static void test_locations(void)
{
    struct server *s = server_new_config("registry:\n  location: absolute\n"
                                         "auth:\n  trusted_proxies: [127.0.0.1]\n");
    struct script *t = script_new(s);

    RUN(t, locations);
    ok(strncmp(script_get(t, "location"), "https://b:77/v2/a/blobs/uploads/", 32) == 0,
       "  it is %s", script_get(t, "location"));
    script_free(t);
    server_free(s);
}

int main(void)
{
    plan_lazy();
    test_realm();
    RUN_WITH(BEARER, closed);
    RUN_WITH(BEARER "  ping: open\n", open);
    RUN_WITH(BEARER "  ping: open-with-challenge\n", open_challenge);
    RUN_WITH("auth:\n  mode: basic\n  realm: the realm\n" ACCOUNTS, basic);
    RUN_WITH(PUBLIC, all_public);
    RUN_WITH(PUBLIC "  ping: challenge\n", always);
    RUN_WITH(BEARER "  token_realm: https://tokens.example/t\n", elsewhere);
    test_mounts();
    test_locations();
    done_testing();
}
