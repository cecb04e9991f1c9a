/* SPDX-License-Identifier: MIT */
/*
 * Upload sessions: a blob on its way into a repository, over several requests.
 *
 * Owns the ingest (registry/store/ingest.h). Does not know HTTP: the request that works on a
 * session is its `user`. Loop thread only. States and moves: see the drawing in upload.c.
 */
#ifndef REGISTRY_UPLOAD_H
#define REGISTRY_UPLOAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct blob;
struct digest;
struct err;
struct ingest;
struct world;

enum { UPLOAD_ID_LENGTH = 36 }; /* a random UUID as text */

enum upload_state {
    UPLOAD_IDLE,      /* waits for the next request */
    UPLOAD_RECEIVING, /* a request sends bytes */
    UPLOAD_FINISHING, /* the digest is computed; nothing can be added */
    UPLOAD_GONE,      /* being freed */
};

/* The request that works on a session. */
struct upload_user {
    /* The session is gone: cancelled by another request. Not called when the user frees it. */
    void (*lost)(void *arg);
    /* The store caught up after upload_append() said that it is behind. */
    void (*drained)(void *arg);
};

struct upload {
    unsigned magic;
    enum upload_state state;
    struct world *world;            /* borrowed */
    char id[UPLOAD_ID_LENGTH + 1];  /* as in its Location */
    char *repo;                     /* owned; the only one in which it is seen */
    struct ingest *in;              /* owned */
    uint64_t last_use;              /* loop_now() */
    uint64_t mark;                  /* size when the present request began */
    const struct upload_user *user; /* borrowed; NULL when nobody waits for it */
    void *user_arg;                 /* borrowed */
    /* From upload_finish() on: */
    void (*finished)(struct upload *up, void *user_arg, struct blob *blob, const struct err *err);
};

/* Registers a session. ERR_LIMIT when there are too many, ERR_NOMEM. The store owns none of it: it
   ends by upload_free(). */
int upload_new(struct upload **ret, struct world *world, const char *repo, struct err *err);
/* Ends a session in any state and drops what it holds. NULL-safe. */
void upload_free(struct upload *up);
/* Borrowed; NULL for an unknown id and for one of another repository (UP9). */
struct upload *upload_find(struct world *world, const char *repo, const char *id);
uint64_t upload_size(const struct upload *up);

/* IDLE -> RECEIVING for this user. */
void upload_begin(struct upload *up, const struct upload_user *user, void *arg);
/* Adds bytes. ERR_STORAGE_FULL, ERR_SYSTEM. */
int upload_append(struct upload *up, const void *p, size_t n, struct err *err);
/* True when the sender should wait for drained(). */
bool upload_is_behind(struct upload *up);
/* RECEIVING -> IDLE: what came stays. */
void upload_keep(struct upload *up);
/* RECEIVING -> IDLE: nothing that came since upload_begin() counts. When even that fails the
   session is freed and false returned. */
bool upload_undo(struct upload *up);
/*
 * RECEIVING -> FINISHING. finished is called later, once, with the blob (the callee owns the
 * reference) or an error; it must free the session. user_arg is NULL when upload_leave() was
 * called.
 */
void upload_finish(struct upload *up, const struct digest *expected,
                   void (*finished)(struct upload *up, void *user_arg, struct blob *blob,
                                    const struct err *err));
/* The user goes away while the session is FINISHING: neither lost nor drained comes any more. */
void upload_leave(struct upload *up);

/* UP10: ends the idle sessions that nobody used for settings.upload_expiry (0: never); returns how
   many. */
size_t upload_expire(struct world *world, uint64_t now);
/* Ends every session: before a world is freed. */
void upload_free_all(struct world *world);

#endif
