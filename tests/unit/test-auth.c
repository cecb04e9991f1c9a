/* SPDX-License-Identifier: MIT */
#include "auth/auth.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <jansson.h>

#include "auth/account.h"
#include "auth/bearer.h"
#include "auth/identity.h"
#include "auth/internal.h"
#include "auth/keyring.h"
#include "auth/scope.h"
#include "lib/http/loop.h"
#include "lib/util/buf.h"
#include "lib/util/clock.h"
#include "lib/util/err.h"
#include "lib/util/util.h"
#include "tests/tap/tap.h"

#define HASH "$2y$04$zzzzzzzzzzzzzzzzzzzzzultTvWSMJjnagI1WYC8FZyobEqgV4uU6"

static struct loop *loop;
static struct clock shifted;

/* Settings whose JSON members are given as text. */
static int make(struct auth **ret, struct auth_settings settings, const char *accounts,
                const char *policy, struct err *err)
{
    json_t *a = accounts == NULL ? NULL : json_loads(accounts, 0, NULL);
    json_t *p = policy == NULL ? NULL : json_loads(policy, 0, NULL);
    int result;

    settings.accounts = a;
    settings.policy = p;
    result = auth_new(ret, loop, &shifted, &settings, err);
    json_decref(a);
    json_decref(p);
    return result;
}

static void test_mistakes(void)
{
    static const char *const bad_service[] = {"a\"b"};
    static const char *const bad_proxy[] = {"10.0.0.0/99"};
    static const char *const no_colon[] = {"alice"};
    static const char *const no_secret[] = {"alice:"};
    static const char *const twice[] = {"alice:x"};
    static const struct {
        struct auth_settings settings;
        const char *accounts, *policy, *message;
    } rows[] = {
        {{.mode = AUTH_MODE_BASIC}, NULL, NULL, "auth.mode is basic, but nobody can log in"},
        {{.token_life = 999}, NULL, NULL, "auth.token_life: expected"},
        {{.service = ""}, NULL, NULL, "auth.service: expected 1 to"},
        {{.issuer = "a\nb"}, NULL, NULL, "auth.issuer: "},
        {{.realm = "a\"b"}, NULL, NULL, "auth.realm: "},
        {{.token_realm = "registry/token"}, NULL, NULL, "auth.token_realm: 'registry/token'"},
        {{.services = bad_service, .service_count = 1}, NULL, NULL, "auth.services: "},
        {{.trusted_proxies = bad_proxy, .trusted_proxy_count = 1}, NULL, NULL, "10.0.0.0/99"},
        {{.external_url = "registry"}, NULL, NULL, "registry"},
        {{.algorithm = "HS256"}, NULL, NULL, "auth.algorithm: expected ES256 or RS256"},
        {{.htpasswd = "/nonexistent/htpasswd"}, NULL, NULL, "/nonexistent/htpasswd"},
        {{0}, "{}", NULL, "auth.accounts: expected a list"},
        {{0}, "[1]", NULL, "auth.accounts[0]: expected keys and values"},
        {{0}, "[{\"secret\": \"x\"}]", NULL, "auth.accounts[0]: a name is missing"},
        {{0}, "[{\"name\": \"alice\"}]", NULL, "auth.accounts[0]: account 'alice' needs one of"},
        {{0},
         "[{\"name\": \"a\", \"subject\": \"CN=x\"}, {\"name\": \"b\", \"subject\": \"CN=x\"}]",
         NULL,
         "auth.accounts[1]: the subject 'CN=x' is that of account 'a' already"},
        {{0},
         "[{\"name\": \"alice\", \"secret\": \"x\", \"hash\": \"y\"}]",
         NULL,
         "auth.accounts[0]: account 'alice' needs one of"},
        {{0},
         "[{\"name\": \"alice\", \"secret\": \"x\"}, {\"name\": \"alice\", \"secret\": \"y\"}]",
         NULL,
         "auth.accounts[1]: account 'alice' exists already"},
        {{0}, "[{\"name\": \"a:b\", \"secret\": \"x\"}]", NULL, "auth.accounts[0]: 'a:b'"},
        {{0},
         "[{\"name\": \"a\", \"secret\": 1}]",
         NULL,
         "auth.accounts[0]: secret has the wrong type"},
        {{0}, "[{\"name\": \"a\", \"pass\": \"1\"}]", NULL, "auth.accounts[0]: unknown key 'pass'"},
        {{0},
         "[{\"name\": \"a\", \"hash\": \"$apr1$a$b\"}]",
         NULL,
         "auth.accounts[0]: account 'a': an Apache MD5 hash"},
        {{0},
         "[{\"name\": \"a\", \"secret_file\": \"/nonexistent/secret\"}]",
         NULL,
         "auth.accounts[0]: /nonexistent/secret"},
        {{0}, NULL, "[{\"actions\": [\"read\"]}]", "auth: policy[0].actions: 'read' is no action"},
        {{.users = no_colon, .user_count = 1}, NULL, NULL, "--user: expected name:secret"},
        {{.users = no_secret, .user_count = 1},
         NULL,
         NULL,
         "--user: account 'alice': the secret is empty"},
        {{.users = twice, .user_count = 1},
         "[{\"name\": \"alice\", \"secret\": \"x\"}]",
         NULL,
         "--user: account 'alice' exists already"},
    };

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct auth *auth = NULL;
        struct err err = {0};

        is_int(make(&auth, rows[i].settings, rows[i].accounts, rows[i].policy, &err), -1,
               "row %zu is refused", i);
        ok(strstr(err.msg, rows[i].message) != NULL, "saying '%s': %s", rows[i].message, err.msg);
        ok(strstr(err.msg, "$apr1$a$b") == NULL, "without a secret");
    }
}

static void test_modes(void)
{
    static const char *const users[] = {"alice:wonder", "bob:a:b"};
    static const char open[] = "[{\"actions\": [\"*\"], \"catalog\": true}]";
    static const struct {
        struct auth_settings settings;
        const char *policy;
        enum auth_mode mode;
        enum auth_ping ping;
        const char *warning;
    } rows[] = {
        {{0}, NULL, AUTH_MODE_NONE, AUTH_PING_OPEN, ""},
        {{0}, open, AUTH_MODE_NONE, AUTH_PING_OPEN, "auth.policy has no effect"},
        {{.users = users, .user_count = 2}, NULL, AUTH_MODE_BEARER, AUTH_PING_CHALLENGE, ""},
        {{.users = users, .user_count = 2}, open, AUTH_MODE_BEARER, AUTH_PING_OPEN, ""},
        {{.users = users, .user_count = 2, .mode = AUTH_MODE_BASIC},
         NULL,
         AUTH_MODE_BASIC,
         AUTH_PING_CHALLENGE,
         ""},
        {{.users = users, .user_count = 2, .mode = AUTH_MODE_NONE},
         NULL,
         AUTH_MODE_NONE,
         AUTH_PING_OPEN,
         ""},
        {{.mode = AUTH_MODE_BEARER}, NULL, AUTH_MODE_BEARER, AUTH_PING_CHALLENGE, ""},
        {{.mode = AUTH_MODE_BEARER, .ping = AUTH_PING_OPEN_CHALLENGE},
         NULL,
         AUTH_MODE_BEARER,
         AUTH_PING_OPEN_CHALLENGE,
         ""},
        {{.token_life = 5000}, NULL, AUTH_MODE_NONE, AUTH_PING_OPEN, "auth.token_life is below"},
        {{.users = users, .user_count = 2},
         "[{\"accounts\": [\"alice\", \"alicia\", \"system:serviceaccount:a:b\", \"x*\"]}]",
         AUTH_MODE_BEARER,
         AUTH_PING_CHALLENGE,
         "auth.policy[0] names 'alicia', but there is no such account"},
    };

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct auth *auth = NULL;
        struct err err = {0};

        is_int(make(&auth, rows[i].settings, NULL, rows[i].policy, &err), 0, "row %zu: %s", i,
               err.msg);
        is_int(auth_mode(auth), rows[i].mode, "mode");
        is_int(auth->ping, rows[i].ping, "ping");
        ok(rows[i].warning[0] == '\0' ? auth_warnings(auth)[0] == '\0'
                                      : strstr(auth_warnings(auth), rows[i].warning) != NULL,
           "warnings: %s", auth_warnings(auth));
        ok(keyring_signer(auth->keyring) != NULL, "it can sign");
        auth_free(auth);
    }
    auth_free(NULL);
}

static void test_sources(void)
{
    char path[] = "/tmp/test-auth-XXXXXX";
    auto_close int fd = mkstemp(path);
    auto_free char *accounts = NULL;
    struct auth *auth = NULL;
    struct err err = {0};
    auto_buf struct buf b = BUF_INIT(1000);

    ok(write(fd, "wonder\r\n", 8) == 8, "a file with a secret");
    ok(asprintf(&accounts,
                "[{\"name\": \"alice\", \"secret_file\": \"%s\"}, {\"name\": \"carol\", \"hash\": "
                "\"%s\"},"
                " {\"name\": \"dave\", \"secret\": \"x\", \"disabled\": true}]",
                path, HASH) > 0,
       "accounts");
    is_int(make(&auth,
                (struct auth_settings){.users = (const char *const[]){"bob:a:b"}, .user_count = 1},
                accounts, NULL, &err),
           0, "made: %s", err.msg);
    is_int((long long)accounts_count(auth->accounts), 4, "four accounts");
    ok(account_is_disabled(accounts_find(auth->accounts, "dave")), "one of them is disabled");
    auth_describe(auth, &b);
    is_str(buf_text(&b), "bearer, 4 accounts (alice, bob, carol, dave)", "described");
    auth_free(auth);
    (void)unlink(path);
}

static void stop(void *arg)
{
    loop_stop(arg);
}

/* The loop turns until the job has handed its key over. */
static void wait_for_key(const struct auth *auth)
{
    for (unsigned i = 0; i < 10000 && keyring_signer(auth->keyring) == NULL; i++) {
        struct loop_timer *timer = NULL;

        (void)loop_timer_new(&timer, loop, stop, loop, NULL);
        loop_timer_start(timer, 5);
        (void)loop_run(loop, NULL);
        loop_timer_free(timer);
    }
}

static void test_rsa(void)
{
    struct auth *auth = NULL;
    struct err err = {0};

    is_int(make(&auth, (struct auth_settings){.algorithm = "RS256"}, NULL, NULL, &err), 0,
           "an RSA key: %s", err.msg);
    ok(keyring_signer(auth->keyring) == NULL, "is not there at once");
    wait_for_key(auth);
    ok(keyring_signer(auth->keyring) != NULL, "but soon");
    auth_free(auth);
}

static void test_run_time(void)
{
    struct auth *auth = NULL;
    struct err err = {0};
    json_t *list;

    is_int(make(&auth,
                (struct auth_settings){.users = (const char *const[]){"alice:x"}, .user_count = 1},
                NULL, NULL, &err),
           0, "made");
    is_int(auth_account_add(auth, "bob", "secret", NULL, &err), 0, "added");
    is_int(auth_account_add(auth, "bob", "secret", NULL, &err), -1, "twice: %s", err.msg);
    is_int(auth_account_add(auth, "carol", NULL, NULL, &err), -1, "no secret: %s", err.msg);
    is_int(auth_account_add(auth, "carol", "x", HASH, &err), -1, "two: %s", err.msg);
    is_int(auth_account_add(auth, "carol", NULL, HASH, &err), 0, "a hash");
    is_int(auth_account_rotate(auth, "bob", "other", NULL, 0, &err), 0, "rotated");
    is_int(auth_account_rotate(auth, "nobody", "other", NULL, 0, &err), -1, "nobody: %s", err.msg);
    is_int(auth_account_disable(auth, "bob", true, &err), 0, "disabled");
    is_int(auth_account_revoke(auth, "alice", &err), 0, "revoked");
    is_int(auth_account_remove(auth, "carol", &err), 0, "removed");
    list = auth_account_list(auth);
    is_int((long long)json_array_size(list), 2, "two are left");
    json_decref(list);
    is_int(auth_token_revoke(auth, "id", 1, &err), 0, "a token is revoked");
    is_int(auth_refresh_token_revoke(auth, "x", &err), -1, "no such: %s", err.msg);
    is_int(auth_reload(auth, &err), 0, "nothing to reload");
    auth_free(auth);
}

static void test_policy_at_run_time(void)
{
    json_t *open = json_loads("[{\"actions\": [\"*\"], \"catalog\": true}]", 0, NULL);
    json_t *bad = json_loads("[{\"actions\": [\"pul\"]}]", 0, NULL);
    struct auth *auth = NULL;
    struct err err = {0};
    json_t *rules;

    is_int(make(&auth,
                (struct auth_settings){.users = (const char *const[]){"alice:x"}, .user_count = 1},
                NULL, NULL, &err),
           0, "made");
    rules = auth_policy_get(auth);
    is_str(
        json_string_value(json_array_get(json_object_get(json_array_get(rules, 0), "accounts"), 0)),
        "authenticated", "without a policy, the default rule is told");
    json_decref(rules);
    is_int(auth->ping, AUTH_PING_CHALLENGE, "something is private");
    is_int(auth_policy_set(auth, open, &err), 0, "an open policy: %s", err.msg);
    is_int(auth->ping, AUTH_PING_OPEN, "nobody has to log in");
    is_int(auth_policy_set(auth, bad, &err), -1, "a wrong one: %s", err.msg);
    rules = auth_policy_get(auth);
    ok(json_equal(rules, open), "the policy stays");
    json_decref(rules);
    is_int(auth_policy_set(auth, NULL, &err), 0, "none");
    is_int(auth->ping, AUTH_PING_CHALLENGE, "private again");
    auth_free(auth);
    is_int(make(&auth, (struct auth_settings){.ping = AUTH_PING_OPEN_CHALLENGE}, NULL, NULL, &err),
           0, "made");
    is_int(auth_policy_set(auth, open, &err), 0, "an open policy");
    is_int(auth->ping, AUTH_PING_OPEN_CHALLENGE, "what was chosen stays");
    auth_free(auth);
    json_decref(open);
    json_decref(bad);
}

static enum identity_kind kind_of(struct auth *auth, const char *token)
{
    struct identity id;
    enum identity_kind kind;
    bool foreign;

    identity_init(&id);
    bearer_check(auth, token, BEARER_ANY, &id, &foreign);
    kind = id.kind;
    identity_done(&id);
    return kind;
}

static void test_tokens_at_run_time(void)
{
    const struct scope_set none = {0};
    struct auth_mint what = {.account = "alice", .access = &none};
    struct auth_minted minted = {0};
    struct auth *auth = NULL;
    struct err err = {0};
    json_t *row = NULL;

    is_int(make(&auth,
                (struct auth_settings){.users = (const char *const[]){"alice:x"}, .user_count = 1},
                NULL, NULL, &err),
           0, "made");
    is_int(auth_token_mint(auth, &minted, &what, &err), 0, "a token: %s", err.msg);
    is_int(minted.expires - minted.issued_at, 300, "lives as others do");
    is_int(kind_of(auth, minted.token), IDENTITY_BEARER, "it is good");
    is_int(auth_access_token_revoke(auth, minted.token, &err), 0, "revoked: %s", err.msg);
    is_int(kind_of(auth, minted.token), IDENTITY_INVALID, "no more");
    free(minted.token);
    what.ttl = 60;
    what.age = 3600;
    is_int(auth_token_mint(auth, &minted, &what, &err), 0, "an old one");
    is_int(kind_of(auth, minted.token), IDENTITY_EXPIRED, "has expired");
    is_int(auth_access_token_revoke(auth, minted.token, &err), 0, "which is revoked enough");
    minted.token[strlen(minted.token) / 2] ^= 1;
    is_int(auth_access_token_revoke(auth, minted.token, &err), -1, "broken: %s", err.msg);
    ok(strstr(err.msg, minted.token) == NULL, "the token is not told");
    free(minted.token);
    what.account = "nobody";
    is_int(auth_token_mint(auth, &minted, &what, &err), -1, "for nobody: %s", err.msg);
    is_int(err.code, ERR_ABSENT, "not found");
    is_int(auth_account_set_subject(auth, "alice", "CN=alice", &err), 0, "a subject");
    is_int(auth_account_describe(auth, "alice", &row, &err), 0, "described");
    is_str(json_string_value(json_object_get(row, "subject")), "CN=alice", "with it");
    json_decref(row);
    is_int(auth_account_describe(auth, "nobody", &row, &err), -1, "not so others: %s", err.msg);
    auth_free(auth);
}

int main(void)
{
    plan_lazy();
    ok(loop_new(&loop, 1, NULL) == 0, "a loop");
    test_mistakes();
    test_modes();
    test_sources();
    test_rsa();
    test_run_time();
    test_policy_at_run_time();
    test_tokens_at_run_time();
    loop_free(loop);
    done_testing();
}
