/* SPDX-License-Identifier: MIT */
/*
 * ocimock fault list|add|remove|enable|disable|explain: rules by which answers go wrong.
 */
#include "cli/fault.h"

#include <stdio.h>
#include <string.h>

#include <jansson.h>

#include "cli/control_client.h"
#include "cli/control_command.h"
#include "cli/table.h"
#include "lib/util/buf.h"
#include "lib/util/conf.h"
#include "lib/util/err.h"
#include "lib/util/text.h"
#include "lib/util/util.h"

enum { PATH_BYTES = 4096, TEXT_BYTES = 64 * 1024 };

struct fault_settings {
    struct command_settings common;
    const char *tag;
    bool all;
};

#define MEMBER(m) OPTION_MEMBER(struct fault_settings, m)

/* --- The table ----------------------------------------------------------------------------------
 */

static const struct table_column columns[] = {
    {.heading = "ID", .cut = true},
    {.heading = "HITS", .align = TABLE_RIGHT},
    {.heading = "LEFT", .align = TABLE_RIGHT},
    {.heading = "STATE"},
    {.heading = "PRIORITY", .align = TABLE_RIGHT, .optional = true},
    {.heading = "WHEN", .cut = true},
    {.heading = "THEN", .cut = true},
    {.heading = "TAGS", .cut = true, .optional = true},
};

int fault_table(struct table **ret, struct err *err)
{
    return table_new(ret, columns, ARRAY_LEN(columns), err);
}

/* "op=blob.get repo=team/app" */
static void add_members(struct table *t, const json_t *object)
{
    auto_buf struct buf b = BUF_INIT(TEXT_BYTES);
    const char *key;
    json_t *value;

    json_object_foreach((json_t *)(uintptr_t)object, key, value)
    {
        (void)buf_appendf(&b, "%s%s=", b.len > 0 ? " " : "", key);
        control_append_value(&b, value);
    }
    table_add(t, TABLE_PLAIN, buf_text(&b));
}

static void add_number(struct table *t, const json_t *value)
{
    if (json_is_integer(value))
        table_addf(t, TABLE_PLAIN, "%" JSON_INTEGER_FORMAT, json_integer_value(value));
    else
        table_add(t, TABLE_PLAIN, NULL);
}

static void add_state(struct table *t, const json_t *row)
{
    const json_t *expires = json_object_get(row, "expires_in_ms");
    char text[CONTROL_DURATION_MAX];

    if (json_is_false(json_object_get(row, "enabled")))
        table_add(t, TABLE_DIM, "disabled");
    else if (json_is_true(json_object_get(row, "exhausted")))
        table_add(t, TABLE_DIM, "exhausted");
    else if (json_is_integer(expires))
        table_addf(t, TABLE_GOOD, "for %s", control_duration(text, json_integer_value(expires)));
    else
        table_add(t, TABLE_GOOD, "active");
}

void fault_table_add(struct table *t, const json_t *row)
{
    const json_t *tags = json_object_get(row, "tags");
    auto_buf struct buf b = BUF_INIT(TEXT_BYTES);

    table_add(t, TABLE_PLAIN, json_string_value(json_object_get(row, "id")));
    add_number(t, json_object_get(row, "hits"));
    add_number(t, json_object_get(row, "remaining"));
    add_state(t, row);
    add_number(t, json_object_get(row, "priority"));
    add_members(t, json_object_get(row, "when"));
    add_members(t, json_object_get(row, "then"));
    if (tags != NULL)
        control_append_value(&b, tags);
    table_add(t, TABLE_PLAIN, buf_text(&b));
}

/* --- Files of rules -----------------------------------------------------------------------------
 */

static int add_tag(json_t *rule, const char *tag, struct err *err)
{
    json_t *tags = json_object_get(rule, "tags");

    if (!json_is_object(rule))
        return 0; /* the server says what is wrong */
    if (tags == NULL && json_object_set_new(rule, "tags", json_array()) != 0)
        return err_set(err, ERR_NOMEM, "rules");
    tags = json_object_get(rule, "tags");
    if (json_is_string(tags)) {
        tags = json_pack("[O]", tags);
        if (json_object_set_new(rule, "tags", tags) != 0)
            return err_set(err, ERR_NOMEM, "rules");
    }
    if (json_is_array(tags) && json_array_append_new(tags, json_string(tag)) != 0)
        return err_set(err, ERR_NOMEM, "rules");
    return 0;
}

static int tag_all(json_t *root, const char *tag, struct err *err)
{
    json_t *rules = json_is_object(root) ? json_object_get(root, "rules") : root;
    json_t *rule;
    size_t i;

    if (!json_is_array(rules))
        return add_tag(root, tag, err);
    json_array_foreach(rules, i, rule)
    {
        if (add_tag(rule, tag, err) != 0)
            return -1;
    }
    return 0;
}

int fault_load(struct control_client *c, const char *path, const char *tag, json_t **ret_answer,
               struct err *err)
{
    json_t *body;
    struct conf *conf;
    int result;

    if (control_read_file(&conf, path, "rules", err) != 0)
        return -1;
    body = json_deep_copy(conf_root(conf));
    if (body == NULL)
        result = err_set(err, ERR_NOMEM, "rules");
    else
        result = tag != NULL ? tag_all(body, tag, err) : 0;
    if (result == 0 && control_client_call(c, "POST", "/rules", body, ret_answer, err) != 0)
        result = control_place_error(conf, err);
    json_decref(body);
    conf_free(conf);
    return result;
}

/* --- list ---------------------------------------------------------------------------------------
 */

static const struct option list_options[] = {
    {CLI_TEXT("tag", "TAG", "Only rules with that tag"), MEMBER(tag)},
};

static enum cli_status show_list(const json_t *answer, struct err *err)
{
    enum cli_status status;
    struct table *t;
    json_t *row;
    size_t i;

    if (fault_table(&t, err) != 0)
        return CLI_FAILURE;
    json_array_foreach(json_object_get(answer, "rules"), i, row) fault_table_add(t, row);
    status = control_print_table(t, err);
    table_free(t);
    return status;
}

static enum cli_status list(void *settings, struct err *err)
{
    const struct fault_settings *s = settings;
    auto_buf struct buf path = BUF_INIT(PATH_BYTES);

    (void)buf_append_text(&path, "/rules");
    control_path_add(&path, "tag", s->tag);
    if (buf_check(&path, "tag", err) != 0)
        return CLI_FAILURE;
    return control_command_call(&s->common, "GET", buf_text(&path), NULL, show_list, err);
}

static const struct command list_command = {
    .name = "list",
    .summary = "the rules, and how often each was hit",
    .examples = "ocimock fault list\n"
                "ocimock fault list --tag t42 --json",
    .about = "Lists the rules in the order in which they are asked, with their hits "
             "and how many are left of those with a number of times.",
    .options = list_options,
    .option_count = ARRAY_LEN(list_options),
    .asks_server = true,
    .run = list,
    .settings_size = sizeof(struct fault_settings),
};

/* --- remove -------------------------------------------------------------------------------------
 */

static const struct option remove_options[] = {
    {CLI_TEXT("tag", "TAG", "All rules with that tag"), MEMBER(tag)},
    {CLI_SWITCH("all", "All rules"), MEMBER(all)},
};

static enum cli_status show_removed(const json_t *answer, struct err *err)
{
    long long n = json_integer_value(json_object_get(answer, "removed"));

    (void)err;
    (void)printf("%lld rule%s removed\n", n, n == 1 ? "" : "s");
    return CLI_OK;
}

static int rule_path(struct buf *b, const char *id, struct err *err)
{
    (void)buf_append_text(b, "/rules/");
    control_path_segment(b, id);
    return buf_check(b, "id", err);
}

static enum cli_status remove_rules(void *settings, struct err *err)
{
    const struct fault_settings *s = settings;
    auto_buf struct buf path = BUF_INIT(PATH_BYTES);

    if ((s->common.word_count > 0) + (s->tag != NULL) + s->all != 1) {
        (void)err_set(err, ERR_USAGE, "one of ID, --tag and --all is wanted");
        return CLI_FAILURE;
    }
    if (s->common.word_count > 0) {
        if (rule_path(&path, s->common.words[0], err) != 0)
            return CLI_FAILURE;
        return control_command_call(&s->common, "DELETE", buf_text(&path), NULL, NULL, err);
    }
    (void)buf_append_text(&path, "/rules");
    control_path_add(&path, "tag", s->tag);
    if (buf_check(&path, "tag", err) != 0)
        return CLI_FAILURE;
    return control_command_call(&s->common, "DELETE", buf_text(&path), NULL, show_removed, err);
}

static const struct command remove_command = {
    .name = "remove",
    .summary = "remove rules",
    .examples = "ocimock fault remove flaky-layer\n"
                "ocimock fault remove --tag t42\n"
                "ocimock fault remove --all",
    .about = "Removes the rule of that ID, those with a tag, or all. What they hold or delay at "
             "the moment goes on to its end.",
    .options = remove_options,
    .option_count = ARRAY_LEN(remove_options),
    .words = {{.name = "ID", .optional = true}},
    .asks_server = true,
    .run = remove_rules,
    .settings_size = sizeof(struct fault_settings),
};

/* --- enable, disable ----------------------------------------------------------------------------
 */

static enum cli_status enable(const struct fault_settings *s, bool enabled, struct err *err)
{
    auto_buf struct buf path = BUF_INIT(PATH_BYTES);
    enum cli_status status;
    json_t *body;

    if (rule_path(&path, s->common.words[0], err) != 0)
        return CLI_FAILURE;
    body = json_pack("{s:b}", "enabled", (int)enabled);
    status = control_command_call(&s->common, "PATCH", buf_text(&path), body, NULL, err);
    json_decref(body);
    return status;
}

static enum cli_status enable_rule(void *settings, struct err *err)
{
    return enable(settings, true, err);
}

static enum cli_status disable_rule(void *settings, struct err *err)
{
    return enable(settings, false, err);
}

static const struct command enable_command = {
    .name = "enable",
    .summary = "let a rule act again",
    .examples = "ocimock fault enable flaky-layer",
    .about = "Lets a rule act again that was disabled.",
    .words = {{.name = "ID"}},
    .asks_server = true,
    .run = enable_rule,
    .settings_size = sizeof(struct fault_settings),
};

static const struct command disable_command = {
    .name = "disable",
    .summary = "let a rule rest",
    .examples = "ocimock fault disable flaky-layer",
    .about = "Keeps a rule and its counters, but lets it rest.",
    .words = {{.name = "ID"}},
    .asks_server = true,
    .run = disable_rule,
    .settings_size = sizeof(struct fault_settings),
};

static const struct command *const parts[] = {&list_command,
                                              &command_fault_add,
                                              &remove_command,
                                              &enable_command,
                                              &disable_command,
                                              &command_fault_explain,
                                              NULL};

const struct command command_fault = {
    .name = "fault",
    .summary = "add, list and remove rules by which answers go wrong",
    .examples = "ocimock fault add --op blob.get --repo team/app --status 503 --times 2\n"
                "ocimock fault add rules.yaml\n"
                "ocimock fault list\n"
                "ocimock fault explain 17                # why nothing happened to request 17\n"
                "ocimock fault remove --all",
    .parts = parts,
};
