/* SPDX-License-Identifier: MIT */
/* The journal over HTTP: lists, counts, assertions (control.md, section 3). */
#include "lib/control/control_world.h"

#include <stdint.h>
#include <stdlib.h>

#include <jansson.h>

#include "lib/control/control.h"
#include "lib/control/control_events.h"
#include "lib/control/control_query.h"
#include "lib/control/journal.h"
#include "lib/control/pulls.h"
#include "lib/util/err.h"
#include "lib/util/text.h"
#include "lib/util/util.h"

enum { MISSES_SHOWN = 20 };

static struct journal *journal_of(struct control_call *call, void *arg)
{
    const struct control_world_ops *ops = arg;

    return ops->journal(control_call_world(call));
}

static void handle_list(struct control_call *call, void *arg)
{
    control_reply_list(call, journal_of(call, arg));
}

static void handle_events(struct control_call *call, void *arg)
{
    control_reply_events(call, journal_of(call, arg));
}

static void handle_count(struct control_call *call, void *arg)
{
    struct journal *j = journal_of(call, arg);
    uint64_t dropped, count;
    struct control_query q;
    struct err err;

    if (control_query_read(&q, call, j, &err) != 0) {
        control_reply_error(call, &err);
        return;
    }
    count = journal_count(j, q.match, q.since, &dropped);
    control_query_done(&q);
    control_reply(
        call, 200,
        json_pack("{s:I, s:I}", "count", (json_int_t)count, "dropped", (json_int_t)dropped));
}

static void handle_pulls(struct control_call *call, void *arg)
{
    const struct control_world_ops *ops = arg;
    struct journal *j = journal_of(call, arg);
    struct pulls_ops pulls = *ops->pulls;
    struct control_query q;
    struct err err;

    if (control_query_read(&q, call, j, &err) != 0) {
        control_reply_error(call, &err);
        return;
    }
    pulls.arg = control_call_world(call);
    control_reply(call, 200,
                  journal_pulls(j, &pulls,
                                &(struct pulls_query){.filter = q.match,
                                                      .since = q.since,
                                                      .limit = (size_t)q.limit,
                                                      .entries = (size_t)q.entries}));
    control_query_done(&q);
}

/* The number in the path; false when it was refused. */
static bool sequence_number(struct control_call *call, uint64_t *ret)
{
    struct err err;

    if (control_query_number(ret, "sequence number", control_call_parameter(call, "seq"), &err) ==
        0)
        return true;
    control_reply_error(call, &err);
    return false;
}

/* Replies with what was found of a request. Takes it; NULL: there is no such request. */
static void reply_found(struct control_call *call, json_t *found)
{
    struct err err;

    if (found != NULL) {
        control_reply(call, 200, found);
        return;
    }
    (void)err_set(&err, ERR_ABSENT, "the journal has no request %s",
                  TEXT_QUOTE(control_call_parameter(call, "seq")));
    control_reply_error(call, &err);
}

static void handle_entry(struct control_call *call, void *arg)
{
    uint64_t seq;

    if (sequence_number(call, &seq))
        reply_found(call, journal_entry(journal_of(call, arg), seq));
}

static void handle_misses(struct control_call *call, void *arg)
{
    const struct control_world_ops *ops = arg;
    const char *limit = control_call_query(call, "limit");
    uint64_t seq, most = MISSES_SHOWN;
    struct err err;
    json_t *rows;

    if (!sequence_number(call, &seq))
        return;
    if (limit != NULL && control_query_number(&most, "limit", limit, &err) != 0) {
        control_reply_error(call, &err);
        return;
    }
    rows = journal_explain(journal_of(call, arg), seq, ops->faults(control_call_world(call)),
                           (size_t)most);
    reply_found(call, rows != NULL ? json_pack("{s:o}", "misses", rows) : NULL);
}

static void handle_clear(struct control_call *call, void *arg)
{
    journal_clear(journal_of(call, arg));
    control_reply_empty(call, 204);
}

static void handle_stats(struct control_call *call, void *arg)
{
    control_reply(call, 200, journal_stats(journal_of(call, arg)));
}

/* --- Assertions --------------------------------------------------------------------------------
 */

/* Somebody waits for an answer. */
struct asker {
    struct control_call *call; /* borrowed */
    struct journal_wait *wait; /* borrowed; NULL once it was answered */
    int refused;               /* status when it does not hold */
};

static void on_answer(void *arg, bool held, struct json_t *answer)
{
    struct asker *a = arg;

    a->wait = NULL;
    control_reply(a->call, held ? 200 : a->refused, answer);
    free(a);
}

static void on_gone(void *arg)
{
    struct asker *a = arg;

    journal_wait_cancel(a->wait);
    free(a);
}

typedef int (*ask_fn)(struct journal *j, const struct json_t *body, journal_answer_fn done,
                      void *arg, struct journal_wait **ret, struct err *err);

static void ask(struct control_call *call, struct journal *j, ask_fn fn, int refused)
{
    struct journal_wait *wait = NULL;
    struct asker *a;
    struct err err;

    if (control_call_need_body(call, "{\"match\": {...}, \"count\": 1}") == NULL)
        return;
    a = calloc(1, sizeof(*a));
    if (a == NULL) {
        (void)err_set(&err, ERR_NOMEM, "assertion");
        control_reply_error(call, &err);
        return;
    }
    a->call = call;
    a->refused = refused;
    if (fn(j, control_call_body(call), on_answer, a, &wait, &err) != 0) {
        free(a);
        control_reply_error(call, &err);
        return;
    }
    if (wait == NULL)
        return; /* answered, and a is gone */
    a->wait = wait;
    control_call_wait(call, on_gone, a);
}

static void handle_verify(struct control_call *call, void *arg)
{
    ask(call, journal_of(call, arg), journal_verify, 409);
}

static void handle_wait(struct control_call *call, void *arg)
{
    ask(call, journal_of(call, arg), journal_wait, 408);
}

static const struct control_endpoint endpoints[] = {
    {HTTP_METHOD_GET, "/requests", .world = true, .handle = handle_list,
     .help =
         "Requests, oldest first; ?op=&repo=&user=... filter, ?since=SEQ&limit=N pages, ?latest=N"},
    {HTTP_METHOD_GET, "/requests:count", .world = true, .handle = handle_count,
     .help = "How many there are; filters as above"},
    {HTTP_METHOD_GET, "/requests:stats", .world = true, .handle = handle_stats,
     .help = "Size and bounds of the journal, and what was dropped"},
    {HTTP_METHOD_GET, "/requests/{seq}", .world = true, .handle = handle_entry,
     .help = "One request with its headers"},
    {HTTP_METHOD_GET, "/requests/{seq}/misses", .world = true, .handle = handle_misses,
     .help = "Rules that came near and did not act on it: a yes or no per criterion; ?limit=N"},
    {HTTP_METHOD_DELETE, "/requests", .world = true, .handle = handle_clear,
     .help = "Forgets all requests"},
    {HTTP_METHOD_GET, "/events", .world = true, .handle = handle_events,
     .help = "Requests as server-sent events when they end; filters as above, Last-Event-ID"},
    {HTTP_METHOD_GET, "/pulls", .world = true, .handle = handle_pulls,
     .help =
         "The newest requests (?entries=N) grouped to pulls with their outcome; filters as above"},
    {HTTP_METHOD_POST, "/verify", .world = true, .has_body = true, .handle = handle_verify,
     .help = "200 when it holds, 409 with the difference when not"},
    {HTTP_METHOD_POST, "/wait", .world = true, .has_body = true, .handle = handle_wait,
     .help = "Answers when it happened, 408 when it did not in time"},
    {.pattern = NULL},
};

int control_register_journal(struct control *c, const struct control_world_ops *ops,
                             struct err *err)
{
    return control_register(c, endpoints, (void *)(uintptr_t)ops, err);
}
