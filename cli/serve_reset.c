/* SPDX-License-Identifier: MIT */
#include "cli/serve_reset.h"

#include <stdbool.h>
#include <string.h>

#include <jansson.h>

#include "auth/auth.h"
#include "cli/serve_fixtures.h"
#include "lib/control/control.h"
#include "lib/util/err.h"
#include "lib/util/log.h"
#include "lib/util/schema.h"
#include "lib/util/text.h"
#include "lib/util/util.h"
#include "registry/registry.h"
#include "registry/reset.h"

/* What is not the registry's. */
enum { ACCOUNTS = 1 << 16 };

static const struct {
    const char *name;
    unsigned part;
} parts[] = {
    {"rules", RESET_RULES},     {"journal", RESET_JOURNAL},   {"states", RESET_STATES},
    {"content", RESET_CONTENT}, {"accounts", ACCOUNTS},       {"clock", RESET_CLOCK},
    {"gates", RESET_GATES},     {"registry", RESET_SWITCHES},
};

static const char *const targets[] = {"startup", "empty", NULL};
static const struct schema members[] = {
    {.key = "what", .type = SCHEMA_LIST},
    {.key = "to", .type = SCHEMA_CHOICE, .choices = targets},
    {.key = NULL},
};
static const struct schema whole = {.type = SCHEMA_OBJECT, .members = members};

int serve_reset_remember(struct world *w, struct err *err)
{
    if (w->auth != NULL && auth_remember(w->auth, err) != 0)
        return -1;
    return reset_remember(w, err);
}

/* --- What is asked for --------------------------------------------------------------------------
 */

static int add_part(unsigned *what, const char *name, struct err *err)
{
    struct text_nearest nearest;

    text_nearest_begin(&nearest, name);
    for (size_t i = 0; i < ARRAY_LEN(parts); i++) {
        if (strcmp(parts[i].name, name) == 0) {
            *what |= parts[i].part;
            return 0;
        }
        text_nearest_offer(&nearest, parts[i].name);
    }
    if (nearest.name != NULL)
        return err_set(err, ERR_CONFIG, "what: %s is unknown: did you mean '%s'?", TEXT_QUOTE(name),
                       nearest.name);
    return err_set(err, ERR_CONFIG,
                   "what: %s is unknown: known are rules, journal, states, content, "
                   "accounts, clock, gates, registry",
                   TEXT_QUOTE(name));
}

/* Nothing said: everything. An empty list: nothing. */
static int read_what(unsigned *ret, const json_t *what, struct err *err)
{
    unsigned found = 0;
    json_t *name;
    size_t i;

    if (what == NULL || json_is_null(what)) {
        *ret = RESET_ALL | ACCOUNTS;
        return 0;
    }
    if (json_is_string(what))
        return add_part(ret, json_string_value(what), err);
    json_array_foreach((json_t *)(uintptr_t)what, i, name)
    {
        if (add_part(&found, json_string_value(name), err) != 0)
            return -1;
    }
    *ret = found;
    return 0;
}

static int read_body(const json_t *body, unsigned *ret_what, bool *ret_empty, struct err *err)
{
    struct schema_place at = {.origin = "reset"};
    const json_t *to = json_object_get(body, "to");

    *ret_what = 0;
    if (body != NULL && schema_check(&whole, body, &at, err) != 0)
        return -1;
    *ret_empty = to != NULL && !json_is_null(to) && schema_number(&members[1], to) == 1;
    return read_what(ret_what, json_object_get(body, "what"), err);
}

/* --- Doing it -----------------------------------------------------------------------------------
 */

static json_t *names_of(unsigned what)
{
    json_t *names = json_array();

    for (size_t i = 0; i < ARRAY_LEN(parts); i++) {
        if ((what & parts[i].part) != 0)
            (void)json_array_append_new(names, json_string(parts[i].name));
    }
    return names;
}

/* The rest of a reset can fail for more reasons than accounts, which only want memory. */
static int run(struct world *w, unsigned what, bool empty, struct err *err)
{
    if (reset_world(w, what & RESET_ALL, empty, err) != 0)
        return -1;
    return (what & ACCOUNTS) != 0 && w->auth != NULL ? auth_reset(w->auth, empty, err) : 0;
}

/* What was not there yet when the start was kept. */
static void make_again(const struct serve_fixtures *fixtures, const struct world *w)
{
    struct err err;

    if (fixtures->world == w && serve_fixtures_again(fixtures, &err) != 0)
        log_failure(LOG_LEVEL_ERROR, "an image of the configuration was not made again", &err);
}

static void handle_reset(struct control_call *call, void *arg)
{
    struct world *w = control_call_world(call);
    struct log_line line;
    unsigned what;
    bool empty;
    struct err err;

    if (read_body(control_call_body(call), &what, &empty, &err) != 0 ||
        run(w, what, empty, &err) != 0) {
        control_reply_error(call, &err);
        return;
    }
    if ((what & RESET_CONTENT) != 0 && !empty)
        make_again(arg, w);
    log_begin(&line, LOG_LEVEL_INFO, "reset");
    log_text(&line, "world", w->name);
    log_text(&line, "to", targets[empty]);
    log_end(&line);
    control_reply(call, 200,
                  json_pack("{s:s, s:s, s:o}", "world", w->name, "to", targets[empty], "reset",
                            names_of(what)));
}

static const struct control_endpoint endpoints[] = {
    {HTTP_METHOD_POST, "/reset", .world = true, .has_body = true, .handle = handle_reset,
     .help = "Back to the start: {\"what\": [\"rules\", \"journal\"], \"to\": \"startup\" or "
             "\"empty\"}; without a body, everything"},
    {.pattern = NULL},
};

int serve_reset_register(struct control *c, struct serve_fixtures *fixtures, struct err *err)
{
    return control_register(c, endpoints, fixtures, err);
}
