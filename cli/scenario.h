/* SPDX-License-Identifier: MIT */
/* What the files of `ocimock scenario` and `ocimock with` share. */
#ifndef CLI_SCENARIO_H
#define CLI_SCENARIO_H

#include "cli/command.h"

struct control_client;
struct err;
struct json_t;

/* Calls /scenarios/NAME of the server: GET, POST with parameters, DELETE. *ret_answer: caller owns.
 */
int scenario_call(struct control_client *c, const char *method, const char *name,
                  const struct json_t *parameters, struct json_t **ret_answer, struct err *err);

/* The words of magic names, for people and for programs. */
enum cli_status scenario_print_magic(struct err *err);
enum cli_status scenario_print_magic_json(void);

#endif
