/* SPDX-License-Identifier: MIT */
#include "lib/control/journal_events.h"

#include <inttypes.h>
#include <stdlib.h>

#include <jansson.h>

#include "lib/control/print.h"
#include "lib/control/ring.h"
#include "lib/fault/match.h"
#include "lib/http/body.h"
#include "lib/http/exchange.h"
#include "lib/http/loop.h"
#include "lib/util/buf.h"
#include "lib/util/err.h"
#include "lib/util/util.h"

enum {
    TEXT_MAX = 4 * 1024 * 1024, /* of one turn: the batch and one more event */
    BATCH = 16 * 1024,
};

struct events_source {
    struct http_source source;
    struct journal *j;                 /* borrowed; NULL: it is gone */
    struct journal_listener *listener; /* owned, while there is a journal */
    struct http_exchange *x;           /* borrowed */
    struct loop_timer *heartbeat;      /* owned */
    uint32_t heartbeat_ms;
    struct match *match; /* owned; NULL: all */
    struct ring_filter filter;
    uint64_t stamp;        /* of the last entry that was looked at */
    uint64_t resumed_to;   /* entries closed up to this stamp are repeated ... */
    uint64_t resumed_from; /* ... if they came behind this sequence number */
    uint64_t counted_to;   /* entries before this one that were gone are counted already */
    uint64_t skipped;      /* entries that were gone, to be told before the next event */
    bool reset;            /* the reader knows a sequence number that never was */
    bool waiting;
    bool beat;       /* it is time for a heartbeat */
    struct buf text; /* owned */
    size_t sent;     /* of text */
};

/* --- Texts -------------------------------------------------------------------------------------
 */

static void put_dropped(struct events_source *s)
{
    if (s->skipped == 0 && !s->reset)
        return;
    (void)buf_appendf(&s->text, "event: dropped\ndata: {\"skipped\": %" PRIu64 "%s}\n\n",
                      s->skipped, s->reset ? ", \"reset\": true" : "");
    s->skipped = 0;
    s->reset = false;
}

static void put_entry(struct events_source *s, const struct journal_entry *e)
{
    json_t *object = print_entry(s->j, e, false);
    char *data = json_dumps(object, JSON_COMPACT | JSON_REAL_PRECISION(15));

    json_decref(object);
    if (data == NULL) {
        s->skipped++;
        return;
    }
    (void)buf_appendf(&s->text, "id: %" PRIu64 "\nevent: request\ndata: ", e->seq);
    (void)buf_append_text(&s->text, data);
    (void)buf_append_text(&s->text, "\n\n");
    free(data);
}

/* --- Its place in the journal ------------------------------------------------------------------
 */

/* The entry that was closed next; NULL when it is gone. */
static const struct journal_entry *next_closed(struct events_source *s, uint64_t *ret_seq)
{
    const struct journal *j = s->j;
    uint64_t oldest = j->stamp > j->ring_size ? j->stamp - j->ring_size + 1 : 1;

    if (s->stamp + 1 < oldest) {
        s->skipped += oldest - 1 - s->stamp;
        s->stamp = oldest - 1;
    }
    s->stamp++;
    *ret_seq = j->closed[s->stamp % j->ring_size];
    return ring_find(j, *ret_seq);
}

static void put_next(struct events_source *s)
{
    uint64_t seq;
    const struct journal_entry *e = next_closed(s, &seq);

    if (s->stamp <= s->resumed_to && seq != 0 && seq <= s->resumed_from)
        return;
    if (e == NULL) {
        s->skipped += seq > s->j->cleared && seq >= s->counted_to ? 1 : 0;
        return;
    }
    if (!ring_fits(s->j, &s->filter, e))
        return;
    put_dropped(s);
    put_entry(s, e);
}

/* An id that is still there says exactly what was sent; else all that came behind it is repeated.
 */
static void resume(struct events_source *s, uint64_t last_id)
{
    const struct journal_entry *e = ring_find(s->j, last_id);

    if (e != NULL && e->stamp != 0) {
        s->stamp = e->stamp;
        return;
    }
    s->resumed_to = s->j->stamp;
    s->stamp = s->j->stamp > s->j->ring_size ? s->j->stamp - s->j->ring_size : 0;
    s->reset = last_id > s->j->last;
    if (s->reset)
        last_id = 0;
    s->resumed_from = last_id;
    s->skipped = ring_dropped(s->j, last_id);
    s->counted_to = s->j->first;
}

/* --- As a source -------------------------------------------------------------------------------
 */

static enum http_source_result give(struct events_source *s, size_t max, struct http_piece *ret)
{
    size_t n = s->text.len - s->sent;

    if (s->text.failed)
        return HTTP_SOURCE_FAIL;
    n = n < max ? n : max;
    *ret = (struct http_piece){.data = s->text.data + s->sent, .fd = -1, .size = n};
    s->sent += n;
    loop_timer_start(s->heartbeat, s->heartbeat_ms);
    return HTTP_SOURCE_PIECE;
}

static enum http_source_result events_next(struct http_source *src, size_t max,
                                           struct http_piece *ret)
{
    struct events_source *s = (struct events_source *)src;

    if (s->sent < s->text.len)
        return give(s, max, ret);
    buf_reset(&s->text);
    s->sent = 0;
    while (s->j != NULL && s->stamp < s->j->stamp && s->text.len < BATCH)
        put_next(s);
    put_dropped(s);
    if (s->text.len == 0 && s->beat)
        (void)buf_append_text(&s->text, ":\n\n");
    s->beat = false;
    if (s->text.len > 0 || s->text.failed)
        return give(s, max, ret);
    s->waiting = s->j != NULL;
    return s->waiting ? HTTP_SOURCE_WAIT : HTTP_SOURCE_END;
}

static void events_free(struct http_source *src)
{
    struct events_source *s = (struct events_source *)src;

    journal_unlisten(s->listener);
    loop_timer_free(s->heartbeat);
    match_free(s->match);
    buf_done(&s->text);
    free(s);
}

static const struct http_source_ops events_ops = {"events", events_next, events_free};

static void wake(struct events_source *s)
{
    if (!s->waiting)
        return;
    s->waiting = false;
    http_exchange_wake(s->x);
}

static void on_beat(void *arg)
{
    struct events_source *s = arg;

    s->beat = true;
    wake(s);
}

static void on_closed(void *arg, uint64_t seq)
{
    struct events_source *s = arg;

    if (seq == 0) {
        s->j = NULL;
        s->listener = NULL;
    }
    wake(s);
}

/* Takes options->filter. */
static struct events_source *events_new(struct journal *j, struct http_exchange *x,
                                        const struct journal_events_options *options)
{
    struct events_source *s = calloc(1, sizeof(*s));

    if (s == NULL) {
        match_free(options->filter);
        return NULL;
    }
    s->source.ops = &events_ops;
    s->j = j;
    s->x = x;
    s->match = options->filter;
    s->filter = ring_filter(s->match);
    s->heartbeat_ms =
        options->heartbeat_ms > 0 ? options->heartbeat_ms : JOURNAL_EVENTS_HEARTBEAT_MS;
    s->stamp = j->stamp;
    /* The first bytes tell the reader at once that it is connected. */
    s->beat = true;
    buf_init(&s->text, TEXT_MAX);
    return s;
}

int journal_events(struct http_source **ret, struct journal *j, struct http_exchange *x,
                   const struct journal_events_options *options, struct err *err)
{
    struct events_source *s = events_new(j, x, options);

    if (s == NULL)
        return err_set(err, ERR_NOMEM, "event stream");
    if (loop_timer_new(&s->heartbeat, j->options.loop, on_beat, s, err) != 0 ||
        journal_listen(j, on_closed, s, &s->listener, err) != 0) {
        events_free(&s->source);
        return -1;
    }
    if (options->resume)
        resume(s, options->last_id);
    *ret = &s->source;
    return 0;
}
