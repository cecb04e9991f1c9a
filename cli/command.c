/* SPDX-License-Identifier: MIT */
#include "cli/command.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <jansson.h>

#include "cli/table.h"
#include "lib/util/buf.h"
#include "lib/util/err.h"
#include "lib/util/util.h"

/* Lines of a help: longer ones are hard to read, shorter ones cannot be. */
enum { NARROWEST = 30, WIDEST = 96 };

enum cli_status cli_fail(const char *command, const struct err *err)
{
    const char *blank = *command != '\0' ? " " : "";

    (void)fprintf(stderr, "ocimock%s%s: %s\n", blank, command, err->msg);
    switch (err->code) {
    case ERR_USAGE:
        (void)fprintf(stderr, "Try 'ocimock%s%s --help'.\n", blank, command);
        return CLI_USAGE;
    case ERR_CONFIG:
    case ERR_LIMIT: /* of what a configuration may hold */
        return CLI_USAGE;
    case ERR_UNREACHABLE:
        return CLI_NO_SERVER;
    default:
        return CLI_FAILURE;
    }
}

enum cli_status cli_print(const char *text)
{
    if (text == NULL) {
        (void)fputs("ocimock: out of memory\n", stderr);
        return CLI_FAILURE;
    }
    if (fputs(text, stdout) == EOF || fflush(stdout) != 0) {
        perror("ocimock: standard output");
        return CLI_FAILURE;
    }
    return CLI_OK;
}

enum cli_status cli_print_buf(const struct buf *b)
{
    return cli_print(b->failed ? NULL : buf_text(b));
}

enum cli_status cli_print_json(json_t *value)
{
    auto_free char *text = value == NULL ? NULL : json_dumps(value, JSON_INDENT(2));
    enum cli_status status = cli_print(text);

    json_decref(value);
    return status == CLI_OK ? cli_print("\n") : status;
}

unsigned cli_width(void)
{
    unsigned width = table_look(STDOUT_FILENO).width;

    if (width == 0 || width > WIDEST)
        return WIDEST;
    return width > NARROWEST ? width : NARROWEST;
}
