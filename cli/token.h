/* SPDX-License-Identifier: MIT */
/* The parts of `ocimock token`, each with a file of its own. */
#ifndef CLI_TOKEN_H
#define CLI_TOKEN_H

#include "cli/command.h"

struct buf;
struct option_list;

extern const struct command command_token_mint;
extern const struct command command_token_inspect;
extern const struct command command_token_issue;
extern const struct command command_token_revoke;

/*
 * The scopes of a list as one text, separated by blanks. Commas separate the values of a list and
 * the actions of a scope: a part without a colon belongs to the scope in front of it.
 */
void token_join_scopes(struct buf *to, const struct option_list *parts);

#endif
