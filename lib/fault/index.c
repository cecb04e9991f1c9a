/* SPDX-License-Identifier: MIT */
#include "lib/fault/index.h"

#include <stdlib.h>
#include <string.h>

#define HASH_NONFATAL_OOM 1
#include <uthash.h>

#include "lib/fault/match.h"
#include "lib/fault/rule.h"
#include "lib/util/util.h"

/* Small and in one piece with its neighbours: most are only looked at and passed by. */
struct index_entry {
    uint64_t mask;           /* which of the first bytes of the key word count */
    uint64_t prefix;         /* and what they are */
    uint64_t letters, pairs; /* what the key word must hold: see collect() */
    uint64_t ops;            /* bit per op */
    struct fault_rule *rule; /* borrowed */
    uint32_t rank;           /* the rule's */
};

struct index_list {
    struct index_entry *entries; /* owned */
    size_t count, room;
};

struct index_bucket {
    const char *key; /* borrowed from a rule */
    struct index_list list;
    UT_hash_handle hh;
};

struct rule_index {
    const struct vocabulary *vocabulary; /* borrowed */
    struct index_bucket *buckets;        /* owned */
    struct index_list general[WORDS_OPS_MAX];
};

/* --- Building -----------------------------------------------------------------------------------
 */

/* The first eight bytes, the missing ones as 0. */
static uint64_t first_bytes(const char *text, size_t n)
{
    uint64_t bytes = 0;

    memcpy(&bytes, text, n < sizeof(bytes) ? n : sizeof(bytes));
    return bytes;
}

/*
 * Sets of the letters and of the pairs of neighbours in a text, 64 classes each: a text that does
 * not have all of a glob's cannot fit it, wherever the stars are.
 */
static void collect(const char *text, uint64_t *letters, uint64_t *pairs)
{
    const unsigned char *p = (const unsigned char *)text;

    for (; *p != '\0'; p++) {
        if (*p == '*' || *p == '?')
            continue;
        *letters |= UINT64_C(1) << (*p & 63);
        if (p[1] != '\0' && p[1] != '*' && p[1] != '?')
            *pairs |= UINT64_C(1) << ((p[0] * 37U + p[1] * 11U) & 63);
    }
}

static struct index_entry entry_of(struct fault_rule *r)
{
    struct index_entry entry = {.ops = match_ops(r->match), .rule = r, .rank = r->rank};
    size_t len = 0;
    const char *prefix = match_key_prefix(r->match, &len);

    if (prefix != NULL)
        collect(prefix, &entry.letters, &entry.pairs);
    if (prefix != NULL && len > 0) {
        entry.prefix = first_bytes(prefix, len);
        entry.mask = first_bytes("\xff\xff\xff\xff\xff\xff\xff\xff", len);
    }
    return entry;
}

static bool push(struct index_list *l, const struct index_entry *entry)
{
    if (l->count == l->room) {
        size_t room = l->room == 0 ? 8 : l->room * 2;
        struct index_entry *entries = reallocarray(l->entries, room, sizeof(*entries));

        if (entries == NULL)
            return false;
        l->entries = entries;
        l->room = room;
    }
    l->entries[l->count++] = *entry;
    return true;
}

static struct index_bucket *bucket_of(struct rule_index *index, const char *key)
{
    struct index_bucket *b;

    HASH_FIND_STR(index->buckets, key, b);
    if (b != NULL)
        return b;
    b = calloc(1, sizeof(*b));
    if (b == NULL)
        return NULL;
    b->key = key;
    HASH_ADD_KEYPTR(hh, index->buckets, b->key, strlen(b->key), b);
    if (b->hh.tbl == NULL) {
        free(b);
        return NULL;
    }
    return b;
}

static bool add(struct rule_index *index, struct fault_rule *r)
{
    struct index_entry entry = entry_of(r);
    const char *key = match_key_literal(r->match);

    if (key != NULL) {
        struct index_bucket *b = bucket_of(index, key);

        return b != NULL && push(&b->list, &entry);
    }
    for (size_t op = 0; op < index->vocabulary->op_count; op++) {
        if ((entry.ops >> op & 1) != 0 && !push(&index->general[op], &entry))
            return false;
    }
    return true;
}

static bool may_act(const struct fault_rule *r)
{
    return r->enabled && r->probability > 0 && !fault_effects_connect(&r->effects);
}

struct rule_index *rule_index_new(const struct vocabulary *v, struct fault_rule *const *rules,
                                  size_t count)
{
    struct rule_index *index = calloc(1, sizeof(*index));

    if (index == NULL)
        return NULL;
    index->vocabulary = v;
    for (size_t i = 0; i < count; i++) {
        if (may_act(rules[i]) && !add(index, rules[i])) {
            rule_index_free(index);
            return NULL;
        }
    }
    return index;
}

void rule_index_free(struct rule_index *index)
{
    struct index_bucket *b, *next;

    if (index == NULL)
        return;
    for (size_t op = 0; op < WORDS_OPS_MAX; op++)
        free(index->general[op].entries);
    b = index->buckets;
    HASH_CLEAR(hh, index->buckets);
    for (; b != NULL; b = next) {
        next = b->hh.next;
        free(b->list.entries);
        free(b);
    }
    free(index);
}

/* --- Asking -------------------------------------------------------------------------------------
 */

void rule_index_begin(struct index_cursor *c, const struct rule_index *index,
                      const struct subject *s)
{
    const char *key = s->values[index->vocabulary->key_word];
    size_t len = key != NULL ? strlen(key) : 0;
    struct index_bucket *b = NULL;

    *c = (struct index_cursor){0};
    if (s->op >= WORDS_OPS_MAX)
        return;
    c->op = UINT64_C(1) << s->op;
    c->key = key != NULL ? first_bytes(key, len) : 0;
    if (index->general[s->op].count > 0) {
        c->general = index->general[s->op].entries;
        c->general_end = c->general + index->general[s->op].count;
    }
    if (key != NULL && c->general < c->general_end)
        collect(key, &c->letters, &c->pairs);
    if (key != NULL && index->buckets != NULL)
        HASH_FIND(hh, index->buckets, key, len, b);
    if (b == NULL)
        return;
    c->keyed = b->list.entries;
    c->keyed_end = c->keyed + b->list.count;
}

static bool may_fit(const struct index_cursor *c, const struct index_entry *e)
{
    return (c->key & e->mask) == e->prefix && (e->letters & ~c->letters) == 0 &&
           (e->pairs & ~c->pairs) == 0;
}

struct fault_rule *rule_index_next(struct index_cursor *c)
{
    while (c->general < c->general_end && !may_fit(c, c->general))
        c->general++;
    while (c->keyed < c->keyed_end && (c->keyed->ops & c->op) == 0)
        c->keyed++;
    if (c->general == c->general_end)
        return c->keyed < c->keyed_end ? c->keyed++->rule : NULL;
    if (c->keyed == c->keyed_end || c->general->rank < c->keyed->rank)
        return c->general++->rule;
    return c->keyed++->rule;
}
