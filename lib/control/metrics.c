/* SPDX-License-Identifier: MIT */
#include "lib/control/metrics.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Out of memory must not end the program: the series is then not kept. */
#define HASH_NONFATAL_OOM 1
#include <uthash.h>

#include "lib/util/buf.h"
#include "lib/util/err.h"
#include "lib/util/text.h"
#include "lib/util/util.h"

enum { KEY_MAX = METRICS_LABELS_MAX * (METRICS_VALUE_MAX + 1) };

const double metrics_seconds[METRICS_SECONDS] = {
    0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60};

struct metrics_series {
    const struct metrics_row *row; /* borrowed */
    UT_hash_handle hh;             /* by key */
    size_t key_size;
    char *key;    /* in this piece of memory: the values, each with its NUL */
    double value; /* HISTOGRAM: the sum */
    uint64_t count;
    uint64_t buckets[]; /* HISTOGRAM: not cumulated, the last is +Inf */
};

struct metrics_list {
    struct metrics_series *series; /* owned: hash */
    struct metrics_series *other;  /* borrowed from series; NULL: there was room so far */
};

struct metrics {
    const struct metrics_row *table; /* borrowed */
    size_t count;
    struct metrics_list *lists; /* owned: one per row */
    /* owned: takes what cannot be kept, one per row */
    struct metrics_series **spare;
};

/* --- Series ------------------------------------------------------------------------------------
 */

static struct metrics_series *series_new(const struct metrics_row *row, const char *key, size_t n)
{
    size_t buckets = row->kind == METRICS_HISTOGRAM ? row->bucket_count + 1 : 0;
    size_t fixed = sizeof(struct metrics_series) + buckets * sizeof(uint64_t);
    struct metrics_series *s = calloc(1, fixed + n + 1);

    if (s == NULL)
        return NULL;
    s->row = row;
    s->key = (char *)s + fixed;
    s->key_size = n;
    memcpy(s->key, key, n);
    return s;
}

static size_t label_count(const struct metrics_row *row)
{
    size_t n = 0;

    while (row->labels[n] != NULL)
        n++;
    return n;
}

static size_t make_key(const struct metrics_row *row, const char *const *values, char key[KEY_MAX])
{
    size_t n = 0;

    for (size_t i = 0; row->labels[i] != NULL; i++) {
        const char *value = values[i] != NULL ? values[i] : "";
        size_t size = strnlen(value, METRICS_VALUE_MAX + 1);

        if (size > METRICS_VALUE_MAX)
            size = text_cut(value, METRICS_VALUE_MAX);
        memcpy(key + n, value, size);
        n += size;
        key[n++] = '\0';
    }
    return n;
}

static struct metrics_series *find(const struct metrics_list *list, const char *key, size_t n)
{
    struct metrics_series *s;

    HASH_FIND(hh, list->series, key, n, s);
    return s;
}

/* NULL when memory is short. */
static struct metrics_series *add(struct metrics_list *list, const struct metrics_row *row,
                                  const char *key, size_t n)
{
    struct metrics_series *s = series_new(row, key, n);

    if (s == NULL)
        return NULL;
    HASH_ADD_KEYPTR(hh, list->series, s->key, s->key_size, s);
    if (s->hh.tbl == NULL) {
        free(s);
        return NULL;
    }
    return s;
}

static struct metrics_series *add_other(struct metrics_list *list, const struct metrics_row *row)
{
    static const char *const other[METRICS_LABELS_MAX] = {"other", "other", "other", "other"};
    char key[KEY_MAX];
    size_t n = make_key(row, other, key);

    if (list->other == NULL)
        list->other = find(list, key, n);
    if (list->other == NULL)
        list->other = add(list, row, key, n);
    return list->other;
}

struct metrics_series *metrics_get(struct metrics *m, size_t row_index, const char *const *values)
{
    const struct metrics_row *row = &m->table[row_index];
    struct metrics_list *list = &m->lists[row_index];
    size_t most = row->series_max > 0 ? row->series_max : METRICS_SERIES_MAX;
    struct metrics_series *s;
    char key[KEY_MAX];
    size_t n;

    ASSERT(row_index < m->count);
    n = make_key(row, values, key);
    s = find(list, key, n);
    if (s != NULL)
        return s;
    s = HASH_CNT(hh, list->series) < most ? add(list, row, key, n) : add_other(list, row);
    return s != NULL ? s : m->spare[row_index];
}

static void list_clear(struct metrics_list *list)
{
    struct metrics_series *s, *next;

    HASH_ITER(hh, list->series, s, next) {
        HASH_DEL(list->series, s);
        free(s);
    }
    list->other = NULL;
}

void metrics_clear(struct metrics *m, size_t row)
{
    ASSERT(row < m->count);
    list_clear(&m->lists[row]);
}

/* --- Life --------------------------------------------------------------------------------------
 */

static bool fill(struct metrics *m)
{
    m->lists = calloc(m->count, sizeof(m->lists[0]));
    m->spare = calloc(m->count, sizeof(struct metrics_series *));
    if (m->lists == NULL || m->spare == NULL)
        return false;
    for (size_t i = 0; i < m->count; i++) {
        m->spare[i] = series_new(&m->table[i], "", 0);
        if (m->spare[i] == NULL)
            return false;
        /* Without labels there is one series, and it is there from the beginning. */
        if (label_count(&m->table[i]) == 0 && add(&m->lists[i], &m->table[i], "", 0) == NULL)
            return false;
    }
    return true;
}

int metrics_new(struct metrics **ret, const struct metrics_row *table, struct err *err)
{
    struct metrics *m = calloc(1, sizeof(*m));

    if (m == NULL)
        return err_set(err, ERR_NOMEM, "metrics");
    m->table = table;
    for (; table[m->count].name != NULL; m->count++)
        ASSERT(table[m->count].bucket_count <= METRICS_BUCKETS_MAX);
    ASSERT(m->count > 0);
    if (!fill(m)) {
        metrics_free(m);
        return err_set(err, ERR_NOMEM, "metrics");
    }
    *ret = m;
    return 0;
}

void metrics_free(struct metrics *m)
{
    if (m == NULL)
        return;
    for (size_t i = 0; i < m->count; i++) {
        if (m->lists != NULL)
            list_clear(&m->lists[i]);
        if (m->spare != NULL)
            free(m->spare[i]);
    }
    free(m->lists);
    free(m->spare);
    free(m);
}

/* --- Values ------------------------------------------------------------------------------------
 */

void metrics_add(struct metrics_series *s, double by)
{
    ASSERT(s->row->kind != METRICS_HISTOGRAM && (s->row->kind == METRICS_GAUGE || by >= 0));
    s->value += by;
}

void metrics_set(struct metrics_series *s, double value)
{
    ASSERT(s->row->kind != METRICS_HISTOGRAM);
    s->value = value;
}

void metrics_observe(struct metrics_series *s, double value)
{
    size_t i = 0;

    ASSERT(s->row->kind == METRICS_HISTOGRAM);
    while (i < s->row->bucket_count && value > s->row->buckets[i])
        i++;
    s->buckets[i]++;
    s->count++;
    s->value += value;
}

/* --- Text --------------------------------------------------------------------------------------
 */

static void put_escaped(struct buf *out, const char *s, bool quoted)
{
    for (; *s != '\0'; s++) {
        if (*s == '\\')
            (void)buf_append_text(out, "\\\\");
        else if (*s == '\n')
            (void)buf_append_text(out, "\\n");
        else if (*s == '"' && quoted)
            (void)buf_append_text(out, "\\\"");
        else
            (void)buf_append_char(out, *s);
    }
}

static void put_number(struct buf *out, double value)
{
    if (value > -1e15 && value < 1e15 && (double)(long long)value == value)
        (void)buf_appendf(out, "%lld", (long long)value);
    else
        (void)buf_appendf(out, "%.15g", value);
}

/* {op="blob.get",le="0.1"}; bound NULL: without le. */
static void put_labels(struct buf *out, const struct metrics_series *s, const char *bound)
{
    const char *value = s->key;
    const char *before = "{";

    for (size_t i = 0; s->row->labels[i] != NULL; i++) {
        (void)buf_appendf(out, "%s%s=\"", before, s->row->labels[i]);
        put_escaped(out, value, true);
        (void)buf_append_char(out, '"');
        value += strlen(value) + 1;
        before = ",";
    }
    if (bound != NULL) {
        (void)buf_appendf(out, "%sle=\"%s\"", before, bound);
        before = ",";
    }
    if (*before == ',')
        (void)buf_append_char(out, '}');
}

static void put_line(struct buf *out, const struct metrics_series *s, const char *suffix,
                     const char *bound, double value)
{
    (void)buf_appendf(out, "%s%s", s->row->name, suffix);
    put_labels(out, s, bound);
    (void)buf_append_char(out, ' ');
    put_number(out, value);
    (void)buf_append_char(out, '\n');
}

static void put_series(struct buf *out, const struct metrics_series *s)
{
    uint64_t so_far = 0;
    char bound[32];

    if (s->row->kind != METRICS_HISTOGRAM) {
        put_line(out, s, "", NULL, s->value);
        return;
    }
    for (size_t i = 0; i <= s->row->bucket_count; i++) {
        so_far += s->buckets[i];
        if (i < s->row->bucket_count)
            (void)snprintf(bound, sizeof(bound), "%g", s->row->buckets[i]);
        put_line(out, s, "_bucket", i < s->row->bucket_count ? bound : "+Inf", (double)so_far);
    }
    put_line(out, s, "_sum", NULL, s->value);
    put_line(out, s, "_count", NULL, (double)s->count);
}

static void put_head(struct buf *out, const struct metrics_row *row)
{
    static const char *const kinds[] = {"counter", "gauge", "histogram"};

    (void)buf_appendf(out, "# HELP %s ", row->name);
    put_escaped(out, row->help, false);
    (void)buf_appendf(out, "\n# TYPE %s %s\n", row->name, kinds[row->kind]);
}

/* By their labels, so that two texts can be compared. */
static int compare(struct metrics_series *a, struct metrics_series *b)
{
    size_t n = a->key_size < b->key_size ? a->key_size : b->key_size;
    int result = memcmp(a->key, b->key, n);

    return result != 0 ? result : (a->key_size > b->key_size) - (a->key_size < b->key_size);
}

void metrics_write(struct metrics *m, struct buf *out)
{
    struct metrics_series *s, *next;

    for (size_t i = 0; i < m->count; i++) {
        if (m->lists[i].series == NULL)
            continue;
        put_head(out, &m->table[i]);
        HASH_SORT(m->lists[i].series, compare);
        HASH_ITER(hh, m->lists[i].series, s, next)
            put_series(out, s);
    }
}
