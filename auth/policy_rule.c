/* SPDX-License-Identifier: MIT */
#include "auth/policy_rule.h"

#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "auth/scope.h"
#include "lib/util/err.h"
#include "lib/util/text.h"
#include "lib/util/util.h"

enum { ALL_ACTIONS = SCOPE_PULL | SCOPE_PUSH | SCOPE_DELETE };

static const char *const keys[] = {"accounts", "repositories", "actions", "effect", "catalog"};

/* --- Patterns -----------------------------------------------------------------------------------
 */

static void patterns_done(struct policy_patterns *p)
{
    for (size_t i = 0; i < p->count; i++)
        free(p->items[i].text);
    free(p->items);
    *p = (struct policy_patterns){0};
}

static int add_pattern(struct policy_patterns *p, const char *text, struct err *err)
{
    struct policy_pattern *pattern = &p->items[p->count];
    bool negated = text[0] == '!';

    text += negated ? 1 : 0;
    if (text[0] == '\0')
        return err_set(err, ERR_CONFIG, "expected a name or glob");
    *pattern = (struct policy_pattern){
        .text = strdup(text), .negated = negated, .glob = text_is_glob(text)};
    if (pattern->text == NULL)
        return err_set(err, ERR_NOMEM, "policy");
    p->count++;
    p->positive = p->positive || !negated;
    return 0;
}

/* One text stands for a list of one. */
static int parse_patterns(struct policy_patterns *ret, const json_t *json, struct err *err)
{
    size_t n = json_is_string(json) ? 1 : json_array_size(json);

    if (n == 0)
        return err_set(err, ERR_CONFIG, "expected a list of names and globs");
    if (n > POLICY_PATTERNS_MAX)
        return err_set(err, ERR_CONFIG, "more than %d patterns", POLICY_PATTERNS_MAX);
    ret->items = calloc(n, sizeof(*ret->items));
    if (ret->items == NULL)
        return err_set(err, ERR_NOMEM, "policy");
    for (size_t i = 0; i < n; i++) {
        const char *text = json_string_value(json_is_string(json) ? json : json_array_get(json, i));

        if (text == NULL)
            return err_set(err, ERR_CONFIG, "expected texts");
        if (add_pattern(ret, text, err) != 0)
            return -1;
    }
    return 0;
}

static bool pattern_holds(const struct policy_pattern *p, const char *word)
{
    return p->glob ? text_glob(p->text, word) : strcmp(p->text, word) == 0;
}

/* group: a further word by which it may be named, or NULL. */
static bool patterns_hold(const struct policy_patterns *p, const char *word, const char *group)
{
    bool holds = !p->positive;

    for (size_t i = 0; i < p->count; i++) {
        const struct policy_pattern *pattern = &p->items[i];

        if (holds && !pattern->negated)
            continue;
        if (!pattern_holds(pattern, word) && (group == NULL || strcmp(pattern->text, group) != 0))
            continue;
        if (pattern->negated)
            return false;
        holds = true;
    }
    return holds;
}

bool policy_rule_is_for(const struct policy_rule *rule, const char *account)
{
    if (account == NULL)
        return patterns_hold(&rule->accounts, POLICY_ANONYMOUS, NULL);
    return patterns_hold(&rule->accounts, account, POLICY_AUTHENTICATED);
}

bool policy_rule_covers(const struct policy_rule *rule, const char *repository)
{
    return patterns_hold(&rule->repositories, repository, NULL);
}

bool policy_rule_covers_all(const struct policy_rule *rule)
{
    bool all = rule->repositories.count == 0;

    for (size_t i = 0; i < rule->repositories.count; i++) {
        const struct policy_pattern *p = &rule->repositories.items[i];

        if (p->negated)
            return false;
        all = all || strspn(p->text, "*") == strlen(p->text);
    }
    return all;
}

/* --- Reading ------------------------------------------------------------------------------------
 */

static int parse_action(unsigned *actions, const char *word, struct err *err)
{
    struct text_nearest nearest;
    static const struct {
        const char *word;
        unsigned actions;
    } known[] = {
        {"pull", SCOPE_PULL}, {"push", SCOPE_PUSH}, {"delete", SCOPE_DELETE}, {"*", ALL_ACTIONS}};

    text_nearest_begin(&nearest, word);
    for (size_t i = 0; i < ARRAY_LEN(known); i++) {
        if (strcmp(word, known[i].word) == 0) {
            *actions |= known[i].actions;
            return 0;
        }
        text_nearest_offer(&nearest, known[i].word);
    }
    return err_set(err, ERR_CONFIG, "%s is no action: expected pull, push, delete or '*'%s%s%s",
                   TEXT_QUOTE(word), nearest.name != NULL ? " (did you mean '" : "",
                   nearest.name != NULL ? nearest.name : "", nearest.name != NULL ? "'?)" : "");
}

static int parse_actions(unsigned *ret, const json_t *json, struct err *err)
{
    size_t n = json_is_string(json) ? 1 : json_array_size(json);
    unsigned actions = 0;

    for (size_t i = 0; i < n; i++) {
        const char *word = json_string_value(json_is_string(json) ? json : json_array_get(json, i));

        if (word == NULL)
            return err_set(err, ERR_CONFIG, "expected texts");
        if (parse_action(&actions, word, err) != 0)
            return -1;
    }
    if (actions == 0)
        return err_set(err, ERR_CONFIG, "expected a list of pull, push, delete or '*'");
    *ret = actions;
    return 0;
}

static int parse_effect(bool *ret_allow, const json_t *json, struct err *err)
{
    const char *word = json_is_string(json) ? json_string_value(json) : "";

    if (strcmp(word, "allow") != 0 && strcmp(word, "deny") != 0)
        return err_set(err, ERR_CONFIG, "expected allow or deny");
    *ret_allow = strcmp(word, "allow") == 0;
    return 0;
}

static int parse_member(struct policy_rule *rule, const char *key, const json_t *value,
                        struct err *err)
{
    struct text_nearest nearest;

    if (json_is_null(value))
        return 0;
    if (strcmp(key, "accounts") == 0)
        return parse_patterns(&rule->accounts, value, err);
    if (strcmp(key, "repositories") == 0)
        return parse_patterns(&rule->repositories, value, err);
    if (strcmp(key, "actions") == 0)
        return parse_actions(&rule->actions, value, err);
    if (strcmp(key, "effect") == 0)
        return parse_effect(&rule->allow, value, err);
    if (strcmp(key, "catalog") == 0) {
        rule->catalog = json_is_true(value);
        return json_is_boolean(value) ? 0 : err_set(err, ERR_CONFIG, "expected true or false");
    }
    text_nearest_begin(&nearest, key);
    for (size_t i = 0; i < ARRAY_LEN(keys); i++)
        text_nearest_offer(&nearest, keys[i]);
    if (nearest.name != NULL)
        return err_set(err, ERR_CONFIG, "unknown key: did you mean '%s'?", nearest.name);
    return err_set(err, ERR_CONFIG, "unknown key");
}

void policy_rule_done(struct policy_rule *rule)
{
    patterns_done(&rule->accounts);
    patterns_done(&rule->repositories);
}

int policy_rule_parse(struct policy_rule *ret, const char *path, const json_t *json,
                      struct err *err)
{
    struct policy_rule rule = {.allow = true};
    const char *key;
    json_t *value;

    if (!json_is_object(json))
        return err_set(err, ERR_CONFIG, "%s: expected keys and values", path);
    json_object_foreach((json_t *)json, key, value)
    {
        if (parse_member(&rule, key, value, err) != 0) {
            policy_rule_done(&rule);
            return err_wrap(err, "%s.%.60s", path, key);
        }
    }
    if (rule.actions == 0 && (rule.repositories.count > 0 || !rule.catalog))
        rule.actions = ALL_ACTIONS;
    *ret = rule;
    return 0;
}
