/* SPDX-License-Identifier: MIT */
/*
 * The journal as server-sent events (HTML, 9.2): one `request` event per entry that is closed, in
 * the order of closing, its id the sequence number.
 *
 * Nothing is queued: a reader has a place in the journal and takes from there when its connection
 * can take more. A reader who is too slow, or comes back too late, is told what it missed:
 *
 *     event: dropped
 *     data: {"skipped": 12}
 */
#ifndef LIB_CONTROL_JOURNAL_EVENTS_H
#define LIB_CONTROL_JOURNAL_EVENTS_H

#include <stdbool.h>
#include <stdint.h>

struct err;
struct http_exchange;
struct http_source;
struct journal;
struct match;

#define JOURNAL_EVENTS_TYPE "text/event-stream"

enum { JOURNAL_EVENTS_HEARTBEAT_MS = 15 * 1000 };

struct journal_events_options {
    struct match *filter;  /* taken; NULL: all */
    bool resume;           /* goes on behind `last_id`, else with what comes */
    uint64_t last_id;      /* Last-Event-ID; 0: from the oldest on */
    uint32_t heartbeat_ms; /* 0: as above */
};

/* The body of x, of unknown length. Takes options->filter, also on failure. ERR_OVERLOADED,
 * ERR_NOMEM.
 */
int journal_events(struct http_source **ret, struct journal *j, struct http_exchange *x,
                   const struct journal_events_options *options, struct err *err);

#endif
