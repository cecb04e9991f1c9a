/* SPDX-License-Identifier: MIT */
#include "auth/scope.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "lib/util/buf.h"
#include "lib/util/err.h"
#include "lib/util/util.h"
#include "tests/tap/tap.h"

enum { TEXT_MAX = 64 * 1024 };

#define auto_set __attribute__((cleanup(scope_set_done)))

static void is_set(const struct scope_set *set, const char *want, const char *name)
{
    auto_buf struct buf b = BUF_INIT(TEXT_MAX);

    scope_set_format(&b, set);
    is_str(buf_text(&b), want, "%s", name);
}

static void test_good(void)
{
    static const struct {
        const char *text, *type, *class, *name;
        unsigned actions;
    } rows[] = {
        {"repository:a/b:pull", "repository", "", "a/b", SCOPE_PULL},
        {"repository:a/b:pull,push", "repository", "", "a/b", SCOPE_PULL | SCOPE_PUSH},
        {"repository:a:push,pull,push", "repository", "", "a", SCOPE_PULL | SCOPE_PUSH},
        {"repository:a:*", "repository", "", "a", SCOPE_ALL},
        {"repository:a:delete", "repository", "", "a", SCOPE_DELETE},
        {"registry:catalog:*", "registry", "", "catalog", SCOPE_ALL},
        {"repository:host.example:5000/a/b:pull", "repository", "", "host.example:5000/a/b",
         SCOPE_PULL},
        {"repository:[::1]:5000/a:pull", "repository", "", "[::1]:5000/a", SCOPE_PULL},
        {"repository(plugin):a:pull", "repository", "plugin", "a", SCOPE_PULL},
        {"repository:a:", "repository", "", "a", 0},
        {"repository:a:mount,pull", "repository", "", "a", SCOPE_PULL},
        {"repository:a:pull,", "repository", "", "a", SCOPE_PULL},
        {"repository:a:pullpush", "repository", "", "a", 0},
        {"thing:x:y", "thing", "", "x", 0},
    };
    struct scope s;
    struct err err;

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        if (!ok(scope_parse(&s, rows[i].text, strlen(rows[i].text), &err) == 0, "%s", rows[i].text))
            continue;
        is_str(s.type, rows[i].type, "its type");
        is_str(s.class, rows[i].class, "its class");
        is_str(s.name, rows[i].name, "its name");
        is_int(s.actions, rows[i].actions, "its actions");
    }
}

static void test_bad(void)
{
    static const char *const rows[] = {
        "",
        "repository",
        "repository:a",
        ":a:pull",
        "repository::pull",
        "::",
        "Repository:a:pull",
        "repository(:a:pull",
        "repository():a:pull",
        "repository(a)b:a:pull",
        "repository(A):a:pull",
        "(plugin):a:pull",
        "repository:a b:pull",
        "repository:a\"b:pull",
        "repository:a\\b:pull",
        "repository:a,b:pull",
        "repository:a\n:pull",
        "repository:\xc3\xa4:pull",
        "repository:a:PULL",
        "repository:a:pull push",
        "repository:a:pull;push",
        "aaaaaaaaaabbbbbbbbbbccccccccccdd:a:pull", /* 32 characters */
    };
    struct scope s;
    struct err err;

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        err = (struct err){0};
        ok(scope_parse(&s, rows[i], strlen(rows[i]), &err) == -1, "bad scope %zu is refused", i);
        is_int(err.code, ERR_SYNTAX, "as malformed");
    }
    ok(scope_parse(&s, "repository:a\0b:pull", 19, &err) == -1, "NUL is refused");
}

static void test_long_names(void)
{
    char text[SCOPE_NAME_MAX + 32];
    struct scope s;
    struct err err;
    int n = snprintf(text, sizeof(text), "repository:%0*d:pull", SCOPE_NAME_MAX, 0);

    ok(scope_parse(&s, text, (size_t)n, &err) == 0, "a name of %d bytes", SCOPE_NAME_MAX);
    is_int((long long)strlen(s.name), SCOPE_NAME_MAX, "is kept whole");
    n = snprintf(text, sizeof(text), "repository:%0*d:pull", SCOPE_NAME_MAX + 1, 0);
    ok(scope_parse(&s, text, (size_t)n, &err) == -1, "a longer one is refused");
    ok(strlen(err.msg) < 250, "with a message of bounded length");
}

static void test_sets(void)
{
    auto_set struct scope_set set = {0};
    struct err err;

    ok(scope_set_parse(&set, "  repository:b:pull repository:a:pull   repository:b:push ", &err) ==
           0,
       "scopes are separated by blanks");
    is_set(&set, "repository:b:pull,push repository:a:pull", "the same resource is merged");
    ok(scope_set_parse(&set, "repository(plugin):a:delete thing:a:pull", &err) == 0, "more follow");
    is_set(&set, "repository:b:pull,push repository:a:pull repository(plugin):a:delete",
           "another class is another resource; an unknown type is left out");
    is_int(scope_set_find(&set, "repository", "b")->actions, SCOPE_PULL | SCOPE_PUSH,
           "one is found by its type and name");
    ok(scope_set_find(&set, "registry", "b") == NULL, "not by the name alone");
    ok(scope_set_parse(&set, "repository:c:pull bad", &err) == -1, "one bad scope is an error");
    ok(strstr(err.msg, "'bad'") != NULL, "that names it");
    ok(scope_set_parse(&set, "", &err) == 0 && scope_set_parse(&set, "   ", &err) == 0,
       "nothing is no error");
}

static void test_limit(void)
{
    auto_set struct scope_set set = {0};
    struct scope s;
    struct err err;
    char name[16];
    int refused = 0;

    for (int i = 0; i <= SCOPES_MAX; i++) {
        (void)snprintf(name, sizeof(name), "r%d", i);
        scope_repository(&s, name, SCOPE_PULL);
        refused += scope_set_add(&set, &s, &err) != 0;
    }
    is_int(refused, 1, "one more than %d scopes is refused", SCOPES_MAX);
    is_int(err.code, ERR_LIMIT, "as over the limit");
    is_int((long long)set.count, SCOPES_MAX, "the others are there");
    scope_repository(&s, "r0", SCOPE_PUSH);
    ok(scope_set_add(&set, &s, &err) == 0, "merging still works");
}

/* A copy has room of its own, whatever its size. */
static void test_copies(void)
{
    struct scope s;

    for (int n = 0; n < 10; n++) {
        auto_set struct scope_set set = {0};
        auto_set struct scope_set copy = {0};
        char name[16];

        for (int i = 0; i < n; i++) {
            (void)snprintf(name, sizeof(name), "r%d", i);
            scope_repository(&s, name, SCOPE_PULL);
            (void)scope_set_add(&set, &s, NULL);
        }
        ok(scope_set_copy(&copy, &set) == 0, "a set of %d is copied", n);
        scope_repository(&s, "other", SCOPE_PUSH);
        ok(scope_set_add(&copy, &s, NULL) == 0, "one more goes into the copy");
        is_int((long long)copy.count, n + 1, "which grows");
        is_int((long long)set.count, n, "the original does not");
    }
}

static void test_covers(void)
{
    static const struct {
        const char *held, *wanted;
        bool covered;
    } rows[] = {
        {"repository:a:pull", "repository:a:pull", true},
        {"repository:a:pull", "repository:a:pull,push", false},
        {"repository:a:pull,push", "repository:a:push", true},
        {"repository:a:pull", "repository:b:pull", false},
        {"repository:a:*", "repository:a:delete", true},
        {"repository:a:*", "repository:a:*", true},
        {"repository:a:pull,push,delete", "repository:a:*", false},
        {"registry:catalog:*", "registry:catalog:*", true},
        {"registry:a:*", "repository:a:pull", false},
        {"", "repository:a:pull", false},
        {"", "repository:a:", true},
        {"repository(plugin):a:pull", "repository:a:pull", true},
        {"repository(plugin):a:pull repository:a:push", "repository:a:pull,push", true},
        {"repository:*:pull", "repository:a:pull", false},
    };
    struct scope wanted;

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        auto_set struct scope_set held = {0};

        (void)scope_set_parse(&held, rows[i].held, NULL);
        (void)scope_parse(&wanted, rows[i].wanted, strlen(rows[i].wanted), NULL);
        ok(scope_set_covers(&held, &wanted) == rows[i].covered, "'%s' %s '%s'", rows[i].held,
           rows[i].covered ? "covers" : "does not cover", rows[i].wanted);
    }
}

static void test_json(void)
{
    static const char want[] =
        "[{\"actions\":[\"pull\",\"push\",\"delete\"],\"name\":\"h:1/a\",\"type\":\"repository\"},"
        "{\"actions\":[\"*\"],\"name\":\"catalog\",\"type\":\"registry\"},"
        "{\"actions\":[],\"class\":\"plugin\",\"name\":\"a\",\"type\":\"repository\"}]";
    auto_set struct scope_set set = {0};
    auto_set struct scope_set again = {0};
    struct err err;
    json_t *value;
    char *text;

    (void)scope_set_parse(
        &set, "repository:h:1/a:delete,push,pull registry:catalog:* repository(plugin):a:", &err);
    value = scope_set_to_json(&set);
    text = json_dumps(value, JSON_COMPACT | JSON_SORT_KEYS);
    is_str(text, want, "the claim");
    free(text);
    ok(scope_set_from_json(&again, value, &err) == 0, "it is read");
    is_set(&again, "repository:h:1/a:pull,push,delete registry:catalog:* repository(plugin):a:",
           "as what it was");
    json_decref(value);
}

static void test_json_from_others(void)
{
    static const struct {
        const char *json, *want; /* NULL: refused */
    } rows[] = {
        {"[]", ""},
        {"null", ""},
        {"[{\"type\":\"repository\",\"name\":\"a\",\"actions\":null}]", "repository:a:"},
        {"[{\"type\":\"repository\",\"name\":\"a\"}]", "repository:a:"},
        {"[{\"type\":\"repository(plugin)\",\"name\":\"a\",\"actions\":[\"pull\"]}]",
         "repository(plugin):a:pull"},
        {"[{\"type\":\"repository\",\"name\":\"a\",\"actions\":[\"pull\"]},"
         "{\"type\":\"repository\",\"name\":\"a\",\"actions\":[\"push\",\"fly\"],\"more\":1}]",
         "repository:a:pull,push"},
        {"[{\"type\":\"thing\",\"name\":\"a\",\"actions\":[\"pull\"]}]", ""},
        {"{}", NULL},
        {"\"repository:a:pull\"", NULL},
        {"[1]", NULL},
        {"[{}]", NULL},
        {"[{\"type\":\"repository\",\"actions\":[\"pull\"]}]", NULL},
        {"[{\"type\":\"repository\",\"name\":5,\"actions\":[\"pull\"]}]", NULL},
        {"[{\"type\":\"repository\",\"name\":\"a\",\"actions\":\"pull\"}]", NULL},
        {"[{\"type\":\"repository\",\"name\":\"a\",\"actions\":[1]}]", NULL},
        {"[{\"type\":\"repository\",\"name\":\"a b\",\"actions\":[]}]", NULL},
        {"[{\"type\":\"repository\",\"class\":\"p q\",\"name\":\"a\",\"actions\":[]}]", NULL},
        {"[{\"type\":\"repository\",\"class\":1,\"name\":\"a\",\"actions\":[]}]", NULL},
    };

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        auto_set struct scope_set set = {0};
        json_t *value = json_loads(rows[i].json, JSON_DECODE_ANY, NULL);
        struct err err = {0};

        is_int(scope_set_from_json(&set, value, &err), rows[i].want != NULL ? 0 : -1,
               "access %s is %s", rows[i].json, rows[i].want != NULL ? "read" : "refused");
        if (rows[i].want != NULL)
            is_set(&set, rows[i].want, "as it was meant");
        else
            is_int(err.code, ERR_SYNTAX, "as malformed");
        json_decref(value);
    }
}

int main(void)
{
    struct scope s;

    plan_lazy();
    test_good();
    test_bad();
    test_long_names();
    test_sets();
    test_limit();
    test_copies();
    test_covers();
    test_json();
    test_json_from_others();
    scope_catalog(&s);
    is_str(s.name, "catalog", "the scope of the catalog");
    is_int(s.actions, SCOPE_ALL, "is all actions");
    done_testing();
}
