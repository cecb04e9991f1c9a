/* SPDX-License-Identifier: MIT */
/* lib/fault/engine_list.c, and of engine.c what is not asked by requests. */
#include "lib/fault/engine.h"

#include <stdio.h>
#include <string.h>

#include <jansson.h>

#include "lib/util/err.h"
#include "tests/tap/tap.h"
#include "tests/unit/fault_help.h"

/* ERR_NONE, or why the rules were refused. */
static enum err_code load(struct fault_engine *e, const char *rules, bool replace, struct err *err)
{
    json_t *json = help_json(rules);
    int result;

    *err = (struct err){0};
    result = fault_engine_load(e, json, replace, NULL, err);
    json_decref(json);
    return result == 0 ? ERR_NONE : err->code;
}

/* "a,b,c": in the order in which they are asked. */
static const char *ids(struct fault_engine *e, const char *tag)
{
    static char text[1000];
    json_t *rows = fault_engine_list(e, tag), *row;
    size_t i, len = 0;

    text[0] = '\0';
    json_array_foreach(rows, i, row)
    {
        len += (size_t)snprintf(text + len, sizeof(text) - len, "%s%s", len > 0 ? "," : "",
                                json_string_value(json_object_get(row, "id")));
    }
    json_decref(rows);
    return text;
}

static void test_forms(void)
{
    struct fault_engine *e = help_engine(NULL);
    struct err err;

    is_int(load(e, "{'id': 'one'}", false, &err), ERR_NONE, "one rule");
    is_int(load(e, "[{'id': 'two'}, {'id': 'three'}]", false, &err), ERR_NONE, "an array");
    is_int(load(e, "{'rules': [{'id': 'four'}], 'description': 'x', '$schema': 'y'}", false, &err),
           ERR_NONE, "a set");
    is_str(ids(e, NULL), "four,three,two,one", "the newest first");
    is_int(load(e, "[]", false, &err), ERR_NONE, "none");
    is_int((long long)fault_engine_count(e), 4, "four rules");
    fault_engine_free(e);
    fault_engine_free(NULL);
}

static void refused(const char *rules, enum err_code code, const char *message)
{
    struct fault_engine *e = help_engine(NULL);
    struct err err;

    (void)help_load(e, "{'id': 'there'}");
    is_int(load(e, rules, false, &err), code, "refused: %s", rules);
    is_str(err.msg, message, "and told why");
    is_str(ids(e, NULL), "there", "nothing changed");
    fault_engine_free(e);
}

static void test_refused(void)
{
    refused("[{'id': 'a'}, {'then': {'delya': 1}}]", ERR_CONFIG,
            "rules[1].then.delya: unknown key: did you mean 'delay'?");
    refused("{'then': {'delya': 1}}", ERR_CONFIG, "then.delya: unknown key: did you mean 'delay'?");
    refused("{'rules': [{}, {}, {'whne': 1}]}", ERR_CONFIG,
            "rules[2].whne: unknown key: did you mean 'when'?");
    refused("{'rules': [], 'rule': 1}", ERR_CONFIG, "rule: unknown key: did you mean 'rules'?");
    refused("{'rules': {}}", ERR_CONFIG, "rules: expected a list of rules");
    refused("7", ERR_CONFIG, "a rule is keys and values, such as when and then");
    refused("[7]", ERR_CONFIG, "rules[0]: a rule is keys and values, such as when and then");
    refused("[{'id': 'a'}, {'id': 'a'}]", ERR_CONFIG, "rules[1].id: 'a' comes twice");
    refused("[{'id': 'a'}, {'id': 'there'}]", ERR_EXISTS,
            "rules[1].id: 'there' exists: change or remove it first");
}

static void test_too_many(void)
{
    struct fault_engine *e = help_engine(NULL);
    json_t *rules = json_array();
    struct err err = {0};

    for (int i = 0; i < FAULT_RULES_MAX; i++)
        json_array_append_new(rules, json_object());
    is_int(fault_engine_load(e, rules, false, NULL, &err), 0, "many rules");
    is_int(load(e, "{}", false, &err), ERR_LIMIT, "one more is too many");
    is_int(fault_engine_load(e, rules, true, NULL, &err), 0, "instead of them is not");
    is_int((long long)fault_engine_count(e), FAULT_RULES_MAX, "as many");
    json_decref(rules);
    fault_engine_free(e);
}

static void test_ids(void)
{
    struct fault_engine *e = help_engine(NULL);

    (void)help_load(e, "[{}, {'id': 'r2'}, {}]");
    is_str(ids(e, NULL), "r3,r2,r1", "names are given around those that are taken");
    (void)help_load(e, "{}");
    is_str(ids(e, NULL), "r4,r3,r2,r1", "and go on");
    is_int((long long)fault_engine_remove(e, NULL, NULL), 4, "all go");
    (void)help_load(e, "{}");
    is_str(ids(e, NULL), "r1", "they begin anew, so that schedules can be repeated");
    fault_engine_free(e);
}

static void test_replace(void)
{
    struct subject s = words_subject(OP_BLOB_GET, "a");
    struct fault_engine *e = help_engine(NULL);
    struct err err;

    (void)help_load(e, "[{'id': 'same', 'then': {'rate': 1}}, {'id': 'other', 'then': {'rate': 1}},"
                       " {'then': {'rate': 1}}, {'id': 'gone', 'then': {'rate': 1}}]");
    is_str(help_ask(e, &s), "gone,r1,other,same", "all act");
    is_int(load(e,
                "[{'id': 'other', 'then': {'rate': 2}}, {'then': {'rate': 1}}, {'id': 'same', "
                "'then': {'rate': 1}}]",
                true, &err),
           ERR_NONE, "replaced");
    is_str(ids(e, NULL), "same,r1,other", "in the new order");
    is_int(help_number(e, "same", "hits"), 1, "what stayed the same goes on counting");
    is_int(help_number(e, "r1", "hits"), 1, "without a name, too");
    is_int(help_number(e, "other", "hits"), 0, "what changed does not");
    is_int(load(e, "[{'id': 'same'}, {'bad': 1}]", true, &err), ERR_CONFIG, "a bad set");
    is_str(ids(e, NULL), "same,r1,other", "changes nothing");
    is_int(load(e, "[]", true, &err), ERR_NONE, "an empty set");
    is_int((long long)fault_engine_count(e), 0, "leaves nothing");
    fault_engine_free(e);
}

static void test_report(void)
{
    struct fault_engine *e = help_engine(NULL);
    json_t *report = NULL, *json = help_json("[{'id': 'a', 'times': 0, 'then': {'rate': 1}}]");
    struct err err = {0};

    is_int(fault_engine_load(e, json, false, &report, &err), 0, "loaded");
    is_str(help_text(report),
           "{'rules':[{'exhausted':true,'expires_in_ms':null,'hits':0,'id':'a','matches':0,"
           "'remaining':0,'then':{'rate':1},'times':0}],"
           "'warnings':['rules[0]: never acts: times is 0']}",
           "a report");
    json_decref(json);
    json = fault_engine_list(e, NULL);
    is_int(fault_engine_load(e, json, true, NULL, &err), 0, "lists can be sent back: %s", err.msg);
    json_decref(json);
    fault_engine_free(e);
}

static void test_tags(void)
{
    struct fault_engine *e = help_engine(NULL);

    (void)help_load(e, "[{'id': 'a', 'tags': ['x', 'y']}, {'id': 'b', 'tags': 'x'}, {'id': 'c'}]");
    is_str(ids(e, "x"), "b,a", "those of a tag");
    is_str(ids(e, "y"), "a", "of another");
    is_str(ids(e, "z"), "", "of none");
    is_int((long long)fault_engine_remove(e, "c", "x"), 0, "id and tag have to fit");
    is_int((long long)fault_engine_remove(e, "nobody", NULL), 0, "nobody");
    is_int((long long)fault_engine_remove(e, NULL, "x"), 2, "those of a tag go");
    is_str(ids(e, NULL), "c", "the others stay");
    ok(fault_engine_get(e, "a") == NULL, "gone");
    fault_engine_free(e);
}

static enum err_code patch(struct fault_engine *e, const char *id, const char *changes,
                           struct err *err)
{
    json_t *json = help_json(changes);
    int result;

    *err = (struct err){0};
    result = fault_engine_patch(e, id, json, err);
    json_decref(json);
    return result == 0 ? ERR_NONE : err->code;
}

static void test_patch(void)
{
    struct subject s = words_subject(OP_BLOB_GET, "a");
    struct fault_engine *e = help_engine(NULL);
    struct err err;

    (void)help_load(
        e, "[{'id': 'a', 'times': 1, 'then': {'status': 503, 'headers': {'set': {'A': 'b'}}}},"
           " {'id': 'b', 'then': {'rate': 1}}]");
    is_str(help_ask(e, &s), "b,a!", "both");
    is_str(help_ask(e, &s), "b", "one is used up");
    is_int(patch(e, "a", "{'times': 3, 'then': {'status': 404}}", &err), ERR_NONE, "more times");
    is_int(help_number(e, "a", "remaining"), 2, "its counters go on");
    is_str(help_text(fault_engine_get(e, "a")),
           "{'exhausted':false,'expires_in_ms':null,'hits':1,'id':'a','matches':1,'remaining':2,"
           "'then':{'headers':{'set':{'A':'b'}},'status':404},'times':3}",
           "members are merged");
    is_str(help_ask(e, &s), "b,a!", "it acts again");
    is_int(patch(e, "a", "{'priority': 1, 'times': null}", &err), ERR_NONE, "first, without end");
    is_str(help_ask(e, &s), "a!", "it is asked first");
    is_int(patch(e, "a", "{'enabled': false}", &err), ERR_NONE, "disabled");
    is_str(help_ask(e, &s), "b", "it does not act");
    is_int(patch(e, "a", "{'enabled': true, 'id': 'a', 'hits': 0}", &err), ERR_NONE, "enabled");
    is_str(help_ask(e, &s), "a!", "it does");
    fault_engine_free(e);
}

static void test_patch_refused(void)
{
    struct fault_engine *e = help_engine(NULL);
    struct err err;

    (void)help_load(e, "{'id': 'a', 'then': {'rate': 1}}");
    is_int(patch(e, "b", "{}", &err), ERR_ABSENT, "no such rule");
    is_str(err.msg, "there is no rule 'b'", "is told");
    is_int(patch(e, "a", "{'id': 'c'}", &err), ERR_CONFIG, "another id");
    is_str(err.msg, "id: cannot be changed", "is refused");
    is_int(patch(e, "a", "{'then': {'rtae': 5}}", &err), ERR_CONFIG, "a bad key");
    is_str(err.msg, "then.rtae: unknown key: did you mean 'rate'?", "is refused");
    is_int(patch(e, "a", "[]", &err), ERR_CONFIG, "a list");
    is_str(help_text(fault_engine_get(e, "a")),
           "{'exhausted':false,'expires_in_ms':null,'hits':0,'id':'a','matches':0,'remaining':null,"
           "'then':{'rate':1}}",
           "nothing changed");
    fault_engine_free(e);
}

static void test_patch_nth(void)
{
    struct subject s = words_subject(OP_BLOB_GET, "a");
    struct clock clock = {0};
    struct fault_engine *e = help_engine(&clock);
    struct err err;

    (void)help_load(e, "{'id': 'a', 'ttl': '1m', 'when': {'nth': {'to': 2}}, 'then': {'rate': 1}}");
    is_str(help_ask(e, &s), "a", "the first");
    is_int(patch(e, "a", "{'then': {'rate': 2}}", &err), ERR_NONE, "another effect");
    is_str(help_ask(e, &s), "a", "the second");
    is_str(help_ask(e, &s), "", "positions go on");
    is_int(patch(e, "a", "{'when': {'repo': '*'}}", &err), ERR_NONE, "other criteria");
    is_str(help_ask(e, &s), "a", "positions begin anew");
    clock.shift_ms = 50000;
    is_int(patch(e, "a", "{'priority': 1}", &err), ERR_NONE, "its time goes on");
    ok(help_number(e, "a", "expires_in_ms") <= 10000, "ten seconds");
    is_int(patch(e, "a", "{'ttl': '1m'}", &err), ERR_NONE, "unless it is changed");
    ok(help_number(e, "a", "expires_in_ms") > 50000, "a minute");
    fault_engine_free(e);
}

static void test_state(void)
{
    struct fault_engine *e = help_engine(NULL);
    char name[20], value[1026];
    struct err err = {0};

    is_int(fault_engine_set_state(e, "a", "b", &err), 0, "set");
    is_str(help_text(fault_engine_state(e)), "{'a':'b'}", "is there");
    is_int(fault_engine_set_state(e, "a", NULL, &err), 0, "unset");
    is_str(help_text(fault_engine_state(e)), "{}", "is gone");
    is_int(fault_engine_set_state(e, "a b", "c", &err), -1, "no name");
    is_int(fault_engine_set_state(e, "a", "\xff", &err), -1, "no text");
    memset(value, 'x', sizeof(value));
    value[1025] = '\0';
    is_int(fault_engine_set_state(e, "a", value, &err), -1, "a long value");
    is_str(err.msg, "a: the value is longer than 1024 bytes", "is refused");
    for (int i = 0; i < FAULT_VARIABLES_MAX; i++) {
        (void)snprintf(name, sizeof(name), "v%d", i);
        (void)fault_engine_set_state(e, name, "x", &err);
    }
    is_int(fault_engine_set_state(e, "one-more", "x", &err), -1, "too many");
    is_int(err.code, ERR_LIMIT, "are refused");
    is_int(fault_engine_set_state(e, "v1", "y", &err), 0, "but one of them can change");
    fault_engine_free(e);
}

/* What is saved can be loaded, and gives the same rules in the same order. */
static void test_save(void)
{
    struct fault_engine *e = help_engine(NULL);
    json_t *saved;
    struct err err;

    ASSERT(load(e, "[{'id': 'a'}, {'id': 'b', 'priority': 5}, {'id': 'c', 'times': 2}]", false,
                &err) == ERR_NONE);
    ASSERT(load(e, "{'id': 'd', 'then': {'status': 503}}", false, &err) == ERR_NONE);
    is_str(ids(e, NULL), "b,d,c,a", "rules in their order");
    saved = fault_engine_save(e);
    is_int((long long)json_array_size(saved), 4, "are saved");
    ASSERT(fault_engine_remove(e, NULL, NULL) == 4);
    is_int(fault_engine_load(e, saved, true, NULL, &err), 0, "and loaded again");
    is_str(ids(e, NULL), "b,d,c,a", "in the same order");
    json_decref(saved);
    ASSERT(fault_engine_set_state(e, "phase", "x", NULL) == 0);
    fault_engine_clear_state(e);
    is_str(help_text(fault_engine_state(e)), "{}", "variables are forgotten");
    fault_engine_free(e);
}

int main(void)
{
    plan_lazy();
    test_forms();
    test_refused();
    test_too_many();
    test_ids();
    test_replace();
    test_report();
    test_tags();
    test_patch();
    test_patch_refused();
    test_patch_nth();
    test_state();
    test_save();
    done_testing();
}
