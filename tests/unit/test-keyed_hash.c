/* SPDX-License-Identifier: MIT */
#include "auth/keyed_hash.h"

#include <string.h>

#include "lib/util/err.h"
#include "lib/util/util.h"
#include "tests/tap/tap.h"

static void test_parts(struct keyed_hash *k)
{
    static const struct {
        const char *what, *first, *second;
    } rows[] = {
        {"secret", "alice", "wonder"}, {"secret", "alicew", "onder"}, {"secret", "", "alicewonder"},
        {"secret", "alicewonder", ""}, {"token", "alice", "wonder"},  {"secretalice", "", "wonder"},
    };
    struct keyed_digest digests[ARRAY_LEN(rows)];

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct keyed_digest again;

        ok(keyed_hash(k, &digests[i], rows[i].what, rows[i].first, rows[i].second), "row %zu", i);
        (void)keyed_hash(k, &again, rows[i].what, rows[i].first, rows[i].second);
        ok(keyed_digest_equal(&digests[i], &again), "the same again");
        for (size_t j = 0; j < i; j++)
            ok(!keyed_digest_equal(&digests[i], &digests[j]), "differs from row %zu", j);
    }
}

int main(void)
{
    struct keyed_hash *one, *other;
    struct keyed_digest a, b;
    char text[KEYED_HASH_TEXT_SIZE];
    struct err err = {0};

    plan_lazy();
    is_int(keyed_hash_new(&one, &err), 0, "made: %s", err.msg);
    is_int(keyed_hash_new(&other, &err), 0, "another one");
    test_parts(one);
    (void)keyed_hash(one, &a, "secret", "alice", "wonder");
    (void)keyed_hash(other, &b, "secret", "alice", "wonder");
    ok(!keyed_digest_equal(&a, &b), "each has a key of its own");
    keyed_digest_fingerprint(text, &(struct keyed_digest){{0x01, 0x23, 0xab, 0xcd, 0xef}});
    is_str(text, "0123abcdef000000", "fingerprint");
    keyed_hash_free(one);
    keyed_hash_free(other);
    keyed_hash_free(NULL);
    done_testing();
}
