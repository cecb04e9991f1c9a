/* SPDX-License-Identifier: MIT */
#include "lib/util/option.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <jansson.h>

#include "lib/util/err.h"
#include "lib/util/util.h"
#include "tests/tap/tap.h"

struct settings {
    bool on;
    bool read_only;
    uint32_t number;
    uint64_t size;
    uint32_t duration;
    const char *text;
    const char *path;
    struct option_list list;
    json_t *accounts;
};

#define MEMBER(m) OPTION_MEMBER(struct settings, m)
#define CHOICES(...)                                                                               \
    .type = SCHEMA_CHOICE, .choices = (const char *const[])                                        \
    {                                                                                              \
        __VA_ARGS__, NULL                                                                          \
    }

static const struct schema account[] = {
    {.key = "name", .type = SCHEMA_TEXT, .required = true},
    {.key = "secret_file", .type = SCHEMA_PATH},
    {.key = NULL},
};

static const struct option rows[] = {
    {.key = "on", .flag = "on", .value.type = SCHEMA_BOOL, .preset = "true", MEMBER(on)},
    {.key = "a.mode",
     .flag = "mode",
     .arg = "MODE",
     .value = {CHOICES("read-write", "read-only")},
     .preset = "read-write",
     MEMBER(read_only)},
    {.key = "a.b.number",
     .flag = "number",
     .arg = "N",
     .value.type = SCHEMA_COUNT,
     .preset = "7",
     MEMBER(number)},
    {.key = "a.b.size",
     .flag = "size",
     .arg = "SIZE",
     .value.type = SCHEMA_SIZE,
     .preset = "1k",
     MEMBER(size)},
    {.key = "duration",
     .flag = "duration",
     .arg = "D",
     .value.type = SCHEMA_DURATION,
     MEMBER(duration)},
    {.key = "text", .flag = "text", .arg = "TEXT", .value.type = SCHEMA_TEXT, MEMBER(text)},
    {.key = "path", .flag = "path", .arg = "PATH", .value.type = SCHEMA_PATH, MEMBER(path)},
    {.key = "list",
     .flag = "list",
     .arg = "X",
     .value.type = SCHEMA_LIST,
     .preset = "x,y",
     MEMBER(list)},
    {.key = "accounts",
     .flag = "accounts",
     .arg = "JSON",
     .value = {.type = SCHEMA_OBJECTS, .members = account},
     MEMBER(accounts)},
    {.flag = "unstored", .value.type = SCHEMA_BOOL},
};

static struct option_set *set_new(void)
{
    struct option_set *set = NULL;
    struct err err = {0};

    ok(option_set_new(&set, rows, ARRAY_LEN(rows), &err) == 0, "a new set: %s", err.msg);
    return set;
}

static int read_text(struct option_set *set, const char *text, struct err *err)
{
    struct conf *conf;

    if (conf_parse(&conf, "/tmp/f.yaml", text, strlen(text), err) != 0)
        return -1;
    return option_read_conf(set, conf, err);
}

static void test_defaults(void)
{
    struct option_set *set = set_new();
    struct settings s = {.duration = 5};

    is_int(option_store(set, &s, NULL), 0, "defaults are stored");
    ok(s.on, "a boolean");
    ok(!s.read_only, "a choice in a boolean");
    is_int(s.number, 7, "a number");
    is_int((long long)s.size, 1024, "a size");
    is_int(s.duration, 5, "what has no default stays");
    ok(s.text == NULL && s.path == NULL, "texts too");
    is_int((long long)s.list.count, 2, "a list");
    is_str(s.list.items[1], "y", "of two");
    is_int(option_source(set, "number"), OPTION_DEFAULT, "the source is known");
    is_int(option_source(set, "text"), OPTION_UNSET, "or that there is none");
    option_set_free(set);
    option_set_free(NULL);
}

static void test_file(void)
{
    struct option_set *set = set_new();
    struct settings s = {0};
    struct err err = {0};

    ok(read_text(set,
                 "on: false\na: {mode: read-only, b: {number: 9}}\nduration: 2s\ntext: hello\n"
                 "path: p/q\nlist: one\naccounts: [{name: n, secret_file: s}]\n",
                 &err) == 0,
       "a file is read: %s", err.msg);
    is_int(option_store(set, &s, NULL), 0, "and stored");
    ok(!s.on && s.read_only, "booleans");
    is_int(s.number, 9, "a nested number");
    is_int((long long)s.size, 1024, "the default stays beside it");
    is_int(s.duration, 2000, "a duration");
    is_str(s.text, "hello", "a text");
    is_str(s.path, "/tmp/p/q", "a path is relative to the file");
    is_int((long long)s.list.count, 1, "one text is a list");
    is_str(s.list.items[0], "one", "of one");
    is_str(json_string_value(json_object_get(json_array_get(s.accounts, 0), "secret_file")),
           "/tmp/s", "objects are handed on, with their paths");
    option_set_free(set);
}

static void test_file_nulls(void)
{
    struct option_set *set = set_new();
    struct settings s = {0};
    struct err err = {0};

    is_int(read_text(set, "on:\na:\ntext: ''\nlist: []\n", &err), 0, "keys without values");
    is_int(option_store(set, &s, NULL), 0, "are stored");
    ok(s.on, "null leaves the default");
    ok(s.text == NULL, "an empty text is none");
    is_int((long long)s.list.count, 0, "an empty list is empty");
    option_set_free(set);
}

static void refuses(const char *text, const char *message)
{
    struct option_set *set = set_new();
    struct err err = {0};

    is_int(read_text(set, text, &err), -1, "refused: %s", text);
    is_str(err.msg, message, "with its reason");
    is_int(err.code, ERR_CONFIG, "as configuration");
    option_set_free(set);
}

static void test_file_refused(void)
{
    refuses("onn: true\n", "/tmp/f.yaml:1: onn: unknown key: did you mean 'on'?");
    refuses("a:\n  mdoe: x\n", "/tmp/f.yaml:2: a.mdoe: unknown key: did you mean 'mode'?");
    refuses("a:\n  b:\n    numbr: 1\n",
            "/tmp/f.yaml:3: a.b.numbr: unknown key: did you mean 'number'?");
    refuses("frobnicate: 1\n", "/tmp/f.yaml:1: frobnicate: unknown key");
    refuses("a: 5\n", "/tmp/f.yaml:1: a: expected keys and values below it");
    refuses("a.mode: read-only\n", "/tmp/f.yaml:1: a.mode: unknown key");
    refuses("on.x: 5\n", "/tmp/f.yaml:1: on.x: unknown key: did you mean 'on'?");
    refuses("on: {x: 5}\n", "/tmp/f.yaml:1: on: expected true or false, not keys and values");
    refuses("unstored: true\n", "/tmp/f.yaml:1: unstored: unknown key");
    refuses("a: {b: {number: 99999999999}}\n",
            "/tmp/f.yaml:1: a.b.number: out of range: allowed is 0 to 2147483647");
    refuses("duration: 100d\n",
            "/tmp/f.yaml:1: duration: out of range: allowed is 0 to 4294967295ms");
    refuses("accounts: [{nmae: x}]\n",
            "/tmp/f.yaml:1: accounts[0].nmae: unknown key: did you mean 'name'?");
}

static void test_precedence(void)
{
    struct option_set *set = set_new();
    struct settings s = {0};
    static const char *const flags[] = {"--number=4", "--list", "a", "--list=b,c"};
    static const char *const environment[] = {"OCIMOCK_NUMBER=3", "OCIMOCK_SIZE=3",
                                              "OCIMOCK_LIST=e", NULL};

    is_int(option_read_flags(set, OPTION_FLAG, 4, (char *const *)flags, NULL), 0, "flags");
    is_int(option_read_environment(set, (char *const *)environment, NULL, NULL, NULL, NULL), 0,
           "then the environment");
    is_int(option_read_flag_text(set, "--text=opt --list o", NULL, NULL), 0,
           "then flags in a text");
    is_int(read_text(set, "a: {b: {number: 2, size: 2}}\nduration: 2s\ntext: file\n", NULL), 0,
           "then a file");
    is_int(option_store(set, &s, NULL), 0, "are stored");
    is_int(s.number, 4, "a flag wins");
    is_int((long long)s.size, 3, "then the environment");
    is_str(s.text, "opt", "flags in a text rank between");
    is_int(s.duration, 2000, "then the file");
    is_int((long long)s.list.count, 3, "a list is taken whole from one place");
    is_str(s.list.items[2], "c", "where its flag may be repeated");
    is_int(option_source(set, "text"), OPTION_OPTIONS, "the source is known");
    option_set_free(set);
}

static void test_read_file(void)
{
    char path[] = "/tmp/test-option-XXXXXX";
    struct option_set *set = set_new();
    struct err err = {0};
    int fd = mkstemp(path);

    ok(fd >= 0 && write(fd, "text: x\n", 8) == 8, "a file");
    (void)close(fd);
    is_int(option_read_file(set, path, &err), 0, "is read");
    is_str(option_text(set, "text"), "x", "by its name");
    (void)unlink(path);
    is_int(option_read_file(set, path, &err), -1, "when it is gone, that is told: %s", err.msg);
    option_set_free(set);
}

static void test_bad_default(void)
{
    static const struct option bad[] = {
        {.flag = "x", .arg = "N", .value.type = SCHEMA_COUNT, .preset = "many"},
    };
    struct option_set *set = NULL;
    struct err err = {0};

    is_int(option_set_new(&set, bad, 1, &err), -1, "a default that is not allowed");
    is_str(err.msg, "default: x: 'many' is no whole number", "is told");
}

int main(void)
{
    plan_lazy();
    test_defaults();
    test_file();
    test_file_nulls();
    test_file_refused();
    test_precedence();
    test_read_file();
    test_bad_default();
    done_testing();
}
