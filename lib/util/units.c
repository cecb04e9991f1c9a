/* SPDX-License-Identifier: MIT */
#include "lib/util/units.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "lib/util/err.h"
#include "lib/util/text.h"
#include "lib/util/util.h"

struct unit {
    const char *name;
    uint64_t factor;
};

/* The first row of a factor is the one that is written. */
static const struct unit size_units[] = {
    {"TiB", 1ULL << 40},
    {"GiB", 1ULL << 30},
    {"MiB", 1ULL << 20},
    {"KiB", 1ULL << 10},
    {"", 1},
    {"B", 1},
    {"T", 1ULL << 40},
    {"G", 1ULL << 30},
    {"M", 1ULL << 20},
    {"k", 1ULL << 10},
    {"TB", 1000000000000},
    {"GB", 1000000000},
    {"MB", 1000000},
    {"kB", 1000},
};

static const struct unit duration_units[] = {
    {"d", 24 * 60 * 60 * 1000}, {"h", 60 * 60 * 1000}, {"m", 60 * 1000}, {"s", 1000}, {"ms", 1},
};

enum { FRACTION_DIGITS = 9 };

/* A decimal number: whole and the fraction in units of 10^-9. */
struct number {
    uint64_t whole;
    uint64_t fraction;
};

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* Reads a number at *p and moves *p behind it; false when there is none or it is too large. */
static bool read_number(struct number *ret, const char **p)
{
    const char *s = *p;
    uint64_t scale = 1000000000;

    *ret = (struct number){0};
    if (!is_digit(*s))
        return false;
    for (; is_digit(*s); s++) {
        if (__builtin_mul_overflow(ret->whole, 10, &ret->whole) ||
            __builtin_add_overflow(ret->whole, (uint64_t)(*s - '0'), &ret->whole))
            return false;
    }
    if (*s == '.' && is_digit(s[1])) {
        for (s++; is_digit(*s); s++) {
            scale /= 10; /* digits behind the ninth count nothing */
            ret->fraction += scale * (uint64_t)(*s - '0');
        }
    }
    *p = s;
    return true;
}

/* number * factor, the fraction rounded down; false when it does not fit. */
static bool scale(uint64_t *ret, const struct number *n, uint64_t factor)
{
    uint64_t whole;
    uint64_t part = (uint64_t)((unsigned __int128)n->fraction * factor / 1000000000);

    if (__builtin_mul_overflow(n->whole, factor, &whole))
        return false;
    return !__builtin_add_overflow(whole, part, ret);
}

static const struct unit *find_size_unit(const char *name)
{
    for (size_t i = 0; i < ARRAY_LEN(size_units); i++) {
        if (text_equal_nocase(size_units[i].name, name))
            return &size_units[i];
    }
    return NULL;
}

int units_parse_size(uint64_t *ret_bytes, const char *text, struct err *err)
{
    const char *p = text;
    const struct unit *unit;
    struct number n;
    uint64_t bytes;

    if (!read_number(&n, &p) || (unit = find_size_unit(p)) == NULL)
        return err_set(err, ERR_SYNTAX,
                       "%s is no size: expected a number of bytes, or one with a unit such as 64k, "
                       "8MiB or 2GB",
                       TEXT_QUOTE(text));
    if (!scale(&bytes, &n, unit->factor))
        return err_set(err, ERR_INVALID, "%s is too large", TEXT_QUOTE(text));
    *ret_bytes = bytes;
    return 0;
}

/* The unit at p, which ends at a digit or the end; index from `first` on so that units get smaller.
 */
static const struct unit *find_duration_unit(const char *p, size_t n, size_t first)
{
    for (size_t i = first; i < ARRAY_LEN(duration_units); i++) {
        if (strlen(duration_units[i].name) == n && memcmp(duration_units[i].name, p, n) == 0)
            return &duration_units[i];
    }
    return NULL;
}

static int bad_duration(const char *text, struct err *err)
{
    return err_set(err, ERR_SYNTAX,
                   "%s is no duration: expected a number with a unit such as 50ms, 2s, 5m or 1h30m",
                   TEXT_QUOTE(text));
}

int units_parse_duration(uint64_t *ret_ms, const char *text, struct err *err)
{
    const char *p = text;
    uint64_t total = 0;
    size_t next = 0;

    if (strcmp(text, "0") == 0) {
        *ret_ms = 0;
        return 0;
    }
    do {
        const struct unit *unit;
        struct number n;
        uint64_t part;
        size_t length;

        if (!read_number(&n, &p))
            return bad_duration(text, err);
        length = strcspn(p, "0123456789");
        unit = find_duration_unit(p, length, next);
        if (unit == NULL)
            return bad_duration(text, err);
        if (!scale(&part, &n, unit->factor) || __builtin_add_overflow(total, part, &total))
            return err_set(err, ERR_INVALID, "%s is too long", TEXT_QUOTE(text));
        next = (size_t)(unit - duration_units) + 1;
        p += length;
    } while (*p != '\0');
    *ret_ms = total;
    return 0;
}

int units_parse_shift(int64_t *ret_ms, const char *text, struct err *err)
{
    bool negative = text[0] == '-';
    uint64_t ms;

    if (units_parse_duration(&ms, text + (negative || text[0] == '+'), err) != 0)
        return -1;
    if (ms > INT64_MAX)
        return err_set(err, ERR_INVALID, "%s is too long", TEXT_QUOTE(text));
    *ret_ms = negative ? -(int64_t)ms : (int64_t)ms;
    return 0;
}

/* value in the largest of the first `count` units that divides it. */
static const char *format(char dst[UNITS_TEXT_MAX], uint64_t value, const struct unit *units,
                          size_t count)
{
    size_t i = 0;

    while (i + 1 < count && (value == 0 || value % units[i].factor != 0))
        i++;
    (void)snprintf(dst, UNITS_TEXT_MAX, "%llu%s", (unsigned long long)(value / units[i].factor),
                   units[i].name);
    return dst;
}

const char *units_format_size(char dst[UNITS_TEXT_MAX], uint64_t bytes)
{
    return format(dst, bytes, size_units, 5);
}

const char *units_format_duration(char dst[UNITS_TEXT_MAX], uint64_t ms)
{
    if (ms == 0)
        return memcpy(dst, "0", 2);
    return format(dst, ms, duration_units, ARRAY_LEN(duration_units));
}
