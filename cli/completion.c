/* SPDX-License-Identifier: MIT */
/*
 * ocimock completion bash|zsh|fish: what shells need to complete our command lines.
 */
#include "cli/completion.h"

#include <string.h>

#include "lib/util/buf.h"
#include "lib/util/err.h"
#include "lib/util/text.h"
#include "lib/util/util.h"

enum { SCRIPT_MAX = 1024 * 1024 };

static const struct {
    const char *name;
    void (*write)(struct buf *b, const struct command *root);
} shells[] = {
    {"bash", completion_bash},
    {"zsh", completion_zsh},
    {"fish", completion_fish},
};

/* As above, for the shells themselves. */
static const char *const shell_names[] = {"bash", "zsh", "fish", NULL};

_Static_assert(ARRAY_LEN(shell_names) == ARRAY_LEN(shells) + 1, "a name for each");

bool completion_is_path(const struct option *row)
{
    return row->value.type == SCHEMA_PATH || row->value.type == SCHEMA_PATHS;
}

bool completion_is_folder(const struct option *row)
{
    return completion_is_path(row) && row->arg != NULL && strcmp(row->arg, "FOLDER") == 0;
}

const char *completion_name(const struct command_word *w, size_t i)
{
    if (w->choices != NULL)
        return w->choices[i];
    return w->names != NULL ? w->names(i) : NULL;
}

bool completion_is_on(const struct option *row)
{
    return row->value.type == SCHEMA_BOOL && row->preset != NULL &&
           strcmp(row->preset, "true") == 0;
}

static enum cli_status completion(void *settings, struct err *err)
{
    const struct command_settings *s = settings;
    auto_buf struct buf b = BUF_INIT(SCRIPT_MAX);

    for (size_t i = 0; i < ARRAY_LEN(shells); i++) {
        if (strcmp(shells[i].name, s->words[0]) != 0)
            continue;
        shells[i].write(&b, &command_ocimock);
        return cli_print_buf(&b);
    }
    (void)err_set(err, ERR_USAGE, "%s is not known: expected bash, zsh or fish",
                  TEXT_QUOTE(s->words[0]));
    return CLI_FAILURE;
}

const struct command command_completion = {
    .name = "completion",
    .summary = "print what a shell needs to complete these commands",
    .group = "This program",
    .examples = "source <(ocimock completion bash)\n"
                "ocimock completion zsh >\"${fpath[1]}/_ocimock\"\n"
                "ocimock completion fish >~/.config/fish/completions/ocimock.fish",
    .about = "Prints a script for a shell. 'make install' puts all of them where shells look.",
    .words = {{.name = "SHELL", .choices = shell_names}},
    .no_json = true,
    .run = completion,
};
