/* SPDX-License-Identifier: MIT */
/*
 * ocimock requests --follow.
 *
 * Requests end in another order than they arrive. `floor` is the number up to which all were
 * printed; those above it that were printed before an older one ended are remembered. Between two
 * looks the server's own wait tells when another has ended, so nothing is asked in vain.
 */
#include "cli/requests.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include <jansson.h>

#include "cli/control_client.h"
#include "cli/table.h"
#include "lib/util/buf.h"
#include "lib/util/err.h"
#include "lib/util/util.h"

enum { PATH_BYTES = 32 * 1024, WAIT_SECONDS = 30, NUMBER_MAX = 24 };

struct follower {
    const struct requests_settings *s; /* borrowed */
    struct table *table;               /* owned */
    uint64_t floor;
    json_t *printed; /* owned: numbers above the floor as keys */
};

static enum cli_status print_entry(struct follower *f, const json_t *entry)
{
    auto_free char *text = NULL;

    if (!f->s->common.json) {
        requests_add(f->table, entry, requests_whole(f->s));
        return CLI_OK;
    }
    text = json_dumps(entry, JSON_COMPACT);
    return cli_print(text) == CLI_OK ? cli_print("\n") : CLI_FAILURE;
}

/* Prints one that ended and was not printed. */
static enum cli_status take_entry(struct follower *f, const json_t *entry)
{
    char number[NUMBER_MAX];

    if (json_is_null(json_object_get(entry, "ended")))
        return CLI_OK;
    (void)snprintf(number, sizeof(number), "%" JSON_INTEGER_FORMAT,
                   json_integer_value(json_object_get(entry, "seq")));
    if (json_object_get(f->printed, number) != NULL)
        return CLI_OK;
    (void)json_object_set_new(f->printed, number, json_true());
    return print_entry(f, entry);
}

/* The floor is just below the oldest that is still open. */
static void raise_floor(struct follower *f, const json_t *requests)
{
    json_t *entry;
    size_t i;

    json_array_foreach(requests, i, entry)
    {
        char number[NUMBER_MAX];

        if (json_is_null(json_object_get(entry, "ended")))
            return;
        f->floor = (uint64_t)json_integer_value(json_object_get(entry, "seq"));
        (void)snprintf(number, sizeof(number), "%" PRIu64, f->floor);
        (void)json_object_del(f->printed, number);
    }
}

static enum cli_status look(struct follower *f, struct err *err)
{
    auto_buf struct buf path = BUF_INIT(PATH_BYTES);
    enum cli_status status = CLI_OK;
    json_t *answer, *entry;
    char number[NUMBER_MAX];
    size_t i;

    (void)snprintf(number, sizeof(number), "%" PRIu64, f->floor);
    (void)buf_append_text(&path, "/requests");
    criteria_query(&f->s->criteria, &path);
    control_path_add(&path, "since", number);
    if (buf_check(&path, "criteria", err) != 0 ||
        control_client_call(f->s->common.client, "GET", buf_text(&path), NULL, &answer, err) != 0)
        return CLI_FAILURE;
    json_array_foreach(json_object_get(answer, "requests"), i, entry)
    {
        if (status == CLI_OK)
            status = take_entry(f, entry);
    }
    raise_floor(f, json_object_get(answer, "requests"));
    json_decref(answer);
    if (status == CLI_OK && !f->s->common.json)
        status = control_print_table(f->table, err);
    return status;
}

/* Until one more has ended than was printed, or for a while. */
static int wait_for_more(struct follower *f, struct err *err)
{
    json_t *match = criteria_object(&f->s->criteria);
    json_t *body, *answer = NULL;
    long status;
    int result;

    if (json_object_get(match, "end") == NULL)
        (void)json_object_set_new(match, "end", json_string("*"));
    body = json_pack("{s:o, s:I, s:I, s:s}", "match", match, "since", (json_int_t)f->floor, "count",
                     (json_int_t)json_object_size(f->printed) + 1, "timeout", "30s");
    result = control_client_ask(f->s->common.client, "POST", "/wait", body, &status, &answer, err);
    if (result == 0 && status != 200 && status != 408)
        result = control_client_refused(f->s->common.client, status, answer, err);
    json_decref(answer);
    json_decref(body);
    return result;
}

enum cli_status requests_follow(const struct requests_settings *s, struct err *err)
{
    struct follower f = {.s = s, .floor = s->since, .printed = json_object()};
    enum cli_status status = CLI_FAILURE;

    control_client_patience(s->common.client, WAIT_SECONDS * 1000);
    if (requests_table(&f.table, err) == 0)
        status = look(&f, err);
    while (status == CLI_OK && !ferror(stdout))
        status = wait_for_more(&f, err) == 0 ? look(&f, err) : CLI_FAILURE;
    table_free(f.table);
    json_decref(f.printed);
    return status;
}
