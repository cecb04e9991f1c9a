/* SPDX-License-Identifier: MIT */
/*
 * The help of a command out of its table: examples first, then what it does, how it is used, its
 * parts or options.
 */
#include "cli/command.h"

#include <stdlib.h>
#include <string.h>

#include "lib/util/buf.h"
#include "lib/util/util.h"

static void put_examples(struct buf *b, const char *lines)
{
    (void)buf_append_text(b, "Examples:\n");
    while (*lines != '\0') {
        size_t n = strcspn(lines, "\n");

        (void)buf_appendf(b, "  %.*s\n", (int)n, lines);
        lines += n + (lines[n] == '\n');
    }
}

/* One paragraph of n bytes in lines of `width`. */
static void put_paragraph(struct buf *b, const char *text, size_t n, unsigned width)
{
    size_t column = 0;

    while (n > 0) {
        size_t word = strcspn(text, " \n");
        size_t blanks = strspn(text + word, " ");

        word = word < n ? word : n;
        if (column > 0 && column + 1 + word > width) {
            (void)buf_append_char(b, '\n');
            column = 0;
        }
        (void)buf_appendf(b, "%s%.*s", column > 0 ? " " : "", (int)word, text);
        column += word + (column > 0);
        text += word + blanks;
        n -= word + blanks < n ? word + blanks : n;
    }
    (void)buf_append_char(b, '\n');
}

static void put_about(struct buf *b, const char *text, unsigned width)
{
    while (text != NULL && *text != '\0') {
        size_t n = strcspn(text, "\n");

        (void)buf_append_char(b, '\n');
        put_paragraph(b, text, n, width);
        text += n + (text[n] == '\n');
    }
}

static void put_word(struct buf *b, const struct command_word *w)
{
    (void)buf_appendf(b, " %s%s%s%s", w->optional ? "[" : "", w->command ? "-- " : "", w->name,
                      w->repeated ? "..." : "");
    if (w->command)
        (void)buf_append_text(b, " [ARGUMENT...]");
    if (w->optional)
        (void)buf_append_char(b, ']');
}

void command_usage(struct buf *b, const struct command *c, const char *path)
{
    const struct command_word *w = c->words;

    (void)buf_appendf(b, "ocimock%s%s", *path != '\0' ? " " : "", path);
    if (c->parts != NULL)
        (void)buf_append_text(b, c->run != NULL ? " [COMMAND]" : " COMMAND");
    for (; w->name != NULL && !w->command; w++)
        put_word(b, w);
    (void)buf_append_text(b, " [OPTION...]");
    if (w->name != NULL)
        put_word(b, w);
    if (c->redirection != NULL)
        (void)buf_appendf(b, " %s", c->redirection);
}

static void put_parts(struct buf *b, const struct command *c, const char *path)
{
    size_t width = 0;

    if (c->parts == NULL)
        return;
    for (size_t i = 0; c->parts[i] != NULL; i++)
        width = strlen(c->parts[i]->name) > width ? strlen(c->parts[i]->name) : width;
    for (size_t i = 0; c->parts[i] != NULL; i++) {
        const struct command *part = c->parts[i];

        if (i == 0 || part->group != NULL)
            (void)buf_appendf(b, "\n%s:\n", part->group != NULL ? part->group : "Commands");
        (void)buf_appendf(b, "  %-*s  %s\n", (int)width, part->name, part->summary);
    }
    (void)buf_appendf(b, "\n'ocimock%s%s COMMAND --help' describes each.\n",
                      *path != '\0' ? " " : "", path);
}

static void put_options(struct buf *b, const struct command *c, unsigned width)
{
    size_t count = 0;
    auto_free struct option *rows = command_rows(c, &count);

    if (c->run == NULL && c->main == NULL)
        return;
    if (rows == NULL) {
        b->failed = true;
        return;
    }
    (void)buf_append_text(b, rows[0].group == NULL ? "\nOptions:\n" : "\n");
    option_help(b, rows, count, width);
}

void command_help(struct buf *b, const struct command *c, const char *path, unsigned width)
{
    put_examples(b, c->examples);
    put_about(b, c->about, width);
    (void)buf_append_text(b, "\nUsage: ");
    command_usage(b, c, path);
    (void)buf_append_char(b, '\n');
    put_parts(b, c, path);
    put_options(b, c, width);
}
