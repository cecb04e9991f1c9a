/* SPDX-License-Identifier: MIT */
/*
 * Magic names: what a repository's name says is to go wrong with it (control.md, section 2).
 *
 *     mock/<word>[-<value>][.<word>[-<value>]...]/<repository>
 *
 * A word is a fault, a limit of all faults of the name, or a preset. Names know only lower-case
 * letters, digits and separators: "50p" is 50 %, "1m" 1 MiB where a size is meant. Pure.
 */
#ifndef REGISTRY_MAGIC_NAME_H
#define REGISTRY_MAGIC_NAME_H

#include <stdbool.h>
#include <stddef.h>

struct err;
struct json_t;

#define MAGIC_PREFIX "mock/"

enum { MAGIC_WORDS_MAX = 8 }; /* in one name */

/* Presets that names may use, of somebody else. */
struct magic_presets {
    /*
     * The rules of a preset, an array that the caller owns; words[0] is its name, the others may be
     * its parameters: taken[i] is set where words[i] is one. ERR_CONFIG when it cannot be asked for
     * in this way.
     */
    int (*rules)(const char *const *words, size_t count, bool *taken, struct json_t **ret,
                 struct err *err);
    const char *(*name)(size_t i); /* NULL behind the last */
};

/* Where the repository begins that a magic name stands for; NULL: the name is not magic. */
const char *magic_inner(const char *name);
/*
 * The rules that n bytes of text stand for, the part of a name between the slashes. ERR_CONFIG
 * says what is wrong, with the nearest word. presets may be NULL. The caller owns *ret.
 */
int magic_parse(struct json_t **ret, const char *text, size_t n,
                const struct magic_presets *presets, struct err *err);

#endif
