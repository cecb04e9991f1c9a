/* SPDX-License-Identifier: MIT */
/*
 * Test Anything Protocol for our C tests.
 *
 *     int main(void)
 *     {
 *         plan_lazy();
 *         is_int(answer(), 42, "the answer");
 *         is_str(name, "x", "name of %s", thing);
 *         done_testing();
 *     }
 *
 * Each check prints one line and returns whether it held; one that fails says where, what it got
 * and what was wanted. The text after the values is a printf format. For one thread only.
 */
#ifndef TESTS_TAP_TAP_H
#define TESTS_TAP_TAP_H

#include <stdbool.h>
#include <stddef.h>

/* Says how many checks will follow; done_testing() fails when there were others. */
void plan(unsigned n);
/* The number of checks is printed by done_testing(). */
void plan_lazy(void);
/* Ends the program: none of its checks can be made, and why. Before any check. */
void skip_all(const char *reason, ...) __attribute__((noreturn, format(printf, 1, 2)));
/* Prints what is missing of the plan and ends the program: 0 when all held, else 1. */
int done_testing(void) __attribute__((noreturn));

/* ok(bool condition, const char *fmt, ...) */
#define ok(cond, ...)                                                                              \
    ({                                                                                             \
        bool tap_held_ = (cond); /* seen by static analysis, too */                                \
                                                                                                   \
        tap_ok(__FILE__, __LINE__, tap_held_, #cond, __VA_ARGS__);                                 \
        tap_held_;                                                                                 \
    })
/* is_str(const char *got, const char *want, const char *fmt, ...): either may be NULL. */
#define is_str(got, want, ...) tap_is_str(__FILE__, __LINE__, (got), (want), __VA_ARGS__)
/* is_int(long long got, long long want, const char *fmt, ...) */
#define is_int(got, want, ...) tap_is_int(__FILE__, __LINE__, (got), (want), __VA_ARGS__)
/* is_mem(const void *got, size_t got_n, const void *want, size_t want_n, const char *fmt, ...) */
#define is_mem(got, got_n, want, want_n, ...)                                                      \
    tap_is_mem(__FILE__, __LINE__, (got), (got_n), (want), (want_n), __VA_ARGS__)
/* Stands for one check that cannot be made here, and why. */
void skip(const char *reason, ...) __attribute__((format(printf, 1, 2)));
/* A remark; each of its lines becomes a comment of the output. */
void diag(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* What the macros above call. */
void tap_ok(const char *file, int line, bool cond, const char *text, const char *fmt, ...)
    __attribute__((format(printf, 5, 6)));
bool tap_is_str(const char *file, int line, const char *got, const char *want, const char *fmt, ...)
    __attribute__((format(printf, 5, 6)));
bool tap_is_int(const char *file, int line, long long got, long long want, const char *fmt, ...)
    __attribute__((format(printf, 5, 6)));
bool tap_is_mem(const char *file, int line, const void *got, size_t got_n, const void *want,
                size_t want_n, const char *fmt, ...) __attribute__((format(printf, 7, 8)));

#endif
