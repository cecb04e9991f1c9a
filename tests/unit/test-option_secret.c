/* SPDX-License-Identifier: MIT */
#include "lib/util/option.h"

#include <string.h>

#include "lib/util/err.h"
#include "lib/util/util.h"
#include "tests/tap/tap.h"

static const struct schema members[] = {
    {.key = "name", .type = SCHEMA_TEXT},
    {.key = "secret", .type = SCHEMA_TEXT, .secret = true},
    {.key = NULL},
};

static const struct option rows[] = {
    {.flag = "user",
     .variable = "OCIMOCK_USERS",
     .value = {.type = SCHEMA_LIST, .secret = true},
     .help = ""},
    {.flag = "accounts", .value = {.type = SCHEMA_OBJECTS, .members = members}, .help = ""},
    {.flag = "name", .value.type = SCHEMA_TEXT, .help = ""},
    {.flag = "password-only",
     .flag_only = true,
     .value = {.type = SCHEMA_TEXT, .secret = true},
     .help = ""},
};

static struct option_set *make(void)
{
    struct option_set *set = NULL;
    struct err err = {0};

    is_int(option_set_new(&set, rows, ARRAY_LEN(rows), &err), 0, "a set: %s", err.msg);
    return set;
}

static void test_flags(void)
{
    static const char *const wanted[] = {"serve",      "--user", "***",    "--user=***",
                                         "--accounts", "***",    "--name", "visible",
                                         "word",       "--",     "--user", "left"};
    char texts[][32] = {
        "serve",  "--user",  "alice:wonder", "--user=bob:x", "--accounts", "[{\"secret\":\"x\"}]",
        "--name", "visible", "word",         "--",           "--user",     "left"};
    char *argv[ARRAY_LEN(texts) + 1] = {NULL};
    char *none[] = {NULL};
    struct option_set *set = make();

    for (size_t i = 0; i < ARRAY_LEN(texts); i++)
        argv[i] = texts[i];
    option_hide_secrets(set, ARRAY_LEN(texts), argv, none);
    for (size_t i = 0; i < ARRAY_LEN(texts); i++)
        is_str(texts[i], wanted[i], "argument %zu", i);
    ok(memcmp(texts[2] + 3, "\0\0\0\0\0\0\0\0\0", 9) == 0, "nothing is left behind it");
    option_set_free(set);
}

static void test_short(void)
{
    char texts[][16] = {"--user", "x", "--user=", "--user"};
    char *argv[] = {texts[0], texts[1], texts[2], texts[3]};
    char *none[] = {NULL};
    struct option_set *set = make();

    option_hide_secrets(set, 4, argv, none);
    is_str(texts[1], "*", "a short value");
    is_str(texts[2], "--user=", "no value");
    is_str(texts[3], "--user", "none that follows");
    option_set_free(set);
}

static void test_variables(void)
{
    static const char *const wanted[] = {"OCIMOCK_USERS=***",
                                         "OCIMOCK_USER=alice:x",
                                         "OCIMOCK_ACCOUNTS=***",
                                         "OCIMOCK_NAME=x",
                                         "OCIMOCK_PASSWORD_ONLY=abc",
                                         "OCIMOCK_OPTIONS=***",
                                         "BROKEN"};
    char texts[][48] = {"OCIMOCK_USERS=alice:wonder",
                        "OCIMOCK_USER=alice:x",
                        "OCIMOCK_ACCOUNTS=[]x",
                        "OCIMOCK_NAME=x",
                        "OCIMOCK_PASSWORD_ONLY=abc",
                        "OCIMOCK_OPTIONS=--name x --user alice:x",
                        "BROKEN"};
    char other[] = "OCIMOCK_OPTIONS=--name user";
    char *environment[ARRAY_LEN(texts) + 1] = {NULL};
    char *more[] = {other, NULL};
    struct option_set *set = make();

    for (size_t i = 0; i < ARRAY_LEN(texts); i++)
        environment[i] = texts[i];
    option_hide_secrets(set, 0, NULL, environment);
    for (size_t i = 0; i < ARRAY_LEN(texts); i++)
        is_str(texts[i], wanted[i], "variable %zu", i);
    option_hide_secrets(set, 0, NULL, more);
    is_str(other, "OCIMOCK_OPTIONS=--name user", "options without a secret stay");
    option_set_free(set);
}

/* The row's own name of its variable. */
static void test_reading(void)
{
    char users[] = "OCIMOCK_USERS=alice:a,bob:b";
    char *environment[] = {users, NULL};
    struct option_set *set = make();
    struct err err = {0};

    is_int(option_read_environment(set, environment, NULL, NULL, NULL, &err), 0, "read: %s",
           err.msg);
    is_int(option_source(set, "user"), OPTION_ENVIRONMENT, "by its own name");
    is_int(option_read_text(set, "user", OPTION_FILE, "carol:c", "x", &err), 0, "a lower one");
    is_int(option_source(set, "user"), OPTION_ENVIRONMENT, "does not count");
    is_int(option_read_text(set, "name", OPTION_FILE, "n", "x", &err), 0, "where there is none");
    is_str(option_text(set, "name"), "n", "it does");
    option_set_free(set);
}

int main(void)
{
    plan_lazy();
    test_flags();
    test_short();
    test_variables();
    test_reading();
    done_testing();
}
