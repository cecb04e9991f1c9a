/* SPDX-License-Identifier: MIT */
/*
 * Options from a text of flags, an environment variable, and a file: the first byte chooses.
 */
#include "tests/fuzz/fuzz.h"

#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "lib/util/buf.h"
#include "lib/util/err.h"
#include "lib/util/option.h"
#include "lib/util/util.h"

struct settings {
    bool on;
    uint32_t count;
    uint64_t size;
    uint32_t duration;
    uint32_t mode;
    const char *text;
    const char *path;
    struct option_list list;
    json_t *accounts;
};

#define MEMBER(m) OPTION_MEMBER(struct settings, m)

static const struct schema key[] = {
    {.key = "file", .type = SCHEMA_PATH},
    {.key = "life", .type = SCHEMA_DURATION},
    {.key = NULL},
};

static const struct schema account[] = {
    {.key = "name", .type = SCHEMA_TEXT, .required = true},
    {.key = "secret", .type = SCHEMA_TEXT, .secret = true},
    {.key = "groups", .type = SCHEMA_LIST},
    {.key = "keys", .type = SCHEMA_OBJECTS, .members = key},
    {.key = NULL},
};

static const struct option rows[] = {
    {.key = "on", .flag = "on", .letter = 'o', .value.type = SCHEMA_BOOL, MEMBER(on)},
    {.key = "a.count", .flag = "count", .arg = "N", .value.type = SCHEMA_COUNT, MEMBER(count)},
    {.key = "a.b.size", .flag = "size", .arg = "S", .value.type = SCHEMA_SIZE, MEMBER(size)},
    {.key = "a.duration",
     .flag = "duration",
     .arg = "D",
     .value.type = SCHEMA_DURATION,
     MEMBER(duration)},
    {.key = "mode",
     .flag = "mode",
     .arg = "M",
     .value = {.type = SCHEMA_CHOICE, .choices = (const char *const[]){"on", "405", NULL}},
     MEMBER(mode)},
    {.key = "text", .flag = "text", .arg = "T", .value.type = SCHEMA_TEXT, MEMBER(text)},
    {.key = "path",
     .flag = "path",
     .letter = 'p',
     .arg = "P",
     .implied = ".",
     .value = {.type = SCHEMA_PATH, .or_bool = true},
     MEMBER(path)},
    {.key = "list", .flag = "list", .arg = "L", .value.type = SCHEMA_LIST, MEMBER(list)},
    {.key = "accounts",
     .flag = "accounts",
     .arg = "JSON",
     .value = {.type = SCHEMA_OBJECTS, .members = account},
     MEMBER(accounts)},
};

static void on_warning(void *arg, const char *message)
{
    (void)arg;
    MUST(message[0] != '\0');
}

static int read_conf(struct option_set *set, const char *text, struct err *err)
{
    struct conf *conf;

    if (conf_parse(&conf, "/fuzz.yaml", text, strlen(text), err) != 0)
        return -1;
    return option_read_conf(set, conf, err);
}

static int read_environment(struct option_set *set, const char *text, struct err *err)
{
    auto_buf struct buf b = BUF_INIT(1 << 20);
    char *environment[2] = {NULL, NULL};

    (void)buf_appendf(&b, "OCIMOCK_%s", text);
    environment[0] = b.failed ? NULL : b.data;
    return option_read_environment(set, environment, NULL, on_warning, NULL, err);
}

/* What was accepted can be stored and printed. */
static void use(struct option_set *set)
{
    struct settings settings = {0};
    json_t *printable;

    MUST(option_store(set, &settings, NULL) == 0);
    MUST(settings.mode < 2);
    printable = option_printable(set);
    MUST(json_is_object(printable));
    json_decref(printable);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    auto_free char *text = size == 0 ? NULL : strndup((const char *)data + 1, size - 1);
    struct option_set *set = NULL;
    struct err err = {0};
    int result;

    if (text == NULL)
        return 0;
    MUST(option_set_new(&set, rows, ARRAY_LEN(rows), &err) == 0);
    if (data[0] == 'e')
        result = read_environment(set, text, &err);
    else if (data[0] == 'f')
        result = option_read_flag_text(set, text, "serve", &err);
    else
        result = read_conf(set, text, &err);
    if (result == 0)
        use(set);
    else
        MUST(err.msg[0] != '\0');
    option_set_free(set);
    return 0;
}
