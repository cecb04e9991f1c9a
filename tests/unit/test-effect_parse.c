/* SPDX-License-Identifier: MIT */
/* lib/fault/effect_parse.c, effect_table.c and effect_warn.c, by way of whole rules. */
#include "lib/fault/effect_parse.h"

#include <stdio.h>
#include <string.h>

#include <jansson.h>

#include "lib/fault/engine.h"
#include "lib/util/err.h"
#include "tests/tap/tap.h"
#include "tests/unit/fault_help.h"

#define DIGEST "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"

/* The effects of one rule; valid until the next call. */
static const struct fault_effects *read_then(const char *then)
{
    static struct fault_engine *e;
    char rule[1000];

    fault_engine_free(e);
    e = NULL;
    if (then == NULL)
        return NULL;
    e = help_engine(NULL);
    (void)snprintf(rule, sizeof(rule), "{'id': 'x', 'then': %s}", then);
    if (!ok(help_load(e, rule), "read: %s", then))
        done_testing();
    return &e->rules[0]->effects;
}

static void test_answer(void)
{
    const struct fault_effects *e = read_then(
        "{'status': 503, 'error': {'code': 'UNAVAILABLE', 'message': 'm', 'detail': [1]}}");

    is_int(e->status, 503, "status");
    is_str(e->error.code, "UNAVAILABLE", "code");
    is_str(e->error.message, "m", "message");
    ok(json_is_array(e->error.detail), "detail");
    e = read_then("{'status': 404, 'error': 'DENIED'}");
    is_str(e->error.code, "DENIED", "a text is the code");
    ok(e->error.message == NULL && e->error.detail == NULL, "and nothing else");
    e = read_then("{'status': 502, 'raw_body': {'type': 'text/html', 'text': '<p>'}}");
    is_str(e->raw_body.text, "<p>", "a raw body");
    is_int((long long)e->raw_body.len, 3, "its length");
    is_str(e->raw_body.type, "text/html", "its type");
    e = read_then("{'status': 502, 'raw_body': ''}");
    ok(e->raw_body.len == 0 && e->raw_body.type == NULL, "an empty body");
}

static void test_headers(void)
{
    const struct fault_effects *e =
        read_then("{'headers': {'set': {'Retry-After': 1, 'X': ['a', true], 'N': null},"
                  " 'add': {'Link': 'l'}, 'remove': ['A', 'B']}}");

    is_int((long long)e->headers.set_count, 3, "three are set");
    is_str(e->headers.set[0].name, "Retry-After", "the first");
    is_str(e->headers.set[0].value, "1", "a number is its text");
    is_str(e->headers.set[1].value, "a", "a list is several lines");
    is_str(e->headers.set[2].name, "X", "of the same name");
    is_str(e->headers.set[2].value, "true", "and a boolean its text");
    is_int((long long)e->headers.add_count, 1, "one is added");
    is_int((long long)e->headers.remove_count, 2, "two go");
    is_str(e->headers.remove[1], "B", "the second");
    e = read_then("{'headers': {'remove': 'A'}}");
    is_str(e->headers.remove[0], "A", "one text is a list of one");
}

static void test_quota_and_redirect(void)
{
    const struct fault_effects *e =
        read_then("{'quota': {'limit': 100, 'window': '6h', 'per': 'client'}}");

    is_int((long long)e->quota.limit, 100, "limit");
    is_int((long long)e->quota.window_ms, 6 * 3600 * 1000, "window");
    is_int((long long)e->quota.per, W_CLIENT, "per");
    e = read_then("{'quota': {'limit': 0, 'window': '1s'}}");
    ok(e->quota.per == FAULT_PER_ALL, "all together");
    e = read_then("{'redirect': 'http://a/'}");
    is_str(e->redirect.to, "http://a/", "a text is where to");
    is_int(e->redirect.status, 307, "307 by default");
    is_int(e->redirect.hops, 1, "one hop");
    e = read_then("{'redirect': {'to': 'other', 'status': 301, 'hops': 5, 'strip_query': true}}");
    is_int(e->redirect.status, 301, "another status");
    is_int(e->redirect.hops, 5, "hops");
    ok(e->redirect.strip_query, "without query");
}

static void test_time(void)
{
    const struct fault_effects *e = read_then(
        "{'delay': '1m30s', 'delay_body': {'dist': 'uniform', 'min': '1s', 'max': '2s'}}");

    is_int(e->delay.min, 90000, "a fixed delay");
    is_int(e->delay.dist, FAULT_DIST_FIXED, "is fixed");
    is_int(e->delay_body.dist, FAULT_DIST_UNIFORM, "an even one");
    is_int(e->delay_body.min, 1000, "least");
    is_int(e->delay_body.max, 2000, "most");
    e = read_then("{'delay': {'dist': 'lognormal', 'median': '2s', 'sigma': 0.5}}");
    is_int(e->delay.median, 2000, "median");
    ok(e->delay.sigma == 0.5, "sigma");
    is_int(e->delay.max, FAULT_DELAY_MAX_MS, "the largest without max");
    e = read_then("{'rate': '100KiB', 'drip': {'pieces': 10, 'over': '5s'}}");
    is_int((long long)e->rate, 102400, "rate");
    is_int(e->drip.pieces, 10, "pieces");
    is_int(e->drip.over_ms, 5000, "over");
    e = read_then("{'hold': {'gate': 'g', 'after': '1k'}}");
    ok(e->hold.in_body && e->hold.after == 1024, "a hold in the body");
    e = read_then("{'hold': 'g'}");
    ok(!e->hold.in_body, "a hold at the head");
    is_str(e->hold.gate, "g", "its gate");
}

static void test_connection(void)
{
    const struct fault_effects *e =
        read_then("{'connection': 'garbage', 'close_after_requests': 3}");

    is_int(e->connection, FAULT_CONNECTION_GARBAGE, "connection");
    is_int(e->close_after_requests, 3, "requests of a connection");
    e = read_then(
        "{'body': {'after': 1048576, 'do': 'reset'}, 'head': {'after': 10, 'do': 'hold'}}");
    is_int((long long)e->body.after.bytes, 1048576, "a cut in the body");
    is_int(e->body.act, FAULT_CUT_RESET, "with a reset");
    is_int((long long)e->head.after.bytes, 10, "a cut in the head");
    is_str(e->head.gate, "x", "a hold's gate is the rule's id");
    e = read_then("{'body': {'after': '50%', 'do': 'hold', 'gate': 'g'}}");
    ok(e->body.after.is_share && e->body.after.share == 0.5, "half of the body");
    is_str(e->body.gate, "g", "a gate of its own");
    e = read_then("{'tls': 'wrong-name'}");
    is_int(e->tls, FAULT_TLS_WRONG_NAME, "tls");
    e = read_then("{'listener': 'refuse'}");
    ok(FAULT_HAS(e, LISTENER) && !FAULT_HAS(e, TLS), "listener");
}

static void test_content(void)
{
    const struct fault_effects *e = read_then(
        "{'content': {'flip': [5, '1k', 0, 5], 'truncate': 7, 'substitute': '" DIGEST "'}}");

    is_int((long long)e->content.flip_count, 3, "each offset once");
    ok(e->content.flip[0] == 0 && e->content.flip[1] == 5 && e->content.flip[2] == 1024,
       "in order");
    ok(e->content.has_truncate && e->content.truncate == 7, "truncated");
    is_str(e->content.substitute, DIGEST, "another blob");
    e = read_then("{'digest_header': 'wrong', 'length_header': 5, 'type_header': 'missing', "
                  "'range': 'wrong-header'}");
    is_int(e->digest_header.kind, FAULT_LIE_WRONG, "a wrong digest");
    is_int(e->length_header.kind, FAULT_LIE_VALUE, "a length");
    is_str(e->length_header.value, "5", "as text");
    is_int(e->type_header.kind, FAULT_LIE_MISSING, "no type");
    is_int(e->range, FAULT_RANGE_WRONG_HEADER, "range");
}

static void refused(const char *then, const char *message)
{
    struct fault_engine *e = help_engine(NULL);
    char rule[6000];
    struct err err = {0};
    json_t *json;

    (void)snprintf(rule, sizeof(rule), "{'rules': [{'then': %s}]}", then);
    json = help_json(rule);
    is_int(fault_engine_load(e, json, false, NULL, &err), -1, "refused: %.200s", then);
    is_str(err.msg, message, "and told why");
    is_int(err.code, ERR_CONFIG, "as configuration");
    json_decref(json);
    fault_engine_free(e);
}

static void test_refused_by_table(void)
{
    refused("{'delya': '2s'}", "rules[0].then.delya: unknown key: did you mean 'delay'?");
    refused("{'tokn': 'x'}", "rules[0].then.tokn: unknown key: did you mean 'token'?");
    refused("{'token': 'x'}",
            "rules[0].then.token: 'x' is not allowed: expected expired or garbage");
    refused("{'status': 199}", "rules[0].then.status: out of range: allowed is 200 to 999");
    refused("{'delay': 2}",
            "rules[0].then.delay: expected a duration with its unit, such as 2ms or 2s");
    refused("{'delay': '2h'}", "rules[0].then.delay: out of range: allowed is 0 to 1h");
    refused("{'error': {'cod': 'X'}}",
            "rules[0].then.error.cod: unknown key: did you mean 'code'?");
    refused("{'quota': {'limit': 1}}", "rules[0].then.quota: the key 'window' is missing");
    refused("{'body': {'after': '101%', 'do': 'close'}}",
            "rules[0].then.body.after: '101%' is not allowed: a share is 0% to 100%");
    refused("{'body': {'after': 1, 'do': 'rset'}}",
            "rules[0].then.body.do: 'rset' is not allowed: did you mean 'reset'? expected close, "
            "reset, stall or hold");
    refused("{'rate': 0}", "rules[0].then.rate: out of range: allowed is 1 to 9223372036854775807");
}

static void test_refused_by_reader(void)
{
    refused("{'headers': {'set': {'X Y': 'a'}}}",
            "rules[0].then.headers.set.X Y: 'X Y' is no name of a header");
    refused("{'headers': {'add': {'X': 'a\\r\\nB: c'}}}",
            "rules[0].then.headers.add.X: control characters are not allowed");
    refused("{'headers': {'remove': ['']}}",
            "rules[0].then.headers.remove: '' is no name of a header");
    refused("{'type_header': 'a\\nb'}",
            "rules[0].then.type_header: control characters are not allowed");
    refused("{'status': 500, 'raw_body': {'type': 'a\\nb', 'text': ''}}",
            "rules[0].then.raw_body.type: control characters are not allowed");
    refused("{'quota': {'limit': 1, 'window': '1s', 'per': 'usr'}}",
            "rules[0].then.quota.per: 'usr' is no word: did you mean 'user'?");
    refused("{'redirect': ''}", "rules[0].then.redirect.to: '' is no place to go");
    refused("{'delay': {'dist': 'uniform', 'min': '1s'}}",
            "rules[0].then.delay: the key 'max' is missing");
    refused("{'delay': {'dist': 'uniform', 'min': '2s', 'max': '1s'}}",
            "rules[0].then.delay.min: is larger than max");
    refused("{'delay': {'dist': 'lognormal', 'median': '2s', 'sigma': 1, 'min': 0}}",
            "rules[0].then.delay.min: does not belong to lognormal");
    refused("{'hold': 'a b'}", "rules[0].then.hold: 'a b' is no name of a gate");
    refused("{'hold': {'gate': ''}}", "rules[0].then.hold.gate: '' is no name of a gate");
    refused("{'body': {'after': 1, 'do': 'reset', 'gate': 'g'}}",
            "rules[0].then.body.gate: belongs to hold");
    refused("{'content': {'substitute': 'sha256:1'}}",
            "rules[0].then.content.substitute: 'sha256:1' is not a digest: sha256 has 64 "
            "lower-case hex digits");
    refused("{'set': {'a b': 'c'}}", "rules[0].then.set.a b: 'a b' is no name of a variable");
}

static void test_refused_by_number(void)
{
    char then[6000], *end = then;

    end += snprintf(end, 100, "{'content': {'flip': [0");
    for (int i = 0; i < FAULT_FLIPS_MAX; i++)
        end += snprintf(end, 10, ", 1");
    (void)snprintf(end, 10, "]}}");
    refused(then, "rules[0].then.content.flip: more than 1024 offsets");
    end = then + snprintf(then, 100, "{'headers': {'set': {'X': ['a'");
    for (int i = 0; i < FAULT_HEADERS_MAX; i++)
        end += snprintf(end, 10, ", 'a'");
    (void)snprintf(end, 10, "]}}}");
    refused(then, "rules[0].then.headers.set: more than 64 lines");
}

static void warned(const char *then, const char *want)
{
    struct fault_engine *e = help_engine(NULL);
    json_t *report = NULL, *json;
    struct err err = {0};
    char rule[500];

    (void)snprintf(rule, sizeof(rule), "[{'then': %s}]", then);
    json = help_json(rule);
    is_int(fault_engine_load(e, json, false, &report, &err), 0, "accepted: %s", then);
    is_str(help_text(json_incref(json_object_get(report, "warnings"))), want, "and warned of");
    json_decref(report);
    json_decref(json);
    fault_engine_free(e);
}

static void test_warned(void)
{
    warned("{'status': 503}", "[]");
    warned("{'token': 'expired'}", "[]");
    warned("{}", "['rules[0].then: is empty: the rule only counts']");
    warned("{'error': 'X'}", "['rules[0].then.error: does nothing without a status']");
    warned("{'raw_body': 'X'}", "['rules[0].then.raw_body: does nothing without a status']");
    warned("{'raw_body': 'X', 'error': 'X', 'status': 500}",
           "['rules[0].then.error: does nothing, because raw_body is sent instead']");
    warned("{'error': 'X', 'quota': {'limit': 1, 'window': '1s'}}", "[]");
    warned("{'status': 500, 'connection': 'drop'}",
           "['rules[0].then.status: does nothing, because the connection ends without an answer']");
    warned("{'status': 500, 'connection': 'close-idle'}", "[]");
    warned("{'status': 500, 'redirect': '/'}",
           "['rules[0].then.status: does nothing, because the redirect has its own']");
    warned("{'tls': 'abort', 'delay': '1s'}",
           "['rules[0].then.tls: acts before a request: what else the rule says does nothing']");
    warned("{'tls': 'abort', 'set': {'a': 'b'}}", "[]");
    warned("{'tls': 'abort', 'listener': 'refuse'}",
           "['rules[0].then.tls: does nothing, because the listener refuses the connection']");
}

static void test_names(void)
{
    char name[FAULT_NAME_MAX + 2];

    memset(name, 'a', sizeof(name));
    name[FAULT_NAME_MAX + 1] = '\0';
    ok(!fault_name_is_good(name), "64 letters are too many");
    name[FAULT_NAME_MAX] = '\0';
    ok(fault_name_is_good(name), "63 are not");
    ok(fault_name_is_good("t42.flaky-layer_1:x@y+z~"), "letters of a name");
    ok(!fault_name_is_good("") && !fault_name_is_good("a,b") && !fault_name_is_good("a/b") &&
           !fault_name_is_good("\xc3\xa4"),
       "what is no letter");
}

int main(void)
{
    plan_lazy();
    test_answer();
    test_headers();
    test_quota_and_redirect();
    test_time();
    test_connection();
    test_content();
    (void)read_then(NULL);
    test_refused_by_table();
    test_refused_by_reader();
    test_refused_by_number();
    test_warned();
    test_names();
    done_testing();
}
