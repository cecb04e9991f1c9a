/* SPDX-License-Identifier: MIT */
/*
 * What is active is kept with its world: {name: {"parameters", "states", "registry"}}: the image
 * states that it set with those that were there before, and the switches as they were. Rules are
 * known by their tag.
 */
#include "cli/serve_scenarios.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "auth/identity.h"
#include "fixtures/scenario.h"
#include "lib/control/control.h"
#include "lib/fault/fault.h"
#include "lib/util/buf.h"
#include "lib/util/err.h"
#include "lib/util/log.h"
#include "lib/util/option.h"
#include "lib/util/text.h"
#include "lib/util/util.h"
#include "registry/control_api.h"
#include "registry/registry.h"
#include "registry/state.h"

enum { TEXT_MAX = 64 * 1024 };

static int no_memory(struct err *err)
{
    return err_set(err, ERR_NOMEM, "scenario");
}

static json_t *active(const struct world *w, const char *name)
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

/* How many rules, states and switches it had. */
static size_t take_back(struct world *w, const char *name)
{
    const json_t *notes = json_object_get(active(w, name), "states");
    const json_t *switches = json_object_get(active(w, name), "registry");
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
    if (result == 0)
        result = json_object_set(record, "states", state_notes);
    if (result == 0 && switches != NULL)
        result = control_api_set_switches(w, switches, err);
    if (result == 0)
        result = json_object_set(record, "registry", switch_notes);
    if (result != 0)
        (void)take_back(w, name);
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

/* All of it, in the place of what it did before; or nothing, and what it did before stays. */
static int apply(struct world *w, const json_t *document, const json_t *given, json_t **ret_report,
                 struct err *err)
{
    const char *name = text_of(document, "name");
    json_t *old = json_incref(json_object_get(active(w, name), "parameters"));
    int result;

    (void)take_back(w, name);
    result = expand_and_put(w, document, given, ret_report, err);
    if (result != 0 && old != NULL)
        (void)expand_and_put(w, document, old, NULL, NULL);
    json_decref(old);
    return result;
}

/* --- Over the control API -----------------------------------------------------------------------
 */

/* The document, with what holds of it now. */
static json_t *describe(const struct world *w, const char *name, struct err *err)
{
    const json_t *parameters = json_object_get(active(w, name), "parameters");
    json_t *document;

    if (scenario_load(&document, name, err) != 0)
        return NULL;
    if (json_object_set_new(document, "active", json_boolean(parameters != NULL)) != 0 ||
        (parameters != NULL &&
         json_object_set(document, "with", (json_t *)(uintptr_t)parameters) != 0)) {
        json_decref(document);
        (void)no_memory(err);
        return NULL;
    }
    return document;
}

static void handle_list(struct control_call *call, void *arg)
{
    const struct world *w = control_call_world(call);
    json_t *list = json_array();
    const char *name;
    struct err err;

    (void)arg;
    for (size_t i = 0; (name = scenario_name(i)) != NULL; i++) {
        json_t *document = describe(w, name, &err);

        if (document == NULL) {
            json_decref(list);
            control_reply_error(call, &err);
            return;
        }
        (void)json_object_del(document, "rules");
        (void)json_object_del(document, "states");
        (void)json_object_del(document, "registry");
        (void)json_array_append_new(list, document);
    }
    control_reply(call, 200, json_pack("{s:o}", "scenarios", list));
}

static void handle_get(struct control_call *call, void *arg)
{
    struct err err;
    json_t *document =
        describe(control_call_world(call), control_call_parameter(call, "name"), &err);

    (void)arg;
    if (document != NULL)
        control_reply(call, 200, document);
    else
        control_reply_error(call, &err);
}

/* {"name", "parameters", "replaced", "rules", "states", "registry", "warnings"} */
static json_t *reply_of(const struct world *w, const char *name, bool replaced, json_t *report)
{
    json_t *record = active(w, name);
    json_t *reply = json_pack(
        "{s:s, s:O, s:b, s:O, s:O, s:O*, s:O*}", "name", name, "parameters",
        json_object_get(record, "parameters"), "replaced", (int)replaced, "states",
        json_object_get(record, "states"), "registry", json_object_get(record, "registry"), "rules",
        json_object_get(report, "rules"), "warnings", json_object_get(report, "warnings"));

    json_decref(report);
    return reply;
}

static void handle_apply(struct control_call *call, void *arg)
{
    struct world *w = control_call_world(call);
    const char *name = control_call_parameter(call, "name");
    bool replaced = active(w, name) != NULL;
    json_t *document, *report = NULL;
    struct err err;
    int result;

    (void)arg;
    if (scenario_load(&document, name, &err) != 0) {
        control_reply_error(call, &err);
        return;
    }
    result = apply(w, document, control_call_body(call), &report, &err);
    if (result == 0)
        control_reply(call, replaced ? 200 : 201, reply_of(w, name, replaced, report));
    else
        control_reply_error(call, &err);
    json_decref(document);
}

static void handle_remove(struct control_call *call, void *arg)
{
    struct world *w = control_call_world(call);
    const char *name = control_call_parameter(call, "name");
    json_t *document;
    struct err err;

    (void)arg;
    if (active(w, name) != NULL) {
        control_reply(call, 200, json_pack("{s:I}", "removed", (json_int_t)take_back(w, name)));
        return;
    }
    if (scenario_load(&document, name, &err) == 0) {
        json_decref(document);
        (void)err_set(&err, ERR_ABSENT, "the scenario %s is not active", TEXT_QUOTE(name));
    }
    control_reply_error(call, &err);
}

static void handle_clear(struct control_call *call, void *arg)
{
    struct world *w = control_call_world(call);
    size_t count = json_object_size(w->scenarios);
    const char *name;
    json_t *record;
    void *next;

    (void)arg;
    json_object_foreach_safe(w->scenarios, next, name, record)
    {
        (void)take_back(w, name);
    }
    control_reply(call, 200, json_pack("{s:I}", "removed", (json_int_t)count));
}

static const struct control_endpoint endpoints[] = {
    {HTTP_METHOD_GET, "/scenarios", .world = true, .handle = handle_list,
     .help = "Presets of what goes wrong, what clients do on them, and which are active"},
    {HTTP_METHOD_DELETE, "/scenarios", .world = true, .handle = handle_clear,
     .help = "Takes back all that are active"},
    {HTTP_METHOD_GET, "/scenarios/{name}", .world = true, .handle = handle_get,
     .help = "One of them, with its parameters and rules"},
    {HTTP_METHOD_POST, "/scenarios/{name}", .world = true, .has_body = true, .handle = handle_apply,
     .help = "Applies it, in its own place: {\"repo\": \"team/app\", \"times\": 2}"},
    {HTTP_METHOD_DELETE, "/scenarios/{name}", .world = true, .handle = handle_remove,
     .help = "Takes it back: its rules and states"},
    {.pattern = NULL},
};

int serve_scenarios_register(struct control *c, struct err *err)
{
    return control_register(c, endpoints, NULL, err);
}

/* --- At start -----------------------------------------------------------------------------------
 */

static bool is_name(const char *text)
{
    size_t n = strcspn(text, ":");
    const char *name;

    for (size_t i = 0; (name = scenario_name(i)) != NULL; i++) {
        if (strlen(name) == n && strncmp(name, text, n) == 0)
            return true;
    }
    return false;
}

static void log_applied(const char *name, const json_t *report)
{
    const json_t *warnings = json_object_get(report, "warnings");
    const json_t *warning;
    size_t i;

    json_array_foreach(warnings, i, warning)
        log_message(LOG_LEVEL_WARN, "scenario %s: %s", name, json_string_value(warning));
}

static int apply_text(struct world *w, const char *text, struct err *err)
{
    json_t *parameters = NULL, *document = NULL, *report = NULL;
    char *name = NULL;
    int result = scenario_split(text, &name, &parameters, err);

    if (result == 0)
        result = scenario_load(&document, name, err);
    if (result == 0)
        result = apply(w, document, parameters, &report, err);
    if (result == 0)
        log_applied(name, report);
    else
        (void)err_wrap(err, "scenario");
    free(name);
    json_decref(parameters);
    json_decref(document);
    json_decref(report);
    return result;
}

/* A list's commas may have cut one text: what names no scenario goes on with the one before. */
int serve_scenarios_start(struct world *w, const struct option_list *texts, struct err *err)
{
    for (size_t i = 0; i < texts->count;) {
        auto_buf struct buf text = BUF_INIT(TEXT_MAX);

        (void)buf_append_text(&text, texts->items[i++]);
        while (i < texts->count && !is_name(texts->items[i]))
            (void)buf_appendf(&text, ",%s", texts->items[i++]);
        if (buf_check(&text, "scenario", err) != 0 || apply_text(w, buf_text(&text), err) != 0)
            return -1;
    }
    return 0;
}
