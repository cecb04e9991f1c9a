/* SPDX-License-Identifier: MIT */
/*
 * What commands that steer a running server share: questions and answers, tables, files.
 */
#ifndef CLI_CONTROL_COMMAND_H
#define CLI_CONTROL_COMMAND_H

#include <stdint.h>

#include "cli/command.h"

struct buf;
struct err;
struct json_t;
struct table;

/* Calls the API and prints JSON, for --json; or gives the answer to `show`. NULL: nothing is
   printed then. */
enum cli_status control_command_call(const struct command_settings *s, const char *method,
                                     const char *path, const struct json_t *body,
                                     enum cli_status (*show)(const struct json_t *answer,
                                                             struct err *err),
                                     struct err *err);
/* Prints the table to standard output as that can show it. */
enum cli_status control_print_table(struct table *t, struct err *err);

/* "a,b" of a list, a text as it is, else JSON. */
void control_append_value(struct buf *b, const struct json_t *value);

/* "1d2h3m4s": whole seconds for people, rounded up; returns dst. */
enum { CONTROL_DURATION_MAX = 48 };
const char *control_duration(char dst[CONTROL_DURATION_MAX], int64_t ms);

/* Reads a YAML or JSON file, or standard input for "-". *ret_conf: caller owns. key: NULL, or what
   a list alone is taken for the value of. */
struct conf;
int control_read_file(struct conf **ret_conf, const char *path, const char *key, struct err *err);
/* Puts file and line in front of a message that begins with the path of what is wrong. Returns -1.
 */
int control_place_error(const struct conf *conf, struct err *err);

#endif
