/* SPDX-License-Identifier: MIT */
#include "lib/fault/engine.h"

#include <string.h>

#include <jansson.h>

#include "lib/util/err.h"
#include "tests/tap/tap.h"
#include "tests/unit/fault_help.h"

enum { REQUESTS = 1000, PARALLEL = 64 };

static struct fault_engine *loaded(const char *rules)
{
    struct fault_engine *e = help_engine(NULL);

    if (!help_load(e, rules))
        diag("rules: %s", rules);
    return e;
}

static void test_order(void)
{
    struct subject s = words_subject(OP_BLOB_GET, "team/app");
    struct fault_engine *e = loaded("[{'id': 'old', 'then': {'delay': '1s'}},"
                                    " {'id': 'new', 'then': {'rate': 1}},"
                                    " {'id': 'first', 'priority': 5, 'then': {'range': 'shift'}},"
                                    " {'id': 'last', 'priority': -5, 'then': {'status': 503}},"
                                    " {'id': 'never', 'priority': -6, 'then': {'rate': 2}}]");

    is_str(help_ask(e, &s), "first,new,old,last!", "by priority, then the newest; one answers");
    ok(help_load(e, "{'id': 'newest', 'then': {'status': 404}}"), "one more");
    is_str(help_ask(e, &s), "first,newest!", "the newest answers before");
    fault_engine_free(e);
}

static void test_criteria(void)
{
    struct subject s = words_subject(OP_BLOB_GET, "team/app");
    struct subject other = words_subject(OP_MANIFEST_GET, "lib/x");
    struct fault_engine *e =
        loaded("[{'id': 'glob', 'when': {'repo': 'team/*'}, 'then': {'rate': 1}},"
               " {'id': 'exact', 'when': {'repo': 'team/app'}, 'then': {'rate': 1}},"
               " {'id': 'longer', 'when': {'repo': 'team/app/x*'}, 'then': {'rate': 1}},"
               " {'id': 'op', 'when': {'op': 'blob.*'}, 'then': {'rate': 1}},"
               " {'id': 'both', 'when': {'repo': 'lib/x', 'op': 'blob.get'}, 'then': {'rate': 1}},"
               " {'id': 'list', 'when': {'repo': ['lib/x', 'y']}, 'then': {'rate': 1}},"
               " {'id': 'not', 'when': {'repo': '!team/*'}, 'then': {'rate': 1}}]");

    is_str(help_ask(e, &s), "op,exact,glob", "rules that fit");
    is_str(help_ask(e, &other), "not,list", "and those that fit another");
    s.values[W_REPO] = NULL;
    is_str(help_ask(e, &s), "not,op", "without a repository");
    s.op = 63;
    is_str(help_ask(e, &s), "", "an operation that nobody knows");
    fault_engine_free(e);
}

static void test_times(void)
{
    struct subject s = words_subject(OP_BLOB_GET, "team/app");
    struct fault_engine *e = loaded("[{'id': 'then', 'then': {'status': 429}},"
                                    " {'id': 'two', 'times': 2, 'then': {'status': 503}}]");

    is_str(help_ask(e, &s), "two!", "the first");
    is_str(help_ask(e, &s), "two!", "and second time");
    is_str(help_ask(e, &s), "then!", "then the next rule");
    is_int(help_number(e, "two", "remaining"), 0, "nothing remains");
    is_int((long long)fault_engine_counters(e).matched, 3, "three requests were changed");
    fault_engine_free(e);
}

/* Requests of many clients that wait for each other: plans live at the same time. */
static void test_parallel(void)
{
    struct subject s = words_subject(OP_BLOB_GET, "team/app");
    struct fault_engine *e = loaded("{'id': 'ten', 'times': 10, 'then': {'status': 503}}");
    static struct fault_plan plans[PARALLEL];
    unsigned hits = 0;

    for (size_t i = 0; i < PARALLEL; i++) {
        plans[i] = (struct fault_plan){0};
        fault_match(e, &s, NULL, &plans[i]);
        hits += plans[i].answers;
    }
    is_int(hits, 10, "exactly ten of 64 are hit");
    is_int((long long)fault_engine_remove(e, "ten", NULL), 1, "the rule goes");
    is_str(fault_rule_id(plans[0].rules[0]), "ten", "and is still there for those it acts on");
    for (size_t i = 0; i < PARALLEL; i++)
        fault_plan_done(e, &plans[i]);
    fault_engine_free(e);
}

/* Which of `count` requests act, as 0 and 1. */
static void schedule(struct fault_engine *e, char *text, size_t count)
{
    struct subject s = words_subject(OP_BLOB_GET, "team/app");

    for (size_t i = 0; i < count; i++)
        text[i] = help_ask(e, &s)[0] == '\0' ? '0' : '1';
    text[count] = '\0';
}

static unsigned ones(const char *text)
{
    unsigned n = 0;

    for (; *text != '\0'; text++)
        n += *text == '1';
    return n;
}

static void test_probability(void)
{
    static const char rule[] = "{'id': 'p', 'probability': 0.3, 'then': {'status': 503}}";
    char first[REQUESTS + 1], second[REQUESTS + 1];
    struct fault_engine *a = loaded(rule), *b = loaded(rule);

    schedule(a, first, REQUESTS);
    schedule(b, second, REQUESTS);
    is_str(second, first, "the same seed gives the same schedule");
    ok(ones(first) > 250 && ones(first) < 350, "about 3 of 10: %u", ones(first));
    is_int(help_number(a, "p", "matches"), REQUESTS, "missed ones are counted as matches");
    is_int(help_number(a, "p", "hits"), ones(first), "but not as hits");
    fault_engine_seed(a, 1);
    schedule(a, second, REQUESTS);
    is_str(second, first, "begun anew, too");
    fault_engine_seed(a, 2);
    schedule(a, second, REQUESTS);
    ok(strcmp(first, second) != 0, "another seed gives another");
    is_int((long long)fault_engine_get_seed(a), 2, "the seed is told");
    fault_engine_free(a);
    fault_engine_free(b);
}

static void test_own_seed(void)
{
    static const char rule[] =
        "{'id': 'p', 'seed': 7, 'probability': 0.5, 'then': {'status': 503}}";
    char first[101], second[101];
    struct fault_engine *e = loaded(rule);

    schedule(e, first, 100);
    fault_engine_seed(e, 99);
    schedule(e, second, 100);
    is_str(second, first, "a rule's own seed counts");
    ok(fault_engine_remove(e, NULL, NULL) == 1 &&
           help_load(e, "{'id': 'q', 'seed': 7, 'probability': 0.5, 'then': {'status': 503}}"),
       "another rule");
    schedule(e, second, 100);
    ok(strcmp(first, second) != 0, "has another schedule");
    fault_engine_free(e);
}

static void test_probability_ends(void)
{
    char text[101];
    struct fault_engine *e = loaded(
        "[{'id': 'never', 'probability': 0, 'when': {'nth': {'from': 1}}, 'then': {'status': 503}},"
        " {'id': 'always', 'probability': 1, 'then': {'rate': 1}}]");

    schedule(e, text, 100);
    is_int(ones(text), 100, "1 is always");
    is_int(help_number(e, "always", "hits"), 100, "each time");
    is_int(help_number(e, "never", "hits"), 0, "0 is never");
    is_int(help_number(e, "never", "matches"), 0, "not even counted");
    fault_engine_free(e);
}

static void test_missed_falls_through(void)
{
    struct subject s = words_subject(OP_BLOB_GET, "team/app");
    struct fault_engine *e = loaded("[{'id': 'next', 'then': {'status': 429}},"
                                    " {'id': 'p', 'probability': 0.5, 'then': {'status': 503}}]");
    unsigned missed = 0, hit = 0;

    for (int i = 0; i < 100; i++) {
        const char *names = help_ask(e, &s);

        missed += strcmp(names, "next!") == 0;
        hit += strcmp(names, "p!") == 0;
    }
    is_int(missed + hit, 100, "one or the other");
    ok(missed > 20 && hit > 20, "both happen: %u and %u", missed, hit);
    fault_engine_free(e);
}

static void nth(const char *when, const char *want)
{
    char rule[200], text[16];
    struct fault_engine *e;

    (void)snprintf(rule, sizeof(rule), "{'when': {'nth': %s}, 'then': {'status': 503}}", when);
    e = loaded(rule);
    schedule(e, text, strlen(want));
    is_str(text, want, "nth %s", when);
    fault_engine_free(e);
}

static void test_nth(void)
{
    nth("3", "0010000000");
    nth("{'from': 1, 'to': 2}", "1100000000");
    nth("{'from': 1, 'to': 2, 'every': 1}", "1100000000");
    nth("{'from': 3}", "0011111111");
    nth("{'to': 4}", "1111000000");
    nth("{'every': 3}", "0010010010");
    nth("{'from': 2, 'every': 3}", "0100100100");
    nth("{'from': 2, 'to': 6, 'every': 2}", "0101010000");
    nth("{'from': 3, 'to': 2}", "0000000000");
}

/* Counts begin anew after a pause, with groups and without. */
static void test_nth_idle(void)
{
    struct subject s = words_subject(OP_BLOB_GET, "team/app");
    struct clock clock = {0};
    struct fault_engine *e = help_engine(&clock);

    ok(help_load(e, "[{'id': 'all', 'when': {'nth': {'to': 1, 'idle': '1m'}}, 'then': {'rate': 1}},"
                    " {'id': 'per', 'when': {'nth': {'to': 1, 'idle': '2m', 'per': 'repo'}},"
                    "  'then': {'rate': 1}}]"),
       "idle");
    is_str(help_ask(e, &s), "per,all", "idle: the first");
    clock.shift_ms += 59 * 1000;
    is_str(help_ask(e, &s), "", "idle: one before the pause is long enough");
    clock.shift_ms += 60 * 1000;
    is_str(help_ask(e, &s), "all", "idle: a minute without any");
    clock.shift_ms += 120 * 1000;
    is_str(help_ask(e, &s), "per,all", "idle: two minutes");
    fault_engine_free(e);
}

static void test_nth_per(void)
{
    struct subject a = words_subject(OP_BLOB_GET, "team/app");
    struct subject b = words_subject(OP_BLOB_GET, "team/app");
    struct subject c = words_subject(OP_BLOB_GET, "team/app");
    struct fault_engine *e =
        loaded("{'id': 'n', 'when': {'nth': {'to': 1, 'per': ['digest', 'client']}},"
               " 'then': {'status': 503}}");

    a.values[W_DIGEST] = "sha256:1";
    b.values[W_DIGEST] = "sha256:2";
    is_str(help_ask(e, &a), "n!", "the first of one digest");
    is_str(help_ask(e, &b), "n!", "the first of another");
    is_str(help_ask(e, &a), "", "the second of the one");
    a.values[W_CLIENT] = "192.0.2.1:40313";
    is_str(help_ask(e, &a), "", "on another connection, too");
    a.values[W_CLIENT] = "192.0.2.2:40313";
    is_str(help_ask(e, &a), "n!", "the first of another client");
    is_str(help_ask(e, &c), "n!", "no digest is one more");
    is_str(help_ask(e, &c), "", "once");
    is_int((long long)fault_engine_remove(e, NULL, NULL), 1, "removed");
    ok(help_load(
           e,
           "{'id': 'n', 'when': {'nth': {'to': 1, 'per': 'digest'}}, 'then': {'status': 1000}}") ==
           false,
       "a bad one");
    ok(help_load(
           e, "{'id': 'n', 'when': {'nth': {'to': 1, 'per': 'digest'}}, 'then': {'status': 503}}"),
       "and a good one");
    is_str(help_ask(e, &b), "n!", "a new rule counts anew");
    fault_engine_free(e);
}

static void test_state(void)
{
    struct subject s = words_subject(OP_BLOB_GET, "team/app");
    struct fault_engine *e = loaded("[{'id': 'c', 'when': {'state': {'phase': 'b*'}}, 'then': "
                                    "{'status': 503, 'set': {'phase': null}}},"
                                    " {'id': 'b', 'when': {'state': {'phase': 'a'}}, 'then': "
                                    "{'rate': 1, 'set': {'phase': 'b', 'n': 2}}},"
                                    " {'id': 'a', 'when': {'state': {'phase': '!*'}}, 'then': "
                                    "{'rate': 1, 'set': {'phase': 'a'}}}]");

    is_str(help_ask(e, &s), "a", "no phase at first");
    is_str(help_text(fault_engine_state(e)), "{'phase':'a'}", "then one");
    is_str(help_ask(e, &s), "b", "one step per request");
    is_str(help_text(fault_engine_state(e)), "{'n':'2','phase':'b'}", "numbers are texts");
    is_str(help_ask(e, &s), "c!", "and on");
    is_str(help_text(fault_engine_state(e)), "{'n':'2'}", "null takes it away");
    is_str(help_ask(e, &s), "a", "round");
    fault_engine_free(e);
}

static void test_quota(void)
{
    struct clock clock = {0};
    struct subject s = words_subject(OP_BLOB_GET, "team/app");
    struct fault_engine *e = help_engine(&clock);
    struct fault_plan plan = {0};

    ok(help_load(e, "[{'id': 'next', 'then': {'status': 404}},"
                    " {'id': 'q', 'then': {'quota': {'limit': 2, 'window': '1m', 'per': 'user'}, "
                    "'set': {'x': 'y'}}}]"),
       "a quota of two");
    fault_match(e, &s, NULL, &plan);
    is_int((long long)plan.count, 2, "it is in the plan for its headers, and others are asked");
    ok(!plan.turns[0].quota.used_up, "not used up");
    is_int((long long)plan.turns[0].quota.limit, 2, "the limit");
    is_int((long long)plan.turns[0].quota.remaining, 1, "what remains");
    ok(plan.turns[0].quota.reset_ms > 59000 && plan.turns[0].quota.reset_ms <= 60000, "until when");
    ok(fault_plan_get(&plan, "set") == NULL, "it does nothing yet");
    fault_plan_done(e, &plan);
    is_str(help_ask(e, &s), "next!", "the second is the last");
    is_int(help_number(e, "q", "hits"), 0, "no hit so far");
    fault_match(e, &s, NULL, &plan);
    ok(plan.answers && plan.count == 1 && plan.turns[0].quota.used_up, "the third is refused");
    is_int((long long)plan.turns[0].quota.remaining, 0, "nothing remains");
    fault_plan_done(e, &plan);
    is_str(help_text(fault_engine_state(e)), "{'x':'y'}", "now it acts");
    s.values[W_USER] = "bob";
    is_str(help_ask(e, &s), "next!", "another account has its own");
    s.values[W_USER] = "alice";
    clock.shift_ms += 61000;
    is_str(help_ask(e, &s), "next!", "a minute later there is more");
    fault_engine_free(e);
}

static void test_ttl(void)
{
    struct clock clock = {0};
    struct subject s = words_subject(OP_BLOB_GET, "team/app");
    struct fault_engine *e = help_engine(&clock);

    ok(help_load(e, "{'id': 't', 'ttl': '10m', 'then': {'status': 404}}"), "ten minutes");
    is_str(help_ask(e, &s), "t!", "acts");
    ok(help_number(e, "t", "expires_in_ms") > 590000, "and says for how long");
    clock.shift_ms += 600000;
    is_int((long long)fault_engine_count(e), 1, "still there");
    is_str(help_ask(e, &s), "", "then it does not act any more");
    is_int((long long)fault_engine_count(e), 0, "and is gone");
    fault_engine_free(e);
}

static void test_full_plan(void)
{
    struct subject s = words_subject(OP_BLOB_GET, "team/app");
    struct fault_engine *e = loaded("{'id': 'end', 'priority': -1, 'then': {'status': 404}}");
    struct fault_plan plan = {0};
    char names[20];

    for (int i = 0; i < 30; i++)
        (void)help_load(e, "{'then': {'rate': 1}}");
    fault_match(e, &s, NULL, &plan);
    is_int((long long)plan.count, FAULT_PLAN_MAX, "a full plan");
    ok(plan.answers, "has a place for the answer");
    fault_plan_names(&plan, names, sizeof(names));
    is_str(names, "r30,r29,r28,r27,r26", "names are cut between two");
    fault_plan_done(e, &plan);
    fault_engine_free(e);
}

static void test_plan_get(void)
{
    struct subject s = words_subject(OP_BLOB_GET, "team/app");
    struct fault_engine *e = loaded("[{'then': {'token': 'garbage', 'expires_in': null}},"
                                    " {'then': {'token': 'expired'}}]");
    struct fault_plan plan = {0};

    fault_match(e, &s, NULL, &plan);
    is_str(json_string_value(fault_plan_get(&plan, "token")), "expired", "the first that has it");
    ok(json_is_null(fault_plan_get(&plan, "expires_in")), "null is a value");
    ok(fault_plan_get(&plan, "upload") == NULL, "none");
    fault_plan_done(e, &plan);
    is_str(help_text(fault_engine_kinds(e)), "{'expires_in':1,'token':2}", "hits by kind");
    fault_engine_free(e);
}

static void test_connection(void)
{
    struct subject early = {.values = {[W_CLIENT] = "192.0.2.1:4", [W_LISTENER] = "127.0.0.1:1"}};
    struct subject s = words_subject(OP_BLOB_GET, "team/app");
    struct fault_plan plan = {0};
    struct fault_engine *e = loaded(
        "[{'id': 'tls', 'times': 1, 'when': {'client': '192.0.2.0/24'}, 'then': {'tls': 'abort'}},"
        " {'id': 'user', 'when': {'user': 'alice'}, 'then': {'listener': 'refuse'}},"
        " {'id': 'request', 'then': {'status': 503}}]");

    is_str(help_ask(e, &s), "request!", "requests meet other rules");
    fault_match_connection(e, &early, FAULT_EFFECT_LISTENER, &plan);
    is_int((long long)plan.count, 0, "at accept none fits");
    fault_match_connection(e, &early, FAULT_EFFECT_TLS, &plan);
    is_int((long long)plan.count, 1, "one acts on the connection");
    is_str(fault_rule_id(plan.rules[0]), "tls", "the one that fits");
    fault_plan_done(e, &plan);
    fault_match_connection(e, &early, FAULT_EFFECT_TLS, &plan);
    is_int((long long)plan.count, 0, "once");
    fault_plan_done(e, &plan);
    fault_engine_free(e);
}

int main(void)
{
    plan_lazy();
    test_order();
    test_criteria();
    test_times();
    test_parallel();
    test_probability();
    test_own_seed();
    test_probability_ends();
    test_missed_falls_through();
    test_nth();
    test_nth_idle();
    test_nth_per();
    test_state();
    test_quota();
    test_ttl();
    test_full_plan();
    test_plan_get();
    test_connection();
    done_testing();
}
