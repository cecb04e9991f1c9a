/* SPDX-License-Identifier: MIT */
/*
 * Completion for bash: a table of what each command takes, and a function that reads it. Needs no
 * other package.
 *
 * Kinds of values and words: /f file, /d folder, /c program, - anything, else choices with commas
 * between (behind /f too). A word that ends with '+' may be repeated.
 */
#include "cli/completion.h"

#include "lib/util/buf.h"
#include "lib/util/util.h"

static const char driver[] =
    "# Puts what fits the kind $1 into COMPREPLY.\n"
    "_ocimock_reply() {\n"
    "    case $1 in\n"
    "        /f)\n"
    "            compopt -o filenames 2>/dev/null\n"
    "            mapfile -t COMPREPLY < <(compgen -f -- \"$cur\")\n"
    "            ;;\n"
    "        /f,*)\n"
    "            mapfile -t COMPREPLY < <(\n"
    "                compgen -f -- \"$cur\"\n"
    "                compgen -W \"${1//,/ }\" -- \"${cur:- }\"\n"
    "            )\n"
    "            ;;\n"
    "        /d)\n"
    "            compopt -o filenames 2>/dev/null\n"
    "            mapfile -t COMPREPLY < <(compgen -d -- \"$cur\")\n"
    "            ;;\n"
    "        /c) mapfile -t COMPREPLY < <(compgen -c -- \"$cur\") ;;\n"
    "        -) ;;\n"
    "        *) mapfile -t COMPREPLY < <(compgen -W \"${1//,/ }\" -- \"$cur\") ;;\n"
    "    esac\n"
    "}\n"
    "\n"
    "# Completes the n-th word that is no option (from 0), out of the kinds in words.\n"
    "_ocimock_word() {\n"
    "    local n=$1 kinds\n"
    "\n"
    "    read -ra kinds <<<\"$words\"\n"
    "    if ((n >= ${#kinds[@]})); then\n"
    "        n=$((${#kinds[@]} - 1))\n"
    "        [[ $n -ge 0 && ${kinds[n]} == *+ ]] || return\n"
    "    fi\n"
    "    _ocimock_reply \"${kinds[n]%+}\"\n"
    "}\n"
    "\n"
    "_ocimock() {\n"
    "    local cur=${COMP_WORDS[COMP_CWORD]} at='' n=0 i word wants='' ended=''\n"
    "    local parts flags values words\n"
    "\n"
    "    COMPREPLY=()\n"
    "    _ocimock_data ''\n"
    "    for ((i = 1; i < COMP_CWORD; i++)); do\n"
    "        word=${COMP_WORDS[i]}\n"
    "        if [[ -n $wants ]]; then\n"
    "            [[ $word == = ]] || wants=\n" /* --flag=value are three words */
    "        elif [[ -z $ended && $word == -- ]]; then\n"
    "            ended=yes\n"
    "        elif [[ -z $ended && $word == -* ]]; then\n"
    "            [[ $values != *\" $word:\"* ]] || wants=$word\n"
    "        elif [[ -z $at && $word == help ]]; then\n"
    "            flags=\n" /* its words are commands */
    "        elif [[ \" $parts \" == *\" $word \"* ]]; then\n"
    "            at=${at:+$at }$word\n"
    "            _ocimock_data \"$at\"\n"
    "        else\n"
    "            n=$((n + 1))\n"
    "        fi\n"
    "    done\n"
    "    [[ $cur != = ]] || cur=\n"
    "    if [[ -n $wants ]]; then\n"
    "        word=${values#*\" $wants:\"}\n"
    "        _ocimock_reply \"${word%% *}\"\n"
    "    elif [[ -z $ended && $cur == -* ]]; then\n"
    "        mapfile -t COMPREPLY < <(compgen -W \"$flags\" -- \"$cur\")\n"
    "    elif [[ -n $parts ]]; then\n"
    "        ((n > 0)) || mapfile -t COMPREPLY < <(compgen -W \"$parts\" -- \"$cur\")\n"
    "    else\n"
    "        _ocimock_word \"$n\"\n"
    "    fi\n"
    "}\n"
    "\n"
    "complete -F _ocimock ocimock\n";

static void put_choices(struct buf *b, const char *const *choices)
{
    for (size_t i = 0; choices[i] != NULL; i++)
        (void)buf_appendf(b, "%s%s", i > 0 ? "," : "", choices[i]);
}

static void put_parts(struct buf *b, const struct command *c)
{
    (void)buf_append_text(b, "parts='");
    for (size_t i = 0; c->parts != NULL && c->parts[i] != NULL; i++)
        (void)buf_appendf(b, "%s%s", i > 0 ? " " : "", c->parts[i]->name);
    (void)buf_append_char(b, '\'');
}

static void put_flags(struct buf *b, const struct option *rows, size_t count)
{
    (void)buf_append_text(b, "flags='");
    for (size_t i = 0; i < count; i++)
        (void)buf_appendf(b, "%s--%s%s", i > 0 ? " " : "", completion_is_on(&rows[i]) ? "no-" : "",
                          rows[i].flag);
    (void)buf_append_char(b, '\'');
}

static void put_kind(struct buf *b, const struct option *row)
{
    if (row->value.choices != NULL)
        put_choices(b, row->value.choices);
    else
        (void)buf_append_text(b, completion_is_folder(row) ? "/d"
                                 : completion_is_path(row) ? "/f"
                                                           : "-");
}

/* " --flag:kind -f:kind " of those that take one. */
static void put_values(struct buf *b, const struct option *rows, size_t count)
{
    (void)buf_append_text(b, "values=' ");
    for (size_t i = 0; i < count; i++) {
        if (rows[i].value.type == SCHEMA_BOOL)
            continue;
        (void)buf_appendf(b, "--%s:", rows[i].flag);
        put_kind(b, &rows[i]);
        if (rows[i].letter != 0) {
            (void)buf_appendf(b, " -%c:", rows[i].letter);
            put_kind(b, &rows[i]);
        }
        (void)buf_append_char(b, ' ');
    }
    (void)buf_append_char(b, '\'');
}

static void put_word(struct buf *b, const struct command_word *w)
{
    const char *between = w->path ? "," : "";
    const char *name;

    if (w->path)
        (void)buf_append_text(b, "/f");
    for (size_t i = 0; (name = completion_name(w, i)) != NULL; i++) {
        (void)buf_appendf(b, "%s%s", between, name);
        between = ",";
    }
    if (w->command)
        (void)buf_append_text(b, "/c /f+");
    else if (*between == '\0')
        (void)buf_append_char(b, '-');
    if (w->repeated)
        (void)buf_append_char(b, '+');
}

static void put_words(struct buf *b, const struct command *c)
{
    (void)buf_append_text(b, "words='");
    for (const struct command_word *w = c->words; w->name != NULL; w++) {
        if (w != c->words)
            (void)buf_append_char(b, ' ');
        put_word(b, w);
    }
    (void)buf_append_char(b, '\'');
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
    (void)buf_appendf(b, "        '%s')\n            ", path);
    put_parts(b, c);
    (void)buf_append_char(b, ' ');
    put_words(b, c);
    (void)buf_append_text(b, "\n            ");
    put_flags(b, rows, count);
    (void)buf_append_text(b, "\n            ");
    put_values(b, rows, count);
    (void)buf_append_text(b, "\n            ;;\n");
}

void completion_bash(struct buf *b, const struct command *root)
{
    (void)buf_append_text(b, "# bash completion for ocimock, made by 'ocimock completion bash'.\n"
                             "# shellcheck shell=bash\n"
                             "\n"
                             "# What the command $1 takes: sets parts, words, flags, values.\n"
                             "_ocimock_data() {\n"
                             "    case $1 in\n");
    command_walk(root, "", put_command, b);
    (void)buf_append_text(b, "    esac\n}\n\n");
    (void)buf_append_text(b, driver);
}
