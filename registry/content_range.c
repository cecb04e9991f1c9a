/* SPDX-License-Identifier: MIT */
#include "registry/content_range.h"

#include <stddef.h>
#include <string.h>
#include <strings.h>

enum { DIGITS_MAX = 18 }; /* decimal digits that always fit */

/* Reads digits and goes behind them. */
static bool read_number(const char **p, uint64_t *ret)
{
    uint64_t value = 0;
    size_t n = strspn(*p, "0123456789");

    if (n == 0 || n > DIGITS_MAX)
        return false;
    for (size_t i = 0; i < n; i++)
        value = value * 10 + (uint64_t)((*p)[i] - '0');
    *p += n;
    *ret = value;
    return true;
}

/* What may follow the end: nothing, or a total that is not below it. */
static bool is_total(const char *p, uint64_t end)
{
    uint64_t total;

    if (*p == '\0' || strcmp(p, "/*") == 0)
        return true;
    if (*p++ != '/')
        return false;
    return read_number(&p, &total) && *p == '\0' && total > end;
}

bool content_range_parse(struct content_range *ret, const char *value)
{
    static const char unit[] = "bytes";
    uint64_t start;
    uint64_t end;

    if (strncasecmp(value, unit, sizeof(unit) - 1) == 0) {
        value += sizeof(unit) - 1;
        if (*value != ' ')
            return false;
        value += strspn(value, " ");
    }
    if (!read_number(&value, &start) || *value++ != '-' || !read_number(&value, &end))
        return false;
    if (end + 1 < start || !is_total(value, end))
        return false;
    ret->start = start;
    ret->length = end + 1 - start;
    return true;
}
