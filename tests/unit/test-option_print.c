/* SPDX-License-Identifier: MIT */
/* lib/util/option_print.c */
#include "lib/util/option.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <jansson.h>

#include "lib/util/buf.h"
#include "lib/util/err.h"
#include "lib/util/util.h"
#include "tests/tap/tap.h"

static const struct option rows[] = {
    {.key = "a.on",
     .flag = "on",
     .value.type = SCHEMA_BOOL,
     .group = "First",
     .help = "Switches it on",
     .preset = "true"},
    {.key = "a.b.mode",
     .flag = "mode",
     .arg = "MODE",
     .value = {.type = SCHEMA_CHOICE, .choices = (const char *const[]){"x", "y", NULL}},
     .help = "How it is done, in a text that is so long that it must be wrapped at least once"},
    {.key = "secret",
     .flag = "secret",
     .arg = "TEXT",
     .value = {.type = SCHEMA_TEXT, .secret = true},
     .help = "Hidden"},
    {.key = "path",
     .flag = "a-flag-with-a-very-long-name",
     .arg = "PATH",
     .value.type = SCHEMA_PATH,
     .group = "Second",
     .help = "A path"},
    {.key = "list",
     .flag = "list",
     .letter = 'l',
     .arg = "X",
     .implied = "x",
     .value.type = SCHEMA_LIST,
     .help = "A list"},
    {.key = "size",
     .flag = "size",
     .arg = "SIZE",
     .value.type = SCHEMA_SIZE,
     .preset = "2048",
     .help = "A size"},
    {.flag = "help", .letter = 'h', .value.type = SCHEMA_BOOL, .help = "Helps"},
};

static void test_help(void)
{
    auto_buf struct buf b = BUF_INIT(10000);

    option_help(&b, rows, ARRAY_LEN(rows), 96);
    is_str(buf_text(&b),
           "First:\n"
           "  --on                        Switches it on (default: true) [a.on]\n"
           "  --mode MODE                 How it is done, in a text that is so long that it must "
           "be wrapped\n"
           "                              at least once: x, y [a.b.mode]\n"
           "  --secret TEXT               Hidden [secret]\n"
           "\n"
           "Second:\n"
           "  --a-flag-with-a-very-long-name PATH\n"
           "                              A path [path]\n"
           "  -l, --list [X]              A list [list]\n"
           "  --size SIZE                 A size (default: 2048) [size]\n"
           "  -h, --help                  Helps\n",
           "the help");
}

/* Where there is little room, the sentences stand below their flags. */
static void test_narrow_help(void)
{
    auto_buf struct buf b = BUF_INIT(10000);

    option_help(&b, rows, 2, 40);
    is_str(buf_text(&b),
           "First:\n"
           "  --on\n"
           "      Switches it on (default: true)\n"
           "      [a.on]\n"
           "  --mode MODE\n"
           "      How it is done, in a text that is\n"
           "      so long that it must be wrapped at\n"
           "      least once: x, y [a.b.mode]\n",
           "the help in 40 columns");
}

static void prints(const char *const *flags, int count, const char *want)
{
    struct option_set *set = NULL;
    json_t *root;
    char *text;

    (void)option_set_new(&set, rows, ARRAY_LEN(rows), NULL);
    is_int(option_read_flags(set, OPTION_FLAG, count, (char *const *)flags, NULL), 0, "flags");
    root = option_printable(set);
    text = json_dumps(root, JSON_COMPACT);
    is_str(text, want, "the effective configuration");
    free(text);
    json_decref(root);
    option_set_free(set);
}

static void test_printable(void)
{
    static const char *const flags[] = {"--secret=s",
                                        "--mode=y",
                                        "--no-on",
                                        "-l",
                                        "a",
                                        "--help",
                                        "--a-flag-with-a-very-long-name=/p"};

    prints(NULL, 0,
           "{\"a\":{\"on\":true},\"secret\":\"\",\"path\":\"\",\"list\":[],\"size\":\"2KiB\"}");
    prints(flags, ARRAY_LEN(flags),
           "{\"a\":{\"on\":false,\"b\":{\"mode\":\"y\"}},\"secret\":\"***\",\"path\":\"/p\","
           "\"list\":[\"a\"],\"size\":\"2KiB\"}");
}

static void test_relative_path(void)
{
    static const char *const flags[] = {"--a-flag-with-a-very-long-name=p"};
    char want[200];

    ok(chdir("/") == 0, "in the root folder");
    (void)snprintf(
        want, sizeof(want),
        "{\"a\":{\"on\":true},\"secret\":\"\",\"path\":\"/p\",\"list\":[],\"size\":\"2KiB\"}");
    prints(flags, 1, want);
}

static void test_variable(void)
{
    char name[OPTION_VARIABLE_MAX];

    is_str(option_variable(name, "a-b2-c"), "OCIMOCK_A_B2_C", "the variable of a flag");
}

int main(void)
{
    plan_lazy();
    test_help();
    test_narrow_help();
    test_printable();
    test_relative_path();
    test_variable();
    done_testing();
}
