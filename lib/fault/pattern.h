/* SPDX-License-Identifier: MIT */
/*
 * Values that a criterion allows: globs, and with `!` in front what it does not.
 *
 * A value fits when any of the plain ones does (or there is none) and none of the negated. No value
 * (NULL) fits no plain pattern: "*" means that there is one, "!*" that there is none. Internal to
 * lib/fault. Immutable once read.
 */
#ifndef LIB_FAULT_PATTERN_H
#define LIB_FAULT_PATTERN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct err;
struct json_t;
struct pattern_list;
struct schema_place;

enum pattern_kind {
    PATTERN_TEXT,
    PATTERN_ADDRESS, /* also address blocks; a value's port counts only where the pattern has one */
};

enum { PATTERN_VALUES_MAX = 1000 }; /* of one criterion */

/* A text, number or boolean, or an array of these. Errors begin with the place, which is as before
   afterwards. ERR_CONFIG, ERR_NOMEM. */
int pattern_list_parse(struct pattern_list **ret, enum pattern_kind kind,
                       const struct json_t *value, struct schema_place *at, struct err *err);
void pattern_list_free(struct pattern_list *l); /* NULL-safe */

/* The length of "192.0.2.1" in "192.0.2.1:80", and of what stands between the brackets of
   "[::1]:80", whose beginning is *ret_begin; all of it where there is no port. */
size_t pattern_address(const char *text, const char **ret_begin);

bool pattern_list_fits(const struct pattern_list *l, const char *value);
/* The two halves of pattern_list_fits(), for something that has several values: all of them must
   escape the negated, one must fit a plain one. */
bool pattern_list_refuses(const struct pattern_list *l, const char *value);
bool pattern_list_wants(const struct pattern_list *l, const char *value);
bool pattern_list_has_plain(const struct pattern_list *l);
/* True when no value at all can fit. */
bool pattern_list_is_impossible(const struct pattern_list *l);

/* One by one: the text without `!`, or NULL behind the last. */
const char *pattern_list_at(const struct pattern_list *l, size_t i, bool *ret_negated);

/*
 * What the only plain pattern begins with before its first `*` or `?`: *ret_len bytes, all of it
 * when *ret_whole. NULL when there is none or several, or it is no text.
 */
const char *pattern_list_prefix(const struct pattern_list *l, size_t *ret_len, bool *ret_whole);

/* The text of a value that is one of a fixed set, for words whose patterns are resolved when they
   are read: bit i when names[i] fits. */
uint64_t pattern_list_resolve(const struct pattern_list *l, const char *const *names, size_t count);

#endif
