/* SPDX-License-Identifier: MIT */
/* lib/util/option_flags.c */
#include "lib/util/option.h"

#include <stdio.h>
#include <string.h>

#include "lib/util/err.h"
#include "lib/util/util.h"
#include "tests/tap/tap.h"

struct settings {
    bool verbose;
    bool quiet;
    bool checks;
    uint32_t count;
    const char *name;
    const char *folder;
    struct option_list list;
};

#define MEMBER(m) OPTION_MEMBER(struct settings, m)

static const struct option rows[] = {
    {.flag = "verbose", .letter = 'v', .value.type = SCHEMA_BOOL, MEMBER(verbose)},
    {.flag = "quiet", .letter = 'q', .value.type = SCHEMA_BOOL, MEMBER(quiet)},
    {.flag = "checks", .value.type = SCHEMA_BOOL, .preset = "true", MEMBER(checks)},
    {.flag = "count", .letter = 'n', .arg = "N", .value.type = SCHEMA_COUNT, MEMBER(count)},
    {.flag = "user-name", .arg = "NAME", .value.type = SCHEMA_TEXT, MEMBER(name)},
    {.flag = "folder",
     .letter = 'd',
     .arg = "DIR",
     .implied = ".",
     .value.type = SCHEMA_PATH,
     MEMBER(folder)},
    {.flag = "list", .arg = "X", .value.type = SCHEMA_LIST, MEMBER(list)},
    {.flag = "print", .flag_only = true, .value.type = SCHEMA_BOOL},
};

static struct option_set *set;
static struct settings settings;

/* Reads up to eight arguments; message NULL: must work. */
static void flags(const char *message, const char *const *argv, int argc)
{
    struct err err = {0};
    int result;

    option_set_free(set);
    settings = (struct settings){0};
    is_int(option_set_new(&set, rows, ARRAY_LEN(rows), NULL), 0, "a set");
    result = option_read_flags(set, OPTION_FLAG, argc, (char *const *)argv, &err);
    is_int(result, message == NULL ? 0 : -1, "%s is %s", argv[0],
           message == NULL ? "read" : "refused");
    is_str(err.msg, message == NULL ? "" : message, "message");
    (void)option_store(set, &settings, NULL);
}

#define FLAGS(message, ...)                                                                        \
    flags((message), (const char *const[]){__VA_ARGS__},                                           \
          (int)ARRAY_LEN(((const char *const[]){__VA_ARGS__})))

static void test_long(void)
{
    FLAGS(NULL, "--verbose", "--count", "5", "--user-name=x=y");
    ok(settings.verbose, "a switch");
    is_int(settings.count, 5, "a value behind it");
    is_str(settings.name, "x=y", "a value behind '='");
    FLAGS(NULL, "--verbose=no", "--no-checks", "--quiet=true");
    ok(!settings.verbose && !settings.checks && settings.quiet, "switches with values");
    FLAGS(NULL, "--user-name", "-x");
    is_str(settings.name, "-x", "a value may begin with a dash");
    FLAGS(NULL, "--count", "1", "--count", "2");
    is_int(settings.count, 2, "the last counts");
    FLAGS(NULL, "--list", "a,b", "--list=c");
    is_int((long long)settings.list.count, 3, "lists add up");
}

static void test_implied(void)
{
    FLAGS(NULL, "--folder");
    is_str(settings.folder, ".", "a value that is implied");
    FLAGS(NULL, "--folder", "--verbose");
    is_str(settings.folder, ".", "before a flag too");
    FLAGS(NULL, "--folder", "x", "-v");
    is_str(settings.folder, "x", "or given");
    FLAGS(NULL, "--folder=");
    ok(settings.folder == NULL, "or empty");
}

static void test_short(void)
{
    FLAGS(NULL, "-vq", "-n5");
    ok(settings.verbose && settings.quiet, "letters together");
    is_int(settings.count, 5, "a value at once");
    FLAGS(NULL, "-vn", "6");
    is_int(settings.count, 6, "a value behind");
    FLAGS("unknown option '-x'", "-vx");
    FLAGS("--count needs a value: N", "-n");
}

static void test_words(void)
{
    const char *const *words;
    size_t count;

    FLAGS(NULL, "one", "--verbose", "-", "--", "--count", "-x");
    words = option_words(set, &count);
    is_int((long long)count, 4, "what is no flag is collected");
    is_str(words[0], "one", "in order");
    is_str(words[1], "-", "a dash is a word");
    is_str(words[2], "--count", "so is all behind --");
}

static void test_refused(void)
{
    FLAGS("unknown option '--verbos': did you mean '--verbose'?", "--verbos");
    FLAGS("unknown option '--conut': did you mean '--count'?", "--conut=5");
    FLAGS("unknown option '--frobnicate'", "--frobnicate");
    FLAGS("unknown option '--no-frobnicate'", "--no-frobnicate");
    FLAGS("unknown option '--no-count': did you mean '--count'?", "--no-count");
    FLAGS("unknown option '--verbose\\x0a': did you mean '--verbose'?", "--verbose\n");
    FLAGS("--count needs a value: N", "--count");
    FLAGS("--count needs a value: N", "--count", "--verbose");
    FLAGS("--count: 'x' is no whole number", "--count", "x");
    FLAGS("--verbose: 'x' is not allowed: expected true or false", "--verbose=x");
}

static void text_reads(const char *text, const char *name)
{
    struct err err = {0};

    option_set_free(set);
    settings = (struct settings){0};
    (void)option_set_new(&set, rows, ARRAY_LEN(rows), NULL);
    ok(option_read_flag_text(set, text, "serve", &err) == 0, "read: %s %s", text, err.msg);
    (void)option_store(set, &settings, NULL);
    is_str(settings.name, name, "the name");
}

static void text_fails(const char *text, const char *message)
{
    struct err err = {0};

    is_int(option_read_flag_text(set, text, "serve", &err), -1, "refused: %s", text);
    is_str(err.msg, message, "message");
}

static void test_flag_text(void)
{
    text_reads("", NULL);
    text_reads(" \t\n", NULL);
    text_reads("--user-name a", "a");
    text_reads("serve --user-name a", "a");
    text_reads("--user-name 'a b'", "a b");
    text_reads("--user-name=\"a 'b' \\\" \\\\\"", "a 'b' \" \\");
    text_reads("--user-name a\\ b", "a b");
    text_reads("--user-name 'a\\b'", "a\\b");
    text_reads("--user-name a'b'\"c\"d", "abcd");
    text_reads("--user-name ''", NULL);
    text_fails("--user-name 'a", "OCIMOCK_OPTIONS: a quote or backslash is not finished");
    text_fails("--user-name \"a\\", "OCIMOCK_OPTIONS: a quote or backslash is not finished");
    text_fails("--user-name a\\", "OCIMOCK_OPTIONS: a quote or backslash is not finished");
    text_fails("--cuont 5", "OCIMOCK_OPTIONS: unknown option '--cuont': did you mean '--count'?");
}

static char warnings[1000];

static void on_warning(void *arg, const char *message)
{
    size_t n = strlen(warnings);

    is_str(arg, "arg", "the warning's argument");
    (void)snprintf(warnings + n, sizeof(warnings) - n, "%s;", message);
}

static int environment(const char *const *variables, struct err *err)
{
    static const char *const others[] = {"OCIMOCK_OPTIONS", NULL};
    static char arg[] = "arg";

    option_set_free(set);
    settings = (struct settings){0};
    warnings[0] = '\0';
    (void)option_set_new(&set, rows, ARRAY_LEN(rows), NULL);
    if (option_read_environment(set, (char *const *)variables, others, on_warning, arg, err) != 0)
        return -1;
    return option_store(set, &settings, err);
}

static void test_environment(void)
{
    static const char *const good[] = {"PATH=/bin",           "OCIMOCK_VERBOSE=1",
                                       "OCIMOCK_USER_NAME=x", "OCIMOCK_COUNT=",
                                       "OCIMOCK_LIST=a,b",    "ODD",
                                       "OCIMOCK_OPTIONS=x",   NULL};
    static const char *const kubernetes[] = {"OCIMOCK_PORT=tcp://10.0.0.1:5000",
                                             "OCIMOCK_SERVICE_HOST=10.0.0.1",
                                             "OCIMOCK_SERVICE_PORT=5000",
                                             "OCIMOCK_SERVICE_PORT_HTTP=5000",
                                             "OCIMOCK_PORT_5000_TCP=tcp://10.0.0.1:5000",
                                             "OCIMOCK_PORT_5000_TCP_ADDR=10.0.0.1",
                                             "OCIMOCK_CONTROL_SERVICE_HOST=10.0.0.1",
                                             "OCIMOCK_CONTROL_PORT=tcp://10.0.0.1:5001",
                                             NULL};
    struct err err = {0};

    is_int(environment(good, &err), 0, "variables are read");
    ok(settings.verbose, "a switch");
    is_str(settings.name, "x", "a text");
    is_int(settings.count, 0, "an empty one counts as not set");
    is_int((long long)settings.list.count, 2, "a list");
    is_str(warnings, "", "no warnings");
    is_int(environment(kubernetes, &err), 0, "what Kubernetes sets");
    is_str(warnings, "", "does no harm");
}

static void test_environment_refused(void)
{
    static const char *const unknown[] = {"OCIMOCK_COUMT=5", "OCIMOCK_FOO=1", "OCIMOCK_PRINT=1",
                                          NULL};
    static const char *const wrong[] = {"OCIMOCK_COUNT=x", NULL};
    struct err err = {0};

    is_int(environment(unknown, &err), 0, "unknown variables are warnings");
    is_str(warnings,
           "unknown environment variable 'OCIMOCK_COUMT' is ignored: did you mean 'OCIMOCK_COUNT'?;"
           "unknown environment variable 'OCIMOCK_FOO' is ignored;"
           "unknown environment variable 'OCIMOCK_PRINT' is ignored;",
           "with the nearest name");
    is_int(environment(wrong, &err), -1, "a wrong value is refused");
    is_str(err.msg, "OCIMOCK_COUNT: 'x' is no whole number", "by the variable's name");
    is_int(err.code, ERR_USAGE, "as usage");
}

int main(void)
{
    plan_lazy();
    test_long();
    test_implied();
    test_short();
    test_words();
    test_refused();
    test_flag_text();
    test_environment();
    test_environment_refused();
    option_set_free(set);
    done_testing();
}
