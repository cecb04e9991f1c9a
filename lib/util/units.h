/* SPDX-License-Identifier: MIT */
/*
 * Sizes and durations as people write them.
 *
 * Sizes: a number and nothing (bytes), `B`, `k` `M` `G` `T` or `KiB` `MiB` `GiB` `TiB` (powers of
 * 1024), `kB` `MB` `GB` `TB` (powers of 1000). Durations: one or more numbers with `ms`, `s`, `m`,
 * `h` or `d`, the larger first ("1h30m"); a bare 0 needs no unit. Numbers may have a fraction.
 * The case of a size's unit does not matter.
 */
#ifndef LIB_UTIL_UNITS_H
#define LIB_UTIL_UNITS_H

#include <stdint.h>

struct err;

enum { UNITS_TEXT_MAX = 32 };

/* ERR_SYNTAX says what was expected; ERR_INVALID when the value does not fit. */
int units_parse_size(uint64_t *ret_bytes, const char *text, struct err *err);
int units_parse_duration(uint64_t *ret_ms, const char *text, struct err *err);
/* A duration that may have a sign in front: "-1h". */
int units_parse_shift(int64_t *ret_ms, const char *text, struct err *err);

/* The shortest text that parses back to the same value; returns dst. */
const char *units_format_size(char dst[UNITS_TEXT_MAX], uint64_t bytes);
const char *units_format_duration(char dst[UNITS_TEXT_MAX], uint64_t ms);

#endif
