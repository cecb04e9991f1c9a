/* SPDX-License-Identifier: MIT */
#include "cli/digests.h"

#include <stdlib.h>

#include "fixtures/generated.h"
#include "lib/util/err.h"
#include "lib/util/util.h"
#include "registry/store/blob_store.h"
#include "registry/store/generator_hash.h"

enum { KNOWN_MAX = 1000 }; /* the one that was known first is forgotten then */

/* One digest, known or on its way. */
struct row {
    struct digests *digests; /* borrowed: where it is kept */
    struct wish wish;
    struct generator_hash *hash; /* owned; NULL once it is known */
    TAILQ_ENTRY(row) link;
};

struct digests {
    struct loop *loop;                   /* borrowed */
    TAILQ_HEAD(rows, row) rows;          /* owned; oldest first */
    size_t count;                        /* of rows */
    LIST_HEAD(, digests_waiter) waiters; /* borrowed */
};

/* --- Wishes -------------------------------------------------------------------------------------
 */

static bool is_same(const struct wish *a, const struct wish *b)
{
    return a->size == b->size && a->seed == b->seed && a->algorithm == b->algorithm;
}

static struct wish *wish_find(const struct wishes *w, const struct wish *like)
{
    for (size_t i = 0; i < w->count; i++) {
        if (is_same(&w->items[i], like))
            return &w->items[i];
    }
    return NULL;
}

static int wish_add(struct wishes *w, const struct wish *wish, struct err *err)
{
    struct wish *items = reallocarray(w->items, w->count + 1, sizeof(*items));

    if (items == NULL)
        return err_set(err, ERR_NOMEM, "generated layers");
    w->items = items;
    items[w->count++] = *wish;
    return 0;
}

int wishes_digest(void *arg, const struct generated *g, enum digest_algorithm algorithm,
                  struct digest *ret, struct err *err)
{
    const struct wish new = {.size = g->size, .seed = g->seed, .algorithm = algorithm};
    const struct wish *wish = wish_find(arg, &new);

    if (wish == NULL && wish_add(arg, &new, err) != 0)
        return -1;
    if (wish == NULL || !wish->granted)
        return digest_of(ret, algorithm, "", 0, err);
    *ret = wish->digest;
    return 0;
}

bool wishes_are_granted(const struct wishes *w)
{
    for (size_t i = 0; i < w->count; i++) {
        if (!w->items[i].granted)
            return false;
    }
    return true;
}

void wishes_done(struct wishes *w)
{
    free(w->items);
    *w = (struct wishes){0};
}

/* --- Generators ---------------------------------------------------------------------------------
 */

static void fill(const void *arg, uint64_t offset, void *dst, size_t n)
{
    generated_fill(arg, offset, dst, n);
}

int digests_generator(struct blob_generator *ret, const struct generated *g, struct err *err)
{
    struct generated *copy = malloc(sizeof(*copy));

    if (copy == NULL)
        return err_set(err, ERR_NOMEM, "generated layer");
    *copy = *g;
    *ret = (struct blob_generator){.fill = fill, .free = free, .arg = copy};
    return 0;
}

/* --- What is known ------------------------------------------------------------------------------
 */

int digests_new(struct digests **ret, struct loop *loop, struct err *err)
{
    struct digests *d = calloc(1, sizeof(*d));

    if (d == NULL)
        return err_set(err, ERR_NOMEM, "digests");
    d->loop = loop;
    TAILQ_INIT(&d->rows);
    *ret = d;
    return 0;
}

static void row_remove(struct row *row)
{
    TAILQ_REMOVE(&row->digests->rows, row, link);
    row->digests->count--;
    generator_hash_free(row->hash);
    free(row);
}

void digests_free(struct digests *d)
{
    if (d == NULL)
        return;
    ASSERT(LIST_EMPTY(&d->waiters));
    while (!TAILQ_EMPTY(&d->rows))
        row_remove(TAILQ_FIRST(&d->rows));
    free(d);
}

/* Those that are on their way stay: somebody waits for them. */
static void forget_oldest(struct digests *d)
{
    struct row *row;

    TAILQ_FOREACH(row, &d->rows, link) {
        if (row->hash == NULL)
            break;
    }
    if (row != NULL)
        row_remove(row);
}

static struct digests_waiter *next_due(const struct digests *d)
{
    struct digests_waiter *w;

    LIST_FOREACH(w, &d->waiters, link) {
        if (w->due)
            return w;
    }
    return NULL;
}

/* Who is told may remove itself and others. */
static void tell_all(struct digests *d)
{
    struct digests_waiter *w;

    LIST_FOREACH(w, &d->waiters, link)
        w->due = true;
    while ((w = next_due(d)) != NULL) {
        w->due = false;
        w->known(w->arg);
    }
}

static void on_hashed(void *arg, const struct digest *digest)
{
    struct row *row = arg;

    row->wish.granted = true;
    row->wish.digest = *digest;
    generator_hash_free(STEAL(row->hash));
    tell_all(row->digests);
}

static struct row *row_find(const struct digests *d, const struct wish *wish)
{
    struct row *row;

    TAILQ_FOREACH(row, &d->rows, link) {
        if (is_same(&row->wish, wish))
            return row;
    }
    return NULL;
}

static int row_start(struct row *row, struct err *err)
{
    struct blob_generator generator;
    struct generated g;

    if (generated_init(&g, row->wish.size, row->wish.seed, err) != 0 ||
        digests_generator(&generator, &g, err) != 0)
        return -1;
    return generator_hash_new(&row->hash, row->digests->loop, &generator, g.size,
                              row->wish.algorithm, on_hashed, row, err);
}

static int row_new(struct digests *d, const struct wish *wish, struct err *err)
{
    struct row *row = calloc(1, sizeof(*row));

    if (row == NULL)
        return err_set(err, ERR_NOMEM, "generated layer");
    row->digests = d;
    row->wish = *wish;
    if (row_start(row, err) != 0) {
        free(row);
        return -1;
    }
    if (d->count >= KNOWN_MAX)
        forget_oldest(d);
    TAILQ_INSERT_TAIL(&d->rows, row, link);
    d->count++;
    return 0;
}

int digests_grant(struct digests *d, struct wishes *w, struct err *err)
{
    for (size_t i = 0; i < w->count; i++) {
        const struct row *row = row_find(d, &w->items[i]);

        if (row != NULL && row->wish.granted)
            w->items[i] = row->wish;
        else if (row == NULL && !w->items[i].granted && row_new(d, &w->items[i], err) != 0)
            return -1;
    }
    return 0;
}

uint64_t digests_wait(const struct digests *d, const struct wishes *w)
{
    uint64_t longest = 0;

    for (size_t i = 0; i < w->count; i++) {
        const struct row *row = row_find(d, &w->items[i]);
        uint64_t wait = row != NULL && row->hash != NULL ? generator_hash_wait(row->hash) : 0;

        longest = wait > longest ? wait : longest;
    }
    return longest;
}

void digests_waiter_add(struct digests *d, struct digests_waiter *waiter)
{
    LIST_INSERT_HEAD(&d->waiters, waiter, link);
}

static bool is_wanted(const struct digests *d, const struct wish *wish)
{
    const struct digests_waiter *w;

    LIST_FOREACH(w, &d->waiters, link) {
        if (wish_find(w->wishes, wish) != NULL)
            return true;
    }
    return false;
}

void digests_waiter_remove(struct digests *d, struct digests_waiter *waiter)
{
    struct row *next;

    LIST_REMOVE(waiter, link);
    for (struct row *row = TAILQ_FIRST(&d->rows); row != NULL; row = next) {
        next = TAILQ_NEXT(row, link);
        if (row->hash != NULL && !is_wanted(d, &row->wish))
            row_remove(row);
    }
}
