/* SPDX-License-Identifier: MIT */
#include "lib/control/control_route.h"

#include <string.h>

/* Length of the value at path: up to what follows the parameter in the pattern. */
static size_t value_length(const char *path, const char *follows, bool rest)
{
    size_t segment = rest ? strlen(path) : strcspn(path, "/");
    size_t tail = strcspn(follows, "/{");

    if (tail == 0)
        return segment;
    /* "{name}:release": the value may hold a colon, so the ending is looked for at the end. */
    if (segment <= tail || strncmp(path + segment - tail, follows, tail) != 0)
        return 0;
    return segment - tail;
}

/* Takes one parameter; *pattern and *path move behind it. */
static bool match_parameter(const char **pattern, const char **path, struct control_parameters *p)
{
    const char *name = *pattern + 1;
    size_t name_size = strcspn(name, ".}");
    bool rest = name[name_size] == '.';
    const char *follows = strchr(name, '}') + 1;
    size_t n = value_length(*path, follows, rest);

    if (n == 0 || n > CONTROL_VALUE_MAX || p->count == CONTROL_PARAMETERS_MAX)
        return false;
    p->items[p->count].name = name;
    p->items[p->count].name_size = name_size;
    memcpy(p->items[p->count].value, *path, n);
    p->items[p->count].value[n] = '\0';
    p->count++;
    *pattern = follows;
    *path += n;
    return true;
}

bool control_route_match(const char *pattern, const char *path, struct control_parameters *ret)
{
    ret->count = 0;
    while (*pattern != '\0') {
        if (*pattern == '{') {
            if (!match_parameter(&pattern, &path, ret))
                return false;
        } else if (*pattern++ != *path++) {
            return false;
        }
    }
    return *path == '\0';
}

const char *control_route_value(const struct control_parameters *p, const char *name)
{
    for (size_t i = 0; i < p->count; i++) {
        if (strlen(name) == p->items[i].name_size &&
            strncmp(p->items[i].name, name, p->items[i].name_size) == 0)
            return p->items[i].value;
    }
    return NULL;
}
