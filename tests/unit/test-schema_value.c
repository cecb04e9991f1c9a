/* SPDX-License-Identifier: MIT */
/* lib/util/schema_value.c */
#include "lib/util/schema.h"

#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "lib/util/err.h"
#include "lib/util/util.h"
#include "tests/tap/tap.h"

static const char *const modes[] = {"off", "on", "405", NULL};

static const struct schema member[] = {
    {.key = "name", .type = SCHEMA_TEXT, .required = true},
    {.key = "secret", .type = SCHEMA_TEXT, .secret = true},
    {.key = "file", .type = SCHEMA_PATH},
    {.key = "files", .type = SCHEMA_PATHS},
    {.key = "life", .type = SCHEMA_DURATION},
    {.key = NULL},
};

static const struct schema types[] = {
    [SCHEMA_BOOL] = {.type = SCHEMA_BOOL},
    [SCHEMA_TEXT] = {.type = SCHEMA_TEXT},
    [SCHEMA_PATH] = {.type = SCHEMA_PATH, .or_bool = true},
    [SCHEMA_COUNT] = {.type = SCHEMA_COUNT, .max = 100},
    [SCHEMA_SIZE] = {.type = SCHEMA_SIZE},
    [SCHEMA_DURATION] = {.type = SCHEMA_DURATION},
    [SCHEMA_SHIFT] = {.type = SCHEMA_SHIFT, .max = 3600 * 1000},
    [SCHEMA_CHOICE] = {.type = SCHEMA_CHOICE, .choices = modes},
    [SCHEMA_LIST] = {.type = SCHEMA_LIST},
    [SCHEMA_PATHS] = {.type = SCHEMA_PATHS},
    [SCHEMA_OBJECT] = {.type = SCHEMA_OBJECT, .members = member},
    [SCHEMA_OBJECTS] = {.type = SCHEMA_OBJECTS, .members = member},
};

static void reads(enum schema_type type, const char *text, const char *want)
{
    struct schema_place at = {.origin = "X"};
    struct err err = {0};
    json_t *value = NULL;
    char *got;

    if (!ok(schema_from_text(&value, &types[type], text, &at, &err) == 0, "'%s' is read: %s", text,
            err.msg))
        return;
    got = json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY);
    is_str(got, want, "'%s' becomes %s", text, want);
    free(got);
    json_decref(value);
}

static void refuses(enum schema_type type, const char *text, const char *message)
{
    struct schema_place at = {.origin = "X"};
    struct err err = {0};
    json_t *value = NULL;

    is_int(schema_from_text(&value, &types[type], text, &at, &err), -1, "'%s' is refused", text);
    is_str(err.msg, message, "and told why");
    ok(value == NULL, "and nothing is written");
}

static void test_from_text(void)
{
    reads(SCHEMA_BOOL, "true", "true");
    reads(SCHEMA_BOOL, "Yes", "true");
    reads(SCHEMA_BOOL, "ON", "true");
    reads(SCHEMA_BOOL, "1", "true");
    reads(SCHEMA_BOOL, "no", "false");
    reads(SCHEMA_BOOL, "0", "false");
    reads(SCHEMA_TEXT, "a,b", "\"a,b\"");
    reads(SCHEMA_TEXT, "true", "\"true\"");
    reads(SCHEMA_PATH, "true", "true");
    reads(SCHEMA_PATH, "a/true", "\"a/true\"");
    reads(SCHEMA_COUNT, "100", "100");
    reads(SCHEMA_COUNT, "007", "7");
    reads(SCHEMA_SIZE, "8MiB", "\"8MiB\"");
    reads(SCHEMA_SIZE, "1024", "\"1024\"");
    reads(SCHEMA_DURATION, "0", "\"0\"");
    reads(SCHEMA_CHOICE, "405", "\"405\"");
    reads(SCHEMA_LIST, "a", "[\"a\"]");
    reads(SCHEMA_LIST, " a b , c,,d ", "[\"a b\",\"c\",\"d\"]");
    reads(SCHEMA_LIST, "", "[]");
    reads(SCHEMA_OBJECT, "{\"name\":\"x\"}", "{\"name\":\"x\"}");
    reads(SCHEMA_OBJECTS, "[{\"name\":\"x\"}]", "[{\"name\":\"x\"}]");
}

static void test_refused(void)
{
    struct schema_place at = {.origin = "X"};
    struct err err = {0};
    json_t *value;

    refuses(SCHEMA_BOOL, "maybe", "X: 'maybe' is not allowed: expected true or false");
    refuses(SCHEMA_BOOL, "", "X: '' is not allowed: expected true or false");
    refuses(SCHEMA_COUNT, "x", "X: 'x' is no whole number");
    refuses(SCHEMA_COUNT, "", "X: '' is no whole number");
    refuses(SCHEMA_COUNT, "-1", "X: '-1' is no whole number");
    refuses(SCHEMA_COUNT, "1x", "X: '1x' is no whole number");
    refuses(SCHEMA_COUNT, "99999999999999999999", "X: '99999999999999999999' is no whole number");
    refuses(SCHEMA_COUNT, "101", "X: out of range: allowed is 0 to 100");
    refuses(SCHEMA_CHOICE, "x", "X: 'x' is not allowed: expected off, on or 405");
    refuses(SCHEMA_TEXT, "\xff\n", "X: '\\xff\\x0a' is not UTF-8");
    refuses(SCHEMA_OBJECT, "{\"nmae\":\"x\"}", "X: nmae: unknown key: did you mean 'name'?");
    refuses(SCHEMA_OBJECTS, "[{\"name\":5}]",
            "X: [0].name: expected a text, not a number: put it in quotes");
    is_int(schema_from_text(&value, &types[SCHEMA_OBJECTS], "[{", &at, &err), -1, "half JSON");
    is_int(err.code, ERR_USAGE, "is wrong usage: %s", err.msg);
}

static uint64_t number(enum schema_type type, const char *json)
{
    json_t *value = json_loads(json, JSON_DECODE_ANY, NULL);
    uint64_t n = schema_number(&types[type], value);

    json_decref(value);
    return n;
}

static void test_number(void)
{
    is_int((long long)number(SCHEMA_BOOL, "true"), 1, "true");
    is_int((long long)number(SCHEMA_BOOL, "false"), 0, "false");
    is_int((long long)number(SCHEMA_COUNT, "42"), 42, "a count");
    is_int((long long)number(SCHEMA_SIZE, "42"), 42, "a size as number");
    is_int((long long)number(SCHEMA_SIZE, "\"2k\""), 2048, "a size as text");
    is_int((long long)number(SCHEMA_DURATION, "\"2s\""), 2000, "a duration");
    is_int((long long)number(SCHEMA_DURATION, "0"), 0, "no duration");
    is_int((long long)number(SCHEMA_SHIFT, "\"-2s\""), -2000, "a shift");
    is_int((long long)number(SCHEMA_SHIFT, "0"), 0, "no shift");
    is_int((long long)number(SCHEMA_CHOICE, "\"on\""), 1, "a choice is its index");
    is_int((long long)number(SCHEMA_CHOICE, "405"), 2, "by its text");
}

static void resolves(enum schema_type type, const char *json, const char *want)
{
    json_t *value = json_loads(json, JSON_DECODE_ANY, NULL);
    char *got;

    is_int(schema_resolve_paths(&types[type], value, "/dir", NULL), 0, "paths of %s", json);
    got = json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY);
    is_str(got, want, "become %s", want);
    free(got);
    json_decref(value);
}

static void test_paths(void)
{
    resolves(SCHEMA_PATH, "\"a/b\"", "\"/dir/a/b\"");
    resolves(SCHEMA_PATH, "\"/a\"", "\"/a\"");
    resolves(SCHEMA_PATH, "\"\"", "\"\"");
    resolves(SCHEMA_PATH, "true", "true");
    resolves(SCHEMA_TEXT, "\"a\"", "\"a\"");
    resolves(SCHEMA_LIST, "[\"a\"]", "[\"a\"]");
    resolves(SCHEMA_PATHS, "[\"a\",\"/b\"]", "[\"/dir/a\",\"/b\"]");
    resolves(SCHEMA_PATHS, "\"a\"", "\"/dir/a\"");
    resolves(SCHEMA_OBJECTS, "[{\"name\":\"n\",\"file\":\"f\",\"files\":[\"g\"]}]",
             "[{\"name\":\"n\",\"file\":\"/dir/f\",\"files\":[\"/dir/g\"]}]");
}

static void prints(enum schema_type type, const char *json, const char *want)
{
    json_t *value = json_loads(json, JSON_DECODE_ANY, NULL);
    json_t *copy = schema_printable(&types[type], value);
    char *got = json_dumps(copy, JSON_COMPACT | JSON_ENCODE_ANY);

    is_str(got, want, "%s is printed as %s", json, want);
    free(got);
    json_decref(copy);
    json_decref(value);
}

static void test_printable(void)
{
    prints(SCHEMA_BOOL, "true", "true");
    prints(SCHEMA_SIZE, "8388608", "\"8MiB\"");
    prints(SCHEMA_SIZE, "\"1k\"", "\"1KiB\"");
    prints(SCHEMA_SIZE, "1000", "1000");
    prints(SCHEMA_DURATION, "\"3600s\"", "\"1h\"");
    prints(SCHEMA_DURATION, "\"0s\"", "0");
    prints(SCHEMA_CHOICE, "405", "\"405\"");
    prints(SCHEMA_LIST, "\"a\"", "[\"a\"]");
    prints(SCHEMA_OBJECTS, "[{\"name\":\"n\",\"secret\":\"s\",\"life\":\"60s\"},{\"name\":\"m\"}]",
           "[{\"name\":\"n\",\"secret\":\"***\",\"life\":\"1m\"},{\"name\":\"m\"}]");
    prints(SCHEMA_OBJECT, "{\"name\":\"n\",\"secret\":\"\",\"life\":null}",
           "{\"name\":\"n\",\"secret\":\"\"}");
}

int main(void)
{
    plan_lazy();
    test_from_text();
    test_refused();
    test_number();
    test_paths();
    test_printable();
    done_testing();
}
