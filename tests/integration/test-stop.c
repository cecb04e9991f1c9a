/* SPDX-License-Identifier: MIT */
/* Graceful stop: what SIGTERM and the end of standard input do to those who are connected. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include "tests/integration/lib/bail.h"
#include "tests/integration/lib/registry.h"
#include "tests/tap/tap.h"

enum { LARGE = 16 * 1024 * 1024 };

/* A server with a blob `large` that does not fit between two ends of a connection. */
static struct script *start(const char *config)
{
    struct script *t = script_new(config != NULL ? server_new_config(config) : server_new(NULL));
    char *text = malloc(LARGE + 1);

    if (text == NULL)
        bail("out of memory");
    memset(text, 'l', LARGE);
    text[LARGE] = '\0';
    registry_blob(t, "app", "large", text);
    free(text);
    return t;
}

/* A client in the middle of an answer. */
static struct client *start_pull(struct script *t)
{
    struct client *c = client_new_narrow(server_url(script_server(t), 0), 4096);

    client_sendf(c, "GET /v2/app/blobs/%s HTTP/1.1\r\nHost: x\r\n\r\n", script_get(t, "large"));
    if (!client_wait_bytes(c, 1))
        bail("no answer");
    return c;
}

/* Returns when the server listens no more. */
static bool wait_refused(const struct server *s)
{
    uint64_t deadline = client_now() + CLIENT_WAIT_MS;

    while (!client_is_refused(server_url(s, 0)) && client_now() < deadline)
        continue;
    return client_is_refused(server_url(s, 0));
}

static void test_drain(void)
{
    struct script *t = start(NULL);
    struct server *s = script_server(t);
    struct client *idle = client_new(server_url(s, 0)), *pull = start_pull(t);
    struct client *push = client_new(server_url(s, 0));
    const struct response *r;

    registry_upload(t, "app", "loc");
    is_int(client_get(idle, "/v2/")->status, 200, "stop: a client that will be idle");
    client_sendf(push,
                 "PATCH %s HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n"
                 "Expect: 100-continue\r\n\r\n",
                 script_get(t, "loc"));
    ok(client_read_continue(push), "stop: a client in the middle of a request");
    server_signal(s, SIGTERM);
    is_str(client_end_name(client_wait_end(idle)), "closed",
           "stop: an idle connection is closed at once");
    ok(wait_refused(s), "stop: nobody can connect any more");
    client_sendf(push, "0123456789");
    r = client_read(push, false);
    ok(r->status == 202 && r->close,
       "stop: a request under way is answered, with Connection: close");
    is_str(client_end_name(client_wait_end(push)), "closed", "stop: and then closed");
    r = client_read(pull, false);
    ok(r->status == 200 && r->size == LARGE, "stop: an answer under way is finished");
    is_str(client_end_name(client_wait_end(pull)), "closed", "stop: and then closed");
    ok(server_wait(s, NULL), "stop: the process ends");
    client_free(idle);
    client_free(push);
    client_free(pull);
    script_free(t);
    server_free(s);
}

static void test_drain_timeout(void)
{
    struct script *t = start("limits: {drain_timeout: 200ms}\n");
    struct server *s = script_server(t);
    struct client *pull = start_pull(t), *half = client_new(server_url(s, 0));

    client_sendf(half, "GET /v2/ HTTP/1.1\r\n");
    server_signal(s, SIGTERM);
    ok(server_wait(s, NULL),
       "drain_timeout: the process does not wait for ever for a stalled peer");
    is_int(client_read(pull, false)->status, 0, "drain_timeout: its answer is cut");
    client_free(pull);
    client_free(half);
    script_free(t);
    server_free(s);
}

/* The second signal does not wait, and neither do those after it hurt. */
static void test_impatient(void)
{
    struct script *t = start(NULL);
    struct server *s = script_server(t);
    struct client *pull = start_pull(t);
    unsigned i;

    server_signal(s, SIGTERM);
    ok(server_wait_log(s, "stopping"), "stop: the first signal is logged");
    server_signal(s, SIGTERM);
    ok(server_wait_log(s, "stopping at once"), "stop: a second signal does not wait for anybody");
    for (i = 0; i < 20; i++)
        server_signal(s, SIGTERM);
    ok(server_wait(s, NULL), "stop: the process ends");
    is_int(client_read(pull, false)->status, 0, "stop: the answer under way is cut");
    client_free(pull);
    script_free(t);
    server_free(s);
}

static void test_stdin(void)
{
    struct server *s = server_new(NULL);
    int status = -1;

    server_close_stdin(s);
    ok(server_wait(s, &status), "--stop-on-stdin-eof: the process ends");
    ok(WIFEXITED(status) && WEXITSTATUS(status) == 0, "--stop-on-stdin-eof: exit status 0");
    server_free(s);
}

static void test_signals(void)
{
    struct server *s = server_new(NULL);
    int status = -1;

    server_signal(s, SIGINT);
    ok(server_wait(s, &status) && WIFEXITED(status) && WEXITSTATUS(status) == 0,
       "SIGINT stops it like SIGTERM");
    server_free(s);
    s = server_new(NULL);
    server_signal(s, SIGHUP);
    server_signal(s, SIGHUP);
    ok(!client_is_refused(server_url(s, 0)), "SIGHUP without certificates changes nothing");
    server_free(s);
}

int main(void)
{
    plan_lazy();
    test_drain();
    test_drain_timeout();
    test_impatient();
    test_stdin();
    test_signals();
    done_testing();
}
