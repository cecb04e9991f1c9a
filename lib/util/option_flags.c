/* SPDX-License-Identifier: MIT */
/*
 * Options from flags and from the environment.
 */
#include "lib/util/option.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/util/buf.h"
#include "lib/util/option_set.h"
#include "lib/util/text.h"
#include "lib/util/util.h"

#define PREFIX "OCIMOCK_"

/* Where the reading of an argv stands. */
struct flag_reader {
    struct option_set *set;
    enum option_source source;
    int argc;
    char *const *argv;
    int next; /* index of the argument behind the one that is looked at */
};

static int add_word(struct option_set *set, const char *word, struct err *err)
{
    const char **words = realloc(set->words, (set->word_count + 1) * sizeof(*words));

    if (words == NULL)
        return err_set(err, ERR_NOMEM, "options");
    set->words = words;
    set->words[set->word_count++] = word;
    return 0;
}

static int unknown_flag(const struct option_set *set, const char *flag, size_t length,
                        struct err *err)
{
    char name[OPTION_VARIABLE_MAX];
    struct text_nearest nearest;
    struct text_quote quote;

    /* Without the value: it may be a secret. */
    (void)text_quote_bytes(&quote, flag - 2, length + 2);
    length = length < sizeof(name) - 1 ? length : sizeof(name) - 1;
    memcpy(name, flag, length);
    name[length] = '\0';
    text_nearest_begin(&nearest, name);
    for (size_t i = 0; i < set->count; i++)
        text_nearest_offer(&nearest, set->rows[i].flag);
    if (nearest.name == NULL)
        return err_set(err, ERR_USAGE, "unknown option %s", quote.text);
    return err_set(err, ERR_USAGE, "unknown option %s: did you mean '--%s'?", quote.text,
                   nearest.name);
}

/* The flag's value: behind '=', implied, or the next argument. */
static int read_value(struct flag_reader *r, size_t row, const char *value, struct err *err)
{
    const struct option *o = &r->set->rows[row];
    char origin[OPTION_VARIABLE_MAX];
    bool more = r->next < r->argc && strncmp(r->argv[r->next], "--", 2) != 0;

    (void)snprintf(origin, sizeof(origin), "--%s", o->flag);
    if (value == NULL && o->value.type == SCHEMA_BOOL)
        value = "true";
    else if (value == NULL && o->implied != NULL && !more)
        value = o->implied;
    else if (value == NULL && !more)
        return err_set(err, ERR_USAGE, "%s needs a value: %s", origin, o->arg);
    else if (value == NULL)
        value = r->argv[r->next++];
    return option_set_text(r->set, row, r->source, value, origin, err);
}

/* text is behind the dashes. */
static int read_long(struct flag_reader *r, const char *text, struct err *err)
{
    size_t length = strcspn(text, "=");
    size_t row = option_find_flag(r->set, text, length);
    char origin[OPTION_VARIABLE_MAX];

    if (row < r->set->count)
        return read_value(r, row, text[length] == '=' ? text + length + 1 : NULL, err);
    if (strncmp(text, "no-", 3) != 0 || text[length] == '=')
        return unknown_flag(r->set, text, length, err);
    row = option_find_flag(r->set, text + 3, length - 3);
    if (row == r->set->count || r->set->rows[row].value.type != SCHEMA_BOOL)
        return unknown_flag(r->set, text, length, err);
    (void)snprintf(origin, sizeof(origin), "--%s", text);
    return option_set_text(r->set, row, r->source, "false", origin, err);
}

/* One or several letters; the value of the last may follow at once. */
static int read_short(struct flag_reader *r, const char *text, struct err *err)
{
    for (; *text != '\0'; text++) {
        size_t row = 0;

        while (row < r->set->count && r->set->rows[row].letter != *text)
            row++;
        if (row == r->set->count)
            return err_set(err, ERR_USAGE, "unknown option '-%c'", *text);
        if (r->set->rows[row].value.type != SCHEMA_BOOL)
            return read_value(r, row, text[1] == '\0' ? NULL : text + 1, err);
        if (read_value(r, row, "true", err) != 0)
            return -1;
    }
    return 0;
}

int option_read_flags(struct option_set *set, enum option_source source, int argc,
                      char *const *argv, struct err *err)
{
    struct flag_reader r = {.set = set, .source = source, .argc = argc, .argv = argv};
    bool only_words = false;

    while (r.next < argc) {
        const char *text = argv[r.next++];
        int result;

        if (!only_words && strcmp(text, "--") == 0) {
            only_words = true;
            continue;
        }
        if (only_words || text[0] != '-' || text[1] == '\0')
            result = add_word(set, text, err);
        else if (text[1] == '-')
            result = read_long(&r, text + 2, err);
        else
            result = read_short(&r, text + 1, err);
        if (result != 0)
            return -1;
    }
    return 0;
}

/* --- Flags in a variable ------------------------------------------------------------------------
 */

/* Reads a part up to `end` (a quote, or blanks when 0) from *p to *out. False: it does not end. */
static bool unquote(const char **p, char **out, char end)
{
    for (; **p != '\0'; (*p)++) {
        if (end == '\0' ? strchr(" \t\r\n\"'", **p) != NULL : **p == end)
            return true;
        if (**p == '\\' && end != '\'') {
            (*p)++;
            if (**p == '\0')
                return false;
        }
        *(*out)++ = **p;
    }
    return end == '\0';
}

/* One word from *p to *out, terminated; quotes as in a shell. */
static bool split_word(const char **p, char **out)
{
    while (**p != '\0' && strchr(" \t\r\n", **p) == NULL) {
        char quote = **p == '"' || **p == '\'' ? **p : '\0';

        *p += quote != '\0';
        if (!unquote(p, out, quote))
            return false;
        *p += quote != '\0';
    }
    *(*out)++ = '\0';
    return true;
}

/* Splits text in place of `copy` (as long as text); at most as many words as it has bytes. */
static int split(const char *text, char *copy, char **words, int *ret_count, struct err *err)
{
    int count = 0;

    for (;;) {
        text += strspn(text, " \t\r\n");
        if (*text == '\0')
            break;
        words[count++] = copy;
        if (!split_word(&text, &copy))
            return err_set(err, ERR_USAGE, "a quote or backslash is not finished");
    }
    *ret_count = count;
    return 0;
}

static int keep_text(struct option_set *set, char *text)
{
    char **texts = realloc(set->texts, (set->text_count + 1) * sizeof(*texts));

    if (texts == NULL) {
        free(text);
        return -1;
    }
    set->texts = texts;
    set->texts[set->text_count++] = text;
    return 0;
}

int option_read_flag_text(struct option_set *set, const char *text, const char *command,
                          struct err *err)
{
    size_t n = strlen(text);
    char *copy = malloc(n + 2);
    auto_free char **words = calloc(n + 1, sizeof(*words));
    int count = 0;
    int skip = 0;

    if (copy == NULL || words == NULL || keep_text(set, copy) != 0)
        return err_set(err, ERR_NOMEM, "options");
    if (split(text, copy, words, &count, err) != 0)
        return err_wrap(err, PREFIX "OPTIONS");
    if (count > 0 && command != NULL && strcmp(words[0], command) == 0)
        skip = 1;
    if (option_read_flags(set, OPTION_OPTIONS, count - skip, words + skip, err) != 0)
        return err_wrap(err, PREFIX "OPTIONS");
    return 0;
}

/* --- Environment --------------------------------------------------------------------------------
 */

const char *option_variable(char dst[OPTION_VARIABLE_MAX], const char *flag)
{
    size_t n = strlen(PREFIX);

    memcpy(dst, PREFIX, n);
    for (; *flag != '\0' && n < OPTION_VARIABLE_MAX - 1; flag++) {
        if (*flag == '-')
            dst[n++] = '_';
        else
            dst[n++] = (char)(*flag >= 'a' && *flag <= 'z' ? *flag - 'a' + 'A' : *flag);
    }
    dst[n] = '\0';
    return dst;
}

const char *option_row_variable(char dst[OPTION_VARIABLE_MAX], const struct option *row)
{
    return row->variable != NULL ? row->variable : option_variable(dst, row->flag);
}

/* The row of a variable (the first `length` bytes of name), or the number of rows. */
static size_t find_variable(const struct option_set *set, const char *name, size_t length)
{
    size_t i = 0;

    for (; i < set->count; i++) {
        char dst[OPTION_VARIABLE_MAX];
        const char *variable = option_row_variable(dst, &set->rows[i]);

        if (!set->rows[i].flag_only && strlen(variable) == length &&
            memcmp(variable, name, length) == 0)
            break;
    }
    return i;
}

/* What a kubelet sets in each pod for Services whose name begins with ours. */
static bool is_from_kubernetes(const char *name)
{
    static const char *const globs[] = {PREFIX "*SERVICE_HOST", PREFIX "*SERVICE_PORT*",
                                        PREFIX "PORT",          PREFIX "*_PORT",
                                        PREFIX "*PORT_*_TCP*",  PREFIX "*PORT_*_UDP*"};

    for (size_t i = 0; i < ARRAY_LEN(globs); i++) {
        if (text_glob(globs[i], name))
            return true;
    }
    return false;
}

static void warn_unknown(const struct option_set *set, const char *name, option_warn_fn warn,
                         void *arg)
{
    char best[OPTION_VARIABLE_MAX] = "";
    char variable[OPTION_VARIABLE_MAX];
    char dst[OPTION_VARIABLE_MAX];
    struct text_nearest nearest;
    struct err message;

    text_nearest_begin(&nearest, name + strlen(PREFIX));
    for (size_t i = 0; i < set->count; i++) {
        if (set->rows[i].flag_only)
            continue;
        (void)snprintf(variable, sizeof(variable), "%s", option_row_variable(dst, &set->rows[i]));
        text_nearest_offer(&nearest, variable + strlen(PREFIX));
        if (nearest.name == variable + strlen(PREFIX)) {
            memcpy(best, variable, sizeof(best));
            nearest.name = best;
        }
    }
    (void)err_set(&message, ERR_NONE, "unknown environment variable %s is ignored%s%s%s",
                  TEXT_QUOTE(name), nearest.name == NULL ? "" : ": did you mean '", best,
                  nearest.name == NULL ? "" : "'?");
    warn(arg, message.msg);
}

static bool is_listed(const char *name, const char *const *names)
{
    for (; names != NULL && *names != NULL; names++) {
        if (strcmp(name, *names) == 0)
            return true;
    }
    return false;
}

int option_read_environment(struct option_set *set, char *const *environment,
                            const char *const *others, option_warn_fn warn, void *arg,
                            struct err *err)
{
    for (; *environment != NULL; environment++) {
        char name[2 * OPTION_VARIABLE_MAX];
        size_t length = strcspn(*environment, "=");
        size_t row;

        if (strncmp(*environment, PREFIX, strlen(PREFIX)) != 0 || length >= sizeof(name) ||
            (*environment)[length] == '\0' || (*environment)[length + 1] == '\0')
            continue;
        memcpy(name, *environment, length);
        name[length] = '\0';
        row = find_variable(set, name, length);
        if (row < set->count) {
            if (option_set_text(set, row, OPTION_ENVIRONMENT, *environment + length + 1, name,
                                err) != 0)
                return -1;
        } else if (!is_listed(name, others) && !is_from_kubernetes(name)) {
            warn_unknown(set, name, warn, arg);
        }
    }
    return 0;
}
