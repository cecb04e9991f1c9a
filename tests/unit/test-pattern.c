/* SPDX-License-Identifier: MIT */
#include "lib/fault/pattern.h"

#include <string.h>

#include <jansson.h>

#include "lib/util/err.h"
#include "lib/util/schema.h"
#include "tests/tap/tap.h"

static struct pattern_list *parse(enum pattern_kind kind, const char *json)
{
    struct schema_place at = {.path = "x"};
    struct err err = {0};
    json_t *value = json_loads(json, JSON_DECODE_ANY, NULL);
    struct pattern_list *l = NULL;

    if (pattern_list_parse(&l, kind, value, &at, &err) != 0)
        diag("%s", err.msg);
    is_str(at.path, "x", "the path is as before");
    json_decref(value);
    return l;
}

static void fits(enum pattern_kind kind, const char *json, const char *value, bool want)
{
    struct pattern_list *l = parse(kind, json);

    ok(l != NULL && pattern_list_fits(l, value) == want, "%s %s %s", json,
       want ? "fits" : "does not fit", value == NULL ? "nothing" : value);
    pattern_list_free(l);
}

static void test_texts(void)
{
    fits(PATTERN_TEXT, "\"a\"", "a", true);
    fits(PATTERN_TEXT, "\"a\"", "ab", false);
    fits(PATTERN_TEXT, "\"a\"", "", false);
    fits(PATTERN_TEXT, "\"\"", "", true);
    fits(PATTERN_TEXT, "\"team/*\"", "team/a/b", true);
    fits(PATTERN_TEXT, "\"team/*\"", "team", false);
    fits(PATTERN_TEXT, "\"*/app\"", "team/app", true);
    fits(PATTERN_TEXT, "\"team/?pp\"", "team/app", true);
    fits(PATTERN_TEXT, "\"team/?pp\"", "team/pp", false);
    fits(PATTERN_TEXT, "[\"a\", \"b*\"]", "bcd", true);
    fits(PATTERN_TEXT, "[\"a\", \"b*\"]", "c", false);
    fits(PATTERN_TEXT, "404", "404", true);
    fits(PATTERN_TEXT, "true", "true", true);
}

static void test_negated(void)
{
    fits(PATTERN_TEXT, "\"!a\"", "a", false);
    fits(PATTERN_TEXT, "\"!a\"", "b", true);
    fits(PATTERN_TEXT, "\"!a\"", NULL, true);
    fits(PATTERN_TEXT, "[\"!a\", \"!b\"]", "b", false);
    fits(PATTERN_TEXT, "[\"t*\", \"!ta\"]", "tb", true);
    fits(PATTERN_TEXT, "[\"t*\", \"!ta\"]", "ta", false);
    fits(PATTERN_TEXT, "[\"t*\", \"!ta\"]", "x", false);
    fits(PATTERN_TEXT, "\"*\"", NULL, false);
    fits(PATTERN_TEXT, "\"*\"", "", true);
    fits(PATTERN_TEXT, "\"!*\"", NULL, true);
    fits(PATTERN_TEXT, "\"!*\"", "a", false);
}

static void test_addresses(void)
{
    fits(PATTERN_ADDRESS, "\"192.0.2.0/24\"", "192.0.2.1:40312", true);
    fits(PATTERN_ADDRESS, "\"192.0.2.0/24\"", "192.0.3.1:40312", false);
    fits(PATTERN_ADDRESS, "\"192.0.2.1\"", "192.0.2.1", true);
    fits(PATTERN_ADDRESS, "\"::1\"", "[::1]:5000", true);
    fits(PATTERN_ADDRESS, "\"fd00::/8\"", "fd12::1", true);
    fits(PATTERN_ADDRESS, "\"192.0.2.1:40312\"", "192.0.2.1:40312", true);
    fits(PATTERN_ADDRESS, "\"192.0.2.1:40312\"", "192.0.2.1:40313", false);
    fits(PATTERN_ADDRESS, "\"[::1]:5000\"", "[::1]:5000", true);
    fits(PATTERN_ADDRESS, "\"192.0.2.*\"", "192.0.2.9:1", true);
    fits(PATTERN_ADDRESS, "\"!127.0.0.0/8\"", "127.0.0.1:1", false);
    fits(PATTERN_ADDRESS, "\"10.0.0.0/8\"", NULL, false);
    fits(PATTERN_ADDRESS, "\"10.0.0.0/8\"", "", false);
    fits(PATTERN_ADDRESS, "\"10.0.0.0/8\"", "[", false);
    fits(PATTERN_ADDRESS, "\"10.0.0.0/8\"",
         "10.0.0.1.a.name.that.is.far.too.long.to.be.an.address.of.any.kind.at.all:1", false);
}

static void refused(enum pattern_kind kind, const char *json, const char *message)
{
    struct schema_place at = {.path = "when.x"};
    struct err err = {0};
    json_t *value = json_loads(json, JSON_DECODE_ANY, NULL);
    struct pattern_list *l = NULL;

    is_int(pattern_list_parse(&l, kind, value, &at, &err), -1, "refused: %s", json);
    is_str(err.msg, message, "and told why");
    is_int(err.code, ERR_CONFIG, "as configuration");
    is_str(at.path, "when.x", "the path is as before");
    json_decref(value);
}

static void test_refused(void)
{
    refused(PATTERN_TEXT, "[]", "when.x: the list is empty");
    refused(PATTERN_TEXT, "{}", "when.x: expected a text, not keys and values");
    refused(PATTERN_TEXT, "[\"a\", []]", "when.x[1]: expected a text, not a list");
    refused(PATTERN_TEXT, "[null]", "when.x[0]: expected a text, not null");
    refused(PATTERN_ADDRESS, "[\"::1\", \"10.0.0\"]",
            "when.x[1]: '10.0.0' is no address or block of addresses");
    refused(PATTERN_ADDRESS, "\"10.0.0.0/33\"",
            "when.x: '10.0.0.0/33': behind the '/' stands a number from 0 to 32");
}

static void test_too_many(void)
{
    struct schema_place at = {.path = "x"};
    struct pattern_list *l = NULL;
    struct err err = {0};
    json_t *value = json_array();

    for (int i = 0; i <= PATTERN_VALUES_MAX; i++)
        json_array_append_new(value, json_string("a"));
    is_int(pattern_list_parse(&l, PATTERN_TEXT, value, &at, &err), -1, "too many values");
    is_str(err.msg, "x: more than 1000 values", "are refused");
    json_decref(value);
}

static void impossible(const char *json, bool want)
{
    struct pattern_list *l = parse(PATTERN_TEXT, json);

    ok(pattern_list_is_impossible(l) == want, "%s is %spossible", json, want ? "im" : "");
    pattern_list_free(l);
}

static void test_impossible(void)
{
    impossible("\"a\"", false);
    impossible("\"!*\"", false);
    impossible("[\"a\", \"!a\"]", true);
    impossible("[\"a*\", \"!a\"]", false);
    impossible("[\"ab\", \"!a*\"]", true);
    impossible("[\"ab*\", \"!a*\"]", true);
    impossible("[\"a*\", \"!ab*\"]", false);
    impossible("[\"a?c*\", \"!a?c*\"]", true);
    impossible("[\"a\", \"b\", \"!a\"]", false);
    impossible("[\"a\", \"b?\", \"!*\"]", true);
}

static void prefix(const char *json, const char *want, bool want_whole)
{
    struct pattern_list *l = parse(PATTERN_TEXT, json);
    const char *text;
    size_t len = 0;
    bool whole = false;

    text = pattern_list_prefix(l, &len, &whole);
    if (want == NULL)
        ok(text == NULL, "%s has no beginning", json);
    else
        ok(text != NULL && len == strlen(want) && strncmp(text, want, len) == 0 &&
               whole == want_whole,
           "%s begins with %s", json, want);
    pattern_list_free(l);
}

static void test_prefix(void)
{
    prefix("\"abc\"", "abc", true);
    prefix("[\"!x\", \"abc\"]", "abc", true);
    prefix("\"abc*\"", "abc", false);
    prefix("\"ab?c\"", "ab", false);
    prefix("\"*\"", "", false);
    prefix("[\"a\", \"b\"]", NULL, false);
    prefix("\"!a\"", NULL, false);
}

static void test_one_by_one(void)
{
    static const char *const names[] = {"a.x", "a.y", "b"};
    struct pattern_list *l = parse(PATTERN_TEXT, "[\"a.*\", \"!a.y\"]");
    bool negated = true;

    is_str(pattern_list_at(l, 0, &negated), "a.*", "the first");
    ok(!negated, "is plain");
    is_str(pattern_list_at(l, 1, &negated), "a.y", "the second");
    ok(negated, "is negated");
    ok(pattern_list_at(l, 2, &negated) == NULL, "there is no third");
    is_int((long long)pattern_list_resolve(l, names, 3), 1, "names that fit");
    pattern_list_free(l);
}

int main(void)
{
    plan_lazy();
    test_texts();
    test_negated();
    test_addresses();
    test_refused();
    test_too_many();
    test_impossible();
    test_prefix();
    test_one_by_one();
    done_testing();
}
