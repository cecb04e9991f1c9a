/* SPDX-License-Identifier: MIT */
/*
 * Which request belongs to which pull; private to pulls*.c. Entries are borrowed from the journal,
 * which must not change meanwhile.
 */
#ifndef LIB_CONTROL_PULLS_GROUP_H
#define LIB_CONTROL_PULLS_GROUP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/queue.h>

#include "lib/control/pulls.h"
#include "lib/control/ring.h"

struct pull {
    const char *client; /* borrowed: address and port */
    const char *agent;  /* borrowed; NULL: none */
    const char *repo;   /* borrowed */
    const char *ref;    /* borrowed; NULL: it began with a blob */
    const char *digest; /* borrowed: what ref was resolved to; NULL: not known */
    int64_t last_ms;    /* end of the last request */
    bool head_final;    /* a HEAD of ref was answered finally */
    bool get_final;
    bool has_manifest;                     /* one was given out */
    bool has_blob;                         /* one was asked for */
    const struct journal_entry **requests; /* owned, the entries borrowed; by number */
    size_t count;
    size_t size;
    struct pull *older; /* borrowed: of the same client, agent and repository */
    TAILQ_ENTRY(pull) link;
};

struct pull_group; /* of one client, agent and repository */

struct pulls {
    const struct journal *j;                /* borrowed */
    const struct pulls_ops *ops;            /* borrowed */
    TAILQ_HEAD(pull_list, pull) list;       /* owned; by their first request */
    struct pull_group *groups;              /* owned: hash */
    const struct journal_entry *tokens[64]; /* borrowed: the newest that found no pull so far */
    size_t token_count; /* all that did not; the newest is tokens[(token_count - 1) % 64] */
    uint64_t from;      /* the first entry that was looked at */
    int64_t from_ms;    /* when it came; 0: nothing was left out */
    bool failed;        /* memory was short */
};

/* Groups the newest entries of the journal, and those that are open for long. p needs pulls_done()
   in any case. */
void pulls_group(struct pulls *p, const struct journal *j, const struct pulls_ops *ops,
                 size_t entries);
void pulls_done(struct pulls *p);

#endif
