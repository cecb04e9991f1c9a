/* SPDX-License-Identifier: MIT */
/* The parts of `ocimock token`, each with a file of its own. */
#ifndef CLI_TOKEN_H
#define CLI_TOKEN_H

#include "cli/command.h"

extern const struct command command_token_mint;
extern const struct command command_token_inspect;
extern const struct command command_token_issue;
extern const struct command command_token_revoke;

#endif
