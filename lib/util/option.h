/* SPDX-License-Identifier: MIT */
/*
 * Options of a command: one table from which flags, environment, configuration file, defaults,
 * help and the effective configuration follow.
 *
 * A value comes from the place that ranks highest: flag, OCIMOCK_OPTIONS, environment variable,
 * file, default; the order of reading does not matter. The variable of `--delete-tag` is
 * OCIMOCK_DELETE_TAG; one that is set but empty counts as not set. A list is taken whole from one
 * place; its flag may be repeated. A boolean flag needs no value and has a `--no-` form.
 */
#ifndef LIB_UTIL_OPTION_H
#define LIB_UTIL_OPTION_H

#include <stdbool.h>
#include <stddef.h>

#include "lib/util/schema.h"

struct buf;
struct option_set; /* values of one table */

/* One option; everything is static and borrowed. */
struct option {
    const char *key;      /* path in the file, such as "registry.delete.tag"; NULL: not in a file */
    const char *flag;     /* without the dashes */
    char letter;          /* of a short flag, or 0 */
    bool flag_only;       /* has no environment variable */
    const char *variable; /* its environment variable where the flag does not name it */
    const char *arg;      /* name of the value in the help; NULL for booleans */
    const char *implied;  /* value of the flag when none follows; NULL: one must follow */
    struct schema value;  /* its key is not used */
    const char *preset;   /* default as text; NULL: unset */
    const char *group;    /* heading in the help that begins here, or NULL */
    const char *help;     /* a sentence */
    size_t offset, size;  /* the member that option_store() fills; size 0: none */
};

/* For the last two fields. Members may be bool, 32 or 64 bit numbers (an enum for a choice),
   const char * for texts, struct option_list for lists, and struct json_t * for objects. */
#define OPTION_MEMBER(type, member)                                                                \
    .offset = offsetof(type, member), .size = sizeof(((type *)0)->member)

struct option_list {
    const char *const *items; /* owned by the option_set */
    size_t count;
};

enum option_source {
    OPTION_UNSET,
    OPTION_DEFAULT,
    OPTION_FILE,
    OPTION_ENVIRONMENT,
    OPTION_OPTIONS, /* flags in a variable */
    OPTION_FLAG,
};

/* Sets the defaults. The table is borrowed. */
int option_set_new(struct option_set **ret, const struct option *rows, size_t count,
                   struct err *err);
void option_set_free(struct option_set *set); /* NULL-safe */

/*
 * Reads flags (argv without the program's name). What is no flag, and what follows `--`, is
 * collected as words (borrowed from argv). ERR_USAGE.
 */
int option_read_flags(struct option_set *set, enum option_source source, int argc,
                      char *const *argv, struct err *err);
/* Reads a variable that holds flags, with quotes as in a shell. A first word `command` is skipped.
 */
int option_read_flag_text(struct option_set *set, const char *text, const char *command,
                          struct err *err);
const char *const *option_words(const struct option_set *set, size_t *ret_count);

typedef void (*option_warn_fn)(void *arg, const char *message);
/*
 * Reads OCIMOCK_* out of environ. One that no row knows is a warning, except names in `others`
 * (ended by NULL) and those that Kubernetes sets for Services. ERR_USAGE.
 */
int option_read_environment(struct option_set *set, char *const *environment,
                            const char *const *others, option_warn_fn warn, void *arg,
                            struct err *err);
/* Reads a file. Unknown keys and wrong values are ERR_CONFIG. */
int option_read_file(struct option_set *set, const char *path, struct err *err);
int option_read_conf(struct option_set *set, struct conf *conf, struct err *err); /* takes conf */

/*
 * Takes a value from elsewhere, such as another program's variable; origin names it in messages. It
 * counts when no higher source has set one. flag must be in the table.
 */
int option_read_text(struct option_set *set, const char *flag, enum option_source source,
                     const char *text, const char *origin, struct err *err);
/*
 * Overwrites the values of secret options in argv and environ, where `ps` and /proc show them. They
 * were read before.
 */
void option_hide_secrets(const struct option_set *set, int argc, char *const *argv,
                         char *const *environment);

/* Fills the members of the rows that have a value; texts and lists are borrowed from the set. */
int option_store(struct option_set *set, void *settings, struct err *err);
/* The text of an option that is a TEXT or PATH, or NULL. flag must be in the table. */
const char *option_text(const struct option_set *set, const char *flag);
bool option_is_true(const struct option_set *set, const char *flag);
enum option_source option_source(const struct option_set *set, const char *flag);

/* The effective configuration, secrets masked; NULL when memory is short, else the caller's. */
struct json_t *option_printable(const struct option_set *set);
/* Appends the options part of a help text in lines of `width` characters. Errors are b's. */
void option_help(struct buf *b, const struct option *rows, size_t count, size_t width);
/* Appends what the help says of one: "How it is done: x, y (default: x) [a.mode]". */
void option_sentence(struct buf *b, const struct option *row);
/* The environment variable that a flag makes: "OCIMOCK_DELETE_TAG". */
enum { OPTION_VARIABLE_MAX = 64 };
const char *option_variable(char dst[OPTION_VARIABLE_MAX], const char *flag);

#endif
