/* SPDX-License-Identifier: MIT */
#include "fixtures/stored.h"

#include <stdio.h>
#include <stdlib.h>

#include "fixtures/noise.h"
#include "lib/util/buf.h"
#include "lib/util/err.h"
#include "lib/util/util.h"
#include "tests/tap/tap.h"
#include "tests/unit/unpack_help.h"

typedef int (*stored_fn)(struct buf *to, const void *p, size_t n, struct err *err);

/* Around the sizes of their blocks. */
static const size_t sizes[] = {1,      2,      511,        65534,      65535,  65536,
                               131070, 131071, 128 * 1024, 131072 + 1, 400000, 1 << 20};

static void test_round(stored_fn pack, const char *name)
{
    for (size_t i = 0; i < ARRAY_LEN(sizes); i++) {
        auto_free char *bytes = malloc(sizes[i]);
        auto_buf struct buf packed = BUF_INIT(2 << 20), out = BUF_INIT(2 << 20);
        struct err err = {0};

        noise_fill(bytes, sizes[i], 1, 1, 0);
        is_int(pack(&packed, bytes, sizes[i], &err), 0, "%s: %zu bytes", name, sizes[i]);
        ok(unpack_bytes(&out, packed.data, packed.len) != NULL, "can be read");
        is_mem(out.data, out.len, bytes, sizes[i], "and give the same bytes");
        ok(packed.len < sizes[i] + 64 + sizes[i] / 1000, "for little more");
    }
}

static void test_bytes(void)
{
    static const unsigned char gzip[] = {0x1f, 0x8b, 8,    0,    0,    0,    0,   0,   0,
                                         255,  1,    3,    0,    0xfc, 0xff, 'a', 'b', 'c',
                                         0xc2, 0x41, 0x24, 0x35, 3,    0,    0,   0};
    static const unsigned char gzip_empty[] = {0x1f, 0x8b, 8,    0, 0, 0, 0, 0, 0, 255, 1, 0,
                                               0,    0xff, 0xff, 0, 0, 0, 0, 0, 0, 0,   0};
    static const unsigned char zstd[] = {0x28, 0xb5, 0x2f, 0xfd, 0xc0, 0x38, 3, 0,   0,   0,
                                         0,    0,    0,    0,    0x19, 0,    0, 'a', 'b', 'c'};
    auto_buf struct buf b = BUF_INIT(1000);

    is_int(stored_gzip(&b, "abc", 3, NULL), 0, "gzip: three bytes");
    is_mem(b.data, b.len, gzip, sizeof(gzip), "as RFC 1951 and 1952 have it");
    buf_reset(&b);
    is_int(stored_gzip(&b, NULL, 0, NULL), 0, "gzip: nothing");
    is_mem(b.data, b.len, gzip_empty, sizeof(gzip_empty), "is one empty block");
    buf_reset(&b);
    is_int(stored_zstd(&b, "abc", 3, NULL), 0, "zstd: three bytes");
    is_mem(b.data, b.len, zstd, sizeof(zstd), "as RFC 8878 has it");
}

static void test_limit(void)
{
    auto_buf struct buf b = BUF_INIT(20);
    struct err err = {0};

    is_int(stored_gzip(&b, "abcdef", 6, &err), -1, "what does not fit is refused");
    is_int(err.code, ERR_LIMIT, "with a reason: %s", err.msg);
}

int main(void)
{
    plan_lazy();
    test_bytes();
    test_round(stored_gzip, "gzip");
    test_round(stored_zstd, "zstd");
    test_limit();
    done_testing();
}
