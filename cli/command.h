/* SPDX-License-Identifier: MIT */
/*
 * Commands: a tree of tables, from which running, help, completion and the manual's check follow.
 *
 * Each command has a file of its own and a `const struct command` in it; commands.c lists those of
 * the first level. A command is run by its parent's words: `ocimock fault add` is the part `add` of
 * `fault`. The frame reads the options, checks the words, connects where there is a server to ask,
 * prints errors.
 */
#ifndef CLI_COMMAND_H
#define CLI_COMMAND_H

#include <stdbool.h>
#include <stddef.h>

#include "lib/util/option.h"

struct buf;
struct control_client;
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

enum { COMMAND_WORDS_MAX = 3, COMMAND_PATH_MAX = 64 };

/* An argument that is no option. */
struct command_word {
    const char *name; /* "IMAGE": in the usage and in messages; NULL ends them */
    bool optional;
    bool repeated; /* the last one: as many as one likes */
    bool path;     /* a file or folder */
    bool command;  /* the last one: a program and its arguments */
    /* What a shell offers; it is not checked. Ended by NULL, both. */
    const char *const *choices;
    const char *(*names)(size_t i);
};

/* What every command can be told: the first member of its settings. Filled by the frame. */
struct command_settings {
    const char *name;         /* borrowed: "fault add", for messages */
    const char *const *words; /* borrowed: arguments that are no options */
    size_t word_count;
    bool json;
    bool help;
    /* Of those that ask a server. */
    const char *address;
    const char *token_file;
    const char *world;
    bool quiet;
    struct control_client *client; /* borrowed */
};

/* Static and borrowed, as all that it points to. */
struct command {
    const char *name;     /* its last word: "add" */
    const char *summary;  /* for the list in its parent's help */
    const char *group;    /* heading in that list which begins here, or NULL */
    const char *examples; /* command lines, one per line */
    const char *about;    /* a paragraph per line, folded when it is printed; or NULL */
    const struct command *const *parts; /* ended by NULL; NULL: it has none */
    const struct option *options;       /* without those that the frame adds */
    size_t option_count;
    struct command_word words[COMMAND_WORDS_MAX + 1];
    const char *surplus;     /* message for a word too many, where that may be a secret or a slip */
    const char *redirection; /* end of the usage: "<FILE"; or NULL */
    bool asks_server;        /* there is a client, and options for it */
    bool all_worlds;         /* it is about the server, not about one of its worlds */
    bool no_json;            /* it has nothing that --json could print */
    /*
     * settings: of settings_size bytes, beginning with struct command_settings; zero, or a copy of
     * `defaults`. Prints what it finds. On CLI_FAILURE the frame prints err, if that says
     * something. NULL: only its parts can be run.
     */
    enum cli_status (*run)(void *settings, struct err *err);
    size_t settings_size;
    const void *defaults;
    /* Instead of run: reads all of its options itself. argv[0] is its name. */
    enum cli_status (*main)(int argc, char **argv);
};

/* Options from the command line only. Put MEMBER(...) of the file behind them, and what else there
   is to say: {CLI_COUNT("limit", "N", "At most that many"), .value.min = 1, MEMBER(limit)}. */
#define CLI_OPTION(name, text) .flag = (name), .flag_only = true, .help = (text)
#define CLI_SWITCH(name, text) CLI_OPTION(name, text), .value.type = SCHEMA_BOOL
#define CLI_VALUE(name, of, kind, text)                                                            \
    CLI_OPTION(name, text), .arg = (of), .value.type = SCHEMA_##kind
#define CLI_TEXT(name, of, text)        CLI_VALUE(name, of, TEXT, text)
#define CLI_LIST(name, of, text)        CLI_VALUE(name, of, LIST, text)
#define CLI_COUNT(name, of, text)       CLI_VALUE(name, of, COUNT, text)
#define CLI_FILE(name, text)            CLI_VALUE(name, "FILE", PATH, text)
#define CLI_FOLDER(name, text)          CLI_VALUE(name, "FOLDER", PATH, text)
#define CLI_DURATION(name, text)        CLI_VALUE(name, "DURATION", DURATION, text)
#define CLI_CHOICE(name, of, all, text) CLI_VALUE(name, of, CHOICE, text), .value.choices = (all)

/* Those of the first level. */
extern const struct command command_ocimock; /* commands.c: the root */
extern const struct command command_account;
extern const struct command command_clock;
extern const struct command command_completion;
extern const struct command command_export;
extern const struct command command_fault;
extern const struct command command_fixture;
extern const struct command command_gate;
extern const struct command command_gen_cert;
extern const struct command command_hash_password;
extern const struct command command_healthcheck;
extern const struct command command_image;
extern const struct command command_keys;
extern const struct command command_registry;
extern const struct command command_requests;
extern const struct command command_reset;
extern const struct command command_scenario;
extern const struct command command_serve;
extern const struct command command_token;
extern const struct command command_verify;
extern const struct command command_version;
extern const struct command command_wait;
extern const struct command command_with;
extern const struct command command_world;

/* Runs the command, or that of its parts which argv names. path is what was typed up to it: "" for
   the root, "fault add". argv[0] is its name. */
enum cli_status command_run(const struct command *c, const char *path, int argc, char **argv);

/* command_rows.c. All its options, with those of the frame; the caller frees. NULL: no memory. */
struct option *command_rows(const struct command *c, size_t *ret_count);
/* The part of that name, or NULL. */
const struct command *command_find_part(const struct command *c, const char *name);
/* Fills err: there is no such part (word NULL: none was named); returns -1. */
int command_no_part(const struct command *c, const char *word, struct err *err);
/* How many words it takes; SIZE_MAX: no limit. */
size_t command_words_min(const struct command *c);
size_t command_words_max(const struct command *c);
/* Calls fn for c, whose path that is, and for all that is below it, parents first. */
typedef void (*command_visit_fn)(const struct command *c, const char *path, void *arg);
void command_walk(const struct command *c, const char *path, command_visit_fn fn, void *arg);
/* "fault" and "add" make "fault add"; returns dst. */
const char *command_path(char dst[COMMAND_PATH_MAX], const char *path, const char *name);

/* command_help.c. Errors are b's. */
/* "ocimock fault add [FILE] [OPTION...]" */
void command_usage(struct buf *b, const struct command *c, const char *path);
/* width: characters per line. */
void command_help(struct buf *b, const struct command *c, const char *path, unsigned width);

/* Prints "ocimock COMMAND: message" to standard error; the status that fits the error. */
enum cli_status cli_fail(const char *command, const struct err *err);
/* Prints text to standard output. CLI_FAILURE (and a message) when that fails or text is NULL. */
enum cli_status cli_print(const char *text);
enum cli_status cli_print_buf(const struct buf *b);
/* Prints JSON and a newline; takes the value, NULL: memory was short. */
enum cli_status cli_print_json(struct json_t *value);
/* Characters per line of a help on standard output. */
unsigned cli_width(void);

#endif
