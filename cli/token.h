/* SPDX-License-Identifier: MIT */
/*
 * The parts of `ocimock token`, each with a file of its own.
 */
#ifndef CLI_TOKEN_H
#define CLI_TOKEN_H

#include "cli/command.h"

/* argv[0] is the name of the part. */
enum cli_status run_token_mint(int argc, char **argv);
enum cli_status run_token_inspect(int argc, char **argv);
enum cli_status run_token_issue(int argc, char **argv);
enum cli_status run_token_revoke(int argc, char **argv);

#endif
