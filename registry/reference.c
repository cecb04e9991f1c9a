/* SPDX-License-Identifier: MIT */
#include "registry/reference.h"

#include <stddef.h>
#include <string.h>

static bool is_lower_alnum(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

static bool is_word(char c)
{
    return is_lower_alnum(c) || (c >= 'A' && c <= 'Z') || c == '_';
}

/* Length of the separator at p: one dot, one or two underscores, any number of dashes. */
static size_t separator_length(const char *p)
{
    if (*p == '.')
        return 1;
    if (*p == '_')
        return p[1] == '_' ? 2 : 1;
    return strspn(p, "-");
}

/* The end of the component that begins at p, or NULL when there is none. */
static const char *skip_component(const char *p)
{
    for (;;) {
        size_t n;

        if (!is_lower_alnum(*p))
            return NULL;
        while (is_lower_alnum(*p))
            p++;
        n = separator_length(p);
        if (n == 0)
            return p;
        p += n;
    }
}

bool reference_is_name(const char *name)
{
    const char *p = name;

    if (strnlen(name, REFERENCE_NAME_MAX + 1) > REFERENCE_NAME_MAX)
        return false;
    for (;;) {
        p = skip_component(p);
        if (p == NULL)
            return false;
        if (*p == '\0')
            return true;
        if (*p++ != '/')
            return false;
    }
}

bool reference_is_tag(const char *tag)
{
    size_t n = 0;

    if (!is_word(tag[0]))
        return false;
    while (is_word(tag[n]) || tag[n] == '.' || tag[n] == '-') {
        if (++n > REFERENCE_TAG_MAX)
            return false;
    }
    return tag[n] == '\0';
}

bool reference_is_digest(const char *reference)
{
    return strchr(reference, ':') != NULL;
}
