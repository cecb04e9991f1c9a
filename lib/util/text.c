/* SPDX-License-Identifier: MIT */
#include "lib/util/text.h"

#include <stdint.h>
#include <string.h>

#include "lib/util/buf.h"
#include "lib/util/err.h"

static const char hex_digits[] = "0123456789abcdef";

static int hex_value(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return -1;
}

static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

/* --- Percent encoding ---------------------------------------------------------------------------
 */

/* The byte that the escape at src[0..n) means, or -1. */
static int escaped_byte(const char *src, size_t n)
{
    int high, low;

    if (n < 3)
        return -1;
    high = hex_value(src[1]);
    low = hex_value(src[2]);
    return high < 0 || low < 0 ? -1 : high << 4 | low;
}

int text_percent_decode(char *dst, const char *src, size_t n, enum text_form form, struct err *err)
{
    size_t out = 0;

    for (size_t i = 0; i < n; i++) {
        unsigned char c = (unsigned char)src[i];

        if (c == '%') {
            int byte = escaped_byte(src + i, n - i);

            if (byte < 0)
                return err_set(err, ERR_SYNTAX,
                               "'%%' at position %zu begins no escape: expected "
                               "two hex digits",
                               i);
            if (byte == 0)
                return err_set(err, ERR_SYNTAX, "the escape at position %zu means NUL", i);
            c = (unsigned char)byte;
            i += 2;
        } else if (c < ' ' || c == 0x7f) {
            return err_set(err, ERR_SYNTAX, "control byte 0x%02x at position %zu", c, i);
        } else if (c == '+' && form == TEXT_QUERY) {
            c = ' ';
        }
        dst[out++] = (char)c;
    }
    dst[out] = '\0';
    return 0;
}

static bool needs_no_escape(char c, enum text_form form)
{
    if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9'))
        return true;
    return c != '\0' && strchr(form == TEXT_PATH ? "-._~/:@!$&'()*+,;=" : "-._~/:@", c) != NULL;
}

void text_percent_encode(struct buf *b, const char *src, enum text_form form)
{
    for (; *src != '\0'; src++) {
        unsigned char c = (unsigned char)*src;

        if (needs_no_escape(*src, form))
            (void)buf_append_char(b, *src);
        else
            (void)buf_appendf(b, "%%%02X", c);
    }
}

/* --- Hex ----------------------------------------------------------------------------------------
 */

void text_hex(char *dst, const void *p, size_t n)
{
    const unsigned char *bytes = p;

    for (size_t i = 0; i < n; i++) {
        *dst++ = hex_digits[bytes[i] >> 4];
        *dst++ = hex_digits[bytes[i] & 15];
    }
    *dst = '\0';
}

bool text_unhex(void *dst, const char *src, size_t n)
{
    unsigned char *out = dst;

    for (size_t i = 0; i < n; i++) {
        int high = hex_value(src[2 * i]);
        int low = high < 0 ? -1 : hex_value(src[2 * i + 1]);

        if (low < 0)
            return false;
        out[i] = (unsigned char)(high << 4 | low);
    }
    return true;
}

/* --- Characters ---------------------------------------------------------------------------------
 */

/* Bytes that the first byte of a sequence announces, and the smallest code point of that length. */
static size_t announced(unsigned char c, uint32_t *ret_value, uint32_t *ret_least)
{
    size_t n = c < 0x80             ? 1
               : (c & 0xe0) == 0xc0 ? 2
               : (c & 0xf0) == 0xe0 ? 3
               : (c & 0xf8) == 0xf0 ? 4
                                    : 0;

    *ret_value = n == 1 ? c : c & (0x7fU >> n);
    *ret_least = n == 2 ? 0x80 : n == 3 ? 0x800 : n == 4 ? 0x10000 : 0;
    return n;
}

/* Decodes the sequence at p; 0 when it is not valid (RFC 3629). */
static size_t decode(const char *p, size_t n, uint32_t *ret)
{
    uint32_t value, least;
    size_t len = announced((unsigned char)p[0], &value, &least);

    if (len == 0 || len > n)
        return 0;
    for (size_t i = 1; i < len; i++) {
        unsigned char c = (unsigned char)p[i];

        if ((c & 0xc0) != 0x80)
            return 0;
        value = value << 6 | (c & 0x3f);
    }
    if (value < least || value > 0x10ffff || (value >= 0xd800 && value <= 0xdfff))
        return 0;
    *ret = value;
    return len;
}

size_t text_utf8(const char *p, size_t n)
{
    uint32_t value;

    return decode(p, n, &value);
}

bool text_is_utf8(const char *p, size_t n)
{
    while (n > 0) {
        size_t len = text_utf8(p, n);

        if (len == 0)
            return false;
        p += len;
        n -= len;
    }
    return true;
}

size_t text_printable(const char *p, size_t n)
{
    uint32_t value = 0;
    size_t len = decode(p, n, &value);

    return value < 0x20 || (value >= 0x7f && value < 0xa0) ? 0 : len;
}

size_t text_cut(const char *p, size_t n)
{
    size_t back = 0;

    while (back < 3 && back < n && ((unsigned char)p[n - back] & 0xc0) == 0x80)
        back++;
    return ((unsigned char)p[n - back] & 0xc0) == 0xc0 ? n - back : n;
}

void text_copy(char *dst, size_t size, const char *src)
{
    size_t n = strnlen(src, size);

    if (n == size)
        n = text_cut(src, size - 1);
    memcpy(dst, src, n);
    dst[n] = '\0';
}

bool text_equal_nocase(const char *a, const char *b)
{
    while (*a != '\0' && lower(*a) == lower(*b)) {
        a++;
        b++;
    }
    return lower(*a) == lower(*b);
}

/* --- Matching -----------------------------------------------------------------------------------
 */

bool text_glob(const char *pattern, const char *s)
{
    const char *star = NULL; /* the last star, and where in s it stopped taking */
    const char *taken = NULL;

    while (*s != '\0') {
        if (*pattern == '*') {
            star = pattern++;
            taken = s;
        } else if (*pattern == '?' || *pattern == *s) {
            pattern++;
            s++;
        } else if (star != NULL) {
            pattern = star + 1;
            s = ++taken;
        } else {
            return false;
        }
    }
    while (*pattern == '*')
        pattern++;
    return *pattern == '\0';
}

bool text_is_glob(const char *pattern)
{
    return strpbrk(pattern, "*?") != NULL;
}

/* Longer words are compared by their beginnings. */
enum { DISTANCE_MAX_LENGTH = 48 };

static unsigned least(unsigned a, unsigned b)
{
    return a < b ? a : b;
}

/* In half steps. */
static unsigned replace_cost(char a, char b)
{
    return a == b ? 0 : lower(a) == lower(b) ? 1 : 2;
}

/* Optimal string alignment with three rows. */
unsigned text_distance(const char *a, const char *b)
{
    unsigned rows[3][DISTANCE_MAX_LENGTH + 1];
    size_t na = strnlen(a, DISTANCE_MAX_LENGTH);
    size_t nb = strnlen(b, DISTANCE_MAX_LENGTH);

    for (size_t j = 0; j <= nb; j++)
        rows[0][j] = (unsigned)(2 * j);
    for (size_t i = 1; i <= na; i++) {
        unsigned *row = rows[i % 3];
        const unsigned *above = rows[(i - 1) % 3];
        const unsigned *two_above = rows[(i + 1) % 3];

        row[0] = (unsigned)(2 * i);
        for (size_t j = 1; j <= nb; j++) {
            row[j] = least(above[j - 1] + replace_cost(a[i - 1], b[j - 1]),
                           2 + least(above[j], row[j - 1]));
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                row[j] = least(row[j], two_above[j - 2] + 2);
        }
    }
    return (rows[na % 3][nb] + 1) / 2;
}

void text_nearest_begin(struct text_nearest *n, const char *word)
{
    /* A third of the letters may be wrong, and never more than three. */
    size_t limit = (strnlen(word, 9) + 2) / 3;

    *n = (struct text_nearest){.word = word, .distance = (unsigned)(limit < 3 ? limit : 3) + 1};
}

void text_nearest_offer(struct text_nearest *n, const char *name)
{
    unsigned distance = text_distance(n->word, name);

    if (distance < n->distance) {
        n->name = name;
        n->distance = distance;
    }
}

/* --- Quoting ------------------------------------------------------------------------------------
 */

const char *text_quote_bytes(struct text_quote *q, const void *p, size_t n)
{
    const size_t end = sizeof(q->text) - sizeof("...'"); /* room for the end is always kept */
    const char *s = p;
    size_t out = 0;

    q->text[out++] = '\'';
    while (n > 0) {
        size_t len = text_printable(s, n);
        size_t need = len > 0 ? len : 4;

        if (out + need > end) {
            memcpy(q->text + out, "...", 3);
            out += 3;
            break;
        }
        if (len > 0) {
            memcpy(q->text + out, s, len);
        } else {
            memcpy(q->text + out, "\\x", 2);
            q->text[out + 2] = hex_digits[(unsigned char)*s >> 4];
            q->text[out + 3] = hex_digits[(unsigned char)*s & 15];
            len = 1;
        }
        out += need;
        s += len;
        n -= len;
    }
    q->text[out++] = '\'';
    q->text[out] = '\0';
    return q->text;
}

const char *text_quote(struct text_quote *q, const char *s)
{
    return text_quote_bytes(q, s, strlen(s));
}
