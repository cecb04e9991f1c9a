/* SPDX-License-Identifier: MIT */
/*
 * ocimock fault explain: why rules did not act on a request, a yes or no per criterion.
 */
#include <stdio.h>
#include <string.h>

#include <jansson.h>

#include "cli/control_client.h"
#include "cli/control_command.h"
#include "cli/fault.h"
#include "cli/requests.h"
#include "cli/table.h"
#include "lib/util/buf.h"
#include "lib/util/err.h"
#include "lib/util/text.h"
#include "lib/util/util.h"

enum { PATH_BYTES = 4096, VALUE_BYTES = 64 * 1024, ALL_RULES = 1000000 };

static const struct table_column columns[] = {
    {.heading = "RULE", .cut = true},
    {.heading = "CRITERION"},
    {.heading = "HOLDS"},
    {.heading = "WANTED", .cut = true},
    {.heading = "REQUEST", .cut = true},
};

/* What the server knows of a request and of its rules; all owned. */
struct findings {
    json_t *request;
    json_t *misses; /* the rows */
    json_t *rules;  /* the answer of /rules */
};

static void findings_done(struct findings *f)
{
    json_decref(f->request);
    json_decref(f->misses);
    json_decref(f->rules);
}

/* --- Values ------------------------------------------------------------------------------------
 */

static const json_t *rule_of(const struct findings *f, const char *id)
{
    const json_t *rule;
    size_t i;

    json_array_foreach(json_object_get(f->rules, "rules"), i, rule)
    {
        if (strcmp(json_string_value(json_object_get(rule, "id")), id) == 0)
            return rule;
    }
    return NULL;
}

/* "header.accept" is a member of a member. */
static const json_t *member_of(const json_t *object, const char *name)
{
    size_t n = strcspn(name, ".");
    char first[64];

    if (name[n] == '\0' || n >= sizeof(first) || json_object_get(object, name) != NULL)
        return json_object_get(object, name);
    memcpy(first, name, n);
    first[n] = '\0';
    return json_object_get(json_object_get(object, first), name + n + 1);
}

/* What the rule says: among its criteria, or beside them (times, probability). */
static const json_t *wanted(const json_t *rule, const char *criterion)
{
    const json_t *value = member_of(json_object_get(rule, "when"), criterion);

    return value != NULL ? value : json_object_get(rule, criterion);
}

static const json_t *header_of(const json_t *request, const char *name)
{
    const json_t *header;
    size_t i;

    json_array_foreach(json_object_get(request, "headers"), i, header)
    {
        if (text_equal_nocase(json_string_value(json_array_get(header, 0)), name))
            return json_array_get(header, 1);
    }
    return NULL;
}

/* What the request says; the journal spells one word otherwise than rules do. */
static const json_t *found(const json_t *request, const char *criterion)
{
    if (strncmp(criterion, "header.", 7) == 0)
        return header_of(request, criterion + 7);
    return json_object_get(request, strcmp(criterion, "userAgent") == 0 ? "user_agent" : criterion);
}

static void add_value(struct table *t, const json_t *value)
{
    auto_buf struct buf b = BUF_INIT(VALUE_BYTES);

    if (value != NULL && !json_is_null(value))
        control_append_value(&b, value);
    table_add(t, TABLE_PLAIN, buf_text(&b));
}

/* --- The table ----------------------------------------------------------------------------------
 */

/* The criterion "reached": another rule answers first. */
static void add_wanted(struct table *t, const json_t *rule, const json_t *miss,
                       const char *criterion)
{
    const char *behind = json_string_value(json_object_get(miss, "behind"));

    if (behind != NULL && strcmp(criterion, "reached") == 0)
        table_addf(t, TABLE_WARN, "%s answers first", behind);
    else
        add_value(t, wanted(rule, criterion));
}

static void add_miss(struct table *t, const struct findings *f, const json_t *miss)
{
    const char *id = json_string_value(json_object_get(miss, "id"));
    const json_t *rule = rule_of(f, id);
    const char *criterion;
    json_t *holds;

    json_object_foreach(json_object_get(miss, "criteria"), criterion, holds)
    {
        table_add(t, TABLE_PLAIN, id);
        table_add(t, TABLE_PLAIN, criterion);
        table_add(t, json_is_true(holds) ? TABLE_GOOD : TABLE_BAD,
                  json_is_true(holds) ? "yes" : "no");
        add_wanted(t, rule, miss, criterion);
        if (strcmp(criterion, "times") == 0)
            table_addf(t, TABLE_PLAIN, "%" JSON_INTEGER_FORMAT " so far",
                       json_integer_value(json_object_get(rule, "hits")));
        else
            add_value(t, found(f->request, criterion));
    }
}

/* "#17 manifest.get /v2/app/manifests/v1: 404, changed by: flaky,slow" */
static int print_request(const struct findings *f, struct err *err)
{
    const json_t *status = json_object_get(f->request, "status");
    auto_buf struct buf b = BUF_INIT(VALUE_BYTES);

    (void)buf_append_char(&b, '#');
    control_append_value(&b, json_object_get(f->request, "seq"));
    (void)buf_appendf(&b, " %s ", json_string_value(json_object_get(f->request, "op")));
    control_append_value(&b, json_object_get(f->request, "path"));
    (void)buf_append_text(&b, ": ");
    control_append_value(&b, status);
    if (json_array_size(json_object_get(f->request, "rules")) > 0) {
        (void)buf_append_text(&b, ", changed by ");
        control_append_value(&b, json_object_get(f->request, "rules"));
    }
    (void)buf_append_char(&b, '\n');
    if (buf_check(&b, "request", err) != 0)
        return -1;
    return cli_print_buf(&b) == CLI_OK ? 0 : -1;
}

static enum cli_status print_table(const struct findings *f, struct err *err)
{
    enum cli_status status;
    const json_t *miss;
    struct table *t;
    size_t i;

    if (table_new(&t, columns, ARRAY_LEN(columns), err) != 0)
        return CLI_FAILURE;
    json_array_foreach(f->misses, i, miss) add_miss(t, f, miss);
    status = control_print_table(t, err);
    table_free(t);
    return status;
}

static enum cli_status print(const struct findings *f, struct err *err)
{
    if (print_request(f, err) != 0)
        return CLI_FAILURE;
    if (json_array_size(f->misses) == 0)
        return cli_print("no other rule is there\n");
    return print_table(f, err);
}

/* --- Asking ------------------------------------------------------------------------------------
 */

static int get(const struct command_settings *s, const char *path, json_t **ret, struct err *err)
{
    return control_client_call(s->client, "GET", path, NULL, ret, err);
}

/* Leaves one rule of those that missed; says so where it is none of them. */
static int choose(struct findings *f, const char *id, struct err *err)
{
    json_t *chosen = json_array();
    json_t *miss;
    size_t i;

    json_array_foreach(f->misses, i, miss)
    {
        if (strcmp(json_string_value(json_object_get(miss, "id")), id) == 0)
            (void)json_array_append(chosen, miss);
    }
    json_decref(f->misses);
    f->misses = chosen;
    if (json_array_size(chosen) > 0)
        return 0;
    if (rule_of(f, id) == NULL)
        return err_set(err, ERR_ABSENT, "there is no rule %s", TEXT_QUOTE(id));
    return err_set(err, ERR_ABSENT,
                   "nothing of the rule %s misses that request: as rules are now, "
                   "it acts",
                   TEXT_QUOTE(id));
}

static int ask(const struct command_settings *s, struct findings *f, struct err *err)
{
    auto_buf struct buf path = BUF_INIT(PATH_BYTES);
    json_t *answer = NULL;

    if (requests_path(&path, s->words[0], err) != 0 ||
        get(s, buf_text(&path), &f->request, err) != 0)
        return -1;
    (void)buf_append_text(&path, "/misses");
    if (s->word_count > 1)
        (void)buf_appendf(&path, "?limit=%d", ALL_RULES);
    if (get(s, buf_text(&path), &answer, err) != 0)
        return -1;
    f->misses = json_incref(json_object_get(answer, "misses"));
    json_decref(answer);
    if (get(s, "/rules", &f->rules, err) != 0)
        return -1;
    return s->word_count > 1 ? choose(f, s->words[1], err) : 0;
}

static enum cli_status explain(void *settings, struct err *err)
{
    const struct command_settings *s = settings;
    enum cli_status status = CLI_FAILURE;
    struct findings f = {0};

    if (ask(s, &f, err) == 0)
        status =
            s->json
                ? cli_print_json(json_pack("{s:O, s:O}", "request", f.request, "misses", f.misses))
                : print(&f, err);
    findings_done(&f);
    return status;
}

const struct command command_fault_explain = {
    .name = "explain",
    .summary = "why rules did not act on a request",
    .examples = "ocimock requests --limit 5              # SEQ is the number of a request\n"
                "ocimock fault explain 17                # the rules that came nearest\n"
                "ocimock fault explain 17 flaky-layer    # this one",
    .about = "Says for each criterion of a rule whether it holds for a request, the nearest rule "
             "first. Rules are taken as they are now: numbers of times and positions may have been "
             "others then.",
    .words = {{.name = "SEQ"}, {.name = "RULE", .optional = true}},
    .asks_server = true,
    .run = explain,
};
