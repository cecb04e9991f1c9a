/* SPDX-License-Identifier: MIT */
#include "registry/control_api.h"

#include <string.h>

#include <jansson.h>

#include "auth/identity.h"
#include "lib/control/control.h"
#include "lib/control/metrics.h"
#include "lib/util/buf.h"
#include "lib/util/digest.h"
#include "lib/util/err.h"
#include "lib/util/schema.h"
#include "lib/util/text.h"
#include "lib/util/util.h"
#include "registry/ports.h"
#include "registry/registry.h"
#include "registry/retag.h"
#include "registry/state.h"
#include "registry/world_metrics.h"

enum { METRICS_MAX = 4 * 1024 * 1024 };

/* Checks the body against an object's table. */
static int check_body(const json_t *body, const struct schema *s, const char *origin,
                      struct err *err)
{
    struct schema_place at = {.origin = origin};

    return schema_check(s, body, &at, err);
}

/* --- Images ------------------------------------------------------------------------------------
 */

static void handle_images(struct control_call *call, void *arg)
{
    struct world *w = control_call_world(call);

    (void)arg;
    control_reply(call, 200, json_pack("{s:o}", "images", image_states_list(w->states)));
}

static void handle_set_images(struct control_call *call, void *arg)
{
    struct world *w = control_call_world(call);
    bool anonymous_only = w->auth == NULL || !access_is_on(w->auth);
    struct err err;

    if (control_call_need_body(
            call, "{\"image\": \"team/app:v1\", \"state\": \"absent\"}, or an array of these") ==
        NULL)
        return;
    if (image_states_set(w->states, control_call_body(call), anonymous_only, &err) != 0)
        control_reply_error(call, &err);
    else
        handle_images(call, arg);
}

static void handle_remove_images(struct control_call *call, void *arg)
{
    struct world *w = control_call_world(call);
    size_t n = image_states_remove(w->states, control_call_query(call, "image"),
                                   control_call_query(call, "user"));

    (void)arg;
    control_reply(call, 200, json_pack("{s:I}", "removed", (json_int_t)n));
}

static const struct schema retag_members[] = {
    {.key = "image", .type = SCHEMA_TEXT, .required = true},
    {.key = "to", .type = SCHEMA_TEXT, .required = true},
    {.key = NULL},
};
static const struct schema retag_schema = {.type = SCHEMA_OBJECT, .members = retag_members};

static void handle_retag(struct control_call *call, void *arg)
{
    struct world *w = control_call_world(call);
    const json_t *body = control_call_body(call);
    struct digest digest;
    struct err err;

    (void)arg;
    if (control_call_need_body(call, "{\"image\": \"app:v1\", \"to\": \"app:v2\"}") == NULL)
        return;
    if (check_body(body, &retag_schema, "retag", &err) != 0 ||
        retag(w, json_string_value(json_object_get(body, "image")),
              json_string_value(json_object_get(body, "to")), &digest, &err) != 0) {
        control_reply_error(call, &err);
        return;
    }
    control_reply(call, 200,
                  json_pack("{s:s, s:s}", "image",
                            json_string_value(json_object_get(body, "image")), "digest",
                            digest.text));
}

/* --- Switches ----------------------------------------------------------------------------------
 */

static const char *const delete_modes[] = {"on", "405", "400", "403", "pretend", NULL};
static const char *const modes[] = {"read-write", "read-only", NULL};

static const struct schema delete_members[] = {
    {.key = "tag", .type = SCHEMA_CHOICE, .choices = delete_modes},
    {.key = "manifest", .type = SCHEMA_CHOICE, .choices = delete_modes},
    {.key = "blob", .type = SCHEMA_CHOICE, .choices = delete_modes},
    {.key = NULL},
};
static const char *const port_states[] = {"down", "up", NULL};
static const struct schema listeners_members[] = {
    {.key = "registry", .type = SCHEMA_CHOICE, .choices = port_states, .required = true},
    {.key = "for", .type = SCHEMA_DURATION, .min = 1, .max = UINT32_MAX},
    {.key = NULL},
};
static const struct schema registry_members[] = {
    {.key = "mode", .type = SCHEMA_CHOICE, .choices = modes},
    {.key = "delete", .type = SCHEMA_OBJECT, .members = delete_members},
    {.key = "referrers", .type = SCHEMA_BOOL},
    {.key = "immutable_tags", .type = SCHEMA_BOOL},
    {.key = "strict_accept", .type = SCHEMA_BOOL},
    {.key = "require_blobs", .type = SCHEMA_BOOL},
    {.key = "catalog", .type = SCHEMA_BOOL},
    {.key = "listeners", .type = SCHEMA_OBJECT, .members = listeners_members},
    {.key = NULL},
};
static const struct schema registry_schema = {.type = SCHEMA_OBJECT, .members = registry_members};

static json_t *describe_listeners(const struct world *w)
{
    json_t *object = json_pack("{s:s}", "registry", port_states[ports_are_up(w)]);
    uint64_t until = ports_until(w);

    if (until > 0)
        (void)json_object_set_new(object, "changes_in_ms", json_integer((json_int_t)until));
    return object;
}

json_t *control_api_switches(const struct world *w)
{
    const struct registry_settings *s = &w->settings;

    return json_pack("{s:s, s:{s:s, s:s, s:s}, s:b, s:b, s:b, s:b, s:b, s:o}", "mode",
                     modes[s->read_only], "delete", "tag", delete_modes[s->delete_tag], "manifest",
                     delete_modes[s->delete_manifest], "blob", delete_modes[s->delete_blob],
                     "referrers", s->referrers, "immutable_tags", s->immutable_tags,
                     "strict_accept", s->strict_accept, "require_blobs", s->require_blobs,
                     "catalog", s->catalog, "listeners", describe_listeners(w));
}

static void set_delete(enum delete_mode *mode, const json_t *object, const struct schema *member)
{
    const json_t *value = json_object_get(object, member->key);

    if (value != NULL && !json_is_null(value))
        *mode = (enum delete_mode)schema_number(member, value);
}

static void set_bool(bool *to, const json_t *object, const char *key)
{
    const json_t *value = json_object_get(object, key);

    if (json_is_boolean(value))
        *to = json_is_true(value);
}

static void apply(struct registry_settings *s, const json_t *body)
{
    const json_t *mode = json_object_get(body, "mode");
    const json_t *deletion = json_object_get(body, "delete");

    if (json_is_string(mode))
        s->read_only = schema_number(&registry_members[0], mode) == 1;
    set_delete(&s->delete_tag, deletion, &delete_members[0]);
    set_delete(&s->delete_manifest, deletion, &delete_members[1]);
    set_delete(&s->delete_blob, deletion, &delete_members[2]);
    set_bool(&s->referrers, body, "referrers");
    set_bool(&s->immutable_tags, body, "immutable_tags");
    set_bool(&s->strict_accept, body, "strict_accept");
    set_bool(&s->require_blobs, body, "require_blobs");
    set_bool(&s->catalog, body, "catalog");
}

/* The one switch that may fail. */
static int set_listeners(struct world *w, const json_t *body, struct err *err)
{
    const json_t *listeners = json_object_get(body, "listeners");
    const json_t *time = json_object_get(listeners, "for");
    bool up;

    if (!json_is_object(listeners))
        return 0;
    up = schema_number(&listeners_members[0], json_object_get(listeners, "registry")) == 1;
    return ports_set(w, up,
                     time == NULL || json_is_null(time)
                         ? 0
                         : (uint32_t)schema_number(&listeners_members[1], time),
                     err);
}

static void handle_registry(struct control_call *call, void *arg)
{
    struct world *w = control_call_world(call);

    (void)arg;
    control_reply(call, 200, control_api_switches(w));
}

int control_api_set_switches(struct world *w, const json_t *body, struct err *err)
{
    if (check_body(body, &registry_schema, "registry", err) != 0 ||
        set_listeners(w, body, err) != 0)
        return -1;
    apply(&w->settings, body);
    return 0;
}

static void handle_set_registry(struct control_call *call, void *arg)
{
    struct err err;

    if (control_call_need_body(call, "{\"delete\": {\"tag\": \"405\"}, \"mode\": \"read-only\"}") ==
        NULL)
        return;
    if (control_api_set_switches(control_call_world(call), control_call_body(call), &err) == 0)
        handle_registry(call, arg);
    else
        control_reply_error(call, &err);
}

/* --- Clock -------------------------------------------------------------------------------------
 */

static const struct schema clock_members[] = {
    {.key = "advance", .type = SCHEMA_DURATION},
    {.key = "shift", .type = SCHEMA_DURATION},
    {.key = NULL},
};
static const struct schema clock_schema = {.type = SCHEMA_OBJECT, .members = clock_members};

static void handle_clock(struct control_call *call, void *arg)
{
    struct world *w = control_call_world(call);
    char now[CLOCK_TEXT_MAX];

    (void)arg;
    control_reply(call, 200,
                  json_pack("{s:s, s:I}", "now", clock_format(now, clock_now(&w->clock)),
                            "shift_ms", (json_int_t)w->clock.shift_ms));
}

/* {"advance": "1h"} goes on from where it is, {"shift": "0"} sets the distance to the machine's
 * time. */
static void handle_set_clock(struct control_call *call, void *arg)
{
    struct world *w = control_call_world(call);
    const json_t *body = control_call_body(call);
    const json_t *advance, *shift;
    struct err err;

    if (control_call_need_body(call, "{\"advance\": \"1h\"}") == NULL)
        return;
    if (check_body(body, &clock_schema, "clock", &err) != 0) {
        control_reply_error(call, &err);
        return;
    }
    shift = json_object_get(body, "shift");
    advance = json_object_get(body, "advance");
    if (shift != NULL)
        w->clock.shift_ms = (int64_t)schema_number(&clock_members[1], shift);
    if (advance != NULL)
        w->clock.shift_ms += (int64_t)schema_number(&clock_members[0], advance);
    handle_clock(call, arg);
}

/* --- Probes ------------------------------------------------------------------------------------
 */

static void handle_probe(struct control_call *call, void *arg)
{
    (void)arg;
    control_reply_text(call, 200, "text/plain", strdup("ok\n"));
}

/* --- Metrics -----------------------------------------------------------------------------------
 */

static void handle_metrics(struct control_call *call, void *arg)
{
    struct buf text = BUF_INIT(METRICS_MAX);

    (void)arg;
    world_metrics_write(control_call_world(call), &text);
    control_reply_text(call, 200, METRICS_TYPE, buf_take(&text, NULL));
    buf_done(&text);
}

static const struct control_endpoint endpoints[] = {
    {HTTP_METHOD_GET, "/metrics", .top = true, .world = true, .handle = handle_metrics,
     .help = "Metrics of the default world, for Prometheus"},
    {HTTP_METHOD_GET, "/metrics", .world = true, .handle = handle_metrics,
     .help = "Metrics of a world"},
    {HTTP_METHOD_GET, "/livez", .top = true, .open = true, .handle = handle_probe,
     .help = "200 while the process lives"},
    {HTTP_METHOD_GET, "/readyz", .top = true, .open = true, .handle = handle_probe,
     .help = "200 once everything is loaded and listens"},
    {HTTP_METHOD_GET, "/images", .world = true, .handle = handle_images,
     .help = "Image states, the most specific first"},
    {HTTP_METHOD_PUT, "/images", .world = true, .has_body = true, .handle = handle_set_images,
     .help = "Sets states: {\"image\": \"team/app:v1\", \"state\": \"absent\"}, or an array"},
    {HTTP_METHOD_DELETE, "/images", .world = true, .handle = handle_remove_images,
     .help = "Forgets states; ?image=&user="},
    {HTTP_METHOD_POST, "/images:retag", .world = true, .has_body = true, .handle = handle_retag,
     .help = "Moves a tag: {\"image\": \"app:v1\", \"to\": \"app:v2\"}"},
    {HTTP_METHOD_GET, "/registry", .world = true, .handle = handle_registry,
     .help = "Switches of the registry"},
    {HTTP_METHOD_PUT, "/registry", .world = true, .has_body = true, .handle = handle_set_registry,
     .help = "Changes switches: {\"delete\": {\"tag\": \"405\"}}"},
    {HTTP_METHOD_GET, "/clock", .world = true, .handle = handle_clock, .help = "The world's time"},
    {HTTP_METHOD_PUT, "/clock", .world = true, .has_body = true, .handle = handle_set_clock,
     .help = "Shifts the clock: {\"advance\": \"1h\"}"},
    {.pattern = NULL},
};

int control_api_register(struct control *c, struct err *err)
{
    return control_register(c, endpoints, NULL, err);
}
