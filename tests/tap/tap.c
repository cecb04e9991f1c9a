/* SPDX-License-Identifier: MIT */
#include "tests/tap/tap.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SHOWN_MAX = 400 }; /* bytes shown of a value */

static struct {
    unsigned done;    /* checks made, skipped ones too */
    unsigned failed;  /* of these */
    unsigned planned; /* by plan() */
    bool lazy;        /* plan_lazy() was called */
} tap;

static void start(void)
{
    (void)setvbuf(stdout, NULL, _IOLBF, 0); /* what was printed survives a crash */
}

void plan(unsigned n)
{
    start();
    tap.planned = n;
    printf("1..%u\n", n);
}

void plan_lazy(void)
{
    start();
    tap.lazy = true;
}

void skip_all(const char *reason, ...)
{
    va_list args;

    printf("1..0 # SKIP ");
    va_start(args, reason);
    (void)vprintf(reason, args);
    va_end(args);
    putchar('\n');
    exit(0);
}

int done_testing(void)
{
    if (tap.lazy)
        printf("1..%u\n", tap.done);
    else if (tap.done != tap.planned)
        diag("planned %u checks but made %u", tap.planned, tap.done);
    if (tap.failed > 0)
        diag("%u of %u checks failed", tap.failed, tap.done);
    exit(tap.failed > 0 || tap.done == 0 || (!tap.lazy && tap.done != tap.planned) ? 1 : 0);
}

/* Prints a check's name on one line; a '#' would begin a directive. */
static void __attribute__((format(printf, 1, 0))) print_name(const char *fmt, va_list args)
{
    char name[512];

    (void)vsnprintf(name, sizeof(name), fmt, args);
    for (const char *p = name; *p != '\0'; p++) {
        if (*p == '#')
            putchar('\\');
        putchar(*p == '\n' ? ' ' : *p);
    }
    putchar('\n');
}

/* Ends each check: prints its line, and its place when it failed. */
static bool __attribute__((format(printf, 4, 0)))
report(bool good, const char *file, int line, const char *fmt, va_list args)
{
    tap.done++;
    printf("%sok %u - ", good ? "" : "not ", tap.done);
    print_name(fmt, args);
    if (!good) {
        tap.failed++;
        diag("at %s:%d", file, line);
    }
    return good;
}

static void show_bytes(const char *label, const void *p, size_t n)
{
    const unsigned char *bytes = p;

    if (p == NULL) {
        diag("  %s: NULL", label);
        return;
    }
    printf("#   %s: \"", label);
    for (size_t i = 0; i < n && i < SHOWN_MAX; i++) {
        if (bytes[i] == '\n')
            printf("\\n");
        else if (bytes[i] == '\r')
            printf("\\r");
        else if (bytes[i] == '"' || bytes[i] == '\\')
            printf("\\%c", bytes[i]);
        else if (isascii(bytes[i]) && isprint(bytes[i]))
            putchar(bytes[i]);
        else
            printf("\\x%02x", bytes[i]);
    }
    printf("\"%s (%zu bytes)\n", n > SHOWN_MAX ? "..." : "", n);
}

/* The first byte that differs, or the length of the shorter one. */
static size_t common_length(const unsigned char *a, size_t a_n, const unsigned char *b, size_t b_n)
{
    size_t i = 0;

    while (i < a_n && i < b_n && a[i] == b[i])
        i++;
    return i;
}

void tap_ok(const char *file, int line, bool cond, const char *text, const char *fmt, ...)
{
    va_list args;

    va_start(args, fmt);
    (void)report(cond, file, line, fmt, args);
    va_end(args);
    if (!cond)
        diag("  not true: %s", text);
}

bool tap_is_str(const char *file, int line, const char *got, const char *want, const char *fmt, ...)
{
    bool good = got == want || (got != NULL && want != NULL && strcmp(got, want) == 0);
    va_list args;

    va_start(args, fmt);
    (void)report(good, file, line, fmt, args);
    va_end(args);
    if (!good) {
        show_bytes("got", got, got == NULL ? 0 : strlen(got));
        show_bytes("wanted", want, want == NULL ? 0 : strlen(want));
    }
    return good;
}

bool tap_is_int(const char *file, int line, long long got, long long want, const char *fmt, ...)
{
    va_list args;

    va_start(args, fmt);
    (void)report(got == want, file, line, fmt, args);
    va_end(args);
    if (got != want)
        diag("  got: %lld\n  wanted: %lld", got, want);
    return got == want;
}

bool tap_is_mem(const char *file, int line, const void *got, size_t got_n, const void *want,
                size_t want_n, const char *fmt, ...)
{
    bool good = got_n == want_n && (got_n == 0 || memcmp(got, want, got_n) == 0);
    va_list args;

    va_start(args, fmt);
    (void)report(good, file, line, fmt, args);
    va_end(args);
    if (!good) {
        show_bytes("got", got, got_n);
        show_bytes("wanted", want, want_n);
        if (got != NULL && want != NULL)
            diag("  first difference at byte %zu", common_length(got, got_n, want, want_n));
    }
    return good;
}

void skip(const char *reason, ...)
{
    va_list args;

    tap.done++;
    printf("ok %u # SKIP ", tap.done);
    va_start(args, reason);
    (void)vprintf(reason, args);
    va_end(args);
    putchar('\n');
}

void diag(const char *fmt, ...)
{
    char text[1024];
    char *rest = text;
    char *line;
    va_list args;

    va_start(args, fmt);
    (void)vsnprintf(text, sizeof(text), fmt, args);
    va_end(args);
    while ((line = strsep(&rest, "\n")) != NULL)
        printf("# %s\n", line);
}
