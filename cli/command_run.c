/* SPDX-License-Identifier: MIT */
/*
 * Runs commands out of their tables.
 */
#include "cli/command.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/control_client.h"
#include "lib/util/buf.h"
#include "lib/util/err.h"
#include "lib/util/text.h"
#include "lib/util/util.h"

enum { HELP_MAX = 64 * 1024 };

static enum cli_status print_help(const struct command *c, const char *path)
{
    auto_buf struct buf b = BUF_INIT(HELP_MAX);

    command_help(&b, c, path, cli_width());
    return cli_print_buf(&b);
}

/* "IMAGE and STATE are missing" */
static int missing_words(const struct command *c, size_t given, struct err *err)
{
    auto_buf struct buf names = BUF_INIT(256);
    size_t last = command_words_min(c) - 1;

    for (size_t i = given; i <= last; i++)
        (void)buf_appendf(&names, "%s%s",
                          i == given  ? ""
                          : i == last ? " and "
                                      : ", ",
                          c->words[i].name);
    return err_set(err, ERR_USAGE, "%s %s missing", buf_text(&names), last > given ? "are" : "is");
}

static int check_words(const struct command *c, const struct command_settings *s, struct err *err)
{
    size_t most = command_words_max(c);

    if (s->word_count < command_words_min(c))
        return missing_words(c, s->word_count, err);
    if (s->word_count <= most)
        return 0;
    if (c->surplus != NULL)
        return err_set(err, ERR_USAGE, "%s", c->surplus);
    return err_set(err, ERR_USAGE, "%s is one word too many", TEXT_QUOTE(s->words[most]));
}

/* What is printed goes nowhere; descriptor 1 stays for programs that are run. */
static int be_quiet(struct err *err)
{
    FILE *nowhere = fopen("/dev/null", "we");

    if (nowhere == NULL)
        return err_sys(err, "/dev/null");
    stdout = nowhere;
    return 0;
}

static enum cli_status connect_and_run(const struct command *c, struct command_settings *s,
                                       struct err *err)
{
    const struct control_client_options options = {
        .address = s->address,
        .token_file = s->token_file,
        .world = s->world,
        .all_worlds = c->all_worlds,
    };
    enum cli_status status;

    if ((s->quiet && be_quiet(err) != 0) || control_client_new(&s->client, &options, err) != 0)
        return CLI_FAILURE;
    status = c->run(s, err);
    control_client_free(s->client);
    return status;
}

static enum cli_status run_read(const struct command *c, const char *path,
                                struct command_settings *s, struct err *err)
{
    if (s->help)
        return print_help(c, path);
    if (check_words(c, s, err) != 0)
        return CLI_FAILURE;
    return c->asks_server ? connect_and_run(c, s, err) : c->run(s, err);
}

/* Reads the options into settings and runs. */
static enum cli_status run_with(const struct command *c, const char *path, void *settings, int argc,
                                char **argv, struct err *err)
{
    struct command_settings *s = settings;
    enum cli_status status = CLI_FAILURE;
    struct option_set *set = NULL;
    size_t count = 0;
    auto_free struct option *rows = command_rows(c, &count);

    if (rows == NULL) {
        (void)err_set(err, ERR_NOMEM, "options");
        return CLI_FAILURE;
    }
    s->name = path;
    if (option_set_new(&set, rows, count, err) == 0 &&
        option_read_flags(set, OPTION_FLAG, argc - 1, argv + 1, err) == 0 &&
        option_store(set, settings, err) == 0) {
        s->words = option_words(set, &s->word_count);
        status = run_read(c, path, s, err);
    }
    option_set_free(set);
    return status;
}

static enum cli_status run_own(const struct command *c, const char *path, int argc, char **argv,
                               struct err *err)
{
    size_t size = c->settings_size > 0 ? c->settings_size : sizeof(struct command_settings);
    auto_free void *settings = calloc(1, size);

    ASSERT(size >= sizeof(struct command_settings));
    if (settings == NULL) {
        (void)err_set(err, ERR_NOMEM, "settings");
        return CLI_FAILURE;
    }
    if (c->defaults != NULL)
        memcpy(settings, c->defaults, size);
    return run_with(c, path, settings, argc, argv, err);
}

static bool is_help(const char *word)
{
    return strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0;
}

/* One of which only the parts can be run, and none of them is named. */
static enum cli_status run_nothing(const struct command *c, const char *path, const char *word,
                                   struct err *err)
{
    if (word != NULL && is_help(word))
        return print_help(c, path);
    if (word != NULL && word[0] == '-')
        (void)err_set(err, ERR_USAGE, "unknown option %s: a command comes first", TEXT_QUOTE(word));
    else
        (void)command_no_part(c, NULL, err);
    return CLI_FAILURE;
}

static enum cli_status fail(const struct command *c, const char *path, const struct err *err)
{
    enum cli_status status = cli_fail(path, err);

    if (status == CLI_NO_SERVER && c->asks_server)
        (void)fputs(
            "Start one with 'ocimock serve', or name it with --control or OCIMOCK_CONTROL.\n",
            stderr);
    return status;
}

enum cli_status command_run(const struct command *c, const char *path, int argc, char **argv)
{
    const char *word = argc >= 2 ? argv[1] : NULL;
    bool named = c->parts != NULL && word != NULL && word[0] != '-';
    const struct command *part = named ? command_find_part(c, word) : NULL;
    enum cli_status status = CLI_FAILURE;
    char below[COMMAND_PATH_MAX];
    struct err err = {0};

    if (c->main != NULL)
        return c->main(argc, argv);
    if (part != NULL)
        return command_run(part, command_path(below, path, word), argc - 1, argv + 1);
    if (named)
        (void)command_no_part(c, word, &err);
    else if (c->run == NULL)
        status = run_nothing(c, path, word, &err);
    else
        status = run_own(c, path, argc, argv, &err);
    return status == CLI_FAILURE && err.code != ERR_NONE ? fail(c, path, &err) : status;
}
