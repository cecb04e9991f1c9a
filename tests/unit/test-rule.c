/* SPDX-License-Identifier: MIT */
/* lib/fault/rule.c and rule_parse.c. */
#include "lib/fault/rule_parse.h"

#include <stdio.h>
#include <string.h>

#include <jansson.h>

#include "lib/fault/fault.h"
#include "lib/fault/rule.h"
#include "lib/fault/rule_schema.h"
#include "lib/util/err.h"
#include "tests/tap/tap.h"
#include "tests/unit/fault_help.h"

static const struct schema own[] = {
    {.key = "here", .type = SCHEMA_TEXT}, {.key = "anywhere", .type = SCHEMA_TEXT}, {.key = NULL}};
static const struct fault_use uses[] = {{1 << OP_PING | 1 << OP_BLOB_HEAD, true}, {0, false}};
static const struct fault_product product = {.vocabulary = &words, .effects = own, .uses = uses};

/* The rule, or NULL; warnings as text in warned. */
static struct fault_rule *parse(const char *text, char warned[500], struct err *err)
{
    struct schema_place at = {.path = "rules[3]"};
    struct rule_tables *tables = NULL;
    struct fault_rule *r = NULL;
    json_t *warnings = json_array();
    json_t *json = help_json(text);

    (void)rule_tables_new(&tables, &product, err);
    (void)rule_parse(&r, tables, json, "auto", &at, warnings, err);
    is_str(at.path, "rules[3]", "the path is as before");
    (void)snprintf(warned, 500, "%s", help_text(warnings));
    json_decref(json);
    rule_tables_free(tables);
    return r;
}

static void test_whole(void)
{
    char warned[500];
    struct err err = {0};
    struct fault_rule *r =
        parse("{'id': 'flaky-layer', 'priority': 100, 'tags': ['t42', 'u'], 'enabled': true,"
              " 'when': {'op': ['blob.get'], 'role': 'layer', 'repo': 'team/*', 'user': '!admin',"
              "  'nth': {'from': 1, 'to': 2, 'every': 1, 'per': ['digest', 'client']},"
              "  'state': {'phase': 'deploy'}},"
              " 'then': {'status': 503, 'set': {'phase': 'broken'}},"
              " 'times': 2, 'probability': 0.3, 'seed': 7, 'ttl': '10m'}",
              warned, &err);

    is_str(err.msg, "", "parsed");
    is_str(warned, "[]", "without warnings");
    is_str(r->id, "flaky-layer", "id");
    is_int(r->priority, 100, "priority");
    ok(r->enabled && rule_has_tag(r, "t42") && rule_has_tag(r, "u") && !rule_has_tag(r, "t"),
       "enabled, with tags");
    ok(r->nth.given && r->nth.from == 1 && r->nth.to == 2 && r->nth.every == 1, "nth");
    ok(r->nth.per_count == 2 && r->nth.per[0] == W_DIGEST && r->nth.per[1] == W_CLIENT, "per");
    is_int((long long)r->variable_count, 1, "one variable");
    ok(r->has_times && r->times == 2 && r->has_seed && r->seed == 7, "times and seed");
    ok(r->probability == 0.3, "probability");
    is_int((long long)r->ttl_ms, 600000, "ttl");
    rule_unref(r);
    rule_unref(NULL);
}

static void test_least(void)
{
    char warned[500];
    struct err err = {0};
    struct fault_rule *r =
        parse("{'then': {'status': 503}, 'when': null, 'times': null, 'hits': 7}", warned, &err);

    is_str(r->id, "auto", "an id is given");
    ok(r->enabled && !r->has_times && r->probability == 1 && !r->has_seed && r->ttl_ms == 0,
       "no limits");
    is_str(help_text(json_incref(r->json)), "{'id':'auto','then':{'status':503}}",
           "null is none, and what lists show is ignored");
    rule_unref(r);
    r = parse("{'tags': 'one', 'when': {'nth': {'every': 3}}}", warned, &err);
    ok(rule_has_tag(r, "one"), "a tag is a list of one");
    ok(r->nth.from == 3 && r->nth.to == UINT64_MAX, "every third");
    is_str(warned, "['rules[3].then: is empty: the rule only counts']", "a warning");
    rule_unref(r);
}

static void refused(const char *text, const char *message)
{
    char warned[500];
    struct err err = {0};

    ok(parse(text, warned, &err) == NULL, "refused: %s", text);
    is_str(err.msg, message, "and told why");
    is_int(err.code, ERR_CONFIG, "as configuration");
}

static void test_refused(void)
{
    refused("'x'", "rules[3]: a rule is keys and values, such as when and then");
    refused("{'wehn': {}}", "rules[3].wehn: unknown key: did you mean 'when'?");
    refused("{'when': {'rpeo': 'a'}}", "rules[3].when.rpeo: unknown key: did you mean 'repo'?");
    refused("{'when': {'stat': 'a'}}", "rules[3].when.stat: unknown key: did you mean 'state'?");
    refused("{'when': []}", "rules[3].when: expected keys and values, not a list");
    refused("{'then': {'delya': '2s'}}", "rules[3].then.delya: unknown key: did you mean 'delay'?");
    refused("{'id': 'a b'}",
            "rules[3].id: 'a b' is no id: expected 1 to 63 letters, digits and ._~:@+-");
    refused("{'priority': 'x'}", "rules[3].priority: expected a whole number, not a text");
    refused("{'probability': 2}", "rules[3].probability: out of range: allowed is 0 to 1");
    refused("{'times': -1}", "rules[3].times: must not be negative");
    refused("{'ttl': 5}", "rules[3].ttl: expected a duration with its unit, such as 5ms or 5s");
    refused("{'when': {'nth': 0}}", "rules[3].when.nth: out of range: allowed is 1 and more");
    refused("{'when': {'nth': {'form': 1}}}",
            "rules[3].when.nth.form: unknown key: did you mean 'from'?");
    refused("{'when': {'nth': {'per': ['digest', 'clint']}}}",
            "rules[3].when.nth.per[1]: 'clint' is no word: did you mean 'client'?");
    refused("{'when': {'nth': {'per': 'zzzzzzz'}}}", "rules[3].when.nth.per: 'zzzzzzz' is no word");
    refused("{'when': {'nth': {'per': ['user', 'user']}}}",
            "rules[3].when.nth.per[1]: 'user' is named twice");
    refused("{'when': {'state': 'x'}}",
            "rules[3].when.state: expected keys and values, not a text");
    refused("{'when': {'state': {'a b': 'x'}}}",
            "rules[3].when.state.a b: 'a b' is no name of a variable");
    refused("{'when': {'state': {'a': []}}}", "rules[3].when.state.a: the list is empty");
}

static void warned_of(const char *text, const char *want)
{
    char warned[500];
    struct err err = {0};
    struct fault_rule *r = parse(text, warned, &err);

    ok(r != NULL, "accepted: %s", text);
    is_str(warned, want, "and warned of");
    rule_unref(r);
}

static void test_warned(void)
{
    warned_of("{'when': {'op': 'blob.x*'}, 'then': {'rate': 1}}",
              "['rules[3].when: never matches: no request can have these values']");
    warned_of("{'when': {'nth': {'from': 3, 'to': 2}}, 'then': {'rate': 1}}",
              "['rules[3].when.nth: never: the last comes before the first']");
    warned_of("{'when': {'state': {'a': ['x', '!*']}}, 'then': {'rate': 1}}",
              "['rules[3].when.state.a: never matches: the values contradict each other']");
    warned_of("{'times': 0, 'then': {'rate': 1}}", "['rules[3]: never acts: times is 0']");
    warned_of("{'probability': 0, 'then': {'rate': 1}}",
              "['rules[3]: never acts: probability is 0']");
    warned_of(
        "{'when': {'repo': 'a'}, 'then': {'tls': 'abort'}}",
        "['rules[3]: never matches: it acts before a request, when only the connection is known']");
    warned_of("{'when': {'op': 'blob.get'}, 'then': {'here': 'x', 'anywhere': 'y'}}",
              "['rules[3].then.here: does nothing with what the rule matches: it is for ping or "
              "blob.head']");
    warned_of("{'then': {'here': 'x', 'anywhere': 'y', 'status': 500}}",
              "['rules[3].then.here: does nothing, because the rule answers by itself']");
    warned_of("{'when': {'op': 'blob.*'}, 'then': {'here': 'x'}}", "[]");
    warned_of("{'when': {'client': '::1'}, 'then': {'tls': 'abort'}}", "[]");
}

static void test_row(void)
{
    char warned[500];
    struct err err = {0};
    struct fault_rule *r = parse("{'times': 3, 'then': {'status': 503}}", warned, &err);

    r->hits = 2;
    r->matches = 4;
    r->expires_ms = 1500;
    is_str(help_text(rule_row(r, 1000)),
           "{'exhausted':false,'expires_in_ms':500,'hits':2,'id':'auto','matches':4,'remaining':1,"
           "'then':{'status':503},'times':3}",
           "a row");
    r->hits = 3;
    r->expires_ms = 0;
    is_str(help_text(rule_row(r, 1000)),
           "{'exhausted':true,'expires_in_ms':null,'hits':3,'id':'auto','matches':4,'remaining':0,"
           "'then':{'status':503},'times':3}",
           "one that is used up");
    rule_unref(r);
    r = parse("{'when': {'nth': {'to': 2}}}", warned, &err);
    ok(!rule_is_exhausted(r), "two more");
    r->seen = 2;
    ok(rule_is_exhausted(r), "behind the last position");
    rule_unref(r);
}

static void test_shared(void)
{
    char warned[500];
    struct err err = {0};
    struct fault_rule *r = parse("{'then': {'status': 503}}", warned, &err);

    ok(rule_ref(r) == r, "shared");
    rule_unref(r);
    is_str(fault_rule_id(r), "auto", "still there");
    is_int(json_integer_value(fault_rule_get(r, "status")), 503, "with its effects");
    ok(fault_rule_get(r, "delay") == NULL, "and no others");
    rule_unref(r);
}

int main(void)
{
    plan_lazy();
    test_whole();
    test_least();
    test_refused();
    test_warned();
    test_row();
    test_shared();
    done_testing();
}
