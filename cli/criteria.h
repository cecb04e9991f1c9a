/* SPDX-License-Identifier: MIT */
/*
 * Criteria over requests as options: --op, --repo, --user ...; for the journal, assertions, rules.
 */
#ifndef CLI_CRITERIA_H
#define CLI_CRITERIA_H

#include "cli/command.h"

struct buf;
struct json_t;

/* Lists of globs; `!` negates. Borrowed from the option set. */
struct criteria {
    struct option_list op, repo, ref, digest, role, user, auth, client, listener, sni, user_agent;
    /* Of the journal only: */
    struct option_list method, status, range, end, state, rule, redirected_from, leaked;
};

/* What a shell offers for some of them. */
extern const char *const criteria_ops[];
extern const char *const criteria_roles[];
extern const char *const criteria_kinds[];
extern const char *const criteria_states[];
extern const char *const criteria_switches[];

#define CRITERIA_OPTION(owner, member, name, value_name, text)                                     \
    {                                                                                              \
        CLI_LIST(name, value_name, text), OPTION_MEMBER(owner, criteria.member)                    \
    }
#define CRITERIA_CHOICE(owner, member, name, value_name, all, text)                                \
    {                                                                                              \
        CLI_LIST(name, value_name, text), .value.choices = (all),                                  \
                                          OPTION_MEMBER(owner, criteria.member)                    \
    }

/* The rows; `criteria` is the member. */
#define CRITERIA_OPTIONS(owner)                                                                    \
    CRITERIA_CHOICE(owner, op, "op", "OP", criteria_ops,                                           \
                    "Operation, such as manifest.get, blob.get, tags.list, 'upload.*'"),           \
        CRITERIA_OPTION(owner, repo, "repo", "GLOB", "Repository, such as 'team/*'"),              \
        CRITERIA_OPTION(owner, ref, "ref", "GLOB", "Tag or digest that was asked for"),            \
        CRITERIA_OPTION(owner, digest, "digest", "GLOB", "Digest"),                                \
        CRITERIA_CHOICE(owner, role, "role", "ROLE", criteria_roles,                               \
                        "What a blob is: config or layer"),                                        \
        CRITERIA_OPTION(owner, user, "user", "GLOB", "Account; anonymous for none"),               \
        CRITERIA_CHOICE(owner, auth, "auth", "KIND", criteria_kinds,                               \
                        "How they logged in: none, basic, bearer, invalid, expired"),              \
        CRITERIA_OPTION(owner, client, "client", "CIDR", "Address of the client, or a range"),     \
        CRITERIA_OPTION(owner, listener, "listener", "GLOB", "Listener that it came to"),          \
        CRITERIA_OPTION(owner, sni, "sni", "GLOB", "Server name that a TLS client asks for"),      \
        CRITERIA_OPTION(owner, user_agent, "user-agent", "GLOB", "User-Agent, such as 'docker/*'")

#define CRITERIA_JOURNAL_OPTIONS(owner)                                                            \
    CRITERIA_OPTION(owner, method, "method", "METHOD", "HTTP method"),                             \
        CRITERIA_OPTION(owner, status, "status", "STATUS", "Status, such as 404 or 5xx"),          \
        CRITERIA_OPTION(owner, range, "range", "GLOB",                                             \
                        "Range header, such as 'bytes=*'; '!*' for none"),                         \
        CRITERIA_OPTION(owner, end, "end", "GLOB",                                                 \
                        "How it ended: complete, client-aborted, server-aborted, reset, timeout; " \
                        "'!*' while it is open"),                                                  \
        CRITERIA_CHOICE(owner, state, "state", "STATE", criteria_states,                           \
                        "Image state that changed the answer"),                                    \
        CRITERIA_OPTION(owner, rule, "rule", "ID", "Rule that changed the answer"),                \
        CRITERIA_OPTION(owner, redirected_from, "redirected-from", "NUMBER",                       \
                        "Request that a rule redirected to here"),                                 \
        CRITERIA_CHOICE(owner, leaked, "leaked", "BOOL", criteria_switches,                        \
                        "true: redirected to here, and credentials came along")

/* {"op": ["manifest.get"], ...}; caller owns. NULL: memory is short. */
struct json_t *criteria_object(const struct criteria *c);
/* Appends "?op=...&repo=..." to a path. Errors are b's. */
void criteria_query(const struct criteria *c, struct buf *b);

#endif
