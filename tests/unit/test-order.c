/* SPDX-License-Identifier: MIT */
#include "registry/store/order.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/util/util.h"
#include "tests/tap/tap.h"
#include "tests/unit/store_help.h"

struct thing {
    struct ordered ordered; /* first */
    char name[24];
};

static void add(struct order *o, struct thing *t, const char *name)
{
    (void)snprintf(t->name, sizeof(t->name), "%s", name);
    t->ordered.key = t->name;
    ASSERT(order_reserve(o, NULL) == 0);
    order_add(o, &t->ordered);
}

static void test_few(void)
{
    static const char *const names[] = {"b", "Z", "a.1", "a", "a-1", "_", "0"};
    static const char *const sorted[] = {"0", "Z", "_", "a", "a-1", "a.1", "b"};
    struct thing things[ARRAY_LEN(names)];
    struct order o = {.items = NULL};

    is_int((long long)order_after(&o, NULL), 0, "an empty order starts at 0");
    is_int((long long)order_after(&o, "x"), 0, "an empty order ends at 0");
    ok(order_find(&o, "x") == NULL && order_remove(&o, "x") == NULL, "an empty order has nothing");
    for (size_t i = 0; i < ARRAY_LEN(names); i++)
        add(&o, &things[i], names[i]);
    for (size_t i = 0; i < ARRAY_LEN(sorted); i++)
        is_str(o.items[i]->key, sorted[i], "bytewise order: place %zu", i);
    is_int((long long)order_after(&o, "a"), 4, "after a thing that is there");
    is_int((long long)order_after(&o, "a+"), 4, "after a thing that is not there");
    is_int((long long)order_after(&o, ""), 0, "after the empty text");
    is_int((long long)order_after(&o, "b"), 7, "after the last");
    is_int((long long)order_after(&o, "zzz"), 7, "far behind the last");
    ok(order_find(&o, "a") == &things[3].ordered, "a thing is found");
    ok(order_remove(&o, "a") == &things[3].ordered, "a thing is removed");
    ok(order_find(&o, "a") == NULL && o.count == 6, "and is gone");
    ok(order_remove(&o, "a") == NULL && o.count == 6, "once only");
    order_done(&o);
    is_int((long long)o.count, 0, "an order that was dropped is empty");
}

static bool is_odd(const struct ordered *item, const void *arg)
{
    (void)arg;
    return (item->key[strlen(item->key) - 1] - '0') % 2 == 1;
}

static bool is_sorted(const struct order *o)
{
    for (size_t i = 1; i < o->count; i++) {
        if (strcmp(o->items[i - 1]->key, o->items[i]->key) >= 0)
            return false;
    }
    return true;
}

static void test_many(void)
{
    enum { MANY = 2000 };
    struct thing *things = calloc(MANY, sizeof(*things));
    struct order o = {.items = NULL};
    uint32_t state = 7;
    size_t removed = 0;

    ASSERT(things != NULL);
    for (size_t i = 0; i < MANY; i++) {
        char name[24];

        (void)snprintf(name, sizeof(name), "%08x-%zu", help_random(&state), i);
        add(&o, &things[i], name);
    }
    ok(o.count == MANY && is_sorted(&o), "many things in random order are sorted");
    for (size_t i = 0; i < MANY; i += 3)
        removed += order_remove(&o, things[i].name) == &things[i].ordered;
    is_int((long long)removed, (MANY + 2) / 3, "every third is removed");
    ok(o.count == MANY - removed && is_sorted(&o), "the others stay sorted");
    order_sweep(&o, is_odd, NULL);
    ok(o.count > 0 && is_sorted(&o), "a sweep keeps the order");
    for (size_t i = 0; i < o.count; i++) {
        if (is_odd(o.items[i], NULL))
            removed = 0;
    }
    ok(removed != 0, "a sweep leaves nothing it shall drop");
    order_done(&o);
    free(things);
}

int main(void)
{
    plan_lazy();
    test_few();
    test_many();
    done_testing();
}
