/* SPDX-License-Identifier: MIT */
#include "cli/serve_fixtures.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "auth/identity.h"
#include "cli/digests.h"
#include "cli/fixture_image.h"
#include "cli/fixture_job.h"
#include "cli/fixture_parts.h"
#include "fixtures/embedded.h"
#include "fixtures/fixture.h"
#include "lib/control/control.h"
#include "lib/util/buf.h"
#include "lib/util/err.h"
#include "lib/util/log.h"
#include "lib/util/option.h"
#include "lib/util/text.h"
#include "lib/util/util.h"
#include "registry/registry.h"
#include "registry/state.h"

enum { TEXT_MAX = 64 * 1024 };

DEFINE_AUTO(fixture, struct fixture, fixture_free)
#define auto_fixture __attribute__((cleanup(auto_fixture_)))
DEFINE_AUTO(parts, struct fixture_parts, fixture_parts_free)
#define auto_parts  __attribute__((cleanup(auto_parts_)))
#define auto_wishes __attribute__((cleanup(wishes_done)))

const struct schema serve_fixtures_image[] = {
    {.key = "name", .type = SCHEMA_TEXT, .required = true},
    {.key = "recipe", .type = SCHEMA_ANY},
    {.key = "state", .type = SCHEMA_TEXT},
    {.key = NULL},
};

static const struct schema post_members[] = {
    {.key = "recipe", .type = SCHEMA_ANY, .required = true},
    {.key = "image", .type = SCHEMA_TEXT},
    {.key = "wait", .type = SCHEMA_BOOL},
    {.key = NULL},
};
static const struct schema post_schema = {.type = SCHEMA_OBJECT, .members = post_members};

/* By its name, or the whole of it. */
static int open_recipe(struct fixture **ret, const json_t *recipe, struct err *err)
{
    if (json_is_string(recipe))
        return fixture_open(ret, json_string_value(recipe), err);
    if (json_is_object(recipe))
        return fixture_from_json(ret, recipe, "recipe", err);
    return err_set(err, ERR_CONFIG, "recipe: expected its name, or keys and values");
}

/* --- Over the control API -----------------------------------------------------------------------
 */

/* One POST until its image is there. */
struct making {
    struct control_call *call; /* borrowed; NULL: the asker left, or does not wait */
    char repo[REFERENCE_NAME_MAX + 1];
};

static void on_gone(void *arg)
{
    struct making *m = arg;

    m->call = NULL;
}

static json_t *describe(const char *repo, const struct fixture_result *r)
{
    return json_pack("{s:s, s:s, s:s, s:I, s:i, s:i, s:I}", "repository", repo, "digest",
                     r->digest.text, "mediaType", r->media_type, "size", (json_int_t)r->size,
                     "blobs", (int)r->blobs, "manifests", (int)r->manifests, "bytes",
                     (json_int_t)r->bytes);
}

static void on_made(void *arg, const struct fixture_result *result, const struct err *err)
{
    struct making *m = arg;

    if (result == NULL)
        log_failure(LOG_LEVEL_WARN, "an image could not be made", err);
    if (m->call != NULL && result != NULL)
        control_reply(m->call, 201, describe(m->repo, result));
    else if (m->call != NULL)
        control_reply_error(m->call, err);
    free(m);
}

/* Starts what the body asks for. *ret is freed when the image is there. */
static int making_start(struct making **ret, struct control_call *call,
                        const struct serve_fixtures *s, struct err *err)
{
    const json_t *body = control_call_body(call);
    struct fixture_job_options options = {
        .world = control_call_world(call), .digests = s->digests, .done = on_made};
    auto_fixture struct fixture *f = NULL;
    auto_free struct making *m = calloc(1, sizeof(*m));

    if (m == NULL)
        return err_set(err, ERR_NOMEM, "fixture");
    if (open_recipe(&f, json_object_get(body, "recipe"), err) != 0 ||
        fixture_image_apply(&options.image, json_string_value(json_object_get(body, "image")), f,
                            err) != 0)
        return -1;
    (void)stpcpy(m->repo, options.image.repo);
    options.fixture = STEAL(f);
    options.arg = m;
    if (fixture_job_start(&options, err) != 0)
        return -1;
    *ret = STEAL(m);
    return 0;
}

static int check_body(const json_t *body, struct err *err)
{
    struct schema_place at = {.path = ""};

    return schema_check(&post_schema, body, &at, err);
}

static void handle_post(struct control_call *call, void *arg)
{
    const json_t *body =
        control_call_need_body(call, "{\"recipe\": \"hello\", \"image\": \"app:v1\"}");
    struct making *m;
    struct err err;

    if (body == NULL)
        return;
    if (check_body(body, &err) != 0 || making_start(&m, call, arg, &err) != 0) {
        control_reply_error(call, &err);
        return;
    }
    if (json_is_false(json_object_get(body, "wait"))) {
        control_reply(call, 202, json_pack("{s:s}", "repository", m->repo));
        return;
    }
    m->call = call;
    control_call_wait(call, on_gone, m);
}

static json_t *recipe_list(void)
{
    json_t *list = json_array();

    for (const struct embedded *e = fixture_builtin(); e->name != NULL; e++)
        (void)json_array_append_new(list, json_string(e->name));
    return list;
}

static json_t *wrong_list(void)
{
    json_t *list = json_array();

    for (const struct fixture_wrong *w = fixture_wrong(); w->name != NULL; w++)
        (void)json_array_append_new(list, json_string(w->name));
    return list;
}

static void handle_get(struct control_call *call, void *arg)
{
    (void)arg;
    control_reply(call, 200,
                  json_pack("{s:o, s:o}", "recipes", recipe_list(), "wrong", wrong_list()));
}

static const struct control_endpoint endpoints[] = {
    {HTTP_METHOD_GET, "/fixtures", .handle = handle_get,
     .help = "Names of the built-in recipes, and of the ways to be wrong"},
    {HTTP_METHOD_POST, "/fixtures", .world = true, .has_body = true, .handle = handle_post,
     .help = "Makes an image: {\"recipe\": \"hello\", \"image\": \"team/app:v1\"}; wait: false "
             "answers before it is there"},
    {.pattern = NULL},
};

int serve_fixtures_register(struct control *c, struct serve_fixtures *s, struct err *err)
{
    return control_register(c, endpoints, s, err);
}

/* --- At start -----------------------------------------------------------------------------------
 */

static void on_started(void *arg, const struct fixture_result *result, const struct err *err)
{
    (void)arg;
    if (result == NULL && err->code != ERR_CANCELLED)
        log_failure(LOG_LEVEL_ERROR, "an image of the configuration could not be made", err);
}

/* Makes an image on the spot, but for digests that take seconds: then it is there later. */
static int start_fixture(const struct serve_fixtures *s, struct fixture **f, const char *image,
                         struct err *err)
{
    struct fixture_job_options options = {
        .world = s->world, .digests = s->digests, .done = on_started};
    auto_wishes struct wishes wishes = {0};
    auto_parts struct fixture_parts *parts = NULL;

    if (fixture_image_apply(&options.image, image, *f, err) != 0 ||
        fixture_parts_build(&parts, *f, &wishes, err) != 0)
        return -1;
    if (wishes_are_granted(&wishes))
        return fixture_parts_store(parts, s->world, options.image.repo, err);
    options.fixture = STEAL(*f);
    return fixture_job_start(&options, err);
}

static int set_state(struct world *w, const char *image, const json_t *state, struct err *err)
{
    json_t *body = json_pack("{s:s, s:O}", "image", image, "state", state);
    int rc = body == NULL ? err_set(err, ERR_NOMEM, "image")
                          : image_states_set(w->states, body,
                                             w->auth == NULL || !access_is_on(w->auth), err);

    json_decref(body);
    return rc;
}

static int open_image(struct fixture **ret, const json_t *image, struct err *err)
{
    const json_t *recipe = json_object_get(image, "recipe");

    return recipe != NULL && !json_is_null(recipe) ? open_recipe(ret, recipe, err) : 0;
}

/* Without a recipe it is only a state of what comes from elsewhere. */
static int start_image(const struct serve_fixtures *s, const json_t *image, struct err *err)
{
    const char *name = json_string_value(json_object_get(image, "name"));
    const json_t *state = json_object_get(image, "state");
    auto_fixture struct fixture *f = NULL;

    if (open_image(&f, image, err) != 0 || (f != NULL && start_fixture(s, &f, name, err) != 0))
        return -1;
    return json_is_string(state) ? set_state(s->world, name, state, err) : 0;
}

/* "team/app:v1=random(layers=2)", of which name (owned) gets the first part. */
static int open_text(struct fixture **ret, char **ret_name, const char *text, struct err *err)
{
    const char *recipe = strchr(text, '=');

    if (recipe == NULL)
        return err_set(err, ERR_CONFIG, "expected NAME=RECIPE such as team/app:v1=hello");
    *ret_name = strndup(text, (size_t)(recipe - text));
    if (*ret_name == NULL)
        return err_set(err, ERR_NOMEM, "image");
    return fixture_open(ret, recipe + 1, err);
}

/* Names that are none, and recipes that are not there, are a matter of the configuration. */
static int bad_image(int result, struct err *err)
{
    if (err->code == ERR_ABSENT || err->code == ERR_INVALID)
        err->code = ERR_CONFIG;
    return result;
}

/* How many parentheses are open at the end. */
static int open_parentheses(const char *text)
{
    int open = 0;

    for (; *text != '\0'; text++)
        open += (*text == '(') - (*text == ')');
    return open;
}

/* A list's commas may have cut a text: up to its last parenthesis it is put together again. */
static int next_text(struct buf *ret, const struct option_list *texts, size_t *i, struct err *err)
{
    (void)buf_append_text(ret, texts->items[(*i)++]);
    while (*i < texts->count && open_parentheses(buf_text(ret)) > 0)
        (void)buf_appendf(ret, ",%s", texts->items[(*i)++]);
    return buf_check(ret, "images", err);
}

/* What becomes of each fixture of the configuration; may take it. */
typedef int (*each_fn)(const struct serve_fixtures *s, struct fixture **f, const char *name,
                       struct err *err);

static int each_text(const struct serve_fixtures *s, each_fn fn, struct err *err)
{
    for (size_t i = 0; i < s->texts->count;) {
        auto_buf struct buf text = BUF_INIT(TEXT_MAX);
        auto_fixture struct fixture *f = NULL;
        auto_free char *name = NULL;

        if (next_text(&text, s->texts, &i, err) != 0)
            return -1;
        if (open_text(&f, &name, buf_text(&text), err) != 0 || fn(s, &f, name, err) != 0)
            return bad_image(err_wrap(err, "image %s", TEXT_QUOTE(buf_text(&text))), err);
    }
    return 0;
}

int serve_fixtures_start(const struct serve_fixtures *s, struct err *err)
{
    const json_t *image;
    size_t i;

    json_array_foreach(s->images, i, image)
    {
        if (start_image(s, image, err) != 0)
            return bad_image(err_wrap(err, "images[%zu]", i), err);
    }
    return each_text(s, start_fixture, err);
}

/* --- After a reset ------------------------------------------------------------------------------
 */

/* True when it stands there as a key, however deep. */
static bool has_generated(const json_t *recipe)
{
    const json_t *value;
    const char *key;
    size_t i;

    json_object_foreach((json_t *)(uintptr_t)recipe, key, value)
    {
        if (strcmp(key, "generated") == 0 || has_generated(value))
            return true;
    }
    json_array_foreach(recipe, i, value)
    {
        if (has_generated(value))
            return true;
    }
    return false;
}

static int again(const struct serve_fixtures *s, struct fixture **f, const char *name,
                 struct err *err)
{
    return has_generated(fixture_recipe(*f)) ? start_fixture(s, f, name, err) : 0;
}

int serve_fixtures_again(const struct serve_fixtures *s, struct err *err)
{
    const json_t *image;
    size_t i;

    json_array_foreach(s->images, i, image)
    {
        auto_fixture struct fixture *f = NULL;

        if (open_image(&f, image, err) != 0 ||
            (f != NULL &&
             again(s, &f, json_string_value(json_object_get(image, "name")), err) != 0))
            return -1;
    }
    return each_text(s, again, err);
}
