/* SPDX-License-Identifier: MIT */
/*
 * Things in the bytewise order of their keys: a sorted array of pointers, cut by binary search.
 *
 * Pages of tags, the catalog and referrers are cut from it. The things are borrowed; each begins
 * with a struct ordered. Private to registry/store.
 */
#ifndef REGISTRY_STORE_ORDER_H
#define REGISTRY_STORE_ORDER_H

#include <stdbool.h>
#include <stddef.h>

struct err;

/* First member of what is kept in an order. */
struct ordered {
    const char *key; /* borrowed; does not change while it is in an order */
};

struct order {
    struct ordered **items; /* owned array of borrowed things */
    size_t count;
    size_t room; /* things that fit into items */
};

/* Empty when zeroed. */
void order_done(struct order *o);
/* Makes room for one more, so that order_add() cannot fail. */
int order_reserve(struct order *o, struct err *err);
/* The key is not there yet, and room is. */
void order_add(struct order *o, struct ordered *item);
/* The thing that was removed, or NULL. */
struct ordered *order_remove(struct order *o, const char *key);
struct ordered *order_find(const struct order *o, const char *key);
/* Index of the first thing behind `key` (NULL: of all), which need not be there. */
size_t order_after(const struct order *o, const char *key);
/* Removes every thing for which drop() is true, in one pass. */
void order_sweep(struct order *o, bool (*drop)(const struct ordered *item, const void *arg),
                 const void *arg);

#endif
