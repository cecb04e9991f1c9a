/* SPDX-License-Identifier: MIT */
#include "lib/control/metrics.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "lib/util/buf.h"
#include "lib/util/util.h"
#include "tests/tap/tap.h"

enum { REQUESTS, DURATION, ACTIVE, KINDS, FEW, ROWS };

static const double bounds[] = {0.1, 1, 10};

static const struct metrics_row table[] = {
    [REQUESTS] = {.name = "x_requests_total",
                  .kind = METRICS_COUNTER,
                  .help = "Requests.",
                  .labels = {"op", "code"}},
    [DURATION] = {.name = "x_duration_seconds",
                  .kind = METRICS_HISTOGRAM,
                  .help = "Line one\nand a \\ and a \".",
                  .buckets = bounds,
                  .bucket_count = ARRAY_LEN(bounds)},
    [ACTIVE] = {.name = "x_active", .kind = METRICS_GAUGE, .help = "Active."},
    [KINDS] = {.name = "x_kinds", .kind = METRICS_GAUGE, .help = "Kinds.", .labels = {"kind"}},
    [FEW] = {.name = "x_few",
             .kind = METRICS_COUNTER,
             .help = "Few.",
             .labels = {"a"},
             .series_max = 2},
    [ROWS] = {.name = NULL},
};

static struct metrics *begin(void)
{
    struct metrics *m = NULL;

    is_int(metrics_new(&m, table, NULL), 0, "new");
    return m;
}

static void is_text(struct metrics *m, const char *want, const char *name)
{
    auto_buf struct buf b = BUF_INIT(10000);

    metrics_write(m, &b);
    is_str(buf_text(&b), want, "%s", name);
}

static struct metrics_series *request(struct metrics *m, const char *op, const char *code)
{
    return metrics_get(m, REQUESTS, (const char *const[]){op, code});
}

#define EMPTY_DURATION                                                                             \
    "# HELP x_duration_seconds Line one\\nand a \\\\ and a \".\n"                                  \
    "# TYPE x_duration_seconds histogram\n"                                                        \
    "x_duration_seconds_bucket{le=\"0.1\"} 0\n"                                                    \
    "x_duration_seconds_bucket{le=\"1\"} 0\n"                                                      \
    "x_duration_seconds_bucket{le=\"10\"} 0\n"                                                     \
    "x_duration_seconds_bucket{le=\"+Inf\"} 0\n"                                                   \
    "x_duration_seconds_sum 0\n"                                                                   \
    "x_duration_seconds_count 0\n"
#define EMPTY_ACTIVE "# HELP x_active Active.\n# TYPE x_active gauge\nx_active 0\n"

static void test_counters(void)
{
    struct metrics *m = begin();
    struct metrics_series *s;

    is_text(m, EMPTY_DURATION EMPTY_ACTIVE, "without labels there is a value from the beginning");
    s = request(m, "blob.get", "200");
    metrics_add(s, 1);
    metrics_add(request(m, "blob.get", "200"), 2);
    ok(request(m, "blob.get", "200") == s, "a series stays where it is");
    metrics_add(request(m, "a", "404"), 1);
    metrics_add(request(m, "blob.get", "\"\\\n"), 1);
    metrics_add(request(m, NULL, "1"), 1);
    metrics_set(metrics_get(m, ACTIVE, NULL), -2.5);
    metrics_add(metrics_get(m, ACTIVE, NULL), -1);
    is_text(m,
            "# HELP x_requests_total Requests.\n"
            "# TYPE x_requests_total counter\n"
            "x_requests_total{op=\"\",code=\"1\"} 1\n"
            "x_requests_total{op=\"a\",code=\"404\"} 1\n"
            "x_requests_total{op=\"blob.get\",code=\"\\\"\\\\\\n\"} 1\n"
            "x_requests_total{op=\"blob.get\",code=\"200\"} 3\n" EMPTY_DURATION
            "# HELP x_active Active.\n# TYPE x_active gauge\nx_active -3.5\n",
            "series by their labels");
    metrics_free(m);
}

static void test_histogram(void)
{
    struct metrics *m = begin();
    struct metrics_series *s = metrics_get(m, DURATION, NULL);

    metrics_observe(s, 0.05);
    metrics_observe(s, 0.1);
    metrics_observe(s, 5);
    metrics_observe(s, 100);
    is_text(m,
            "# HELP x_duration_seconds Line one\\nand a \\\\ and a \".\n"
            "# TYPE x_duration_seconds histogram\n"
            "x_duration_seconds_bucket{le=\"0.1\"} 2\n"
            "x_duration_seconds_bucket{le=\"1\"} 2\n"
            "x_duration_seconds_bucket{le=\"10\"} 3\n"
            "x_duration_seconds_bucket{le=\"+Inf\"} 4\n"
            "x_duration_seconds_sum 105.15\n"
            "x_duration_seconds_count 4\n" EMPTY_ACTIVE,
            "buckets are cumulated, bounds belong to them");
    metrics_free(m);
}

static void test_bounds(void)
{
    struct metrics *m = begin();
    char value[METRICS_VALUE_MAX + 10];
    struct metrics_series *cut;

    for (int i = 0; i < 10; i++) {
        (void)snprintf(value, sizeof(value), "v%d", i);
        metrics_add(metrics_get(m, FEW, (const char *const[]){value}), 1);
    }
    is_text(m,
            EMPTY_DURATION EMPTY_ACTIVE
            "# HELP x_few Few.\n# TYPE x_few counter\n"
            "x_few{a=\"other\"} 8\nx_few{a=\"v0\"} 1\nx_few{a=\"v1\"} 1\n",
            "too many values are others");
    metrics_clear(m, FEW);
    is_text(m, EMPTY_DURATION EMPTY_ACTIVE, "forgotten");

    memset(value, 'x', sizeof(value));
    value[sizeof(value) - 1] = '\0';
    cut = metrics_get(m, KINDS, (const char *const[]){value});
    value[METRICS_VALUE_MAX] = '\0';
    ok(metrics_get(m, KINDS, (const char *const[]){value}) == cut, "long values are cut");
    value[METRICS_VALUE_MAX - 1] = '\0';
    ok(metrics_get(m, KINDS, (const char *const[]){value}) != cut, "but not more than needed");
    metrics_free(m);
    metrics_free(NULL);
}

static void test_seconds(void)
{
    bool ascending = true;

    for (size_t i = 1; i < METRICS_SECONDS; i++)
        ascending = ascending && metrics_seconds[i - 1] < metrics_seconds[i];
    ok(ascending, "bounds of durations ascend");
}

int main(void)
{
    plan_lazy();
    test_counters();
    test_histogram();
    test_bounds();
    test_seconds();
    done_testing();
}
