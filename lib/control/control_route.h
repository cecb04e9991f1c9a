/* SPDX-License-Identifier: MIT */
/*
 * Patterns of endpoints: which one a path means, and what its parameters are. Pure.
 *
 *     "/rules/{id}"   "/images:retag"   "/gates/{name}:release"   "/images/{image...}"
 *
 * A parameter is one segment, up to what follows it in the pattern; {name...} is all the rest.
 */
#ifndef LIB_CONTROL_CONTROL_ROUTE_H
#define LIB_CONTROL_CONTROL_ROUTE_H

#include <stdbool.h>
#include <stddef.h>

enum { CONTROL_PARAMETERS_MAX = 4, CONTROL_VALUE_MAX = 511 };

struct control_parameters {
    struct {
        const char *name; /* borrowed from the pattern; name_size bytes */
        size_t name_size;
        char value[CONTROL_VALUE_MAX + 1];
    } items[CONTROL_PARAMETERS_MAX];
    size_t count;
};

/* True when the decoded path fits; *ret is only written then. Empty parameters do not fit. */
bool control_route_match(const char *pattern, const char *path, struct control_parameters *ret);
/* NULL when there is none of that name. */
const char *control_route_value(const struct control_parameters *p, const char *name);

#endif
