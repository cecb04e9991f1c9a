/* SPDX-License-Identifier: MIT */
/*
 * ocimock gate list|release|close: answers that rules hold.
 */
#include <stdio.h>

#include <jansson.h>

#include "cli/control_client.h"
#include "cli/control_command.h"
#include "cli/table.h"
#include "lib/util/buf.h"
#include "lib/util/err.h"
#include "lib/util/util.h"

struct gate_settings {
    struct command_settings common;
    bool once;
};

static const struct option release_options[] = {
    {CLI_SWITCH("once", "Hold again what comes after; without it, the gate stays open"),
     OPTION_MEMBER(struct gate_settings, once)},
};

static const struct table_column columns[] = {
    {.heading = "GATE", .cut = true},
    {.heading = "STATE"},
    {.heading = "HELD", .align = TABLE_RIGHT},
};

/* --- list ---------------------------------------------------------------------------------------
 */

static enum cli_status show_list(const json_t *answer, struct err *err)
{
    enum cli_status status;
    struct table *t;
    json_t *gate;
    size_t i;

    if (table_new(&t, columns, ARRAY_LEN(columns), err) != 0)
        return CLI_FAILURE;
    json_array_foreach(json_object_get(answer, "gates"), i, gate)
    {
        bool open = json_is_true(json_object_get(gate, "open"));

        table_add(t, TABLE_PLAIN, json_string_value(json_object_get(gate, "name")));
        table_add(t, open ? TABLE_GOOD : TABLE_WARN, open ? "open" : "closed");
        table_addf(t, TABLE_PLAIN, "%" JSON_INTEGER_FORMAT,
                   json_integer_value(json_object_get(gate, "held")));
    }
    status = control_print_table(t, err);
    table_free(t);
    return status;
}

static enum cli_status list(void *settings, struct err *err)
{
    return control_command_call(settings, "GET", "/gates", NULL, show_list, err);
}

static const struct command list_command = {
    .name = "list",
    .summary = "gates, and how many answers each holds",
    .examples = "ocimock gate list",
    .about = "Lists the gates at which rules hold answers, and how many each holds "
             "now.",
    .asks_server = true,
    .run = list,
    .settings_size = sizeof(struct gate_settings),
};

/* --- release, close -----------------------------------------------------------------------------
 */

static enum cli_status show_released(const json_t *answer, struct err *err)
{
    long long n = json_integer_value(json_object_get(answer, "released"));

    (void)err;
    (void)printf("%lld answer%s released\n", n, n == 1 ? "" : "s");
    return CLI_OK;
}

static int gate_path(struct buf *b, const struct command_settings *s, const char *verb,
                     struct err *err)
{
    (void)buf_append_text(b, "/gates/");
    control_path_segment(b, s->words[0]);
    (void)buf_append_text(b, verb);
    return buf_check(b, "gate", err);
}

static enum cli_status release(void *settings, struct err *err)
{
    const struct gate_settings *s = settings;
    auto_buf struct buf path = BUF_INIT(4096);
    enum cli_status status;
    json_t *body;

    if (gate_path(&path, &s->common, ":release", err) != 0)
        return CLI_FAILURE;
    body = json_pack("{s:b}", "once", (int)s->once);
    status = control_command_call(&s->common, "POST", buf_text(&path), body, show_released, err);
    json_decref(body);
    return status;
}

static const struct command release_command = {
    .name = "release",
    .summary = "let go of what is held",
    .examples = "ocimock gate release g1\n"
                "ocimock gate release g1 --once",
    .about = "Lets go of the answers that are held at a gate.",
    .options = release_options,
    .option_count = ARRAY_LEN(release_options),
    .words = {{.name = "NAME"}},
    .asks_server = true,
    .run = release,
    .settings_size = sizeof(struct gate_settings),
};

static enum cli_status close_gate(void *settings, struct err *err)
{
    const struct gate_settings *s = settings;
    auto_buf struct buf path = BUF_INIT(4096);

    if (gate_path(&path, &s->common, ":close", err) != 0)
        return CLI_FAILURE;
    return control_command_call(&s->common, "POST", buf_text(&path), NULL, NULL, err);
}

static const struct command close_command = {
    .name = "close",
    .summary = "hold again what comes",
    .examples = "ocimock gate close g1",
    .about = "Closes a gate again: answers that come to it are held.",
    .words = {{.name = "NAME"}},
    .asks_server = true,
    .run = close_gate,
    .settings_size = sizeof(struct gate_settings),
};

static const struct command *const parts[] = {&list_command, &release_command, &close_command,
                                              NULL};

const struct command command_gate = {
    .name = "gate",
    .summary = "let go of answers that rules hold",
    .examples = "ocimock gate list\n"
                "ocimock gate release g1 --once",
    .parts = parts,
};
