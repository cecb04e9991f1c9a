/* SPDX-License-Identifier: MIT */
#include "auth/identity.h"

#include <crypt.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <jansson.h>

#include "auth/account.h"
#include "auth/auth.h"
#include "auth/claims.h"
#include "auth/internal.h"
#include "auth/key.h"
#include "auth/keyring.h"
#include "lib/http/loop.h"
#include "lib/util/base64.h"
#include "lib/util/buf.h"
#include "lib/util/clock.h"
#include "lib/util/err.h"
#include "lib/util/util.h"
#include "tests/tap/tap.h"
#include "tests/unit/fake_exchange.h"

/* bcrypt, cost 4, of "one" */
#define HASH "$2y$04$zzzzzzzzzzzzzzzzzzzzzultTvWSMJjnagI1WYC8FZyobEqgV4uU6"

static struct loop *loop;
static struct clock shifted;

/* --- Counting hashes; jobs make them ------------------------------------------------------------
 */

char *__real_crypt_r(const char *phrase, const char *setting, struct crypt_data *data);
char *__wrap_crypt_r(const char *phrase, const char *setting, struct crypt_data *data);

static atomic_uint hashes_made;

char *__wrap_crypt_r(const char *phrase, const char *setting, struct crypt_data *data)
{
    hashes_made++;
    return __real_crypt_r(phrase, setting, data);
}

/* --- Asking -------------------------------------------------------------------------------------
 */

struct answer {
    struct identity id; /* owned */
    unsigned calls;
};

static void on_answer(void *arg, const struct identity *id)
{
    struct answer *a = arg;

    a->calls++;
    ok(identity_copy(&a->id, id) == 0, "an answer");
}

static void turn(void *arg)
{
    loop_stop(arg);
}

/* Lets jobs end, whatever it takes. */
static void turn_loop(void)
{
    struct loop_timer *timer = NULL;

    (void)loop_timer_new(&timer, loop, turn, loop, NULL);
    loop_timer_start(timer, 2);
    (void)loop_run(loop, NULL);
    loop_timer_free(timer);
}

static struct http_exchange *request(const char *authorization)
{
    auto_buf struct buf line = BUF_INIT(200000);

    if (authorization == NULL)
        return fake_exchange_new(loop, NULL, "GET /v2/", "Host: registry", NULL);
    (void)buf_appendf(&line, "Authorization: %s", authorization);
    return fake_exchange_new(loop, NULL, "GET /v2/", buf_text(&line), NULL);
}

/* The caller frees what is granted with identity_done(). */
static struct identity ask(struct auth *auth, const char *authorization)
{
    struct http_exchange *x = request(authorization);
    struct identity_query *query = NULL;
    struct answer a = {.calls = 0};

    identity_find(auth, x, on_answer, &a, &query);
    ok((query == NULL) == (a.calls == 1), "at once, or a query");
    for (unsigned i = 0; i < 5000 && a.calls == 0; i++)
        turn_loop();
    is_int(a.calls, 1, "one answer");
    fake_exchange_free(x);
    return a.id;
}

static char *basic(const char *user, const char *secret)
{
    struct buf b = BUF_INIT(200000);
    auto_buf struct buf pair = BUF_INIT(100000);

    (void)buf_appendf(&pair, "%s:%s", user, secret);
    (void)buf_append_text(&b, "Basic ");
    base64_encode(&b, BASE64_STANDARD, pair.data, pair.len);
    return buf_take(&b, NULL);
}

/* Asks, and compares; the fingerprint must be there where credentials were read. */
static void is_identity(struct auth *auth, const char *authorization, enum identity_kind kind,
                        const char *account, const char *reason)
{
    struct identity id = ask(auth, authorization);

    is_str(identity_kind_name(id.kind), identity_kind_name(kind), "kind");
    is_str(id.account, account, "account");
    ok(reason[0] == '\0' ? id.reason[0] == '\0' : strstr(id.reason, reason) != NULL,
       "reason '%s': %s", reason, id.reason);
    identity_done(&id);
}

static void is_basic(struct auth *auth, const char *user, const char *secret,
                     enum identity_kind kind, const char *account, const char *reason)
{
    auto_free char *value = basic(user, secret);

    is_identity(auth, value, kind, account, reason);
}

static struct auth *make(struct auth_settings settings, const char *accounts, const char *policy,
                         const char *trust)
{
    json_t *a = accounts == NULL ? NULL : json_loads(accounts, 0, NULL);
    json_t *p = policy == NULL ? NULL : json_loads(policy, 0, NULL);
    json_t *t = trust == NULL ? NULL : json_loads(trust, 0, NULL);
    struct auth *auth = NULL;
    struct err err = {0};

    settings.accounts = a;
    settings.policy = p;
    settings.trust = t;
    is_int(auth_new(&auth, loop, &shifted, &settings, &err), 0, "made: %s", err.msg);
    json_decref(a);
    json_decref(p);
    json_decref(t);
    return auth;
}

#define ACCOUNTS                                                                                   \
    "[{\"name\": \"alice\", \"secret\": \"wonder\"}, {\"name\": \"carol\", \"hash\": \"" HASH "\"" \
    "}]"

/* --- Basic --------------------------------------------------------------------------------------
 */

static void test_none(void)
{
    struct auth *auth = make((struct auth_settings){0}, NULL, NULL, NULL);

    is_identity(auth, NULL, IDENTITY_NONE, "", "");
    is_identity(auth, "Basic rubbish", IDENTITY_NONE, "", "");
    is_identity(auth, "Bearer rubbish", IDENTITY_NONE, "", "");
    ok(!access_is_on(auth) && !access_ping_challenges(auth), "nothing is asked for");
    auth_free(auth);
}

static void test_basic(void)
{
    struct auth *auth = make((struct auth_settings){.mode = AUTH_MODE_BASIC, .cache_life = 60000},
                             ACCOUNTS, NULL, NULL);

    is_identity(auth, NULL, IDENTITY_NONE, "", "");
    is_identity(auth, "Basic Og==", IDENTITY_NONE, "", "");
    is_identity(auth, "Bearer x", IDENTITY_NONE, "", "a token where Basic credentials are wanted");
    is_identity(auth, "Digest x", IDENTITY_INVALID, "", "neither Basic nor Bearer");
    is_basic(auth, "alice", "wonder", IDENTITY_BASIC, "alice", "");
    is_basic(auth, "alice", "Wonder", IDENTITY_INVALID, "alice", "wrong password");
    is_basic(auth, "alice", "", IDENTITY_INVALID, "alice", "empty password");
    is_basic(auth, "nobody", "wonder", IDENTITY_INVALID, "nobody", "unknown account");
    is_basic(auth, "anonymous", "x", IDENTITY_INVALID, "anonymous", "unknown account");
    is_basic(auth, "carol", "two", IDENTITY_INVALID, "carol", "wrong password");
    hashes_made = 0;
    is_basic(auth, "carol", "one", IDENTITY_BASIC, "carol", "");
    is_int(hashes_made, 1, "one hash");
    is_basic(auth, "carol", "one", IDENTITY_BASIC, "carol", "");
    is_int(hashes_made, 1, "it is remembered");
    (void)auth_account_disable(auth, "carol", true, NULL);
    is_basic(auth, "carol", "one", IDENTITY_INVALID, "carol", "disabled");
    ok(access_is_on(auth) && access_ping_challenges(auth), "it is asked for");
    auth_free(auth);
}

static void test_fingerprint(void)
{
    struct auth *auth = make((struct auth_settings){.mode = AUTH_MODE_BASIC}, ACCOUNTS, NULL, NULL);
    auto_free char *value = basic("alice", "wonder");
    auto_free char *wrong = basic("alice", "other");
    struct identity good = ask(auth, value), again = ask(auth, value), bad = ask(auth, wrong);
    struct identity none = ask(auth, NULL);

    is_int((long long)strlen(good.fingerprint), 16, "16 digits: %s", good.fingerprint);
    is_str(again.fingerprint, good.fingerprint, "the same again");
    ok(strlen(bad.fingerprint) == 16 && strcmp(bad.fingerprint, good.fingerprint) != 0,
       "others for others");
    is_str(none.fingerprint, "", "none for none");
    auth_free(auth);
}

/* Many at once, and some go away. */
static void test_wave(void)
{
    enum { N = 50 };
    struct auth *auth = make((struct auth_settings){.mode = AUTH_MODE_BASIC}, ACCOUNTS, NULL, NULL);
    auto_free char *good = basic("carol", "one");
    auto_free char *bad = basic("carol", "two");
    struct http_exchange *x[N];
    struct identity_query *queries[N];
    struct answer answers[N] = {0};
    unsigned left = N, right = 0, wrong = 0;

    hashes_made = 0;
    for (size_t i = 0; i < N; i++) {
        x[i] = request(i % 2 == 0 ? good : bad);
        identity_find(auth, x[i], on_answer, &answers[i], &queries[i]);
    }
    for (size_t i = 0; i < N; i += 5)
        identity_cancel(queries[i]);
    for (unsigned n = 0; n < 5000 && left > N / 5; n++) {
        turn_loop();
        left = 0;
        for (size_t i = 0; i < N; i++)
            left += answers[i].calls == 0 ? 1 : 0;
    }
    for (size_t i = 0; i < N; i++) {
        is_int(answers[i].calls, i % 5 != 0, "answered, unless it was cancelled");
        right += answers[i].id.kind == IDENTITY_BASIC ? 1 : 0;
        wrong += answers[i].id.kind == IDENTITY_INVALID ? 1 : 0;
        fake_exchange_free(x[i]);
    }
    is_int(right, 20, "good ones");
    is_int(wrong, 20, "bad ones");
    is_int(hashes_made, 2, "the same secret is hashed once at a time");
    identity_cancel(NULL);
    auth_free(auth);
}

static void test_cancel_all(void)
{
    struct auth *auth = make((struct auth_settings){.mode = AUTH_MODE_BASIC}, ACCOUNTS, NULL, NULL);
    auto_free char *value = basic("carol", "one");
    struct http_exchange *x[8];
    struct identity_query *queries[8];
    struct answer a = {.calls = 0};

    for (size_t i = 0; i < ARRAY_LEN(x); i++) {
        auto_free char *other = basic("carol", (char[]){(char)('a' + i), '\0'});

        x[i] = request(other);
        identity_find(auth, x[i], on_answer, &a, &queries[i]);
    }
    for (size_t i = 0; i < ARRAY_LEN(x); i++) {
        identity_cancel(queries[i]);
        fake_exchange_free(x[i]);
    }
    is_identity(auth, value, IDENTITY_BASIC, "carol", "");
    is_int(a.calls, 0, "nobody was told");
    auth_free(auth);
}

/* A login with the new secret does not join one that compares with the old. */
static void test_rotation_meanwhile(void)
{
    struct auth *auth =
        make((struct auth_settings){.mode = AUTH_MODE_BASIC},
             "[{\"name\": \"carol\", \"hash\": \"$2y$04$zzzzzzzzzzzzzzzzzzzzzugd9xxnca7"
             "n2jORVkjhXwQ175hjbbRGi\"}]",
             NULL, NULL);
    auto_free char *value = basic("carol", "one");
    struct http_exchange *x = request(value);
    struct identity_query *query;
    struct answer a = {.calls = 0};

    identity_find(auth, x, on_answer, &a, &query);
    ok(auth_account_rotate(auth, "carol", NULL, HASH, 0, NULL) == 0, "rotated");
    is_identity(auth, value, IDENTITY_BASIC, "carol", "");
    for (unsigned i = 0; i < 5000 && a.calls == 0; i++)
        turn_loop();
    is_int(a.id.kind, IDENTITY_INVALID, "the earlier one compared with the old");
    fake_exchange_free(x);
    auth_free(auth);
}

/* --- Bearer -------------------------------------------------------------------------------------
 */

/* "Bearer TOKEN"; what is not given is as our token service writes it. */
static char *bearer(struct auth *auth, struct keyring *ring, struct claims_settings c,
                    const char *scopes)
{
    struct scope_set access = {0};
    char id[ACCOUNT_TOKEN_ID_SIZE];
    char *token = NULL;
    char *value = NULL;
    struct err err = {0};
    int64_t now = clock_now(&shifted);

    if (scopes != NULL)
        (void)scope_set_parse(&access, scopes, NULL);
    (void)accounts_token_id(auth->accounts, c.subject, id, NULL);
    c.issuer = c.issuer != NULL ? c.issuer : "ocimock";
    c.audience = c.audience != NULL ? c.audience : "ocimock";
    c.id = c.id != NULL ? c.id : id;
    c.issued_at = c.issued_at != 0 ? c.issued_at : now;
    c.not_before = c.not_before != 0 ? c.not_before : now - 10;
    c.expires = c.expires != 0 ? c.expires : now + 300;
    c.access = &access;
    is_int(keyring_sign(ring, &token, &c, &err), 0, "a token: %s", err.msg);
    ok(asprintf(&value, "Bearer %s", token) > 0, "a header");
    free(token);
    scope_set_done(&access);
    return value;
}

/* A ring with a key that nobody knows. */
static struct keyring *other_ring(struct key **ret_key)
{
    const struct keyring_settings settings = {.name = "other", .now = clock_now(&shifted)};
    struct keyring *ring = NULL;
    struct key *key = NULL;

    ok(keyring_new(&ring, &settings, NULL) == 0 && key_generate(&key, KEY_ES256, NULL) == 0,
       "another key");
    if (ret_key != NULL)
        *ret_key = key_ref(key);
    ok(keyring_add(ring, key, KEYRING_FIRST, NULL) == 0, "in a ring");
    return ring;
}

static void is_token(struct auth *auth, struct keyring *ring, struct claims_settings c,
                     enum identity_kind kind, const char *reason)
{
    auto_free char *value = bearer(auth, ring, c, "repository:a:pull");

    is_identity(auth, value, kind, c.subject, reason);
    is_identity(auth, value, kind, c.subject, reason); /* remembered or not */
}

static void test_bearer(void)
{
    struct auth *auth = make((struct auth_settings){.x5c = true}, ACCOUNTS, NULL, NULL);
    struct keyring *other = other_ring(NULL);
    int64_t now = clock_now(&shifted);

    is_identity(auth, NULL, IDENTITY_NONE, "", "");
    is_basic(auth, "alice", "wonder", IDENTITY_NONE, "",
             "Basic credentials where a token is wanted");
    is_identity(auth, "Bearer rubbish", IDENTITY_INVALID, "", "token");
    is_identity(auth, "Bearer a b", IDENTITY_INVALID, "", "malformed");
    is_token(auth, auth->keyring, (struct claims_settings){.subject = "alice"}, IDENTITY_BEARER,
             "");
    is_token(auth, auth->keyring, (struct claims_settings){.subject = ""}, IDENTITY_BEARER, "");
    is_token(auth, auth->keyring, (struct claims_settings){.subject = "stranger"}, IDENTITY_BEARER,
             "");
    is_token(auth, auth->keyring, (struct claims_settings){.subject = "alice", .expires = now - 1},
             IDENTITY_EXPIRED, "expired");
    is_token(auth, auth->keyring,
             (struct claims_settings){.subject = "alice", .not_before = now + 100},
             IDENTITY_INVALID, "not valid yet");
    is_token(auth, auth->keyring, (struct claims_settings){.subject = "alice", .issuer = "x"},
             IDENTITY_INVALID, "somebody else issued it");
    is_token(auth, auth->keyring, (struct claims_settings){.subject = "alice", .audience = "x"},
             IDENTITY_INVALID, "another service");
    {
        auto_free char *value =
            bearer(auth, other, (struct claims_settings){.subject = "alice"}, NULL);

        is_identity(auth, value, IDENTITY_INVALID, "", "no known key");
    }
    keyring_free(other);
    auth_free(auth);
}

static void test_bearer_in_time(void)
{
    struct auth *auth = make((struct auth_settings){.leeway = 5000}, ACCOUNTS, NULL, NULL);
    auto_free char *value =
        bearer(auth, auth->keyring, (struct claims_settings){.subject = "alice"}, NULL);
    auto_free char *fresh = NULL;

    is_identity(auth, value, IDENTITY_BEARER, "alice", "");
    shifted.shift_ms += (int64_t)303 * 1000;
    is_identity(auth, value, IDENTITY_BEARER, "alice", "");
    shifted.shift_ms += (int64_t)4 * 1000;
    is_identity(auth, value, IDENTITY_EXPIRED, "alice", "expired");
    is_identity(auth, value, IDENTITY_EXPIRED, "alice", "expired");
    shifted.shift_ms -= (int64_t)200 * 1000;
    is_identity(auth, value, IDENTITY_BEARER, "alice", "");
    shifted.shift_ms -= (int64_t)400 * 1000;
    is_identity(auth, value, IDENTITY_INVALID, "alice", "not valid yet");
    fresh = bearer(auth, auth->keyring, (struct claims_settings){.subject = "alice"}, NULL);
    is_identity(auth, fresh, IDENTITY_BEARER, "alice", "");
    auth_free(auth);
}

static void test_bearer_ended(void)
{
    struct auth *auth = make((struct auth_settings){0}, ACCOUNTS, NULL, NULL);
    struct claims_settings c = {.subject = "alice", .id = "first"};
    auto_free char *first = bearer(auth, auth->keyring, c, NULL);
    auto_free char *second =
        bearer(auth, auth->keyring, (struct claims_settings){.subject = "alice"}, NULL);
    auto_free char *carol =
        bearer(auth, auth->keyring, (struct claims_settings){.subject = "carol"}, NULL);
    auto_free char *third = NULL;

    is_identity(auth, first, IDENTITY_BEARER, "alice", "");
    (void)auth_token_revoke(auth, "first", clock_now(&shifted) + 300, NULL);
    is_identity(auth, first, IDENTITY_INVALID, "alice", "revoked");
    is_identity(auth, second, IDENTITY_BEARER, "alice", "");
    (void)auth_account_revoke(auth, "alice", NULL);
    is_identity(auth, second, IDENTITY_INVALID, "alice", "ended");
    third = bearer(auth, auth->keyring, (struct claims_settings){.subject = "alice"}, NULL);
    is_identity(auth, third, IDENTITY_BEARER, "alice", "");
    is_identity(auth, carol, IDENTITY_BEARER, "carol", "");
    (void)auth_account_remove(auth, "carol", NULL);
    is_identity(auth, carol, IDENTITY_INVALID, "carol", "removed");
    auth_free(auth);
}

/* --- Tokens of others ---------------------------------------------------------------------------
 */

static void write_public(const char *path, const struct key *key)
{
    auto_buf struct buf b = BUF_INIT(10000);
    FILE *f = fopen(path, "we");

    key_print_public(&b, key);
    ok(f != NULL && fputs(buf_text(&b), f) >= 0 && fclose(f) == 0, "a public key");
}

static void test_foreign(void)
{
    static const char sa[] = "system:serviceaccount:team-a:default";
    char path[] = "/tmp/test-identity-XXXXXX";
    int fd = mkstemp(path);
    auto_free char *trust = NULL;
    auto_free char *token = NULL, *late = NULL;
    struct claims_settings c = {.issuer = "https://cluster", .subject = sa, .audience = "ocimock"};
    struct key *key = NULL;
    struct keyring *cluster = other_ring(&key);
    struct auth *auth;

    ok(fd >= 0 && close(fd) == 0, "a file for the key");
    write_public(path, key);
    ok(asprintf(&trust,
                "[{\"pem\": \"%s\", \"issuer\": \"https://cluster\", \"audience\": \"ocimock\"}]",
                path) > 0,
       "trust");
    auth = make((struct auth_settings){.mode = AUTH_MODE_BASIC}, ACCOUNTS, NULL, trust);
    token = bearer(auth, cluster, c, NULL);
    is_basic(auth, "serviceaccount", token + strlen("Bearer "), IDENTITY_BASIC, sa, "");
    is_basic(auth, "alice", token + strlen("Bearer "), IDENTITY_BASIC, sa, "");
    is_basic(auth, "alice", "wonder", IDENTITY_BASIC, "alice", "");
    c.subject = "anonymous";
    late = bearer(auth, cluster, c, NULL);
    is_basic(auth, "x", late + strlen("Bearer "), IDENTITY_INVALID, "x", "the name of a group");
    shifted.shift_ms += (int64_t)400 * 1000;
    is_basic(auth, "x", token + strlen("Bearer "), IDENTITY_INVALID, "x", "expired");
    {
        auto_free char *own =
            bearer(auth, auth->keyring, (struct claims_settings){.subject = "alice"}, NULL);

        is_basic(auth, "alice", own + strlen("Bearer "), IDENTITY_INVALID, "alice",
                 "nobody who is trusted issued it");
    }
    auth_free(auth);
    auth = make((struct auth_settings){0}, ACCOUNTS, NULL, trust);
    c.subject = sa;
    is_token(auth, cluster, c, IDENTITY_BEARER, "");
    c.audience = "other";
    is_token(auth, cluster, c, IDENTITY_INVALID, "another service");
    auth_free(auth);
    keyring_free(cluster);
    key_unref(key);
    (void)unlink(path);
}

/* --- Certificates -------------------------------------------------------------------------------
 */

static void is_certificate(struct auth *auth, const char *subject, enum identity_kind kind,
                           const char *account, const char *reason)
{
    struct http_exchange *x = request(NULL);
    struct identity_query *query = NULL;
    struct answer a = {.calls = 0};

    fake_set_client_subject(x, subject);
    identity_find(auth, x, on_answer, &a, &query);
    is_int(a.calls, 1, "an answer about %.60s", subject);
    is_str(identity_kind_name(a.id.kind), identity_kind_name(kind), "kind");
    is_str(a.id.account, account, "account");
    ok(reason[0] == '\0' ? a.id.reason[0] == '\0' : strstr(a.id.reason, reason) != NULL,
       "reason '%s': %s", reason, a.id.reason);
    fake_exchange_free(x);
}

static void test_certificates(void)
{
    static const char accounts[] = "[{\"name\": \"alice\", \"secret\": \"wonder\"},"
                                   " {\"name\": \"node\", \"subject\": \"CN=node-1,O=cluster\"},"
                                   " {\"name\": \"gr\u00fcn, x\", \"secret\": \"x\"},"
                                   " {\"name\": \"gone\", \"secret\": \"x\", \"disabled\": true}]";
    struct auth *auth = make((struct auth_settings){.mode = AUTH_MODE_BASIC}, accounts, NULL, NULL);
    auto_free char *value = basic("alice", "wonder");
    char long_subject[2000] = "CN=alice,O=";
    struct http_exchange *x = request(value);
    struct identity_query *query = NULL;
    struct answer a = {.calls = 0};

    is_certificate(auth, "CN=alice", IDENTITY_CERTIFICATE, "alice", "");
    is_certificate(auth, "O=team,CN=alice,C=DE", IDENTITY_CERTIFICATE, "alice", "");
    is_certificate(auth, "OU=a\\,CN=bob+CN=alice", IDENTITY_CERTIFICATE, "alice", "");
    is_certificate(auth, "CN=gr\\C3\\BCn\\, x", IDENTITY_CERTIFICATE, "grün, x", "");
    is_certificate(auth, "CN=node-1,O=cluster", IDENTITY_CERTIFICATE, "node", "");
    is_certificate(auth, "CN=node-1,O=other", IDENTITY_NONE, "", "belongs to no account");
    is_certificate(auth, "CN=node", IDENTITY_NONE, "", "belongs to no account");
    is_certificate(auth, "CN=nobody", IDENTITY_NONE, "", "belongs to no account");
    is_certificate(auth, "O=alice", IDENTITY_NONE, "", "belongs to no account");
    is_certificate(auth, "CN=alice\\00x", IDENTITY_NONE, "", "belongs to no account");
    is_certificate(auth, "CN=gone", IDENTITY_INVALID, "gone", "disabled");
    memset(long_subject + strlen(long_subject), 'x', 1980 - strlen(long_subject));
    is_certificate(auth, long_subject, IDENTITY_NONE, "", "belongs to no account");
    is_basic(auth, "node", "x", IDENTITY_INVALID, "node", "wrong password");
    fake_set_client_subject(x, "CN=node-1,O=cluster");
    identity_find(auth, x, on_answer, &a, &query);
    is_str(a.id.account, "alice", "the header comes first");
    fake_exchange_free(x);
    auth_free(auth);
}

int main(void)
{
    plan_lazy();
    ok(loop_new(&loop, 2, NULL) == 0, "a loop");
    test_none();
    test_basic();
    test_fingerprint();
    test_wave();
    test_cancel_all();
    test_rotation_meanwhile();
    test_bearer();
    test_bearer_in_time();
    test_bearer_ended();
    test_foreign();
    test_certificates();
    loop_free(loop);
    done_testing();
}
