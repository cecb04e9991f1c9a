/* SPDX-License-Identifier: MIT */
/*
 * Reading JSON that somebody sent us.
 *
 * A scan comes first: one pass, no allocation, which bounds size, nesting and the number of values
 * before jansson builds a tree that costs up to 300 bytes per value. Pure functions: they may run
 * in a job (lib/http/loop.h), and for more than UTIL_JSON_INLINE_MAX bytes they should.
 */
#ifndef LIB_UTIL_JSON_H
#define LIB_UTIL_JSON_H

#include <stdbool.h>
#include <stddef.h>

struct err;
struct json_t;

enum {
    UTIL_JSON_INLINE_MAX = 256 * 1024, /* bytes that may be parsed on the loop */
    UTIL_JSON_DEPTH_MAX = 64,          /* arrays and objects within each other */
};

struct util_json_limits {
    size_t size;    /* bytes */
    unsigned depth; /* nesting; 1 allows one array or object */
    size_t values;  /* members, elements and the outermost value together */
    bool secret;    /* there may be secrets in it: messages quote nothing */
};

/* Refuses text over a limit; does not tell valid JSON from invalid. ERR_LIMIT. */
int util_json_scan(const void *p, size_t n, const struct util_json_limits *limits, struct err *err);
/*
 * Scans, then reads an object or array (RFC 8259). ERR_LIMIT, ERR_SYNTAX (duplicate members, NUL,
 * invalid UTF-8 and text behind the end too) or ERR_NOMEM; messages begin with line and column.
 * The caller owns *ret.
 */
int util_json_parse(struct json_t **ret, const void *p, size_t n,
                    const struct util_json_limits *limits, struct err *err);

#endif
