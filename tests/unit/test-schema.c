/* SPDX-License-Identifier: MIT */
#include "lib/util/schema.h"

#include <string.h>

#include <jansson.h>

#include "lib/util/err.h"
#include "lib/util/util.h"
#include "tests/tap/tap.h"

static const char *const colours[] = {"red", "green", "405", "true", NULL};

static const struct schema leaf[] = {
    {.key = "size", .type = SCHEMA_SIZE, .max = 1024},
    {.key = NULL},
};

static const struct schema account[] = {
    {.key = "name", .type = SCHEMA_TEXT, .required = true},
    {.key = "secret", .type = SCHEMA_TEXT, .secret = true},
    {.key = "groups", .type = SCHEMA_LIST},
    {.key = "quota", .type = SCHEMA_OBJECT, .members = leaf},
    {.key = "keys", .type = SCHEMA_OBJECTS, .members = leaf},
    {.key = NULL},
};

static const struct schema all[] = {
    {.key = "bool", .type = SCHEMA_BOOL},
    {.key = "text", .type = SCHEMA_TEXT},
    {.key = "path", .type = SCHEMA_PATH},
    {.key = "path_or_bool", .type = SCHEMA_PATH, .or_bool = true},
    {.key = "count", .type = SCHEMA_COUNT, .min = 1, .max = 10},
    {.key = "size", .type = SCHEMA_SIZE, .max = 8 * 1024 * 1024},
    {.key = "duration", .type = SCHEMA_DURATION, .min = 1000},
    {.key = "choice", .type = SCHEMA_CHOICE, .choices = colours},
    {.key = "list", .type = SCHEMA_LIST},
    {.key = "paths", .type = SCHEMA_PATHS},
    {.key = "accounts", .type = SCHEMA_OBJECTS, .members = account},
    {.key = NULL},
};

static const struct schema root = {.type = SCHEMA_OBJECT, .members = all};

/* Reads the text of a file and checks it. */
static int check(const char *text, struct err *err)
{
    struct schema_place at = {0};
    struct conf *conf = NULL;
    int result;

    if (conf_parse(&conf, "f.yaml", text, strlen(text), err) != 0)
        return -1;
    at.conf = conf;
    result = schema_check(&root, conf_root(conf), &at, err);
    is_str(at.path, "", "the path is as before");
    conf_free(conf);
    return result;
}

static void accepts(const char *text)
{
    struct err err = {0};

    ok(check(text, &err) == 0, "accepted: %s %s", text, err.msg);
}

static void refuses(const char *text, const char *message)
{
    struct err err = {0};

    is_int(check(text, &err), -1, "refused: %s", text);
    is_str(err.msg, message, "and told why");
    is_int(err.code, ERR_CONFIG, "as configuration");
}

static void test_accepted(void)
{
    accepts("{}");
    accepts("bool: false");
    accepts("text: hello");
    accepts("text: ''");
    accepts("text:");
    accepts("path_or_bool: true");
    accepts("path_or_bool: x/y");
    accepts("count: 10");
    accepts("size: 8MiB");
    accepts("size: 0");
    accepts("duration: 1s");
    accepts("choice: red");
    accepts("choice: 405");
    accepts("choice: true");
    accepts("choice: '405'");
    accepts("list: one");
    accepts("list: [a, b]");
    accepts("list: []");
    accepts("accounts: []");
    accepts("accounts: [{name: a}, {name: b, secret: s, groups: x, quota: {size: 1k}}]");
    accepts("accounts:\n  - name: a\n    keys: [{size: 5}, {}]");
}

static void test_scalars(void)
{
    refuses("bool: 1", "f.yaml:1: bool: expected true or false, not a number");
    refuses("bool: on", "f.yaml:1: bool: expected true or false, not a text");
    refuses("text: 5", "f.yaml:1: text: expected a text, not a number: put it in quotes");
    refuses("text: true", "f.yaml:1: text: expected a text, not a boolean: put it in quotes");
    refuses("text: [a]", "f.yaml:1: text: expected a text, not a list");
    refuses("path: {a: b}", "f.yaml:1: path: expected a path, not keys and values");
    refuses("path: true", "f.yaml:1: path: expected a text, not a boolean: put it in quotes");
    refuses("\n\ncount: 0", "f.yaml:3: count: out of range: allowed is 1 to 10");
    refuses("count: 11", "f.yaml:1: count: out of range: allowed is 1 to 10");
    refuses("count: -1", "f.yaml:1: count: must not be negative");
    refuses("count: 1.5", "f.yaml:1: count: expected a whole number, not a number");
    refuses("size: 9MiB", "f.yaml:1: size: out of range: allowed is 0 to 8MiB");
    refuses("size: big",
            "f.yaml:1: size: 'big' is no size: expected a number of bytes, or one with a "
            "unit such as 64k, 8MiB or 2GB");
    refuses("size: true", "f.yaml:1: size: expected a size such as 8MiB, not a boolean");
    refuses("size: -5", "f.yaml:1: size: must not be negative");
    refuses("duration: 30",
            "f.yaml:1: duration: expected a duration with its unit, such as 30ms or 30s");
    refuses("duration: 50ms", "f.yaml:1: duration: out of range: allowed is 1s and more");
    refuses("choice: blue", "f.yaml:1: choice: 'blue' is not allowed: did you mean 'true'? "
                            "expected red, green, 405 or true");
    refuses("choice: [red]", "f.yaml:1: choice: expected red, green, 405 or true, not a list");
    refuses("choice: 404", "f.yaml:1: choice: '404' is not allowed: did you mean '405'? expected "
                           "red, green, 405 or true");
}

static void test_nested(void)
{
    refuses("list: 5", "f.yaml:1: list: expected a list of texts, not a number");
    refuses("list:\n  - a\n  - 5",
            "f.yaml:3: list[1]: expected a text, not a number: put it in quotes");
    refuses("lsit: a", "f.yaml:1: lsit: unknown key: did you mean 'list'?");
    refuses("frobnicate: a",
            "f.yaml:1: frobnicate: unknown key: expected one of bool, text, path, path_or_bool, "
            "count, size, duration, choice, list, paths, accounts");
    refuses("accounts: {name: a}", "f.yaml:1: accounts: expected a list, not keys and values");
    refuses("accounts: [a]", "f.yaml:1: accounts[0]: expected keys and values, not a text");
    refuses("accounts:\n  - name: a\n  - secret: b",
            "f.yaml:3: accounts[1]: the key 'name' is missing");
    refuses("accounts:\n  - name: a\n    secert: b",
            "f.yaml:3: accounts[0].secert: unknown key: did you mean 'secret'?");
    refuses("accounts:\n  - name: a\n    quota:\n      size: 2k",
            "f.yaml:4: accounts[0].quota.size: out of range: allowed is 0 to 1KiB");
    refuses("accounts:\n  - name: a\n    keys:\n      - {}\n      - sise: 2",
            "f.yaml:5: accounts[0].keys[1].sise: unknown key: did you mean 'size'?");
}

/* A message never shows a secret's value. */
static void test_secret(void)
{
    struct err err = {0};

    is_int(check("accounts: [{name: a, secret: 12345}]", &err), -1, "a secret that is no text");
    ok(strstr(err.msg, "12345") == NULL, "is not shown: %s", err.msg);
}

static void test_long_name(void)
{
    struct schema_place at = {.path = "a.b"};
    struct conf *conf = NULL;
    char name[200];
    struct err err;

    memset(name, 'x', sizeof(name));
    memcpy(name + sizeof(name) - 10, "/end.yaml", 10);
    (void)conf_parse(&conf, name, "a: 1", 4, NULL);
    at.conf = conf;
    is_int(schema_error(&at, &err, "wrong"), -1, "a file with a long name");
    ok(strncmp(err.msg, "...xxx", 6) == 0, "is cut at its beginning");
    ok(strstr(err.msg, "/end.yaml:1: a.b: wrong") != NULL, "and shows its end: %s", err.msg);
    conf_free(conf);
}

static void test_origin(void)
{
    struct schema_place at = {.origin = "--flag"};
    struct err err;

    (void)schema_error(&at, &err, "is %s", "wrong");
    is_str(err.msg, "--flag: is wrong", "a flag is named");
    is_int(err.code, ERR_USAGE, "and the error is usage");
    conf_path_add(at.path, "a", 0);
    conf_path_add(at.path, NULL, 3);
    (void)schema_unknown_key(&at, NULL, &err);
    is_str(err.msg, "--flag: a[3]: unknown key", "with the path in it");
}

/* The forms of rules and requests: values that are not from a file. */

static const struct schema spread[] = {
    {.key = "min", .type = SCHEMA_DURATION, .required = true},
    {.key = NULL},
};
static const struct schema spread_form = {.type = SCHEMA_OBJECT, .members = spread};
static const struct schema text_value[] = {{.key = "*", .type = SCHEMA_SCALAR}};
static const struct schema forms[] = {
    {.key = "scalar", .type = SCHEMA_SCALAR},
    {.key = "scalars", .type = SCHEMA_SCALARS},
    {.key = "int", .type = SCHEMA_INT},
    {.key = "share", .type = SCHEMA_NUMBER, .max = 1},
    {.key = "sigma", .type = SCHEMA_NUMBER, .min = 1},
    {.key = "sizes", .type = SCHEMA_SIZES},
    {.key = "offset", .type = SCHEMA_OFFSET},
    {.key = "map", .type = SCHEMA_MAP, .members = text_value},
    {.key = "any", .type = SCHEMA_ANY},
    {.key = "delay", .type = SCHEMA_DURATION, .other = &spread_form},
    {.key = NULL},
};
static const struct schema forms_root = {.type = SCHEMA_OBJECT, .members = forms};

static void form(const char *text, const char *message)
{
    struct schema_place at = {0};
    struct err err = {0};
    json_t *value = json_loads(text, 0, NULL);

    is_int(schema_check(&forms_root, value, &at, &err), message == NULL ? 0 : -1, "%s", text);
    is_str(err.msg, message == NULL ? "" : message, "and told why");
    is_int(err.code, message == NULL ? ERR_NONE : ERR_CONFIG, "as configuration");
    is_str(at.path, "", "the path is as before");
    json_decref(value);
}

static void test_forms(void)
{
    form("{\"scalar\": 1, \"scalars\": [true, \"a\", 2]}", NULL);
    form("{\"scalars\": \"a\", \"int\": -5, \"share\": 0.3, \"sigma\": 1e9}", NULL);
    form("{\"sizes\": [1, \"1KiB\"], \"offset\": \"12.5%\", \"any\": [{}]}", NULL);
    form("{\"sizes\": 4, \"offset\": 7, \"map\": {\"x\": 1, \"y\": null}}", NULL);
    form("{\"delay\": \"2s\"}", NULL);
    form("{\"delay\": {\"min\": \"2s\"}}", NULL);
    form("{\"scalar\": []}", "scalar: expected a text, not a list");
    form("{\"scalars\": [\"a\", {}]}", "scalars[1]: expected a text, not keys and values");
    form("{\"int\": 2147483648}", "int: out of range: allowed is -2147483648 to 2147483647");
    form("{\"int\": 1.5}", "int: expected a whole number, not a number");
    form("{\"share\": 1.5}", "share: out of range: allowed is 0 to 1");
    form("{\"share\": \"1\"}", "share: expected a number, not a text");
    form("{\"sigma\": 0.5}", "sigma: out of range: allowed is 1 and more");
    form("{\"sizes\": [1, \"x\"]}",
         "sizes[1]: 'x' is no size: expected a number of bytes, or one with a unit such as 64k, "
         "8MiB or 2GB");
    form("{\"offset\": \"101%\"}", "offset: '101%' is not allowed: a share is 0% to 100%");
    form("{\"offset\": \"-1%\"}", "offset: '-1%' is not allowed: a share is 0% to 100%");
    form("{\"offset\": -1}", "offset: must not be negative");
    form("{\"map\": {\"x\": {}}}", "map.x: expected a text, not keys and values");
    form("{\"map\": []}", "map: expected keys and values, not a list");
    form("{\"delay\": {\"mni\": \"2s\"}}", "delay.mni: unknown key: did you mean 'min'?");
    form("{\"delay\": {}}", "delay: the key 'min' is missing");
    form("{\"delay\": []}", "delay: expected a duration such as 30s, not a list");
    form("{\"delya\": 0}", "delya: unknown key: did you mean 'delay'?");
}

static void shares(const char *text, double want)
{
    json_t *value = json_string(text);

    ok(schema_share(value) - want < 1e-12 && want - schema_share(value) < 1e-12, "share '%s'",
       text);
    json_decref(value);
}

static void test_share(void)
{
    shares("50%", 0.5);
    shares("0%", 0);
    shares("100%", 1);
    shares("12.25%", 0.1225);
    shares("1000", -1);
    shares("%", -1);
    shares("5%%", -1);
}

int main(void)
{
    plan_lazy();
    test_accepted();
    test_scalars();
    test_nested();
    test_secret();
    test_long_name();
    test_origin();
    test_forms();
    test_share();
    done_testing();
}
