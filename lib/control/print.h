/* SPDX-License-Identifier: MIT */
/*
 * An entry of the journal as JSON: the keys of control.md, null where nothing is known.
 */
#ifndef LIB_CONTROL_PRINT_H
#define LIB_CONTROL_PRINT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct journal;
struct journal_entry;
struct json_t;

/* Caller owns; NULL when memory is short. */
struct json_t *print_entry(const struct journal *j, const struct journal_entry *e,
                           bool with_headers);
/* "#41 GET /v2/team/app/manifests/v1 404", cut to size. */
void print_line(const struct journal *j, const struct journal_entry *e, char *dst, size_t size);

enum { PRINT_TIME_MAX = 40 };
/* "2026-11-21T20:43:21.042Z" */
const char *print_time(char dst[PRINT_TIME_MAX], int64_t ms);
/* A text that may hold anything; bytes that are no UTF-8 as \xHH. NULL: null. */
struct json_t *print_text(const char *s);

#endif
