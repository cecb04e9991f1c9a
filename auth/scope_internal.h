/* SPDX-License-Identifier: MIT */
/*
 * What scope.c and scope_json.c share.
 */
#ifndef AUTH_SCOPE_INTERNAL_H
#define AUTH_SCOPE_INTERNAL_H

#include <stdbool.h>
#include <stddef.h>

struct scope;

enum { SCOPE_ACTIONS = 4 };

/* The pieces of a scope, borrowed and not yet checked. */
struct scope_parts {
    const char *type; /* with its class, if any */
    size_t type_length;
    const char *class; /* may be NULL */
    size_t class_length;
    const char *name;
    size_t name_length;
    unsigned actions;
};

/* -1 when type or name are off the grammar. */
int scope_fill(struct scope *ret, const struct scope_parts *parts);
/* The names of the bits, in a fixed order; how many. */
size_t scope_action_names(const char *ret[SCOPE_ACTIONS], unsigned bits);
/* 0 for an action that nobody knows. */
unsigned scope_action_bit(const char *name, size_t n);
/* True for "repository" and "registry". */
bool scope_is_known(const struct scope *scope);

#endif
