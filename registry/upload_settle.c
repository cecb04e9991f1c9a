/* SPDX-License-Identifier: MIT */
#include "registry/upload_settle.h"

#include <stdbool.h>
#include <stdlib.h>

#include "lib/http/loop.h"
#include "lib/util/util.h"
#include "registry/registry.h"
#include "registry/upload.h"

enum {
    SETTLE_MAGIC = 0x73657474,
    LOOK_FIRST = 2, /* milliseconds to the first look; each next one takes twice as long, */
    LOOK_MAX = 50,  /* up to this */
};

struct settle {
    unsigned magic;
    struct registry_call *call; /* borrowed */
    registry_handler next;
    struct loop_timer *timer; /* owned */
    uint64_t until;           /* loop_now() */
    uint32_t pause;           /* milliseconds to the next look */
};

static bool is_busy(const struct registry_call *call)
{
    const struct upload *up = upload_find(call->world, call->route.repo, call->route.ref);

    return up != NULL && up->state != UPLOAD_IDLE;
}

static void settle_free(struct settle *s)
{
    if (s == NULL)
        return;
    loop_timer_free(s->timer);
    s->magic = 0;
    free(s);
}

static void on_abandon(struct registry_call *call)
{
    struct settle *s;

    CAST_ARG(s, call->pending, SETTLE_MAGIC);
    settle_free(s);
}

/* The next look, later and later: whoever writes for long shall not be watched closely. */
static void look_later(struct settle *s)
{
    loop_timer_start(s->timer, s->pause);
    s->pause = s->pause * 2 < LOOK_MAX ? s->pause * 2 : LOOK_MAX;
}

static void look(void *arg)
{
    struct registry_call *call;
    registry_handler next;
    struct settle *s;

    CAST_ARG(s, arg, SETTLE_MAGIC);
    if (is_busy(s->call) && loop_now(s->call->world->loop) < s->until) {
        look_later(s);
        return;
    }
    call = s->call;
    next = s->next;
    call_resume(call);
    settle_free(s);
    next(call);
}

static struct settle *settle_new(struct registry_call *call, registry_handler next)
{
    struct settle *s = calloc(1, sizeof(*s));

    if (s == NULL)
        return NULL;
    s->magic = SETTLE_MAGIC;
    s->call = call;
    s->next = next;
    s->pause = LOOK_FIRST;
    s->until = loop_now(call->world->loop) + UPLOAD_SETTLE_MAX;
    if (loop_timer_new(&s->timer, call->world->loop, look, s, NULL) != 0) {
        settle_free(s);
        return NULL;
    }
    return s;
}

void upload_settle(struct registry_call *call, registry_handler next)
{
    struct settle *s = is_busy(call) ? settle_new(call, next) : NULL;

    if (s == NULL) { /* idle, or no memory to wait with */
        next(call);
        return;
    }
    call_wait(call, on_abandon, s);
    look_later(s);
}
