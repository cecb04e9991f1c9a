/* SPDX-License-Identifier: MIT */
/*
 * The answers of verify and wait: what was expected, what was found, and what came nearest to it.
 */
#ifndef LIB_CONTROL_REPORT_H
#define LIB_CONTROL_REPORT_H

#include <stdbool.h>
#include <stdint.h>

struct expect_state;
struct expectation;
struct journal;
struct json_t;

enum {
    REPORT_REQUESTS = 10,  /* requests that fit and are shown */
    REPORT_NEAREST = 3,    /* and that do not */
    REPORT_LOOK_AT = 1000, /* among that many of the newest */
};

/*
 * {"held", "message", "expected", "found" or "steps", "since", "last", "dropped", "requests",
 * "nearest", "warnings"}; the message is for people and may have several lines. Caller owns; NULL
 * when memory is short.
 */
struct json_t *report(const struct journal *j, const struct expectation *x,
                      const struct expect_state *s, bool held);

#endif
