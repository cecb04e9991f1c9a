/* SPDX-License-Identifier: MIT */
#include "lib/util/conf_print.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <jansson.h>

#include "lib/util/buf.h"
#include "lib/util/text.h"

enum {
    KEY_MAX = 1000, /* bytes of a printed key in front of its colon */
    ESCAPE_MAX = 6, /* bytes that one byte may become: \u0009 */
};

/* A text that every YAML reader takes for a text without quotes, those of YAML 1.1 too. */
static bool is_plain(const char *s)
{
    static const char *const special[] = {"null", "true", "false", "yes", "no", "on",
                                          "off",  "y",    "n",     "inf", "nan"};

    if (!isalpha((unsigned char)s[0]) && s[0] != '/')
        return false;
    for (size_t i = 0; i < sizeof(special) / sizeof(special[0]); i++) {
        if (strcasecmp(s, special[i]) == 0)
            return false;
    }
    for (; *s != '\0'; s++) {
        if (!isalnum((unsigned char)*s) && strchr("_./-", *s) == NULL)
            return false;
    }
    return true;
}

static void indent(struct buf *b, unsigned level)
{
    for (unsigned i = 0; i < level; i++)
        (void)buf_append(b, "  ", 2);
}

/* JSON numbers and literals are YAML as they are. */
static void print_json(struct buf *b, const json_t *node)
{
    char *text = json_dumps(node, JSON_ENCODE_ANY | JSON_REAL_PRECISION(17));

    if (text == NULL) {
        b->failed = b->out_of_memory = true;
        return;
    }
    (void)buf_append_text(b, text);
    free(text);
}

/* Length of the character at s, and its number when YAML wants it escaped, else 0. */
static size_t classify(const char *s, unsigned *ret_escape)
{
    const unsigned char *u = (const unsigned char *)s;
    size_t n = text_utf8(s, strlen(s));

    *ret_escape = 0;
    if (n == 1 && (*u < ' ' || *u == 0x7f || *u == '"' || *u == '\\'))
        *ret_escape = *u;
    else if (n == 2)
        *ret_escape = u[0] == 0xc2 && u[1] < 0xa0 ? u[1] : 0; /* C1, with the line break U+0085 */
    else if (n == 3 && (memcmp(s, "\xe2\x80\xa8", 3) == 0 || memcmp(s, "\xe2\x80\xa9", 3) == 0))
        *ret_escape = 0x2000 | (u[2] & 0x3f); /* line and paragraph separator */
    else if (n == 3 && memcmp(s, "\xef\xbb\xbf", 3) == 0)
        *ret_escape = 0xfeff;
    return n;
}

/* jansson's texts are valid UTF-8. */
static void print_quoted(struct buf *b, const char *s)
{
    (void)buf_append_char(b, '"');
    while (*s != '\0') {
        unsigned escape;
        size_t n = classify(s, &escape);

        if (escape == '"' || escape == '\\')
            (void)buf_appendf(b, "\\%c", escape);
        else if (escape == '\n')
            (void)buf_append(b, "\\n", 2);
        else if (escape > 0)
            (void)buf_appendf(b, "\\u%04x", escape);
        else
            (void)buf_append(b, s, n);
        s += n;
    }
    (void)buf_append_char(b, '"');
}

static void print_text(struct buf *b, const char *s)
{
    if (is_plain(s))
        (void)buf_append_text(b, s);
    else
        print_quoted(b, s);
}

/* Also an empty array or object. */
static void print_scalar(struct buf *b, const json_t *node)
{
    if (json_is_string(node))
        print_text(b, json_string_value(node));
    else
        print_json(b, node);
}

static void print_object(struct buf *b, const json_t *object, unsigned level, bool first_in_line);

static bool is_nested(const json_t *node)
{
    return json_object_size(node) > 0 || json_array_size(node) > 0;
}

static void print_array(struct buf *b, const json_t *array, unsigned level)
{
    const json_t *child;
    size_t i;

    json_array_foreach(array, i, child)
    {
        indent(b, level);
        (void)buf_append(b, "- ", 2);
        if (json_object_size(child) > 0) {
            print_object(b, child, level + 1, true);
        } else if (json_array_size(child) > 0) {
            (void)buf_append_char(b, '\n'); /* behind "- " */
            print_array(b, child, level + 1);
        } else {
            print_scalar(b, child);
            (void)buf_append_char(b, '\n');
        }
    }
}

static void print_value(struct buf *b, const json_t *value, unsigned level)
{
    if (is_nested(value)) {
        (void)buf_append_char(b, '\n');
        if (json_is_object(value))
            print_object(b, value, level + 1, false);
        else
            print_array(b, value, level + 1);
        return;
    }
    (void)buf_append_char(b, ' ');
    print_scalar(b, value);
    (void)buf_append_char(b, '\n');
}

/* YAML reads a key in front of its colon only when both are within 1024 bytes: "? " allows more. */
static void print_key(struct buf *b, const char *key, unsigned level)
{
    bool is_long = strlen(key) > KEY_MAX / ESCAPE_MAX;

    if (is_long)
        (void)buf_append(b, "? ", 2);
    print_text(b, key);
    if (is_long) {
        (void)buf_append_char(b, '\n');
        indent(b, level);
    }
    (void)buf_append_char(b, ':');
}

/* first_in_line: the first key goes where the line stands (behind "- "). */
static void print_object(struct buf *b, const json_t *object, unsigned level, bool first_in_line)
{
    const char *key;
    json_t *value;

    json_object_foreach((json_t *)object, key, value)
    {
        if (!first_in_line)
            indent(b, level);
        first_in_line = false;
        print_key(b, key, level);
        print_value(b, value, level);
    }
}

void conf_print(struct buf *b, const json_t *root)
{
    if (json_object_size(root) == 0)
        (void)buf_append_text(b, "{}\n");
    else
        print_object(b, root, 0, false);
}
