/* SPDX-License-Identifier: MIT */
/*
 * Options for people: the help, and the effective configuration.
 */
#include "lib/util/option.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <jansson.h>

#include "lib/util/buf.h"
#include "lib/util/option_set.h"
#include "lib/util/util.h"

/* Where the sentences begin; in narrow places below the flag. */
enum { HELP_COLUMN = 30, NARROW_COLUMN = 6, NARROW = 70 };

/* --- Help ---------------------------------------------------------------------------------------
 */

static void put_flag(struct buf *b, const struct option *o)
{
    if (o->letter != 0)
        (void)buf_appendf(b, "  -%c, --%s", o->letter, o->flag);
    else
        (void)buf_appendf(b, "  --%s", o->flag);
    if (o->arg != NULL && o->implied != NULL)
        (void)buf_appendf(b, " [%s]", o->arg);
    else if (o->arg != NULL)
        (void)buf_appendf(b, " %s", o->arg);
}

/* Appends words from column `from` on, in lines of `width`; `column` is where the line stands. */
static void put_wrapped(struct buf *b, const char *text, size_t column, size_t from, size_t width)
{
    while (*text != '\0') {
        size_t word = strcspn(text, " ");

        if (column > from && column + 1 + word > width) {
            (void)buf_append_char(b, '\n');
            column = 0;
        }
        do { /* a blank between words, or up to the column */
            (void)buf_append_char(b, ' ');
            column++;
        } while (column < from);
        (void)buf_append(b, text, word);
        column += word;
        text += word;
        text += strspn(text, " ");
    }
    (void)buf_append_char(b, '\n');
}

void option_sentence(struct buf *b, const struct option *o)
{
    (void)buf_append_text(b, o->help);
    if (o->value.type == SCHEMA_CHOICE) {
        for (int i = 0; o->value.choices[i] != NULL; i++)
            (void)buf_appendf(b, "%s%s", i == 0 ? ": " : ", ", o->value.choices[i]);
    }
    if (o->preset != NULL && o->preset[0] != '\0')
        (void)buf_appendf(b, " (default: %s)", o->preset);
    if (o->key != NULL)
        (void)buf_appendf(b, " [%s]", o->key);
}

void option_help(struct buf *b, const struct option *rows, size_t count, size_t width)
{
    size_t from = width < NARROW ? NARROW_COLUMN : HELP_COLUMN;

    for (size_t i = 0; i < count; i++) {
        size_t start;
        auto_buf struct buf text = BUF_INIT(b->max);

        if (rows[i].group != NULL)
            (void)buf_appendf(b, "%s%s:\n", i == 0 ? "" : "\n", rows[i].group);
        start = b->len;
        put_flag(b, &rows[i]);
        option_sentence(&text, &rows[i]);
        if (b->len - start >= from) {
            (void)buf_append_char(b, '\n');
            start = b->len;
        }
        put_wrapped(b, buf_text(&text), b->len - start, from, width);
    }
}

/* --- Effective configuration --------------------------------------------------------------------
 */

/* What stands for an option without a value; NULL: leave it out. */
static json_t *unset_value(const struct schema *s)
{
    switch (s->type) {
    case SCHEMA_TEXT:
    case SCHEMA_PATH:
        return json_string("");
    case SCHEMA_LIST:
    case SCHEMA_PATHS:
    case SCHEMA_OBJECTS:
        return json_array();
    case SCHEMA_BOOL:
        return json_false();
    default:
        return NULL;
    }
}

/* The object in root that holds the last step of a path; *ret_step is that step. NULL: no memory.
 */
static json_t *make_parent(json_t *root, const char *path, const char **ret_step)
{
    const char *dot;

    while ((dot = strchr(path, '.')) != NULL) {
        char step[OPTION_VARIABLE_MAX];
        size_t n = (size_t)(dot - path);
        json_t *child;

        ASSERT(n < sizeof(step));
        memcpy(step, path, n);
        step[n] = '\0';
        child = json_object_get(root, step);
        if (child == NULL) {
            child = json_object();
            if (json_object_set_new(root, step, child) != 0)
                return NULL;
        }
        root = child;
        path = dot + 1;
    }
    *ret_step = path;
    return root;
}

/* Relative paths are made absolute, so that the output can be used from any folder. */
static json_t *printable_value(const struct option *row, const json_t *value)
{
    auto_free char *folder = getcwd(NULL, 0);
    json_t *copy = value == NULL ? unset_value(&row->value) : schema_printable(&row->value, value);

    if (folder != NULL && copy != NULL)
        (void)schema_resolve_paths(&row->value, copy, folder, NULL);
    return copy;
}

json_t *option_printable(const struct option_set *set)
{
    json_t *root = json_object();

    for (size_t i = 0; i < set->count && root != NULL; i++) {
        const struct option *row = &set->rows[i];
        json_t *value, *parent;
        const char *step;

        if (row->key == NULL || (value = printable_value(row, set->values[i].value)) == NULL)
            continue;
        parent = make_parent(root, row->key, &step);
        if (parent == NULL || json_object_set_new(parent, step, value) != 0) {
            if (parent == NULL)
                json_decref(value);
            json_decref(root);
            return NULL;
        }
    }
    return root;
}
