/* SPDX-License-Identifier: MIT */
#include "registry/upload.h"

#include <stdlib.h>
#include <string.h>

#include <openssl/rand.h>

#include "lib/http/loop.h"
#include "lib/util/err.h"
#include "lib/util/util.h"
#include "registry/registry.h"
#include "registry/store/ingest.h"
#include "registry/store/meta_store.h"

enum { UPLOAD_MAGIC = 0x75706c64 };

/*
 *              begin              finish
 *      IDLE ----------> RECEIVING --------> FINISHING
 *       | ^                | |                  |
 *       | +-- keep, undo --+ |                  |
 *       |                    |                  |
 *       +----- expired ------+--- cancelled ----+-- finished --> GONE
 */
static const bool allowed[][UPLOAD_GONE + 1] = {
    [UPLOAD_IDLE] = {[UPLOAD_RECEIVING] = true, [UPLOAD_GONE] = true},
    [UPLOAD_RECEIVING] = {[UPLOAD_IDLE] = true, [UPLOAD_FINISHING] = true, [UPLOAD_GONE] = true},
    [UPLOAD_FINISHING] = {[UPLOAD_GONE] = true},
    [UPLOAD_GONE] = {false},
};

/* The only place that changes a state. */
static void upload_move(struct upload *up, enum upload_state to)
{
    ASSERT(up->magic == UPLOAD_MAGIC);
    ASSERT(allowed[up->state][to]);
    up->state = to;
    up->last_use = loop_now(up->world->loop);
}

/* --- Life ------------------------------------------------------------------------------------ */

/* A random UUID, version 4 (RFC 9562, section 5.4). */
static int set_id(struct upload *up, struct err *err)
{
    static const char hex[] = "0123456789abcdef";
    unsigned char random[16];
    char *p = up->id;

    if (RAND_bytes(random, sizeof(random)) != 1)
        return err_set(err, ERR_SYSTEM, "no random numbers for an upload");
    random[6] = (unsigned char)((random[6] & 0x0f) | 0x40);
    random[8] = (unsigned char)((random[8] & 0x3f) | 0x80);
    for (size_t i = 0; i < sizeof(random); i++) {
        if (i == 4 || i == 6 || i == 8 || i == 10)
            *p++ = '-';
        *p++ = hex[random[i] >> 4];
        *p++ = hex[random[i] & 15];
    }
    *p = '\0';
    return 0;
}

/* Everything but the registration; on failure the caller frees up. */
static int upload_fill(struct upload *up, const char *repo, struct err *err)
{
    up->repo = strdup(repo);
    if (up->repo == NULL)
        return err_set(err, ERR_NOMEM, "upload");
    if (set_id(up, err) != 0)
        return -1;
    return ingest_new(&up->in, up->world->blobs, up->world->loop, err);
}

static void upload_destroy(struct upload *up)
{
    ingest_free(up->in);
    free(up->repo);
    up->magic = 0;
    free(up);
}

int upload_new(struct upload **ret, struct world *world, const char *repo, struct err *err)
{
    struct meta_store *meta = world->meta;
    struct upload *up;

    if (meta->ops->upload_count(meta) >= world->settings.uploads_max)
        return err_set(err, ERR_LIMIT, "%u uploads are open, as many as allowed",
                       world->settings.uploads_max);
    up = calloc(1, sizeof(*up));
    if (up == NULL)
        return err_set(err, ERR_NOMEM, "upload");
    up->magic = UPLOAD_MAGIC;
    up->world = world;
    up->last_use = loop_now(world->loop);
    if (upload_fill(up, repo, err) != 0 || meta->ops->upload_add(meta, up->id, up, err) != 0) {
        upload_destroy(up);
        return -1;
    }
    *ret = up;
    return 0;
}

void upload_free(struct upload *up)
{
    const struct upload_user *user;

    if (up == NULL)
        return;
    upload_move(up, UPLOAD_GONE);
    (void)up->world->meta->ops->upload_remove(up->world->meta, up->id);
    user = STEAL(up->user);
    if (user != NULL)
        user->lost(up->user_arg);
    upload_destroy(up);
}

struct upload *upload_find(struct world *world, const char *repo, const char *id)
{
    struct upload *up = world->meta->ops->upload_find(world->meta, id);

    if (up == NULL || strcmp(up->repo, repo) != 0)
        return NULL;
    return up;
}

uint64_t upload_size(const struct upload *up)
{
    return ingest_size(up->in);
}

/* --- Bytes ----------------------------------------------------------------------------------- */

void upload_begin(struct upload *up, const struct upload_user *user, void *arg)
{
    upload_move(up, UPLOAD_RECEIVING);
    up->mark = upload_size(up);
    up->user = user;
    up->user_arg = arg;
}

int upload_append(struct upload *up, const void *p, size_t n, struct err *err)
{
    ASSERT(up->state == UPLOAD_RECEIVING);
    up->last_use = loop_now(up->world->loop);
    return ingest_append(up->in, p, n, err);
}

static void on_drained(void *arg)
{
    struct upload *up;

    CAST_ARG(up, arg, UPLOAD_MAGIC);
    if (up->user != NULL && up->state == UPLOAD_RECEIVING)
        up->user->drained(up->user_arg);
}

bool upload_is_behind(struct upload *up)
{
    return ingest_is_behind(up->in, on_drained, up);
}

void upload_keep(struct upload *up)
{
    upload_move(up, UPLOAD_IDLE);
    up->user = NULL;
}

/* A session that had nothing begins anew: that gives the room back at once. */
static int take_back(struct upload *up)
{
    struct ingest *fresh;

    if (up->mark > 0)
        return ingest_truncate(up->in, up->mark, NULL);
    if (ingest_new(&fresh, up->world->blobs, up->world->loop, NULL) != 0)
        return -1;
    ingest_free(up->in);
    up->in = fresh;
    return 0;
}

bool upload_undo(struct upload *up)
{
    upload_keep(up);
    if (take_back(up) == 0)
        return true;
    upload_free(up);
    return false;
}

/* --- The end --------------------------------------------------------------------------------- */

static void on_finished(void *arg, struct blob *blob, const struct err *err)
{
    struct upload *up;
    bool waits;

    CAST_ARG(up, arg, UPLOAD_MAGIC);
    waits = up->user != NULL;
    up->user = NULL;
    up->finished(up, waits ? up->user_arg : NULL, blob, err);
}

void upload_finish(struct upload *up, const struct digest *expected,
                   void (*finished)(struct upload *up, void *user_arg, struct blob *blob,
                                    const struct err *err))
{
    upload_move(up, UPLOAD_FINISHING);
    up->finished = finished;
    ingest_finish(up->in, expected, on_finished, up);
}

void upload_leave(struct upload *up)
{
    ASSERT(up->state == UPLOAD_FINISHING);
    up->user = NULL;
}

/* Sessions to end; they are collected first because the store may not change while it is walked. */
struct harvest {
    struct upload **list; /* owned array of borrowed sessions */
    size_t count;
    size_t room;
    uint64_t before; /* those used before this time */
    bool busy;       /* those in use too */
};

static bool collect(void *arg, struct upload *up)
{
    struct harvest *h = arg;

    if (h->busy || (up->state == UPLOAD_IDLE && up->last_use < h->before))
        h->list[h->count++] = up;
    return h->count < h->room;
}

static size_t reap(struct world *world, struct harvest *h)
{
    struct meta_store *meta = world->meta;

    h->room = meta->ops->upload_count(meta);
    if (h->room == 0)
        return 0;
    h->list = calloc(h->room, sizeof(*h->list));
    if (h->list == NULL) /* the next sweep may find memory */
        return 0;
    meta->ops->uploads(meta, collect, h);
    for (size_t i = 0; i < h->count; i++)
        upload_free(h->list[i]);
    free(h->list);
    return h->count;
}

size_t upload_expire(struct world *world, uint64_t now)
{
    struct harvest h = {0};

    if (world->settings.upload_expiry == 0 || now < world->settings.upload_expiry)
        return 0;
    h.before = now - world->settings.upload_expiry;
    return reap(world, &h);
}

void upload_free_all(struct world *world)
{
    struct harvest h = {.busy = true};

    (void)reap(world, &h);
}
