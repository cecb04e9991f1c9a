/* SPDX-License-Identifier: MIT */
/*
 * The words of magic names (magic_name.h): a table, and reading one of them. Pure.
 */
#ifndef REGISTRY_MAGIC_WORDS_H
#define REGISTRY_MAGIC_WORDS_H

#include <stdbool.h>

enum { MAGIC_VALUE_MAX = 64 }; /* of a value, with its NUL */

/* One word of the table. */
struct magic_word {
    const char *word;
    const char *value; /* what stands behind its '-', for people; NULL: nothing may */
    const char *then;  /* JSON: what it does, with %s for the value */
    const char *when;  /* JSON: which requests it is for; NULL: all of the repository */
    const char *help;
};

/* The words that are faults, and the limits; each ended by word NULL. */
extern const struct magic_word magic_faults[];
extern const struct magic_word magic_limits[];

/* The word of a table that a text is, the longest that fits; NULL: none. *ret_value is what stands
   behind its '-', "" for nothing. */
const struct magic_word *magic_word_find(const struct magic_word *table, const char *text,
                                         const char **ret_value);
/* The value as rules have it, in dst. False when it is none. */
bool magic_word_settle(const struct magic_word *w, const char *value, char dst[MAGIC_VALUE_MAX]);
/* Its value is a place in a body: bytes, or a share such as "50%". */
bool magic_word_is_offset(const struct magic_word *w);
/* "a size such as 64k or 1m" */
const char *magic_word_wants(const struct magic_word *w);

#endif
