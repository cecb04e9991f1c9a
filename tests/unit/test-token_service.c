/* SPDX-License-Identifier: MIT */
/*
 * The token service below a connection: who waits for what, and what ends it. What it answers is
 * tested with the real server (tests/integration/test-token.c).
 */
#include "auth/token.h"

#include <stdio.h>
#include <string.h>

#include <jansson.h>

#include "lib/http/loop.h"
#include "lib/util/clock.h"
#include "lib/util/util.h"
#include "tests/tap/tap.h"
#include "tests/unit/auth_help.h"
#include "tests/unit/fake_exchange.h"

static struct loop *loop;
static struct auth *auth;

/* What the caller was told. */
struct told {
    unsigned count;
    int status; /* at that time: before it is sent */
    enum identity_kind kind;
    char account[IDENTITY_NAME_MAX + 1];
    char reason[200];
    size_t asked, granted;
    struct http_exchange *x; /* borrowed */
};

static void on_replied(void *arg, const struct token_report *report)
{
    struct told *told = arg;

    told->count++;
    told->status = http_reply_status(told->x);
    told->kind = report->identity.kind;
    (void)snprintf(told->account, sizeof(told->account), "%s", report->identity.account);
    (void)snprintf(told->reason, sizeof(told->reason), "%s", report->reason);
    told->asked = report->asked.count;
    told->granted = report->granted.count;
    ok(!http_reply_sent(told->x), "  told before it is sent");
}

static struct token_request *start(struct told *told, struct http_exchange *x)
{
    struct token_request *r = NULL;

    *told = (struct told){.x = x};
    token_handle(auth, x, NULL, on_replied, told, &r);
    return r;
}

static struct http_exchange *get(const char *line, const char *authorization)
{
    return fake_exchange_new(loop, NULL, line, authorization, NULL);
}

static void claims(const char *line, const char *authorization, const char *want)
{
    struct http_exchange *x = get(line, authorization);
    struct identity id;
    char got[IDENTITY_NAME_MAX + 32];

    identity_init(&id);
    if (token_claimed(auth, x, &id))
        (void)snprintf(got, sizeof(got), "%s %s", identity_kind_name(id.kind), id.account);
    else
        (void)snprintf(got, sizeof(got), "unknown");
    is_str(got, want, "%s with %s claims to be", line,
           authorization != NULL ? authorization : "nothing");
    identity_done(&id);
    fake_exchange_free(x);
}

static void test_claimed(void)
{
    claims("GET /token", "Authorization: " HELP_BOB, "basic bob");
    claims("GET /token", "Authorization: " HELP_WRONG, "basic alice");
    claims("GET /token", NULL, "none ");
    claims("GET /token", "Authorization: Bearer x", "unknown");
    claims("POST /token", NULL, "unknown");
}

/* --- GET ------------------------------------------------------------------------------------- */

static void test_get(void)
{
    struct told told;
    struct http_exchange *x = get("GET /token?scope=repository:bob/a:pull&scope=repository:x:pull",
                                  "Authorization: " HELP_BOB);

    ok(start(&told, x) == NULL, "a GET with a plain secret is answered at once");
    is_int(told.count, 1, "  told once");
    is_int(fake_status(x), 200, "  with a token");
    is_str(told.account, "bob", "  to bob");
    is_int(told.kind, IDENTITY_BASIC, "  who showed a password");
    is_int((long long)told.asked, 2, "  who asked for two");
    is_int((long long)told.granted, 1, "  and got one");
    is_str(told.reason, "", "  no reason");
    is_str(fake_header(x, "Cache-Control"), "no-store", "  nobody keeps it");
    fake_exchange_free(x);
}

static void test_get_refused(void)
{
    struct told told;
    struct http_exchange *x = get("GET /token", "Authorization: " HELP_WRONG);

    ok(start(&told, x) == NULL, "a GET with a wrong secret is refused at once");
    is_int(fake_status(x), 401, "  401");
    is_int(told.kind, IDENTITY_INVALID, "  as invalid");
    is_str(told.account, "alice", "  of alice, so they say");
    ok(told.reason[0] != '\0' && strstr(told.reason, "wrong") != NULL, "  because: %s",
       told.reason);
    ok(strstr(fake_body(x), told.reason) == NULL, "  which is not for the client");
    fake_exchange_free(x);
}

/* --- POST ------------------------------------------------------------------------------------ */

#define FORM "Content-Type: application/x-www-form-urlencoded"

static struct http_exchange *post(void)
{
    return fake_exchange_new(loop, NULL, "POST /token", FORM, "Content-Length: 10", NULL);
}

static void test_post(void)
{
    static const char form[] =
        "grant_type=password&client_id=c&username=alice&password=alices-secret";
    struct http_exchange *x = post();
    struct told told;

    ok(start(&told, x) != NULL, "a POST waits for its form");
    ok(fake_body_wanted(x) && fake_body_max(x) == 64 * 1024, "  of a bounded length");
    fake_body_send(x, form, 10);
    fake_body_send(x, form + 10, strlen(form) - 10);
    is_int(told.count, 0, "  to its end");
    fake_body_end(x);
    is_int(told.count, 1, "  and then is answered");
    is_int(fake_status(x), 200, "  with a token");
    is_str(told.account, "alice", "  to alice");
    fake_exchange_free(x);
}

static void test_post_cancelled(void)
{
    struct http_exchange *x = post();
    struct told told;
    struct token_request *r = start(&told, x);

    ASSERT(r != NULL);
    fake_body_send(x, "grant_type", 10);
    http_body_discard(x);
    token_cancel(r);
    is_int(told.count, 0, "a POST whose client leaves ends without a word");
    token_cancel(NULL);
    fake_exchange_free(x);
}

static void test_post_failed(enum err_code code, int status)
{
    struct http_exchange *x = post();
    struct told told;
    struct token_request *r = start(&told, x);

    fake_body_fail(x, code);
    is_int(fake_status(x), status, "a body that fails with '%s'", err_text(code));
    is_int(told.count, status != 0 ? 1 : 0, "  told");
    if (status == 0)
        token_cancel(r);
    fake_exchange_free(x);
}

static void test_slow(void)
{
    struct http_exchange *x = get("GET /token", "Authorization: " HELP_CAROL);
    struct told told;
    struct token_request *r = start(&told, x);

    ok(r != NULL, "a secret that is hashed takes its time");
    token_cancel(r);
    is_int(told.count, 0, "  who cannot wait leaves");
    fake_exchange_free(x);
    x = get("GET /token", "Authorization: " HELP_CAROL);
    ASSERT(start(&told, x) != NULL);
    fake_wait(x);
    is_str(told.account, "carol", "  who can is carol");
    is_int(fake_status(x), 200, "  with a token");
    fake_exchange_free(x);
}

/* --- A key that is not there yet ------------------------------------------------------------- */

static void test_wait_for_key(void)
{
    struct auth *usual = auth;
    struct http_exchange *x = get("GET /token", NULL);
    struct token_request *r;
    struct told told;

    auth = auth_help_new(loop, NULL, &(struct auth_settings){.algorithm = "RS256"});
    r = start(&told, x);
    ok(r != NULL, "who asks before the RSA key is made has to wait");
    fake_wait(x);
    is_int(told.count, 1, "  and is answered");
    is_int(fake_status(x), 200, "  with a token");
    fake_exchange_free(x);
    x = get("GET /token", NULL);
    ok(start(&told, x) == NULL, "  who asks later has not");
    fake_exchange_free(x);
    auth_free(auth);
    auth = usual;
}

static void test_cancel_wait(void)
{
    struct auth *usual = auth;
    struct http_exchange *x = get("GET /token", NULL);
    struct told told;
    struct token_request *r;

    auth = auth_help_new(loop, NULL, &(struct auth_settings){.algorithm = "RS256"});
    r = start(&told, x);
    token_cancel(r);
    is_int(told.count, 0, "who waits for a key may leave");
    fake_exchange_free(x);
    loop_drain(loop);
    auth_free(auth);
    auth = usual;
}

/* --- Documents ------------------------------------------------------------------------------- */

static void test_documents(void)
{
    struct http_exchange *x = get("GET /token/jwks.json", NULL);
    json_t *root;

    ok(token_reply_jwks(auth, x) && !http_reply_sent(x), "the keys are left to the caller to send");
    http_reply_send(x);
    root = json_loads(fake_body(x), 0, NULL);
    is_int((long long)json_array_size(json_object_get(root, "keys")), 1, "  one key");
    json_decref(root);
    fake_exchange_free(x);
    x = get("GET /.well-known/openid-configuration", "Host: a:1");
    ok(token_reply_configuration(auth, x), "the configuration, too");
    http_reply_send(x);
    root = json_loads(fake_body(x), 0, NULL);
    is_str(json_string_value(json_object_get(root, "jwks_uri")), "http://a:1/token/jwks.json",
           "  where the keys are");
    json_decref(root);
    fake_exchange_free(x);
}

int main(void)
{
    plan_lazy();
    ASSERT(loop_new(&loop, 2, NULL) == 0);
    auth = auth_help_new(loop, NULL, &(struct auth_settings){.mode = AUTH_MODE_BEARER});
    test_claimed();
    test_get();
    test_get_refused();
    test_post();
    test_post_cancelled();
    test_post_failed(ERR_BODY_TOO_LARGE, 413);
    test_post_failed(ERR_BODY_SYNTAX, 400);
    test_post_failed(ERR_BODY_TIMEOUT, 0);
    test_slow();
    test_wait_for_key();
    test_cancel_wait();
    test_documents();
    loop_drain(loop);
    auth_free(auth);
    loop_free(loop);
    done_testing();
}
