/* SPDX-License-Identifier: MIT */
#include "cli/assertion.h"

#include <stdio.h>
#include <string.h>

#include <jansson.h>

#include "cli/control_client.h"
#include "lib/util/buf.h"
#include "lib/util/conf.h"
#include "lib/util/err.h"
#include "lib/util/text.h"
#include "lib/util/units.h"
#include "lib/util/util.h"

enum { MESSAGE_MAX = 256 * 1024, LONGEST_WAIT_MS = 60 * 60 * 1000 };

/* --- The question -------------------------------------------------------------------------------
 */

static bool is_set(uint64_t n)
{
    return n != ASSERTION_UNSET;
}

/* How many; NULL where nothing is said: at least one. */
static json_t *count_of(const struct assertion_settings *s)
{
    json_t *bounds;

    if (s->never)
        return json_integer(0);
    if (is_set(s->count))
        return json_integer((json_int_t)s->count);
    if (!is_set(s->min) && !is_set(s->max))
        return NULL;
    bounds = json_object();
    if (is_set(s->min))
        (void)json_object_set_new(bounds, "min", json_integer((json_int_t)s->min));
    if (is_set(s->max))
        (void)json_object_set_new(bounds, "max", json_integer((json_int_t)s->max));
    return bounds;
}

static json_t *body_of_flags(const struct assertion_settings *s, const char *time_key)
{
    json_t *body = json_pack("{s:o}", "match", criteria_object(&s->criteria));
    json_t *count = count_of(s);
    char within[UNITS_TEXT_MAX];

    if (count != NULL)
        (void)json_object_set_new(body, "count", count);
    if (s->since > 0)
        (void)json_object_set_new(body, "since", json_integer((json_int_t)s->since));
    if (s->within_ms > 0)
        (void)json_object_set_new(body, time_key,
                                  json_string(units_format_duration(within, s->within_ms)));
    return body;
}

static int check_flags(const struct assertion_settings *s, struct err *err)
{
    json_t *match = criteria_object(&s->criteria);
    bool no_match = json_object_size(match) == 0;
    bool bounds = is_set(s->min) || is_set(s->max);

    json_decref(match);
    if (s->never + is_set(s->count) + bounds > 1)
        return err_set(err, ERR_USAGE, "--never, --count, and --min or --max exclude each other");
    if (s->body != NULL &&
        (!no_match || s->never || is_set(s->count) || bounds || s->since > 0 || s->within_ms > 0))
        return err_set(err, ERR_USAGE, "--body holds all of it: no further options go with it");
    if (s->body == NULL && no_match && !s->never && !is_set(s->count) && !bounds)
        return err_set(err, ERR_USAGE, "nothing is expected: --op manifest.get, for instance");
    return 0;
}

/* --- The answer ---------------------------------------------------------------------------------
 */

/* The server's text, without what a terminal might act on; lines stay. */
static enum cli_status print_message(const char *prefix, const char *text, FILE *to)
{
    auto_buf struct buf b = BUF_INIT(MESSAGE_MAX);
    size_t n;

    for (size_t left = strlen(text); left > 0; text += n, left -= n) {
        n = *text == '\n' ? 1 : text_printable(text, left);
        (void)buf_append(&b, n > 0 ? text : "?", n > 0 ? n : 1);
        n = n > 0 ? n : 1;
    }
    return fprintf(to, "%s%s\n", prefix, buf_text(&b)) < 0 ? CLI_FAILURE : CLI_OK;
}

static void print_warnings(const json_t *answer, const char *prefix)
{
    json_t *warning;
    size_t i;

    json_array_foreach(json_object_get(answer, "warnings"), i, warning)(void)
        print_message(prefix, json_string_value(warning), stderr);
}

static enum cli_status show(const struct assertion_settings *s, const char *name, json_t *answer)
{
    bool held = json_is_true(json_object_get(answer, "held"));
    const char *message = json_string_value(json_object_get(answer, "message"));
    char prefix[64];
    enum cli_status status;

    (void)snprintf(prefix, sizeof(prefix), "ocimock %s: ", name);
    if (s->common.json) {
        status = cli_print_json(json_incref(answer));
    } else {
        print_warnings(answer, prefix);
        status = print_message(held ? "" : prefix, message != NULL ? message : "no message",
                               held ? stdout : stderr);
    }
    json_decref(answer);
    return status != CLI_OK ? status : held ? CLI_OK : CLI_ASSERTION;
}

/* --- Both ---------------------------------------------------------------------------------------
 */

static enum cli_status ask(const struct assertion_settings *s, const char *path, const json_t *body,
                           struct err *err)
{
    json_t *answer;
    long status;

    if (control_client_ask(s->common.client, "POST", path, body, &status, &answer, err) != 0)
        return CLI_FAILURE;
    if (json_is_boolean(json_object_get(answer, "held")))
        return show(s, path + 1, answer);
    (void)control_client_refused(s->common.client, status, answer, err);
    json_decref(answer);
    return CLI_FAILURE;
}

static enum cli_status ask_file(const struct assertion_settings *s, const char *path,
                                struct err *err)
{
    struct conf *conf;
    enum cli_status status;

    if (control_read_file(&conf, s->body, NULL, err) != 0)
        return CLI_FAILURE;
    control_client_patience(s->common.client, LONGEST_WAIT_MS);
    status = ask(s, path, conf_root(conf), err);
    if (status == CLI_FAILURE)
        (void)control_place_error(conf, err);
    conf_free(conf);
    return status;
}

enum cli_status assertion_ask(const struct assertion_settings *s, const char *path,
                              const char *time_key, struct err *err)
{
    enum cli_status status;
    json_t *body;

    if (check_flags(s, err) != 0)
        return CLI_FAILURE;
    if (s->body != NULL)
        return ask_file(s, path, err);
    control_client_patience(s->common.client, (uint32_t)s->within_ms);
    body = body_of_flags(s, time_key);
    status = ask(s, path, body, err);
    json_decref(body);
    return status;
}
