/* SPDX-License-Identifier: MIT */
/* A world's own secret is told to whoever makes it or asks for it by name, never in the list. */
#include "cli/worlds_api.h"

#include <string.h>

#include <jansson.h>

#include "auth/auth.h"
#include "cli/serve_world.h"
#include "cli/world_text.h"
#include "cli/worlds.h"
#include "lib/control/control.h"
#include "lib/fault/fault.h"
#include "lib/http/server.h"
#include "lib/util/buf.h"
#include "lib/util/clock.h"
#include "lib/util/err.h"
#include "lib/util/text.h"
#include "lib/util/util.h"

enum { TEXT_MAX = 64 * 1024 };

/* --- Describing one -----------------------------------------------------------------------------
 */

/* The first listener that takes its requests. */
static const struct world *home_of(const struct worlds_api *api, const struct serve_world *sw)
{
    return sw->world->listener_count > 0 ? sw->world : worlds_default(api->maker.worlds)->world;
}

/* "http://HOST:PORT": of its own, or the default world's with its host name. */
static void add_url(struct buf *b, const struct worlds_api *api, const struct serve_world *sw,
                    size_t listener)
{
    const char *url = http_listener_url(home_of(api, sw)->listeners[listener]);

    if (sw->host == NULL)
        (void)buf_append_text(b, url);
    else
        (void)buf_appendf(b, "%.*s%s%s", (int)(strstr(url, "://") + 3 - url), url, sw->host,
                          strrchr(url, ':'));
}

static void set_text(json_t *object, const char *key, const char *text)
{
    if (text != NULL)
        (void)json_object_set_new(object, key, json_string(text));
}

static void set_urls(json_t *object, const struct worlds_api *api, const struct serve_world *sw)
{
    auto_buf struct buf b = BUF_INIT(TEXT_MAX);
    json_t *list = json_array();

    for (size_t i = 0; i < home_of(api, sw)->listener_count; i++) {
        buf_reset(&b);
        add_url(&b, api, sw, i);
        if (i == 0)
            set_text(object, "registry", buf_text(&b));
        (void)json_array_append_new(list, json_string(buf_text(&b)));
    }
    (void)json_object_set_new(object, "registries", list);
    buf_reset(&b);
    (void)buf_appendf(&b, "%s/control/v1/worlds/%s", api->control_url, sw->world->name);
    set_text(object, "control", buf_text(&b));
}

static void set_expiry(json_t *object, const struct worlds_api *api, const struct serve_world *sw)
{
    uint64_t left = worlds_time_left(api->maker.worlds, sw->world->name);
    char text[CLOCK_TEXT_MAX];

    if (left == 0)
        return;
    set_text(object, "expires", clock_format(text, (clock_now_ms(NULL) + (int64_t)left) / 1000));
    (void)json_object_set_new(object, "expires_in_ms", json_integer((json_int_t)left));
}

json_t *worlds_api_describe(const struct worlds_api *api, const struct serve_world *sw)
{
    json_t *object = json_pack("{s:s}", "name", sw->world->name);

    set_urls(object, api, sw);
    set_text(object, "host", sw->host);
    set_text(object, "prefix", sw->prefix);
    set_text(object, "auth", auth_mode_names[auth_mode(sw->auth)]);
    (void)json_object_set_new(object, "seed",
                              json_integer((json_int_t)fault_engine_get_seed(sw->world->faults)));
    set_expiry(object, api, sw);
    return object;
}

static void set_one_text(json_t *object, const char *key, const struct world_text *t,
                         void (*write)(struct buf *b, const struct world_text *t))
{
    auto_buf struct buf b = BUF_INIT(TEXT_MAX);

    write(&b, t);
    set_text(object, key, buf_text(&b));
    if (b.data != NULL)
        explicit_bzero(b.data, b.len);
}

/* With its account, and what clients are configured with. */
static json_t *describe_fully(const struct worlds_api *api, const struct serve_world *sw)
{
    json_t *object = worlds_api_describe(api, sw);
    const struct world_text t = {
        .url = json_string_value(json_object_get(object, "registry")),
        .prefix = sw->prefix,
        .account = sw->account,
        .secret = sw->secret,
        .ca = api->ca[0] != '\0' ? api->ca : NULL,
    };

    if (t.url == NULL)
        return object; /* memory is short */
    if (sw->account != NULL)
        (void)json_object_set_new(
            object, "account", json_pack("{s:s, s:s}", "name", sw->account, "secret", sw->secret));
    set_one_text(object, "location", &t, world_text_location);
    set_one_text(object, "dockerconfigjson", &t, world_text_dockerconfigjson);
    set_one_text(object, "registries_conf", &t, world_text_registries_conf);
    set_one_text(object, "hosts_toml", &t, world_text_hosts_toml);
    return object;
}

/* --- Endpoints ----------------------------------------------------------------------------------
 */

struct listing {
    const struct worlds_api *api;
    json_t *rows;
};

static void add_row(struct serve_world *sw, void *arg)
{
    const struct listing *l = arg;

    (void)json_array_append_new(l->rows, worlds_api_describe(l->api, sw));
}

static void handle_list(struct control_call *call, void *arg)
{
    struct listing l = {.api = arg, .rows = json_array()};

    worlds_each(l.api->maker.worlds, add_row, &l);
    control_reply(call, 200, json_pack("{s:o}", "worlds", l.rows));
}

static void handle_add(struct control_call *call, void *arg)
{
    const struct worlds_api *api = arg;
    json_t *report = NULL, *answer;
    struct serve_world *sw;
    struct err err;

    if (control_call_need_body(call, "{\"name\": \"t42\"}") == NULL)
        return;
    if (world_request_run(&api->maker, control_call_body(call), &sw, &report, &err) != 0) {
        control_reply_error(call, &err);
        return;
    }
    answer = describe_fully(api, sw);
    if (json_array_size(json_object_get(report, "warnings")) > 0)
        (void)json_object_set(answer, "warnings", json_object_get(report, "warnings"));
    json_decref(report);
    control_reply(call, 201, answer);
}

static void refuse_unknown(struct control_call *call, const char *name)
{
    struct err err;

    (void)err_set(&err, ERR_ABSENT, "there is no world %s", TEXT_QUOTE(name));
    control_reply_error(call, &err);
}

static void handle_get(struct control_call *call, void *arg)
{
    const struct worlds_api *api = arg;
    const char *name = control_call_parameter(call, "name");
    const struct serve_world *sw = worlds_find(api->maker.worlds, name);

    if (sw != NULL)
        control_reply(call, 200, describe_fully(api, sw));
    else
        refuse_unknown(call, name);
}

static void handle_change(struct control_call *call, void *arg)
{
    const struct worlds_api *api = arg;
    const char *name = control_call_parameter(call, "name");
    struct err err;

    if (world_request_change(api->maker.worlds, name, control_call_body(call), &err) != 0)
        control_reply_error(call, &err);
    else
        control_reply(call, 200, worlds_api_describe(api, worlds_find(api->maker.worlds, name)));
}

static void handle_remove(struct control_call *call, void *arg)
{
    const struct worlds_api *api = arg;
    const char *name = control_call_parameter(call, "name");
    struct err err;

    if (strcmp(name, WORLDS_DEFAULT) == 0) {
        (void)err_set(&err, ERR_UNSUPPORTED, "the default world lives as long as the server");
        control_reply_error(call, &err);
    } else if (worlds_remove(api->maker.worlds, name)) {
        control_reply_empty(call, 204);
    } else {
        refuse_unknown(call, name);
    }
}

static const struct control_endpoint endpoints[] = {
    {HTTP_METHOD_GET, "/worlds", .handle = handle_list, .help = "Worlds, with where they listen"},
    {HTTP_METHOD_POST, "/worlds", .has_body = true, .handle = handle_add,
     .help = "A registry of one's own: {\"name\": \"t42\", \"ttl\": \"10m\", \"seed\": 7}"},
    {HTTP_METHOD_GET, "/worlds/{name}", .handle = handle_get,
     .help = "One world with its account, and texts that clients are configured with"},
    {HTTP_METHOD_PATCH, "/worlds/{name}", .has_body = true, .handle = handle_change,
     .help = "A new time to live from now on: {\"ttl\": \"10m\"}; null: it stays"},
    {HTTP_METHOD_DELETE, "/worlds/{name}", .handle = handle_remove,
     .help = "Ends a world at once, with its connections"},
    {.pattern = NULL},
};

int worlds_api_register(struct control *c, struct worlds_api *api, struct err *err)
{
    return control_register(c, endpoints, api, err);
}
