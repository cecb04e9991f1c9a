/* SPDX-License-Identifier: MIT */
/* First everything that can fail is made, then it is put in place. */
#include "registry/reset.h"

#include <stdlib.h>

#include <jansson.h>

#include "lib/control/journal.h"
#include "lib/fault/fault.h"
#include "lib/util/err.h"
#include "lib/util/util.h"
#include "registry/pending.h"
#include "registry/ports.h"
#include "registry/registry.h"
#include "registry/state.h"
#include "registry/store/meta_store.h"
#include "registry/upload.h"

/* What is kept; everything is owned. */
struct world_start {
    struct registry_settings settings;
    struct meta_store *content; /* NULL: none */
    json_t *rules;
    json_t *states;
    json_t *scenarios; /* NULL: none is active */
    int64_t shift_ms;
};

void reset_forget(struct world_start *start)
{
    if (start == NULL)
        return;
    meta_store_free(start->content);
    json_decref(start->rules);
    json_decref(start->states);
    json_decref(start->scenarios);
    free(start);
}

DEFINE_AUTO(start, struct world_start, reset_forget)
#define auto_start __attribute__((cleanup(auto_start_)))

/* --- Keeping ------------------------------------------------------------------------------------
 */

static bool note_any(void *arg, const char *name)
{
    (void)name;
    *(bool *)arg = true;
    return false;
}

static int keep_content(struct world_start *start, struct world *w, struct err *err)
{
    bool any = false;

    w->meta->ops->repositories(w->meta, NULL, note_any, &any);
    return any ? w->meta->ops->copy(w->meta, &start->content, err) : 0;
}

static int keep_rules(struct world_start *start, struct world *w, struct err *err)
{
    json_t *rules = fault_engine_save(w->faults);
    json_t *scenarios = w->scenarios != NULL ? json_deep_copy(w->scenarios) : NULL;

    if (rules == NULL || (scenarios == NULL && w->scenarios != NULL)) {
        json_decref(rules);
        return err_set(err, ERR_NOMEM, "rules of the start");
    }
    json_decref(start->rules);
    json_decref(start->scenarios);
    start->rules = rules;
    start->scenarios = scenarios;
    return 0;
}

int reset_remember(struct world *w, struct err *err)
{
    auto_start struct world_start *start = calloc(1, sizeof(*start));

    if (start != NULL)
        start->states = image_states_save(w->states);
    if (start == NULL || start->states == NULL)
        return err_set(err, ERR_NOMEM, "state of the start");
    start->settings = w->settings;
    start->shift_ms = w->clock.shift_ms;
    if (keep_rules(start, w, err) != 0 || keep_content(start, w, err) != 0)
        return -1;
    reset_forget(w->start);
    w->start = STEAL(start);
    return 0;
}

int reset_remember_rules(struct world *w, struct err *err)
{
    return w->start != NULL ? keep_rules(w->start, w, err) : reset_remember(w, err);
}

/* --- Going back ---------------------------------------------------------------------------------
 */

/* What takes the place of what there is; owned until then. */
struct fresh {
    struct meta_store *content;
    struct image_states *states;
    json_t *scenarios; /* NULL: none is active */
};

static void fresh_done(struct fresh *f)
{
    meta_store_free(f->content);
    image_states_free(f->states);
    json_decref(f->scenarios);
}
#define auto_fresh __attribute__((cleanup(fresh_done)))

static int make_content(struct fresh *f, const struct world_start *start, struct err *err)
{
    if (start == NULL || start->content == NULL)
        return meta_store_memory_new(&f->content, err);
    return start->content->ops->copy(start->content, &f->content, err);
}

static int make_states(struct fresh *f, const struct world *w, const struct world_start *start,
                       struct err *err)
{
    if (image_states_new(&f->states, &w->clock, err) != 0)
        return -1;
    return start != NULL ? image_states_set(f->states, start->states, false, err) : 0;
}

/* Loading is all or nothing by itself: the last that can fail. */
static int load_rules(struct fresh *f, struct world *w, const struct world_start *start,
                      struct err *err)
{
    json_t *none = start == NULL ? json_array() : NULL;
    int result;

    if (start != NULL && start->scenarios != NULL)
        f->scenarios = json_deep_copy(start->scenarios);
    result = fault_engine_load(w->faults, start != NULL ? start->rules : none, true, NULL, err);
    json_decref(none);
    return result;
}

static int prepare(struct fresh *f, struct world *w, unsigned what, const struct world_start *start,
                   struct err *err)
{
    if ((what & RESET_CONTENT) != 0 && make_content(f, start, err) != 0)
        return -1;
    if ((what & RESET_STATES) != 0 && make_states(f, w, start, err) != 0)
        return -1;
    if ((what & RESET_SWITCHES) != 0 && w->listener_count > 0 && ports_set(w, true, 0, err) != 0)
        return -1;
    return (what & RESET_RULES) != 0 ? load_rules(f, w, start, err) : 0;
}

static void put_content(struct world *w, struct fresh *f)
{
    upload_free_all(w);
    pending_cancel_all(w);
    meta_store_free(w->meta);
    w->meta = STEAL(f->content);
}

static void put_states(struct world *w, struct fresh *f)
{
    image_states_free(w->states);
    w->states = STEAL(f->states);
}

static void put_rules(struct world *w, struct fresh *f)
{
    fault_engine_seed(w->faults, w->settings.seed);
    fault_engine_clear_state(w->faults);
    json_decref(w->scenarios);
    w->scenarios = STEAL(f->scenarios);
}

static void put_in_place(struct world *w, unsigned what, const struct world_start *start,
                         struct fresh *f)
{
    if ((what & RESET_GATES) != 0)
        fault_engine_cancel(w->faults);
    if ((what & RESET_CONTENT) != 0)
        put_content(w, f);
    if ((what & RESET_STATES) != 0)
        put_states(w, f);
    if ((what & RESET_RULES) != 0)
        put_rules(w, f);
    if ((what & RESET_CLOCK) != 0)
        w->clock.shift_ms = start != NULL ? start->shift_ms : 0;
    if ((what & RESET_SWITCHES) != 0 && w->start != NULL)
        w->settings = w->start->settings;
    if ((what & RESET_JOURNAL) != 0)
        journal_clear(w->journal);
}

int reset_world(struct world *w, unsigned what, bool empty, struct err *err)
{
    const struct world_start *start = empty ? NULL : w->start;
    auto_fresh struct fresh f = {0};

    if (prepare(&f, w, what, start, err) != 0)
        return -1;
    put_in_place(w, what, start, &f);
    return 0;
}
