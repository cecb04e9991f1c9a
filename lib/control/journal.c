/* SPDX-License-Identifier: MIT */
#include "lib/control/journal.h"

#include <stdlib.h>
#include <string.h>

#include "lib/control/ring.h"
#include "lib/http/loop.h"
#include "lib/util/clock.h"
#include "lib/util/err.h"
#include "lib/util/util.h"

enum {
    RING_SIZE_FIRST = 64,   /* it doubles until it has room for all entries */
    BYTES_MIN = 128 * 1024, /* room for the largest entry */
};

/* --- Words -------------------------------------------------------------------------------------
 */

static const struct word own_words[JOURNAL_TEXTS] = {
    [JOURNAL_METHOD] = {.name = "method", .kind = WORD_TEXT, .help = "HTTP method"},
    [JOURNAL_STATUS] = {.name = "status",
                        .kind = WORD_TEXT,
                        .help = "status of the answer: 404, 4xx"},
    [JOURNAL_END] = {.name = "end",
                     .kind = WORD_TEXT,
                     .help = "how it ended: complete, client-aborted ..."},
    [JOURNAL_END_REASON] = {.name = "endReason",
                            .kind = WORD_TEXT,
                            .help = "why it did not end well"},
    [JOURNAL_TLS] = {.name = "tls", .kind = WORD_TEXT, .help = "true when it came over TLS"},
    [JOURNAL_RANGE] = {.name = "range", .kind = WORD_TEXT, .help = "Range header"},
    [JOURNAL_FINGERPRINT] = {.name = "fingerprint",
                             .kind = WORD_TEXT,
                             .help = "of the credentials"},
    [JOURNAL_SCOPES_ASKED] = {.name = "scopesAsked",
                              .kind = WORD_TEXT,
                              .help = "scopes that a token request names"},
    [JOURNAL_SCOPES_GRANTED] = {.name = "scopesGranted",
                                .kind = WORD_TEXT,
                                .help = "scopes of the token"},
    [JOURNAL_STATE] = {.name = "state",
                       .kind = WORD_TEXT,
                       .help = "image state that changed the answer"},
    [JOURNAL_RULE] = {.name = "rule", .kind = WORD_TEXT, .help = "rules that changed the answer"},
    [JOURNAL_REDIRECTED_FROM] = {.name = "redirectedFrom",
                                 .kind = WORD_TEXT,
                                 .help = "number of the request that a rule redirected to here"},
    [JOURNAL_LEAKED] = {.name = "leaked",
                        .kind = WORD_TEXT,
                        .help = "of such a one: true when it brought credentials, else false"},
};

static size_t find_word(const struct vocabulary *v, const char *name)
{
    size_t i = 0;

    while (i < v->word_count && strcmp(v->words[i].name, name) != 0)
        i++;
    return i;
}

static int extend_vocabulary(struct journal *j, const struct vocabulary *product, struct err *err)
{
    struct vocabulary *v = &j->vocabulary;

    ASSERT(product->word_count <= WORDS_MAX && product->op_count <= WORDS_OPS_MAX);
    *v = *product;
    memcpy(j->words, product->words, product->word_count * sizeof(j->words[0]));
    v->words = j->words;
    for (size_t i = 0; i < JOURNAL_TEXTS; i++) {
        j->own[i] = find_word(v, own_words[i].name);
        if (j->own[i] < v->word_count)
            continue;
        if (v->word_count == WORDS_MAX)
            return err_set(err, ERR_LIMIT, "no room for the journal's words beside the product's");
        j->words[v->word_count++] = own_words[i];
    }
    j->agent_word = find_word(v, "userAgent");
    if (j->agent_word == v->word_count)
        j->agent_word = WORDS_MAX;
    return 0;
}

const struct vocabulary *journal_vocabulary(const struct journal *j)
{
    return &j->vocabulary;
}

/* --- Life --------------------------------------------------------------------------------------
 */

int journal_new(struct journal **ret, const struct journal_options *options, struct err *err)
{
    struct journal *j = calloc(1, sizeof(*j));

    if (j == NULL)
        return err_set(err, ERR_NOMEM, "journal");
    j->magic = JOURNAL_MAGIC;
    j->options = *options;
    if (j->options.entries == 0)
        j->options.entries = JOURNAL_ENTRIES;
    if (j->options.bytes == 0)
        j->options.bytes = JOURNAL_BYTES;
    if (j->options.bytes < BYTES_MIN)
        j->options.bytes = BYTES_MIN;
    j->first = 1;
    TAILQ_INIT(&j->waits);
    TAILQ_INIT(&j->listeners);
    if (extend_vocabulary(j, options->vocabulary, err) != 0 ||
        loop_timer_new(&j->flush, options->loop, waits_flush, j, err) != 0) {
        journal_free(j);
        return -1;
    }
    *ret = j;
    return 0;
}

static void free_entries(struct journal *j)
{
    for (uint64_t seq = j->first; seq <= j->last; seq++)
        free(j->ring[seq % j->ring_size]);
    for (size_t i = 0; i < j->pinned_count; i++)
        free(j->pinned[i]);
    j->first = j->last + 1;
    j->pinned_count = j->pinned_closed = 0;
    j->bytes = j->open_count = 0;
}

void journal_free(struct journal *j)
{
    struct journal_listener *l;

    if (j == NULL)
        return;
    waits_end(j);
    while ((l = TAILQ_FIRST(&j->listeners)) != NULL) {
        journal_event_fn fn = l->fn;
        void *arg = l->arg;

        journal_unlisten(l);
        fn(arg, 0);
    }
    loop_timer_free(j->flush);
    free_entries(j);
    free(j->ring);
    free(j->closed);
    free(j->pinned);
    j->magic = 0;
    free(j);
}

void journal_clear(struct journal *j)
{
    free_entries(j);
    j->cleared = j->last;
}

/* --- Making room -------------------------------------------------------------------------------
 */

static void drop(struct journal *j, struct journal_entry *e)
{
    j->dropped++;
    j->dropped_of[e->op] = e->seq > j->dropped_of[e->op] ? e->seq : j->dropped_of[e->op];
    if (e->stamp == 0) {
        j->open_count--;
        j->lost++;
    }
    j->bytes -= e->size;
    free(e);
}

static void drop_pinned(struct journal *j, size_t i)
{
    struct journal_entry *e = j->pinned[i];

    if (e->stamp != 0)
        j->pinned_closed--;
    j->pinned_count--;
    memmove(&j->pinned[i], &j->pinned[i + 1], (j->pinned_count - i) * sizeof(j->pinned[0]));
    drop(j, e);
}

static bool drop_pinned_closed(struct journal *j)
{
    for (size_t i = 0; i < j->pinned_count && j->pinned_closed > 0; i++) {
        if (j->pinned[i]->stamp != 0) {
            drop_pinned(j, i);
            return true;
        }
    }
    return false;
}

/* Keeps an open entry that the ring leaves behind. */
static bool pin(struct journal *j, struct journal_entry *e)
{
    if (j->pinned_count == j->pinned_size) {
        size_t size = j->pinned_size > 0 ? j->pinned_size * 2 : 16;
        struct journal_entry **grown = reallocarray(j->pinned, size, sizeof(*grown));

        if (grown == NULL)
            return false;
        j->pinned = grown;
        j->pinned_size = size;
    }
    j->pinned[j->pinned_count++] = e;
    return true;
}

/* Takes the oldest entry out of the ring; true when that made room. */
static bool leave_oldest(struct journal *j)
{
    struct journal_entry *e = j->ring[j->first++ % j->ring_size];

    if (e->stamp == 0 && pin(j, e))
        return false;
    drop(j, e);
    return true;
}

/* False when there was nothing to drop. */
static bool drop_one(struct journal *j)
{
    if (drop_pinned_closed(j))
        return true;
    while (j->first <= j->last) {
        if (leave_oldest(j))
            return true;
    }
    if (j->pinned_count == 0)
        return false;
    drop_pinned(j, 0);
    return true;
}

static size_t entry_count(const struct journal *j)
{
    return (size_t)(j->last + 1 - j->first) + j->pinned_count;
}

/* Drops entries until so many more, of so many bytes together, have room. */
static void make_room(struct journal *j, size_t entries, size_t bytes)
{
    while (entry_count(j) + entries > j->options.entries || j->bytes + bytes > j->options.bytes) {
        if (!drop_one(j))
            return;
    }
}

/* What the ring holds, and which entries were closed last, to their places in a larger one. */
static void ring_copy(const struct journal *j, struct journal_entry **ring, uint64_t *closed,
                      size_t size)
{
    uint64_t oldest = j->stamp > j->ring_size ? j->stamp - j->ring_size + 1 : 1;

    for (uint64_t seq = j->first; seq <= j->last; seq++)
        ring[seq % size] = j->ring[seq % j->ring_size];
    for (uint64_t stamp = oldest; stamp <= j->stamp; stamp++)
        closed[stamp % size] = j->closed[stamp % j->ring_size];
}

static bool ring_resize(struct journal *j, size_t size)
{
    struct journal_entry **ring = calloc(size, sizeof(*ring));
    uint64_t *closed = calloc(size, sizeof(*closed));

    if (ring == NULL || closed == NULL) {
        free(ring);
        free(closed);
        return false;
    }
    if (j->ring_size > 0)
        ring_copy(j, ring, closed, size);
    free(j->ring);
    free(j->closed);
    j->ring = ring;
    j->closed = closed;
    j->ring_size = size;
    return true;
}

/* A slot for the next sequence number. */
static bool ring_has_slot(struct journal *j)
{
    size_t used = (size_t)(j->last + 1 - j->first);
    size_t size = j->ring_size > 0 ? j->ring_size * 2 : RING_SIZE_FIRST;

    if (used < j->ring_size)
        return true;
    return ring_resize(j, size < j->options.entries ? size : j->options.entries);
}

/* --- Entries -----------------------------------------------------------------------------------
 */

/* Where the pointer to an entry lies; NULL when it is not there. */
static struct journal_entry **find_slot(const struct journal *j, uint64_t seq)
{
    size_t from = 0, to = j->pinned_count;

    if (seq >= j->first)
        return seq <= j->last ? &j->ring[seq % j->ring_size] : NULL;
    while (from < to) {
        size_t middle = from + (to - from) / 2;

        if (j->pinned[middle]->seq == seq)
            return &j->pinned[middle];
        if (j->pinned[middle]->seq < seq)
            from = middle + 1;
        else
            to = middle;
    }
    return NULL;
}

const struct journal_entry *ring_find(const struct journal *j, uint64_t seq)
{
    struct journal_entry **slot = find_slot(j, seq);

    return slot != NULL ? *slot : NULL;
}

static struct journal_entry **find_open(const struct journal *j, uint64_t seq)
{
    struct journal_entry **slot = find_slot(j, seq);

    return slot != NULL && (*slot)->stamp == 0 ? slot : NULL;
}

static void set_text(struct journal *j, struct journal_entry **slot, size_t which,
                     const char *value)
{
    size_t before = (*slot)->size;

    if (value != NULL)
        (void)entry_set(slot, which, value);
    j->bytes += (*slot)->size - before;
}

/* The words that a request says itself. */
static struct subject complete_subject(const struct journal *j, const struct subject *s)
{
    struct subject all = *s;

    for (size_t i = j->options.vocabulary->word_count; i < WORDS_MAX; i++)
        all.values[i] = NULL;
    if (s->request == NULL)
        return all;
    if (all.values[j->own[JOURNAL_METHOD]] == NULL)
        all.values[j->own[JOURNAL_METHOD]] = s->request->method_text;
    if (all.values[j->own[JOURNAL_RANGE]] == NULL)
        all.values[j->own[JOURNAL_RANGE]] = http_request_header(s->request, "Range");
    if (j->agent_word < WORDS_MAX && all.values[j->agent_word] == NULL)
        all.values[j->agent_word] = http_request_header(s->request, "User-Agent");
    return all;
}

/* The number is used up, the entry is gone; so is what came before, for the ring has no holes. */
static uint64_t open_failed(struct journal *j, const struct subject *s)
{
    while (j->first <= j->last)
        (void)leave_oldest(j);
    j->first = ++j->last + 1;
    j->dropped++;
    j->lost++;
    j->dropped_of[s->op] = j->last;
    return j->last;
}

uint64_t journal_open(struct journal *j, const struct subject *s)
{
    struct journal_entry *e;
    struct subject all;

    ASSERT(j->magic == JOURNAL_MAGIC && s->op < j->vocabulary.op_count);
    if (j->options.off)
        return open_failed(j, s);
    all = complete_subject(j, s);
    e = entry_new(&all, j->vocabulary.word_count);
    if (e != NULL)
        make_room(j, 1, e->size);
    if (e == NULL || !ring_has_slot(j)) {
        free(e);
        return open_failed(j, s);
    }
    e->seq = ++j->last;
    e->arrived_ms = clock_now_ms(j->options.clock);
    j->ring[e->seq % j->ring_size] = e;
    j->bytes += e->size;
    j->open_count++;
    waits_before(j, NULL);
    waits_after(j, e);
    return e->seq;
}

static void set_words(struct journal *j, struct journal_entry **slot, const struct subject *s)
{
    for (size_t i = 0; i < j->options.vocabulary->word_count; i++)
        set_text(j, slot, i, s->values[i]);
}

void journal_update(struct journal *j, uint64_t seq, const struct subject *s)
{
    struct journal_entry **slot = find_open(j, seq);

    if (slot == NULL)
        return;
    waits_before(j, *slot);
    set_words(j, slot, s);
    waits_after(j, *slot);
    make_room(j, 0, 0);
}

void journal_note(struct journal *j, uint64_t seq, enum journal_text which, const char *value)
{
    struct journal_entry **slot = find_open(j, seq);

    ASSERT(which < JOURNAL_TEXTS);
    if (slot == NULL)
        return;
    waits_before(j, *slot);
    set_text(j, slot, j->own[which], value);
    waits_after(j, *slot);
    make_room(j, 0, 0);
}

static void set_facts(struct journal *j, struct journal_entry **slot,
                      const struct journal_facts *facts)
{
    char status[4];
    struct journal_entry *e;

    ASSERT(facts->status >= 0);
    for (int i = 0, rest = facts->status; i < 3; i++, rest /= 10)
        status[2 - i] = (char)('0' + rest % 10);
    status[3] = '\0';
    if (facts->status > 0)
        set_text(j, slot, j->own[JOURNAL_STATUS], status);
    set_text(j, slot, j->own[JOURNAL_END], facts->end);
    e = *slot;
    e->status = (uint16_t)facts->status;
    e->bytes_in = facts->bytes_in;
    e->bytes_out = facts->bytes_out;
    e->duration_us = facts->duration_us;
    e->ended_ms = clock_now_ms(j->options.clock);
    e->stamp = ++j->stamp;
    j->closed[e->stamp % j->ring_size] = e->seq;
}

void journal_close(struct journal *j, uint64_t seq, const struct subject *s,
                   const struct journal_facts *facts)
{
    struct journal_entry **slot = find_open(j, seq);
    struct journal_listener *l;

    if (slot == NULL)
        return;
    waits_before(j, *slot);
    if (s != NULL)
        set_words(j, slot, s);
    set_facts(j, slot, facts);
    j->open_count--;
    j->pinned_closed += seq < j->first ? 1 : 0;
    waits_after(j, *slot);
    TAILQ_FOREACH(l, &j->listeners, link)
        l->fn(l->arg, seq);
    make_room(j, 0, 0);
}

/* --- Listeners ---------------------------------------------------------------------------------
 */

int journal_listen(struct journal *j, journal_event_fn fn, void *arg, struct journal_listener **ret,
                   struct err *err)
{
    struct journal_listener *l;

    if (j->listener_count >= JOURNAL_WATCHERS_MAX)
        return err_set(err, ERR_OVERLOADED, "%d lists and event streams are open",
                       JOURNAL_WATCHERS_MAX);
    l = calloc(1, sizeof(*l));
    if (l == NULL)
        return err_set(err, ERR_NOMEM, "listener");
    *l = (struct journal_listener){.j = j, .fn = fn, .arg = arg};
    TAILQ_INSERT_TAIL(&j->listeners, l, link);
    j->listener_count++;
    *ret = l;
    return 0;
}

void journal_unlisten(struct journal_listener *l)
{
    if (l == NULL)
        return;
    TAILQ_REMOVE(&l->j->listeners, l, link);
    l->j->listener_count--;
    free(l);
}
