/* SPDX-License-Identifier: MIT */
/*
 * The time of a world: the machine's, shifted as its owner likes, so that tokens can expire without
 * waiting. For what people see and what tokens say; timeouts of connections use the loop's time.
 */
#ifndef LIB_UTIL_CLOCK_H
#define LIB_UTIL_CLOCK_H

#include <stdint.h>

struct clock {
    int64_t shift_ms; /* added to the machine's time */
};

/* Milliseconds since 1970, UTC. NULL: the machine's time. */
int64_t clock_now_ms(const struct clock *clock);
int64_t clock_now(const struct clock *clock); /* whole seconds */
/* "2026-11-21T20:43:21Z" (RFC 3339, UTC). */
enum { CLOCK_TEXT_MAX = 32 };
const char *clock_format(char dst[CLOCK_TEXT_MAX], int64_t seconds);

#endif
