/* SPDX-License-Identifier: MIT */
#include "cli/control_command.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <jansson.h>

#include "cli/control_client.h"
#include "cli/table.h"
#include "lib/util/buf.h"
#include "lib/util/conf.h"
#include "lib/util/err.h"
#include "lib/util/text.h"
#include "lib/util/util.h"

enum { HELP_MAX = 32 * 1024, OUTPUT_MAX = 64 * 1024 * 1024 };

/* --- One command --------------------------------------------------------------------------------
 */

static enum cli_status print_help(const struct control_command *c)
{
    auto_buf struct buf b = BUF_INIT(HELP_MAX);

    (void)buf_appendf(&b, "%s\nOptions:\n", c->help);
    option_help(&b, c->options, c->option_count);
    return cli_print_buf(&b);
}

static int check_words(const struct control_command *c, const struct control_settings *s,
                       struct err *err)
{
    if (s->word_count < c->words_min)
        return err_set(err, ERR_USAGE, "%s", c->missing);
    if (s->word_count > c->words_max)
        return err_set(err, ERR_USAGE, "%s is one word too many",
                       TEXT_QUOTE(s->words[c->words_max]));
    return 0;
}

static enum cli_status connect_and_run(const struct control_command *c, void *settings,
                                       struct err *err)
{
    struct control_settings *s = settings;
    const struct control_client_options options = {
        .address = s->address, .token_file = s->token_file, .world = s->world};
    enum cli_status status;

    if (check_words(c, s, err) != 0 || control_client_new(&s->client, &options, err) != 0)
        return CLI_FAILURE;
    status = c->run(settings, err);
    control_client_free(s->client);
    return status;
}

static enum cli_status finish(const struct control_command *c, enum cli_status status,
                              const struct err *err)
{
    return status == CLI_FAILURE && err->code != ERR_NONE ? cli_fail(c->name, err) : status;
}

enum cli_status control_command_run(const struct control_command *command, void *settings, int argc,
                                    char **argv)
{
    struct control_settings *s = settings;
    struct option_set *set = NULL;
    struct err err = {0};
    enum cli_status status = CLI_FAILURE;

    if (option_set_new(&set, command->options, command->option_count, &err) == 0 &&
        option_read_flags(set, OPTION_FLAG, argc - 1, argv + 1, &err) == 0 &&
        option_store(set, settings, &err) == 0) {
        s->words = option_words(set, &s->word_count);
        status = s->help ? print_help(command) : connect_and_run(command, settings, &err);
    }
    status = finish(command, status, &err);
    option_set_free(set);
    return status;
}

/* --- Parts --------------------------------------------------------------------------------------
 */

static bool is_visible(const struct command *part)
{
    return part->name[0] != '\0';
}

static enum cli_status print_parts(const char *name, const struct command *parts,
                                   const char *examples)
{
    auto_buf struct buf b = BUF_INIT(HELP_MAX);

    (void)buf_appendf(&b, "%s\n", examples);
    for (; parts->name != NULL; parts++) {
        if (is_visible(parts))
            (void)buf_appendf(&b, "  %-10s%s\n", parts->name, parts->summary);
    }
    (void)buf_appendf(&b, "\n'ocimock %s PART --help' describes the options of each.\n", name);
    return cli_print_buf(&b);
}

static enum cli_status no_such_part(const char *name, const struct command *parts, const char *word)
{
    auto_buf struct buf known = BUF_INIT(1024);
    struct text_nearest nearest;
    struct err err;

    text_nearest_begin(&nearest, word != NULL ? word : "");
    for (; parts->name != NULL; parts++) {
        if (!is_visible(parts))
            continue;
        (void)buf_appendf(&known, "%s%s", known.len > 0 ? ", " : "", parts->name);
        text_nearest_offer(&nearest, parts->name);
    }
    if (word == NULL)
        (void)err_set(&err, ERR_USAGE, "one of %s is missing", buf_text(&known));
    else if (nearest.name != NULL)
        (void)err_set(&err, ERR_USAGE, "%s is unknown: did you mean '%s'?", TEXT_QUOTE(word),
                      nearest.name);
    else
        (void)err_set(&err, ERR_USAGE, "%s is unknown: known are %s", TEXT_QUOTE(word),
                      buf_text(&known));
    return cli_fail(name, &err);
}

enum cli_status control_parts_run(const char *name, const struct command *parts,
                                  const char *examples, int argc, char **argv)
{
    const char *word = argc >= 2 ? argv[1] : NULL;

    if (word != NULL && (strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0))
        return print_parts(name, parts, examples);
    for (const struct command *part = parts; part->name != NULL; part++) {
        if (!is_visible(part) && (word == NULL || word[0] == '-'))
            return part->run(argc, argv);
        if (word != NULL && strcmp(part->name, word) == 0)
            return part->run(argc - 1, argv + 1);
    }
    return no_such_part(name, parts, word);
}

/* --- Answers ------------------------------------------------------------------------------------
 */

enum cli_status control_command_call(const struct control_settings *s, const char *method,
                                     const char *path, const json_t *body,
                                     enum cli_status (*show)(const json_t *answer, struct err *err),
                                     struct err *err)
{
    json_t *answer;
    enum cli_status status = CLI_OK;

    if (control_client_call(s->client, method, path, body, &answer, err) != 0)
        return CLI_FAILURE;
    if (s->json)
        return cli_print_json(answer != NULL ? answer : json_object());
    if (show != NULL)
        status = show(answer, err);
    json_decref(answer);
    return status;
}

enum cli_status control_print_table(struct table *t, struct err *err)
{
    auto_buf struct buf b = BUF_INIT(OUTPUT_MAX);

    table_print(t, &b, table_look(STDOUT_FILENO));
    if (buf_check(&b, "table", err) != 0)
        return CLI_FAILURE;
    return cli_print_buf(&b);
}

const char *control_duration(char dst[CONTROL_DURATION_MAX], int64_t ms)
{
    static const struct {
        int64_t seconds;
        char unit;
    } units[] = {{86400, 'd'}, {3600, 'h'}, {60, 'm'}, {1, 's'}};
    int64_t left = (ms + 999) / 1000;
    size_t n = 0;

    (void)snprintf(dst, CONTROL_DURATION_MAX, "0s");
    for (size_t i = 0; i < ARRAY_LEN(units); i++) {
        if (left >= units[i].seconds)
            n += (size_t)snprintf(dst + n, CONTROL_DURATION_MAX - n, "%lld%c",
                                  (long long)(left / units[i].seconds), units[i].unit);
        left %= units[i].seconds;
    }
    return dst;
}

/* --- Files --------------------------------------------------------------------------------------
 */

static int read_input(struct buf *b, struct err *err)
{
    for (;;) {
        char part[16 * 1024];
        ssize_t n = read(STDIN_FILENO, part, sizeof(part));

        if (n == 0)
            return buf_check(b, "standard input", err);
        if (n < 0 && errno != EINTR)
            return err_sys(err, "standard input");
        if (n > 0)
            (void)buf_append(b, part, (size_t)n);
    }
}

int control_read_file(struct conf **ret_conf, const char *path, struct err *err)
{
    auto_buf struct buf b = BUF_INIT(CONF_FILE_MAX);

    if (strcmp(path, "-") != 0)
        return conf_load(ret_conf, path, err);
    if (read_input(&b, err) != 0)
        return -1;
    return conf_parse(ret_conf, "standard input", buf_text(&b), b.len, err);
}

/* The line of what the message is about, which begins with a path and a colon; else 0. */
static unsigned line_of(const struct conf *conf, const char *message)
{
    char path[CONF_PATH_MAX];
    size_t n = strcspn(message, ": ");

    if (n == 0 || n >= sizeof(path) || message[n] != ':')
        return 0;
    memcpy(path, message, n);
    path[n] = '\0';
    return conf_line(conf, path);
}

int control_place_error(const struct conf *conf, struct err *err)
{
    unsigned line = err->code == ERR_CONFIG ? line_of(conf, err->msg) : 0;

    if (line > 0)
        return err_wrap(err, "%s:%u", conf_name(conf), line);
    return err->code == ERR_CONFIG ? err_wrap(err, "%s", conf_name(conf)) : -1;
}
