/* SPDX-License-Identifier: MIT */
/*
 * The access policy: who may do what.
 *
 *     - {accounts: [alice, "ci-*"], repositories: ["a-*"], actions: [pull, push, delete]}
 *     - {accounts: [anonymous], repositories: ["public-*"], actions: [pull]}
 *     - {accounts: [bob], effect: deny}
 *     - {accounts: [authenticated], catalog: true}
 *
 * Rules are read in order; for each action the first rule that matches account, repository and
 * action decides. What no rule decides is refused.
 *   accounts      names and globs; `anonymous` (nobody is logged in) and `authenticated` are
 * groups;
 *                 `!` in front negates. `*` is everybody. Left out: everybody
 *   repositories  names and globs, `!` negates. Left out: every one
 *   actions       pull, push, delete; `*` and left out: all of them
 *   effect        allow (left out) or deny
 *   catalog       true: the rule is about the catalog, too; with neither repositories nor actions
 *                 only about that
 * Who may pull from a repository may list its tags and referrers. Without any policy each account
 * may do everything and the anonymous nothing, as with the usual registry.
 */
#ifndef AUTH_POLICY_H
#define AUTH_POLICY_H

#include <stdbool.h>
#include <stddef.h>

struct err;
struct json_t;
struct policy;
struct scope;
struct scope_set;

enum { POLICY_RULES_MAX = 10000 };

/* rules: an array, or NULL for none given. ERR_CONFIG begins with "policy[2].actions: ". */
int policy_new(struct policy **ret, const struct json_t *rules, struct err *err);
void policy_free(struct policy *p); /* NULL-safe */
/* The rules as they were given, or what holds without any. The caller owns it; NULL: no memory. */
struct json_t *policy_to_json(const struct policy *p);

/* Whoever has several names for a repository: questions are about what meant(arg, name) says, which
   is borrowed. NULL: about the name. */
void policy_set_meant(struct policy *p, const char *(*meant)(void *arg, const char *name),
                      void *arg);

/* What the account may do there: SCOPE_PULL | SCOPE_PUSH | SCOPE_DELETE. NULL or "": anonymous. */
unsigned policy_actions(struct policy *p, const char *account, const char *repository);
bool policy_catalog(struct policy *p, const char *account);
/* True when all of what is wanted is allowed; '*' is all that there is. */
bool policy_allows(struct policy *p, const char *account, const struct scope *wanted);
/*
 * The intersection of what is asked and what is allowed, into *ret (empty before; the caller's
 * also on failure). '*' of a repository becomes the account's actions; what is left with none is
 * left out.
 */
int policy_grant(struct policy *p, const char *account, const struct scope_set *asked,
                 struct scope_set *ret, struct err *err);
/* True when the anonymous may do everything everywhere: nobody ever has to log in. */
bool policy_is_open(const struct policy *p);

/* Calls fn with each account that a rule names and that is no glob or group. */
typedef void (*policy_name_fn)(void *arg, size_t rule, const char *name);
void policy_each_name(const struct policy *p, policy_name_fn fn, void *arg);

#endif
