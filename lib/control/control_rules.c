/* SPDX-License-Identifier: MIT */
/* Rules, gates and state variables over HTTP (control.md, section 2). */
#include "lib/control/control_world.h"

#include <string.h>

#include <jansson.h>

#include "lib/control/control.h"
#include "lib/fault/fault.h"
#include "lib/util/err.h"
#include "lib/util/text.h"
#include "lib/util/util.h"

static struct fault_engine *engine_of(struct control_call *call, void *arg)
{
    const struct control_world_ops *ops = arg;

    return ops->faults(control_call_world(call));
}

static void reply_unknown(struct control_call *call, const char *id)
{
    struct err err;

    (void)err_set(&err, ERR_ABSENT, "there is no rule %s", TEXT_QUOTE(id));
    control_reply_error(call, &err);
}

/* --- Rules -------------------------------------------------------------------------------------
 */

static void handle_list(struct control_call *call, void *arg)
{
    struct fault_engine *e = engine_of(call, arg);

    control_reply(
        call, 200,
        json_pack("{s:o}", "rules", fault_engine_list(e, control_call_query(call, "tag"))));
}

static void load(struct control_call *call, struct fault_engine *e, bool replace)
{
    json_t *report = NULL;
    struct err err;

    if (control_call_need_body(call, "a rule, an array of rules, or {\"rules\": [...]}") == NULL)
        return;
    if (fault_engine_load(e, control_call_body(call), replace, &report, &err) != 0)
        control_reply_error(call, &err);
    else
        control_reply(call, replace ? 200 : 201, report);
}

static void handle_add(struct control_call *call, void *arg)
{
    load(call, engine_of(call, arg), false);
}

static void handle_replace(struct control_call *call, void *arg)
{
    load(call, engine_of(call, arg), true);
}

static void handle_clear(struct control_call *call, void *arg)
{
    struct fault_engine *e = engine_of(call, arg);
    size_t n = fault_engine_remove(e, NULL, control_call_query(call, "tag"));

    control_reply(call, 200, json_pack("{s:I}", "removed", (json_int_t)n));
}

static void handle_get(struct control_call *call, void *arg)
{
    const char *id = control_call_parameter(call, "id");
    json_t *row = fault_engine_get(engine_of(call, arg), id);

    if (row != NULL)
        control_reply(call, 200, row);
    else
        reply_unknown(call, id);
}

static void handle_patch(struct control_call *call, void *arg)
{
    struct fault_engine *e = engine_of(call, arg);
    const char *id = control_call_parameter(call, "id");
    struct err err;

    if (control_call_need_body(call, "the members to change") == NULL)
        return;
    if (fault_engine_patch(e, id, control_call_body(call), &err) != 0)
        control_reply_error(call, &err);
    else
        control_reply(call, 200, fault_engine_get(e, id));
}

static void handle_remove(struct control_call *call, void *arg)
{
    const char *id = control_call_parameter(call, "id");

    if (fault_engine_remove(engine_of(call, arg), id, NULL) > 0)
        control_reply_empty(call, 204);
    else
        reply_unknown(call, id);
}

static void handle_schema(struct control_call *call, void *arg)
{
    control_reply(call, 200, fault_engine_schema(engine_of(call, arg)));
}

/* --- Gates -------------------------------------------------------------------------------------
 */

static void handle_gates(struct control_call *call, void *arg)
{
    control_reply(call, 200, json_pack("{s:o}", "gates", fault_gate_list(engine_of(call, arg))));
}

/* {"once": true}: lets go of what is held now, and holds what comes after. */
static void handle_release(struct control_call *call, void *arg)
{
    const json_t *body = control_call_body(call);
    bool once = body != NULL && json_is_true(json_object_get(body, "once"));
    size_t n = fault_gate_release(engine_of(call, arg), control_call_parameter(call, "name"), once);

    control_reply(call, 200, json_pack("{s:I}", "released", (json_int_t)n));
}

static void handle_close(struct control_call *call, void *arg)
{
    fault_gate_close(engine_of(call, arg), control_call_parameter(call, "name"));
    control_reply_empty(call, 204);
}

/* --- State variables ---------------------------------------------------------------------------
 */

static void handle_state(struct control_call *call, void *arg)
{
    control_reply(call, 200, json_pack("{s:o}", "state", fault_engine_state(engine_of(call, arg))));
}

static int check_state(const json_t *body, struct err *err)
{
    const char *name;
    json_t *value;

    if (!json_is_object(body))
        return err_set(err, ERR_CONFIG, "expected an object: {\"phase\": \"deploy\"}");
    json_object_foreach((json_t *)(uintptr_t)body, name, value)
    {
        if (!json_is_string(value) && !json_is_null(value))
            return err_set(err, ERR_CONFIG, "%s: a text is wanted, or null to forget it", name);
    }
    return 0;
}

static void handle_set_state(struct control_call *call, void *arg)
{
    struct fault_engine *e = engine_of(call, arg);
    const json_t *body = control_call_body(call);
    const char *name;
    struct err err;
    json_t *value;

    if (control_call_need_body(call, "{\"name\": \"value\"}") == NULL)
        return;
    if (check_state(body, &err) != 0) {
        control_reply_error(call, &err);
        return;
    }
    json_object_foreach((json_t *)(uintptr_t)body, name, value)
    {
        if (fault_engine_set_state(e, name, json_string_value(value), &err) != 0) {
            control_reply_error(call, &err);
            return;
        }
    }
    handle_state(call, arg);
}

static const struct control_endpoint endpoints[] = {
    {HTTP_METHOD_GET, "/rules", .world = true, .handle = handle_list,
     .help = "Rules in their order, with hits; ?tag="},
    {HTTP_METHOD_POST, "/rules", .world = true, .has_body = true, .handle = handle_add,
     .help = "Adds rules: all of them or none"},
    {HTTP_METHOD_PUT, "/rules", .world = true, .has_body = true, .handle = handle_replace,
     .help = "Replaces the whole set in one step"},
    {HTTP_METHOD_DELETE, "/rules", .world = true, .handle = handle_clear,
     .help = "Removes all rules; ?tag= those of a tag"},
    {HTTP_METHOD_GET, "/rules/{id}", .world = true, .handle = handle_get, .help = "One rule"},
    {HTTP_METHOD_PATCH, "/rules/{id}", .world = true, .has_body = true, .handle = handle_patch,
     .help = "Changes members of a rule"},
    {HTTP_METHOD_DELETE, "/rules/{id}", .world = true, .handle = handle_remove,
     .help = "Removes a rule"},
    {HTTP_METHOD_GET, "/schema", .world = true, .handle = handle_schema,
     .help = "JSON Schema of a rule set"},
    {HTTP_METHOD_GET, "/gates", .world = true, .handle = handle_gates,
     .help = "Gates, and how many answers each holds"},
    {HTTP_METHOD_POST, "/gates/{name}:release", .world = true, .has_body = true,
     .handle = handle_release, .help = "Lets go of what is held; {\"once\": true}"},
    {HTTP_METHOD_POST, "/gates/{name}:close", .world = true, .handle = handle_close,
     .help = "Holds again what comes"},
    {HTTP_METHOD_GET, "/state", .world = true, .handle = handle_state,
     .help = "State variables of rules"},
    {HTTP_METHOD_PUT, "/state", .world = true, .has_body = true, .handle = handle_set_state,
     .help = "Sets state variables; null forgets one"},
    {.pattern = NULL},
};

int control_register_rules(struct control *c, const struct control_world_ops *ops, struct err *err)
{
    return control_register(c, endpoints, (void *)(uintptr_t)ops, err);
}
