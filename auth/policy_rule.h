/* SPDX-License-Identifier: MIT */
/*
 * One rule of an access policy, compiled: see policy.h for what it means. Pure.
 */
#ifndef AUTH_POLICY_RULE_H
#define AUTH_POLICY_RULE_H

#include <stdbool.h>
#include <stddef.h>

struct err;
struct json_t;

#define POLICY_ANONYMOUS     "anonymous"
#define POLICY_AUTHENTICATED "authenticated"

enum { POLICY_PATTERNS_MAX = 1000 };

struct policy_pattern {
    char *text;   /* owned, without '!' */
    bool negated; /* began with '!' */
    bool glob;    /* holds '*' or '?' */
};

/* Holds for a word when some pattern does (or none is without '!') and no negated one does. */
struct policy_patterns {
    struct policy_pattern *items; /* owned */
    size_t count;
    bool positive; /* one of them is not negated */
};

struct policy_rule {
    struct policy_patterns accounts;     /* none: everybody */
    struct policy_patterns repositories; /* none: every one */
    unsigned actions; /* SCOPE_PULL | SCOPE_PUSH | SCOPE_DELETE; 0: catalog only */
    bool allow;
    bool catalog; /* it is about the catalog, too */
};

/* Compiles a rule; path stands in front of messages. ERR_CONFIG; policy_rule_done() undoes it. */
int policy_rule_parse(struct policy_rule *ret, const char *path, const struct json_t *json,
                      struct err *err);
void policy_rule_done(struct policy_rule *rule);

/* account NULL: anonymous. */
bool policy_rule_is_for(const struct policy_rule *rule, const char *account);
bool policy_rule_covers(const struct policy_rule *rule, const char *repository);
/* It covers every repository that there may ever be. */
bool policy_rule_covers_all(const struct policy_rule *rule);

#endif
