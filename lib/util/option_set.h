/* SPDX-License-Identifier: MIT */
/*
 * The values of a table of options; private to option*.c.
 */
#ifndef LIB_UTIL_OPTION_SET_H
#define LIB_UTIL_OPTION_SET_H

#include "lib/util/option.h"

struct option_value {
    struct json_t *value; /* owned reference, checked; NULL: unset */
    enum option_source source;
    const char **items; /* owned: the list handed out by option_store() */
};

struct option_set {
    const struct option *rows; /* borrowed */
    size_t count;
    struct option_value *values; /* owned: one per row */
    const char **words;          /* owned array of borrowed texts: what was no flag */
    size_t word_count;
    char **texts; /* owned: copies that words point into */
    size_t text_count;
    struct conf *conf; /* owned: the file read last, or NULL */
};

/* Takes the value; it counts when no higher source has set one. -1 when memory is short. */
int option_set_value(struct option_set *set, size_t row, enum option_source source,
                     struct json_t *value);
/* The same from the text of a flag or variable; origin names it in messages. */
int option_set_text(struct option_set *set, size_t row, enum option_source source, const char *text,
                    const char *origin, struct err *err);
/* Index of the row whose flag is the first `length` bytes, or the number of rows. */
size_t option_find_flag(const struct option_set *set, const char *flag, size_t length);
/* The name of a row's environment variable, borrowed or in dst. */
const char *option_row_variable(char dst[OPTION_VARIABLE_MAX], const struct option *row);

#endif
