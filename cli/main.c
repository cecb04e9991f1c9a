/* SPDX-License-Identifier: MIT */
/*
 * The program: finds the subcommand and runs it.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/command.h"
#include "lib/util/buf.h"
#include "lib/util/text.h"
#include "lib/util/util.h"

enum { HELP_MAX = 16 * 1024 };

static const struct command commands[] = {
    {"serve", "run the registry", run_serve},
    {"healthcheck", "ask a running server whether it serves", run_healthcheck},
    {"image", "make an image absent, unauthorized or denied; move tags", run_image},
    {"fault", "add, list and remove rules by which answers go wrong", run_fault},
    {"scenario", "apply presets of what goes wrong: rate-limited, stalled-layer ...", run_scenario},
    {"with", "run a command with rules or a scenario, and take them back", run_with},
    {"gate", "let go of answers that rules hold", run_gate},
    {"requests", "show what was asked of the registry", run_requests},
    {"verify", "ask whether requests were made, as often as they should", run_verify},
    {"wait", "wait until requests were made", run_wait},
    {"registry", "switch deletion, writing, referrers and more", run_registry},
    {"account", "add, rotate, revoke, remove accounts of a running server", run_account},
    {"clock", "move the server's clock ahead", run_clock},
    {"gen-cert", "make a CA, server and client certificates, good or bad", run_gen_cert},
    {"keys", "make keys for tokens; print their certificates and key set", run_keys},
    {"token", "make tokens, explain tokens", run_token},
    {"hash-password", "make a hash for accounts and htpasswd files", run_hash_password},
    {"version", "print the version", run_version},
};

static const char examples[] =
    "ocimock is a container registry for tests: it serves the Distribution API from memory.\n"
    "\n"
    "Examples:\n"
    "  ocimock serve                                 on 127.0.0.1:5000, plain HTTP\n"
    "  ocimock serve --listen :0 --port-file ports   on free ports, written to a file\n"
    "  ocimock serve --tls-auto                      HTTPS on 127.0.0.1:5443 with a CA of its own\n"
    "  ocimock serve --user alice:secret             with a login\n"
    "  ocimock serve --import layouts/               with images loaded at start\n"
    "  ocimock healthcheck --wait --timeout 30s      until it serves\n"
    "  ocimock serve --control 127.0.0.1:5001        with a control API for the commands below\n"
    "  ocimock image set team/app:v1 absent\n"
    "  ocimock verify --op manifest.get --repo team/app --count 1\n"
    "  skopeo copy --dest-tls-verify=false docker-archive:app.tar docker://127.0.0.1:5000/app:v1\n"
    "\n"
    "Usage: ocimock COMMAND [OPTION...]\n"
    "\n"
    "Commands:\n";

static enum cli_status print_help(void)
{
    auto_buf struct buf b = BUF_INIT(HELP_MAX);

    (void)buf_append_text(&b, examples);
    for (size_t i = 0; i < ARRAY_LEN(commands); i++)
        (void)buf_appendf(&b, "  %-14s%s\n", commands[i].name, commands[i].summary);
    (void)buf_append_text(&b, "\n'ocimock COMMAND --help' describes a command; ocimock(1) all.\n");
    return cli_print_buf(&b);
}

static const struct command *find_command(const char *name)
{
    for (size_t i = 0; i < ARRAY_LEN(commands); i++) {
        if (strcmp(commands[i].name, name) == 0)
            return &commands[i];
    }
    return NULL;
}

static enum cli_status unknown_command(const char *name)
{
    const char *kind = name[0] == '-' ? "option" : "command";
    struct text_nearest nearest;

    text_nearest_begin(&nearest, name);
    for (size_t i = 0; i < ARRAY_LEN(commands); i++)
        text_nearest_offer(&nearest, commands[i].name);
    if (nearest.name != NULL)
        (void)fprintf(stderr, "ocimock: unknown %s %s: did you mean '%s'?\n", kind,
                      TEXT_QUOTE(name), nearest.name);
    else
        (void)fprintf(stderr, "ocimock: unknown %s %s\n", kind, TEXT_QUOTE(name));
    (void)fputs("Try 'ocimock --help'.\n", stderr);
    return CLI_USAGE;
}

/* OCIMOCK_OPTIONS may hold the whole command line, `serve` and all. */
static bool options_name_serve(void)
{
    const char *text = getenv("OCIMOCK_OPTIONS");

    return text != NULL && strncmp(text, "serve", 5) == 0 &&
           (text[5] == '\0' || strchr(" \t\r\n", text[5]) != NULL);
}

int main(int argc, char **argv)
{
    static char serve[] = "serve";
    const struct command *command;

    if (argc < 2 && options_name_serve())
        return run_serve(1, (char *[]){serve, NULL});
    if (argc < 2) {
        (void)fputs("ocimock: a command is missing\nTry 'ocimock --help'.\n", stderr);
        return CLI_USAGE;
    }
    if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0 ||
        strcmp(argv[1], "help") == 0)
        return print_help();
    if (strcmp(argv[1], "--version") == 0)
        return run_version(argc - 1, argv + 1);
    command = find_command(argv[1]);
    return command == NULL ? unknown_command(argv[1]) : command->run(argc - 1, argv + 1);
}
