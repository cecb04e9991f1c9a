/* SPDX-License-Identifier: MIT */
/*
 * ocimock token mint|inspect|issue|revoke: makes and explains tokens without a server; asks one for
 * tokens, and ends them.
 */
#include "cli/token.h"

#include <stddef.h>
#include <string.h>

#include "lib/util/buf.h"

void token_join_scopes(struct buf *to, const struct option_list *parts)
{
    for (size_t i = 0; i < parts->count; i++) {
        const char *part = parts->items[i];

        if (i > 0)
            (void)buf_append_char(to, strchr(part, ':') == NULL ? ',' : ' ');
        (void)buf_append_text(to, part);
    }
}

static const struct command *const parts[] = {&command_token_mint, &command_token_inspect,
                                              &command_token_issue, &command_token_revoke, NULL};

const struct command command_token = {
    .name = "token",
    .summary = "make, explain, issue and revoke tokens",
    .examples = "ocimock token mint --key token.pem --scope repository:team/app:pull --sub alice\n"
                "ocimock token mint --config ocimock.yaml --age 1h --ttl 5m    # one that expired\n"
                "curl -s 'http://127.0.0.1:5000/token' | jq -r .token | ocimock token inspect\n"
                "TOKEN=$(ocimock token issue alice --scope repository:team/app:pull)\n"
                "printf %s \"$TOKEN\" | ocimock token revoke",
    .parts = parts,
};
