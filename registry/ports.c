/* SPDX-License-Identifier: MIT */
#include "registry/ports.h"

#include "lib/http/loop.h"
#include "lib/http/server.h"
#include "lib/util/err.h"
#include "lib/util/log.h"
#include "registry/registry.h"

static int set_all(struct world *w, size_t count, bool up, struct err *err)
{
    for (size_t i = 0; i < count; i++) {
        if (http_listener_set_up(w->listeners[i], up, err) == 0)
            continue;
        (void)set_all(w, i, !up, NULL);
        return -1;
    }
    return 0;
}

/* The time is over. */
static void on_timer(void *arg)
{
    struct world *w = arg;
    struct err err;

    w->ports_until = 0;
    if (set_all(w, w->listener_count, !ports_are_up(w), &err) != 0)
        log_failure(LOG_LEVEL_ERROR, "the listeners stay as they are", &err);
}

int ports_open(struct world *w, struct err *err)
{
    return loop_timer_new(&w->ports_timer, w->loop, on_timer, w, err);
}

void ports_done(struct world *w)
{
    loop_timer_free(w->ports_timer);
}

int ports_set(struct world *w, bool up, uint32_t for_ms, struct err *err)
{
    if (w->listener_count == 0)
        return err_set(err, ERR_UNSUPPORTED,
                       "world '%s' has no listener of its own: use a rule with \"connection\"",
                       w->name);
    if (set_all(w, w->listener_count, up, err) != 0)
        return -1;
    loop_timer_stop(w->ports_timer);
    w->ports_until = for_ms > 0 ? loop_now(w->loop) + for_ms : 0;
    if (for_ms > 0)
        loop_timer_start(w->ports_timer, for_ms);
    return 0;
}

bool ports_are_up(const struct world *w)
{
    return w->listener_count == 0 || http_listener_is_up(w->listeners[0]);
}

uint64_t ports_until(const struct world *w)
{
    uint64_t now = loop_now(w->loop);

    if (w->ports_until == 0)
        return 0;
    return w->ports_until > now ? w->ports_until - now : 1;
}
