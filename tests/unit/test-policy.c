/* SPDX-License-Identifier: MIT */
#include "auth/policy.h"

#include <stdio.h>
#include <string.h>

#include <jansson.h>

#include "auth/scope.h"
#include "lib/util/buf.h"
#include "lib/util/err.h"
#include "lib/util/util.h"
#include "tests/tap/tap.h"

static struct policy *make(const char *rules)
{
    json_t *json = rules == NULL ? NULL : json_loads(rules, 0, NULL);
    struct policy *p = NULL;
    struct err err = {0};

    is_int(policy_new(&p, json, &err), 0, "policy %s: %s", rules == NULL ? "none" : rules, err.msg);
    json_decref(json);
    return p;
}

/* "pull,push" of bits; "-" for none. */
static const char *words(unsigned actions)
{
    static const char *const texts[] = {"-",      "pull",        "push",        "pull,push",
                                        "delete", "pull,delete", "push,delete", "pull,push,delete"};

    return actions < ARRAY_LEN(texts) ? texts[actions] : "?";
}

/* Policies, and what follows from them. */
struct row {
    const char *rules;   /* NULL: as the row before */
    const char *account; /* NULL: anonymous */
    const char *repository;
    const char *actions;
    bool catalog;
};

#define ALL "pull,push,delete"

static const struct row rows[] = {
    /* first match decides, per action */
    {"[{\"accounts\": [\"alice\"], \"repositories\": [\"team/*\"], \"actions\": [\"pull\", "
     "\"push\"]}]",
     "alice", "team/app", "pull,push", false},
    {NULL, "alice", "team/a/b", "pull,push", false},
    {NULL, "alice", "team", "-", false},
    {NULL, "alice", "other/app", "-", false},
    {NULL, "alicia", "team/app", "-", false},
    {NULL, NULL, "team/app", "-", false},
    {"[{\"accounts\": [\"bob\"], \"repositories\": [\"secret/*\"], \"effect\": \"deny\", "
     "\"actions\": [\"push\"]},"
     " {\"accounts\": [\"bob\"]}]",
     "bob", "secret/app", "pull,delete", false},
    {NULL, "bob", "app", ALL, false},
    {"[{\"accounts\": [\"bob\"]},"
     " {\"accounts\": [\"bob\"], \"effect\": \"deny\"}]",
     "bob", "secret/app", ALL, false},
    {"[{\"accounts\": [\"bob\"], \"actions\": [\"pull\"]},"
     " {\"effect\": \"deny\", \"repositories\": [\"a\"]},"
     " {\"accounts\": [\"bob\"], \"actions\": [\"*\"]}]",
     "bob", "a", "pull", false},
    {NULL, "bob", "b", ALL, false},
    /* groups */
    {"[{\"accounts\": [\"anonymous\"], \"repositories\": [\"public/*\"], \"actions\": [\"pull\"]},"
     " {\"accounts\": [\"authenticated\"], \"repositories\": [\"shared/*\"], \"actions\": "
     "\"pull\"}]",
     NULL, "public/app", "pull", false},
    {NULL, "", "public/app", "pull", false},
    {NULL, "alice", "public/app", "-", false},
    {NULL, "alice", "shared/app", "pull", false},
    {NULL, NULL, "shared/app", "-", false},
    {"[{\"accounts\": [\"*\"], \"actions\": [\"pull\"]}]", NULL, "a", "pull", false},
    {NULL, "alice", "a", "pull", false},
    {"[{\"actions\": [\"pull\"]}]", NULL, "a", "pull", false},
    {"[{\"accounts\": [\"!anonymous\"]}]", NULL, "a", "-", false},
    {NULL, "alice", "a", ALL, false},
    {"[{\"accounts\": [\"!authenticated\"], \"actions\": [\"pull\"]}]", NULL, "a", "pull", false},
    {NULL, "alice", "a", "-", false},
    /* globs and negation */
    {"[{\"accounts\": [\"ci-*\", \"!ci-evil\"], \"repositories\": [\"*\", \"!secret/*\"]}]", "ci-1",
     "app", ALL, false},
    {NULL, "ci-1", "secret/app", "-", false},
    {NULL, "ci-evil", "app", "-", false},
    {NULL, "c", "app", "-", false},
    {"[{\"accounts\": [\"!bob\"], \"repositories\": \"a?\"}]", "alice", "ab", ALL, false},
    {NULL, "alice", "abc", "-", false},
    {NULL, "bob", "ab", "-", false},
    {"[{\"accounts\": [\"system:serviceaccount:team:*\"], \"actions\": [\"pull\"]}]",
     "system:serviceaccount:team:default", "x", "pull", false},
    {NULL, "system:serviceaccount:other:default", "x", "-", false},
    /* the catalog */
    {"[{\"accounts\": [\"alice\"], \"catalog\": true}]", "alice", "a", "-", true},
    {NULL, "bob", "a", "-", false},
    {"[{\"accounts\": [\"bob\"], \"catalog\": true, \"effect\": \"deny\"},"
     " {\"accounts\": [\"authenticated\"], \"catalog\": true, \"actions\": [\"pull\"]}]",
     "alice", "a", "pull", true},
    {NULL, "bob", "a", "pull", false},
    {NULL, NULL, "a", "-", false},
    {"[{\"accounts\": [\"alice\"], \"repositories\": [\"a\"], \"catalog\": true}]", "alice", "a",
     ALL, true},
    {NULL, "alice", "b", "-", true},
    /* none, and nothing */
    {"[]", "alice", "a", "-", false},
    {NULL, NULL, "a", "-", false},
    {"[{\"accounts\": null, \"actions\": [\"push\"], \"effect\": \"allow\", \"catalog\": false}]",
     NULL, "a", "push", false},
};

static void test_rows(void)
{
    struct policy *p = NULL;

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        const struct row *r = &rows[i];

        if (r->rules != NULL) {
            policy_free(p);
            p = make(r->rules);
        }
        is_str(words(policy_actions(p, r->account, r->repository)), r->actions, "%s at %s",
               r->account == NULL ? "anonymous" : r->account, r->repository);
        is_str(words(policy_actions(p, r->account, r->repository)), r->actions, "and again");
        is_int(policy_catalog(p, r->account), r->catalog, "the catalog");
    }
    policy_free(p);
}

static void test_none(void)
{
    struct policy *p = make(NULL);

    is_str(words(policy_actions(p, "alice", "a/b")), ALL, "no policy: an account may everything");
    ok(policy_catalog(p, "alice"), "and see the catalog");
    is_str(words(policy_actions(p, NULL, "a/b")), "-", "the anonymous nothing");
    ok(!policy_catalog(p, ""), "and see nothing");
    ok(!policy_is_open(p), "it is not open");
    policy_free(p);
    policy_free(NULL);
}

static void test_many_accounts(void)
{
    struct policy *p = make("[{\"accounts\": [\"user-7*\"], \"actions\": [\"pull\"]}]");
    unsigned allowed = 0;

    for (unsigned i = 0; i < 3000; i++) {
        char name[32];

        (void)snprintf(name, sizeof(name), "user-%u", i);
        allowed += policy_actions(p, name, "a") == SCOPE_PULL ? 1 : 0;
    }
    is_int(allowed, 1 + 10 + 100, "views are made again when there are too many");
    policy_free(p);
}

/* --- Scopes -------------------------------------------------------------------------------------
 */

#define TEAM                                                                                       \
    "[{\"accounts\": [\"alice\"], \"repositories\": [\"team/*\"]},"                                \
    " {\"accounts\": [\"alice\", \"bob\"], \"repositories\": [\"lib/*\"], \"actions\": "           \
    "[\"pull\"]},"                                                                                 \
    " {\"accounts\": [\"alice\"], \"catalog\": true}]"

static void test_grants(void)
{
    static const struct {
        const char *account, *asked, *granted;
    } grants[] = {
        {"alice", "", ""},
        {"alice", "repository:team/a:pull", "repository:team/a:pull"},
        {"alice", "repository:team/a:pull,push repository:lib/b:pull,push",
         "repository:team/a:pull,push repository:lib/b:pull"},
        {"alice", "repository:team/a:*", "repository:team/a:pull,push,delete"},
        {"bob", "repository:lib/a:*", "repository:lib/a:pull"},
        {"bob", "repository:team/a:*", ""},
        {"bob", "repository:team/a:pull repository:lib/a:pull", "repository:lib/a:pull"},
        {NULL, "repository:lib/a:pull", ""},
        {"alice", "registry:catalog:*", "registry:catalog:*"},
        {"alice", "registry:catalog:pull", ""},
        {"bob", "registry:catalog:*", ""},
        {"alice", "registry:other:*", ""},
        {"alice", "repository(plugin):team/a:pull", "repository(plugin):team/a:pull"},
    };
    struct policy *p = make(TEAM);

    for (size_t i = 0; i < ARRAY_LEN(grants); i++) {
        struct scope_set asked = {0}, granted = {0};
        auto_buf struct buf b = BUF_INIT(4096);
        struct err err = {0};

        is_int(scope_set_parse(&asked, grants[i].asked, &err), 0, "asked: %s", grants[i].asked);
        is_int(policy_grant(p, grants[i].account, &asked, &granted, &err), 0, "answered");
        scope_set_format(&b, &granted);
        is_str(buf_text(&b), grants[i].granted, "granted");
        scope_set_done(&asked);
        scope_set_done(&granted);
    }
    policy_free(p);
}

static void test_allows(void)
{
    static const struct {
        const char *account, *wanted;
        bool allowed;
    } questions[] = {
        {"alice", "repository:team/a:pull,push", true},
        {"alice", "repository:lib/a:pull,push", false},
        {"alice", "repository:team/a:*", true},
        {"bob", "repository:lib/a:*", false},
        {"bob", "repository:lib/a:pull", true},
        {NULL, "repository:lib/a:pull", false},
        {"alice", "registry:catalog:*", true},
        {"bob", "registry:catalog:*", false},
        {"alice", "registry:catalog:pull", false},
        {"alice", "repository:team/a:", false},
    };
    struct policy *p = make(TEAM);

    for (size_t i = 0; i < ARRAY_LEN(questions); i++) {
        struct scope wanted = {0};
        const char *text = questions[i].wanted;

        (void)scope_parse(&wanted, text, strlen(text), NULL);
        is_int(policy_allows(p, questions[i].account, &wanted), questions[i].allowed, "%s %s",
               questions[i].account, text);
    }
    policy_free(p);
}

static void test_open(void)
{
    static const struct {
        const char *rules;
        bool open;
    } policies[] = {
        {"[]", false},
        {"[{\"catalog\": true, \"actions\": [\"*\"]}]", true},
        {"[{\"accounts\": [\"anonymous\"], \"repositories\": [\"*\"], \"catalog\": true}]", true},
        {"[{\"actions\": [\"pull\", \"push\"]}, {\"actions\": [\"delete\"], \"catalog\": true}]",
         true},
        {"[{\"actions\": [\"pull\"], \"catalog\": true}]", false},
        {"[{\"actions\": [\"*\"]}]", false},
        {"[{\"catalog\": true, \"repositories\": [\"public/*\"]}]", false},
        {"[{\"repositories\": [\"secret/*\"], \"effect\": \"deny\"}, {\"catalog\": true, "
         "\"actions\": [\"*\"]}]",
         false},
        {"[{\"catalog\": true, \"actions\": [\"*\"]}, {\"repositories\": [\"secret/*\"], "
         "\"effect\": \"deny\"}]",
         true},
        {"[{\"catalog\": true, \"repositories\": [\"*\", \"!a\"]}]", false},
        {"[{\"accounts\": [\"authenticated\"], \"catalog\": true, \"actions\": [\"*\"]}]", false},
    };

    for (size_t i = 0; i < ARRAY_LEN(policies); i++) {
        struct policy *p = make(policies[i].rules);

        is_int(policy_is_open(p), policies[i].open, "open");
        policy_free(p);
    }
}

/* --- Mistakes -----------------------------------------------------------------------------------
 */

static void test_mistakes(void)
{
    static const struct {
        const char *rules, *message;
    } mistakes[] = {
        {"{}", "policy: expected a list of rules"},
        {"[1]", "policy[0]: expected keys and values"},
        {"[{}, {\"action\": []}]", "policy[1].action: unknown key: did you mean 'actions'?"},
        {"[{\"xyzzy\": 1}]", "policy[0].xyzzy: unknown key"},
        {"[{\"accounts\": []}]", "policy[0].accounts: expected a list of names and globs"},
        {"[{\"accounts\": [1]}]", "policy[0].accounts: expected texts"},
        {"[{\"accounts\": [\"!\"]}]", "policy[0].accounts: expected a name or glob"},
        {"[{\"repositories\": 5}]", "policy[0].repositories: expected a list of names and globs"},
        {"[{\"actions\": []}]", "policy[0].actions: expected a list of pull, push, delete or '*'"},
        {"[{\"actions\": [\"read\"]}]",
         "policy[0].actions: 'read' is no action: expected pull, push, delete or '*'"},
        {"[{\"effect\": \"refuse\"}]", "policy[0].effect: expected allow or deny"},
        {"[{\"effect\": true}]", "policy[0].effect: expected allow or deny"},
        {"[{\"catalog\": \"yes\"}]", "policy[0].catalog: expected true or false"},
    };

    for (size_t i = 0; i < ARRAY_LEN(mistakes); i++) {
        json_t *json = json_loads(mistakes[i].rules, 0, NULL);
        struct policy *p = NULL;
        struct err err = {0};

        is_int(policy_new(&p, json, &err), -1, "%s is refused", mistakes[i].rules);
        is_str(err.msg, mistakes[i].message, "saying why");
        is_int(err.code, ERR_CONFIG, "as a mistake of the configuration");
        ok(p == NULL, "and nothing is made");
        json_decref(json);
    }
}

static void collect(void *arg, size_t rule, const char *name)
{
    (void)buf_appendf(arg, "%zu=%s ", rule, name);
}

static void test_names(void)
{
    struct policy *p = make("[{\"accounts\": [\"alice\", \"ci-*\", \"anonymous\"]},"
                            " {\"accounts\": [\"!bob\", \"authenticated\"]}, {}]");
    auto_buf struct buf b = BUF_INIT(1000);

    policy_each_name(p, collect, &b);
    is_str(buf_text(&b), "0=alice 1=bob ", "names that should be accounts");
    policy_free(p);
}

int main(void)
{
    plan_lazy();
    test_rows();
    test_none();
    test_many_accounts();
    test_grants();
    test_allows();
    test_open();
    test_mistakes();
    test_names();
    done_testing();
}
