/* SPDX-License-Identifier: MIT */
/* Rules that redirect to another listener of the same server (control.md, section 2): where the
   request arrives, with which right, and whether it brought credentials along. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "tests/integration/lib/bail.h"
#include "tests/integration/lib/cert.h"
#include "tests/integration/lib/registry.h"
#include "tests/integration/lib/steer.h"
#include "tests/integration/lib/tokens.h"
#include "tests/tap/tap.h"

static const char config[] =
    "auth:\n"
    "  accounts: [{name: alice, secret: alices-secret}, {name: bob, secret: bobs-secret}]\n"
    "  policy:\n"
    "    - {accounts: [alice], repositories: [\"*\"], actions: [pull, push, delete]}\n"
    "    - {accounts: [\"*\"], repositories: [\"public/*\"], actions: [pull]}\n";

#define TO(place) "{\"when\":{\"op\":\"blob.get\"},\"then\":{\"redirect\":\"" place "\"}}"

/* What a client does with a blob: asks the first listener, and goes where that leads. */
static const struct follow {
    const char *name;
    const char *first;  /* variable with the Authorization of the first request; NULL: none */
    const char *second; /* of the one that follows */
    const char *repo;
    int status;         /* of the second answer */
    const char *leaked; /* as in the journal */
} follows[] = {
    {"credentials are left behind", "alice", NULL, "app", 200, "false"},
    {"credentials come along", "alice", "alice", "app", 200, "true"},
    {"bad credentials come along", "bob", "bob", "app", 401, "true"},
    {"nobody in particular gets no further", NULL, NULL, "app", 401, "false"},
    {"who logs in where it was led leaks nothing", NULL, "alice", "app", 200, "false"},
    {"what is public", NULL, NULL, "public/app", 200, "false"},
};

/* What follows the authority of an URL. */
static const char *path_of(const char *url)
{
    const char *authority = strstr(url, "://");
    const char *path = authority != NULL ? strchr(authority + 3, '/') : NULL;

    if (path == NULL)
        bail("no URL: %s", url);
    return path;
}

static const struct response *get(struct client *c, struct script *t, const char *path,
                                  const char *authorization)
{
    char headers[4096] = "";

    if (authorization != NULL)
        snprintf(headers, sizeof(headers), "Authorization: %s\r\n", script_get(t, authorization));
    return client_call(c, "GET", path, headers, NULL, 0);
}

/* Ends the program when it leads nowhere. The caller frees it. */
static char *ask_first(struct script *t, const struct follow *f)
{
    struct client *c = client_new(server_url(script_server(t), 0));
    char path[300];
    const struct response *r;
    char *location;

    snprintf(path, sizeof(path), "/v2/%s/blobs/%s", f->repo, script_get(t, "blob"));
    r = get(c, t, path, f->first);
    if (r->status != 307 || response_header(r, "Location") == NULL) {
        response_diag(r);
        bail("%s: no redirect", f->name);
    }
    location = strdup(response_header(r, "Location"));
    client_free(c);
    return location;
}

static void test_follow(struct script *t, const struct follow *f, unsigned listener)
{
    const char *url = server_url(script_server(t), listener);
    auto_free char *location = NULL, *match = NULL;
    struct client *c;
    long long first;
    json_t *list;

    json_decref(steer(t, "DELETE", "/requests", NULL));
    location = ask_first(t, f);
    list = steer(t, "GET", "/requests", NULL);
    first = json_integer_value(json_object_get(list, "last"));
    json_decref(list);
    ok(strncmp(location, url, strlen(url)) == 0 && strstr(location, "redirect-mark=") != NULL,
       "%s: it leads to listener %u", f->name, listener + 1);
    c = client_new(url);
    is_int(get(c, t, path_of(location), f->second)->status, f->status, "%s: the second answer",
           f->name);
    client_free(c);
    if (asprintf(&match,
                 "{\"listener\":\"%s\",\"redirectedFrom\":%lld,\"leaked\":%s,\"status\":%d}", url,
                 first, f->leaked, f->status) < 0)
        bail("out of memory");
    steer_wait(t, match, 1);
}

static void test_follows(struct script *t)
{
    steer_rules(t, TO("listener:2"));
    for (size_t i = 0; i < ARRAY_LEN(follows); i++)
        test_follow(t, &follows[i], 1);
    steer_rules(t, TO("listener:tls"));
    test_follow(t, &follows[1], 2);
    steer_rules(t, TO("${second}"));
    test_follow(t, &follows[1], 1);
}

/* The mark is for one path, and what is no mark is nothing. */
static void test_marks(struct script *t)
{
    auto_free char *location = NULL, *other = NULL, *forged = NULL;
    const struct follow *f = &follows[0];
    struct client *c = client_new(server_url(script_server(t), 1));
    const char *mark;

    steer_rules(t, TO("listener:2"));
    location = ask_first(t, f);
    mark = strstr(location, "redirect-mark=");
    if (asprintf(&other, "/v2/app/manifests/v1?%s", mark) < 0)
        bail("out of memory");
    is_int(get(c, t, other, NULL)->status, 401, "mark: good for one path only");
    forged = strdup(path_of(location));
    forged[strlen(forged) - 1] ^= 1;
    is_int(get(c, t, forged, NULL)->status, 401, "mark: nobody can make one");
    is_int(client_call(c, "DELETE", path_of(location), NULL, NULL, 0)->status, 401,
           "mark: good for reading only");
    client_free(c);
}

#define LOCATED "Authorization: ${alice}\n"
#define BLOB    "GET /v2/app/blobs/${blob}"

static const struct step rest[] = {
    {"an unknown listener", "POST /control/v1/rules", .body = TO("listener:second"), .status = 400,
     .has = "then.redirect\nlistener:second\nlistener:tls"},
    {"no rule is left of it", BLOB, LOCATED, .status = 200},
    {"a listener that is not there", "POST /control/v1/rules", .body = TO("listener:9"),
     .status = 201},
    {"is told of", BLOB, LOCATED, .status = 500, .has = "no such listener"},
    {"no more rules", "DELETE /control/v1/rules", .status = 200},
    {"to where it came to", "POST /control/v1/rules", .body = TO("listener:1"), .status = 201},
    {"is answered", BLOB, LOCATED, .status = 200, .is = "${blob.body}"},
    {"no more rules", "DELETE /control/v1/rules", .status = 200},
    {"elsewhere", "POST /control/v1/rules", .body = TO("http://other.example"), .status = 201},
    {"has no mark", BLOB "?x=y", LOCATED, .status = 307,
     .want = "Location: http://other.example/v2/app/blobs/${blob}?x=y"},
    {"no more rules", "DELETE /control/v1/rules", .status = 200},
    {"the name that the client used", "POST /control/v1/rules", .body = TO("listener:2"),
     .status = 201},
};

/* The host stays what the client called us. */
static void test_host(struct script *t)
{
    struct client *c = client_new(server_url(script_server(t), 0));
    const struct response *r;
    char want[100];

    client_sendf(c, "GET /v2/public/app/blobs/%s HTTP/1.1\r\nHost: registry.test\r\n\r\n",
                 script_get(t, "blob"));
    r = client_read(c, false);
    snprintf(want, sizeof(want), "http://registry.test%s/v2/",
             strrchr(server_url(script_server(t), 1), ':'));
    ok(r->status == 307 && strncmp(response_header(r, "Location"), want, strlen(want)) == 0,
       "the host is the one that the client used");
    client_free(c);
}

static void write_cert(const char *folder, void *arg)
{
    (void)arg;
    cert_write(folder, "server", 0x77);
}

static void fill(struct script *t)
{
    auto_free char *alice = tokens_basic("alice", "alices-secret");
    auto_free char *bob = tokens_basic("bob", "bobs-secret");

    script_set(t, "second", server_url(script_server(t), 1));
    script_content(t, "blob", "what is redirected");
    tokens_fetch(t, "alice", alice,
                 "?scope=repository:app:pull,push&scope=repository:public/app:pull,push");
    tokens_fetch(t, "bob", bob, "?scope=repository:app:pull");
    script_authorize(t, script_get(t, "alice"));
    registry_push_blob(t, "app", "blob");
    registry_push_blob(t, "public/app", "blob");
    script_authorize(t, NULL);
}

int main(void)
{
    static const char *const args[] = {"--listen",    "127.0.0.1:0", "--tls-listen",
                                       "127.0.0.1:0", "--tls-cert",  "server.crt",
                                       "--tls-key",   "server.key",  NULL};
    struct server *s =
        server_new(&(struct server_options){.config = config, .args = args, .prepare = write_cert});
    struct script *t = script_new(s);

    plan_lazy();
    fill(t);
    test_follows(t);
    test_marks(t);
    json_decref(steer(t, "DELETE", "/rules", NULL));
    RUN(t, rest);
    test_host(t);
    script_free(t);
    server_free(s);
    done_testing();
}
