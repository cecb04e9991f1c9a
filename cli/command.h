/* SPDX-License-Identifier: MIT */
/*
 * Subcommands: each has a file of its own and a row in main.c.
 */
#ifndef CLI_COMMAND_H
#define CLI_COMMAND_H

#include <stdbool.h>
#include <stddef.h>

struct buf;
struct err;
struct json_t;

/* What the program returns; a contract (see the manual page). */
enum cli_status {
    CLI_OK = 0,
    CLI_FAILURE = 1,
    CLI_USAGE = 2,     /* wrong flags or configuration */
    CLI_ASSERTION = 3, /* what should have held did not */
    CLI_NO_SERVER = 4, /* nobody answers */
};

struct command {
    const char *name;
    const char *summary; /* for the list of commands */
    /* argv[0] is the command's name. */
    enum cli_status (*run)(int argc, char **argv);
};

enum cli_status run_serve(int argc, char **argv);
enum cli_status run_hash_password(int argc, char **argv);
enum cli_status run_healthcheck(int argc, char **argv);
enum cli_status run_gen_cert(int argc, char **argv);
enum cli_status run_keys(int argc, char **argv);
enum cli_status run_token(int argc, char **argv);
enum cli_status run_account(int argc, char **argv);
enum cli_status run_image(int argc, char **argv);
enum cli_status run_fault(int argc, char **argv);
enum cli_status run_scenario(int argc, char **argv);
enum cli_status run_with(int argc, char **argv);
enum cli_status run_gate(int argc, char **argv);
enum cli_status run_requests(int argc, char **argv);
enum cli_status run_verify(int argc, char **argv);
enum cli_status run_wait(int argc, char **argv);
enum cli_status run_registry(int argc, char **argv);
enum cli_status run_clock(int argc, char **argv);
enum cli_status run_version(int argc, char **argv);

/* Prints "ocimock COMMAND: message" to standard error; the status that fits the error. */
enum cli_status cli_fail(const char *command, const struct err *err);
/* Prints text to standard output. CLI_FAILURE (and a message) when that fails or text is NULL. */
enum cli_status cli_print(const char *text);
enum cli_status cli_print_buf(const struct buf *b);
/* Prints JSON and a newline; takes the value, NULL: memory was short. */
enum cli_status cli_print_json(struct json_t *value);

#endif
