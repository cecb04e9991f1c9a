/* SPDX-License-Identifier: MIT */
/*
 * ocimock requests: what was asked of the registry.
 */
#include "cli/requests.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <jansson.h>

#include "cli/control_client.h"
#include "cli/table.h"
#include "lib/util/buf.h"
#include "lib/util/err.h"
#include "lib/util/text.h"
#include "lib/util/units.h"
#include "lib/util/util.h"

enum { PATH_BYTES = 32 * 1024, VALUE_BYTES = 64 * 1024, DIGITS_SHOWN = 12 };

#define MEMBER(m) OPTION_MEMBER(struct requests_settings, m)

static const struct option options[] = {
    CRITERIA_OPTIONS(struct requests_settings),
    CRITERIA_JOURNAL_OPTIONS(struct requests_settings),
    {CLI_COUNT("since", "SEQ", "Only those behind this number"), MEMBER(since)},
    {CLI_COUNT("limit", "N", "Only the newest so many"), .value.min = 1, MEMBER(limit)},
    {CLI_SWITCH("follow", "Go on with those to come, each once it has ended"), .letter = 'f',
     MEMBER(follow)},
    {CLI_SWITCH("count", "Print how many there are"), MEMBER(count)},
    {CLI_SWITCH("stats", "Print the journal's size, its bounds, its last number"), MEMBER(stats)},
    {CLI_SWITCH("no-trunc", "Whole digests on terminals, too"), MEMBER(no_trunc)},
    {CLI_SWITCH("clear", "Forget all requests; numbers go on"), MEMBER(clear)},
};

/* --- The table ----------------------------------------------------------------------------------
 */

static const struct table_column columns[] = {
    {.heading = "SEQ", .align = TABLE_RIGHT},
    {.heading = "TIME", .optional = true},
    {.heading = "OP"},
    {.heading = "IMAGE", .cut = true},
    {.heading = "USER", .cut = true},
    {.heading = "STATUS", .align = TABLE_RIGHT},
    {.heading = "BYTES", .align = TABLE_RIGHT, .optional = true},
    {.heading = "MS", .align = TABLE_RIGHT, .optional = true},
    {.heading = "CAUSE", .cut = true},
};

int requests_table(struct table **ret, struct err *err)
{
    return table_new(ret, columns, ARRAY_LEN(columns), err);
}

static const char *text_of(const json_t *entry, const char *key)
{
    return json_string_value(json_object_get(entry, key));
}

/* "12:00:01.250" of "2026-11-21T12:00:01.250Z". */
static void add_time(struct table *t, const json_t *entry)
{
    const char *time = text_of(entry, "arrived");
    const char *clock = time != NULL ? strchr(time, 'T') : NULL;

    if (clock == NULL)
        table_add(t, TABLE_PLAIN, time);
    else
        table_addf(t, TABLE_DIM, "%.*s", (int)strcspn(clock + 1, "Z"), clock + 1);
}

/* With what a blob is to its image. */
static void add_op(struct table *t, const json_t *entry)
{
    const char *op = text_of(entry, "op"), *role = text_of(entry, "role");

    if (op != NULL && role != NULL)
        table_addf(t, TABLE_PLAIN, "%s (%s)", op, role);
    else
        table_add(t, TABLE_PLAIN, op);
}

bool requests_whole(const struct requests_settings *s)
{
    return s->no_trunc || table_look(STDOUT_FILENO).width == 0;
}

/* How much of a tag or digest is shown: "sha256:" and twelve digits, or all of it. */
static int shown_length(const char *ref, bool whole)
{
    const char *colon = strchr(ref, ':');

    return (int)(colon == NULL || whole ? strlen(ref)
                                        : strnlen(ref, (size_t)(colon - ref) + 1 + DIGITS_SHOWN));
}

/* What was asked for: the image where there is one, else the path. */
static void add_image(struct table *t, const json_t *entry, bool whole)
{
    const char *repo = text_of(entry, "repo");
    const char *ref = text_of(entry, "ref");
    auto_buf struct buf b = BUF_INIT(4096);

    if (ref == NULL)
        ref = text_of(entry, "digest");
    if (repo == NULL) {
        table_add(t, TABLE_PLAIN, text_of(entry, "path"));
        return;
    }
    (void)buf_append_text(&b, repo);
    if (ref != NULL)
        (void)buf_appendf(&b, "%c%.*s", strchr(ref, ':') != NULL ? '@' : ':',
                          shown_length(ref, whole), ref);
    table_add(t, TABLE_PLAIN, buf_text(&b));
}

static void add_status(struct table *t, const json_t *entry)
{
    const json_t *status = json_object_get(entry, "status");
    json_int_t n = json_integer_value(status);

    if (json_is_integer(status))
        table_addf(t, n >= 500 ? TABLE_BAD : n >= 400 ? TABLE_WARN : TABLE_GOOD, "%d", (int)n);
    else
        table_add(t, TABLE_BAD, NULL);
}

static void append_cause(struct buf *b, const char *text)
{
    if (text != NULL)
        (void)buf_appendf(b, "%s%s", b->len > 0 ? ", " : "", text);
}

/* Why the answer is as it is: image state, rules, an end that is not complete. */
static void add_cause(struct table *t, const json_t *entry)
{
    auto_buf struct buf b = BUF_INIT(4096);
    const char *end = text_of(entry, "end");
    json_t *rule;
    size_t i;

    append_cause(&b, text_of(entry, "state"));
    json_array_foreach(json_object_get(entry, "rules"), i, rule)
        append_cause(&b, json_string_value(rule));
    if (end == NULL)
        append_cause(&b, "open");
    else if (strcmp(end, "complete") != 0)
        append_cause(&b, end);
    table_add(t, TABLE_WARN, buf_text(&b));
}

void requests_add(struct table *t, const json_t *entry, bool whole)
{
    const json_t *duration = json_object_get(entry, "duration_ms");

    table_addf(t, TABLE_PLAIN, "%" JSON_INTEGER_FORMAT,
               json_integer_value(json_object_get(entry, "seq")));
    add_time(t, entry);
    add_op(t, entry);
    add_image(t, entry, whole);
    table_add(t, TABLE_PLAIN, text_of(entry, "user"));
    add_status(t, entry);
    table_addf(t, TABLE_PLAIN, "%" JSON_INTEGER_FORMAT,
               json_integer_value(json_object_get(entry, "bytes_out")));
    if (json_is_number(duration))
        table_addf(t, TABLE_PLAIN, "%.1f", json_number_value(duration));
    else
        table_add(t, TABLE_PLAIN, NULL);
    add_cause(t, entry);
}

static void say_incomplete(const json_t *answer)
{
    long long dropped = json_integer_value(json_object_get(answer, "dropped"));

    if (dropped > 0)
        (void)fprintf(stderr, "ocimock requests: %lld older ones were dropped from the journal\n",
                      dropped);
    if (json_is_true(json_object_get(answer, "more")))
        (void)fputs("ocimock requests: there are more; --since goes on behind a number\n", stderr);
}

static enum cli_status print_list(const json_t *answer, bool whole, struct err *err)
{
    enum cli_status status;
    struct table *t;
    json_t *entry;
    size_t i;

    if (requests_table(&t, err) != 0)
        return CLI_FAILURE;
    json_array_foreach(json_object_get(answer, "requests"), i, entry) requests_add(t, entry, whole);
    status = control_print_table(t, err);
    table_free(t);
    say_incomplete(answer);
    return status;
}

static enum cli_status show_list(const json_t *answer, struct err *err)
{
    return print_list(answer, false, err);
}

static enum cli_status show_whole_list(const json_t *answer, struct err *err)
{
    return print_list(answer, true, err);
}

/* --- One request --------------------------------------------------------------------------------
 */

static void append_printable(struct buf *b, const char *s)
{
    size_t n;

    for (size_t left = strlen(s); left > 0; s += n, left -= n) {
        n = text_printable(s, left);
        (void)buf_append(b, n > 0 ? s : "?", n > 0 ? n : 1);
        n = n > 0 ? n : 1;
    }
}

static void append_member(struct buf *b, const char *key, const json_t *value)
{
    auto_buf struct buf text = BUF_INIT(VALUE_BYTES);

    control_append_value(&text, value);
    (void)buf_appendf(b, "%-12s ", key);
    append_printable(b, buf_text(&text));
    (void)buf_append_char(b, '\n');
}

static bool is_empty(const json_t *value)
{
    return json_is_null(value) || (json_is_array(value) && json_array_size(value) == 0);
}

static enum cli_status show_entry(const json_t *entry, struct err *err)
{
    auto_buf struct buf b = BUF_INIT(VALUE_BYTES * 4);
    json_t *value, *header;
    const char *key;
    size_t i;

    (void)err;
    json_object_foreach((json_t *)(uintptr_t)entry, key, value)
    {
        if (!is_empty(value) && strcmp(key, "headers") != 0)
            append_member(&b, key, value);
    }
    json_array_foreach(json_object_get(entry, "headers"), i, header)
    {
        (void)buf_append_text(&b, i == 0 ? "headers\n  " : "  ");
        append_printable(&b, json_string_value(json_array_get(header, 0)));
        (void)buf_append_text(&b, ": ");
        append_printable(&b, json_string_value(json_array_get(header, 1)));
        (void)buf_append_char(&b, '\n');
    }
    return cli_print_buf(&b);
}

int requests_path(struct buf *b, const char *word, struct err *err)
{
    const char *seq = *word == '#' ? word + 1 : word;

    if (*seq == '\0' || strspn(seq, "0123456789") != strlen(seq))
        return err_set(err, ERR_USAGE, "%s is no number of a request", TEXT_QUOTE(word));
    (void)buf_appendf(b, "/requests/%s", seq);
    return buf_check(b, "number", err);
}

static enum cli_status one(const struct requests_settings *s, struct err *err)
{
    auto_buf struct buf path = BUF_INIT(256);

    if (requests_path(&path, s->common.words[0], err) != 0)
        return CLI_FAILURE;
    return control_command_call(&s->common, "GET", buf_text(&path), NULL, show_entry, err);
}

/* --- All of them --------------------------------------------------------------------------------
 */

static enum cli_status show_count(const json_t *answer, struct err *err)
{
    (void)err;
    (void)printf("%" JSON_INTEGER_FORMAT "\n",
                 json_integer_value(json_object_get(answer, "count")));
    say_incomplete(answer);
    return CLI_OK;
}

static int make_path(const struct requests_settings *s, const char *path, struct buf *b,
                     struct err *err)
{
    char number[32];

    (void)buf_append_text(b, path);
    criteria_query(&s->criteria, b);
    (void)snprintf(number, sizeof(number), "%" PRIu64, s->since);
    control_path_add(b, "since", s->since > 0 ? number : NULL);
    (void)snprintf(number, sizeof(number), "%" PRIu64, s->limit);
    control_path_add(b, "latest", s->limit > 0 && !s->count ? number : NULL);
    return buf_check(b, "criteria", err);
}

static enum cli_status run(void *settings, struct err *err)
{
    const struct requests_settings *s = settings;
    auto_buf struct buf path = BUF_INIT(PATH_BYTES);

    if (s->clear + s->count + s->stats + s->follow + (int)s->common.word_count > 1) {
        (void)err_set(err, ERR_USAGE,
                      "a number, --count, --stats, --follow and --clear exclude each other");
        return CLI_FAILURE;
    }
    if (s->common.word_count > 0)
        return one(s, err);
    if (s->follow)
        return requests_follow(s, err);
    if (s->clear)
        return control_command_call(&s->common, "DELETE", "/requests", NULL, NULL, err);
    if (s->stats)
        return control_command_call(&s->common, "GET", "/requests:stats", NULL, show_entry, err);
    if (make_path(s, s->count ? "/requests:count" : "/requests", &path, err) != 0)
        return CLI_FAILURE;
    return control_command_call(&s->common, "GET", buf_text(&path), NULL,
                                s->count            ? show_count
                                : requests_whole(s) ? show_whole_list
                                                    : show_list,
                                err);
}

const struct command command_requests = {
    .name = "requests",
    .summary = "show what was asked of the registry",
    .group = "What clients asked of it",
    .examples = "ocimock requests\n"
                "ocimock requests --op 'blob.*' --repo team/app --status 5xx\n"
                "ocimock requests 17                      # one, with its headers\n"
                "ocimock requests --follow\n"
                "ocimock requests --count --op manifest.get --user '!admin'\n"
                "ocimock requests --clear",
    .about = "Prints the requests that the registry got, the oldest first. A "
             "criterion may be given several times (or values with commas between): "
             "one of them has to fit. Values are globs; one that begins with ! must "
             "not fit.",
    .options = options,
    .option_count = ARRAY_LEN(options),
    .words = {{.name = "SEQ", .optional = true}},
    .asks_server = true,
    .run = run,
    .settings_size = sizeof(struct requests_settings),
};
