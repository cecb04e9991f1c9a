/* SPDX-License-Identifier: MIT */
/*
 * ocimock wait: until it happened.
 */
#include "cli/assertion.h"
#include "lib/util/util.h"

#define MEMBER(m) OPTION_MEMBER(struct assertion_settings, m)

static const struct option options[] = {
    {CLI_COUNT("count", "N", "Until there are that many; without it, one"), .value.min = 1,
     MEMBER(count)},
    {CLI_DURATION("timeout", "How long; without it, 30s"), .letter = 't', .value.min = 1,
     .value.max = 60ULL * 60 * 1000, MEMBER(within_ms)},
    ASSERTION_OPTIONS,
};

static enum cli_status wait_for(void *settings, struct err *err)
{
    return assertion_ask(settings, "/wait", "timeout", err);
}

const struct command command_wait = {
    .name = "wait",
    .summary = "wait until requests were made",
    .examples = "ocimock wait --op manifest.get --repo team/app --timeout 2m\n"
                "ocimock wait --op blob.get --count 3 --since 17",
    .about = "Waits until the registry got such requests. Exit status: 0 it did, 3 it "
             "did not in time.",
    .options = options,
    .option_count = ARRAY_LEN(options),
    .asks_server = true,
    .run = wait_for,
    .settings_size = sizeof(struct assertion_settings),
    .defaults = ASSERTION_DEFAULTS,
};
