/* SPDX-License-Identifier: MIT */
/*
 * ocimock verify: did it happen, as often as it should?
 */
#include "cli/assertion.h"
#include "lib/util/util.h"

#define MEMBER(m) OPTION_MEMBER(struct assertion_settings, m)

static const struct option options[] = {
    {CLI_COUNT("count", "N", "Exactly that many; without it, at least one"), MEMBER(count)},
    {CLI_COUNT("min", "N", "At least that many"), MEMBER(min)},
    {CLI_COUNT("max", "N", "At most that many"), MEMBER(max)},
    {CLI_SWITCH("never", "None"), MEMBER(never)},
    {CLI_DURATION("within", "It may still happen in that time; what --max and --never say must "
                            "stay true all the time"),
     .value.max = 60ULL * 60 * 1000, MEMBER(within_ms)},
    ASSERTION_OPTIONS,
};

static enum cli_status verify(void *settings, struct err *err)
{
    return assertion_ask(settings, "/verify", "within", err);
}

const struct command command_verify = {
    .name = "verify",
    .summary = "ask whether requests were made, as often as they should",
    .examples = "ocimock verify --op manifest.get --repo team/app\n"
                "ocimock verify --op blob.get --repo team/app --count 3\n"
                "ocimock verify --op 'upload.*' --never --since 17\n"
                "ocimock verify --op manifest.get --user alice --min 1 --max 2 --within 5s\n"
                "echo '{sequence: [{op: token}, {op: manifest.get}]}' | ocimock verify --body -",
    .about = "Asks whether the registry got such requests. Exit status: 0 it did; 3 "
             "it did not, and standard error says what was found instead and which "
             "requests came nearest.",
    .options = options,
    .option_count = ARRAY_LEN(options),
    .asks_server = true,
    .run = verify,
    .settings_size = sizeof(struct assertion_settings),
    .defaults = ASSERTION_DEFAULTS,
};
