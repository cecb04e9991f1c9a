/* SPDX-License-Identifier: MIT */
/*
 * The journal may be large and is made while it is sent, behind all the rest:
 *
 *     {"ocimock": "1.0", ..., "journal": {"requests": [...], "dropped": 0, ...}}
 */
#include "cli/serve_export.h"

#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "auth/auth.h"
#include "cli/serve_settings.h"
#include "cli/serve_world.h"
#include "cli/worlds.h"
#include "cli/worlds_api.h"
#include "lib/control/control.h"
#include "lib/control/entry.h"
#include "lib/control/journal.h"
#include "lib/control/journal_stream.h"
#include "lib/fault/fault.h"
#include "lib/http/body.h"
#include "lib/util/buf.h"
#include "lib/util/clock.h"
#include "lib/util/err.h"
#include "lib/util/util.h"
#include "registry/control_api.h"
#include "registry/registry.h"
#include "registry/state.h"
#include "registry/store/blob_store.h"
#include "registry/store/meta_store.h"
#include "registry/world_metrics.h"

enum { TAGS_MAX = 10000, METRICS_MAX = 4 * 1024 * 1024 };

/* --- Masking ------------------------------------------------------------------------------------
 */

/* A rule may match credentials, or send some. */
static void mask(json_t *value, bool query)
{
    const char *key;
    json_t *child;
    size_t i;
    void *next;

    json_array_foreach(value, i, child) mask(child, query);
    json_object_foreach_safe(value, next, key, child)
    {
        if (entry_header_is_secret(key) || (query && entry_parameter_is_secret(key)))
            (void)json_object_set_new(value, key, json_string("***"));
        else
            mask(child, strcmp(key, "query") == 0);
    }
}

/* Takes the value. */
static json_t *masked(json_t *value)
{
    json_t *copy = json_deep_copy(value); /* what is listed may share what is in use */

    json_decref(value);
    mask(copy, false);
    return copy;
}

/* --- Content ------------------------------------------------------------------------------------
 */

struct inventory {
    struct meta_store *meta; /* borrowed */
    json_t *repositories;    /* {name: {tag: digest}} */
    json_t *tags;            /* borrowed: of the present one */
    size_t left;
};

static bool add_tag(void *arg, const struct tag_entry *tag)
{
    struct inventory *in = arg;

    if (in->left == 0)
        return false;
    in->left--;
    (void)json_object_set_new(in->tags, tag->name, json_string(tag->manifest->blob->digest.text));
    return true;
}

static bool add_repository(void *arg, const char *name)
{
    struct inventory *in = arg;

    if (in->left == 0)
        return false;
    in->tags = json_object();
    (void)json_object_set_new(in->repositories, name, in->tags);
    in->meta->ops->tags(in->meta, name, NULL, add_tag, in);
    return true;
}

static json_t *content_of(struct world *w)
{
    struct inventory in = {.meta = w->meta, .repositories = json_object(), .left = TAGS_MAX};

    w->meta->ops->repositories(w->meta, NULL, add_repository, &in);
    return json_pack("{s:o, s:b}", "repositories", in.repositories, "cut", in.left == 0);
}

/* --- All but the journal ------------------------------------------------------------------------
 */

static json_t *metrics_of(struct world *w)
{
    auto_buf struct buf text = BUF_INIT(METRICS_MAX);

    world_metrics_write(w, &text);
    return json_string(buf_text(&text));
}

static json_t *clock_of(const struct world *w)
{
    char now[CLOCK_TEXT_MAX];

    return json_pack("{s:s, s:I}", "now", clock_format(now, clock_now(&w->clock)), "shift_ms",
                     (json_int_t)w->clock.shift_ms);
}

static void put(json_t *root, const char *key, json_t *value)
{
    (void)json_object_set_new(root, key, value);
}

static json_t *describe(const struct worlds_api *api, struct world *w)
{
    const struct serve_world *sw = worlds_find(api->maker.worlds, w->name);
    json_t *root = json_object();
    char now[CLOCK_TEXT_MAX];

    put(root, "ocimock", json_string(PACKAGE_VERSION));
    put(root, "exported", json_string(clock_format(now, clock_now(NULL))));
    put(root, "world", worlds_api_describe(api, sw));
    put(root, "configuration", option_printable(api->maker.settings->set));
    put(root, "registry", control_api_switches(w));
    put(root, "clock", clock_of(w));
    put(root, "rules", masked(fault_engine_list(w->faults, NULL)));
    put(root, "state", masked(fault_engine_state(w->faults)));
    put(root, "gates", fault_gate_list(w->faults));
    put(root, "scenarios",
        w->scenarios != NULL ? masked(json_incref(w->scenarios)) : json_object());
    put(root, "images", image_states_list(w->states));
    put(root, "accounts", auth_account_list(sw->auth));
    put(root, "policy", auth_policy_get(sw->auth));
    put(root, "content", content_of(w));
    put(root, "metrics", metrics_of(w));
    put(root, "journal_stats", journal_stats(w->journal));
    return root;
}

/* --- As a reply ---------------------------------------------------------------------------------
 */

static struct http_source *text_source(const char *text)
{
    return http_source_memory(text, strlen(text), NULL, NULL);
}

/* The object without its end. Takes root. */
static struct http_source *head_source(json_t *root)
{
    char *text = json_dumps(root, JSON_COMPACT);
    size_t n = text != NULL ? strlen(text) : 0;

    json_decref(root);
    return n > 1 ? http_source_memory(text, n - 1, free, text) : NULL;
}

static int add(struct http_source *row, struct http_source *part, struct err *err)
{
    if (part == NULL)
        return err_set(err, ERR_NOMEM, "export");
    return http_source_row_add(row, part, err);
}

static int fill(struct http_source *row, const struct worlds_api *api, struct world *w,
                struct err *err)
{
    struct http_source *journal;

    if (add(row, head_source(describe(api, w)), err) != 0 ||
        add(row, text_source(",\"journal\":"), err) != 0 ||
        journal_stream(&journal, w->journal, NULL, 0, 0, err) != 0 || add(row, journal, err) != 0)
        return -1;
    return add(row, text_source("}\n"), err);
}

static void handle_export(struct control_call *call, void *arg)
{
    struct http_source *row = http_source_row();
    struct err err;

    if (row == NULL)
        (void)err_set(&err, ERR_NOMEM, "export");
    else if (fill(row, arg, control_call_world(call), &err) == 0) {
        control_reply_source(call, "application/json", row);
        return;
    }
    http_source_free(row);
    control_reply_error(call, &err);
}

static const struct control_endpoint endpoints[] = {
    {HTTP_METHOD_GET, "/export", .world = true, .handle = handle_export,
     .help = "Configuration, rules, states, accounts, content, metrics and journal in one JSON, "
             "without secrets: for a bug report"},
    {.pattern = NULL},
};

int serve_export_register(struct control *c, const struct worlds_api *api, struct err *err)
{
    return control_register(c, endpoints, (void *)(uintptr_t)api, err);
}
