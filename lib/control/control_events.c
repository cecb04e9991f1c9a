/* SPDX-License-Identifier: MIT */
#include "lib/control/control_events.h"

#include "lib/control/control.h"
#include "lib/control/control_query.h"
#include "lib/control/journal_events.h"
#include "lib/control/journal_stream.h"
#include "lib/http/exchange.h"
#include "lib/util/err.h"
#include "lib/util/util.h"

void control_reply_list(struct control_call *call, struct journal *j)
{
    struct control_query q;
    struct http_source *source;
    struct err err;

    if (control_query_read(&q, call, j, &err) != 0 ||
        journal_stream(&source, j, STEAL(q.match), q.since, (size_t)q.limit, &err) != 0)
        control_reply_error(call, &err);
    else
        control_reply_source(call, "application/json", source);
}

/* A reader that comes back sends the id of the last event, which no other criterion may change. */
static int read_options(struct control_call *call, const struct journal *j,
                        struct journal_events_options *ret, struct err *err)
{
    const struct http_request *req = control_call_request(call);
    const char *last = http_request_header(req, "Last-Event-ID");
    struct control_query q;

    if (control_query_read(&q, call, j, err) != 0)
        return -1;
    *ret = (struct journal_events_options){
        .filter = q.match,
        .resume = last != NULL || control_call_query(call, "since") != NULL,
        .last_id = q.since,
    };
    if (last == NULL || control_query_number(&ret->last_id, "Last-Event-ID", last, err) == 0)
        return 0;
    control_query_done(&q);
    return -1;
}

void control_reply_events(struct control_call *call, struct journal *j)
{
    struct journal_events_options options;
    struct http_source *source;
    struct err err;

    if (read_options(call, j, &options, &err) != 0 ||
        journal_events(&source, j, control_call_exchange(call), &options, &err) != 0)
        control_reply_error(call, &err);
    else
        control_reply_source(call, JOURNAL_EVENTS_TYPE, source);
}
