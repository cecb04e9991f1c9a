/* SPDX-License-Identifier: MIT */
/*
 * ocimock clock show|advance|set: the server's time, so that tokens expire without waiting.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include <jansson.h>

#include "cli/control_client.h"
#include "cli/control_command.h"
#include "lib/util/err.h"
#include "lib/util/text.h"
#include "lib/util/units.h"
#include "lib/util/util.h"

static enum cli_status show_clock(const json_t *answer, struct err *err)
{
    json_int_t shift = json_integer_value(json_object_get(answer, "shift_ms"));
    const char *now = json_string_value(json_object_get(answer, "now"));
    char text[CONTROL_DURATION_MAX];

    (void)err;
    if (shift == 0)
        (void)printf("%s\n", now);
    else
        (void)printf("%s (%s %s)\n", now, control_duration(text, shift > 0 ? shift : -shift),
                     shift > 0 ? "ahead" : "behind");
    return CLI_OK;
}

static enum cli_status change(const struct command_settings *s, const char *key, const char *value,
                              struct err *err)
{
    json_t *body = json_pack("{s:s}", key, value);
    enum cli_status status = control_command_call(s, "PUT", "/clock", body, show_clock, err);

    json_decref(body);
    return status;
}

/* --- show, advance ------------------------------------------------------------------------------
 */

static enum cli_status show(void *settings, struct err *err)
{
    return control_command_call(settings, "GET", "/clock", NULL, show_clock, err);
}

static const struct command show_command = {
    .name = "show",
    .summary = "print the time; the same as 'ocimock clock'",
    .examples = "ocimock clock\n"
                "ocimock clock show --json",
    .about = "Prints the server's time.",
    .asks_server = true,
    .run = show,
};

static enum cli_status advance(void *settings, struct err *err)
{
    const struct command_settings *s = settings;
    uint64_t ms;

    if (units_parse_duration(&ms, s->words[0], err) != 0) {
        err->code = ERR_USAGE;
        return CLI_FAILURE;
    }
    return change(s, "advance", s->words[0], err);
}

static const struct command advance_command = {
    .name = "advance",
    .summary = "move it ahead by a duration",
    .examples = "ocimock clock advance 1h",
    .about = "Moves the server's clock ahead: tokens, states and rules expire.",
    .words = {{.name = "DURATION"}},
    .asks_server = true,
    .run = advance,
};

/* --- set ----------------------------------------------------------------------------------------
 */

/* "2030-01-31T12:00:00Z": milliseconds since 1970. */
static bool parse_time(const char *text, int64_t *ret_ms)
{
    struct tm tm = {0};
    const char *end = strptime(text, "%Y-%m-%dT%H:%M:%SZ", &tm);

    if (end == NULL || *end != '\0')
        return false;
    *ret_ms = (int64_t)timegm(&tm) * 1000;
    return true;
}

/* How far the server's clock has to be ahead of its machine's for that time. */
static int shift_for(const struct command_settings *s, int64_t wanted_ms, char *dst,
                     struct err *err)
{
    json_t *answer;
    const char *now;
    int64_t now_ms = 0, shift;
    bool known;

    if (control_client_call(s->client, "GET", "/clock", NULL, &answer, err) != 0)
        return -1;
    now = json_string_value(json_object_get(answer, "now"));
    shift = json_integer_value(json_object_get(answer, "shift_ms"));
    known = now != NULL && parse_time(now, &now_ms);
    json_decref(answer);
    if (!known)
        return err_set(err, ERR_INVALID, "the server does not tell its time");
    if (wanted_ms < now_ms - shift)
        return err_set(err, ERR_USAGE, "%s is in the past: clocks can only be ahead",
                       TEXT_QUOTE(s->words[0]));
    (void)units_format_duration(dst, (uint64_t)(wanted_ms - (now_ms - shift)));
    return 0;
}

static enum cli_status set(void *settings, struct err *err)
{
    const struct command_settings *s = settings;
    char shift[UNITS_TEXT_MAX];
    int64_t wanted_ms;
    uint64_t ms;

    if (parse_time(s->words[0], &wanted_ms))
        return shift_for(s, wanted_ms, shift, err) == 0 ? change(s, "shift", shift, err)
                                                        : CLI_FAILURE;
    if (units_parse_duration(&ms, s->words[0], NULL) == 0)
        return change(s, "shift", s->words[0], err);
    (void)err_set(err, ERR_USAGE,
                  "%s is neither a time such as 2030-01-31T12:00:00Z nor a duration such as 1h",
                  TEXT_QUOTE(s->words[0]));
    return CLI_FAILURE;
}

static const struct command set_command = {
    .name = "set",
    .summary = "set it, or how far it is ahead",
    .examples = "ocimock clock set 0                      # the machine's time again\n"
                "ocimock clock set 24h                    # a day ahead of it\n"
                "ocimock clock set 2030-01-31T12:00:00Z",
    .about = "Sets how far the server's clock is ahead of its machine's, or its time, "
             "from which it goes on.",
    .words = {{.name = "DURATION|TIME"}},
    .asks_server = true,
    .run = set,
};

static const struct command *const parts[] = {&show_command, &advance_command, &set_command, NULL};

const struct command command_clock = {
    .name = "clock",
    .summary = "move the server's clock ahead",
    .examples = "ocimock clock\n"
                "ocimock clock advance 1h        # tokens expire\n"
                "ocimock clock set 0             # back to the machine's time",
    .parts = parts,
    .asks_server = true,
    .run = show,
};
