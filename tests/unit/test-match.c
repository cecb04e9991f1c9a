/* SPDX-License-Identifier: MIT */
#include "lib/fault/match.h"

#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "lib/http/request.h"
#include "lib/util/err.h"
#include "tests/tap/tap.h"
#include "tests/unit/fault_words.h"

static const char *const skipped[] = {"nth", NULL};

static struct match *parse(const char *json)
{
    json_t *object = json_loads(json, 0, NULL);
    struct match *m = NULL;
    struct err err = {0};

    if (match_parse(&m, &words, object, "rules[3].when", skipped, &err) != 0)
        diag("%s", err.msg);
    json_decref(object);
    return m;
}

static void holds(const char *json, const struct subject *s, bool want)
{
    struct match *m = parse(json);

    ok(m != NULL && match_holds(m, s) == want, "%s %s", json, want ? "holds" : "does not hold");
    match_free(m);
}

static void test_words(void)
{
    struct subject s = words_subject(OP_BLOB_GET, "team/app");

    s.values[W_ROLE] = "layer";
    holds("{}", &s, true);
    holds("{\"op\": \"blob.get\"}", &s, true);
    holds("{\"op\": \"blob.head\"}", &s, false);
    holds("{\"op\": \"blob.*\"}", &s, true);
    holds("{\"op\": [\"blob.*\", \"!blob.get\"]}", &s, false);
    holds("{\"op\": \"!ping\"}", &s, true);
    holds("{\"op\": [\"ping\", \"blob.get\"], \"repo\": \"team/*\", \"role\": \"layer\"}", &s,
          true);
    holds("{\"op\": [\"ping\", \"blob.get\"], \"repo\": \"other/*\"}", &s, false);
    holds("{\"role\": \"!config\"}", &s, true);
    holds("{\"role\": \"l*\"}", &s, true);
    holds("{\"user\": \"!alice\"}", &s, false);
    holds("{\"client\": \"192.0.2.0/24\"}", &s, true);
    holds("{\"client\": \"!192.0.2.0/24\"}", &s, false);
    holds("{\"digest\": \"*\"}", &s, false);
    holds("{\"digest\": \"!*\"}", &s, true);
    holds("{\"digest\": null, \"nth\": 1}", &s, true);
    s.values[W_ROLE] = NULL;
    holds("{\"role\": \"!config\"}", &s, true);
    holds("{\"role\": \"layer\"}", &s, false);
}

static void test_fields(void)
{
    static const struct http_header headers[] = {
        {"Accept", "a/b"}, {"X-Trace", "1"}, {"accept", "c/d"}};
    static const struct parameter parameters[] = {{"ns", "docker.io"}, {"n", "5"}};
    struct http_request req = {.path = "/v2/team/app/blobs/x",
                               .header_count = 3,
                               .headers = headers,
                               .parameter_count = 2,
                               .parameters = parameters};
    struct subject s = words_subject(OP_BLOB_GET, "team/app");

    s.request = &req;
    holds("{\"header\": {\"ACCEPT\": \"c/*\"}}", &s, true);
    holds("{\"header\": {\"Accept\": \"!a/b\"}}", &s, false);
    holds("{\"header\": {\"Accept\": \"x\"}}", &s, false);
    holds("{\"header\": {\"X-Trace\": 1, \"X-None\": \"!*\"}}", &s, true);
    holds("{\"header\": {\"X-None\": \"*\"}}", &s, false);
    holds("{\"header\": {\"X-Trace\": null}}", &s, true);
    holds("{\"query\": {\"ns\": \"docker.*\", \"n\": 5}}", &s, true);
    holds("{\"query\": {\"ns\": \"quay.io\"}}", &s, false);
    holds("{\"query\": {\"last\": \"*\"}}", &s, false);
    holds("{\"path\": \"/v2/*/blobs/*\"}", &s, true);
    holds("{\"path\": [\"/v2/\", \"/\"]}", &s, false);
    s.request = NULL;
    holds("{\"path\": \"/v2/*\"}", &s, false);
    holds("{\"header\": {\"Accept\": \"*\"}}", &s, false);
    holds("{\"header\": {\"Accept\": \"!x\"}}", &s, true);
}

static void refused(const char *json, const char *message)
{
    json_t *object = json_loads(json, JSON_DECODE_ANY, NULL);
    struct match *m = NULL;
    struct err err = {0};

    is_int(match_parse(&m, &words, object, "rules[3].when", skipped, &err), -1, "refused: %s",
           json);
    is_str(err.msg, message, "and told why");
    is_int(err.code, ERR_CONFIG, "as configuration");
    json_decref(object);
}

static void test_refused(void)
{
    refused("{\"rpeo\": \"a\"}", "rules[3].when.rpeo: unknown key: did you mean 'repo'?");
    refused("{\"headers\": {}}", "rules[3].when.headers: unknown key: did you mean 'header'?");
    refused("{\"nht\": 1}", "rules[3].when.nht: unknown key: did you mean 'nth'?");
    refused("{\"zzzzzz\": 1}",
            "rules[3].when.zzzzzz: unknown key: expected one of op, repo, role, user, client, "
            "listener, digest, header, query, path, nth");
    refused("{\"op\": \"blob.gte\"}",
            "rules[3].when.op: 'blob.gte' is not allowed: did you mean 'blob.get'? expected ping, "
            "blob.get, blob.head, manifest.get, manifest.head");
    refused("{\"op\": [\"ping\", \"!zzzzzzz\"]}",
            "rules[3].when.op[1]: 'zzzzzzz' is not allowed: expected ping, blob.get, blob.head, "
            "manifest.get, manifest.head");
    refused("{\"role\": \"layers\"}",
            "rules[3].when.role: 'layers' is not allowed: did you mean 'layer'? expected config, "
            "layer");
    refused("{\"repo\": {}}", "rules[3].when.repo: expected a text, not keys and values");
    refused("{\"header\": \"X\"}", "rules[3].when.header: expected names and values");
    refused("{\"query\": {\"n\": {}}}",
            "rules[3].when.query.n: expected a text, not keys and values");
    refused("[]", "rules[3].when: expected words and values");
}

static void test_too_many(void)
{
    json_t *object = json_pack("{s:{}}", "header");
    struct match *m = NULL;
    struct err err = {0};
    char name[16];

    for (int i = 0; i < 101; i++) {
        (void)snprintf(name, sizeof(name), "X-%d", i);
        json_object_set_new(json_object_get(object, "header"), name, json_string("a"));
    }
    is_int(match_parse(&m, &words, object, "w", NULL, &err), -1, "too many criteria");
    is_str(err.msg, "w.header.X-100: more than 100 criteria", "are refused");
    json_object_del(json_object_get(object, "header"), "X-100");
    is_int(match_parse(&m, &words, object, "w", NULL, &err), 0, "a hundred are not");
    match_free(m);
    json_decref(object);
}

static void impossible(const char *json, bool want)
{
    struct match *m = parse(json);

    ok(match_is_impossible(m) == want, "%s is %spossible", json, want ? "im" : "");
    match_free(m);
}

static void test_impossible(void)
{
    impossible("{}", false);
    impossible("{\"op\": \"blob.x*\"}", true);
    impossible("{\"op\": [\"ping\", \"!p*\"]}", true);
    impossible("{\"role\": \"x*\"}", true);
    impossible("{\"role\": \"!c*\"}", false);
    impossible("{\"repo\": [\"a\", \"!a\"]}", true);
    impossible("{\"repo\": \"Xa\"}", true);
    impossible("{\"repo\": [\"Xa\", \"a\"]}", false);
    impossible("{\"repo\": \"X*\"}", false);
    impossible("{\"repo\": \"!Xa\"}", false);
    impossible("{\"op\": \"ping\", \"role\": \"layer\"}", true);
    impossible("{\"role\": \"layer\", \"op\": \"manifest.*\"}", true);
    impossible("{\"role\": \"layer\", \"op\": [\"ping\", \"blob.get\"]}", false);
    impossible("{\"role\": \"!layer\", \"op\": \"ping\"}", false);
    impossible("{\"path\": \"v2/\"}", true);
    impossible("{\"path\": \"!v2/\"}", false);
    impossible("{\"path\": \"*v2\"}", false);
    impossible("{\"header\": {\"X\": [\"a\", \"!*\"]}}", true);
}

static void test_index(void)
{
    struct match *m = parse("{\"repo\": \"team/app\", \"op\": \"blob.*\"}");
    size_t len = 0;

    is_str(match_key_literal(m), "team/app", "one literal repository");
    is_int((long long)match_ops(m), 1 << OP_BLOB_GET | 1 << OP_BLOB_HEAD, "two operations");
    match_free(m);
    m = parse("{\"repo\": \"team/*\"}");
    ok(match_key_literal(m) == NULL, "a glob is no literal");
    is_str(match_key_prefix(m, &len), "team/*", "but begins with one");
    is_int((long long)len, 5, "of that length");
    is_int((long long)match_ops(m), (1 << OP_COUNT) - 1, "all operations");
    match_free(m);
    m = parse("{\"repo\": [\"a\", \"b\"]}");
    ok(match_key_literal(m) == NULL && match_key_prefix(m, &len) == NULL, "two are none");
    match_free(m);
    m = parse("{}");
    ok(match_key_literal(m) == NULL && match_key_prefix(m, &len) == NULL, "none is none");
    match_free(m);
}

static void test_explain(void)
{
    struct match *m = parse("{\"op\": \"ping\", \"repo\": \"team/*\", \"header\": {\"X\": \"a\"}, "
                            "\"query\": {\"n\": \"!*\"}, \"path\": \"/v3\"}");
    struct subject s = words_subject(OP_BLOB_GET, "team/app");
    unsigned held = 0, total = 0;
    json_t *rows = match_explain(m, &s, &held, &total);
    char *text = json_dumps(rows, JSON_COMPACT);

    is_str(text, "{\"op\":false,\"repo\":true,\"header.X\":false,\"query.n\":true,\"path\":false}",
           "a yes or no per criterion");
    is_int(held, 2, "two hold");
    is_int(total, 5, "of five");
    free(text);
    json_decref(rows);
    match_free(m);
}

static void early(const char *json, bool is_early, bool want)
{
    struct subject s = {.values = {[W_CLIENT] = "192.0.2.1:4", [W_LISTENER] = "127.0.0.1:5000"}};
    struct match *m = parse(json);

    ok(match_is_early(m, false) == is_early, "%s can%s be asked of a connection", json,
       is_early ? "" : "not");
    ok(match_holds_early(m, &s) == want, "%s %s", json, want ? "holds" : "does not hold");
    match_free(m);
}

static void test_early(void)
{
    early("{}", true, true);
    early("{\"client\": \"192.0.2.0/24\", \"listener\": \"*:5000\"}", true, true);
    early("{\"listener\": \"*:5001\"}", true, false);
    early("{\"user\": \"!admin\"}", true, true);
    early("{\"user\": \"alice\"}", false, false);
    early("{\"op\": \"!blob.get\"}", false, false);
    early("{\"header\": {\"X\": \"a\"}}", false, false);
}

/* The server name comes with the ClientHello. */
static void test_hello(void)
{
    static const struct word word[] = {{.name = "sni", .hello = true}};
    static const struct vocabulary names = {.words = word, .word_count = 1, .op_word = 1};
    json_t *object = json_pack("{s:s}", "sni", "a");
    struct match *m = NULL;
    struct err err = {0};

    ok(match_parse(&m, &names, object, "", NULL, &err) == 0, "a word of the ClientHello");
    ok(match_is_early(m, false), "is known before a request");
    ok(!match_is_early(m, true), "but not at accept");
    match_free(m);
    json_decref(object);
}

static void test_kept(void)
{
    json_t *object = json_pack("{s:s}", "repo", "a");
    struct match *m = NULL;
    struct err err = {0};

    is_int(match_parse(&m, &words, object, "", NULL, &err), 0, "parsed");
    ok(json_equal(match_json(m), object), "what was parsed is kept");
    ok(match_json(m) != object, "as a copy");
    match_free(m);
    is_int(match_parse(&m, &words, NULL, "", NULL, &err), 0, "no object is an empty one");
    match_free(m);
    match_free(NULL);
    json_decref(object);
}

int main(void)
{
    plan_lazy();
    test_words();
    test_fields();
    test_refused();
    test_too_many();
    test_impossible();
    test_index();
    test_explain();
    test_early();
    test_hello();
    test_kept();
    done_testing();
}
