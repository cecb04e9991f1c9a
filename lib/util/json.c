/* SPDX-License-Identifier: MIT */
#include "lib/util/json.h"

#include <stdbool.h>
#include <string.h>

#include <jansson.h>

#include "lib/util/err.h"
#include "lib/util/util.h"

/* A position in the text and what was counted up to it. */
struct scanner {
    const unsigned char *p; /* borrowed */
    size_t n;
    size_t at;
    unsigned depth;
    size_t tokens; /* strings, other scalars, arrays and objects */
    size_t colons; /* tokens before a colon are names, not values */
};

struct place {
    size_t line;   /* from 1 */
    size_t column; /* bytes, from 1 */
};

static struct place place_of(const struct scanner *s)
{
    struct place place = {.line = 1, .column = 1};

    for (size_t i = 0; i < s->at; i++) {
        if (s->p[i] == '\n') {
            place.line++;
            place.column = 1;
        } else {
            place.column++;
        }
    }
    return place;
}

/* Leaves s->at behind the closing quote, or at the end of the text. */
static void skip_string(struct scanner *s)
{
    for (s->at++; s->at < s->n; s->at++) {
        if (s->p[s->at] == '\\')
            s->at++;
        else if (s->p[s->at] == '"')
            break;
    }
    s->at = s->at < s->n ? s->at + 1 : s->n;
}

/* A number or a word: everything up to the next character with a meaning. */
static void skip_scalar(struct scanner *s)
{
    while (s->at < s->n && strchr(" \t\r\n[]{},:\"", s->p[s->at]) == NULL)
        s->at++;
}

/* One step: counts what begins here and goes behind it. */
static void scan_step(struct scanner *s)
{
    switch (s->p[s->at]) {
    case '[':
    case '{':
        s->tokens++;
        s->depth++;
        s->at++;
        break;
    case ']':
    case '}':
        if (s->depth > 0)
            s->depth--;
        s->at++;
        break;
    case ':':
        s->colons++;
        s->at++;
        break;
    case ' ':
    case '\t':
    case '\r':
    case '\n':
    case ',':
    case '\0':
        s->at++;
        break;
    case '"':
        s->tokens++;
        skip_string(s);
        break;
    default:
        s->tokens++;
        skip_scalar(s);
    }
}

static int over_limit(const struct scanner *s, const char *what, size_t limit, struct err *err)
{
    struct place place = place_of(s);

    return err_set(err, ERR_LIMIT, "line %zu, column %zu: more than %zu %s", place.line,
                   place.column, limit, what);
}

int util_json_scan(const void *p, size_t n, const struct util_json_limits *limits, struct err *err)
{
    struct scanner s = {.p = p, .n = n};

    if (n > limits->size)
        return err_set(err, ERR_LIMIT, "more than %zu bytes of JSON", limits->size);
    while (s.at < n) {
        scan_step(&s);
        if (s.depth > limits->depth)
            return over_limit(&s, "levels of nesting", limits->depth, err);
        /* One more name than colons: the colon of the last token may be yet to come. */
        if (s.tokens > s.colons + limits->values + 1)
            return over_limit(&s, "values", limits->values, err);
    }
    if (s.tokens > s.colons + limits->values)
        return over_limit(&s, "values", limits->values, err);
    return 0;
}

/* jansson quotes the text it stumbled over: only printable ASCII of it goes into our message. */
static void clean(char *text)
{
    for (; *text != '\0'; text++) {
        if (*text == '\n' || *text == '\r' || *text == '\t')
            *text = ' ';
        else if (*text < ' ' || *text > '~')
            *text = '?';
    }
}

static void cut_quotation(char *text)
{
    char *near = strstr(text, " near '");

    if (near != NULL)
        *near = '\0';
}

static int parse_failed(json_error_t *error, const struct util_json_limits *limits, struct err *err)
{
    if (json_error_code(error) == json_error_out_of_memory)
        return err_set(err, ERR_NOMEM, "out of memory");
    clean(error->text);
    if (limits->secret)
        cut_quotation(error->text);
    return err_set(err, ERR_SYNTAX, "line %d, column %d: %s", error->line, error->column,
                   error->text);
}

int util_json_parse(struct json_t **ret, const void *p, size_t n,
                    const struct util_json_limits *limits, struct err *err)
{
    json_error_t error;
    json_t *root;

    if (util_json_scan(p, n, limits, err) != 0)
        return -1;
    root = json_loadb(p, n, JSON_REJECT_DUPLICATES, &error);
    if (root == NULL)
        return parse_failed(&error, limits, err);
    *ret = root;
    return 0;
}
