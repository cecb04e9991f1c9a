/* SPDX-License-Identifier: MIT */
#include "lib/util/units.h"

#include <string.h>

#include "lib/util/err.h"
#include "lib/util/util.h"
#include "tests/tap/tap.h"

typedef int (*parse_fn)(uint64_t *ret, const char *text, struct err *err);
typedef const char *(*format_fn)(char dst[UNITS_TEXT_MAX], uint64_t value);

struct row {
    const char *text;
    uint64_t value;
};

static void reads(parse_fn parse, const struct row *rows, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        uint64_t value = 12345;
        struct err err = {0};

        is_int(parse(&value, rows[i].text, &err), 0, "'%s' is read", rows[i].text);
        is_int((long long)value, (long long)rows[i].value, "'%s' has its value", rows[i].text);
    }
}

static void refuses(parse_fn parse, const char *const *texts, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        uint64_t value = 12345;
        struct err err = {0};

        is_int(parse(&value, texts[i], &err), -1, "'%s' is refused", texts[i]);
        ok(err.code == ERR_SYNTAX || err.code == ERR_INVALID, "with a reason: %s", err.msg);
        is_int((long long)value, 12345, "and nothing is written");
    }
}

static void test_sizes(void)
{
    static const struct row good[] = {
        {"0", 0},
        {"1", 1},
        {"4096", 4096},
        {"10B", 10},
        {"64k", 65536},
        {"64K", 65536},
        {"64KiB", 65536},
        {"64kib", 65536},
        {"8MiB", 8388608},
        {"8M", 8388608},
        {"1kB", 1000},
        {"1KB", 1000},
        {"2MB", 2000000},
        {"1G", 1073741824},
        {"3GB", 3000000000},
        {"1TiB", 1099511627776},
        {"1.5KiB", 1536},
        {"0.1k", 102},
        {"0.0000000009k", 0},
        {"18446744073709551615", UINT64_MAX},
    };
    static const char *const bad[] = {
        "",
        " ",
        "-1",
        "+1",
        "k",
        "1 k",
        "1kk",
        "1.k",
        ".5k",
        "1x",
        "0x10",
        "1e3",
        "1KiBs",
        "18446744073709551616",
        "16777216TiB",
        "99999999999999999999999k",
        "1,5k",
    };

    reads(units_parse_size, good, ARRAY_LEN(good));
    refuses(units_parse_size, bad, ARRAY_LEN(bad));
}

static void test_durations(void)
{
    static const struct row good[] = {
        {"0", 0},
        {"0s", 0},
        {"50ms", 50},
        {"2s", 2000},
        {"300s", 300000},
        {"1h", 3600000},
        {"1h30m", 5400000},
        {"1d", 86400000},
        {"1.5s", 1500},
        {"0.0005s", 0},
        {"1d2h3m4s5ms", 93784005},
        {"0.25h", 900000},
    };
    static const char *const bad[] = {
        "",
        "1",
        "300",
        "s",
        "-1s",
        "1 s",
        "1s ",
        "1S",
        "1s1h",
        "1s1s",
        "1us",
        "1h-1m",
        "1.s",
        "99999999999999999999s",
        "213503982335d",
        "1h99999999999999999999m",
        "forever",
    };

    reads(units_parse_duration, good, ARRAY_LEN(good));
    refuses(units_parse_duration, bad, ARRAY_LEN(bad));
}

static void test_shift(void)
{
    static const struct {
        const char *text;
        int64_t ms;
    } rows[] = {{"0", 0},         {"-0", 0},         {"1h", 3600000},
                {"+1h", 3600000}, {"-1h", -3600000}, {"-1h30m", -5400000}};
    static const char *const bad[] = {"", "-", "--1h", "1h-30m", "-1", "- 1h", "106751991167301d"};
    int64_t ms = 42;

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        is_int(units_parse_shift(&ms, rows[i].text, NULL), 0, "'%s' is a shift", rows[i].text);
        is_int(ms, rows[i].ms, "  of so many milliseconds");
    }
    for (size_t i = 0; i < ARRAY_LEN(bad); i++)
        is_int(units_parse_shift(&ms, bad[i], NULL), -1, "'%s' is none", bad[i]);
}

static void writes(format_fn format, parse_fn parse, const struct row *rows, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        char text[UNITS_TEXT_MAX];
        uint64_t back = 0;

        is_str(format(text, rows[i].value), rows[i].text, "written: %s", rows[i].text);
        is_int(parse(&back, text, NULL), 0, "%s can be read", text);
        is_int((long long)back, (long long)rows[i].value, "%s comes back", text);
    }
}

static void test_format(void)
{
    static const struct row sizes[] = {
        {"0", 0},
        {"1", 1},
        {"1000", 1000},
        {"1KiB", 1024},
        {"8MiB", 8388608},
        {"1025", 1025},
        {"1GiB", 1 << 30},
        {"3TiB", 3ULL << 40},
        {"1536KiB", 1536 * 1024},
        {"18446744073709551615", UINT64_MAX},
    };
    static const struct row durations[] = {
        {"0", 0},         {"1ms", 1},       {"1s", 1000},
        {"90s", 90000},   {"90m", 5400000}, {"1h", 3600000},
        {"1d", 86400000}, {"1001ms", 1001}, {"18446744073709551615ms", UINT64_MAX},
    };

    writes(units_format_size, units_parse_size, sizes, ARRAY_LEN(sizes));
    writes(units_format_duration, units_parse_duration, durations, ARRAY_LEN(durations));
}

int main(void)
{
    plan_lazy();
    test_sizes();
    test_durations();
    test_format();
    test_shift();
    done_testing();
}
