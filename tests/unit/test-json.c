/* SPDX-License-Identifier: MIT */
#include "lib/util/json.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "lib/util/err.h"
#include "lib/util/util.h"
#include "tests/tap/tap.h"

static const struct util_json_limits limits = {.size = 1024, .depth = 4, .values = 10};

static void is_good(const char *text, const char *name)
{
    json_t *root = NULL;
    struct err err = {0};

    if (!is_int(util_json_parse(&root, text, strlen(text), &limits, &err), 0, "read: %s", name))
        diag("%s", err.msg);
    json_decref(root);
}

static void is_bad_n(const char *p, size_t n, enum err_code code, const char *message,
                     const char *name)
{
    json_t *root = NULL;
    struct err err = {0};

    is_int(util_json_parse(&root, p, n, &limits, &err), -1, "refused: %s", name);
    is_int(err.code, code, "error code: %s", name);
    if (!ok(strstr(err.msg, message) != NULL, "message: %s", name))
        diag("got '%s', wanted '%s' in it", err.msg, message);
    ok(root == NULL, "nothing is given: %s", name);
}

static void is_bad(const char *text, enum err_code code, const char *message, const char *name)
{
    is_bad_n(text, strlen(text), code, message, name);
}

static void test_good(void)
{
    is_good("{}", "an empty object");
    is_good(" [1, 2.5, true, null, \"x\"] ", "scalars in an array");
    is_good("{\"a\": {\"b\": [\"\\\"]}{[\", \"\\\\\"]}}", "brackets and quotes in strings");
    is_good("[[[[]]]]", "nesting as deep as allowed");
    is_good("[1,2,3,4,5,6,7,8,9]", "as many values as allowed");
    is_good("{\"a\":1,\"b\":2,\"c\":3,\"d\":4,\"e\":5,\"f\":6,\"g\":7,\"h\":8,\"i\":9}",
            "names of members are no values");
    is_good("{\"n\": \"\xc3\xa4\"}", "UTF-8");
}

static void test_limits(void)
{
    char text[2048];

    is_bad("[[[[[]]]]]", ERR_LIMIT, "line 1, column 6: more than 4 levels of nesting", "too deep");
    is_bad("{\"a\":{\"a\":{\"a\":{\"a\":{}}}}}", ERR_LIMIT, "levels of nesting",
           "objects too deep");
    is_bad("[1,2,3,4,5,6,7,8,9,10]", ERR_LIMIT, "more than 10 values", "too many values");
    is_bad("[{},{},{},{},{},\n{},{},{},{},{},{},{},{},{}]", ERR_LIMIT, "line 2, column",
           "too many objects");
    (void)snprintf(text, sizeof(text), "[\"%0*d\"]", 1030, 0);
    is_bad(text, ERR_LIMIT, "more than 1024 bytes", "too long");
}

static void test_syntax(void)
{
    is_bad("", ERR_SYNTAX, "line 1", "nothing at all");
    is_bad("{\"a\": 1,\n \"b\": }", ERR_SYNTAX, "line 2, column", "a value is missing");
    is_bad("{\"a\":1,\"a\":2}", ERR_SYNTAX, "duplicate", "a member twice");
    is_bad("{\"a\":{\"b\":1,\"\\u0062\":2}}", ERR_SYNTAX, "duplicate", "a member twice, escaped");
    is_bad("{} x", ERR_SYNTAX, "line 1", "text behind the end");
    is_bad("{}{}", ERR_SYNTAX, "line 1", "two objects");
    is_bad("\"text\"", ERR_SYNTAX, "line 1", "a string alone");
    is_bad("[1", ERR_SYNTAX, "line 1", "an array without its end");
    is_bad("[\"abc", ERR_SYNTAX, "line 1", "a string without its end");
    is_bad("[\"abc\\", ERR_SYNTAX, "line 1", "a string that ends in an escape");
    is_bad("]]]]", ERR_SYNTAX, "line 1", "ends without a beginning");
    is_bad("[\"\\u0000\"]", ERR_SYNTAX, "line 1", "an escaped NUL");
    is_bad_n("[\"a\0b\"]", 7, ERR_SYNTAX, "line 1", "a NUL in a string");
    is_bad_n("[1]\0", 4, ERR_SYNTAX, "line 1", "a NUL behind the end");
    is_bad("[\"\xff\xfe\"]", ERR_SYNTAX, "line 1", "invalid UTF-8");
    is_bad("[\"\xed\xa0\x80\"]", ERR_SYNTAX, "line 1", "a surrogate in UTF-8");
    is_bad("[\x01\x02]", ERR_SYNTAX, "line 1", "control characters");
    is_bad("[99999999999999999999]", ERR_SYNTAX, "too big integer", "an integer beyond 64 bits");
}

/* Nothing of a text that jansson quotes may break a log line or an error body. */
static void test_message_is_printable(void)
{
    static const char text[] = "{\"a\" \"\xc3\xa4\n\x1b[31m\"}";
    json_t *root = NULL;
    struct err err = {0};
    bool printable = true;

    is_int(util_json_parse(&root, text, strlen(text), &limits, &err), -1, "refused");
    for (const char *p = err.msg; *p != '\0'; p++)
        printable = printable && *p >= ' ' && *p <= '~';
    ok(printable, "the message is printable ASCII");
}

static void test_secret(void)
{
    static const char *const texts[] = {"{\"a\": \"hunter2", "{\"a\": hunter2}",
                                        "[\"hunter2\\u0000\"]", "[\"a\" \"hunter2\"]",
                                        "{\"hunter2\": 1, \"hunter2\": 2}"};
    static const struct util_json_limits secret = {
        .size = 1000, .depth = 10, .values = 10, .secret = true};

    for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
        json_t *root = NULL;
        struct err err = {0};

        is_int(util_json_parse(&root, texts[i], strlen(texts[i]), &secret, &err), -1, "refused");
        ok(strncmp(err.msg, "line 1, column ", 15) == 0, "it says where: %s", err.msg);
        ok(strstr(err.msg, "hunter2") == NULL, "but quotes nothing");
    }
}

/* 8 MiB of empty objects: the scan must say no before a tree is built. */
static void test_flood(void)
{
    static const struct util_json_limits real = {
        .size = 16 << 20, .depth = UTIL_JSON_DEPTH_MAX, .values = 200000};
    size_t n = 8 << 20;
    auto_free char *text = malloc(n);
    json_t *root = NULL;
    struct err err = {0};

    if (!ok(text != NULL, "memory"))
        return;
    for (size_t i = 0; i + 3 <= n; i += 3)
        memcpy(text + i, "{},", 3);
    text[0] = '[';
    is_int(util_json_parse(&root, text, n, &real, &err), -1, "a flood of objects is refused");
    is_int(err.code, ERR_LIMIT, "a flood of objects is over the limit");
    memset(text, '[', n);
    is_int(util_json_parse(&root, text, n, &real, &err), -1, "a flood of brackets is refused");
    is_int(err.code, ERR_LIMIT, "a flood of brackets is over the limit");
    memset(text, '"', n);
    is_int(util_json_parse(&root, text, n, &real, &err), -1, "a flood of quotes is refused");
}

int main(void)
{
    plan_lazy();
    test_good();
    test_limits();
    test_syntax();
    test_message_is_printable();
    test_secret();
    test_flood();
    done_testing();
}
