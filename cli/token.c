/* SPDX-License-Identifier: MIT */
/*
 * ocimock token mint|inspect|issue|revoke: makes and explains tokens without a server, and those of
 * a running one.
 */
#include "cli/token.h"

#include <stddef.h>

#include "cli/control_command.h"

enum cli_status run_token(int argc, char **argv)
{
    static const struct command parts[] = {
        {"mint", "make a token and sign it with a key, without a server", run_token_mint},
        {"inspect", "explain a token: what it says, and whether it verifies", run_token_inspect},
        {"issue", "a token of a running server, whatever its policy says", run_token_issue},
        {"revoke", "end one token of a running server", run_token_revoke},
        {.name = NULL},
    };
    static const char examples[] =
        "Examples:\n"
        "  ocimock token mint --key token.pem --scope repository:team/app:pull --sub alice\n"
        "  ocimock token mint --config ocimock.yaml --age 1h --ttl 5m    # one that expired\n"
        "  curl -s 'http://127.0.0.1:5000/token' | jq -r .token | ocimock token inspect\n"
        "  TOKEN=$(ocimock token issue alice --scope repository:team/app:pull)\n"
        "  printf %s \"$TOKEN\" | ocimock token revoke\n"
        "\n"
        "Usage: ocimock token mint|inspect|issue|revoke [OPTION...]\n";

    return control_parts_run("token", parts, examples, argc, argv);
}
