/* SPDX-License-Identifier: MIT */
/*
 * The insides of a journal, shared by the files of this folder: the ring, walking over it, and who
 * watches. Loop thread only.
 *
 *     sequence numbers    1 ... first-1                     first ... last
 *     kept                `pinned`: those that were open    all: `ring`
 *                         when the ring left them behind
 *
 * When room is needed the oldest entry that is closed goes; an open one only when there is no other
 * (and then assertions are told).
 */
#ifndef LIB_CONTROL_RING_H
#define LIB_CONTROL_RING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/queue.h>

#include "lib/control/entry.h"
#include "lib/control/journal.h"

enum { JOURNAL_MAGIC = 0x6a6f7572 };

struct loop_timer;

struct journal_listener {
    struct journal *j; /* borrowed */
    journal_event_fn fn;
    void *arg; /* borrowed */
    TAILQ_ENTRY(journal_listener) link;
};

TAILQ_HEAD(journal_waits, journal_wait);

struct journal {
    unsigned magic; /* JOURNAL_MAGIC */
    struct journal_options options;

    struct word words[WORDS_MAX]; /* the product's, then our own */
    struct vocabulary vocabulary; /* over these */
    size_t own[JOURNAL_TEXTS];    /* index of the word of each text */
    size_t agent_word;            /* index of `userAgent`; WORDS_MAX: there is none */

    struct journal_entry **ring; /* owned, and each entry; slot of seq: seq % ring_size */
    uint64_t *closed; /* owned: seq of the entry of each stamp; slot: stamp % ring_size */
    size_t ring_size;
    uint64_t first; /* in the ring; last + 1: it is empty */
    uint64_t last;
    uint64_t stamp; /* of the entry that was closed last */

    struct journal_entry **pinned; /* owned, and each entry; by seq */
    size_t pinned_count;
    size_t pinned_size;
    size_t pinned_closed; /* of them are closed by now */

    uint64_t cleared; /* entries up to this one were forgotten because somebody asked for it */
    uint64_t dropped; /* entries that were forgotten to make room */
    uint64_t lost;    /* of them were open: how they went on is not known */
    size_t bytes;     /* of all entries */
    size_t open_count;
    uint64_t dropped_of[WORDS_OPS_MAX]; /* the newest entry of each op that was dropped */

    struct journal_waits waits; /* owned: pending */
    size_t wait_count;
    struct loop_timer *flush;                 /* owned: answers waits that are due */
    TAILQ_HEAD(, journal_listener) listeners; /* owned */
    size_t listener_count;
};

/* --- Walking -----------------------------------------------------------------------------------
 */

/* A walk over the entries behind `since`, oldest first. The journal must not change meanwhile. */
struct ring_walk {
    const struct journal *j; /* borrowed */
    size_t pinned;
    uint64_t seq;
};

void ring_walk(struct ring_walk *w, const struct journal *j, uint64_t since);
const struct journal_entry *ring_next(struct ring_walk *w); /* NULL: that was all */
const struct journal_entry *ring_find(const struct journal *j, uint64_t seq); /* or NULL */
/* How many entries behind `since` were dropped. */
uint64_t ring_dropped(const struct journal *j, uint64_t since);
/* The same if one of them may have been of these ops (a mask), else 0. */
uint64_t ring_dropped_of(const struct journal *j, uint64_t since, uint64_t ops);

/* --- Matching ----------------------------------------------------------------------------------
 */

/* A match, prepared for many entries. */
struct ring_filter {
    const struct match *match; /* borrowed; NULL: everything fits */
    uint64_t ops;
    bool with_request; /* it looks at path, query or headers */
};

struct ring_filter ring_filter(const struct match *m);
bool ring_fits(const struct journal *j, const struct ring_filter *f, const struct journal_entry *e);
/* True when assertions count the entry: it ended, or its sender is named. */
bool ring_counts(const struct journal *j, const struct journal_entry *e);

/* --- wait.c: told of every change ----------------------------------------------------------------
 */

void waits_before(struct journal *j, const struct journal_entry *e); /* e NULL: it is new */
void waits_after(struct journal *j, const struct journal_entry *e);
/* Answers all with "not held". */
void waits_end(struct journal *j);
void waits_flush(void *arg); /* the journal; a loop_fn */

#endif
