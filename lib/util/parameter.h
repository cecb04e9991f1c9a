/* SPDX-License-Identifier: MIT */
/*
 * "name=value&..." (WHATWG URL, 5): the query of a request target, the body of a form.
 */
#ifndef LIB_UTIL_PARAMETER_H
#define LIB_UTIL_PARAMETER_H

#include <stddef.h>

struct err;

/* Decoded. */
struct parameter {
    const char *name;
    const char *value; /* "" when there is no '=' */
};

/* An upper bound of the parameters in n bytes. */
size_t parameter_count(const char *text, size_t n);
/*
 * Reads n bytes, which are decoded in place; there is room for a NUL behind them. Empty ones are
 * skipped. ERR_SYNTAX for a bad escape or a control byte that is not escaped, ERR_LIMIT for more
 * than max. No message holds a value.
 */
int parameter_parse(struct parameter *to, size_t max, size_t *ret_count, char *text, size_t n,
                    struct err *err);

#endif
