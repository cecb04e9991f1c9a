/* SPDX-License-Identifier: MIT */
/*
 * Completion for fish: one `complete` per part, option and word.
 */
#include "cli/completion.h"

#include "lib/util/buf.h"
#include "lib/util/util.h"

static const char functions[] =
    "# True when the words so far are the command that the arguments name.\n"
    "function __ocimock_at\n"
    "    set -l at\n"
    "    set -l words (commandline -opc)\n"
    "    for word in $words[2..-1]\n"
    "        set -l longer (string trim -- \"$at $word\")\n"
    "        if contains -- \"$longer\" $__ocimock_commands\n"
    "            set at \"$longer\"\n"
    "        end\n"
    "    end\n"
    "    test \"$at\" = \"$argv\"\n"
    "end\n"
    "\n"
    "complete -c ocimock -f\n";

/* In single quotes, as fish has them. */
static void put_quoted(struct buf *b, const char *text)
{
    (void)buf_append_char(b, '\'');
    for (; *text != '\0'; text++) {
        if (*text == '\'' || *text == '\\')
            (void)buf_append_char(b, '\\');
        (void)buf_append_char(b, *text);
    }
    (void)buf_append_char(b, '\'');
}

static void begin(struct buf *b, const char *path)
{
    (void)buf_appendf(b, "complete -c ocimock -n '__ocimock_at%s%s'", *path != '\0' ? " " : "",
                      path);
}

static void put_option(struct buf *b, const char *path, const struct option *row)
{
    begin(b, path);
    (void)buf_appendf(b, " -l %s%s", completion_is_on(row) ? "no-" : "", row->flag);
    if (row->letter != 0)
        (void)buf_appendf(b, " -s %c", row->letter);
    if (row->value.type != SCHEMA_BOOL)
        (void)buf_append_text(b, completion_is_path(row) ? " -r -F" : " -x");
    for (size_t i = 0; row->value.choices != NULL && row->value.choices[i] != NULL; i++)
        (void)buf_appendf(b, "%s%s", i == 0 ? " -a '" : " ", row->value.choices[i]);
    if (row->value.choices != NULL)
        (void)buf_append_char(b, '\'');
    (void)buf_append_text(b, " -d ");
    put_quoted(b, row->help);
    (void)buf_append_char(b, '\n');
}

static void put_parts(struct buf *b, const struct command *c, const char *path)
{
    for (size_t i = 0; c->parts != NULL && c->parts[i] != NULL; i++) {
        begin(b, path);
        (void)buf_appendf(b, " -a %s -d ", c->parts[i]->name);
        put_quoted(b, c->parts[i]->summary);
        (void)buf_append_char(b, '\n');
    }
}

static void put_word(struct buf *b, const struct command_word *w, const char *path)
{
    const char *name;

    for (size_t i = 0; (name = completion_name(w, i)) != NULL; i++) {
        begin(b, path);
        (void)buf_appendf(b, " -a %s\n", name);
    }
    if (w->path) {
        begin(b, path);
        (void)buf_append_text(b, " -F\n");
    }
    if (w->command) {
        begin(b, path);
        (void)buf_append_text(b, " -a '(__fish_complete_subcommand)'\n");
    }
}

static void put_command(const struct command *c, const char *path, void *arg)
{
    struct buf *b = arg;
    size_t count = 0;
    auto_free struct option *rows = command_rows(c, &count);

    if (rows == NULL) {
        b->failed = true;
        return;
    }
    put_parts(b, c, path);
    for (size_t i = 0; i < count; i++)
        put_option(b, path, &rows[i]);
    for (const struct command_word *w = c->words; w->name != NULL; w++)
        put_word(b, w, path);
}

static void put_name(const struct command *c, const char *path, void *arg)
{
    (void)c;
    if (*path != '\0')
        (void)buf_appendf(arg, " '%s'", path);
}

void completion_fish(struct buf *b, const struct command *root)
{
    (void)buf_append_text(b, "# fish completion for ocimock, made by 'ocimock completion fish'.\n"
                             "\n"
                             "set -g __ocimock_commands");
    command_walk(root, "", put_name, b);
    (void)buf_append_text(b, "\n\n");
    (void)buf_append_text(b, functions);
    command_walk(root, "", put_command, b);
    put_parts(b, root, "help");
}
