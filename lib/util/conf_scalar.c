/* SPDX-License-Identifier: MIT */
#include "lib/util/conf_scalar.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "lib/util/err.h"
#include "lib/util/text.h"
#include "lib/util/util.h"

static bool is_one_of(const char *s, const char *const *words)
{
    for (; *words != NULL; words++) {
        if (strcmp(s, *words) == 0)
            return true;
    }
    return false;
}

static bool is_null(const char *s)
{
    return is_one_of(s, (const char *const[]){"", "~", "null", "Null", "NULL", NULL});
}

static bool is_true(const char *s)
{
    return is_one_of(s, (const char *const[]){"true", "True", "TRUE", NULL});
}

static bool is_false(const char *s)
{
    return is_one_of(s, (const char *const[]){"false", "False", "FALSE", NULL});
}

static bool is_not_finite(const char *s)
{
    if (*s == '-' || *s == '+')
        s++;
    return is_one_of(s,
                     (const char *const[]){".inf", ".Inf", ".INF", ".nan", ".NaN", ".NAN", NULL});
}

/* [-+]? [0-9]+ | 0o [0-7]+ | 0x [0-9a-fA-F]+ */
static bool is_int(const char *s, int *ret_base)
{
    const char *digits = "0123456789";

    *ret_base = 10;
    if (s[0] == '0' && s[1] == 'o') {
        *ret_base = 8;
        digits = "01234567";
        s += 2;
    } else if (s[0] == '0' && s[1] == 'x') {
        *ret_base = 16;
        digits = "0123456789abcdefABCDEF";
        s += 2;
    } else if (*s == '-' || *s == '+') {
        s++;
    }
    return *s != '\0' && s[strspn(s, digits)] == '\0';
}

/* [-+]? ( \. [0-9]+ | [0-9]+ ( \. [0-9]* )? ) ( [eE] [-+]? [0-9]+ )? */
static bool is_float(const char *s)
{
    size_t whole, fraction = 0;

    if (*s == '-' || *s == '+')
        s++;
    whole = strspn(s, "0123456789");
    s += whole;
    if (*s == '.') {
        fraction = strspn(s + 1, "0123456789");
        s += 1 + fraction;
    }
    if (whole + fraction == 0)
        return false;
    if (*s == 'e' || *s == 'E') {
        s += s[1] == '-' || s[1] == '+' ? 2 : 1;
        if (*s == '\0')
            return false;
        s += strspn(s, "0123456789");
    }
    return *s == '\0';
}

static int digit_value(char c)
{
    return c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10;
}

/* text was checked by is_int(). */
static int make_int(json_t **ret, const char *text, int base, struct err *err)
{
    const char *s = base == 10 ? text : text + 2;
    bool negative = *s == '-';
    json_int_t value = 0;
    bool fits = true;

    if (*s == '-' || *s == '+')
        s++;
    for (; *s != '\0' && fits; s++) {
        int digit = negative ? -digit_value(*s) : digit_value(*s);

        fits = !__builtin_mul_overflow(value, base, &value) &&
               !__builtin_add_overflow(value, digit, &value);
    }
    if (!fits)
        return err_set(err, ERR_CONFIG, "the number is too large");
    *ret = json_integer(value);
    return 0;
}

static int make_float(json_t **ret, const char *s, struct err *err)
{
    double value = is_not_finite(s) ? HUGE_VAL : strtod(s, NULL);

    if (!isfinite(value))
        return err_set(err, ERR_CONFIG, "the number is not finite");
    *ret = json_real(value);
    return 0;
}

int conf_scalar_plain(json_t **ret, const char *s, struct err *err)
{
    int base;

    if (is_null(s))
        *ret = json_null();
    else if (is_true(s))
        *ret = json_true();
    else if (is_false(s))
        *ret = json_false();
    else if (is_int(s, &base))
        return make_int(ret, s, base, err);
    else if (is_float(s) || is_not_finite(s))
        return make_float(ret, s, err);
    else
        *ret = json_string(s);
    return 0;
}

int conf_scalar_tagged(json_t **ret, const char *tag, const char *s, struct err *err)
{
    static const struct {
        const char *tag;
        json_type first, second;
    } kinds[] = {
        {CONF_TAG_PREFIX "null", JSON_NULL, JSON_NULL},
        {CONF_TAG_PREFIX "bool", JSON_TRUE, JSON_FALSE},
        {CONF_TAG_PREFIX "int", JSON_INTEGER, JSON_INTEGER},
        {CONF_TAG_PREFIX "float", JSON_REAL, JSON_INTEGER},
    };

    if (strcmp(tag, CONF_TAG_PREFIX "str") == 0 || strcmp(tag, "!") == 0) {
        *ret = json_string(s);
        return 0;
    }
    for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
        if (strcmp(tag, kinds[i].tag) != 0)
            continue;
        if (conf_scalar_plain(ret, s, err) != 0)
            return -1;
        if (*ret != NULL && json_typeof(*ret) != kinds[i].first &&
            json_typeof(*ret) != kinds[i].second)
            return err_set(err, ERR_CONFIG, "the value is not of the type that its tag says");
        return 0;
    }
    return err_set(err, ERR_CONFIG,
                   "this tag is not supported: a text that begins with '!' is put in quotes");
}
