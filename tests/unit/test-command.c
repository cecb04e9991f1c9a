/* SPDX-License-Identifier: MIT */
/* cli/command_run.c, command_rows.c, command_help.c: a small tree of commands. */
#include "cli/command.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/util/buf.h"
#include "lib/util/err.h"
#include "lib/util/util.h"
#include "tests/tap/tap.h"

struct paint_settings {
    struct command_settings common;
    uint64_t coats;
    const char *color;
};

#define MEMBER(m) OPTION_MEMBER(struct paint_settings, m)

static const struct option paint_options[] = {
    {CLI_COUNT("coats", "N", "How many"), .value.min = 1, MEMBER(coats)},
    {CLI_TEXT("color", "COLOR", "Which"), .letter = 'c', MEMBER(color)},
};

static struct {
    unsigned runs;
    char name[64];
    char words[64];
    uint64_t coats;
    bool json;
} seen;

static enum cli_status paint(void *settings, struct err *err)
{
    const struct paint_settings *s = settings;

    seen.runs++;
    seen.coats = s->coats;
    seen.json = s->common.json;
    (void)snprintf(seen.name, sizeof(seen.name), "%s", s->common.name);
    seen.words[0] = '\0';
    for (size_t i = 0; i < s->common.word_count; i++)
        (void)snprintf(seen.words + strlen(seen.words), sizeof(seen.words) - strlen(seen.words),
                       "%s,", s->common.words[i]);
    if (s->color != NULL && strcmp(s->color, "plaid") == 0) {
        (void)err_set(err, ERR_UNREACHABLE, "nobody has plaid");
        return CLI_FAILURE;
    }
    return CLI_OK;
}

static const struct command wall_command = {
    .name = "wall",
    .summary = "paint a wall",
    .examples = "ocimock paint wall north",
    .about = "A first paragraph that is long enough to be folded.\nA second one.",
    .options = paint_options,
    .option_count = ARRAY_LEN(paint_options),
    .words = {{.name = "WALL"}, {.name = "REST", .optional = true, .repeated = true}},
    .run = paint,
    .settings_size = sizeof(struct paint_settings),
    .defaults = &(const struct paint_settings){.coats = 2},
};

static const struct command door_command = {
    .name = "door",
    .summary = "paint a door",
    .examples = "ocimock paint door",
    .words = {{.name = "DOOR"}, {.name = "HANDLE"}},
    .surplus = "doors have one handle",
    .no_json = true,
    .run = paint,
    .settings_size = sizeof(struct paint_settings),
};

static const struct command *const paint_parts[] = {&wall_command, &door_command, NULL};

static const struct command tree = {
    .name = "paint",
    .examples = "ocimock paint wall north",
    .parts = paint_parts,
};

/* As the shell splits it; the first word is the command's. */
static enum cli_status run(const char *line)
{
    char text[256];
    char *argv[16] = {NULL};
    char *rest = text;
    int argc = 0;

    seen.runs = 0;
    (void)snprintf(text, sizeof(text), "paint%s%s", *line != '\0' ? " " : "", line);
    while (rest != NULL)
        argv[argc++] = strsep(&rest, " ");
    return command_run(&tree, "paint", argc, argv);
}

static void test_run(void)
{
    is_int(run("wall north -- -x"), CLI_OK, "a part is run");
    is_int(seen.runs, 1, "once");
    is_str(seen.name, "paint wall", "with its name");
    is_str(seen.words, "north,-x,", "with its words");
    is_int(seen.coats, 2, "with its defaults");
    is_int(run("wall --coats 3 --json north"), CLI_OK, "options of its own and of the frame");
    ok(seen.coats == 3 && seen.json, "are stored");
    is_int(run("wall north -c plaid"), CLI_NO_SERVER, "an error decides the status");
}

static void test_refused(void)
{
    static const char *const lines[] = {"",
                                        "roof",
                                        "--coats",
                                        "wall",
                                        "door a",
                                        "door a b c",
                                        "door a b --json",
                                        "wall x --coat 1",
                                        "wall --coats 0 x"};

    for (size_t i = 0; i < ARRAY_LEN(lines); i++) {
        is_int(run(lines[i]), CLI_USAGE, "'%s' is wrong usage", lines[i]);
        is_int(seen.runs, 0, "and nothing is run");
    }
}

static void test_messages(void)
{
    struct err err;

    (void)command_no_part(&tree, NULL, &err);
    is_str(err.msg, "a command is missing: wall, door", "no part");
    (void)command_no_part(&tree, "wal", &err);
    is_str(err.msg, "unknown command 'wal': did you mean 'wall'?", "one like another");
    (void)command_no_part(&tree, "chimney", &err);
    is_str(err.msg, "unknown command 'chimney': known are wall, door", "one like none");
    ok(command_find_part(&tree, "door") == &door_command, "a part is found");
    ok(command_find_part(&tree, "doo") == NULL, "by its whole name");
}

static void test_words(void)
{
    is_int(command_words_min(&wall_command), 1, "words that must be there");
    ok(command_words_max(&wall_command) == SIZE_MAX, "repeated: no limit");
    is_int(command_words_max(&door_command), 2, "two words");
}

static void test_rows(void)
{
    static const struct command asking = {.name = "ask", .asks_server = true};
    static const struct option grouped[] = {{CLI_SWITCH("x", "X"), .group = "Group"}};
    static const struct command with_group = {
        .name = "g", .options = grouped, .option_count = ARRAY_LEN(grouped)};
    size_t count;
    struct option *rows = command_rows(&door_command, &count);

    ok(count == 1 && strcmp(rows[0].flag, "help") == 0, "without JSON only the help is added");
    free(rows);
    rows = command_rows(&asking, &count);
    is_int(count, 6, "who asks a server has more");
    is_str(rows[3].group, "Server", "in a group");
    free(rows);
    rows = command_rows(&with_group, &count);
    is_str(rows[1].group, "Output", "behind groups the others are one");
    free(rows);
}

static void test_help(void)
{
    auto_buf struct buf b = BUF_INIT(4096);
    auto_buf struct buf parts = BUF_INIT(4096);

    command_help(&b, &wall_command, "paint wall", 40);
    is_str(buf_text(&b),
           "Examples:\n"
           "  ocimock paint wall north\n"
           "\n"
           "A first paragraph that is long enough to\n"
           "be folded.\n"
           "\n"
           "A second one.\n"
           "\n"
           "Usage: ocimock paint wall WALL [REST...] [OPTION...]\n"
           "\n"
           "Options:\n"
           "  --coats N\n      How many\n"
           "  -c, --color COLOR\n      Which\n"
           "  --json\n      Print JSON\n"
           "  -h, --help\n      Print this help\n",
           "the help of a command");
    command_help(&parts, &tree, "paint", 80);
    is_str(buf_text(&parts),
           "Examples:\n"
           "  ocimock paint wall north\n"
           "\n"
           "Usage: ocimock paint COMMAND [OPTION...]\n"
           "\n"
           "Commands:\n"
           "  wall  paint a wall\n"
           "  door  paint a door\n"
           "\n"
           "'ocimock paint COMMAND --help' describes each.\n",
           "the help of one that has parts");
}

int main(void)
{
    plan_lazy();
    test_run();
    test_refused();
    test_messages();
    test_words();
    test_rows();
    test_help();
    done_testing();
}
