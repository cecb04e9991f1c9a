/* SPDX-License-Identifier: MIT */
/* Several registries in one process (control.md, section 4). */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "tests/integration/lib/bail.h"
#include "tests/integration/lib/registry.h"
#include "tests/integration/lib/steer.h"
#include "tests/integration/lib/tokens.h"
#include "tests/tap/tap.h"

/* --- Helpers -----------------------------------------------------------------------------------
 */

/* Until a request is under way there. */
static void wait_open(struct script *t, const char *name)
{
    uint64_t deadline = client_now() + CLIENT_WAIT_MS;
    char target[128];
    json_t *stats;
    bool open;

    snprintf(target, sizeof(target), "/worlds/%s/requests:stats", name);
    do {
        stats = steer(t, "GET", target, NULL);
        open = json_integer_value(json_object_get(stats, "open")) > 0;
        json_decref(stats);
    } while (!open && client_now() < deadline);
    ok(open, "a request to world %s is under way", name);
}

/* --- Apart -------------------------------------------------------------------------------------
 */

static const struct step listed[] = {
    {"the list has both", "GET /control/v1/worlds", .status = 200,
     .has = "\"default\"\n\"t42\"\n${t42.registry}", .hasnt = "secret"},
    {"one has what clients need", "GET /control/v1/worlds/t42", .status = 200,
     .has = "\"secret\"\n\"dockerconfigjson\"\n\"registries_conf\"\n\"hosts_toml\"\n"
            "insecure = true\n\"expires\"\n\"seed\":7"},
    {"the default one is one of them", "GET /control/v1/worlds/default", .status = 200,
     .has = "\"registry\":\"${url}\"", .hasnt = "\"secret\""},
    {"and its API is the same", "GET /control/v1/worlds/default/rules", .status = 200},
};

static const struct step in_world[] = {
    {"content is there", "GET /v2/app/manifests/v1", .status = 200},
    {"a rule", "POST /control/v1/worlds/t42/rules",
     .body = "{\"id\":\"r\",\"when\":{\"op\":\"tags.list\"},\"then\":{\"status\":503}}",
     .status = 201},
    {"it acts", "GET /v2/app/tags/list", .status = 503},
    {"a state", "PUT /control/v1/worlds/t42/images",
     .body = "{\"image\":\"app:v1\",\"state\":\"absent\"}", .status = 200},
    {"it hides", "GET /v2/app/manifests/v1", .status = 404},
    {"a clock", "PUT /control/v1/worlds/t42/clock", .body = "{\"advance\":\"1h\"}", .status = 200},
    {"a switch", "PUT /control/v1/worlds/t42/registry", .body = "{\"catalog\":false}",
     .status = 200},
    {"a journal", "GET /control/v1/worlds/t42/requests:count?op=tags.list", .status = 200,
     .has = "\"count\":1"},
    {"an assertion", "POST /control/v1/worlds/t42/verify",
     .body = "{\"match\":{\"op\":\"manifest.get\"},\"count\":2}", .status = 200},
    {"metrics", "GET /control/v1/worlds/t42/metrics", .status = 200,
     .has = "ocimock_http_requests_total{op=\"tags.list\",code=\"503\"} 1"},
};

static const struct step in_default[] = {
    {"not there: content", "GET /v2/app/manifests/v1", .status = 404, .code = "NAME_UNKNOWN"},
    {"not there: content of the same name", "GET /v2/app/tags/list", .status = 404},
    {"not there: rules", "GET /control/v1/rules", .status = 200, .has = "\"rules\":[]"},
    {"not there: states", "GET /control/v1/images", .status = 200, .has = "\"images\":[]"},
    {"not there: time", "GET /control/v1/clock", .status = 200, .has = "\"shift_ms\":0"},
    {"not there: switches", "GET /v2/_catalog", .status = 200},
    {"not there: requests", "GET /control/v1/requests:count?status=503", .status = 200,
     .has = "\"count\":0"},
};

static void test_apart(void)
{
    struct script *t = script_start(NULL);

    script_set(t, "url", server_url(script_server(t), 0));
    steer_world_add(t, "t42", ",\"ttl\":\"1h\",\"seed\":7");
    RUN(t, listed);
    steer_world_use(t, "t42");
    registry_image(t, "app", "v1", "a");
    RUN(t, in_world);
    script_use(t, 0);
    RUN(t, in_default);
    script_finish(t);
}

/* --- Who may -----------------------------------------------------------------------------------
 */

static const struct step closed[] = {
    {"a world with a login", "GET /v2/", .status = 401, .want = "WWW-Authenticate: *"},
    {"a token of its account", "GET /v2/app/tags/list", "Authorization: ${own}\n", .status = 404},
    {"a token of another world's account", "GET /v2/app/tags/list", "Authorization: ${other}\n",
     .status = 401,
     .want = "WWW-Authenticate: Bearer "
             "realm=\"${a.registry}/"
             "token\",service=\"ocimock\",scope=\"repository:app:pull\",error=\"invalid_token\""},
    {"the account of another world", "GET /token?scope=repository:app:pull",
     "Authorization: ${b.basic}\n", .status = 401},
};

static const struct step given[] = {
    {"an account that was asked for", "GET /v2/team/tags/list",
     "Authorization: Basic Ym9iOmJ1aWxkZXI=\n", .status = 404},
    {"and its policy", "GET /v2/other/tags/list", "Authorization: Basic Ym9iOmJ1aWxkZXI=\n",
     .status = 403},
    {"the world's own account may all", "GET /v2/other/tags/list", "Authorization: ${c.basic}\n",
     .status = 404},
    {"even the catalog", "GET /v2/_catalog", "Authorization: ${c.basic}\n", .status = 200},
};

static void test_accounts(void)
{
    struct script *t = script_start(NULL);

    steer_world_add(t, "a", ",\"auth\":\"bearer\"");
    steer_world_add(t, "b", ",\"auth\":\"bearer\"");
    steer_world_add(t, "c",
                    ",\"auth\":\"basic\",\"accounts\":[{\"name\":\"bob\",\"secret\":\"builder\"}],"
                    "\"policy\":[{\"accounts\":[\"bob\"],\"repositories\":[\"team\"]}]");
    steer_world_use(t, "b");
    tokens_fetch(t, "other", script_get(t, "b.basic"), "?scope=repository:app:pull");
    steer_world_use(t, "a");
    tokens_fetch(t, "own", script_get(t, "a.basic"), "?scope=repository:app:pull");
    RUN(t, closed);
    steer_world_use(t, "c");
    RUN(t, given);
    script_finish(t);
}

static void test_magic(void)
{
    static const char *const args[] = {"--magic", NULL};
    struct script *t = script_start(args);
    const struct step steps[] = {
        {"magic names work in each world", "GET /v2/mock/absent/hello/manifests/v1", .status = 404},
        {"with an image to work on", "GET /v2/hello/manifests/v1", .status = 200},
    };

    steer_world_add(t, "m", "");
    steer_world_use(t, "m");
    RUN(t, steps);
    json_decref(steer(t, "POST", "/worlds/m/reset", NULL));
    (void)script_step(t, &steps[1]);
    script_finish(t);
}

static void test_login_by_default(void)
{
    static const char *const args[] = {"--user", "alice:secret", NULL};
    struct script *t = script_start(args);
    const struct step own = {"a world of a server with accounts asks for a login", "GET /v2/",
                             .status = 401};
    const struct step none = {"but not when it is told so", "GET /v2/", .status = 200};

    steer_world_add(t, "a", "");
    steer_world_add(t, "b", ",\"auth\":\"none\"");
    steer_world_use(t, "a");
    (void)script_step(t, &own);
    steer_world_use(t, "b");
    (void)script_step(t, &none);
    script_finish(t);
}

/* --- Shared listeners --------------------------------------------------------------------------
 */

static const struct step prefixed[] = {
    {"prefix: asks for a login", "GET /v2/p/app/manifests/v1", .status = 401,
     .want = "WWW-Authenticate: Bearer "
             "realm=\"${url}/token?world=p\",service=\"ocimock\",scope=\"repository:p/app:pull\""},
    {"prefix: the rest is the default world's", "GET /v2/app/manifests/v1", .status = 404},
    {"prefix: so is the ping, which tells of the login", "GET /v2/", .status = 200,
     .want = "WWW-Authenticate: Bearer realm=\"${url}/token\",service=\"ocimock\""},
    {"prefix: a token by its scope", "GET /token?scope=repository:p/app:pull,push",
     "Authorization: ${p.basic}\n", .status = 200},
    {"prefix: wrong credentials", "GET /token?scope=repository:p/app:pull",
     "Authorization: Basic YTpi\n", .status = 401},
    {"prefix: a token by its world", "POST /token?world=p",
     "Content-Type: application/x-www-form-urlencoded\n",
     "grant_type=password&username=a&password=b&service=ocimock&client_id=x", .status = 401},
    {"prefix: content", "GET /v2/p/app/tags/list", "Authorization: ${token}\n", .status = 200,
     .has = "\"p/app\"\n\"v1\""},
    {"prefix: its journal says the whole name",
     "GET /control/v1/worlds/p/requests:count?repo=p/app&op=tags.list", .status = 200,
     .has = "\"count\":1"},
    {"prefix: its catalog is nobody's", "GET /v2/_catalog", .status = 200, .hasnt = "p/app"},
    {"a port that it does not have cannot go down", "PUT /control/v1/worlds/p/registry",
     .body = "{\"listeners\":{\"registry\":\"down\"}}", .status = 400, .has = "no listener"},
};

static void test_prefix(void)
{
    struct script *t = script_start(NULL);

    script_set(t, "url", server_url(script_server(t), 0));
    steer_world_add(t, "p", ",\"prefix\":\"p\",\"auth\":\"bearer\"");
    tokens_fetch(t, "token", script_get(t, "p.basic"), "?scope=repository:p/app:pull,push");
    script_authorize(t, "${token}");
    registry_image(t, "p/app", "v1", "a");
    script_authorize(t, NULL);
    RUN(t, prefixed);
    steer_world_remove(t, "p");
    {
        const struct step gone = {"prefix: gone, the default world takes over",
                                  "GET /v2/p/app/tags/list", .status = 404};

        const struct step ping = {"prefix: and the ping tells of no login", "GET /v2/",
                                  .status = 200, .want = "!WWW-Authenticate"};

        (void)script_step(t, &gone);
        (void)script_step(t, &ping);
    }
    script_finish(t);
}

/* Asks with that Host; the status. */
static int ask_host(struct script *t, const char *host, const char *path)
{
    struct client *c = client_new(server_url(script_server(t), 0));
    int status;

    client_sendf(c, "GET %s HTTP/1.1\r\nHost: %s\r\n\r\n", path, host);
    status = client_read(c, false)->status;
    client_free(c);
    return status;
}

static void test_host(void)
{
    struct script *t = script_start(NULL);
    const struct step counted = {"host: its journal has both",
                                 "GET /control/v1/worlds/h/requests:count", .status = 200,
                                 .has = "\"count\":2"};

    steer_world_add(t, "h", ",\"host\":\"H.Test\",\"auth\":\"basic\"");
    ok(strncmp(script_get(t, "h.registry"), "http://h.test:", 14) == 0, "host: its URL: %s",
       script_get(t, "h.registry"));
    is_int(ask_host(t, "h.test", "/v2/"), 401, "host: by its name");
    is_int(ask_host(t, "h.TEST:5000", "/v2/"), 401, "host: in any case, with any port");
    is_int(ask_host(t, "other.test", "/v2/"), 200, "host: another name is the default world's");
    (void)script_step(t, &counted);
    script_finish(t);
}

/* --- TLS ---------------------------------------------------------------------------------------
 */

static void test_tls(void)
{
    static const char *const args[] = {
        "--listen", "127.0.0.1:0", "--tls-listen", "127.0.0.1:0", "--tls-auto", "tls", NULL};
    static const char *const only[] = {"--tls-listen", "127.0.0.1:0", "--tls-auto",
                                       "tls",          "--listen=",   NULL};
    const struct server_options both = {.args = args, .no_default_listen = true};
    const struct server_options tls = {.args = only, .no_default_listen = true};
    const struct step told = {"tls: clients are told of the CA", "GET /control/v1/worlds/w",
                              .status = 200, .has = "/tls/ca.crt", .hasnt = "skip_verify"};
    struct script *t = script_new(server_new(&both));

    steer_world_add(t, "w", ",\"tls\":true");
    ok(strncmp(script_get(t, "w.registry"), "https://", 8) == 0, "tls: where it is asked for");
    steer_world_use(t, "w");
    is_int(script_send(t, "GET /v2/", NULL, NULL)->status, 200, "tls: it is spoken");
    (void)script_step(t, &told);
    steer_world_add(t, "plain", "");
    ok(strncmp(script_get(t, "plain.registry"), "http://", 7) == 0, "tls: and nowhere else");
    script_finish(t);
    t = script_new(server_new(&tls));
    steer_world_add(t, "w", "");
    ok(strncmp(script_get(t, "w.registry"), "https://", 8) == 0,
       "tls: a server that speaks nothing else makes such worlds");
    script_finish(t);
}

/* --- The end -----------------------------------------------------------------------------------
 */

static void test_delete(void)
{
    struct script *t = script_start(NULL);
    struct client *idle, *held, *push, *waiting;
    auto_free char *url = NULL;

    steer_world_add(t, "w",
                    ",\"rules\":[{\"when\":{\"op\":\"tags.list\"},"
                    "\"then\":{\"hold\":{\"gate\":\"g\"}}}]");
    steer_world_use(t, "w");
    url = strdup(script_get(t, "w.registry"));
    registry_image(t, "app", "v1", "a");
    registry_upload(t, "app", "loc");
    idle = client_new(url);
    is_int(client_get(idle, "/v2/")->status, 200, "delete: an idle connection");
    held = client_new(url);
    client_sendf(held, "GET /v2/app/tags/list HTTP/1.1\r\nHost: x\r\n\r\n");
    push = client_new(url);
    client_sendf(push, "PATCH %s HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\n01234",
                 script_get(t, "loc"));
    waiting = client_new(server_control_url(script_server(t)));
    client_sendf(waiting, "POST /control/v1/worlds/w/wait HTTP/1.1\r\nHost: 127.0.0.1\r\n"
                          "Content-Type: application/json\r\nContent-Length: 31\r\n\r\n"
                          "{\"match\":{\"op\":\"jwks\"}}         ");
    json_decref(steer(t, "POST", "/worlds/w/wait", "{\"match\":{\"op\":\"tags.list\"}}"));
    steer_world_remove(t, "w");
    is_str(client_end_name(client_wait_end(idle)), "closed", "delete: it is closed");
    is_str(client_end_name(client_wait_end(held)), "closed", "delete: so is one that is held");
    ok(client_wait_end(push) != CLIENT_END_NONE, "delete: and one that sends");
    is_int(client_read(waiting, false)->status, 408, "delete: who waits for it waits no more");
    ok(client_is_refused(url), "delete: nobody listens there");
    {
        const struct step gone[] = {
            {"delete: it is not there", "GET /control/v1/worlds/w", .status = 404},
            {"delete: nor its API", "GET /control/v1/worlds/w/rules", .status = 404,
             .has = "there is no world 'w'"},
            {"delete: twice", "DELETE /control/v1/worlds/w", .status = 404},
            {"delete: not the default one", "DELETE /control/v1/worlds/default", .status = 400},
        };

        RUN(t, gone);
    }
    client_free(idle);
    client_free(held);
    client_free(push);
    client_free(waiting);
    script_finish(t);
}

/* While a slow hash is checked in a job. */
static void test_delete_under_way(void)
{
    static const char hash[] = "$6$rounds=500000$ho0yvBZt6eS8Y9bF$ndy6HV/R2YUUMyvjS0HKQLJS.I"
                               "HMtPa16GYd354zwlCeRYUwS4FWYd8ncYsb4sngIy4fQ6PpYvWUglCfKsyQa.";
    struct script *t = script_start(NULL);
    char more[512];
    struct client *c;

    snprintf(more, sizeof(more),
             ",\"auth\":\"basic\",\"accounts\":[{\"name\":\"slow\",\"hash\":\"%s\"}]", hash);
    steer_world_add(t, "w", more);
    c = client_new(script_get(t, "w.registry"));
    client_sendf(c,
                 "GET /v2/ HTTP/1.1\r\nHost: x\r\nAuthorization: Basic c2xvdzp3cm9uZw==\r\n\r\n");
    wait_open(t, "w");
    steer_world_remove(t, "w");
    is_str(client_end_name(client_wait_end(c)), "closed",
           "delete: a connection with a login under way is cut");
    client_free(c);
    steer_world_add(t, "w", "");
    steer_world_use(t, "w");
    is_int(script_send(t, "GET /v2/", NULL, NULL)->status, 200, "delete: its name is free at once");
    script_finish(t);
}

static void test_ttl(void)
{
    struct script *t = script_start(NULL);
    uint64_t deadline = client_now() + CLIENT_WAIT_MS;

    steer_world_add(t, "w", ",\"ttl\":\"100ms\"");
    while (!client_is_refused(script_get(t, "w.registry")) && client_now() < deadline)
        continue;
    ok(client_is_refused(script_get(t, "w.registry")), "ttl: nobody listens there any more");
    ok(server_wait_log(script_server(t), "its time is over"), "ttl: the log says why");
    script_finish(t);
}

/* --- Refused -----------------------------------------------------------------------------------
 */

#define REFUSED(what, text, code, says)                                                            \
    {                                                                                              \
        "refused: " what, "POST /control/v1/worlds", .body = (text), .status = (code),             \
                                                     .has = (says)                                 \
    }

static const struct step refused[] = {
    REFUSED("no name", "{}", 400, "name"),
    REFUSED("a name that is there", "{\"name\":\"w\"}", 409, "already"),
    REFUSED("the default one", "{\"name\":\"default\"}", 409, "already"),
    REFUSED("a bad name", "{\"name\":\"a/b\"}", 400, "letters"),
    REFUSED("an empty name", "{\"name\":\"\"}", 400, "letters"),
    REFUSED("an unknown key", "{\"name\":\"x\",\"tll\":\"1m\"}", 400, "did you mean 'ttl'?"),
    REFUSED("a bad ttl", "{\"name\":\"x\",\"ttl\":\"soon\"}", 400, "ttl"),
    REFUSED("a bad host", "{\"name\":\"x\",\"host\":\"a:5000\"}", 400, "without a port"),
    REFUSED("a bad prefix", "{\"name\":\"x\",\"prefix\":\"A\"}", 400, "prefix"),
    REFUSED("a host that is taken", "{\"name\":\"x\",\"host\":\"W.test\"}", 409, "world 'h'"),
    REFUSED("both", "{\"name\":\"x\",\"host\":\"x.test\",\"prefix\":\"x\"}", 400, "one of them"),
    REFUSED("a prefix with a port", "{\"name\":\"x\",\"prefix\":\"x\",\"listen\":\":0\"}", 400,
            "one of them"),
    REFUSED("an address in use", "{\"name\":\"x\",\"listen\":\"${address}\"}", 409, "${address}"),
    REFUSED("what is no address", "{\"name\":\"x\",\"listen\":\"nowhere\"}", 400, "host:port"),
    REFUSED("no certificate", "{\"name\":\"x\",\"tls\":true}", 400, "--tls-auto"),
    REFUSED("a bad rule", "{\"name\":\"x\",\"rules\":[{\"then\":{\"statu\":1}}]}", 400,
            "rules[0].then.statu"),
    REFUSED("a bad policy", "{\"name\":\"x\",\"policy\":[{\"actions\":[\"pul\"]}]}", 400,
            "policy[0].actions"),
    REFUSED("a file of the server's",
            "{\"name\":\"x\",\"accounts\":[{\"name\":\"a\","
            "\"secret_file\":\"/etc/passwd\"}]}",
            400, "secret_file"),
    REFUSED("a secret is not told",
            "{\"name\":\"x\",\"accounts\":[{\"name\":\"a\","
            "\"secret\":[\"hush\"]}]}",
            400, "secret"),
    {"refused: a change of what is fixed", "PATCH /control/v1/worlds/w", .body = "{\"seed\":1}",
     .status = 400, .has = "world: seed: unknown key"},
    {"refused: a change of nothing", "PATCH /control/v1/worlds/w", .body = "{}", .status = 400,
     .has = "ttl: is missing"},
    {"refused: a change of nobody", "PATCH /control/v1/worlds/nope", .body = "{\"ttl\":\"1s\"}",
     .status = 404, .has = "there is no world 'nope'"},
    REFUSED("one too many", "{\"name\":\"x\"}", 503, "limits.worlds"),
    {"nothing came of any of them", "GET /control/v1/worlds", .status = 200, .hasnt = "\"x\""},
};

static void test_refused(void)
{
    static const char *const args[] = {"--limit-worlds", "3", NULL};
    struct script *t = script_start(args);

    steer_world_add(t, "w", "");
    steer_world_add(t, "h", ",\"host\":\"w.test\"");
    script_set(t, "address", strstr(server_url(script_server(t), 0), "127."));
    script_run(t, refused, ARRAY_LEN(refused) - 2);
    steer_world_add(t, "last", "");
    script_run(t, &refused[ARRAY_LEN(refused) - 2], 2);
    script_finish(t);
}

int main(void)
{
    plan_lazy();
    test_apart();
    test_accounts();
    test_login_by_default();
    test_magic();
    test_prefix();
    test_host();
    test_tls();
    test_delete();
    test_delete_under_way();
    test_ttl();
    test_refused();
    done_testing();
}
