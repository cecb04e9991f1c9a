/* SPDX-License-Identifier: MIT */
/* What the files of `ocimock requests` share. */
#ifndef CLI_REQUESTS_H
#define CLI_REQUESTS_H

#include <stdbool.h>
#include <stdint.h>

#include "cli/command.h"
#include "cli/control_command.h"
#include "cli/criteria.h"

struct buf;
struct err;
struct json_t;
struct table;

struct requests_settings {
    struct command_settings common;
    struct criteria criteria;
    uint64_t since, limit; /* limit 0: all */
    bool clear, count, stats, follow, no_trunc;
};

/* A table for entries of the journal. */
int requests_table(struct table **ret, struct err *err);
/* whole: digests in full, not as docker shows them. */
void requests_add(struct table *t, const struct json_t *entry, bool whole);
/* Whether digests are shown in full: asked for, or the output is no terminal. */
bool requests_whole(const struct requests_settings *s);
/* Appends the path of the request that is named by "17" or "#17". ERR_USAGE. */
int requests_path(struct buf *b, const char *word, struct err *err);
/* --follow: entries as they end, until the server or the reader is gone. */
enum cli_status requests_follow(const struct requests_settings *s, struct err *err);

#endif
