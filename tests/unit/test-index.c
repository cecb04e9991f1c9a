/* SPDX-License-Identifier: MIT */
#include "lib/fault/index.h"

#include <stdio.h>
#include <string.h>

#include "lib/fault/engine.h"
#include "lib/fault/match.h"
#include "lib/util/rng.h"
#include "tests/tap/tap.h"
#include "tests/unit/fault_help.h"

/* Ids of the rules that the index names for a subject. */
static const char *named(const struct rule_index *index, const struct subject *s)
{
    static char text[1000];
    struct index_cursor cursor;
    struct fault_rule *r;
    size_t len = 0;

    text[0] = '\0';
    rule_index_begin(&cursor, index, s);
    while ((r = rule_index_next(&cursor)) != NULL)
        len += (size_t)snprintf(text + len, sizeof(text) - len, "%s%s", len > 0 ? "," : "", r->id);
    return text;
}

static void test_named(void)
{
    struct fault_engine *e = help_engine(NULL);
    struct subject s = words_subject(OP_BLOB_GET, "team/app");
    struct rule_index *index;

    (void)help_load(
        e,
        "[{'id': 'any'}, {'id': 'exact', 'when': {'repo': 'team/app'}},"
        " {'id': 'other', 'when': {'repo': 'team/apq'}}, {'id': 'op', 'when': {'op': 'blob.get'}},"
        " {'id': 'exact-op', 'when': {'op': 'blob.*', 'repo': 'team/app'}},"
        " {'id': 'exact-other-op', 'when': {'op': 'ping', 'repo': 'team/app'}},"
        " {'id': 'other-op', 'when': {'op': 'ping'}}, {'id': 'glob', 'when': {'repo': 'team/*'}},"
        " {'id': 'long-glob', 'when': {'repo': 'team/application/*'}},"
        " {'id': 'end', 'when': {'repo': '*/app'}}, {'id': 'other-end', 'when': {'repo': '*/zpp'}},"
        " {'id': 'off', 'enabled': false}, {'id': 'never', 'probability': 0},"
        " {'id': 'early', 'then': {'tls': 'abort'}}, {'id': 'not', 'when': {'repo': '!x'}},"
        " {'id': 'first', 'priority': 1, 'when': {'repo': 'team/app'}}]");
    index = rule_index_new(&words, e->rules, e->rule_count);
    is_str(named(index, &s), "first,not,end,glob,exact-op,op,exact,any", "in the engine's order");
    s.values[W_REPO] = "x";
    is_str(named(index, &s), "not,op,any", "a short name");
    s.values[W_REPO] = "";
    is_str(named(index, &s), "not,op,any", "an empty one");
    s.values[W_REPO] = NULL;
    is_str(named(index, &s), "not,op,any", "none");
    s.op = OP_PING;
    is_str(named(index, &s), "not,other-op,any", "another operation");
    s.op = WORDS_OPS_MAX;
    is_str(named(index, &s), "", "no operation");
    rule_index_free(index);
    rule_index_free(NULL);
    fault_engine_free(e);
}

/* A text of up to 5 of few letters, so that many of them meet. */
static void make_text(struct rng *r, const char *letters, char text[8])
{
    size_t n = rng_below(r, 6), count = strlen(letters);

    for (size_t i = 0; i < n; i++)
        text[i] = letters[rng_below(r, count)];
    text[n] = '\0';
}

/* What the index leaves out must not fit: the same rules act with it and without. */
static void test_complete(void)
{
    enum { RULES = 12, ROUNDS = 2000 };
    struct fault_engine *e = help_engine(NULL);
    struct rng r;
    unsigned wrong = 0, fitted = 0;

    rng_init(&r, 1);
    for (int round = 0; round < ROUNDS; round++) {
        char rules[2000], repo[8], want[200] = "", text[8];
        size_t len = 0, named_len = 0;
        struct subject s;

        for (int i = 0; i < RULES; i++) {
            make_text(&r, "ab/*?", text);
            len +=
                (size_t)snprintf(rules + len, sizeof(rules) - len,
                                 "%c{'id': 'i%d', 'when': {'repo': '%s', 'op': '%s'}}",
                                 i == 0 ? '[' : ',', i, text, words_ops[rng_below(&r, OP_COUNT)]);
        }
        (void)snprintf(rules + len, sizeof(rules) - len, "]");
        (void)fault_engine_remove(e, NULL, NULL);
        (void)help_load(e, rules);
        make_text(&r, "ab/", repo);
        s = words_subject((enum words_op)rng_below(&r, OP_COUNT), repo);
        for (size_t i = 0; i < e->rule_count; i++) {
            if (match_holds(e->rules[i]->match, &s))
                named_len += (size_t)snprintf(want + named_len, sizeof(want) - named_len, "%s%s",
                                              named_len > 0 ? "," : "", e->rules[i]->id);
        }
        fitted += want[0] != '\0';
        wrong += strcmp(help_ask(e, &s), want) != 0;
    }
    is_int(wrong, 0, "nothing that fits is left out");
    ok(fitted > ROUNDS / 10, "often something fits: %u", fitted);
    fault_engine_free(e);
}

int main(void)
{
    plan_lazy();
    test_named();
    test_complete();
    done_testing();
}
