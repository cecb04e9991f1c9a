/* SPDX-License-Identifier: MIT */
/*
 * The part of ocimock(1) that follows from the tables: every command with its options, in roff.
 */
#include "cli/manual.h"

#include <string.h>

#include "lib/util/buf.h"
#include "lib/util/util.h"

/* Text in which nothing means anything to roff; n bytes. */
static void put_text(struct buf *b, const char *text, size_t n)
{
    if (n > 0 && (*text == '.' || *text == '\''))
        (void)buf_append_text(b, "\\&");
    for (; n > 0; text++, n--) {
        if (*text == '\\')
            (void)buf_append_text(b, "\\e");
        else if (*text == '-')
            (void)buf_append_text(b, "\\-");
        else if (*text == '"')
            (void)buf_append_text(b, "\\(dq");
        else
            (void)buf_append_char(b, *text);
    }
}

/* Each paragraph of text behind a request of its own. */
static void put_paragraphs(struct buf *b, const char *text)
{
    while (text != NULL && *text != '\0') {
        size_t n = strcspn(text, "\n");

        (void)buf_append_text(b, ".PP\n");
        put_text(b, text, n);
        (void)buf_append_char(b, '\n');
        text += n + (text[n] == '\n');
    }
}

static void put_examples(struct buf *b, const char *lines)
{
    (void)buf_append_text(b, ".PP\n.RS 4\n.nf\n");
    while (*lines != '\0') {
        size_t n = strcspn(lines, "\n");

        put_text(b, lines, n);
        (void)buf_append_char(b, '\n');
        lines += n + (lines[n] == '\n');
    }
    (void)buf_append_text(b, ".fi\n.RE\n");
}

/* "\fB\-o\fR, \fB\-\-out\fR \fIFOLDER\fR" */
static void put_flag(struct buf *b, const struct option *row)
{
    if (row->letter != 0)
        (void)buf_appendf(b, "\\fB\\-%c\\fR, ", row->letter);
    (void)buf_append_text(b, "\\fB\\-\\-");
    put_text(b, row->flag, strlen(row->flag));
    (void)buf_append_text(b, "\\fR");
    if (row->arg != NULL) {
        (void)buf_append_text(b, row->implied != NULL ? " [\\fI" : " \\fI");
        put_text(b, row->arg, strlen(row->arg));
        (void)buf_append_text(b, row->implied != NULL ? "\\fR]" : "\\fR");
    }
    (void)buf_append_char(b, '\n');
}

static void put_option(struct buf *b, const struct option *row)
{
    auto_buf struct buf sentence = BUF_INIT(b->max);

    if (row->group != NULL) {
        (void)buf_append_text(b, ".PP\n.I ");
        put_text(b, row->group, strlen(row->group));
        (void)buf_append_text(b, ":\n");
    }
    (void)buf_append_text(b, ".TP\n");
    put_flag(b, row);
    option_sentence(&sentence, row);
    put_text(b, buf_text(&sentence), sentence.len);
    (void)buf_append_char(b, '\n');
}

static void put_command(const struct command *c, const char *path, void *arg)
{
    auto_buf struct buf usage = BUF_INIT(4096);
    struct buf *b = arg;

    if (c->run == NULL && c->main == NULL)
        return;
    command_usage(&usage, c, path);
    (void)buf_append_text(b, ".SS ");
    put_text(b, buf_text(&usage), usage.len);
    (void)buf_append_text(b, "\n");
    put_paragraphs(b, c->about);
    put_examples(b, c->examples);
    for (size_t i = 0; i < c->option_count; i++)
        put_option(b, &c->options[i]);
}

/* The options that the frame adds, once for all. */
static void put_common(struct buf *b)
{
    static const struct command asking = {.asks_server = true};
    size_t count = 0;
    auto_free struct option *rows = command_rows(&asking, &count);

    if (rows == NULL)
        b->failed = true;
    for (size_t i = 0; rows != NULL && i < count; i++)
        put_option(b, &rows[i]);
}

void manual_write(struct buf *b, const struct command *root)
{
    (void)buf_append_text(b, ".SH \"OPTIONS OF ALL COMMANDS\"\n"
                             "Those about a server are for the commands that steer a running one, "
                             "as \\-\\-quiet is.\n");
    put_common(b);
    (void)buf_append_text(b, ".SH COMMANDS\n");
    command_walk(root, "", put_command, b);
}
