/* SPDX-License-Identifier: MIT */
/* cli/completion*.c and cli/manual.c: what they write of a small tree of commands; whether shells
   can use it is in completion.bats. */
#include "cli/completion.h"

#include <string.h>

#include "cli/manual.h"
#include "lib/util/buf.h"
#include "lib/util/util.h"
#include "tests/tap/tap.h"

static const char *const colors[] = {"red", "blue", NULL};

static const char *wall_name(size_t i)
{
    return i == 0 ? "north" : NULL;
}

static const struct option options[] = {
    {CLI_CHOICE("color", "COLOR", colors, "What it's painted [in]: or not"), .letter = 'c'},
    {CLI_SWITCH("dry", "Let it dry"), .preset = "true"},
    {CLI_FOLDER("out", "Where photos go")},
    {CLI_VALUE("photo", "FILE", PATHS, "Of the wall before")},
};

static enum cli_status run(void *settings, struct err *err)
{
    (void)settings;
    (void)err;
    return CLI_OK;
}

static const struct command wall_command = {
    .name = "wall",
    .summary = "paint a wall",
    .examples = "ocimock paint wall north\n.dot",
    .about = "One paragraph.\nAnother one.",
    .options = options,
    .option_count = ARRAY_LEN(options),
    .words = {{.name = "WALL", .names = wall_name, .path = true},
              {.name = "THEN", .command = true}},
    .no_json = true,
    .run = run,
};

static const struct command door_command = {
    .name = "door",
    .summary = "paint a door: both sides",
    .examples = "ocimock paint door",
    .words = {{.name = "SIDE", .choices = colors},
              {.name = "MORE", .optional = true, .repeated = true}},
    .run = run,
};

static const struct command *const parts[] = {&wall_command, &door_command, NULL};

static const struct command tree = {
    .name = "ocimock",
    .summary = "paint",
    .examples = "ocimock wall",
    .parts = parts,
};

typedef void (*write_fn)(struct buf *b, const struct command *root);

static void writes(const char *name, write_fn write, const char *const *pieces)
{
    auto_buf struct buf b = BUF_INIT(64 * 1024);

    write(&b, &tree);
    ok(!b.failed, "%s is written", name);
    for (; *pieces != NULL; pieces++)
        ok(strstr(buf_text(&b), *pieces) != NULL, "%s has: %s", name, *pieces);
}

static void test_bash(void)
{
    static const char *const pieces[] = {
        "        '')\n            parts='wall door' words=''\n",
        "        'wall')\n"
        "            parts='' words='/f,north /c /f+'\n"
        "            flags='--color --no-dry --out --photo --help'\n"
        "            values=' --color:red,blue -c:red,blue --out:/d --photo:/f '\n"
        "            ;;\n",
        "words='red,blue -+'", "complete -F _ocimock ocimock\n", NULL};

    writes("bash", completion_bash, pieces);
}

static void test_zsh(void)
{
    static const char *const pieces[] = {
        "#compdef ocimock\n",
        "'door:paint a door\\: both sides'",
        "'(-c --color)'{-c,--color=}'[What it'\\''s painted \\[in\\]\\: or not]:COLOR:(red blue)'",
        "'--no-dry[Let it dry]'",
        "'--out=[Where photos go]:FOLDER:_files -/'",
        "'*''--photo=[Of the wall before]:FILE:_files'",
        "':WALL:{_alternative \"files:file:_files\" \"names:name:(north)\"}'",
        "'*:::COMMAND:_normal'",
        "'*:MORE: '",
        NULL};

    writes("zsh", completion_zsh, pieces);
}

static void test_fish(void)
{
    static const char *const pieces[] = {
        "set -g __ocimock_commands 'wall' 'door'\n",
        "complete -c ocimock -n '__ocimock_at' -a door -d 'paint a door: both sides'\n",
        "complete -c ocimock -n '__ocimock_at wall' -l color -s c -x -a 'red blue'"
        " -d 'What it\\'s painted [in]: or not'\n",
        "complete -c ocimock -n '__ocimock_at wall' -l no-dry -d 'Let it dry'\n",
        "complete -c ocimock -n '__ocimock_at wall' -l out -r -F -d",
        "complete -c ocimock -n '__ocimock_at wall' -a north\n",
        "complete -c ocimock -n '__ocimock_at wall' -F\n",
        "complete -c ocimock -n '__ocimock_at door' -a red\n",
        NULL};

    writes("fish", completion_fish, pieces);
}

static void test_manual(void)
{
    static const char *const pieces[] = {
        ".SH \"OPTIONS OF ALL COMMANDS\"\n",
        ".SS ocimock wall WALL [OPTION...] \\-\\- THEN [ARGUMENT...]\n"
        ".PP\nOne paragraph.\n.PP\nAnother one.\n"
        ".PP\n.RS 4\n.nf\nocimock paint wall north\n\\&.dot\n.fi\n.RE\n"
        ".TP\n\\fB\\-c\\fR, \\fB\\-\\-color\\fR \\fICOLOR\\fR\n"
        "What it's painted [in]: or not: red, blue\n",
        ".SS ocimock door SIDE [MORE...] [OPTION...]\n", NULL};

    writes("the manual", manual_write, pieces);
}

int main(void)
{
    plan_lazy();
    test_bash();
    test_zsh();
    test_fish();
    test_manual();
    done_testing();
}
