/* SPDX-License-Identifier: MIT */
/*
 * The program: what stands in front of its commands.
 */
#include <stdlib.h>
#include <string.h>

#include "cli/command.h"

/* OCIMOCK_OPTIONS may hold the whole command line, `serve` and all. */
static bool options_name_serve(void)
{
    const char *text = getenv("OCIMOCK_OPTIONS");

    return text != NULL && strncmp(text, "serve", 5) == 0 &&
           (text[5] == '\0' || strchr(" \t\r\n", text[5]) != NULL);
}

int main(int argc, char **argv)
{
    static char serve[] = "serve", version[] = "version";

    if (argc < 2 && options_name_serve())
        return command_serve.main(1, (char *[]){serve, NULL});
    if (argc >= 2 && strcmp(argv[1], "--version") == 0)
        argv[1] = version;
    return command_run(&command_ocimock, "", argc, argv);
}
