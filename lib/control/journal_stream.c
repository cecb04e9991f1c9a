/* SPDX-License-Identifier: MIT */
#include "lib/control/journal_stream.h"

#include <inttypes.h>
#include <stdlib.h>

#include <jansson.h>

#include "lib/control/journal.h"
#include "lib/control/print.h"
#include "lib/control/ring.h"
#include "lib/fault/match.h"
#include "lib/http/body.h"
#include "lib/util/buf.h"
#include "lib/util/err.h"
#include "lib/util/util.h"

enum {
    TEXT_MAX = 4 * 1024 * 1024, /* of one turn: the batch and one more entry */
    BATCH = 32 * 1024,
    LOOK_AT = 2000, /* entries in one turn, of which few may fit */
};

struct stream_source {
    struct http_source source;
    struct journal *j;                 /* borrowed; NULL: it is gone */
    struct journal_listener *listener; /* owned, while there is a journal */
    struct match *match;               /* owned; NULL: all */
    struct ring_filter filter;
    uint64_t at;         /* sequence number of the last entry that was looked at */
    uint64_t last;       /* of the list */
    uint64_t counted_to; /* dropped entries before this one are counted */
    uint64_t dropped;
    size_t left; /* entries that may still be shown */
    size_t shown;
    bool more; /* there was one too many */
    enum { STREAM_BEGIN, STREAM_ENTRIES, STREAM_OVER } state;
    struct buf text; /* owned */
    size_t sent;     /* of text */
};

/* --- Text --------------------------------------------------------------------------------------
 */

static void put_entry(struct stream_source *s, const struct journal_entry *e)
{
    json_t *object = print_entry(s->j, e, false);
    char *text = json_dumps(object, JSON_COMPACT | JSON_REAL_PRECISION(15));

    json_decref(object);
    if (text == NULL) {
        s->dropped++;
        return;
    }
    (void)buf_append_text(&s->text, s->shown++ > 0 ? ",\n" : "\n");
    (void)buf_append_text(&s->text, text);
    free(text);
}

/* What was dropped since the last turn and would have come. */
static void count_dropped(struct stream_source *s)
{
    const struct journal *j = s->j;
    uint64_t since = s->counted_to > s->at + 1 ? s->counted_to - 1 : s->at;
    uint64_t gone = ring_dropped_of(j, since, s->filter.ops);
    uint64_t beyond = j->first > s->last + 1 ? j->first - 1 - s->last : 0;

    s->dropped += gone > beyond ? gone - beyond : 0;
    s->counted_to = j->first < s->last + 1 ? j->first : s->last + 1;
}

static void end_text(struct stream_source *s)
{
    (void)buf_appendf(&s->text,
                      "], \"dropped\": %" PRIu64 ", \"last\": %" PRIu64 ", \"more\": %s}\n",
                      s->dropped, s->last, s->more ? "true" : "false");
    s->state = STREAM_OVER;
}

static void put_entries(struct stream_source *s)
{
    const struct journal_entry *e;
    unsigned looked_at = 0;
    struct ring_walk w;

    count_dropped(s);
    ring_walk(&w, s->j, s->at);
    while (s->text.len < BATCH && looked_at++ < LOOK_AT) {
        e = ring_next(&w);
        if (e == NULL || e->seq > s->last || s->more) {
            end_text(s);
            return;
        }
        s->at = e->seq;
        if (!ring_fits(s->j, &s->filter, e))
            continue;
        s->more = s->left == 0;
        if (s->left > 0) {
            s->left--;
            put_entry(s, e);
        }
    }
}

/* --- As a source -------------------------------------------------------------------------------
 */

static void fill(struct stream_source *s)
{
    buf_reset(&s->text);
    s->sent = 0;
    if (s->state == STREAM_BEGIN) {
        (void)buf_append_text(&s->text, "{\"requests\": [");
        s->state = STREAM_ENTRIES;
    }
    while (s->text.len == 0 && s->state == STREAM_ENTRIES) {
        if (s->j != NULL)
            put_entries(s);
        else
            end_text(s);
    }
}

static enum http_source_result stream_next(struct http_source *src, size_t max,
                                           struct http_piece *ret)
{
    struct stream_source *s = (struct stream_source *)src;
    size_t n;

    if (s->sent == s->text.len)
        fill(s);
    n = s->text.len - s->sent;
    if (s->text.failed)
        return HTTP_SOURCE_FAIL;
    if (n == 0)
        return HTTP_SOURCE_END;
    n = n < max ? n : max;
    *ret = (struct http_piece){.data = s->text.data + s->sent, .fd = -1, .size = n};
    s->sent += n;
    return HTTP_SOURCE_PIECE;
}

static void stream_free(struct http_source *src)
{
    struct stream_source *s = (struct stream_source *)src;

    journal_unlisten(s->listener);
    match_free(s->match);
    buf_done(&s->text);
    free(s);
}

static const struct http_source_ops stream_ops = {"journal", stream_next, stream_free};

static void on_closed(void *arg, uint64_t seq)
{
    struct stream_source *s = arg;

    if (seq != 0)
        return;
    s->j = NULL;
    s->listener = NULL;
}

int journal_stream(struct http_source **ret, struct journal *j, struct match *filter,
                   uint64_t since, size_t limit, struct err *err)
{
    struct stream_source *s = calloc(1, sizeof(*s));

    if (s == NULL) {
        match_free(filter);
        return err_set(err, ERR_NOMEM, "list");
    }
    s->source.ops = &stream_ops;
    s->j = j;
    s->match = filter;
    s->filter = ring_filter(filter);
    s->at = since;
    s->last = j->last;
    s->left = limit > 0 ? limit : SIZE_MAX;
    buf_init(&s->text, TEXT_MAX);
    if (journal_listen(j, on_closed, s, &s->listener, err) != 0) {
        stream_free(&s->source);
        return -1;
    }
    *ret = &s->source;
    return 0;
}
