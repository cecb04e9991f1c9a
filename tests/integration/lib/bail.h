/* SPDX-License-Identifier: MIT */
/* Ends a test program whose ground has gone: nothing after this point could be tested. */
#ifndef TESTS_INTEGRATION_LIB_BAIL_H
#define TESTS_INTEGRATION_LIB_BAIL_H

/* Prints TAP's "Bail out!" and exits; servers that still run are stopped and their logs shown. */
void bail(const char *fmt, ...) __attribute__((noreturn, format(printf, 1, 2)));

#endif
