/* SPDX-License-Identifier: MIT */
#include "registry/registry.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include <jansson.h>

#include "auth/token.h"
#include "lib/control/journal.h"
#include "lib/control/metrics.h"
#include "lib/fault/fault.h"
#include "lib/http/exchange.h"
#include "lib/http/loop.h"
#include "lib/util/err.h"
#include "lib/util/util.h"
#include "registry/faults.h"
#include "registry/call.h"
#include "registry/gate.h"
#include "registry/magic.h"
#include "registry/pending.h"
#include "registry/ports.h"
#include "registry/reset.h"
#include "registry/state.h"
#include "registry/state_gate.h"
#include "registry/store/blob_store.h"
#include "registry/store/memory_limit.h"
#include "registry/store/meta_store.h"
#include "registry/upload.h"
#include "registry/words.h"
#include "registry/world_metrics.h"

enum {
    SWEEP_MIN = 20, /* milliseconds between two looks for idle uploads */
    SWEEP_MAX = 60 * 1000,
};

/* Often enough that an upload outlives its time by a quarter at most. */
static void schedule_sweep(struct world *w)
{
    uint32_t ms = w->settings.upload_expiry / 4;

    if (w->settings.upload_expiry == 0)
        return;
    if (ms < SWEEP_MIN)
        ms = SWEEP_MIN;
    if (ms > SWEEP_MAX)
        ms = SWEEP_MAX;
    loop_timer_start(w->sweeper, ms);
}

static void sweep(void *arg)
{
    struct world *w = arg;

    (void)upload_expire(w, loop_now(w->loop));
    schedule_sweep(w);
}

static int open_stores(struct world *w, struct err *err)
{
    uint64_t limit = w->settings.storage_max;

    if (limit == 0)
        limit = memory_limit_storage();
    if (blob_store_memory_new(&w->blobs, w->loop, limit, err) != 0)
        return err_wrap(err, "blob store");
    if (meta_store_memory_new(&w->meta, err) != 0)
        return err_wrap(err, "metadata store");
    return 0;
}

/* Request ids and marks of two runs shall not be mixed up. */
static void draw(void *p, size_t n)
{
    ssize_t got;

    do
        got = getrandom(p, n, 0);
    while (got < 0 && errno == EINTR);
    ASSERT(got == (ssize_t)n); /* small requests are never cut, getrandom(2) */
}

static int open_magic(struct world *w, struct err *err)
{
    if (!w->settings.magic)
        return 0;
    return magic_new(&w->magic, w->faults, w->settings.magic_presets, err);
}

static int set_up(struct world *w, const char *name, struct err *err)
{
    const struct journal_options journal = {
        .vocabulary = &registry_vocabulary,
        .loop = w->loop,
        .clock = &w->clock,
        .entries = w->settings.journal_entries,
        .bytes = w->settings.journal_bytes,
        .off = w->settings.journal_entries == 0,
    };

    w->name = strdup(name);
    if (w->name == NULL)
        return err_set(err, ERR_NOMEM, "world");
    if (open_stores(w, err) != 0 || image_states_new(&w->states, &w->clock, err) != 0 ||
        journal_new(&w->journal, &journal, err) != 0 || faults_open(w, err) != 0 ||
        open_magic(w, err) != 0 || world_metrics_open(w, err) != 0 || ports_open(w, err) != 0)
        return -1;
    return loop_timer_new(&w->sweeper, w->loop, sweep, w, err);
}

int world_new(struct world **ret, const char *name, struct loop *loop,
              const struct registry_settings *settings, struct err *err)
{
    struct world *w = calloc(1, sizeof(*w));

    if (w == NULL)
        return err_set(err, ERR_NOMEM, "world");
    w->loop = loop;
    w->settings = *settings;
    draw(&w->run, sizeof(w->run));
    draw(w->mark_key, sizeof(w->mark_key));
    TAILQ_INIT(&w->calls);
    if (set_up(w, name, err) != 0) {
        world_free(w);
        return -1;
    }
    schedule_sweep(w);
    *ret = w;
    return 0;
}

/* Whose policy a name has. */
static const char *meant_repository(void *arg, const char *name)
{
    const struct world *w = arg;

    return magic_repo(w->magic, name);
}

void world_set_auth(struct world *w, struct auth *auth)
{
    w->auth = auth;
    w->access = auth != NULL ? &gate_policy : NULL;
    if (auth == NULL)
        return;
    token_set_withheld(auth, state_withholds, w);
    token_set_meant(auth, meant_repository, w);
}

void world_release(struct world *w)
{
    fault_engine_cancel(w->faults);
    pending_cancel_all(w);
}

void world_abort(struct world *w)
{
    struct registry_call *call;

    while ((call = TAILQ_FIRST(&w->calls)) != NULL)
        http_exchange_abort(call->x, false, "the world is gone");
}

void world_free(struct world *w)
{
    if (w == NULL)
        return;
    ASSERT(TAILQ_EMPTY(&w->calls) && LIST_EMPTY(&w->pending));
    ports_done(w);
    reset_forget(w->start);
    loop_timer_free(w->sweeper);
    image_states_free(w->states);
    journal_free(w->journal);
    magic_free(w->magic);
    fault_engine_free(w->faults);
    world_metrics_close(w);
    json_decref(w->scenarios);
    if (w->meta != NULL)
        upload_free_all(w);
    meta_store_free(w->meta); /* drops its references, then no blob has any */
    blob_store_free(w->blobs);
    free((char *)w->name);
    free(w);
}
