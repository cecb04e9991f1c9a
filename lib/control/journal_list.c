/* SPDX-License-Identifier: MIT */
/* Walking over a journal: lists, counts, statistics, and matches over its words. */
#include "lib/control/journal.h"

#include <string.h>

#include <jansson.h>

#include "lib/control/print.h"
#include "lib/control/ring.h"
#include "lib/fault/fault.h"
#include "lib/fault/match.h"
#include "lib/util/err.h"
#include "lib/util/util.h"

/* --- Walking -----------------------------------------------------------------------------------
 */

void ring_walk(struct ring_walk *w, const struct journal *j, uint64_t since)
{
    *w = (struct ring_walk){.j = j, .seq = j->first};
    if (since >= j->first)
        w->seq = since < j->last ? since + 1 : j->last + 1;
    while (w->pinned < j->pinned_count && j->pinned[w->pinned]->seq <= since)
        w->pinned++;
}

const struct journal_entry *ring_next(struct ring_walk *w)
{
    const struct journal *j = w->j;

    if (w->pinned < j->pinned_count)
        return j->pinned[w->pinned++];
    return w->seq <= j->last ? j->ring[w->seq++ % j->ring_size] : NULL;
}

uint64_t ring_dropped(const struct journal *j, uint64_t since)
{
    uint64_t floor = since > j->cleared ? since : j->cleared;
    uint64_t gone = j->first > floor + 1 ? j->first - 1 - floor : 0;

    for (size_t i = j->pinned_count; i > 0 && j->pinned[i - 1]->seq > floor; i--)
        gone--;
    return gone;
}

uint64_t ring_dropped_of(const struct journal *j, uint64_t since, uint64_t ops)
{
    uint64_t floor = since > j->cleared ? since : j->cleared;

    for (size_t op = 0; op < j->vocabulary.op_count; op++) {
        if ((ops >> op & 1) != 0 && j->dropped_of[op] > floor)
            return ring_dropped(j, since);
    }
    return 0;
}

/* --- Matching ----------------------------------------------------------------------------------
 */

struct ring_filter ring_filter(const struct match *m)
{
    struct ring_filter f = {.match = m, .ops = UINT64_MAX};
    const json_t *object;

    if (m == NULL)
        return f;
    object = match_json(m);
    f.ops = match_ops(m);
    f.with_request = json_object_get(object, "path") != NULL ||
                     json_object_get(object, "header") != NULL ||
                     json_object_get(object, "query") != NULL;
    return f;
}

bool ring_fits(const struct journal *j, const struct ring_filter *f, const struct journal_entry *e)
{
    struct entry_view view;

    if (f->match == NULL)
        return true;
    if ((f->ops >> e->op & 1) == 0)
        return false;
    entry_view(e, j->vocabulary.word_count, f->with_request, &view);
    return match_holds(f->match, &view.subject);
}

bool ring_counts(const struct journal *j, const struct journal_entry *e)
{
    return e->stamp != 0 || entry_text(e, j->vocabulary.user_word) != NULL;
}

/* --- Lists -------------------------------------------------------------------------------------
 */

json_t *journal_stats(const struct journal *j)
{
    struct ring_walk w;
    const struct journal_entry *oldest;
    struct journal_counters c = journal_counters(j);

    ring_walk(&w, j, 0);
    oldest = ring_next(&w);
    return json_pack("{s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:{s:I, s:I}}", "entries",
                     (json_int_t)c.entries, "bytes", (json_int_t)c.bytes, "dropped",
                     (json_int_t)c.dropped, "first", (json_int_t)(oldest != NULL ? oldest->seq : 0),
                     "whole_from", (json_int_t)j->first, "last", (json_int_t)c.last, "open",
                     (json_int_t)c.open, "limits", "entries", (json_int_t)j->options.entries,
                     "bytes", (json_int_t)j->options.bytes);
}

struct journal_counters journal_counters(const struct journal *j)
{
    return (struct journal_counters){
        .entries = (size_t)(j->last + 1 - j->first) + j->pinned_count,
        .bytes = j->bytes,
        .open = j->open_count,
        .dropped = j->dropped,
        .last = j->last,
    };
}

json_t *journal_list(const struct journal *j, const struct match *m, uint64_t since, size_t limit)
{
    struct ring_filter f = ring_filter(m);
    json_t *requests = json_array();
    const struct journal_entry *e;
    struct ring_walk w;
    bool more = false;

    ring_walk(&w, j, since);
    while (requests != NULL && !more && (e = ring_next(&w)) != NULL) {
        if (!ring_fits(j, &f, e))
            continue;
        more = limit > 0 && json_array_size(requests) == limit;
        if (!more)
            (void)json_array_append_new(requests, print_entry(j, e, false));
    }
    return json_pack("{s:o, s:I, s:I, s:b}", "requests", requests, "dropped",
                     (json_int_t)ring_dropped_of(j, since, f.ops), "last", (json_int_t)j->last,
                     "more", (int)more);
}

uint64_t journal_newest(const struct journal *j, const struct match *m, uint64_t since,
                        uint64_t count)
{
    struct ring_filter f = ring_filter(m);
    const struct journal_entry *e;

    for (uint64_t seq = j->last; seq >= j->first && seq > since; seq--) {
        e = j->ring[seq % j->ring_size];
        if (ring_fits(j, &f, e) && --count == 0)
            return seq - 1;
    }
    for (size_t i = j->pinned_count; i > 0 && j->pinned[i - 1]->seq > since; i--) {
        e = j->pinned[i - 1];
        if (ring_fits(j, &f, e) && --count == 0)
            return e->seq - 1;
    }
    return since;
}

uint64_t journal_count(const struct journal *j, const struct match *m, uint64_t since,
                       uint64_t *ret_dropped)
{
    struct ring_filter f = ring_filter(m);
    const struct journal_entry *e;
    struct ring_walk w;
    uint64_t count = 0;

    ring_walk(&w, j, since);
    while ((e = ring_next(&w)) != NULL)
        count += ring_counts(j, e) && ring_fits(j, &f, e) ? 1 : 0;
    if (ret_dropped != NULL)
        *ret_dropped = ring_dropped_of(j, since, f.ops);
    return count;
}

json_t *journal_entry(const struct journal *j, uint64_t seq)
{
    const struct journal_entry *e = ring_find(j, seq);

    return e != NULL ? print_entry(j, e, true) : NULL;
}

json_t *journal_explain(const struct journal *j, uint64_t seq, struct fault_engine *e, size_t most)
{
    const struct journal_entry *entry = ring_find(j, seq);
    struct entry_view view;

    if (entry == NULL)
        return NULL;
    entry_view(entry, j->vocabulary.word_count, true, &view);
    return fault_engine_explain(e, &view.subject, most);
}

/* --- Matches -----------------------------------------------------------------------------------
 */

typedef int (*rewrite_fn)(json_t *into, const char *value);

/* 4xx is 4??. */
static int add_status(json_t *into, const char *value)
{
    char text[16];
    size_t n = strlen(value);

    if (n >= sizeof(text) || strchr(value, 'x') == NULL)
        return json_array_append_new(into, json_string(value));
    for (size_t i = 0; i <= n; i++)
        text[i] = (char)(value[i] == 'x' ? '?' : value[i]);
    return json_array_append_new(into, json_string(text));
}

/* One of the names in "flaky,slow". */
static int add_rule(json_t *into, const char *value)
{
    const char *negated = value[0] == '!' ? "!" : "";
    int result;

    value += strlen(negated);
    result = json_array_append_new(into, json_sprintf("%s%s", negated, value));
    if (result != 0 || value[0] == '\0' || strchr(value, ',') != NULL || strcmp(value, "*") == 0)
        return result;
    if (json_array_append_new(into, json_sprintf("%s%s,*", negated, value)) != 0 ||
        json_array_append_new(into, json_sprintf("%s*,%s", negated, value)) != 0)
        return -1;
    return json_array_append_new(into, json_sprintf("%s*,%s,*", negated, value));
}

/* Replaces the texts of a criterion; what is no text is left to the match to accept or refuse. */
static int rewrite(json_t *object, const char *key, rewrite_fn add)
{
    const json_t *old = json_object_get(object, key);
    json_t *values = json_array();
    size_t count = json_is_array(old) ? json_array_size(old) : old != NULL ? 1 : 0;
    int result = 0;

    for (size_t i = 0; i < count && result == 0; i++) {
        json_t *value = json_is_array(old) ? json_array_get(old, i) : (json_t *)old;

        result = json_is_string(value) ? add(values, json_string_value(value))
                                       : json_array_append(values, value);
    }
    if (count == 0 || json_is_null(old) || json_is_object(old)) {
        json_decref(values);
        return result;
    }
    if (json_array_size(values) == 1) {
        result |= json_object_set(object, key, json_array_get(values, 0));
        json_decref(values);
        return result;
    }
    return json_object_set_new(object, key, values) != 0 ? -1 : result;
}

int journal_match_parse(struct match **ret, const struct journal *j, const json_t *object,
                        const char *path, struct err *err)
{
    json_t *copy;
    int result;

    if (!json_is_object(object))
        return match_parse(ret, &j->vocabulary, object, path, NULL, err);
    copy = json_copy((json_t *)object);
    if (copy == NULL || rewrite(copy, "status", add_status) != 0 ||
        rewrite(copy, "rule", add_rule) != 0) {
        json_decref(copy);
        return err_set(err, ERR_NOMEM, "match");
    }
    result = match_parse(ret, &j->vocabulary, copy, path, NULL, err);
    json_decref(copy);
    return result;
}
