/* SPDX-License-Identifier: MIT */
/*
 * What is active is kept with its world: {name: {"parameters", "states", "registry"}}, the image
 * states that it set with those that were there before, and the switches as they were. Rules are
 * known by their tag.
 */
#include "cli/scenario_world.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <jansson.h>

#include "auth/identity.h"
#include "fixtures/scenario.h"
#include "lib/fault/fault.h"
#include "lib/util/err.h"
#include "lib/util/log.h"
#include "lib/util/util.h"
#include "registry/control_api.h"
#include "registry/registry.h"
#include "registry/state.h"

static int no_memory(struct err *err)
{
    return err_set(err, ERR_NOMEM, "scenario");
}

json_t *scenario_active(const struct world *w, const char *name)
{
    return json_object_get(w->scenarios, name);
}

/* --- States -------------------------------------------------------------------------------------
 */

static const char *text_of(const json_t *object, const char *key)
{
    return json_string_value(json_object_get(object, key));
}

/* [{"image", "user", "state", "before": a state or null}]: what taking back needs. */
static json_t *note_states(struct world *w, const json_t *states)
{
    json_t *notes = json_array();
    const json_t *state;
    size_t i;

    json_array_foreach(states, i, state)
    {
        json_t *row = image_states_get(w->states, text_of(state, "image"), text_of(state, "user"));
        json_t *note =
            json_pack("{s:O, s:O*, s:O, s:o*}", "image", json_object_get(state, "image"), "user",
                      json_object_get(state, "user"), "state", json_object_get(state, "state"),
                      "before", image_state_settable(row));

        json_decref(row);
        if (json_array_append_new(notes, note) != 0) {
            json_decref(notes);
            return NULL;
        }
    }
    return notes;
}

/* Unless somebody set another one meanwhile. */
static void restore_state(struct world *w, const json_t *note)
{
    const char *image = text_of(note, "image"), *user = text_of(note, "user");
    const json_t *before = json_object_get(note, "before");
    json_t *row = image_states_get(w->states, image, user);

    if (row != NULL && strcmp(text_of(row, "state"), text_of(note, "state")) == 0) {
        image_states_forget(w->states, image, user);
        if (before != NULL)
            (void)image_states_set(w->states, before, false, NULL);
    }
    json_decref(row);
}

/* --- Switches -----------------------------------------------------------------------------------
 */

/* As they are now, of those that are to change. */
static json_t *note_switches(const struct world *w, const json_t *switches)
{
    json_t *now = control_api_switches(w), *notes = json_object();
    const char *key;
    json_t *value;

    (void)json_object_del(json_object_get(now, "listeners"), "changes_in_ms");
    json_object_foreach((json_t *)(uintptr_t)switches, key, value)
    {
        (void)json_object_set(notes, key, json_object_get(now, key));
    }
    json_decref(now);
    return notes;
}

/* --- Applying -----------------------------------------------------------------------------------
 */

size_t scenario_take_back(struct world *w, const char *name)
{
    const json_t *notes = json_object_get(scenario_active(w, name), "states");
    const json_t *switches = json_object_get(scenario_active(w, name), "registry");
    size_t count = fault_engine_remove(w->faults, NULL, name) + json_array_size(notes) +
                   json_object_size(switches);
    const json_t *note;
    struct err err;
    size_t i;

    json_array_foreach(notes, i, note) restore_state(w, note);
    if (switches != NULL && control_api_set_switches(w, switches, &err) != 0)
        log_failure(LOG_LEVEL_WARN, "what a scenario switched stays so", &err);
    (void)json_object_del(w->scenarios, name);
    return count;
}

/* The record of a scenario that is about to be applied. NULL: memory is short. */
static json_t *keep(struct world *w, const char *name, json_t *parameters)
{
    json_t *record = json_pack("{s:O, s:[], s:{}}", "parameters", parameters, "states", "registry");

    if (w->scenarios == NULL)
        w->scenarios = json_object();
    return json_object_set_new(w->scenarios, name, record) == 0 ? record : NULL;
}

/* What was done is noted step by step, so that it can be taken back when the next one fails. */
static int put(struct world *w, const char *name, const json_t *made, json_t *parameters,
               json_t **ret_report, struct err *err)
{
    const json_t *rules = json_object_get(made, "rules");
    const json_t *states = json_object_get(made, "states");
    const json_t *switches = json_object_get(made, "registry");
    bool anonymous_only = w->auth == NULL || !access_is_on(w->auth);
    json_t *state_notes = note_states(w, states), *switch_notes = note_switches(w, switches);
    json_t *record = keep(w, name, parameters);
    int result = record != NULL ? 0 : no_memory(err);

    if (result == 0 && rules != NULL)
        result = fault_engine_load(w->faults, rules, false, ret_report, err);
    if (result == 0 && states != NULL)
        result = image_states_set(w->states, states, anonymous_only, err);
    if (result == 0 && json_object_set(record, "states", state_notes) != 0)
        result = no_memory(err);
    if (result == 0 && switches != NULL)
        result = control_api_set_switches(w, switches, err);
    if (result == 0 && json_object_set(record, "registry", switch_notes) != 0)
        result = no_memory(err);
    if (result != 0)
        (void)scenario_take_back(w, name);
    json_decref(state_notes);
    json_decref(switch_notes);
    return result;
}

static int expand_and_put(struct world *w, const json_t *document, const json_t *given,
                          json_t **ret_report, struct err *err)
{
    json_t *parameters = NULL, *made = NULL;
    int result = scenario_parameters(document, given, &parameters, err);

    if (result == 0)
        result = scenario_expand(document, parameters, &made, err);
    if (result == 0)
        result = put(w, text_of(document, "name"), made, parameters, ret_report, err);
    json_decref(parameters);
    json_decref(made);
    return result;
}

int scenario_apply(struct world *w, const json_t *document, const json_t *given,
                   json_t **ret_report, struct err *err)
{
    const char *name = text_of(document, "name");
    json_t *old = json_incref(json_object_get(scenario_active(w, name), "parameters"));
    int result;

    if (old != NULL) /* rules of others may have its name as a tag */
        (void)scenario_take_back(w, name);
    result = expand_and_put(w, document, given, ret_report, err);
    if (result != 0 && old != NULL)
        (void)expand_and_put(w, document, old, NULL, NULL);
    json_decref(old);
    return result;
}
