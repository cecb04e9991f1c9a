/* SPDX-License-Identifier: MIT */
/*
 * Counters, gauges and histograms in the text format of Prometheus (0.0.4).
 *
 * The product hands over a table. A series belongs to one metric and the values of its labels; it
 * is made when it is first asked for, may be kept by the caller, and lives as long as the registry.
 * Labels have few values: above the limit of a metric all further ones share a series named
 * "other". Loop thread only.
 */
#ifndef LIB_CONTROL_METRICS_H
#define LIB_CONTROL_METRICS_H

#include <stddef.h>
#include <stdint.h>

struct buf;
struct err;
struct metrics;
struct metrics_series;

enum {
    METRICS_LABELS_MAX = 4,
    METRICS_BUCKETS_MAX = 24,
    METRICS_SERIES_MAX = 1000, /* of one metric that does not say */
    METRICS_VALUE_MAX = 100,   /* bytes of the value of a label; longer ones are cut */
};

#define METRICS_TYPE "text/plain; version=0.0.4; charset=utf-8"

enum metrics_kind { METRICS_COUNTER, METRICS_GAUGE, METRICS_HISTOGRAM };

/* One metric; all of it is static and borrowed. */
struct metrics_row {
    const char *name; /* NULL ends a table */
    enum metrics_kind kind;
    const char *help;
    const char *labels[METRICS_LABELS_MAX + 1]; /* names, ended by NULL */
    const double *buckets; /* HISTOGRAM: upper bounds, ascending; +Inf is added */
    size_t bucket_count;
    size_t series_max; /* 0: the default above */
};

/* Upper bounds for durations of requests, in seconds: half a millisecond to a minute. */
enum { METRICS_SECONDS = 16 };
extern const double metrics_seconds[METRICS_SECONDS];

int metrics_new(struct metrics **ret, const struct metrics_row *table, struct err *err);
void metrics_free(struct metrics *m); /* NULL-safe */

/*
 * The series of that row of the table with these values, one per label; NULL values are "". Never
 * NULL: what cannot be kept is counted in a series that is not shown.
 */
struct metrics_series *metrics_get(struct metrics *m, size_t row, const char *const *values);
void metrics_add(struct metrics_series *s, double by); /* COUNTER (by >= 0), GAUGE */
void metrics_set(struct metrics_series *s,
                 double value); /* COUNTER that is counted elsewhere, GAUGE */
void metrics_observe(struct metrics_series *s, double value); /* HISTOGRAM */
/* For one with labels whose values come and go (kinds of rules): forgets all its series. Pointers
   to them are not valid any more. */
void metrics_clear(struct metrics *m, size_t row);

/* Appends the text; errors are out's. Metrics without a series are left out, unless they have no
   label: then they are 0. */
void metrics_write(struct metrics *m, struct buf *out);
/* process_*: CPU, memory, descriptors, start, as Prometheus' own clients name them. */
void metrics_write_process(struct buf *out);

#endif
