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
    struct control_settings common;
    bool once;
};

static const struct option plain_options[] = {CONTROL_OPTIONS(struct gate_settings)};

static const struct option release_options[] = {
    {.flag = "once",
     .flag_only = true,
     .value.type = SCHEMA_BOOL,
     .help = "Hold again what comes after; without it, the gate stays open",
     OPTION_MEMBER(struct gate_settings, once)},
    CONTROL_OPTIONS(struct gate_settings),
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

static enum cli_status run_list(int argc, char **argv)
{
    static const struct control_command command = {
        .name = "gate list",
        .help = "Examples:\n"
                "  ocimock gate list\n"
                "\n"
                "Lists the gates at which rules hold answers, and how many each holds now.\n"
                "\n"
                "Usage: ocimock gate list [OPTION...]\n",
        .options = plain_options,
        .option_count = ARRAY_LEN(plain_options),
        .run = list,
    };
    struct gate_settings settings = {0};

    return control_command_run(&command, &settings, argc, argv);
}

/* --- release, close -----------------------------------------------------------------------------
 */

static enum cli_status show_released(const json_t *answer, struct err *err)
{
    long long n = json_integer_value(json_object_get(answer, "released"));

    (void)err;
    (void)printf("%lld answer%s released\n", n, n == 1 ? "" : "s");
    return CLI_OK;
}

static int gate_path(struct buf *b, const struct control_settings *s, const char *verb,
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

static enum cli_status run_release(int argc, char **argv)
{
    static const struct control_command command = {
        .name = "gate release",
        .help = "Examples:\n"
                "  ocimock gate release g1\n"
                "  ocimock gate release g1 --once\n"
                "\n"
                "Lets go of the answers that are held at a gate.\n"
                "\n"
                "Usage: ocimock gate release NAME [OPTION...]\n",
        .options = release_options,
        .option_count = ARRAY_LEN(release_options),
        .words_min = 1,
        .words_max = 1,
        .missing = "the gate's NAME is wanted",
        .run = release,
    };
    struct gate_settings settings = {0};

    return control_command_run(&command, &settings, argc, argv);
}

static enum cli_status close_gate(void *settings, struct err *err)
{
    const struct gate_settings *s = settings;
    auto_buf struct buf path = BUF_INIT(4096);

    if (gate_path(&path, &s->common, ":close", err) != 0)
        return CLI_FAILURE;
    return control_command_call(&s->common, "POST", buf_text(&path), NULL, NULL, err);
}

static enum cli_status run_close(int argc, char **argv)
{
    static const struct control_command command = {
        .name = "gate close",
        .help = "Examples:\n"
                "  ocimock gate close g1\n"
                "\n"
                "Closes a gate again: answers that come to it are held.\n"
                "\n"
                "Usage: ocimock gate close NAME [OPTION...]\n",
        .options = plain_options,
        .option_count = ARRAY_LEN(plain_options),
        .words_min = 1,
        .words_max = 1,
        .missing = "the gate's NAME is wanted",
        .run = close_gate,
    };
    struct gate_settings settings = {0};

    return control_command_run(&command, &settings, argc, argv);
}

enum cli_status run_gate(int argc, char **argv)
{
    static const struct command parts[] = {
        {"list", "gates, and how many answers each holds", run_list},
        {"release", "let go of what is held", run_release},
        {"close", "hold again what comes", run_close},
        {.name = NULL},
    };

    return control_parts_run("gate", parts,
                             "Examples:\n"
                             "  ocimock gate list\n"
                             "  ocimock gate release g1 --once\n"
                             "\n"
                             "Usage: ocimock gate list|release|close [OPTION...]\n",
                             argc, argv);
}
