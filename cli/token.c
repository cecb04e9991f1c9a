/* SPDX-License-Identifier: MIT */
/*
 * ocimock token mint|inspect: makes and explains tokens, without a server.
 */
#include "cli/token.h"

#include <stdio.h>
#include <string.h>

#include "lib/util/buf.h"
#include "lib/util/err.h"
#include "lib/util/text.h"
#include "lib/util/util.h"

static const struct command parts[] = {
    {"mint", "make a token and sign it with a key", run_token_mint},
    {"inspect", "explain a token: what it says, and whether it verifies", run_token_inspect},
};

static enum cli_status print_help(void)
{
    auto_buf struct buf b = BUF_INIT(8192);

    (void)buf_append_text(
        &b, "Examples:\n"
            "  ocimock token mint --key token.pem --scope repository:team/app:pull --sub alice\n"
            "  ocimock token mint --config ocimock.yaml --age 1h --ttl 5m    # one that expired\n"
            "  curl -s 'http://127.0.0.1:5000/token' | jq -r .token | ocimock token inspect\n"
            "\nUsage: ocimock token mint|inspect [OPTION...]\n\n");
    for (size_t i = 0; i < ARRAY_LEN(parts); i++)
        (void)buf_appendf(&b, "  %-9s%s\n", parts[i].name, parts[i].summary);
    (void)buf_append_text(&b, "\n'ocimock token mint --help' describes its options.\n");
    return cli_print_buf(&b);
}

enum cli_status run_token(int argc, char **argv)
{
    struct err err;

    if (argc >= 2 && (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0))
        return print_help();
    for (size_t i = 0; argc >= 2 && i < ARRAY_LEN(parts); i++) {
        if (strcmp(parts[i].name, argv[1]) == 0)
            return parts[i].run(argc - 1, argv + 1);
    }
    if (argc < 2)
        (void)err_set(&err, ERR_USAGE, "mint or inspect is missing");
    else
        (void)err_set(&err, ERR_USAGE, "%s is neither mint nor inspect", TEXT_QUOTE(argv[1]));
    return cli_fail("token", &err);
}
