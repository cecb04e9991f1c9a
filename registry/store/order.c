/* SPDX-License-Identifier: MIT */
#include "registry/store/order.h"

#include <stdlib.h>
#include <string.h>

#include "lib/util/err.h"
#include "lib/util/util.h"

enum { ORDER_FIRST = 8 };

void order_done(struct order *o)
{
    free(o->items);
    *o = (struct order){.items = NULL};
}

int order_reserve(struct order *o, struct err *err)
{
    size_t room = o->room > 0 ? o->room * 2 : ORDER_FIRST;
    struct ordered **items;

    if (o->count < o->room)
        return 0;
    items = realloc(o->items, room * sizeof(*items));
    if (items == NULL)
        return err_set(err, ERR_NOMEM, "list of %zu names", room);
    o->items = items;
    o->room = room;
    return 0;
}

/* Index of the first thing whose key is not less than `key`. */
static size_t lower_bound(const struct order *o, const char *key)
{
    size_t low = 0;
    size_t high = o->count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (strcmp(o->items[middle]->key, key) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static bool is_at(const struct order *o, size_t i, const char *key)
{
    return i < o->count && strcmp(o->items[i]->key, key) == 0;
}

void order_add(struct order *o, struct ordered *item)
{
    size_t i = lower_bound(o, item->key);

    ASSERT(o->count < o->room && !is_at(o, i, item->key));
    memmove(&o->items[i + 1], &o->items[i], (o->count - i) * sizeof(o->items[0]));
    o->items[i] = item;
    o->count++;
}

struct ordered *order_remove(struct order *o, const char *key)
{
    size_t i = lower_bound(o, key);
    struct ordered *item;

    if (!is_at(o, i, key))
        return NULL;
    item = o->items[i];
    o->count--;
    memmove(&o->items[i], &o->items[i + 1], (o->count - i) * sizeof(o->items[0]));
    return item;
}

struct ordered *order_find(const struct order *o, const char *key)
{
    size_t i = lower_bound(o, key);

    return is_at(o, i, key) ? o->items[i] : NULL;
}

size_t order_after(const struct order *o, const char *key)
{
    size_t i;

    if (key == NULL)
        return 0;
    i = lower_bound(o, key);
    return is_at(o, i, key) ? i + 1 : i;
}

void order_sweep(struct order *o, bool (*drop)(const struct ordered *item, const void *arg),
                 const void *arg)
{
    size_t kept = 0;

    for (size_t i = 0; i < o->count; i++) {
        if (!drop(o->items[i], arg))
            o->items[kept++] = o->items[i];
    }
    o->count = kept;
}
