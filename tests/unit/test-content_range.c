/* SPDX-License-Identifier: MIT */
#include "registry/content_range.h"

#include "lib/util/util.h"
#include "tests/tap/tap.h"

static void test_good(void)
{
    static const struct {
        const char *text;
        long long start;
        long long length;
    } good[] = {
        {"0-0", 0, 1},
        {"0-9", 0, 10},
        {"10-19", 10, 10},
        {"bytes 10-19", 10, 10},
        {"Bytes  10-19", 10, 10},
        {"10-19/20", 10, 10},
        {"bytes 10-19/*", 10, 10},
        {"007-009", 7, 3},
        {"5-4", 5, 0},
        {"999999999999999998-999999999999999999", 999999999999999998, 2},
    };

    for (size_t i = 0; i < ARRAY_LEN(good); i++) {
        struct content_range range = {0};

        ok(content_range_parse(&range, good[i].text), "UP4 read: '%s'", good[i].text);
        is_int((long long)range.start, good[i].start, "UP4 start of '%s'", good[i].text);
        is_int((long long)range.length, good[i].length, "UP4 length of '%s'", good[i].text);
    }
}

static void test_bad(void)
{
    static const char *const bad[] = {
        "",
        "-",
        "1",
        "1-",
        "-1",
        "9-1",
        "5-3",
        "a-b",
        "1-2-3",
        "1 - 2",
        "1-2 ",
        " 1-2",
        "0x1-0x2",
        "+1-2",
        "1-2/",
        "bytes=1-2",
        "bytes",
        "bytes ",
        "bytes1-2",
        "1-2/2",
        "1-2/x",
        "1-2/**",
        "1-1000000000000000000",
        "99999999999999999999-99999999999999999999",
    };

    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        struct content_range range = {.start = 77};

        ok(!content_range_parse(&range, bad[i]), "UP4 refused: '%s'", bad[i]);
        is_int((long long)range.start, 77, "UP4 nothing is written for '%s'", bad[i]);
    }
}

int main(void)
{
    plan_lazy();
    test_good();
    test_bad();
    done_testing();
}
