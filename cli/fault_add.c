/* SPDX-License-Identifier: MIT */
/*
 * ocimock fault add: rules of a file, or one that is put together of options.
 *
 * Values go to the server as they are, numbers as numbers: it knows what is allowed and says so.
 */
#include <stdio.h>
#include <string.h>

#include <jansson.h>

#include "cli/control_client.h"
#include "cli/control_command.h"
#include "cli/criteria.h"
#include "cli/fault.h"
#include "lib/util/err.h"
#include "lib/util/text.h"
#include "lib/util/util.h"

enum { NAME_BYTES = 256 };

struct fault_add_settings {
    struct command_settings common;
    struct criteria criteria;
    struct option_list tags, headers;
    const char *nth;
    const char *id, *priority, *times, *probability, *ttl;
    const char *status, *code, *message, *redirect, *delay, *rate, *hold, *connection, *cut;
    const char *then;
    bool disabled;
};

#define MEMBER(m) OPTION_MEMBER(struct fault_add_settings, m)
#define TEXT_OPTION(name, member, value_name, text)                                                \
    {                                                                                              \
        CLI_TEXT(name, value_name, text), MEMBER(member)                                           \
    }

static const struct option options[] = {
    CRITERIA_OPTIONS(struct fault_add_settings),
    TEXT_OPTION("nth", nth, "N", "Only the N-th request that fits"),
    TEXT_OPTION("status", status, "STATUS", "Answer with that status"),
    TEXT_OPTION("code", code, "CODE", "Error code of that answer; it follows from the status"),
    TEXT_OPTION("message", message, "TEXT", "Message of that answer"),
    TEXT_OPTION("redirect", redirect, "PLACE",
                "Answer with a redirect to there: a URL, or a listener (listener:2, listener:tls)"),
    {CLI_LIST("header", "NAME:VALUE", "Set a header of the answer; without a value, remove it"),
     MEMBER(headers)},
    TEXT_OPTION("delay", delay, "DURATION", "Wait before the answer"),
    TEXT_OPTION("rate", rate, "SIZE", "Bytes per second"),
    TEXT_OPTION("hold", hold, "GATE", "Hold the answer until 'ocimock gate release GATE'"),
    TEXT_OPTION("connection", connection, "HOW",
                "drop, reset, garbage, bad-chunk, stall or close-idle"),
    TEXT_OPTION("cut", cut, "N:HOW",
                "Behind N bytes (or N%) of the body: close, reset, stall or hold"),
    TEXT_OPTION("then", then, "JSON", "What there are no options for: '{\"range\": \"ignore\"}'"),
    TEXT_OPTION("times", times, "N", "Act N times only"),
    TEXT_OPTION("probability", probability, "P", "Act by chance, 0 to 1"),
    TEXT_OPTION("ttl", ttl, "DURATION", "Vanish after that time"),
    TEXT_OPTION("priority", priority, "N", "Larger ones are asked first, then the newest"),
    TEXT_OPTION("id", id, "ID", "Name of the rule; made unless given"),
    {CLI_LIST("tag", "TAG", "Word by which rules are listed and removed together"), MEMBER(tags)},
    {CLI_SWITCH("disabled", "Let it rest until 'ocimock fault enable'"), MEMBER(disabled)},
};

/* --- A rule of options --------------------------------------------------------------------------
 */

/* What looks like a number is one. */
static json_t *scalar(const char *text)
{
    json_t *value = json_loads(text, JSON_DECODE_ANY, NULL);

    if (json_is_number(value))
        return value;
    json_decref(value);
    return json_string(text);
}

static void set(json_t *object, const char *key, const char *text)
{
    if (text != NULL)
        (void)json_object_set_new(object, key, scalar(text));
}

static void set_text(json_t *object, const char *key, const char *text)
{
    if (text != NULL)
        (void)json_object_set_new(object, key, json_string(text));
}

static void set_list(json_t *object, const char *key, const struct option_list *list)
{
    json_t *array;

    if (list->count == 0)
        return;
    array = json_array();
    for (size_t i = 0; i < list->count; i++)
        (void)json_array_append_new(array, json_string(list->items[i]));
    (void)json_object_set_new(object, key, array);
}

/* "Retry-After: 1" is set, "Warning" is removed. */
static int add_header(json_t *headers, const char *text, struct err *err)
{
    size_t n = strcspn(text, ":");
    char name[NAME_BYTES];
    const char *value;

    if (n == 0 || n >= sizeof(name))
        return err_set(err, ERR_USAGE, "--header: %s is not 'NAME: VALUE'", TEXT_QUOTE(text));
    memcpy(name, text, n);
    name[n] = '\0';
    if (text[n] == '\0')
        return json_array_append_new(json_object_get(headers, "remove"), json_string(name));
    value = text + n + 1;
    value += strspn(value, " ");
    return json_object_set_new(json_object_get(headers, "set"), name, json_string(value));
}

static int add_headers(json_t *then, const struct option_list *list, struct err *err)
{
    json_t *headers;

    if (list->count == 0)
        return 0;
    headers = json_pack("{s:{}, s:[]}", "set", "remove");
    (void)json_object_set_new(then, "headers", headers);
    for (size_t i = 0; i < list->count; i++) {
        if (add_header(headers, list->items[i], err) != 0)
            return -1;
    }
    return 0;
}

/* "1048576:reset" or "50%:close" */
static int add_cut(json_t *then, const char *text, struct err *err)
{
    size_t n = text == NULL ? 0 : strcspn(text, ":");
    char after[NAME_BYTES];

    if (text == NULL)
        return 0;
    if (n == 0 || n >= sizeof(after) || text[n] == '\0')
        return err_set(err, ERR_USAGE, "--cut: %s is not N:HOW, such as 1MiB:reset",
                       TEXT_QUOTE(text));
    memcpy(after, text, n);
    after[n] = '\0';
    return json_object_set_new(then, "body",
                               json_pack("{s:o, s:s}", "after", scalar(after), "do", text + n + 1));
}

static int add_json(json_t *effects, const char *text, struct err *err)
{
    json_error_t why;
    json_t *more;

    if (text == NULL)
        return 0;
    more = json_loads(text, JSON_REJECT_DUPLICATES, &why);
    if (!json_is_object(more)) {
        json_decref(more);
        return err_set(err, ERR_USAGE,
                       "--then: a JSON object is wanted: '{\"range\": \"ignore\"}'");
    }
    (void)json_object_update(effects, more);
    json_decref(more);
    return 0;
}

static int make_then(json_t *then, const struct fault_add_settings *s, struct err *err)
{
    set(then, "status", s->status);
    set_text(then, "redirect", s->redirect);
    set_text(then, "delay", s->delay);
    set(then, "rate", s->rate);
    set_text(then, "hold", s->hold);
    set_text(then, "connection", s->connection);
    if (s->code != NULL || s->message != NULL)
        (void)json_object_set_new(
            then, "error", json_pack("{s:s*, s:s*}", "code", s->code, "message", s->message));
    if (add_headers(then, &s->headers, err) != 0 || add_cut(then, s->cut, err) != 0 ||
        add_json(then, s->then, err) != 0)
        return -1;
    if (json_object_size(then) == 0)
        return err_set(err, ERR_USAGE,
                       "a FILE of rules is wanted, or what to do: --status 503, for instance");
    return 0;
}

static json_t *make_rule(const struct fault_add_settings *s, struct err *err)
{
    json_t *when = criteria_object(&s->criteria);
    json_t *then = json_object();
    json_t *rule = json_pack("{s:o, s:o}", "when", when, "then", then);

    if (rule == NULL) {
        (void)err_set(err, ERR_NOMEM, "rule");
        return NULL;
    }
    set(when, "nth", s->nth);
    set_text(rule, "id", s->id);
    set_list(rule, "tags", &s->tags);
    set(rule, "priority", s->priority);
    set(rule, "times", s->times);
    set(rule, "probability", s->probability);
    set_text(rule, "ttl", s->ttl);
    if (s->disabled)
        (void)json_object_set_new(rule, "enabled", json_false());
    if (make_then(then, s, err) == 0)
        return rule;
    json_decref(rule);
    return NULL;
}

/* --- The answer ---------------------------------------------------------------------------------
 */

void fault_print_warnings(const char *command, const json_t *answer)
{
    json_t *warning;
    size_t i;

    json_array_foreach(json_object_get(answer, "warnings"), i, warning)(void)
        fprintf(stderr, "ocimock %s: %s\n", command, json_string_value(warning));
}

/* The ids, one per line, for the shell that wants to remove them. */
static enum cli_status show_added(const json_t *answer, struct err *err)
{
    json_t *row;
    size_t i;

    (void)err;
    fault_print_warnings("fault add", answer);
    json_array_foreach(json_object_get(answer, "rules"), i, row)(void)
        printf("%s\n", json_string_value(json_object_get(row, "id")));
    return CLI_OK;
}

static enum cli_status add_file(const struct fault_add_settings *s, struct err *err)
{
    enum cli_status status;
    json_t *answer;

    if (fault_load(s->common.client, s->common.words[0], NULL, &answer, err) != 0)
        return CLI_FAILURE;
    if (s->common.json)
        return cli_print_json(answer);
    status = show_added(answer, err);
    json_decref(answer);
    return status;
}

static bool has_rule_options(const struct fault_add_settings *s)
{
    const char *const texts[] = {s->nth,         s->id,         s->priority, s->times,
                                 s->probability, s->ttl,        s->status,   s->code,
                                 s->message,     s->redirect,   s->delay,    s->rate,
                                 s->hold,        s->connection, s->cut,      s->then};
    json_t *criteria = criteria_object(&s->criteria);
    bool given =
        s->disabled || s->tags.count > 0 || s->headers.count > 0 || json_object_size(criteria) > 0;

    json_decref(criteria);
    for (size_t i = 0; i < ARRAY_LEN(texts); i++)
        given = given || texts[i] != NULL;
    return given;
}

static enum cli_status add(void *settings, struct err *err)
{
    const struct fault_add_settings *s = settings;
    enum cli_status status;
    json_t *rule;

    if (s->common.word_count == 0) {
        rule = make_rule(s, err);
        if (rule == NULL)
            return CLI_FAILURE;
        status = control_command_call(&s->common, "POST", "/rules", rule, show_added, err);
        json_decref(rule);
        return status;
    }
    if (has_rule_options(s)) {
        (void)err_set(err, ERR_USAGE, "options of a rule do not go with a FILE");
        return CLI_FAILURE;
    }
    return add_file(s, err);
}

const struct command command_fault_add = {
    .name = "add",
    .summary = "add rules of a file, or one of options",
    .examples = "ocimock fault add --op blob.get --repo team/app --status 503 --times 2\n"
                "ocimock fault add --op manifest.get --delay 2s --id slow --tag t42\n"
                "ocimock fault add --op blob.get --role layer --cut 1MiB:reset --nth 1\n"
                "ocimock fault add --status 429 --header 'Retry-After: 1' --ttl 10m\n"
                "ocimock fault add rules.yaml\n"
                "echo '{when: {op: token}, then: {status: 500}}' | ocimock fault add -",
    .about = "Adds rules, all of a file or none, and prints their ids. Without "
             "criteria a rule acts on every request. A criterion may be given several "
             "times: one of them has to fit.",
    .options = options,
    .option_count = ARRAY_LEN(options),
    .words = {{.name = "FILE", .optional = true, .path = true}},
    .asks_server = true,
    .run = add,
    .settings_size = sizeof(struct fault_add_settings),
};
