/* SPDX-License-Identifier: MIT */
/*
 * Load and measuring tools for scripts/bench, in one program. Each command prints one line of
 * numbers on standard output, so that a shell script can read it.
 */
#include "tests/bench/commands.h"

#include <stdio.h>
#include <string.h>

static const struct command {
    const char *name;
    int (*run)(int argc, char **argv);
    const char *arguments;
    const char *help;
} commands[] = {
    {"push", cmd_push, "URL REPOSITORY FILE DIGEST [--keep]",
     "push a file as a blob in one PATCH: prints bytes per second"},
    {"tags", cmd_tags, "URL REPOSITORY MANIFEST TYPE COUNT",
     "put COUNT tags on one manifest: prints seconds"},
    {"idle", cmd_idle, "URL PID COUNT",
     "open COUNT connections with one request each: prints bytes of VmRSS per connection"},
    {"hold", cmd_hold, "URL COUNT PATH",
     "open COUNT connections, ask for PATH on each, keep them until standard input ends"},
    {"latency", cmd_latency, "URL COUNT PERCENTILE PATH...",
     "COUNT requests for the paths in turn on one connection: prints that percentile in ms"},
    {"memory", cmd_memory, "PID FIELD", "print a field of /proc/PID/status in bytes"},
    {"start", cmd_start, "[--memory] COMMAND [ARGUMENT...]",
     "start a server: prints milliseconds to its first line (and bytes VmRSS, RssAnon)"},
    {"watch", cmd_watch, "PID FIELD",
     "sample /proc/PID/status until standard input ends: prints first and peak bytes"},
    {"cipher", cmd_cipher, "URL", "print what a connection negotiates"},
    {"freeport", cmd_freeport, "", "print a free TCP port of 127.0.0.1"},
};

static int usage(void)
{
    for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++)
        fprintf(stderr, "ocibench %s %s\n    %s\n", commands[i].name, commands[i].arguments,
                commands[i].help);
    return 2;
}

int main(int argc, char **argv)
{
    if (argc < 2)
        return usage();
    for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
        int result;

        if (strcmp(argv[1], commands[i].name) != 0)
            continue;
        result = commands[i].run(argc - 1, argv + 1);
        return result == 2 ? usage() : result;
    }
    return usage();
}
