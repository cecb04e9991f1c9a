/* SPDX-License-Identifier: MIT */
/*
 * One image state: what it stands on, for whom, for how long. Private to registry/state*.c.
 */
#ifndef REGISTRY_STATE_ENTRY_H
#define REGISTRY_STATE_ENTRY_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>

#include "registry/state.h"

struct err;
struct json_t;

/* From the most to the least specific. */
enum state_class { STATE_TAG, STATE_DIGEST, STATE_TAG_GLOB, STATE_REPO, STATE_REPO_GLOB };

struct state_digest; /* a blob that an absent repository shows again */

struct state_entry {
    char *image;  /* owned: as it was written */
    char *repo;   /* owned; may be a glob, as the next two */
    char *tag;    /* owned; NULL: none */
    char *digest; /* owned; NULL: none */
    char *user;   /* owned; NULL: everybody; "" for anonymous */
    enum state_class class;
    enum image_state state;
    const char *challenge_error; /* static; NULL: as usual */
    bool sticky;
    uint64_t after;             /* pulls that see nothing of it first */
    uint64_t times;             /* pulls that see it; 0: all */
    int64_t expires_ms;         /* on the world's clock; 0: never */
    uint64_t number;            /* order of arrival: the newest wins */
    uint64_t pulls;             /* that came so far */
    uint64_t applied;           /* to which it applied */
    struct state_digest *shown; /* owned table */
    TAILQ_ENTRY(state_entry) link;
};

/* `now_ms` starts the time of `for`. ERR_CONFIG with `path` in front. */
int state_entry_parse(struct state_entry **ret, const struct json_t *row, const char *path,
                      bool anonymous_only, int64_t now_ms, struct err *err);
void state_entry_free(struct state_entry *e); /* NULL-safe */
/* What it stands on, and for whom: true when both are the same. */
bool state_entry_same(const struct state_entry *a, const struct state_entry *b);
/* The more specific one first; among equals the newer. */
int state_entry_compare(const struct state_entry *a, const struct state_entry *b);
/* Its time is over, or all its pulls have been. */
bool state_entry_is_over(const struct state_entry *e, int64_t now_ms);
bool state_entry_is_counted(const struct state_entry *e); /* has times or after */
/* Image and user fit; time and counts are not looked at. */
bool state_entry_fits(const struct state_entry *e, const struct state_question *q);
/* A blob that is shown although its repository is absent. */
int state_entry_show(struct state_entry *e, const char *repo, const char *digest);
bool state_entry_shows(const struct state_entry *e, const char *repo, const char *digest);
struct json_t *state_entry_json(const struct state_entry *e, int64_t now_ms); /* caller owns */

#endif
