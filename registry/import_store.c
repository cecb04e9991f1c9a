/* SPDX-License-Identifier: MIT */
#include "registry/import_store.h"

#include <stdbool.h>
#include <stdlib.h>

#include "lib/http/loop.h"
#include "lib/util/err.h"
#include "lib/util/util.h"
#include "registry/registry.h"
#include "registry/store/ingest.h"

enum {
    CHUNK = 256 * 1024,     /* read at a time */
    TURN = 8 * 1024 * 1024, /* bytes after which the loop may see that a job has ended */
};

struct waiter {
    struct loop *loop; /* borrowed */
    bool woken;
    struct blob *blob; /* owned reference: what came out */
    struct err err;    /* or why nothing did */
};

DEFINE_AUTO(ingest, struct ingest, ingest_free)
#define auto_ingest __attribute__((cleanup(auto_ingest_)))

static void wake(void *arg)
{
    struct waiter *w = arg;

    w->woken = true;
    loop_stop(w->loop);
}

static void on_done(void *arg, struct blob *blob, const struct err *err)
{
    struct waiter *w = arg;

    w->blob = blob;
    if (err != NULL)
        w->err = *err;
    wake(w);
}

/* Runs the loop until wake(); somebody else may stop it for good, such as a signal. */
static int wait_for(struct waiter *w, struct err *err)
{
    w->woken = false;
    if (loop_run(w->loop, err) != 0)
        return -1;
    return w->woken ? 0 : err_set(err, ERR_CANCELLED, "stopped");
}

/* Lets the loop see what has ended, and start what is next. */
static int turn(struct waiter *w, struct err *err)
{
    loop_defer(w->loop, wake, w);
    return wait_for(w, err);
}

/* Reads all of it, no faster than the digest follows. */
static int fill(struct ingest *in, import_read_fn read, void *arg, struct waiter *w,
                struct err *err)
{
    auto_free char *chunk = malloc(CHUNK);
    size_t since = 0;
    ssize_t got;

    if (chunk == NULL)
        return err_set(err, ERR_NOMEM, "import");
    while ((got = read(arg, chunk, CHUNK, err)) > 0) {
        if (ingest_append(in, chunk, (size_t)got, err) != 0)
            return -1;
        since += (size_t)got;
        if (since >= TURN) {
            since = 0;
            if (turn(w, err) != 0)
                return -1;
        }
        if (ingest_is_behind(in, wake, w) && wait_for(w, err) != 0)
            return -1;
    }
    return got < 0 ? -1 : 0;
}

int import_store(struct world *world, import_read_fn read, void *arg, const struct digest *expected,
                 struct blob **ret, struct err *err)
{
    struct waiter w = {.loop = world->loop, .err = {.code = ERR_NONE}};
    auto_ingest struct ingest *in = NULL;

    if (ingest_new(&in, world->blobs, world->loop, err) != 0 || fill(in, read, arg, &w, err) != 0)
        return -1;
    ingest_finish(in, expected, on_done, &w);
    if (wait_for(&w, err) != 0)
        return -1;
    if (w.blob == NULL) {
        if (err != NULL)
            *err = w.err;
        return -1;
    }
    *ret = w.blob;
    return 0;
}
