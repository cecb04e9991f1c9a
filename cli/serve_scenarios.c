/* SPDX-License-Identifier: MIT */
#include "cli/serve_scenarios.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "cli/scenario_world.h"
#include "fixtures/scenario.h"
#include "lib/control/control.h"
#include "lib/util/buf.h"
#include "lib/util/err.h"
#include "lib/util/log.h"
#include "lib/util/option.h"
#include "lib/util/text.h"
#include "lib/util/util.h"
#include "registry/registry.h"

enum { TEXT_MAX = 64 * 1024 };

/* --- Over the control API -----------------------------------------------------------------------
 */

/* The document, with what holds of it now. */
static json_t *describe(const struct world *w, const char *name, struct err *err)
{
    const json_t *parameters = json_object_get(scenario_active(w, name), "parameters");
    json_t *document;

    if (scenario_load(&document, name, err) != 0)
        return NULL;
    if (json_object_set_new(document, "active", json_boolean(parameters != NULL)) != 0 ||
        (parameters != NULL &&
         json_object_set(document, "with", (json_t *)(uintptr_t)parameters) != 0)) {
        json_decref(document);
        (void)err_set(err, ERR_NOMEM, "scenario");
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
    json_t *record = scenario_active(w, name);
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
    bool replaced = scenario_active(w, name) != NULL;
    json_t *document, *report = NULL;
    struct err err;
    int result;

    (void)arg;
    if (scenario_load(&document, name, &err) != 0) {
        control_reply_error(call, &err);
        return;
    }
    result = scenario_apply(w, document, control_call_body(call), &report, &err);
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
    if (scenario_active(w, name) != NULL) {
        control_reply(call, 200,
                      json_pack("{s:I}", "removed", (json_int_t)scenario_take_back(w, name)));
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
        (void)scenario_take_back(w, name);
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

static int apply(struct world *w, const char *name, const json_t *document,
                 const json_t *parameters, struct err *err)
{
    json_t *report = NULL;
    int result = scenario_apply(w, document, parameters, &report, err);

    if (result == 0)
        log_applied(name, report);
    json_decref(report);
    return result;
}

static int check(const json_t *document, const json_t *parameters, struct err *err)
{
    json_t *made = NULL;
    int result = scenario_expand(document, parameters, &made, err);

    json_decref(made);
    return result;
}

static int use_text(struct world *w, const char *text, struct err *err)
{
    json_t *parameters = NULL, *document = NULL;
    char *name = NULL;
    int result = scenario_split(text, &name, &parameters, err);

    if (result == 0)
        result = scenario_load(&document, name, err);
    if (result == 0)
        result = w != NULL ? apply(w, name, document, parameters, err)
                           : check(document, parameters, err);
    if (result != 0) {
        (void)err_wrap(err, "scenario");
        if (err->code == ERR_ABSENT)
            err->code = ERR_CONFIG;
    }
    free(name);
    json_decref(parameters);
    json_decref(document);
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
        if (buf_check(&text, "scenario", err) != 0 || use_text(w, buf_text(&text), err) != 0)
            return -1;
    }
    return 0;
}
