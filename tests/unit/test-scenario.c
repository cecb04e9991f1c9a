/* SPDX-License-Identifier: MIT */
#include "fixtures/scenario.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <jansson.h>

#include "lib/util/err.h"
#include "lib/util/util.h"
#include "tests/tap/tap.h"

static const char document[] =
    "name: test\n"
    "summary: For the test\n"
    "clients: []\n"
    "parameters:\n"
    "  - {name: repo, type: texts, default: null, help: a}\n"
    "  - {name: times, type: count, default: 2, help: b}\n"
    "  - {name: text, type: text, default: x, help: c}\n"
    "  - {name: after, type: offset, default: 50%, help: d}\n"
    "  - {name: must, type: text, required: true, help: what it is}\n"
    "rules:\n"
    "  - id: test\n"
    "    when: {repo: '${repo}', list: ['${text}', '${must}'], plain: a$b}\n"
    "    then: {header: '<${text}-${times}>', literal: null, body: {after: '${after}'}}\n"
    "    times: ${times}\n";

static json_t *parse(const char *text)
{
    struct err err = {0};
    json_t *result = NULL;

    if (scenario_parse(&result, "text", text, strlen(text), &err) != 0)
        diag("%s", err.msg);
    return result;
}

/* What the words of a command line make of the document: a rule as text, or the error. */
static const struct row {
    const char *words;
    const char *rule;
    const char *error;
} rows[] = {
    {"must=m",
     "{\"id\":\"test\",\"tags\":[\"test\"],\"then\":{\"body\":{\"after\":\"50%\"},"
     "\"header\":\"<x-2>\",\"literal\":null},\"times\":2,"
     "\"when\":{\"list\":[\"x\",\"m\"],\"plain\":\"a$b\"}}",
     NULL},
    {"must=m,times=,text=a, b,repo=a/*,b,after=7",
     "{\"id\":\"test\",\"tags\":[\"test\"],\"then\":{\"body\":{\"after\":\"7\"},"
     "\"header\":\"<a, b-null>\",\"literal\":null},"
     "\"when\":{\"list\":[\"a, b\",\"m\"],\"plain\":\"a$b\",\"repo\":[\"a/*\",\"b\"]}}",
     NULL},
    {"must=a=b,text=,times=3",
     "{\"id\":\"test\",\"tags\":[\"test\"],\"then\":{\"body\":{\"after\":\"50%\"},"
     "\"header\":\"<null-3>\",\"literal\":null},\"times\":3,"
     "\"when\":{\"list\":[\"a=b\"],\"plain\":\"a$b\"}}",
     NULL},
    {"", NULL, "the parameter 'must' is missing: what it is"},
    {"must=", NULL, "the parameter 'must' is missing: what it is"},
    {"must=m,time=3", NULL, "time: unknown key: did you mean 'times'?"},
    {"must=m,times=-1", NULL, "times: '-1' is no whole number"},
    {"must=m,after=7x", NULL, "after: "},
    {"must", NULL, "'must' is not PARAMETER=VALUE"},
    {"=m", NULL, "'=m' is not PARAMETER=VALUE"},
    {"must=\xff", NULL, "'must=\\xff' is not UTF-8"},
};

static void test_expand(const json_t *doc, const struct row *row)
{
    json_t *parameters = json_object(), *made = NULL;
    struct err err = {0};
    auto_free char *text = NULL;

    if (scenario_add_words(parameters, row->words, &err) == 0 &&
        scenario_expand(doc, parameters, &made, &err) == 0)
        text = json_dumps(json_array_get(json_object_get(made, "rules"), 0),
                          JSON_COMPACT | JSON_SORT_KEYS);
    is_str(text, row->rule, "\"%s\"", row->words);
    if (row->error != NULL && !ok(strncasecmp(err.msg, row->error, strlen(row->error)) == 0,
                                  "\"%s\": %s", row->words, row->error))
        diag("%s", err.msg);
    json_decref(parameters);
    json_decref(made);
}

static void test_json(const json_t *doc)
{
    json_t *given = json_pack("{s:s, s:i, s:i}", "must", "m", "text", 5, "times", 4);
    json_t *values = NULL;
    struct err err = {0};

    is_int(scenario_parameters(doc, given, &values, &err), 0, "parameters as JSON");
    is_str(json_string_value(json_object_get(values, "text")), "5", "a number stands for a text");
    is_int(json_integer_value(json_object_get(values, "times")), 4, "a number");
    ok(json_is_null(json_object_get(values, "repo")), "a default that is null");
    json_decref(values);
    (void)json_object_set_new(given, "times", json_array());
    ok(scenario_parameters(doc, given, &values, &err) != 0, "a list is no number");
    is_str(err.msg, "times: expected a whole number, not a list", "and the message says so");
    json_decref(given);
    given = json_array();
    ok(scenario_parameters(doc, given, &values, &err) != 0, "a list of parameters is refused");
    json_decref(given);
}

static void test_documents(void)
{
    static const struct {
        const char *text, *error;
    } bad[] = {
        {"name: x\nclients: []\n", "the key 'summary' is missing"},
        {"name: x\nsummary: y\nclients: []\nrule: []\n", "unknown key: did you mean 'rules'?"},
        {"name: x\nsummary: y\nclients: [{client: z, does: a, evidence: hearsay}]\n",
         "expected tried, source, issue or documentation"},
        {"name: x\nsummary: y\nclients: []\nparameters: [{name: a, type: b, help: c}]\n",
         "expected text, texts, count"},
    };
    json_t *doc = NULL, *made;
    struct err err;

    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        is_int(scenario_parse(&doc, "text", bad[i].text, strlen(bad[i].text), &err), -1,
               "a bad document");
        if (!ok(strstr(err.msg, bad[i].error) != NULL, "%s", bad[i].error))
            diag("%s", err.msg);
    }
    doc = parse("name: x\nsummary: y\nclients: []\nrules: ['a ${none} b']\n");
    is_int(scenario_expand(doc, NULL, &made, &err), -1, "a parameter that there is not");
    is_str(err.msg, "rules: 'none' is no parameter of it", "and the message says so");
    json_decref(doc);
}

static void test_split(void)
{
    json_t *parameters = NULL;
    char *name = NULL;
    struct err err;

    is_int(scenario_split("moved-tag:repo=a,to=b:v2", &name, &parameters, &err), 0, "split");
    is_str(name, "moved-tag", "split: the name");
    is_str(json_string_value(json_object_get(parameters, "to")), "b:v2", "split: a colon");
    free(name);
    json_decref(parameters);
    is_int(scenario_split("x", &name, &parameters, &err), 0, "split: a name alone");
    is_int((long long)json_object_size(parameters), 0, "split: no parameters");
    free(name);
    json_decref(parameters);
    is_int(scenario_split("x:y", &name, &parameters, &err), -1, "split: no value");
}

/* The built-in ones: named as their files are, with rules that begin with the name and carry it. */
static void test_builtin(void)
{
    const char *name;
    struct err err = {0};
    size_t i;

    for (i = 0; (name = scenario_name(i)) != NULL; i++) {
        json_t *doc = NULL;
        const json_t *rule;
        bool good = scenario_load(&doc, name, &err) == 0;
        size_t k;

        if (!good)
            diag("%s", err.msg);
        good = good && strcmp(json_string_value(json_object_get(doc, "name")), name) == 0 &&
               json_is_array(json_object_get(doc, "clients"));
        json_array_foreach(json_object_get(doc, "rules"), k, rule)
        {
            const char *id = json_string_value(json_object_get(rule, "id"));

            good = good && id != NULL && strncmp(id, name, strlen(name)) == 0;
        }
        ok(good, "built in: %s", name);
        json_decref(doc);
    }
    ok(i > 40, "there are %zu of them", i);
    ok(scenario_text("quota") != NULL && scenario_text("quotas") == NULL, "texts by name");
}

int main(void)
{
    json_t *doc;

    plan_lazy();
    doc = parse(document);
    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        test_expand(doc, &rows[i]);
    test_json(doc);
    json_decref(doc);
    test_documents();
    test_split();
    test_builtin();
    done_testing();
}
