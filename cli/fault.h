/* SPDX-License-Identifier: MIT */
/* What the files of `ocimock fault` and `ocimock with` share. */
#ifndef CLI_FAULT_H
#define CLI_FAULT_H

#include <stddef.h>

#include "cli/command.h"

struct control_client;
struct err;
struct json_t;
struct table;

extern const struct command command_fault_add;
extern const struct command command_fault_explain;

/* A table of rules: their number of hits, what they do. */
int fault_table(struct table **ret, struct err *err);
void fault_table_add(struct table *t, const struct json_t *row);

/*
 * Reads a file of rules (a rule, or {"rules": [...]}) and adds them. tag, unless
 * NULL, is put to the tags of each. *ret_answer: caller owns.
 */
int fault_load(struct control_client *c, const char *path, const char *tag,
               struct json_t **ret_answer, struct err *err);
/* What the server found odd about rules that it took. */
void fault_print_warnings(const char *command, const struct json_t *answer);

#endif
