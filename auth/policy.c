/* SPDX-License-Identifier: MIT */
/*
 * Which rules are for an account is found out once and remembered (a view), so that a question
 * costs the comparison of the repository with the globs of these rules.
 */
#include "auth/policy.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>
#include <uthash.h>

#include "auth/policy_rule.h"
#include "auth/scope.h"
#include "lib/util/err.h"
#include "lib/util/util.h"

enum {
    ALL_ACTIONS = SCOPE_PULL | SCOPE_PUSH | SCOPE_DELETE,
    VIEWS_MAX = 1000, /* then they are forgotten */
};

/* The rules for one account. */
struct view {
    char *account; /* owned; "" for anonymous */
    bool catalog;
    size_t count;
    const struct policy_rule **rules; /* owned array, borrowed rules; those about actions */
    UT_hash_handle hh;
};

struct policy {
    struct policy_rule *rules; /* owned array */
    size_t count;
    struct view *views; /* owned table, by account */
    json_t *json;       /* owned: the rules as they were given, or the default ones */
    const char *(*meant)(void *arg, const char *name); /* NULL: names mean themselves */
    void *meant_arg;                                   /* borrowed */
};

DEFINE_AUTO(policy, struct policy, policy_free)
#define auto_policy __attribute__((cleanup(auto_policy_)))

/* --- Rules --------------------------------------------------------------------------------------
 */

/* Every account may everything, as with an htpasswd file of the usual registry. */
static json_t *default_rules(void)
{
    return json_pack("[{s:[s], s:[s], s:b}]", "accounts", POLICY_AUTHENTICATED, "actions", "*",
                     "catalog", 1);
}

static int add_rules(struct policy *p, const json_t *rules, struct err *err)
{
    size_t n = json_array_size(rules);

    if (!json_is_array(rules))
        return err_set(err, ERR_CONFIG, "policy: expected a list of rules");
    if (n > POLICY_RULES_MAX)
        return err_set(err, ERR_CONFIG, "policy: more than %d rules", POLICY_RULES_MAX);
    p->rules = calloc(n + 1, sizeof(*p->rules));
    if (p->rules == NULL)
        return err_set(err, ERR_NOMEM, "policy");
    for (; p->count < n; p->count++) {
        char path[32];

        (void)snprintf(path, sizeof(path), "policy[%zu]", p->count);
        if (policy_rule_parse(&p->rules[p->count], path, json_array_get(rules, p->count), err) != 0)
            return -1;
    }
    return 0;
}

int policy_new(struct policy **ret, const json_t *rules, struct err *err)
{
    auto_policy struct policy *p = calloc(1, sizeof(*p));

    if (p == NULL)
        return err_set(err, ERR_NOMEM, "policy");
    p->json = rules != NULL ? json_deep_copy(rules) : default_rules();
    if (p->json == NULL)
        return err_set(err, ERR_NOMEM, "policy");
    if (add_rules(p, p->json, err) != 0)
        return -1;
    *ret = STEAL(p);
    return 0;
}

static void forget_views(struct policy *p)
{
    struct view *v, *next;

    HASH_ITER(hh, p->views, v, next) {
        HASH_DEL(p->views, v);
        free(v->account);
        free(v->rules);
        free(v);
    }
}

void policy_free(struct policy *p)
{
    if (p == NULL)
        return;
    forget_views(p);
    for (size_t i = 0; i < p->count; i++)
        policy_rule_done(&p->rules[i]);
    free(p->rules);
    json_decref(p->json);
    free(p);
}

json_t *policy_to_json(const struct policy *p)
{
    return json_deep_copy(p->json);
}

/* --- Views --------------------------------------------------------------------------------------
 */

/* The first rule about the catalog decides. */
static bool find_catalog(const struct policy *p, const char *account)
{
    for (size_t i = 0; i < p->count; i++) {
        if (p->rules[i].catalog && policy_rule_is_for(&p->rules[i], account))
            return p->rules[i].allow;
    }
    return false;
}

static struct view *make_view(struct policy *p, const char *name, const char *account)
{
    struct view *v = calloc(1, sizeof(*v));

    if (v == NULL)
        return NULL;
    v->account = strdup(name);
    v->rules = calloc(p->count + 1, sizeof(*v->rules));
    if (v->account == NULL || v->rules == NULL) {
        free(v->account);
        free(v->rules);
        free(v);
        return NULL;
    }
    for (size_t i = 0; i < p->count; i++) {
        if (p->rules[i].actions != 0 && policy_rule_is_for(&p->rules[i], account))
            v->rules[v->count++] = &p->rules[i];
    }
    v->catalog = find_catalog(p, account);
    return v;
}

/* NULL when memory is short: nothing is allowed then. */
static const struct view *get_view(struct policy *p, const char *account)
{
    const char *name = account == NULL ? "" : account;
    struct view *v;

    HASH_FIND_STR(p->views, name, v);
    if (v != NULL)
        return v;
    if (HASH_COUNT(p->views) >= VIEWS_MAX)
        forget_views(p);
    v = make_view(p, name, name[0] == '\0' ? NULL : name);
    if (v != NULL)
        HASH_ADD_KEYPTR(hh, p->views, v->account, strlen(v->account), v);
    return v;
}

/* --- Questions ----------------------------------------------------------------------------------
 */

void policy_set_meant(struct policy *p, const char *(*meant)(void *arg, const char *name),
                      void *arg)
{
    p->meant = meant;
    p->meant_arg = arg;
}

unsigned policy_actions(struct policy *p, const char *account, const char *repository)
{
    const struct view *v = get_view(p, account);
    unsigned open = ALL_ACTIONS; /* not decided so far */
    unsigned allowed = 0;

    if (p->meant != NULL)
        repository = p->meant(p->meant_arg, repository);

    for (size_t i = 0; v != NULL && i < v->count && open != 0; i++) {
        const struct policy_rule *rule = v->rules[i];

        if ((rule->actions & open) == 0 || !policy_rule_covers(rule, repository))
            continue;
        if (rule->allow)
            allowed |= rule->actions & open;
        open &= ~rule->actions;
    }
    return allowed;
}

bool policy_catalog(struct policy *p, const char *account)
{
    const struct view *v = get_view(p, account);

    return v != NULL && v->catalog;
}

/* What of a wanted scope is allowed; '*' of the catalog stays as it is. */
static unsigned allowed_actions(struct policy *p, const char *account, const struct scope *wanted)
{
    unsigned actions;

    if (strcmp(wanted->type, "registry") == 0 && strcmp(wanted->name, "catalog") == 0)
        return policy_catalog(p, account) ? wanted->actions & SCOPE_ALL : 0;
    if (strcmp(wanted->type, "repository") != 0)
        return 0;
    actions = policy_actions(p, account, wanted->name);
    return (wanted->actions & SCOPE_ALL) != 0 ? actions : actions & wanted->actions;
}

bool policy_allows(struct policy *p, const char *account, const struct scope *wanted)
{
    unsigned allowed = allowed_actions(p, account, wanted);
    bool every = (wanted->actions & SCOPE_ALL) != 0 && strcmp(wanted->type, "repository") == 0;
    unsigned needed = every ? ALL_ACTIONS : wanted->actions;

    return needed != 0 && (allowed & needed) == needed;
}

int policy_grant(struct policy *p, const char *account, const struct scope_set *asked,
                 struct scope_set *ret, struct err *err)
{
    for (size_t i = 0; i < asked->count; i++) {
        struct scope granted = asked->items[i];

        granted.actions = allowed_actions(p, account, &asked->items[i]);
        if (granted.actions != 0 && scope_set_add(ret, &granted, err) != 0)
            return -1;
    }
    return 0;
}

bool policy_is_open(const struct policy *p)
{
    unsigned open = ALL_ACTIONS;

    if (!find_catalog(p, NULL))
        return false;
    for (size_t i = 0; i < p->count && open != 0; i++) {
        const struct policy_rule *rule = &p->rules[i];

        if ((rule->actions & open) == 0 || !policy_rule_is_for(rule, NULL))
            continue;
        if (!rule->allow)
            return false;
        if (policy_rule_covers_all(rule))
            open &= ~rule->actions;
    }
    return open == 0;
}

void policy_each_name(const struct policy *p, policy_name_fn fn, void *arg)
{
    for (size_t i = 0; i < p->count; i++) {
        const struct policy_patterns *accounts = &p->rules[i].accounts;

        for (size_t j = 0; j < accounts->count; j++) {
            const struct policy_pattern *pattern = &accounts->items[j];

            if (!pattern->glob && strcmp(pattern->text, POLICY_ANONYMOUS) != 0 &&
                strcmp(pattern->text, POLICY_AUTHENTICATED) != 0)
                fn(arg, i, pattern->text);
        }
    }
}
