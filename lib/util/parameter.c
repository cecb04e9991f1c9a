/* SPDX-License-Identifier: MIT */
#include "lib/util/parameter.h"

#include <string.h>

#include "lib/util/err.h"
#include "lib/util/text.h"

size_t parameter_count(const char *text, size_t n)
{
    size_t count = 1;

    for (size_t i = 0; i < n; i++)
        count += text[i] == '&';
    return count;
}

/* One of n bytes; there is room for a NUL behind it. */
static int parse_one(struct parameter *ret, char *p, size_t n, struct err *err)
{
    char *equals = memchr(p, '=', n);
    size_t name = equals != NULL ? (size_t)(equals - p) : n;

    ret->name = p;
    ret->value = "";
    if (equals != NULL) {
        ret->value = equals + 1;
        if (text_percent_decode(equals + 1, equals + 1, n - name - 1, TEXT_QUERY, err) != 0)
            return -1;
    }
    return text_percent_decode(p, p, name, TEXT_QUERY, err);
}

int parameter_parse(struct parameter *to, size_t max, size_t *ret_count, char *text, size_t n,
                    struct err *err)
{
    size_t count = 0, stop;

    for (size_t at = 0; at < n; at = stop + 1) {
        const char *end = memchr(text + at, '&', n - at);

        stop = end != NULL ? (size_t)(end - text) : n;
        if (stop == at)
            continue;
        if (count == max)
            return err_set(err, ERR_LIMIT, "more than %zu parameters", max);
        if (parse_one(&to[count], text + at, stop - at, err) != 0)
            return -1;
        count++;
    }
    *ret_count = count;
    return 0;
}
