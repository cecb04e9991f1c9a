/* SPDX-License-Identifier: MIT */
#include "lib/http/range.h"

#include <stdbool.h>
#include <string.h>
#include <strings.h>

/* One element of the header as written. */
struct spec {
    bool has_first; /* false: the last `last` bytes */
    bool has_last;
    uint64_t first;
    uint64_t last;
};

static const char *skip_blanks(const char *p)
{
    return p + strspn(p, " \t");
}

/* Reads digits; a number that is too large becomes the largest. False (and 0) without a digit. */
static bool read_number(const char **p, uint64_t *ret)
{
    const char *start = *p;

    for (*ret = 0; **p >= '0' && **p <= '9'; (*p)++) {
        unsigned digit = (unsigned)(**p - '0');

        *ret = *ret > (UINT64_MAX - digit) / 10 ? UINT64_MAX : *ret * 10 + digit;
    }
    return *p != start;
}

static bool read_spec(const char **p, struct spec *ret)
{
    ret->has_first = read_number(p, &ret->first);
    if (**p != '-')
        return false;
    (*p)++;
    ret->has_last = read_number(p, &ret->last);
    return ret->has_first || ret->has_last;
}

/* Clips to content of that size; false when nothing of it lies there. */
static bool clip(const struct spec *spec, uint64_t size, struct http_range *ret)
{
    if (!spec->has_first) {
        if (spec->last == 0)
            return false;
        ret->first = spec->last < size ? size - spec->last : 0;
        ret->last = size - 1;
        return true;
    }
    if (spec->first >= size || (spec->has_last && spec->last < spec->first))
        return false;
    ret->first = spec->first;
    ret->last = spec->has_last && spec->last < size ? spec->last : size - 1;
    return true;
}

/* The ranges found so far. */
struct list {
    struct http_range *ranges; /* borrowed */
    size_t max;
    size_t count;
    uint64_t left; /* bytes that more ranges may ask for */
    bool any;      /* there was an element, in the content or not */
};

/* False: answer in full. */
static bool add_spec(struct list *list, const struct spec *spec, uint64_t size)
{
    struct http_range range = {0, 0};
    uint64_t n;

    list->any = true;
    if (!clip(spec, size, &range))
        return true;
    n = range.last - range.first + 1;
    /* Overlaps that add up to more than the content only cost (RFC 9110, 14.2). */
    if (list->count == list->max || n > list->left)
        return false;
    list->left -= n;
    list->ranges[list->count++] = range;
    return true;
}

/* The list behind "bytes="; empty elements are allowed (RFC 9110, 5.6.1.2). */
static bool read_list(const char *p, uint64_t size, struct list *list)
{
    struct spec spec;

    for (p = skip_blanks(p);; p = skip_blanks(p + 1)) {
        if (*p != ',' && *p != '\0') {
            if (!read_spec(&p, &spec) || !add_spec(list, &spec, size))
                return false;
            p = skip_blanks(p);
        }
        if (*p == '\0')
            return list->any;
        if (*p != ',')
            return false;
    }
}

enum http_range_result http_range_parse(const char *value, uint64_t size, struct http_range *ret,
                                        size_t max, size_t *count)
{
    struct list list = {.ranges = ret, .max = max, .left = size};

    *count = 0;
    if (size == 0 || strncasecmp(value, "bytes", 5) != 0)
        return HTTP_RANGE_NONE;
    value = skip_blanks(value + 5);
    if (*value != '=' || !read_list(value + 1, size, &list))
        return HTTP_RANGE_NONE;
    *count = list.count;
    return list.count > 0 ? HTTP_RANGE_SOME : HTTP_RANGE_UNSATISFIABLE;
}
