/* SPDX-License-Identifier: MIT */
/*
 * Completion for zsh: the parts of each command for _describe, its options for _arguments.
 */
#include "cli/completion.h"

#include <string.h>

#include "lib/util/buf.h"
#include "lib/util/util.h"

static const char driver[] =
    "_ocimock() {\n"
    "    local at='' word\n"
    "    local -a parts\n"
    "\n"
    "    _ocimock_parts ''\n"
    "    while (( CURRENT > 2 && ${#parts} )); do\n"
    "        word=${words[2]}\n"
    "        [[ -n ${(M)parts:#${word}:*} ]] || break\n"
    "        [[ -z $at && $word == help ]] || at=${at:+$at }$word\n"
    "        shift words\n"
    "        (( CURRENT-- ))\n"
    "        _ocimock_parts \"$at\"\n"
    "    done\n"
    "    if (( ${#parts} && CURRENT == 2 )) && [[ ${words[2]} != -* ]]; then\n"
    "        _describe -t commands command parts\n"
    "    else\n"
    "        _ocimock_options \"$at\"\n"
    "    fi\n"
    "}\n"
    "\n"
    "if [[ $zsh_eval_context[-1] == loadautofunc ]]; then\n"
    "    _ocimock \"$@\"\n"
    "else\n"
    "    compdef _ocimock ocimock\n"
    "fi\n";

/* Text in which what means something to _describe and _arguments is escaped. */
static void put_text(struct buf *b, const char *text)
{
    for (; *text != '\0'; text++) {
        if (*text == '\'') {
            (void)buf_append_text(b, "'\\''");
            continue;
        }
        if (strchr("[]:\\", *text) != NULL)
            (void)buf_append_char(b, '\\');
        (void)buf_append_char(b, *text);
    }
}

/* What _arguments does for the value of an option. */
static void put_value(struct buf *b, const struct option *row)
{
    const char *const *choices = row->value.choices;

    if (choices == NULL) {
        (void)buf_append_text(b, completion_is_folder(row) ? "_files -/"
                                 : completion_is_path(row) ? "_files"
                                                           : " ");
        return;
    }
    (void)buf_append_char(b, '(');
    for (size_t i = 0; choices[i] != NULL; i++)
        (void)buf_appendf(b, "%s%s", i > 0 ? " " : "", choices[i]);
    (void)buf_append_char(b, ')');
}

/* The same for a word. */
static void put_names(struct buf *b, const struct command_word *w)
{
    bool named = completion_name(w, 0) != NULL;
    const char *name;

    if (!named) {
        (void)buf_append_text(b, w->path ? "_files" : " ");
        return;
    }
    (void)buf_append_text(b, w->path ? "{_alternative \"files:file:_files\" \"names:name:(" : "(");
    for (size_t i = 0; (name = completion_name(w, i)) != NULL; i++)
        (void)buf_appendf(b, "%s%s", i > 0 ? " " : "", name);
    (void)buf_append_text(b, w->path ? ")\"}" : ")");
}

static void put_option(struct buf *b, const struct option *row)
{
    bool takes = row->value.type != SCHEMA_BOOL;
    bool list = row->value.type == SCHEMA_LIST || row->value.type == SCHEMA_PATHS;
    const char *no = completion_is_on(row) ? "no-" : "";

    (void)buf_append_text(b, " \\\n                ");
    if (row->letter != 0 && !list)
        (void)buf_appendf(b, "'(-%c --%s%s)'", row->letter, no, row->flag);
    else if (list)
        (void)buf_append_text(b, "'*'");
    if (row->letter != 0)
        (void)buf_appendf(b, "{-%c,--%s%s%s}'", row->letter, no, row->flag, takes ? "=" : "");
    else
        (void)buf_appendf(b, "'--%s%s%s", no, row->flag, takes ? "=" : "");
    (void)buf_append_char(b, '[');
    put_text(b, row->help);
    (void)buf_append_char(b, ']');
    if (takes) {
        (void)buf_append_char(b, ':');
        put_text(b, row->arg);
        (void)buf_append_char(b, ':');
        put_value(b, row);
    }
    (void)buf_append_char(b, '\'');
}

static void put_word(struct buf *b, const struct command_word *w)
{
    (void)buf_append_text(b, " \\\n                '");
    if (w->command) {
        (void)buf_append_text(b, "*:::COMMAND:_normal'");
        return;
    }
    (void)buf_append_text(b, w->repeated ? "*:" : w->optional ? "::" : ":");
    put_text(b, w->name);
    (void)buf_append_char(b, ':');
    put_names(b, w);
    (void)buf_append_char(b, '\'');
}

static void put_options(const struct command *c, const char *path, void *arg)
{
    struct buf *b = arg;
    size_t count = 0;
    auto_free struct option *rows = command_rows(c, &count);

    if (rows == NULL) {
        b->failed = true;
        return;
    }
    (void)buf_appendf(b, "        '%s')\n            _arguments -s -S :", path);
    for (size_t i = 0; i < count; i++)
        put_option(b, &rows[i]);
    for (const struct command_word *w = c->words; w->name != NULL; w++)
        put_word(b, w);
    (void)buf_append_text(b, "\n            ;;\n");
}

static void put_parts(const struct command *c, const char *path, void *arg)
{
    struct buf *b = arg;

    if (c->parts == NULL)
        return;
    (void)buf_appendf(b, "        '%s')\n            parts=(", path);
    for (size_t i = 0; c->parts[i] != NULL; i++) {
        (void)buf_appendf(b, "\n                '%s:", c->parts[i]->name);
        put_text(b, c->parts[i]->summary);
        (void)buf_append_char(b, '\'');
    }
    (void)buf_append_text(b, "\n            )\n            ;;\n");
}

void completion_zsh(struct buf *b, const struct command *root)
{
    (void)buf_append_text(b, "#compdef ocimock\n"
                             "# zsh completion for ocimock, made by 'ocimock completion zsh'.\n"
                             "\n"
                             "# The parts of the command $1.\n"
                             "_ocimock_parts() {\n"
                             "    parts=()\n"
                             "    case $1 in\n");
    command_walk(root, "", put_parts, b);
    (void)buf_append_text(b, "    esac\n}\n"
                             "\n"
                             "# Completes the options and words of the command $1.\n"
                             "_ocimock_options() {\n"
                             "    case $1 in\n");
    command_walk(root, "", put_options, b);
    (void)buf_append_text(b, "    esac\n}\n\n");
    (void)buf_append_text(b, driver);
}
