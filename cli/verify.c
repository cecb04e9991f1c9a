/* SPDX-License-Identifier: MIT */
/*
 * ocimock verify: did it happen, as often as it should?
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
     .value.type = SCHEMA_COUNT,
     .help = "Exactly that many; without it, at least one",
     MEMBER(count)},
    {.flag = "min",
     .flag_only = true,
     .arg = "N",
     .value.type = SCHEMA_COUNT,
     .help = "At least that many",
     MEMBER(min)},
    {.flag = "max",
     .flag_only = true,
     .arg = "N",
     .value.type = SCHEMA_COUNT,
     .help = "At most that many",
     MEMBER(max)},
    {.flag = "never", .flag_only = true, .value.type = SCHEMA_BOOL, .help = "None", MEMBER(never)},
    {.flag = "since",
     .flag_only = true,
     .arg = "SEQ",
     .value.type = SCHEMA_COUNT,
     .help = "Only requests behind this number",
     MEMBER(since)},
    {.flag = "within",
     .flag_only = true,
     .arg = "DURATION",
     .value = {.type = SCHEMA_DURATION, .max = 60ULL * 60 * 1000},
     .help =
         "It may still happen in that time; what --max and --never say must stay true all the time",
     MEMBER(within_ms)},
    {.flag = "body",
     .flag_only = true,
     .arg = "FILE",
     .value.type = SCHEMA_TEXT,
     .help = "All of it from a YAML or JSON file, also sequences; - is standard input",
     MEMBER(body)},
    CONTROL_OPTIONS(struct assertion_settings),
};

static enum cli_status verify(void *settings, struct err *err)
{
    return assertion_ask(settings, "/verify", "within", err);
}

enum cli_status run_verify(int argc, char **argv)
{
    static const struct control_command command = {
        .name = "verify",
        .help = "Examples:\n"
                "  ocimock verify --op manifest.get --repo team/app\n"
                "  ocimock verify --op blob.get --repo team/app --count 3\n"
                "  ocimock verify --op 'upload.*' --never --since 17\n"
                "  ocimock verify --op manifest.get --user alice --min 1 --max 2 --within 5s\n"
                "  echo '{sequence: [{op: token}, {op: manifest.get}]}' | ocimock verify --body -\n"
                "\n"
                "Asks whether the registry got such requests. Exit status: 0 it did; 3 it did not, "
                "and\n"
                "standard error says what was found instead and which requests came nearest.\n"
                "\n"
                "Usage: ocimock verify [OPTION...]\n",
        .options = options,
        .option_count = ARRAY_LEN(options),
        .run = verify,
    };
    struct assertion_settings settings = {
        .count = ASSERTION_UNSET, .min = ASSERTION_UNSET, .max = ASSERTION_UNSET};

    return control_command_run(&command, &settings, argc, argv);
}
