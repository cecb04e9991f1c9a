/* SPDX-License-Identifier: MIT */
#include "lib/fault/tally.h"

#include <stdlib.h>
#include <string.h>

#define HASH_NONFATAL_OOM 1
#include <sys/queue.h>
#include <uthash.h>

#include "lib/util/err.h"
#include "lib/util/rng.h"
#include "lib/util/util.h"

struct group {
    struct tally_key key;
    struct tally_count count;
    UT_hash_handle hh;
    TAILQ_ENTRY(group) seen;
};

struct tally {
    size_t most;
    struct group *table;            /* owned */
    TAILQ_HEAD(groups, group) seen; /* the same groups, the one seen last at the end */
};

void tally_key_begin(struct tally_key *k, uint64_t serial, unsigned kind)
{
    k->a = rng_at(0, serial, kind);
    k->b = rng_at(1, serial, kind);
}

void tally_key_add(struct tally_key *k, const void *p, size_t n)
{
    uint64_t value = p == NULL ? 0 : rng_stream(p, n);

    k->a = rng_at(k->a, value, n);
    /* The other half sees the bytes by themselves: two values that meet in one half differ here. */
    k->b = rng_at(k->b, p == NULL, n);
    for (const unsigned char *c = p; p != NULL && n > 0; n--)
        k->b = (k->b ^ *c++) * UINT64_C(0x100000001b3) + (k->b >> 47);
}

int tally_new(struct tally **ret, size_t most, struct err *err)
{
    struct tally *t = calloc(1, sizeof(*t));

    if (t == NULL)
        return err_set(err, ERR_NOMEM, "groups");
    t->most = most;
    TAILQ_INIT(&t->seen);
    *ret = t;
    return 0;
}

static void forget(struct tally *t, struct group *g)
{
    HASH_DELETE(hh, t->table, g); /* NOLINT(clang-analyzer-core.NullDereference): in uthash */
    TAILQ_REMOVE(&t->seen, g, seen);
    free(g);
}

void tally_clear(struct tally *t)
{
    HASH_CLEAR(hh, t->table);
    while (!TAILQ_EMPTY(&t->seen)) {
        struct group *g = TAILQ_FIRST(&t->seen);

        TAILQ_REMOVE(&t->seen, g, seen);
        free(g);
    }
}

void tally_free(struct tally *t)
{
    if (t == NULL)
        return;
    tally_clear(t);
    free(t);
}

const struct tally_count *tally_find(const struct tally *t, const struct tally_key *k)
{
    struct group *g;

    HASH_FIND(hh, t->table, k, sizeof(*k), g);
    return g != NULL ? &g->count : NULL;
}

static struct group *add(struct tally *t, const struct tally_key *k)
{
    struct group *g = calloc(1, sizeof(*g));

    if (g == NULL)
        return NULL;
    g->key = *k;
    HASH_ADD(hh, t->table, key, sizeof(g->key), g);
    if (g->hh.tbl == NULL) {
        free(g);
        return NULL;
    }
    TAILQ_INSERT_TAIL(&t->seen, g, seen);
    return g;
}

struct tally_count *tally_get(struct tally *t, const struct tally_key *k)
{
    struct group *g;

    HASH_FIND(hh, t->table, k, sizeof(*k), g);
    if (g != NULL) {
        TAILQ_REMOVE(&t->seen, g, seen);
        TAILQ_INSERT_TAIL(&t->seen, g, seen);
        return &g->count;
    }
    if (HASH_COUNT(t->table) >= t->most)
        forget(t, TAILQ_FIRST(&t->seen));
    g = add(t, k);
    return g != NULL ? &g->count : NULL;
}

size_t tally_size(const struct tally *t)
{
    return HASH_COUNT(t->table);
}
