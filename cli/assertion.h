/* SPDX-License-Identifier: MIT */
/* What `ocimock verify` and `ocimock wait` share: what is expected, and how the answer is shown. */
#ifndef CLI_ASSERTION_H
#define CLI_ASSERTION_H

#include <stdbool.h>
#include <stdint.h>

#include "cli/command.h"
#include "cli/control_command.h"
#include "cli/criteria.h"

struct err;
struct json_t;

struct assertion_settings {
    struct command_settings common;
    struct criteria criteria;
    const char *body;   /* file with the whole of it */
    uint64_t count;     /* ASSERTION_UNSET: not given */
    uint64_t min, max;  /* likewise */
    uint64_t since;     /* 0: from the beginning */
    uint64_t within_ms; /* 0: not given */
    bool never;
};

#define ASSERTION_UNSET UINT64_MAX

#define ASSERTION_DEFAULTS                                                                         \
    &(const struct assertion_settings)                                                             \
    {                                                                                              \
        .count = ASSERTION_UNSET, .min = ASSERTION_UNSET, .max = ASSERTION_UNSET                   \
    }

/* The rows that both have. */
#define ASSERTION_OPTIONS                                                                          \
    CRITERIA_OPTIONS(struct assertion_settings),                                                   \
        CRITERIA_JOURNAL_OPTIONS(struct assertion_settings),                                       \
        {CLI_COUNT("since", "SEQ", "Only requests behind this number; without it, all of them"),   \
         OPTION_MEMBER(struct assertion_settings, since)},                                         \
    {                                                                                              \
        CLI_FILE("body",                                                                           \
                 "All of it from a YAML or JSON file, also sequences; - is standard input"),       \
            OPTION_MEMBER(struct assertion_settings, body)                                         \
    }

/* Asks POST `path` and prints the answer. `time_key` is the body's name for within_ms. */
enum cli_status assertion_ask(const struct assertion_settings *s, const char *path,
                              const char *time_key, struct err *err);

#endif
