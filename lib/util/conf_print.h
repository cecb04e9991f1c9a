/* SPDX-License-Identifier: MIT */
/*
 * A jansson tree as YAML text that conf_parse() reads back as the same tree.
 */
#ifndef LIB_UTIL_CONF_PRINT_H
#define LIB_UTIL_CONF_PRINT_H

struct buf;
struct json_t;

/* Appends the object `root`, two blanks per level, in the order of its keys. Errors are b's. */
void conf_print(struct buf *b, const struct json_t *root);

#endif
