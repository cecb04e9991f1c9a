/* SPDX-License-Identifier: MIT */
/* Rules (control.md, section 2) as they show on the wire: time, gates, connections, cuts. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include <jansson.h>

#include "tests/integration/lib/bail.h"
#include "tests/integration/lib/cert.h"
#include "tests/integration/lib/registry.h"
#include "tests/integration/lib/steer.h"
#include "tests/tap/tap.h"

enum {
    SIZE = 1000,   /* bytes of the blob below */
    QUIET_MS = 50, /* that long nothing comes: as good as never */
};

static char target[128]; /* of the blob */
static char blob[SIZE + 1];

static struct client *connect_to(struct script *t)
{
    return client_new(server_url(script_server(t), 0));
}

static void send_get(struct client *c, const char *what)
{
    client_sendf(c, "GET %s HTTP/1.1\r\nHost: %s\r\n\r\n", what, client_host(c));
}

/* --- Ends --------------------------------------------------------------------------------------
 */

/* What a rule makes of the answer to a request for the blob. */
static const struct wire {
    const char *name;
    const char *then;
    int status;            /* of a proper answer; 0: none */
    const char *error;     /* in how reading ended, where there is none */
    enum client_end after; /* what becomes of the connection */
    const char *journal;   /* the end that the journal tells */
} wires[] = {
    {"drop", "\"connection\":\"drop\"", 0, "before the end of the head, 0 bytes of body, 0 more",
     CLIENT_END_EOF, "server-aborted"},
    {"reset", "\"connection\":\"reset\"", 0, "before the end of the head, 0 bytes of body, 0 more",
     CLIENT_END_RESET, "reset"},
    {"garbage", "\"connection\":\"garbage\"", 0, "before the end of the head", CLIENT_END_EOF,
     "complete"},
    {"bad-chunk", "\"connection\":\"bad-chunk\"", 0, "broken chunk", CLIENT_END_DATA, "complete"},
    {"close-idle", "\"connection\":\"close-idle\"", 200, "", CLIENT_END_EOF, "complete"},
    {"body: 100 bytes, close", "\"body\":{\"after\":100,\"do\":\"close\"}", 0,
     "in the body, 100 bytes of body", CLIENT_END_EOF, "server-aborted"},
    {"body: 100 bytes, reset", "\"body\":{\"after\":100,\"do\":\"reset\"}", 0,
     "in the body, 100 bytes of body", CLIENT_END_RESET, "reset"},
    {"body: half, close", "\"body\":{\"after\":\"50%\",\"do\":\"close\"}", 0,
     "in the body, 500 bytes of body", CLIENT_END_EOF, "server-aborted"},
    {"body: half, reset", "\"body\":{\"after\":\"50%\",\"do\":\"reset\"}", 0,
     "in the body, 500 bytes of body", CLIENT_END_RESET, "reset"},
    {"body: none of it, close", "\"body\":{\"after\":0,\"do\":\"close\"}", 0,
     "in the body, 0 bytes of body", CLIENT_END_EOF, "server-aborted"},
    {"body: behind its end", "\"body\":{\"after\":5000,\"do\":\"reset\"}", 200, "", CLIENT_END_NONE,
     "complete"},
    {"head: 20 bytes, close", "\"head\":{\"after\":20,\"do\":\"close\"}", 0,
     "before the end of the head, 0 bytes of body, 20 more", CLIENT_END_EOF, "server-aborted"},
    {"head: 20 bytes, reset", "\"head\":{\"after\":20,\"do\":\"reset\"}", 0,
     "before the end of the head, 0 bytes of body, 20 more", CLIENT_END_RESET, "reset"},
    {"length: wrong", "\"length_header\":\"wrong\"", 0, "in the body, 1000 bytes of body",
     CLIENT_END_EOF, "complete"},
    {"close_after_requests: 1", "\"close_after_requests\":1", 200, "", CLIENT_END_EOF, "complete"},
};

static void check_end(struct client *c, const struct wire *w)
{
    if (w->after == CLIENT_END_NONE)
        is_int(client_get(c, "/v2/")->status, 200, "%s: the connection is usable", w->name);
    if (w->after == CLIENT_END_NONE || w->after == CLIENT_END_DATA)
        return;
    (void)client_drop_bytes(c, strlen(client_bytes(c))); /* no answer, so nobody took them */
    is_str(client_end_name(client_wait_end(c)), client_end_name(w->after),
           "%s: the end of the connection", w->name);
}

/* What the journal tells of the end of the request that the rule acted on. */
static void check_journal(struct script *t, const struct wire *w)
{
    json_t *root, *last;

    steer_wait(t, "{\"rule\":\"w\",\"end\":\"*\"}", 1);
    root = steer(t, "GET", "/requests?rule=w", NULL);
    last = json_array_get(json_object_get(root, "requests"), 0);
    is_str(json_string_value(json_object_get(last, "end")), w->journal, "%s: the journal", w->name);
    json_decref(root);
    json_decref(steer(t, "DELETE", "/requests", NULL));
}

static void test_wire(struct script *t, const struct wire *w)
{
    struct client *c = connect_to(t);
    auto_free char *rule = NULL;
    const struct response *r;

    if (asprintf(&rule, "{\"id\":\"w\",\"when\":{\"op\":\"blob.get\"},\"then\":{%s}}", w->then) < 0)
        bail("out of memory");
    steer_rules(t, rule);
    r = client_get(c, target);
    is_int(r->status, w->status, "%s: the status", w->name);
    if (!ok(strstr(r->error, w->error) != NULL, "%s: what came", w->name))
        diag("%s", r->error);
    check_end(c, w);
    is_int(steer_hits(t, "w"), 1, "%s: one hit", w->name);
    check_journal(t, w);
    client_free(c);
}

static void test_wires(struct script *t)
{
    for (size_t i = 0; i < ARRAY_LEN(wires); i++)
        test_wire(t, &wires[i]);
}

static void test_close_after(struct script *t)
{
    struct client *c = connect_to(t);
    const struct response *r;

    steer_rules(t, "{\"then\":{\"close_after_requests\":3}}");
    r = client_get(c, "/v2/");
    ok(r->status == 200 && !r->close, "close_after_requests: the first of three");
    r = client_get(c, "/v2/");
    ok(r->status == 200 && !r->close, "close_after_requests: the second");
    r = client_get(c, "/v2/");
    ok(r->status == 200 && r->close, "close_after_requests: the third says so");
    is_str(client_end_name(client_wait_end(c)), "closed", "close_after_requests: and it closes");
    client_free(c);
}

/* Rules act on requests, not on connections. */
static void test_kept_alive(struct script *t)
{
    struct client *c = connect_to(t);

    steer_rules(t, "{\"when\":{\"op\":\"blob.get\",\"nth\":2},\"then\":{\"status\":503}}");
    is_int(client_get(c, target)->status, 200, "kept alive: the first");
    is_int(client_get(c, target)->status, 503, "kept alive: the second");
    is_int(client_get(c, target)->status, 200, "kept alive: the third");
    client_free(c);
}

/* Silence: what came before it came, and nothing else. */
static const struct stall {
    const char *name;
    const char *then;
    const char *last; /* what came ends with it; NULL: nothing came */
} stalls[] = {
    {"connection: stall", "\"connection\":\"stall\"", NULL},
    {"head: stall", "\"head\":{\"after\":8,\"do\":\"stall\"}", "HTTP/1.1"},
    {"body: stall", "\"body\":{\"after\":5,\"do\":\"stall\"}", "\r\n\r\nabcde"},
    {"body: half, stall", "\"body\":{\"after\":\"0.5%\",\"do\":\"stall\"}", "\r\n\r\nabcde"},
};

/* True when what came so far ends with text. */
static bool wait_end_of(struct client *c, const char *text)
{
    size_t n = strlen(text);

    while (client_wait_bytes(c, n) && strstr(client_bytes(c), text) == NULL)
        n = strlen(client_bytes(c)) + 1;
    return strstr(client_bytes(c), text) != NULL &&
           strcmp(strstr(client_bytes(c), text), text) == 0 &&
           client_drop_bytes(c, strlen(client_bytes(c)));
}

static void test_stall(struct script *t, const struct stall *row)
{
    struct client *c = connect_to(t), *other = connect_to(t);
    auto_free char *rule = NULL;

    if (asprintf(&rule, "{\"when\":{\"op\":\"blob.get\"},\"then\":{%s}}", row->then) < 0)
        bail("out of memory");
    steer_rules(t, rule);
    send_get(c, target);
    if (row->last != NULL)
        ok(wait_end_of(c, row->last), "%s: what is before it comes", row->name);
    ok(client_quiet(c, QUIET_MS), "%s: nothing else", row->name);
    is_int(client_get(other, "/v2/")->status, 200, "%s: others are served", row->name);
    client_free(other);
    client_free(c);
}

static void test_stalls(struct script *t)
{
    for (size_t i = 0; i < ARRAY_LEN(stalls); i++)
        test_stall(t, &stalls[i]);
}

/* --- Time --------------------------------------------------------------------------------------
 */

/* At least so long, and not for ever. */
static void check_time(uint64_t began, unsigned least, const char *name)
{
    uint64_t took = client_now() - began;

    ok(took + 2 >= least && took < 4000, "%s: not before %u ms (%llu)", name, least,
       (unsigned long long)took);
}

static const struct pace_row {
    const char *name;
    const char *then;
    unsigned head; /* ms before which the head cannot come */
    unsigned all;  /* ms before which the answer cannot be complete */
} paces[] = {
    {"delay", "\"delay\":\"150ms\"", 150, 150},
    {"delay: uniform", "\"delay\":{\"dist\":\"uniform\",\"min\":\"100ms\",\"max\":\"150ms\"}", 100,
     100},
    {"delay: lognormal without spread",
     "\"delay\":{\"dist\":\"lognormal\",\"median\":\"120ms\",\"sigma\":0}", 115, 115},
    {"delay: lognormal, cut",
     "\"delay\":{\"dist\":\"lognormal\",\"median\":\"10s\",\"sigma\":1,"
     "\"max\":\"100ms\"}",
     95, 95},
    {"delay_body", "\"delay_body\":\"150ms\"", 0, 150},
    {"delay of an answer", "\"delay\":\"150ms\",\"status\":503", 150, 150},
    {"rate", "\"rate\":5000", 0, 150},
    {"drip", "\"drip\":{\"pieces\":4,\"over\":\"200ms\"}", 0, 140},
};

static void test_pace(struct script *t, const struct pace_row *p)
{
    struct client *c = connect_to(t);
    struct client *other = connect_to(t);
    auto_free char *rule = NULL;
    uint64_t began;

    if (asprintf(&rule, "{\"when\":{\"op\":\"blob.get\"},\"then\":{%s}}", p->then) < 0)
        bail("out of memory");
    steer_rules(t, rule);
    began = client_now();
    send_get(c, target);
    is_int(client_get(other, "/v2/")->status, 200, "%s: others are served", p->name);
    ok(client_wait_bytes(c, 100), "%s: a head comes", p->name);
    check_time(began, p->head, p->name);
    ok(client_read(c, false)->status != 0, "%s: an answer comes", p->name);
    check_time(began, p->all, p->name);
    client_free(c);
    client_free(other);
}

static void test_paces(struct script *t)
{
    for (size_t i = 0; i < ARRAY_LEN(paces); i++)
        test_pace(t, &paces[i]);
}

/* --- Gates -------------------------------------------------------------------------------------
 */

static void test_hold(struct script *t)
{
    struct client *c = connect_to(t);
    struct client *other = connect_to(t);

    steer_rules(t, "{\"when\":{\"op\":\"blob.get\"},\"then\":{\"hold\":{\"gate\":\"g\"}}}");
    send_get(c, target);
    steer_wait_held(t, "g", 1);
    ok(client_quiet(c, QUIET_MS), "hold: nothing comes");
    is_int(client_get(other, "/v2/")->status, 200, "hold: others are served");
    json_decref(steer(t, "POST", "/gates/g:release", "{\"once\":true}"));
    is_str(client_read(c, false)->body, blob, "hold: released, the answer comes");
    send_get(c, target);
    steer_wait_held(t, "g", 1);
    json_decref(steer(t, "POST", "/gates/g:release", NULL));
    is_int(client_read(c, false)->status, 200, "hold: released again");
    is_int(client_get(c, target)->status, 200, "hold: the gate stays open");
    json_decref(steer(t, "POST", "/gates/g:close", NULL));
    send_get(c, target);
    steer_wait_held(t, "g", 1);
    client_free_reset(c);
    client_free(other);
}

static void test_hold_body(struct script *t)
{
    struct client *c = connect_to(t);
    const struct response *r;

    steer_rules(t, "{\"when\":{\"op\":\"blob.get\"},"
                   "\"then\":{\"hold\":{\"gate\":\"b\",\"after\":100}}}");
    send_get(c, target);
    steer_wait_held(t, "b", 1);
    ok(client_wait_bytes(c, 200), "hold in the body: the head and the first bytes come");
    json_decref(steer(t, "POST", "/gates/b:release", NULL));
    r = client_read(c, false);
    is_mem(r->body, r->size, blob, SIZE, "hold in the body: released, the rest comes");
    client_free(c);
}

/* --- Listeners ---------------------------------------------------------------------------------
 */

static void test_refuse(struct script *t)
{
    struct client *open = connect_to(t);
    struct client *c;

    is_int(client_get(open, "/v2/")->status, 200, "refuse: a connection that is open");
    steer_rules(t, "{\"id\":\"r\",\"times\":1,\"then\":{\"listener\":\"refuse\"}}");
    c = connect_to(t);
    ok(client_wait_end(c) != CLIENT_END_NONE, "refuse: a new one ends at once");
    client_free(c);
    is_int(client_get(open, "/v2/")->status, 200, "refuse: the open one is served");
    is_int(steer_hits(t, "r"), 1, "refuse: one hit");
    c = connect_to(t);
    is_int(client_get(c, "/v2/")->status, 200, "refuse: the next is served");
    client_free(c);
    client_free(open);
}

static void write_cert(const char *folder, void *arg)
{
    (void)arg;
    cert_write(folder, "server", 0x77);
}

/* A ClientHello that has nothing but what it must have. */
static void send_hello(struct client *c)
{
    static const char head[] = "\x16\x03\x01\x00\x2d\x01\x00\x00\x29\x03\x03";
    static const char tail[] = "\x00\x00\x02\xc0\x2b\x01";
    char hello[50] = {0};

    memcpy(hello, head, sizeof(head) - 1);
    memcpy(hello + 43, tail, sizeof(tail) - 1);
    client_send(c, hello, sizeof(hello));
}

static void test_tls_cert(struct script *t, const char *kind)
{
    struct client *c;
    char rule[128];

    snprintf(rule, sizeof(rule), "{\"times\":1,\"then\":{\"tls\":\"%s\"}}", kind);
    steer_rules(t, rule);
    c = client_new(server_url(script_server(t), 1));
    ok(strcmp(client_peer_serial(c), "77") != 0, "tls %s: not the usual certificate", kind);
    is_int(client_get(c, "/v2/")->status, 200, "tls %s: served to those who do not care", kind);
    client_free(c);
    c = client_new(server_url(script_server(t), 1));
    is_str(client_peer_serial(c), "77", "tls %s: the next has the usual one", kind);
    client_free(c);
}

static const struct step sni_journal[] = {
    {"sni: the journal has it", "POST /control/v1/verify",
     .body = "{\"match\":{\"sni\":\"a.test\"},\"count\":2}", .status = 200},
    {"sni: others have none", "POST /control/v1/verify",
     .body = "{\"match\":{\"sni\":\"!*\",\"tls\":\"true\"},\"count\":1}", .status = 200},
    {"sni: unknown at accept", "POST /control/v1/rules",
     .body = "{\"when\":{\"sni\":\"a\"},\"then\":{\"listener\":\"refuse\"}}", .status = 201,
     .has = "never matches"},
    {"sni: known at the handshake", "POST /control/v1/rules",
     .body = "{\"when\":{\"sni\":\"a\"},\"then\":{\"tls\":\"abort\"}}", .status = 201,
     .has = "\"warnings\":[]"},
};

/* Rules that are for one server name only: of handshakes, and of requests. */
static void test_sni(struct script *t)
{
    const char *url = server_url(script_server(t), 1);
    struct client *a, *b, *none;

    json_decref(steer(t, "DELETE", "/requests", NULL));
    steer_rules(t, "[{\"id\":\"h\",\"when\":{\"sni\":\"a.*\"},\"then\":{\"tls\":\"self-signed\"}},"
                   "{\"id\":\"r\",\"when\":{\"sni\":\"a.test\"},\"then\":{\"status\":503}}]");
    a = client_new_named(url, "a.test");
    b = client_new_named(url, "b.test");
    none = client_new(url);
    ok(strcmp(client_peer_serial(a), "77") != 0, "sni: the flaw is for that name");
    is_str(client_peer_serial(b), "77", "sni: another name is served as ever");
    is_str(client_peer_serial(none), "77", "sni: so is who names none");
    is_int(client_get(a, "/v2/")->status, 503, "sni: a rule about requests");
    is_int(client_get(a, "/v2/")->status, 503, "sni: on the same connection");
    is_int(client_get(b, "/v2/")->status, 200, "sni: not for another name");
    is_int(client_get(none, "/v2/")->status, 200, "sni: nor for none");
    is_int(steer_hits(t, "h"), 1, "sni: one handshake");
    is_int(steer_hits(t, "r"), 2, "sni: two requests");
    steer_wait(t, "{\"tls\":\"true\",\"status\":\"*\"}", 4);
    RUN(t, sni_journal);
    client_free(a);
    client_free(b);
    client_free(none);
}

static void test_tls(void)
{
    static const char *const args[] = {"--tls-listen", "127.0.0.1:0", "--tls-cert", "server.crt",
                                       "--tls-key",    "server.key",  NULL};
    struct server *s = server_new(&(struct server_options){.args = args, .prepare = write_cert});
    struct script *t = script_new(s);
    struct client *c;

    steer_rules(t, "{\"times\":1,\"then\":{\"tls\":\"abort\"}}");
    c = client_new_plain(server_url(s, 1));
    send_hello(c);
    is_str(client_end_name(client_wait_end(c)), "closed",
           "tls abort: the connection ends without a byte");
    client_free(c);
    steer_rules(t, "{\"times\":1,\"then\":{\"tls\":\"plain\"}}");
    c = client_new_plain(server_url(s, 1));
    send_hello(c);
    is_int(client_read(c, false)->status, 400, "tls plain: an answer without TLS");
    client_free(c);
    test_tls_cert(t, "expired");
    test_tls_cert(t, "self-signed");
    test_tls_cert(t, "wrong-name");
    test_sni(t);
    script_free(t);
    server_free(s);
}

/* --- The end -----------------------------------------------------------------------------------
 */

static void test_stop(struct script *t)
{
    struct client *held = connect_to(t), *delayed = connect_to(t), *stalled = connect_to(t);
    uint64_t began;
    int status = -1;

    steer_rules(t, "[{\"when\":{\"op\":\"blob.get\"},\"then\":{\"hold\":{\"gate\":\"end\"}}},"
                   "{\"when\":{\"op\":\"catalog\"},\"then\":{\"delay\":\"1h\"}},"
                   "{\"id\":\"s\",\"when\":{\"op\":\"tags.list\"},"
                   "\"then\":{\"connection\":\"stall\"}}]");
    send_get(held, target);
    send_get(delayed, "/v2/_catalog");
    send_get(stalled, "/v2/app/tags/list");
    steer_wait_held(t, "end", 1);
    began = client_now();
    while (steer_hits(t, "s") == 0) {
        if (client_now() > began + CLIENT_WAIT_MS)
            bail("the rule that stalls does not act");
    }
    began = client_now();
    server_signal(script_server(t), SIGTERM);
    ok(server_wait(script_server(t), &status) && WIFEXITED(status) && WEXITSTATUS(status) == 0,
       "SIGTERM with held answers: exit status 0");
    ok(client_now() - began < 2000, "SIGTERM with held answers: at once");
    client_free(held);
    client_free(delayed);
    client_free(stalled);
}

static void fill(struct script *t)
{
    for (size_t i = 0; i < SIZE; i++)
        blob[i] = (char)('a' + i % 26);
    registry_blob(t, "app", "blob", blob);
    snprintf(target, sizeof(target), "/v2/app/blobs/%s", script_get(t, "blob"));
}

int main(void)
{
    struct server *s;
    struct script *t;

    plan_lazy();
    s = server_new(NULL);
    t = script_new(s);
    fill(t);
    test_wires(t);
    test_close_after(t);
    test_kept_alive(t);
    test_stalls(t);
    test_paces(t);
    test_hold(t);
    test_hold_body(t);
    test_refuse(t);
    test_tls();
    test_stop(t);
    script_free(t);
    server_free(s);
    done_testing();
}
