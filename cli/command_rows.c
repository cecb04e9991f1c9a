/* SPDX-License-Identifier: MIT */
/*
 * What the tables of commands say: options with those that all have, parts, words.
 */
#include "cli/command.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/util/buf.h"
#include "lib/util/err.h"
#include "lib/util/text.h"
#include "lib/util/util.h"

#define MEMBER(m) OPTION_MEMBER(struct command_settings, m)

static const struct option json_row = {CLI_SWITCH("json", "Print JSON"), MEMBER(json)};

static const struct option quiet_row = {CLI_SWITCH("quiet", "Print nothing but errors"),
                                        .letter = 'q', MEMBER(quiet)};

static const struct option help_row = {CLI_SWITCH("help", "Print this help"), .letter = 'h',
                                       MEMBER(help)};

static const struct option server_rows[] = {
    {CLI_TEXT("control", "ADDRESS",
              "Where the control API is: host:port or a URL. Without it, OCIMOCK_CONTROL, else "
              "127.0.0.1:5001"),
     .group = "Server", MEMBER(address)},
    {CLI_FILE("control-token-file",
              "File with the token that it wants. Without it, OCIMOCK_CONTROL_TOKEN or "
              "OCIMOCK_CONTROL_TOKEN_FILE"),
     MEMBER(token_file)},
    /* the last: not for those that are about all worlds */
    {CLI_TEXT("world", "NAME",
              "World to work on. Without it, OCIMOCK_WORLD, else the one of the start"),
     MEMBER(world)},
};

/* How many parts a message lists at most. */
enum { NAMED_PARTS = 10 };

enum { FRAME_ROWS = ARRAY_LEN(server_rows) + 3 };

/* Those of the frame; returns how many. */
static size_t put_frame_rows(struct option *to, const struct command *c)
{
    size_t n = 0;

    if (!c->no_json)
        to[n++] = json_row;
    if (c->asks_server)
        to[n++] = quiet_row;
    to[n++] = help_row;
    /* Behind groups of its own, these are one too. */
    if (c->option_count > 0 && c->options[0].group != NULL)
        to[0].group = "Output";
    if (c->asks_server) {
        memcpy(to + n, server_rows, sizeof(server_rows));
        n += ARRAY_LEN(server_rows) - (c->all_worlds ? 1 : 0);
    }
    return n;
}

struct option *command_rows(const struct command *c, size_t *ret_count)
{
    struct option *rows = calloc(c->option_count + FRAME_ROWS, sizeof(*rows));

    if (rows == NULL)
        return NULL;
    for (size_t i = 0; i < c->option_count; i++)
        rows[i] = c->options[i];
    *ret_count = c->option_count;
    if (c->main == NULL)
        *ret_count += put_frame_rows(rows + c->option_count, c);
    return rows;
}

/* --- Words --------------------------------------------------------------------------------------
 */

size_t command_words_min(const struct command *c)
{
    size_t n = 0;

    for (const struct command_word *w = c->words; w->name != NULL; w++)
        n += !w->optional;
    return n;
}

size_t command_words_max(const struct command *c)
{
    size_t n = 0;

    for (const struct command_word *w = c->words; w->name != NULL; w++) {
        if (w->repeated || w->command)
            return SIZE_MAX;
        n++;
    }
    return n;
}

/* --- Parts --------------------------------------------------------------------------------------
 */

const char *command_path(char dst[COMMAND_PATH_MAX], const char *path, const char *name)
{
    (void)snprintf(dst, COMMAND_PATH_MAX, "%s%s%s", path, *path != '\0' ? " " : "", name);
    return dst;
}

void command_walk(const struct command *c, const char *path, command_visit_fn fn, void *arg)
{
    char below[COMMAND_PATH_MAX];

    fn(c, path, arg);
    for (size_t i = 0; c->parts != NULL && c->parts[i] != NULL; i++)
        command_walk(c->parts[i], command_path(below, path, c->parts[i]->name), fn, arg);
}

const struct command *command_find_part(const struct command *c, const char *name)
{
    for (size_t i = 0; c->parts != NULL && c->parts[i] != NULL; i++) {
        if (strcmp(c->parts[i]->name, name) == 0)
            return c->parts[i];
    }
    return NULL;
}

/* "add, list, remove" where they are few enough to be read in a message. */
static void put_known(struct buf *b, const struct command *c)
{
    size_t count = 0;

    while (c->parts[count] != NULL)
        count++;
    for (size_t i = 0; count <= NAMED_PARTS && i < count; i++)
        (void)buf_appendf(b, "%s%s", i > 0 ? ", " : "", c->parts[i]->name);
}

int command_no_part(const struct command *c, const char *word, struct err *err)
{
    auto_buf struct buf known = BUF_INIT(1024);
    struct text_nearest nearest;

    put_known(&known, c);
    if (word == NULL)
        return err_set(err, ERR_USAGE, "a command is missing%s%s", known.len > 0 ? ": " : "",
                       buf_text(&known));
    text_nearest_begin(&nearest, word);
    for (size_t i = 0; c->parts[i] != NULL; i++)
        text_nearest_offer(&nearest, c->parts[i]->name);
    if (nearest.name != NULL)
        return err_set(err, ERR_USAGE, "unknown command %s: did you mean '%s'?", TEXT_QUOTE(word),
                       nearest.name);
    return err_set(err, ERR_USAGE, "unknown command %s%s%s", TEXT_QUOTE(word),
                   known.len > 0 ? ": known are " : "", buf_text(&known));
}
