/* SPDX-License-Identifier: MIT */
/*
 * Scopes: `type[(class)]:name:action[,action]` (distribution, docs/content/spec/auth/scope.md).
 *
 * The name may hold "host:port/", so the text is split at its first and last colon. Pure.
 */
#ifndef AUTH_SCOPE_H
#define AUTH_SCOPE_H

#include <stdbool.h>
#include <stddef.h>

struct buf;
struct err;
struct json_t;

enum { SCOPE_NAME_MAX = 511, SCOPE_TYPE_MAX = 31, SCOPES_MAX = 100 };

/* Actions as bits; those we do not know are kept out. */
enum {
    SCOPE_PULL = 1 << 0,
    SCOPE_PUSH = 1 << 1,
    SCOPE_DELETE = 1 << 2,
    SCOPE_ALL = 1 << 3, /* '*' */
};

struct scope {
    char type[SCOPE_TYPE_MAX + 1];  /* "repository", "registry" */
    char class[SCOPE_TYPE_MAX + 1]; /* "" mostly */
    char name[SCOPE_NAME_MAX + 1];
    unsigned actions;
};

/* Scopes of different resources, in the order they came; the same resource again is merged. */
struct scope_set {
    struct scope *items; /* owned */
    size_t count;
};

void scope_set_done(struct scope_set *set);
int scope_set_copy(struct scope_set *to, const struct scope_set *from); /* -1: out of memory */
/* Adds one; merges actions where type, class and name are there. ERR_LIMIT over SCOPES_MAX. */
int scope_set_add(struct scope_set *set, const struct scope *scope, struct err *err);
const struct scope *scope_set_find(const struct scope_set *set, const char *type, const char *name);
/* True when every action of wanted is in the set ('*' stands for all). */
bool scope_set_covers(const struct scope_set *set, const struct scope *wanted);

/* ERR_SYNTAX for what is no scope. Unknown actions are left out (actions may become 0). */
int scope_parse(struct scope *ret, const char *text, size_t n, struct err *err);
/* Adds every scope of a text that is separated by blanks; types that nobody knows are left out. */
int scope_set_parse(struct scope_set *set, const char *text, struct err *err);
/* "repository:a/b:pull,push" */
void scope_format(struct buf *to, const struct scope *scope);
void scope_set_format(struct buf *to, const struct scope_set *set); /* joined by blanks */
/* The claim `access`: [{"type","name","actions"}]; NULL: out of memory. Owned by the caller. */
struct json_t *scope_set_to_json(const struct scope_set *set);
/* ERR_SYNTAX for what is no such claim; null is empty, unknown types are left out. */
int scope_set_from_json(struct scope_set *ret, const struct json_t *access, struct err *err);

/* Fills a scope for a repository; name is cut never: it was checked before. */
void scope_repository(struct scope *ret, const char *name, unsigned actions);
void scope_catalog(struct scope *ret); /* registry:catalog:* */

#endif
