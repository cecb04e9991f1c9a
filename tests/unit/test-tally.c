/* SPDX-License-Identifier: MIT */
#include "lib/fault/tally.h"

#include <stdio.h>
#include <string.h>

#include "lib/util/err.h"
#include "tests/tap/tap.h"

static struct tally_key key(uint64_t serial, const char *a, const char *b)
{
    struct tally_key k;

    tally_key_begin(&k, serial, 0);
    tally_key_add(&k, a, a != NULL ? strlen(a) : 0);
    tally_key_add(&k, b, b != NULL ? strlen(b) : 0);
    return k;
}

static bool same(struct tally_key x, struct tally_key y)
{
    return x.a == y.a && x.b == y.b;
}

static void test_keys(void)
{
    struct tally_key other;

    ok(same(key(1, "a", "b"), key(1, "a", "b")), "equal values are one group");
    ok(!same(key(1, "a", "b"), key(2, "a", "b")), "of one rule");
    ok(!same(key(1, "a", "b"), key(1, "b", "a")), "the order counts");
    ok(!same(key(1, "ab", ""), key(1, "a", "b")), "and where a value ends");
    ok(!same(key(1, "", "b"), key(1, NULL, "b")), "no value is not an empty one");
    tally_key_begin(&other, 1, 1);
    tally_key_add(&other, "a", 1);
    tally_key_add(&other, "b", 1);
    ok(!same(key(1, "a", "b"), other), "kinds are kept apart");
}

static void test_counts(void)
{
    struct tally *t = NULL;
    struct err err = {0};
    struct tally_key a = key(1, "a", "x"), b = key(1, "b", "x");

    is_int(tally_new(&t, 10, &err), 0, "made");
    ok(tally_find(t, &a) == NULL, "nothing at first");
    is_int((long long)tally_get(t, &a)->count++, 0, "begins with 0");
    is_int((long long)tally_get(t, &a)->count, 1, "goes on");
    is_int((long long)tally_get(t, &b)->count, 0, "another is another");
    is_int((long long)tally_find(t, &a)->count, 1, "is found");
    is_int((long long)tally_size(t), 2, "two groups");
    tally_clear(t);
    is_int((long long)tally_size(t), 0, "cleared");
    is_int((long long)tally_get(t, &a)->count, 0, "begins anew");
    tally_free(t);
    tally_free(NULL);
}

/* The one that was not seen for the longest time goes. */
static void test_bounded(void)
{
    enum { MOST = 100 };
    struct tally *t = NULL;
    struct err err = {0};
    struct tally_key first = key(0, "first", NULL), second;
    char name[16];

    (void)tally_new(&t, MOST, &err);
    tally_get(t, &first)->count = 7;
    for (int i = 0; i < MOST - 1; i++) {
        struct tally_key k;

        (void)snprintf(name, sizeof(name), "%d", i);
        k = key(0, name, NULL);
        if (i == 0)
            second = k;
        (void)tally_get(t, &k);
    }
    is_int((long long)tally_size(t), MOST, "full");
    (void)tally_get(t, &first);
    for (int i = 0; i < 10; i++) {
        struct tally_key k;

        (void)snprintf(name, sizeof(name), "x%d", i);
        k = key(0, name, NULL);
        (void)tally_get(t, &k);
    }
    is_int((long long)tally_size(t), MOST, "never more");
    is_int((long long)tally_find(t, &first)->count, 7, "what was seen lately stays");
    ok(tally_find(t, &second) == NULL, "the oldest went");
    tally_free(t);
}

int main(void)
{
    plan_lazy();
    test_keys();
    test_counts();
    test_bounded();
    done_testing();
}
