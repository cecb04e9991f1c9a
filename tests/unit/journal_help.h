/* SPDX-License-Identifier: MIT */
/*
 * A journal with the words of a small registry, for tests.
 */
#ifndef TESTS_UNIT_JOURNAL_HELP_H
#define TESTS_UNIT_JOURNAL_HELP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/control/journal.h"
#include "lib/util/clock.h"

struct json_t;
struct loop;

enum help_op {
    HELP_PING,
    HELP_TOKEN,
    HELP_MANIFEST_HEAD,
    HELP_MANIFEST_GET,
    HELP_BLOB_HEAD,
    HELP_BLOB_GET,
};

enum help_word {
    HELP_WORD_OP,
    HELP_WORD_REPO,
    HELP_WORD_REF,
    HELP_WORD_DIGEST,
    HELP_WORD_ROLE,
    HELP_WORD_USER,
    HELP_WORD_CLIENT,
    HELP_WORD_AGENT,
};

extern const struct vocabulary help_vocabulary;
extern const struct pulls_ops help_pulls; /* over it */

struct help {
    struct loop *loop;
    struct clock clock;
    struct journal *j;
};

/* entries and bytes 0: the defaults. */
void help_begin(struct help *h, size_t entries, size_t bytes);
void help_end(struct help *h);

/* An open entry of "client 192.0.2.1:1234, user alice" for this operation and repository. */
uint64_t help_open(struct help *h, enum help_op op, const char *repo);
void help_close(struct help *h, uint64_t seq, int status);
/* Both. */
uint64_t help_request(struct help *h, enum help_op op, const char *repo, int status);

/* JSON from text with single for double quotes; aborts when it is none. The caller owns it. */
struct json_t *help_json(const char *text);
/* The number or text at a path such as "a.b.0.c" as text; "-" when it is not there. The last four
   results stay valid. */
const char *help_at(const struct json_t *value, const char *path);

/* Turns the loop until *flag, or for a second at most. */
bool help_until(struct help *h, const bool *flag);
/* Turns the loop for some milliseconds. */
void help_turn(struct help *h, unsigned ms);

#endif
