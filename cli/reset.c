/* SPDX-License-Identifier: MIT */
/*
 * ocimock reset: a server back to how it was at the start, or to nothing.
 */
#include <stdio.h>

#include <jansson.h>

#include "cli/control_command.h"
#include "lib/util/err.h"
#include "lib/util/util.h"

struct reset_settings {
    struct command_settings common;
    bool empty;
};

static enum cli_status show_reset(const json_t *answer, struct err *err)
{
    const json_t *names = json_object_get(answer, "reset");
    const char *to = json_string_value(json_object_get(answer, "to"));
    json_t *name;
    size_t i;

    (void)err;
    json_array_foreach(names, i, name)(void)
        printf("%s%s", i > 0 ? ", " : "", json_string_value(name));
    (void)printf(": %s\n", to != NULL && to[0] == 'e' ? "empty" : "as at the start");
    return CLI_OK;
}

static enum cli_status reset(void *settings, struct err *err)
{
    const struct reset_settings *s = settings;
    json_t *what = s->common.word_count > 0 ? json_array() : NULL;
    enum cli_status status;
    json_t *body;

    for (size_t i = 0; i < s->common.word_count; i++)
        (void)json_array_append_new(what, json_string(s->common.words[i]));
    body = json_pack("{s:s, s:o*}", "to", s->empty ? "empty" : "startup", "what", what);
    status = control_command_call(&s->common, "POST", "/reset", body, show_reset, err);
    json_decref(body);
    return status;
}

static const char *const parts[] = {"rules", "journal", "states",   "content", "accounts",
                                    "clock", "gates",   "registry", NULL};

static const struct option options[] = {
    {CLI_SWITCH("empty", "To nothing at all, instead of what there was at the start"),
     OPTION_MEMBER(struct reset_settings, empty)},
};

const struct command command_reset = {
    .name = "reset",
    .summary = "put everything, or parts of it, back to how it was at the start",
    .examples = "ocimock reset                        # everything\n"
                "ocimock reset rules journal\n"
                "ocimock reset content --empty\n"
                "ocimock reset --world t42",
    .about =
        "Rules (with counters and variables), journal, image states, content, accounts (with the "
        "policy), clock, gates, and the switches of the registry become what they were when the "
        "server, or the world, was ready.",
    .options = options,
    .option_count = ARRAY_LEN(options),
    .words = {{.name = "WHAT", .optional = true, .repeated = true, .choices = parts}},
    .asks_server = true,
    .run = reset,
    .settings_size = sizeof(struct reset_settings),
};
