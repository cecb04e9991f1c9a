/* SPDX-License-Identifier: MIT */
/*
 * ocimock wait: until it happened.
 */
#include "cli/assertion.h"
#include "lib/util/util.h"

#define MEMBER(m) OPTION_MEMBER(struct assertion_settings, m)

static const struct option options[] = {
    CRITERIA_OPTIONS(struct assertion_settings),
    CRITERIA_JOURNAL_OPTIONS(struct assertion_settings),
    {.flag = "count",
     .flag_only = true,
     .arg = "N",
     .value = {.type = SCHEMA_COUNT, .min = 1},
     .help = "Until there are that many; without it, one",
     MEMBER(count)},
    {.flag = "since",
     .flag_only = true,
     .arg = "SEQ",
     .value.type = SCHEMA_COUNT,
     .help = "Only requests behind this number; without it, those that came before count too",
     MEMBER(since)},
    {.flag = "timeout",
     .letter = 't',
     .flag_only = true,
     .arg = "DURATION",
     .value = {.type = SCHEMA_DURATION, .min = 1, .max = 60ULL * 60 * 1000},
     .help = "How long; without it, 30s",
     MEMBER(within_ms)},
    {.flag = "body",
     .flag_only = true,
     .arg = "FILE",
     .value.type = SCHEMA_TEXT,
     .help = "All of it from a YAML or JSON file; - is standard input",
     MEMBER(body)},
    CONTROL_OPTIONS(struct assertion_settings),
};

static enum cli_status wait_for(void *settings, struct err *err)
{
    return assertion_ask(settings, "/wait", "timeout", err);
}

enum cli_status run_wait(int argc, char **argv)
{
    static const struct control_command command = {
        .name = "wait",
        .help =
            "Examples:\n"
            "  ocimock wait --op manifest.get --repo team/app --timeout 2m\n"
            "  ocimock wait --op blob.get --count 3 --since 17\n"
            "\n"
            "Waits until the registry got such requests. Exit status: 0 it did, 3 it did not in\n"
            "time.\n"
            "\n"
            "Usage: ocimock wait [OPTION...]\n",
        .options = options,
        .option_count = ARRAY_LEN(options),
        .run = wait_for,
    };
    struct assertion_settings settings = {
        .count = ASSERTION_UNSET, .min = ASSERTION_UNSET, .max = ASSERTION_UNSET};

    return control_command_run(&command, &settings, argc, argv);
}
