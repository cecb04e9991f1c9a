/* SPDX-License-Identifier: MIT */
/*
 * What the parts of `ocimock account` share.
 */
#ifndef CLI_ACCOUNT_COMMAND_H
#define CLI_ACCOUNT_COMMAND_H

#include <stdbool.h>
#include <stdint.h>

#include "cli/control_command.h"

struct account_change;
struct err;
struct json_t;

struct account_settings {
    struct command_settings common;
    const char *secret_file; /* texts and lists are borrowed from the options */
    bool hash;
    const char *subject;
    uint64_t keep_old; /* milliseconds */
    struct option_list repositories;
    struct option_list actions;
    bool catalog;
    const struct account_change *what; /* borrowed; of those that take only a name */
};

const char *account_name_of(const struct account_settings *s);
/* Calls the API for the account; verb is what stands behind its path: ":revoke", or "". The rest is
   as with control_command_call(). */
enum cli_status account_call(const struct account_settings *s, const char *method, const char *verb,
                             const struct json_t *body,
                             enum cli_status (*show)(const struct json_t *answer, struct err *err),
                             struct err *err);
/* A text of an answer, borrowed; NULL: it is not there. */
const char *account_text(const struct json_t *row, const char *key);

/* account_secret.c */
extern const struct command command_account_add;
extern const struct command command_account_rotate;

#endif
