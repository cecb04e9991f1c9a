/* SPDX-License-Identifier: MIT */
/*
 * The journal of one world: every request, from its arrival to how it ended, bounded by entries
 * and bytes; and the assertions on it (verify, wait).
 *
 * An entry is opened when the request is named and closed when it ended, so that what hangs is seen
 * too. What was dropped to stay within the bounds is counted, and an assertion that would need it
 * fails and says so. Loop thread only.
 */
#ifndef LIB_CONTROL_JOURNAL_H
#define LIB_CONTROL_JOURNAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/fault/words.h"

struct clock;
struct err;
struct fault_engine;
struct journal;
struct json_t;
struct loop;
struct match;

enum {
    JOURNAL_ENTRIES = 10000,
    JOURNAL_BYTES = 16 * 1024 * 1024,
    JOURNAL_WATCHERS_MAX = 256, /* waits at once, and lists and event streams */
};

struct journal_options {
    const struct vocabulary *vocabulary; /* borrowed, must outlive the journal */
    struct loop *loop;                   /* borrowed */
    const struct clock *clock;           /* borrowed; NULL: the machine's time */
    size_t entries;                      /* 0: the defaults above */
    size_t bytes;
    bool off; /* nothing is kept: every request counts as dropped, so assertions fail and say so */
};

int journal_new(struct journal **ret, const struct journal_options *options, struct err *err);
/* Pending waits are answered "not held" and listeners told first. NULL-safe. */
void journal_free(struct journal *j);

/* Numbers and texts of one entry beside its words. */
struct journal_facts {
    int status; /* 0: none was sent */
    uint64_t bytes_in;
    uint64_t bytes_out;
    uint64_t duration_us;
    const char *end; /* "complete", "client-aborted", "timeout", "reset" ...; NULL while open */
};

/*
 * What the journal remembers beside the product's words. They become words of their own (unless the
 * product has one of that name), so that a match may name them: method, status, end, tls ...
 * Method, path, query, Range and the headers are read from the request; a secret in them is not
 * kept.
 */
enum journal_text {
    JOURNAL_METHOD,
    JOURNAL_STATUS,
    JOURNAL_END,
    JOURNAL_END_REASON, /* where it did not end well: "held by rule 'h' and not released in time" */
    JOURNAL_TLS,        /* "true", or the version */
    JOURNAL_RANGE,
    JOURNAL_FINGERPRINT,  /* of the credentials, never the secret */
    JOURNAL_SCOPES_ASKED, /* separated by blanks */
    JOURNAL_SCOPES_GRANTED,
    JOURNAL_STATE,           /* the image state that changed the answer */
    JOURNAL_RULE,            /* ids of the rules that did: "flaky-layer,slow" */
    JOURNAL_REDIRECTED_FROM, /* number of the request that a rule redirected to here */
    JOURNAL_LEAKED,          /* of such a one: "true" when it brought credentials, else "false" */
    JOURNAL_TEXTS
};

/* Opens an entry with copies of the words; returns its sequence number (1, 2, ...). */
uint64_t journal_open(struct journal *j, const struct subject *s);
/*
 * Sets or changes words of an open entry (user, auth: known later). NULL values are left. A
 * request counts for assertions once its sender is named (the vocabulary's user word) or it ended.
 */
void journal_update(struct journal *j, uint64_t seq, const struct subject *s);
/* Sets one text of an open entry. value NULL: nothing happens. */
void journal_note(struct journal *j, uint64_t seq, enum journal_text which, const char *value);
/* s may be NULL. Does nothing for an entry that is not there (any more). */
void journal_close(struct journal *j, uint64_t seq, const struct subject *s,
                   const struct journal_facts *facts);
/* Forgets all entries, open ones too; sequence numbers go on. */
void journal_clear(struct journal *j);

/* For metrics. */
struct journal_counters {
    size_t entries;
    size_t bytes;
    size_t open;
    uint64_t dropped;
    uint64_t last; /* the newest sequence number; 0: none yet */
};
struct journal_counters journal_counters(const struct journal *j);

/* The product's words and the journal's own; lives as long as the journal. */
const struct vocabulary *journal_vocabulary(const struct journal *j);
/* A match over these words. Numbers are texts ({"status": 404}), "4xx" is "4??". ERR_CONFIG. */
int journal_match_parse(struct match **ret, const struct journal *j, const struct json_t *object,
                        const char *path, struct err *err);

/*
 * {"entries", "bytes", "dropped", "first", "whole_from", "last", "open", "limits"}; caller owns.
 * From `whole_from` on nothing is missing; before it only entries that were open for long are kept.
 */
struct json_t *journal_stats(const struct journal *j);
/* Entries that fit, oldest first: {"requests": [...], "dropped": n, "last": seq}. filter NULL: all.
 * limit 0: all. */
struct json_t *journal_list(const struct journal *j, const struct match *filter, uint64_t since,
                            size_t limit);
/* Behind which number the newest `count` entries lie that fit; `since` when there are fewer. */
uint64_t journal_newest(const struct journal *j, const struct match *filter, uint64_t since,
                        uint64_t count);
/* How many fit; *ret_dropped: entries behind since that were dropped and may have fitted. */
uint64_t journal_count(const struct journal *j, const struct match *filter, uint64_t since,
                       uint64_t *ret_dropped);
/* One entry with its headers; NULL: not there. */
struct json_t *journal_entry(const struct journal *j, uint64_t seq);
/* Which rules came nearest to that entry without acting on it: fault_engine_explain(), as the rules
   are now. NULL: not there. */
struct json_t *journal_explain(const struct journal *j, uint64_t seq, struct fault_engine *e,
                               size_t most);

/*
 * verify (control.md, section 3): done(arg, held, answer) is called once, at once (then *ret is
 * NULL) or within `within`; answer says what was expected, what was found, and the nearest misses.
 * The body is checked: ERR_CONFIG with the path, and done is not called. ERR_OVERLOADED: too many
 * are waiting.
 */
typedef void (*journal_answer_fn)(void *arg, bool held, struct json_t *answer); /* takes answer */
struct journal_wait; /* pending; cancel when the asker is gone */
int journal_verify(struct journal *j, const struct json_t *body, journal_answer_fn done, void *arg,
                   struct journal_wait **ret, struct err *err);
/* wait: held when it happened, not held when the timeout came first. */
int journal_wait(struct journal *j, const struct json_t *body, journal_answer_fn done, void *arg,
                 struct journal_wait **ret, struct err *err);
/* NULL-safe; done is not called any more. Not to be called after done was. */
void journal_wait_cancel(struct journal_wait *w);

/*
 * Tells of every entry that is closed from now on. seq 0: the journal is being freed; the listener
 * is gone with it and must not be removed. fn must not change the journal or its listeners.
 */
struct journal_listener;
typedef void (*journal_event_fn)(void *arg, uint64_t seq);
int journal_listen(struct journal *j, journal_event_fn fn, void *arg, struct journal_listener **ret,
                   struct err *err);
void journal_unlisten(struct journal_listener *l); /* NULL-safe */

#endif
