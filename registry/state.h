/* SPDX-License-Identifier: MIT */
/*
 * Image states: present, absent, unauthorized, denied, for a repository, tag, digest or glob
 * (control.md, section 1).
 *
 * A state says what a client sees; content is never touched. The most specific one wins: tag,
 * digest, tag glob, repository, repository glob; with a user before without; then the newest. A
 * state with `times` or `after` counts pulls, not requests. Loop thread only.
 */
#ifndef REGISTRY_STATE_H
#define REGISTRY_STATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct clock;
struct err;
struct image_states;
struct json_t;

enum image_state { IMAGE_PRESENT, IMAGE_ABSENT, IMAGE_UNAUTHORIZED, IMAGE_DENIED };
const char *image_state_name(enum image_state s);
bool image_state_parse(enum image_state *ret, const char *name);

/* What a request is after, as far as states are concerned. */
enum state_kind {
    STATE_MANIFEST,   /* a manifest, by tag or digest */
    STATE_BLOB,       /* a blob: never hidden below its repository */
    STATE_REPOSITORY, /* the repository as a whole: lists, uploads, mounts */
};

/* Who asks for what. Texts are borrowed; NULL where there is nothing to say. */
struct state_question {
    enum state_kind kind;
    const char *repo;
    const char *tag;    /* MANIFEST: the tag asked for */
    const char *digest; /* MANIFEST: asked for, or what the tag resolves to; BLOB: the blob */
    const char *user;   /* account; "" for anonymous */
    const char *client; /* address and port: the port is left out of a pull's key */
    const char *user_agent;
    bool get; /* GET rather than HEAD */
};

struct state_answer {
    enum image_state state;
    bool repository;             /* the state stands on the repository, or a glob of them */
    const char *challenge_error; /* "insufficient_scope", "invalid_token", "none"; or NULL */
    const char *image; /* of the entry that decided, borrowed until the next change; NULL */
};

int image_states_new(struct image_states **ret, const struct clock *clock, struct err *err);
void image_states_free(struct image_states *s); /* NULL-safe */

/* {"image", "state", "user"?, "times"?, "for"?, "after"?, "sticky"?, "challenge_error"?}, one or an
   array: all or nothing. anonymous_only: no other user can be named (authentication is off).
   ERR_CONFIG. */
int image_states_set(struct image_states *s, const struct json_t *body, bool anonymous_only,
                     struct err *err);
struct json_t *image_states_list(struct image_states *s); /* caller owns */
/* A row of that list as one that can be set: what is left of its pulls and its time. NULL for NULL
   and where memory is short; the caller owns it. */
struct json_t *image_state_settable(const struct json_t *row);
/* All of them like this, so that setting them in their order gives the same states. */
struct json_t *image_states_save(struct image_states *s);
size_t image_states_remove(struct image_states *s, const char *image,
                           const char *user); /* NULL: all */
/* The one of just this image and user (NULL: of everybody), as in the list; NULL: there is none.
   The caller owns it. */
struct json_t *image_states_get(struct image_states *s, const char *image, const char *user);
/* Removes just that one. */
void image_states_forget(struct image_states *s, const char *image, const char *user);
/* True when there is nothing to ask: the fast path. */
bool image_states_empty(const struct image_states *s);

/* Decides for a manifest that is pulled, and counts where a pull begins. */
void image_states_pull(struct image_states *s, const struct state_question *q,
                       struct state_answer *ret);
/* Decides for everything else: within a pull as the pull, else as the next pull would be. */
void image_states_look(struct image_states *s, const struct state_question *q,
                       struct state_answer *ret);
/* How the request asked with image_states_pull() ended: 200 and 404 are final. */
void image_states_answered(struct image_states *s, const struct state_question *q, int status);
/* That manifest was pushed: tag (may be NULL) and digest become present again where an absent state
   that is not sticky hides them. -1: out of memory. */
int image_states_pushed(struct image_states *s, const char *repo, const char *tag,
                        const char *digest);
/* That blob came into the repository: an absent repository shows it from now on. */
int image_states_linked(struct image_states *s, const char *repo, const char *digest);

#endif
