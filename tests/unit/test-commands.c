/* SPDX-License-Identifier: MIT */
/* cli/commands.c: the tables of all commands are whole and agree with each other. */
#include <stdlib.h>
#include <string.h>

#include "cli/command.h"
#include "lib/util/buf.h"
#include "lib/util/util.h"
#include "tests/tap/tap.h"

enum { HELP_MAX = 64 * 1024 };

static size_t visited;

static bool is_sentence(const char *text)
{
    size_t n = text != NULL ? strlen(text) : 0;

    return n > 0 && text[n - 1] != '.' && text[n - 1] != '\n' && text[n - 1] != ' ';
}

/* Also that it is told apart from those before it. */
static void check_option(const struct option *rows, size_t i, const char *path)
{
    const struct option *o = &rows[i];
    bool takes = o->value.type != SCHEMA_BOOL;

    ok(is_sentence(o->help), "%s --%s: has a help without a full stop", path, o->flag);
    ok(takes == (o->arg != NULL), "%s --%s: names its value, if it has one", path, o->flag);
    ok(o->value.type != SCHEMA_CHOICE || o->value.choices != NULL, "%s --%s: has choices", path,
       o->flag);
    for (size_t k = 0; k < i; k++) {
        if (strcmp(rows[k].flag, o->flag) == 0 || (o->letter != 0 && rows[k].letter == o->letter))
            ok(false, "%s: --%s and --%s are told apart", path, rows[k].flag, o->flag);
    }
}

static void check_options(const struct command *c, const char *path)
{
    size_t count = 0;
    struct option *rows = command_rows(c, &count);
    bool help = false;

    ok(rows != NULL, "%s: has options", path);
    for (size_t i = 0; rows != NULL && i < count; i++) {
        check_option(rows, i, path);
        help = help || (strcmp(rows[i].flag, "help") == 0 && rows[i].letter == 'h');
    }
    ok(help, "%s: has --help and -h", path);
    free(rows);
}

/* What may be missing stands behind what must be there; what may come often is the last. */
static void check_words(const struct command *c, const char *path)
{
    bool optional = false;

    for (const struct command_word *w = c->words; w->name != NULL; w++) {
        bool last = w[1].name == NULL;

        ok(w->optional || !optional, "%s: %s is not behind an optional word", path, w->name);
        ok(last || (!w->repeated && !w->command), "%s: %s is the last, or comes once", path,
           w->name);
        optional = w->optional;
    }
}

static void check_help(const struct command *c, const char *path)
{
    auto_buf struct buf b = BUF_INIT(HELP_MAX);

    command_help(&b, c, path, 80);
    ok(!b.failed && strncmp(buf_text(&b), "Examples:\n  ", 12) == 0,
       "%s: help begins with examples", path);
    ok(strstr(c->examples, path) != NULL, "%s: one of them shows it", path);
}

static void check(const struct command *c, const char *path, void *arg)
{
    (void)arg;
    visited++;
    if (*path == '\0')
        return;
    ok(is_sentence(c->summary), "%s: has a summary", path);
    ok(c->run != NULL || c->main != NULL || c->parts != NULL, "%s: can be run, or has parts", path);
    ok(strlen(path) < COMMAND_PATH_MAX - 1, "%s: is not cut", path);
    check_help(c, path);
    check_words(c, path);
    if (c->run != NULL || c->main != NULL)
        check_options(c, path);
    for (size_t i = 0; c->parts != NULL && c->parts[i] != NULL; i++)
        ok(command_find_part(c, c->parts[i]->name) == c->parts[i],
           "%s: parts have names of their own", path);
}

int main(void)
{
    plan_lazy();
    command_walk(&command_ocimock, "", check, NULL);
    ok(visited > 40, "all commands were looked at: %zu", visited);
    done_testing();
}
