/* SPDX-License-Identifier: MIT */
/*
 * Small things about text: percent encoding, hex, UTF-8, globs, nearest names, quoting.
 * Independent of the locale: letters are ASCII.
 */
#ifndef LIB_UTIL_TEXT_H
#define LIB_UTIL_TEXT_H

#include <stdbool.h>
#include <stddef.h>

struct buf;
struct err;

/* --- Percent encoding (RFC 3986; the query as in HTML forms) ---------------------------------- */

enum text_form {
    TEXT_PATH,  /* '+' is itself; '/' and the other path characters need no escape */
    TEXT_QUERY, /* '+' decodes to a blank; what could end a parameter is escaped */
};

/*
 * Decodes n bytes at src to dst, which has room for n + 1 and may be src itself, and terminates it.
 * ERR_SYNTAX names the position (from 0) of an escape that is incomplete or means NUL, or of a raw
 * control byte.
 */
int text_percent_decode(char *dst, const char *src, size_t n, enum text_form form, struct err *err);
/* Appends the encoding; errors are b's. */
void text_percent_encode(struct buf *b, const char *src, enum text_form form);

/* --- Hex ------------------------------------------------------------------------------------- */

/* 2 * n lower-case digits and a NUL. */
void text_hex(char *dst, const void *p, size_t n);
/* n bytes from 2 * n digits of either case; false when there is anything else. */
bool text_unhex(void *dst, const char *src, size_t n);

/* --- Characters ------------------------------------------------------------------------------- */

/* Length of the valid UTF-8 sequence at p (1 to 4), or 0. n > 0. */
size_t text_utf8(const char *p, size_t n);
bool text_is_utf8(const char *p, size_t n);
/* As text_utf8, but 0 for control characters too (C0, DEL, C1). */
size_t text_printable(const char *p, size_t n);
/* The largest length up to n that does not cut through a UTF-8 sequence of p. */
size_t text_cut(const char *p, size_t n);
/* Equal without regard to the case of ASCII letters. */
bool text_equal_nocase(const char *a, const char *b);

/* Copies src, cut to size (not through a UTF-8 sequence) and always terminated; size > 0. */
void text_copy(char *dst, size_t size, const char *src);

/* --- Matching ----------------------------------------------------------------------------------
 */

/* `*` is any run of bytes ('/' too), `?` any one byte, the rest itself. Linear in practice and
   never worse than the product of the lengths. */
bool text_glob(const char *pattern, const char *s);
bool text_is_glob(const char *pattern); /* holds `*` or `?` */

/* Insertions, deletions, replacements and swaps of neighbours between a and b; case counts half. */
unsigned text_distance(const char *a, const char *b);

/* Finds the known name that a mistyped word most likely means. */
struct text_nearest {
    const char *word;  /* borrowed: what was typed */
    const char *name;  /* borrowed: the best so far, NULL when none is near enough */
    unsigned distance; /* of name */
};

void text_nearest_begin(struct text_nearest *n, const char *word);
void text_nearest_offer(struct text_nearest *n, const char *name);

/* --- Quoting ------------------------------------------------------------------------------------
 */

enum { TEXT_QUOTE_MAX = 120 };

struct text_quote {
    char text[TEXT_QUOTE_MAX];
};

/*
 * User text for a message: in single quotes, control bytes and what is not UTF-8 as \xHH, cut with
 * "..." when long. Lives as long as the enclosing block:
 *     err_set(err, ERR_SYNTAX, "%s is no tag", TEXT_QUOTE(name));
 */
#define TEXT_QUOTE(s) (text_quote(&(struct text_quote){{0}}, (s)))
const char *text_quote(struct text_quote *q, const char *s);
const char *text_quote_bytes(struct text_quote *q, const void *p, size_t n);

#endif
