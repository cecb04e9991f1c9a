/* SPDX-License-Identifier: MIT */
/*
 * What a configuration value may be: nested tables against which JSON trees are checked.
 *
 *     static const struct schema account[] = {
 *         {.key = "name", .type = SCHEMA_TEXT, .required = true},
 *         {.key = "secret", .type = SCHEMA_TEXT, .secret = true},
 *         {.key = NULL},
 *     };
 *     {.key = "accounts", .type = SCHEMA_OBJECTS, .members = account}
 *
 * Errors say where (file:line and path, or the flag or variable that the value came from), what is
 * wrong, and what would be right. A null value is the same as none.
 */
#ifndef LIB_UTIL_SCHEMA_H
#define LIB_UTIL_SCHEMA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/util/conf.h"
#include "lib/util/err.h"

struct buf;
struct json_t;

enum { SCHEMA_SCALAR_MAX = 32 };

enum schema_type {
    SCHEMA_BOOL,
    SCHEMA_TEXT,
    SCHEMA_PATH,     /* a text; relative ones in a file are relative to that file */
    SCHEMA_COUNT,    /* a whole number */
    SCHEMA_SIZE,     /* bytes: a number, or a text as in units.h */
    SCHEMA_DURATION, /* a text as in units.h */
    SCHEMA_CHOICE,   /* one of `choices`; a number or boolean is taken by its text */
    SCHEMA_LIST,     /* texts: an array, or one text for an array of one */
    SCHEMA_PATHS,    /* as LIST, of paths */
    SCHEMA_OBJECT,   /* keys as in `members` */
    SCHEMA_OBJECTS,  /* an array of such objects */
    SCHEMA_SCALAR,   /* a text; a number or boolean is taken by its text */
    SCHEMA_SCALARS,  /* an array of these, or one */
    SCHEMA_INT,      /* a whole number of 32 bits, which may be negative */
    SCHEMA_NUMBER,   /* may have a fraction */
    SCHEMA_SIZES,    /* an array of sizes, or one */
    SCHEMA_OFFSET,   /* a size, or a share such as "50%" */
    SCHEMA_MAP,      /* keys as one likes; their values as the first row of `members` */
    SCHEMA_SHIFT,    /* a duration that may have a sign, such as "-1h" */
    SCHEMA_ANY,      /* whatever it is */
};

/* What one value may be; everything is static and borrowed. */
struct schema {
    const char *key; /* as member of an object; NULL ends a table */
    enum schema_type type;
    const char *const *choices;   /* CHOICE: ended by NULL */
    const struct schema *members; /* OBJECT, OBJECTS */
    uint64_t min, max;            /* COUNT, SIZE, DURATION (milliseconds); max 0: no limit */
    bool required;                /* the object is refused without it */
    bool secret;                  /* never printed */
    bool or_bool;                 /* PATH: true and false are allowed too */
    const struct schema *other;   /* another form, for values that are an object, a list or a scalar
                                     where this one takes none such */
    const char *help;             /* a sentence, for schema_json(); may be NULL */
};

/* Where a value came from, for messages. */
struct schema_place {
    const struct conf *conf; /* borrowed; NULL: not from a file */
    const char *origin; /* borrowed: flag or variable, when conf is NULL; NULL: the path says all */
    char path[CONF_PATH_MAX]; /* within the file or value */
};

/* Fills err with the place in front of the message; returns -1. */
int schema_error(const struct schema_place *at, struct err *err, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
/* As schema_error, for a key that is not known; nearest may be NULL. at->path is the key's. */
int schema_unknown_key(const struct schema_place *at, const char *nearest, struct err *err);
/* The same where there are few keys: without a nearest one, all of `known` ("a, b") are told. What
   is too long for a message (known failed) is not. */
int schema_unknown_of(const struct schema_place *at, const char *nearest, const struct buf *known,
                      struct err *err);
enum { SCHEMA_KNOWN_MAX = 200 }; /* bytes of such a text */

/* at->path is the value's; it is as before afterwards. ERR_CONFIG. */
int schema_check(const struct schema *s, const struct json_t *value, struct schema_place *at,
                 struct err *err);
/*
 * Reads the text of a flag or variable: lists are separated by commas, objects are JSON. Checked.
 * The caller owns *ret.
 */
int schema_from_text(struct json_t **ret, const struct schema *s, const char *text,
                     struct schema_place *at, struct err *err);

/* Index of a scalar in the choices of s, or -1. */
int schema_find_choice(const struct schema *s, const struct json_t *value);
/* The text by which a scalar names a choice, borrowed or in dst; NULL for what is no scalar. */
const char *schema_choice_text(const struct json_t *value, char dst[SCHEMA_SCALAR_MAX]);

/* The number that a checked BOOL, COUNT, SIZE, DURATION, SHIFT (cast it to int64_t) or CHOICE (its
   index) stands for. */
uint64_t schema_number(const struct schema *s, const struct json_t *value);
/* Puts folder in front of relative paths; changes the texts in place. */
int schema_resolve_paths(const struct schema *s, struct json_t *value, const char *folder,
                         struct err *err);
/*
 * A copy for people: secrets as "***", sizes and durations with their units, lists as arrays. NULL
 * when memory is short; the caller owns it.
 */
struct json_t *schema_printable(const struct schema *s, const struct json_t *value);
/* The form of s that is meant by a value: itself, or one of `other`. */
const struct schema *schema_form(const struct schema *s, const struct json_t *value);
/* The share, 0 to 1, that a checked OFFSET stands for; -1 when it is a size (schema_number). */
double schema_share(const struct json_t *value);
/* JSON Schema (2020-12) of the values that are allowed; null where a member may be left out. NULL
   when memory is short; the caller owns it. */
struct json_t *schema_json(const struct schema *s);

#endif
