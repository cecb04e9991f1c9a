/* SPDX-License-Identifier: MIT */
#include "lib/fault/rule_schema.h"

#include <stdio.h>
#include <string.h>

#include <jansson.h>

#include "lib/fault/effect_parse.h"
#include "lib/fault/fault.h"
#include "lib/util/err.h"
#include "tests/tap/tap.h"
#include "tests/unit/fault_help.h"

/* The value at a path such as "$defs.rule.properties". */
static json_t *at(json_t *value, const char *path)
{
    char key[64];

    while (*path != '\0') {
        size_t n = strcspn(path, "/");

        (void)snprintf(key, sizeof(key), "%.*s", (int)n, path);
        value = json_object_get(value, key);
        path += n + (path[n] == '/');
    }
    return value;
}

static const char *text_at(json_t *value, const char *path)
{
    return help_text(json_incref(at(value, path)));
}

static void test_schema(void)
{
    struct fault_engine *e = help_engine(NULL);
    json_t *schema = fault_engine_schema(e);
    json_t *rule = at(schema, "$defs/rule/properties");

    is_str(text_at(schema, "$schema"), "'https://json-schema.org/draft/2020-12/schema'", "dialect");
    is_int((long long)json_array_size(at(schema, "anyOf")), 3, "one, several, a set");
    for (int i = 0; i < FAULT_EFFECT_COUNT; i++) {
        const char *key = fault_effect_key((enum fault_effect)i);

        ok(json_object_get(at(rule, "then/properties"), key) != NULL, "then.%s", key);
    }
    is_str(text_at(rule, "then/properties/token"), "{'enum':['expired','garbage',null]}",
           "the product's effects");
    is_str(text_at(rule, "then/additionalProperties"), "false", "and no others");
    is_str(text_at(rule, "then/properties/quota/properties/per/enum"),
           "['op','repo','role','user','client','listener','digest']", "words of a quota");
    is_str(text_at(rule, "probability"), "{'maximum':1,'minimum':0,'type':['number','null']}",
           "probability");
    is_str(text_at(rule, "hits/readOnly"), "true", "what lists show");
    json_decref(schema);
    fault_engine_free(e);
}

static void test_when(void)
{
    struct fault_engine *e = help_engine(NULL);
    json_t *schema = fault_engine_schema(e);
    json_t *when = at(schema, "$defs/rule/properties/when/properties");

    is_str(help_text(json_incref(json_array_get(at(when, "role/anyOf"), 0))),
           "{'anyOf':[{'enum':['config','layer']},{'pattern':'[*?]|^!','type':'string'}]}",
           "names, globs of them, or not these");
    for (size_t i = 0; i < W_COUNT; i++)
        ok(json_object_get(when, words_words[i].name) != NULL, "when.%s", words_words[i].name);
    ok(at(when, "header/additionalProperties") != NULL, "header");
    ok(at(when, "query/additionalProperties") != NULL, "query");
    ok(at(when, "path") != NULL && at(when, "nth") != NULL && at(when, "state") != NULL,
       "path, nth, state");
    json_decref(schema);
    fault_engine_free(e);
}

static void test_shown_only(void)
{
    ok(rule_key_is_shown_only("hits"), "hits are shown only");
    ok(!rule_key_is_shown_only("times"), "times are not");
}

int main(void)
{
    plan_lazy();
    test_schema();
    test_when();
    test_shown_only();
    done_testing();
}
