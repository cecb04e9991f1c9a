/* SPDX-License-Identifier: MIT */
/*
 * YAML text to a jansson tree, with the line of each value; private to conf.c (see conf.h for what
 * is accepted).
 */
#ifndef LIB_UTIL_CONF_YAML_H
#define LIB_UTIL_CONF_YAML_H

#include <stddef.h>

struct conf_lines;
struct err;
struct json_t;

/*
 * ret_root and ret_lines: caller owns; ret_root may be NULL when only the lines are wanted. No
 * document, or an empty one, is an empty object.
 */
int conf_yaml_parse(struct json_t **ret_root, struct conf_lines **ret_lines, const char *name,
                    const char *text, size_t n, struct err *err);

void conf_lines_free(struct conf_lines *lines); /* NULL-safe */
/* Line of exactly that path, or 0. lines may be NULL. */
unsigned conf_lines_find(const struct conf_lines *lines, const char *path);

#endif
