/* SPDX-License-Identifier: MIT */
/* Listeners that go down: nobody listens, which is not the same as 503. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "tests/integration/lib/bail.h"
#include "tests/integration/lib/registry.h"
#include "tests/integration/lib/steer.h"
#include "tests/tap/tap.h"

enum { LARGE = 16 * 1024 * 1024 };

#define LISTENERS "PUT /control/v1/registry"

static void set_listeners(struct script *t, const char *state)
{
    char body[128];

    snprintf(body, sizeof(body), "{\"listeners\":{\"registry\":\"%s\"}}", state);
    json_decref(steer(t, "PUT", "/registry", body));
}

static void push_large(struct script *t)
{
    char *text = malloc(LARGE + 1);

    if (text == NULL)
        bail("out of memory");
    memset(text, 'l', LARGE);
    text[LARGE] = '\0';
    registry_blob(t, "app", "large", text);
    free(text);
}

/* The whole way: idle and busy connections, refused, up again. */
static void check_down(struct script *t, const char *url, const char *what)
{
    struct client *idle = client_new(url), *busy = client_new_narrow(url, 4096);
    const struct response *r;

    is_int(client_get(idle, "/v2/")->status, 200, "%s: an idle connection", what);
    client_sendf(busy, "GET /v2/app/blobs/%s HTTP/1.1\r\nHost: x\r\n\r\n", script_get(t, "large"));
    ok(client_wait_bytes(busy, 1), "%s: a download under way", what);
    set_listeners(t, "down");
    ok(client_is_refused(url), "%s: down: ECONNREFUSED", what);
    is_str(client_end_name(client_wait_end(idle)), "closed",
           "%s: down: the idle connection is closed", what);
    r = client_read(busy, false);
    ok(r->status == 200 && r->size == LARGE, "%s: down: the download finishes", what);
    is_str(client_end_name(client_wait_end(busy)), "closed", "%s: down: and is closed", what);
    ok(client_is_refused(url), "%s: still down", what);
    set_listeners(t, "up");
    client_free(idle);
    idle = client_new(url);
    is_int(client_get(idle, "/v2/")->status, 200, "%s: up: the same port answers", what);
    client_free(idle);
    client_free(busy);
}

static const struct step shown[] = {
    {"shown: up", "GET /control/v1/registry", .status = 200,
     .has = "\"listeners\":{\"registry\":\"up\"}"},
    {"shown: down", LISTENERS, .body = "{\"listeners\":{\"registry\":\"down\"}}", .status = 200,
     .has = "\"listeners\":{\"registry\":\"down\"}"},
    {"down twice", LISTENERS, .body = "{\"listeners\":{\"registry\":\"down\"}}", .status = 200},
    {"the control API answers", "GET /control/v1/registry", .status = 200,
     .has = "\"listeners\":{\"registry\":\"down\"}"},
    {"refused: a strange word", LISTENERS, .body = "{\"listeners\":{\"registry\":\"off\"}}",
     .status = 400, .has = "up"},
    {"refused: a strange listener", LISTENERS, .body = "{\"listeners\":{\"registri\":\"up\"}}",
     .status = 400, .has = "registry"},
    {"refused: nothing else happens", LISTENERS,
     .body = "{\"listeners\":{\"registry\":\"upp\"},\"catalog\":false}", .status = 400},
    {"nothing came of it", "GET /control/v1/registry", .status = 200,
     .has = "\"catalog\":true\n\"registry\":\"down\""},
    {"up again", LISTENERS, .body = "{\"listeners\":{\"registry\":\"up\"}}", .status = 200},
};

static void test_down(void)
{
    static const char *const two[] = {"--listen", "127.0.0.1:0", NULL};
    const struct server_options options = {.args = two};
    struct script *t = script_new(server_new(&options));

    push_large(t);
    check_down(t, server_url(script_server(t), 0), "first port");
    check_down(t, server_url(script_server(t), 1), "second port");
    RUN(t, shown);
    script_finish(t);
}

/* A server that is told the number of its port: one that another server had just now. */
static void test_number(void)
{
    struct server *other = server_new(NULL);
    char address[64];
    const char *const args[] = {"--listen", address, NULL};
    const struct server_options options = {.args = args, .no_default_listen = true};
    struct script *t;

    snprintf(address, sizeof(address), "%s", strstr(server_url(other, 0), "127."));
    server_free(other);
    t = script_new(server_new(&options));
    push_large(t);
    check_down(t, server_url(script_server(t), 0), "port by number");
    script_finish(t);
}

static void test_for(void)
{
    struct script *t = script_start(NULL);
    const char *url = server_url(script_server(t), 0);
    uint64_t deadline = client_now() + CLIENT_WAIT_MS;
    const struct step steps[] = {
        {"for: down", LISTENERS,
         .body = "{\"listeners\":{\"registry\":\"down\",\"for\":\"100ms\"}}", .status = 200,
         .has = "\"registry\":\"down\"\n\"changes_in_ms\""},
        {"for: up when it is over", "GET /v2/", .status = 200},
        {"for: and it stays so", "GET /control/v1/registry", .status = 200,
         .has = "\"listeners\":{\"registry\":\"up\"}"},
    };

    (void)script_step(t, &steps[0]);
    while (client_is_refused(url) && client_now() < deadline)
        continue;
    script_run(t, &steps[1], 2);
    script_finish(t);
}

static void test_world(void)
{
    struct script *t = script_start(NULL);
    json_t *w = steer(t, "POST", "/worlds", "{\"name\":\"w\"}");
    const char *url = json_string_value(json_object_get(w, "registry"));

    json_decref(steer(t, "PUT", "/worlds/w/registry", "{\"listeners\":{\"registry\":\"down\"}}"));
    ok(client_is_refused(url), "a world goes down");
    is_int(script_send(t, "GET /v2/", NULL, NULL)->status, 200, "the default one does not care");
    set_listeners(t, "down");
    json_decref(steer(t, "PUT", "/worlds/w/registry", "{\"listeners\":{\"registry\":\"up\"}}"));
    ok(!client_is_refused(url), "the other way round");
    ok(client_is_refused(server_url(script_server(t), 0)), "  the default one is down");
    (void)steer(t, "DELETE", "/worlds/w", NULL);
    json_decref(w);
    script_finish(t); /* stops while it is down */
}

int main(void)
{
    plan_lazy();
    test_down();
    test_number();
    test_for();
    test_world();
    done_testing();
}
