/* SPDX-License-Identifier: MIT */
/*
 * ocimock image list|set|clear|retag: what clients see of an image.
 */
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <jansson.h>

#include "cli/control_client.h"
#include "cli/control_command.h"
#include "cli/criteria.h"
#include "cli/table.h"
#include "lib/util/buf.h"
#include "lib/util/err.h"
#include "lib/util/units.h"
#include "lib/util/util.h"

struct image_settings {
    struct command_settings common;
    const char *user;
    const char *challenge_error;
    uint64_t times, after; /* 0: not given */
    uint64_t life;         /* milliseconds; 0: not given */
    bool sticky;
};

#define MEMBER(m) OPTION_MEMBER(struct image_settings, m)

/* --- list ---------------------------------------------------------------------------------------
 */

static const struct table_column columns[] = {
    {.heading = "IMAGE", .cut = true},
    {.heading = "STATE"},
    {.heading = "USER", .cut = true},
    {.heading = "PULLS", .align = TABLE_RIGHT},
    {.heading = "APPLIED", .align = TABLE_RIGHT},
    {.heading = "LIMITS", .cut = true},
};

static void limits_of(const json_t *row, char *dst, size_t size)
{
    auto_buf struct buf b = BUF_INIT(256);
    const json_t *after = json_object_get(row, "after");
    const json_t *remaining = json_object_get(row, "remaining");
    const json_t *expires = json_object_get(row, "expires_in_ms");
    char text[CONTROL_DURATION_MAX];

    if (after != NULL)
        (void)buf_appendf(&b, "after %lld pulls, ", (long long)json_integer_value(after));
    if (remaining != NULL)
        (void)buf_appendf(&b, "%lld left, ", (long long)json_integer_value(remaining));
    if (expires != NULL)
        (void)buf_appendf(&b, "for %s, ", control_duration(text, json_integer_value(expires)));
    if (json_is_true(json_object_get(row, "sticky")))
        (void)buf_append_text(&b, "sticky, ");
    if (json_object_get(row, "challenge_error") != NULL)
        (void)buf_appendf(&b, "error %s, ",
                          json_string_value(json_object_get(row, "challenge_error")));
    (void)snprintf(dst, size, "%.*s", b.len > 2 ? (int)b.len - 2 : 0, buf_text(&b));
}

/* Pulls are counted for the states that are limited by them. */
static void add_number(struct table *t, const json_t *row, const char *key)
{
    if (json_object_get(row, "after") == NULL && json_object_get(row, "remaining") == NULL)
        table_add(t, TABLE_PLAIN, NULL);
    else
        table_addf(t, TABLE_PLAIN, "%" JSON_INTEGER_FORMAT,
                   json_integer_value(json_object_get(row, key)));
}

static void add_row(struct table *t, const json_t *row)
{
    const char *state = json_string_value(json_object_get(row, "state"));
    bool present = state != NULL && strcmp(state, "present") == 0;
    const json_t *user = json_object_get(row, "user");
    char limits[256];

    limits_of(row, limits, sizeof(limits));
    table_add(t, TABLE_PLAIN, json_string_value(json_object_get(row, "image")));
    table_add(t, present ? TABLE_GOOD : TABLE_WARN, state);
    table_add(t, TABLE_PLAIN, user != NULL ? json_string_value(user) : "*");
    add_number(t, row, "pulls");
    add_number(t, row, "applied");
    table_add(t, TABLE_PLAIN, limits);
}

static enum cli_status show_list(const json_t *answer, struct err *err)
{
    struct table *t;
    enum cli_status status;
    json_t *row;
    size_t i;

    if (table_new(&t, columns, ARRAY_LEN(columns), err) != 0)
        return CLI_FAILURE;
    json_array_foreach(json_object_get(answer, "images"), i, row) add_row(t, row);
    status = control_print_table(t, err);
    table_free(t);
    return status;
}

static enum cli_status list(void *settings, struct err *err)
{
    return control_command_call(settings, "GET", "/images", NULL, show_list, err);
}

static const struct command list_command = {
    .name = "list",
    .summary = "the states that were set",
    .examples = "ocimock image list\n"
                "ocimock image list --json | jq '.images[].image'",
    .about = "Lists the states that were set, the most specific first. For a state "
             "that is limited by pulls, PULLS counts those since it was set, APPLIED "
             "those that it met.",
    .asks_server = true,
    .run = list,
    .settings_size = sizeof(struct image_settings),
};

/* --- set ----------------------------------------------------------------------------------------
 */

static const char *const challenge_errors[] = {"insufficient_scope", "invalid_token", "none", NULL};

static const struct option set_options[] = {
    {CLI_TEXT("user", "NAME", "Only for this account; anonymous for those without"), MEMBER(user)},
    {CLI_COUNT("times", "N", "Only for that many pulls"), .value.min = 1, MEMBER(times)},
    {CLI_DURATION("for", "Only for that long, on the world's clock"), .value.min = 1, MEMBER(life)},
    {CLI_COUNT("after", "N", "Only once there were that many pulls"), MEMBER(after)},
    {CLI_SWITCH("sticky", "A push does not bring an absent image back"), MEMBER(sticky)},
    {CLI_TEXT("challenge-error", "ERROR",
              "What the challenge says: insufficient_scope, invalid_token or none"),
     .value.choices = challenge_errors, MEMBER(challenge_error)},
};

/* NULL: memory is short. */
static json_t *state_body(const struct image_settings *s)
{
    char life[UNITS_TEXT_MAX];

    return json_pack("{s:s, s:s, s:s*, s:s*, s:o*, s:o*, s:s*, s:o*}", "image", s->common.words[0],
                     "state", s->common.words[1], "user", s->user, "challenge_error",
                     s->challenge_error, "times",
                     s->times > 0 ? json_integer((json_int_t)s->times) : NULL, "after",
                     s->after > 0 ? json_integer((json_int_t)s->after) : NULL, "for",
                     s->life > 0 ? units_format_duration(life, s->life) : NULL, "sticky",
                     s->sticky ? json_true() : NULL);
}

static enum cli_status set(void *settings, struct err *err)
{
    const struct image_settings *s = settings;
    json_t *body = state_body(s);
    enum cli_status status;

    if (body == NULL) {
        (void)err_set(err, ERR_USAGE, "the image and its state have to be UTF-8");
        return CLI_FAILURE;
    }
    status = control_command_call(&s->common, "PUT", "/images", body, NULL, err);
    json_decref(body);
    if (status == CLI_OK && !s->common.json)
        (void)printf("%s is %s\n", s->common.words[0], s->common.words[1]);
    return status;
}

static const struct command set_command = {
    .name = "set",
    .summary = "make an image present, absent, unauthorized or denied",
    .examples = "ocimock image set team/app:v1 absent\n"
                "ocimock image set team/app:v1 present          # the same digest again\n"
                "ocimock image set 'team/*' denied --user bob\n"
                "ocimock image set team/app:v1 absent --after 1  # gone after the first pull\n"
                "ocimock image set team/app:v1 unauthorized --times 2",
    .about = "IMAGE is a repository, repository:tag, repository@digest, or a glob of "
             "these; the most specific state wins. STATE is present, absent (as if "
             "there never was such a name), unauthorized (401) or denied (403). "
             "Content is never touched.",
    .options = set_options,
    .option_count = ARRAY_LEN(set_options),
    .words = {{.name = "IMAGE"}, {.name = "STATE", .choices = criteria_states}},
    .asks_server = true,
    .run = set,
    .settings_size = sizeof(struct image_settings),
};

/* --- clear --------------------------------------------------------------------------------------
 */

static const struct option clear_options[] = {
    {CLI_TEXT("user", "NAME", "Only states for this account"), MEMBER(user)},
};

static enum cli_status show_removed(const json_t *answer, struct err *err)
{
    long long n = json_integer_value(json_object_get(answer, "removed"));

    (void)err;
    (void)printf("%lld state%s forgotten\n", n, n == 1 ? "" : "s");
    return CLI_OK;
}

static enum cli_status clear(void *settings, struct err *err)
{
    const struct image_settings *s = settings;
    auto_buf struct buf path = BUF_INIT(8192);

    (void)buf_append_text(&path, "/images");
    control_path_add(&path, "image", s->common.word_count > 0 ? s->common.words[0] : NULL);
    control_path_add(&path, "user", s->user);
    if (buf_check(&path, "image", err) != 0)
        return CLI_FAILURE;
    return control_command_call(&s->common, "DELETE", buf_text(&path), NULL, show_removed, err);
}

static const struct command clear_command = {
    .name = "clear",
    .summary = "forget states",
    .examples = "ocimock image clear                 # all of them\n"
                "ocimock image clear team/app:v1",
    .about = "Forgets states: what was absent, unauthorized or denied is seen again. "
             "IMAGE is written as it was when the state was set.",
    .options = clear_options,
    .option_count = ARRAY_LEN(clear_options),
    .words = {{.name = "IMAGE", .optional = true}},
    .asks_server = true,
    .run = clear,
    .settings_size = sizeof(struct image_settings),
};

/* --- retag --------------------------------------------------------------------------------------
 */

static enum cli_status show_retag(const json_t *answer, struct err *err)
{
    (void)err;
    (void)printf("%s is %s\n", json_string_value(json_object_get(answer, "image")),
                 json_string_value(json_object_get(answer, "digest")));
    return CLI_OK;
}

static enum cli_status retag(void *settings, struct err *err)
{
    const struct command_settings *s = settings;
    json_t *body = json_pack("{s:s, s:s}", "image", s->words[0], "to", s->words[1]);
    enum cli_status status;

    if (body == NULL) {
        (void)err_set(err, ERR_USAGE, "image names have to be UTF-8");
        return CLI_FAILURE;
    }
    status = control_command_call(s, "POST", "/images:retag", body, show_retag, err);
    json_decref(body);
    return status;
}

static const struct command retag_command = {
    .name = "retag",
    .summary = "move a tag",
    .examples = "ocimock image retag team/app:latest v2\n"
                "ocimock image retag team/app:latest sha256:4bf0...",
    .about = "Moves a tag at once to what another tag or a digest of its repository "
             "names.",
    .words = {{.name = "IMAGE"}, {.name = "TO"}},
    .asks_server = true,
    .run = retag,
    .settings_size = sizeof(struct image_settings),
};

/* --- All of it ----------------------------------------------------------------------------------
 */

static const struct command *const parts[] = {&list_command, &set_command, &clear_command,
                                              &retag_command, NULL};

const struct command command_image = {
    .name = "image",
    .summary = "make an image absent, unauthorized or denied; move tags",
    .group = "What clients get from a running server",
    .examples = "ocimock image set team/app:v1 absent\n"
                "ocimock image set 'team/*' denied --user bob\n"
                "ocimock image retag team/app:latest v2\n"
                "ocimock image clear",
    .parts = parts,
};
