/* SPDX-License-Identifier: MIT */
#include "fixtures/noise.h"

#include <string.h>

#include "lib/util/digest.h"
#include "tests/tap/tap.h"

enum { N = 4096 };

static void test_any_part_is_part_of_the_whole(void)
{
    unsigned char whole[N], part[N];
    bool same = true;

    noise_fill(whole, N, 7, 1, 0);
    for (size_t from = 0; from < 70; from++) {
        for (size_t n = 0; n < 40; n++) {
            memset(part, 0, sizeof(part));
            noise_fill(part, n, 7, 1, from);
            same = same && memcmp(part, whole + from, n) == 0 && part[n] == 0;
        }
    }
    ok(same, "a part from any offset is what stands there, and not a byte more");
    noise_fill(part, 16, 7, 1, UINT64_C(1) << 40);
    ok(memcmp(part, whole, 16) != 0, "far away it is something else");
}

static void test_seeds_and_streams(void)
{
    unsigned char a[64], b[64];

    noise_fill(a, sizeof(a), 1, 1, 0);
    noise_fill(b, sizeof(b), 2, 1, 0);
    ok(memcmp(a, b, sizeof(a)) != 0, "another seed, other bytes");
    noise_fill(b, sizeof(b), 1, 2, 0);
    ok(memcmp(a, b, sizeof(a)) != 0, "another stream, other bytes");
    noise_fill(b, sizeof(b), 1, 1, 0);
    ok(memcmp(a, b, sizeof(a)) == 0, "the same of both, the same bytes");
}

/* Whatever changes these bytes changes every digest that people wrote down. */
static void test_golden(void)
{
    unsigned char whole[N];
    struct digest d;

    noise_fill(whole, N, 42, 3, 5);
    is_int(digest_of(&d, DIGEST_SHA256, whole, N, NULL), 0, "4 KiB are hashed");
    is_str(d.text, "sha256:df1c849f8c106de28079d45f13e6794e6048fbbb2ab67c4917f20de6b37cdfa5",
           "they are what they always were");
}

int main(void)
{
    plan_lazy();
    test_any_part_is_part_of_the_whole();
    test_seeds_and_streams();
    test_golden();
    done_testing();
}
