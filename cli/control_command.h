/* SPDX-License-Identifier: MIT */
/*
 * The frame of commands that steer a running server: common options, help, words, parts.
 */
#ifndef CLI_CONTROL_COMMAND_H
#define CLI_CONTROL_COMMAND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "cli/command.h"
#include "lib/util/option.h"

struct control_client;
struct err;
struct json_t;
struct table;

/* What every such command can be told. The first member of its settings. */
struct control_settings {
    const char *address;
    const char *token_file;
    const char *world;
    bool json;
    bool help;
    /* Filled before the command runs; all borrowed. */
    struct control_client *client;
    const char *const *words; /* arguments that are no options */
    size_t word_count;
};

/* The rows of these, for the end of a command's table; `common` is the member. */
#define CONTROL_OPTIONS(owner)                                                                     \
    {.flag = "control",                                                                            \
     .flag_only = true,                                                                            \
     .group = "Server",                                                                            \
     .arg = "ADDRESS",                                                                             \
     .value.type = SCHEMA_TEXT,                                                                    \
     .help = "Where the control API is: host:port or a URL. Without it, OCIMOCK_CONTROL, else "    \
             "127.0.0.1:5001",                                                                     \
     OPTION_MEMBER(owner, common.address)},                                                        \
        {.flag = "control-token-file",                                                             \
         .flag_only = true,                                                                        \
         .arg = "FILE",                                                                            \
         .value.type = SCHEMA_TEXT,                                                                \
         .help = "File with the token that it wants. Without it, OCIMOCK_CONTROL_TOKEN or "        \
                 "OCIMOCK_CONTROL_TOKEN_FILE",                                                     \
         OPTION_MEMBER(owner, common.token_file)},                                                 \
        {.flag = "world",                                                                          \
         .flag_only = true,                                                                        \
         .arg = "NAME",                                                                            \
         .value.type = SCHEMA_TEXT,                                                                \
         .help = "World to work on, instead of the one of the start",                              \
         OPTION_MEMBER(owner, common.world)},                                                      \
        {.flag = "json",                                                                           \
         .flag_only = true,                                                                        \
         .value.type = SCHEMA_BOOL,                                                                \
         .help = "Print what the API says, as JSON",                                               \
         OPTION_MEMBER(owner, common.json)},                                                       \
    {                                                                                              \
        .flag = "help", .letter = 'h', .flag_only = true, .value.type = SCHEMA_BOOL,               \
        .help = "Print this help", OPTION_MEMBER(owner, common.help)                               \
    }

/* One command, or one part of one. Everything is static and borrowed. */
struct control_command {
    const char *name; /* "image set": as in messages */
    const char *help; /* what stands above the options: examples, then usage */
    const struct option *options;
    size_t option_count;
    size_t words_min, words_max;
    const char *missing; /* which words are, for a message: "IMAGE and STATE are missing" */
    /* settings begins with struct control_settings. Prints; on failure the error is printed for it
       when it returns CLI_FAILURE and err says something. */
    enum cli_status (*run)(void *settings, struct err *err);
};

/* settings: zeroed, begins with struct control_settings. */
enum cli_status control_command_run(const struct control_command *command, void *settings, int argc,
                                    char **argv);

/* A command of parts: `ocimock image set`. parts are ended by name NULL; the one named "" runs when
   no part is named. examples is what its help begins with. */
enum cli_status control_parts_run(const char *name, const struct command *parts,
                                  const char *examples, int argc, char **argv);

/* Calls the API and prints JSON, for --json; or gives the answer to `show`. NULL: nothing is
   printed then. */
enum cli_status control_command_call(const struct control_settings *s, const char *method,
                                     const char *path, const struct json_t *body,
                                     enum cli_status (*show)(const struct json_t *answer,
                                                             struct err *err),
                                     struct err *err);
/* Prints the table to standard output as that can show it. */
enum cli_status control_print_table(struct table *t, struct err *err);

/* "1d2h3m4s": whole seconds for people, rounded up; returns dst. */
enum { CONTROL_DURATION_MAX = 48 };
const char *control_duration(char dst[CONTROL_DURATION_MAX], int64_t ms);

/* Reads a YAML or JSON file, or standard input for "-". *ret_conf: caller owns. */
struct conf;
int control_read_file(struct conf **ret_conf, const char *path, struct err *err);
/* Puts file and line in front of a message that begins with the path of what is wrong. Returns -1.
 */
int control_place_error(const struct conf *conf, struct err *err);

#endif
