/* SPDX-License-Identifier: MIT */
#include "lib/fault/engine.h"

#include <stdio.h>
#include <string.h>

#include <jansson.h>

#include "lib/util/err.h"
#include "lib/util/util.h"
#include "tests/tap/tap.h"
#include "tests/unit/fault_help.h"

static struct fault_extra *make(struct fault_engine *e, const char *rules, const char *id)
{
    struct fault_extra *extra = NULL;
    json_t *json = help_json(rules);
    struct err err = {0};

    if (fault_extra_new(&extra, e, json, id, &err) != 0)
        diag("%s", err.msg);
    json_decref(json);
    return extra;
}

/* The ids of the rules that act, '!' behind them when one answers. */
static const char *ask(struct fault_engine *e, const struct fault_extra *extra,
                       const struct subject *s)
{
    static char names[200];
    struct fault_plan plan = {0};

    fault_match(e, s, extra, &plan);
    fault_plan_names(&plan, names, sizeof(names) - 2);
    if (plan.answers)
        (void)snprintf(names + strlen(names), 2, "!");
    fault_plan_done(e, &plan);
    return names;
}

static void test_order(void)
{
    struct subject s = words_subject(OP_BLOB_GET, "team/app");
    struct fault_engine *e = help_engine(NULL);
    struct fault_extra *extra = make(
        e, "[{'then': {'status': 503}}, {'then': {'delay': '1s'}}, {'then': {'rate': 1}}]", "x/y");

    is_str(ask(e, extra, &s), "x/y!", "without other rules; one id for all");
    is_str(ask(e, NULL, &s), "", "none");
    ok(help_load(e, "{'id': 'own', 'times': 1, 'then': {'status': 404}}"), "an own rule");
    is_str(ask(e, extra, &s), "own!", "an own rule that answers comes first");
    is_str(ask(e, extra, &s), "x/y!", "and when it is used up");
    is_str(fault_extra_get(extra, "delay") != NULL ? "1s" : NULL,
           json_string_value(fault_extra_get(extra, "delay")), "a value by its key");
    ok(fault_extra_get(extra, "drip") == NULL, "no such value");
    is_int((long long)fault_engine_count(e), 1, "they are in no list");
    fault_extra_free(extra);
    fault_engine_free(e);
}

static void test_criteria(void)
{
    struct subject s = words_subject(OP_BLOB_GET, "team/app");
    struct fault_engine *e = help_engine(NULL);
    struct fault_extra *extra =
        make(e, "[{'when': {'op': 'manifest.get'}, 'then': {'status': 503}}]", "m");

    is_str(ask(e, extra, &s), "", "what does not fit does not act");
    s.op = OP_MANIFEST_GET;
    is_str(ask(e, extra, &s), "m!", "what fits does");
    fault_extra_free(extra);
    fault_engine_free(e);
}

/* Made anew they go on where they were. */
static void test_counts(void)
{
    static const char rules[] =
        "[{'when': {'nth': {'to': 2, 'per': ['repo']}}, 'then': {'status': 503}}]";
    struct subject s = words_subject(OP_BLOB_GET, "team/app");
    struct fault_engine *e = help_engine(NULL);
    struct fault_extra *extra = make(e, rules, "c");

    is_str(ask(e, extra, &s), "c!", "the first");
    fault_extra_free(extra);
    ok(help_load(e, "{'id': 'own', 'then': {'rate': 1}}"), "another rule comes");
    is_int((long long)fault_engine_remove(e, "own", NULL), 1, "and goes");
    extra = make(e, rules, "c");
    is_str(ask(e, extra, &s), "c!", "the second");
    is_str(ask(e, extra, &s), "", "the third");
    fault_extra_free(extra);
    extra = make(e, rules, "d");
    is_str(ask(e, extra, &s), "d!", "another id counts for itself");
    fault_extra_free(extra);
    fault_engine_free(e);
}

static void test_refused(void)
{
    struct fault_engine *e = help_engine(NULL);
    struct fault_extra *extra = NULL;
    json_t *json = help_json("[{'then': {'rate': 1}}, {'then': {'statu': 1}}]");
    struct err err = {0};

    is_int(fault_extra_new(&extra, e, json, "r", &err), -1, "a bad rule");
    is_str(err.msg, "then.statu: unknown key: did you mean 'status'?", "and why");
    json_decref(json);
    fault_extra_free(NULL);
    fault_engine_free(e);
}

int main(void)
{
    plan_lazy();
    test_order();
    test_criteria();
    test_counts();
    test_refused();
    done_testing();
}
