/* SPDX-License-Identifier: MIT */
/*
 * Secrets in flags and variables, hidden from those who look at the process.
 */
#include "lib/util/option.h"

#include <string.h>

#include "lib/util/option_set.h"

#define OPTIONS "OCIMOCK_OPTIONS="

static bool is_secret(const struct schema *s)
{
    if (s->secret)
        return true;
    if (s->type != SCHEMA_OBJECT && s->type != SCHEMA_OBJECTS)
        return false;
    for (const struct schema *member = s->members; member->key != NULL; member++) {
        if (is_secret(member))
            return true;
    }
    return false;
}

/* The length can still be guessed from the gap. */
static void mask(char *value)
{
    size_t n = strlen(value);
    size_t stars = n < 3 ? n : 3;

    memset(value, '*', stars);
    memset(value + stars, '\0', n - stars);
}

/* The row of a long flag, or NULL. *ret_value is what stands behind its '='. */
static const struct option *find_row(const struct option_set *set, char *argument, char **ret_value)
{
    size_t length;
    size_t row;

    if (strncmp(argument, "--", 2) != 0)
        return NULL;
    length = strcspn(argument + 2, "=");
    row = option_find_flag(set, argument + 2, length);
    *ret_value = argument[2 + length] == '=' ? argument + 2 + length + 1 : NULL;
    return row < set->count ? &set->rows[row] : NULL;
}

static void hide_flags(const struct option_set *set, int argc, char *const *argv)
{
    for (int i = 0; i < argc && strcmp(argv[i], "--") != 0; i++) {
        char *value;
        const struct option *row = find_row(set, argv[i], &value);

        if (row == NULL || !is_secret(&row->value))
            continue;
        if (value == NULL && i + 1 < argc)
            value = argv[++i];
        if (value != NULL)
            mask(value);
    }
}

/* A whole command line: all of it goes where a secret flag is in it. */
static void hide_options(const struct option_set *set, char *value)
{
    for (size_t i = 0; i < set->count; i++) {
        const char *found =
            is_secret(&set->rows[i].value) ? strstr(value, set->rows[i].flag) : NULL;

        if (found != NULL && found - value >= 2 && found[-1] == '-') {
            mask(value);
            return;
        }
    }
}

static void hide_variable(const struct option_set *set, char *variable)
{
    size_t length = strcspn(variable, "=");

    for (size_t i = 0; i < set->count; i++) {
        char dst[OPTION_VARIABLE_MAX];
        const char *name = option_row_variable(dst, &set->rows[i]);

        if (!set->rows[i].flag_only && is_secret(&set->rows[i].value) && strlen(name) == length &&
            memcmp(name, variable, length) == 0)
            mask(variable + length + 1);
    }
}

void option_hide_secrets(const struct option_set *set, int argc, char *const *argv,
                         char *const *environment)
{
    hide_flags(set, argc, argv);
    for (; *environment != NULL; environment++) {
        if (strncmp(*environment, OPTIONS, strlen(OPTIONS)) == 0)
            hide_options(set, *environment + strlen(OPTIONS));
        else if (strchr(*environment, '=') != NULL)
            hide_variable(set, *environment);
    }
}
