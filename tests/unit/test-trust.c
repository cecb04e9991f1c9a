/* SPDX-License-Identifier: MIT */
#include "auth/trust.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <jansson.h>

#include "auth/claims.h"
#include "auth/jwks.h"
#include "auth/key_set.h"
#include "lib/util/buf.h"
#include "lib/util/err.h"
#include "lib/util/util.h"
#include "tests/tap/tap.h"
#include "tests/unit/key_help.h"

enum { NOW = 1700000000 };

static const struct trust_time now = {.now_ms = (int64_t)NOW * 1000};
static const struct scope_set nothing;

/* A cluster's key, known by a key set, and a token service's, known by its certificate. */
struct fixture {
    char path[64]; /* the current folder */
    struct key *cluster, *service, *stranger;
};

static void write_text(const char *path, const char *text)
{
    FILE *f = fopen(path, "w");

    (void)fputs(text, f);
    (void)fclose(f);
}

static void write_jwks(const char *path, struct key *key)
{
    struct key_set set = {.keys = {key}, .count = 1};
    json_t *object = jwks_to_json(&set);

    (void)json_dump_file(object, path, 0);
    json_decref(object);
}

static void write_certificate(const char *path, struct key *key)
{
    struct buf b;

    buf_init(&b, KEY_FILE_MAX);
    (void)key_certify(key, "service", NOW, NULL);
    key_print_certificates(&b, key);
    write_text(path, buf_text(&b));
    buf_done(&b);
}

static bool setup(struct fixture *f)
{
    (void)snprintf(f->path, sizeof(f->path), "/tmp/test-trust-XXXXXX");
    if (mkdtemp(f->path) == NULL || chdir(f->path) != 0)
        return false;
    (void)key_generate(&f->cluster, KEY_RS256, NULL);
    (void)key_set_id(f->cluster, "cluster-1", NULL);
    (void)key_generate(&f->service, KEY_ES256, NULL);
    (void)key_generate(&f->stranger, KEY_ES256, NULL);
    write_jwks("cluster.json", f->cluster);
    write_certificate("service.crt", f->service);
    write_jwks("stranger.json", f->stranger);
    write_text("odd.json", "{\"keys\":[{\"kty\":\"OKP\"},{\"kty\":\"RSA\",\"n\":\"" RFC_N
                           "\",\"e\":\"AQAB\"}]}");
    write_text("secret.json", "{\"keys\":[{\"kty\":\"oct\",\"k\":\"c2VjcmV0\"}]}");
    write_text("empty", "");
    return true;
}

static void teardown(struct fixture *f)
{
    (void)unlink("cluster.json");
    (void)unlink("service.crt");
    (void)unlink("stranger.json");
    (void)unlink("odd.json");
    (void)unlink("secret.json");
    (void)unlink("empty");
    (void)chdir("/");
    (void)rmdir(f->path);
    key_unref(f->cluster);
    key_unref(f->service);
    key_unref(f->stranger);
}

static int new_trust(struct trust **ret, const char *config, struct err *err)
{
    json_t *list = json_loads(config, 0, NULL);
    int result = trust_new(ret, list, err);

    json_decref(list);
    return result;
}

static char *sign(const struct key *key, const char *kid, const char *issuer, const char *audience,
                  const char *subject, int64_t expires)
{
    const struct claims_settings claims = {.issuer = issuer,
                                           .subject = subject,
                                           .audience = audience,
                                           .issued_at = NOW,
                                           .not_before = NOW - CLAIMS_EARLY,
                                           .expires = expires,
                                           .access = &nothing};
    char header[256];
    char *token = NULL;

    (void)snprintf(header, sizeof(header), "{\"alg\":\"%s\",\"kid\":\"%s\"}",
                   key_algorithm_name(key_algorithm(key)), kid);
    (void)jws_sign(&token, key, header, &claims, NULL);
    return token;
}

static const char config[] =
    "[{\"jwks\":\"cluster.json\",\"issuer\":\"cluster\",\"audience\":\"ocimock\","
    "\"account_prefix\":\"k8s:\"},"
    "{\"pem\":\"service.crt\",\"issuer\":\"service\",\"audience\":[\"a\",\"b\"]},"
    "{\"jwks\":\"stranger.json\",\"issuer\":\"service\",\"audience\":\"c\"}]";

static void test_good_and_bad(const struct fixture *f)
{
    const struct {
        const char *what;
        const struct key *key;
        const char *kid, *issuer, *audience, *subject;
        int64_t expires;
        enum jws_result want;
        const char *account;
    } rows[] = {
        {"a service account", f->cluster, "cluster-1", "cluster", "ocimock",
         "system:serviceaccount:ns:builder", NOW + 9, JWS_GOOD,
         "k8s:system:serviceaccount:ns:builder"},
        {"nobody", f->cluster, "cluster-1", "cluster", "ocimock", "", NOW + 9, JWS_GOOD, ""},
        {"it expired", f->cluster, "cluster-1", "cluster", "ocimock", "x", NOW, JWS_EXPIRED,
         "k8s:x"},
        {"for another service", f->cluster, "cluster-1", "cluster", "other", "x", NOW + 9,
         JWS_WRONG_AUDIENCE, "k8s:x"},
        {"a key of another name", f->cluster, "cluster-2", "cluster", "ocimock", "x", NOW + 9,
         JWS_UNKNOWN_KEY, ""},
        {"an issuer nobody knows", f->cluster, "cluster-1", "other", "ocimock", "x", NOW + 9,
         JWS_UNKNOWN_KEY, ""},
        {"another issuer's key", f->cluster, "cluster-1", "service", "a", "x", NOW + 9,
         JWS_UNKNOWN_KEY, ""},
        {"a certificate's key, whatever its name", f->service, "mine", "service", "b", "alice",
         NOW + 9, JWS_GOOD, "alice"},
        {"the second entry of an issuer", f->stranger, key_id(f->stranger), "service", "c", "bob",
         NOW + 9, JWS_GOOD, "bob"},
        {"its audience with the other's key", f->service, "mine", "service", "c", "x", NOW + 9,
         JWS_WRONG_AUDIENCE, "x"},
        {"a stranger", f->stranger, "cluster-1", "cluster", "ocimock", "x", NOW + 9,
         JWS_BAD_ALGORITHM, ""},
    };
    struct trust *trust = NULL;
    struct err err = {0};

    if (!ok(new_trust(&trust, config, &err) == 0, "three issuers %s", err.msg))
        return;
    is_str(trust_warnings(trust), "", "without warning");
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct claims claims;
        auto_free char *token = sign(rows[i].key, rows[i].kid, rows[i].issuer, rows[i].audience,
                                     rows[i].subject, rows[i].expires);

        is_str(jws_result_name(trust_verify(trust, &claims, token, strlen(token), &now, &err)),
               jws_result_name(rows[i].want), "%s", rows[i].what);
        is_str(claims.subject, rows[i].account, "its account");
        claims_done(&claims);
    }
    trust_free(trust);
}

static void test_leeway(const struct fixture *f)
{
    const struct trust_time lenient = {.now_ms = (int64_t)(NOW + 5) * 1000, .leeway_ms = 10000};
    auto_free char *token = sign(f->cluster, "cluster-1", "cluster", "ocimock", "x", NOW + 1);
    struct trust *trust = NULL;
    struct claims claims;

    (void)new_trust(&trust, config, NULL);
    is_int(trust_verify(trust, &claims, token, strlen(token), &lenient, NULL), JWS_GOOD,
           "the leeway counts here too");
    claims_done(&claims);
    is_int(trust_verify(trust, &claims, "x", 1, &lenient, NULL), JWS_MALFORMED,
           "a password that is no token is none");
    claims_done(&claims);
    trust_free(trust);
}

static void test_long_subject(const struct fixture *f)
{
    char subject[CLAIMS_TEXT_MAX + 1];
    auto_free char *token = NULL;
    struct trust *trust = NULL;
    struct claims claims;

    memset(subject, 's', sizeof(subject) - 1);
    subject[sizeof(subject) - 1] = '\0';
    token = sign(f->cluster, "cluster-1", "cluster", "ocimock", subject, NOW + 9);
    (void)new_trust(&trust, config, NULL);
    is_int(trust_verify(trust, &claims, token, strlen(token), &now, NULL), JWS_MALFORMED,
           "a subject without room for its prefix is not cut");
    is_str(claims.subject, "", "nor shown");
    claims_done(&claims);
    trust_free(trust);
}

static void test_bad_config(void)
{
    static const struct {
        const char *config, *message;
    } rows[] = {
        {"[{}]", "'issuer'"},
        {"[{\"issuer\":\"i\"}]", "'audience'"},
        {"[{\"issuer\":\"i\",\"audience\":[]}]", "'audience'"},
        {"[{\"issuer\":\"i\",\"audience\":[\"\"]}]", "'audience'"},
        {"[{\"issuer\":\"i\",\"audience\":5}]", "'audience'"},
        {"[{\"issuer\":\"i\",\"audience\":\"a\"}]", "either 'jwks' or 'pem'"},
        {"[{\"issuer\":\"i\",\"audience\":\"a\",\"jwks\":\"a\",\"pem\":\"b\"}]", "either"},
        {"[{\"issuer\":\"i\",\"audience\":\"a\",\"jwks\":\"none.json\"}]", "none.json"},
        {"[{\"issuer\":\"i\",\"audience\":\"a\",\"jwks\":\"empty\"}]", "empty"},
        {"[{\"issuer\":\"i\",\"audience\":\"a\",\"pem\":\"empty\"}]", "empty"},
        {"[{\"issuer\":\"i\",\"audience\":\"a\",\"jwks\":\"secret.json\"}]", "oct"},
    };

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct trust *trust = NULL;
        struct err err = {0};

        is_int(new_trust(&trust, rows[i].config, &err), -1, "%s is refused", rows[i].config);
        is_int(err.code, ERR_CONFIG, "as configuration");
        ok(strstr(err.msg, "auth.trust[0]: ") == err.msg &&
               strstr(err.msg, rows[i].message) != NULL,
           "which is named: %s", err.msg);
    }
}

static void test_warnings(void)
{
    struct trust *trust = NULL;

    ok(new_trust(&trust, "[{\"issuer\":\"i\",\"audience\":\"a\",\"jwks\":\"odd.json\"}]", NULL) ==
           0,
       "a set with an odd key");
    is_str(trust_warnings(trust), "odd.json: key 0 is skipped: type 'OKP'\n", "is a warning");
    trust_free(trust);
    trust_free(NULL);
}

int main(void)
{
    struct fixture f = {0};

    if (!setup(&f))
        skip_all("no folder for files");
    plan_lazy();
    test_good_and_bad(&f);
    test_leeway(&f);
    test_long_subject(&f);
    test_bad_config();
    test_warnings();
    teardown(&f);
    done_testing();
}
