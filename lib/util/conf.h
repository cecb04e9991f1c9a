/* SPDX-License-Identifier: MIT */
/*
 * Configuration files: YAML or JSON, turned into one jansson tree that knows its line numbers.
 *
 * YAML is read with the core schema of YAML 1.2: only true and false (True, TRUE ...) are booleans,
 * an unquoted `on` is a text. JSON is read as JSON when the file begins with '{' or '['. What would
 * be read differently by different readers, or harm us, is refused with file and line: duplicate
 * keys, several documents, merge keys (`<<`), unknown tags, keys that are no scalars, NUL, invalid
 * UTF-8, numbers that are not finite, deep nesting, and aliases that expand beyond CONF_NODES_MAX
 * values.
 */
#ifndef LIB_UTIL_CONF_H
#define LIB_UTIL_CONF_H

#include <stddef.h>

struct conf; /* a file that was read */
struct err;
struct json_t;

enum {
    CONF_FILE_MAX = 4 * 1024 * 1024, /* bytes */
    CONF_NODES_MAX = 100 * 1000,     /* values and keys, aliases expanded */
    CONF_DEPTH_MAX = 64,
    CONF_PATH_MAX = 512, /* text of a path; longer ones are cut */
};

int conf_load(struct conf **ret, const char *path, struct err *err);
/* n bytes at text; name stands for the file in messages. */
int conf_parse(struct conf **ret, const char *name, const char *text, size_t n, struct err *err);
/* The same for what may be a list alone: it is taken for the value of that key, {"rules": [...]}.
 */
int conf_load_list(struct conf **ret, const char *path, const char *key, struct err *err);
int conf_parse_list(struct conf **ret, const char *name, const char *key, const char *text,
                    size_t n, struct err *err);
void conf_free(struct conf *c); /* NULL-safe */

/* The tree; an empty file is an empty object. Borrowed. */
struct json_t *conf_root(const struct conf *c);
const char *conf_name(const struct conf *c);
/*
 * Line (from 1) of the value at a path such as "auth.accounts[2].name"; what stands behind an alias
 * has the alias's line. 0 when nothing is known.
 */
unsigned conf_line(const struct conf *c, const char *path);

/* Appends a step to the path in dst (CONF_PATH_MAX bytes): ".key", or "[index]" when key is NULL.
 */
void conf_path_add(char *dst, const char *key, size_t index);

#endif
