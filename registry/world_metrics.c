/* SPDX-License-Identifier: MIT */
#include "registry/world_metrics.h"

#include <stdio.h>
#include <stdlib.h>

#include <jansson.h>

#include "lib/control/journal.h"
#include "lib/control/metrics.h"
#include "lib/fault/fault.h"
#include "lib/http/exchange.h"
#include "lib/util/buf.h"
#include "lib/util/err.h"
#include "lib/util/util.h"
#include "registry/call.h"
#include "registry/registry.h"
#include "registry/store/blob_store.h"

enum row {
    REQUESTS,
    SECONDS,
    BYTES,
    TOKENS,
    FAULTS,
    FAULTS_HELD,
    FAULTS_OVERFLOW,
    JOURNAL_SIZE,
    JOURNAL_LOST,
    UPLOADS,
    STORAGE,
    BUILD,
};

static const struct metrics_row table[] = {
    [REQUESTS] = {.name = "ocimock_http_requests_total",
                  .help = "Requests by operation and status.",
                  .labels = {"op", "code"},
                  .series_max = 4096},
    [SECONDS] = {.name = "ocimock_http_request_duration_seconds",
                 .kind = METRICS_HISTOGRAM,
                 .help = "From the head of a request to the last byte of its answer.",
                 .labels = {"op"},
                 .buckets = metrics_seconds,
                 .bucket_count = METRICS_SECONDS},
    [BYTES] = {.name = "ocimock_http_response_bytes_total",
               .help = "Bytes of response bodies that were sent."},
    [TOKENS] = {.name = "ocimock_auth_tokens_issued_total",
                .help = "Answers of the token service: what was asked for was granted, only parts "
                        "of it, nothing, or there was no token.",
                .labels = {"result"}},
    [FAULTS] = {.name = "ocimock_faults_injected_total",
                .help = "Effects of rules, by kind.",
                .labels = {"kind"}},
    [FAULTS_HELD] = {.name = "ocimock_faults_active",
                     .kind = METRICS_GAUGE,
                     .help = "Answers that are delayed or held now."},
    [FAULTS_OVERFLOW] = {.name = "ocimock_faults_overflow_total",
                         .help = "Requests refused because too many answers were held."},
    [JOURNAL_SIZE] = {.name = "ocimock_journal_entries",
                      .kind = METRICS_GAUGE,
                      .help = "Requests in the journal."},
    [JOURNAL_LOST] = {.name = "ocimock_journal_dropped_total",
                      .help = "Requests that the journal had no room for any more."},
    [UPLOADS] = {.name = "ocimock_uploads_active",
                 .kind = METRICS_GAUGE,
                 .help = "Open upload sessions."},
    [STORAGE] = {.name = "ocimock_storage_bytes",
                 .kind = METRICS_GAUGE,
                 .help = "Bytes of blobs and manifests."},
    [BUILD] = {.name = "ocimock_build_info",
               .kind = METRICS_GAUGE,
               .help = "1, with the version.",
               .labels = {"version"}},
    {.name = NULL},
};

enum {
    OP_COUNT = 0
#define OP_ROW(name, text) +1
#include "registry/op.tbl.h"
#undef OP_ROW
    ,
    STATUS_SLOTS = 8, /* 200, 206, 401, 404, 503 ... fall into different ones */
};

/* What every request is counted in, so that its series are not looked up each time. */
struct world_series {
    struct {
        int status;
        struct metrics_series *series; /* borrowed; NULL: none yet */
    } requests[OP_COUNT][STATUS_SLOTS];
    struct metrics_series *seconds[OP_COUNT]; /* likewise */
    struct metrics_series *bytes;             /* borrowed */
};

static void set(struct world *w, enum row row, const char *const *labels, double value)
{
    metrics_set(metrics_get(w->metrics, row, labels), value);
}

int world_metrics_open(struct world *w, struct err *err)
{
    static const char *const version[] = {PACKAGE_VERSION, NULL};

    if (metrics_new(&w->metrics, table, err) != 0)
        return -1;
    w->series = calloc(1, sizeof(*w->series));
    if (w->series == NULL)
        return err_set(err, ERR_NOMEM, "metrics");
    w->series->bytes = metrics_get(w->metrics, BYTES, NULL);
    set(w, BUILD, version, 1);
    return 0;
}

void world_metrics_close(struct world *w)
{
    metrics_free(w->metrics);
    free(w->series);
}

/* Series stay where they are: those of requests are never cleared. */
static struct metrics_series *requests_of(struct world *w, enum op op, int status)
{
    unsigned slot = (unsigned)status % STATUS_SLOTS;
    char code[16];
    const char *const labels[] = {op_name(op), code, NULL};

    if (w->series->requests[op][slot].series == NULL ||
        w->series->requests[op][slot].status != status) {
        (void)snprintf(code, sizeof(code), "%d", status);
        w->series->requests[op][slot].series = metrics_get(w->metrics, REQUESTS, labels);
        w->series->requests[op][slot].status = status;
    }
    return w->series->requests[op][slot].series;
}

static const char *token_result(const struct registry_call *call, int status)
{
    if (status != 200)
        return "refused";
    for (size_t i = 0; i < call->asked.count; i++) {
        if (!scope_set_covers(&call->granted, &call->asked.items[i]))
            return call->granted.count > 0 ? "partial" : "empty";
    }
    return "granted";
}

static void count_token(struct registry_call *call, int status)
{
    const char *const labels[] = {token_result(call, status), NULL};

    metrics_add(metrics_get(call->world->metrics, TOKENS, labels), 1);
}

void world_metrics_count(struct registry_call *call, const struct http_exchange *x)
{
    struct world *w = call->world;
    enum op op = call->route.op;
    const char *const labels[] = {op_name(op), NULL};
    const struct http_traffic *t = http_exchange_traffic(x);
    int status = http_reply_sent(x) ? http_reply_status(x) : 0;

    if (w->series->seconds[op] == NULL)
        w->series->seconds[op] = metrics_get(w->metrics, SECONDS, labels);
    metrics_add(requests_of(w, op, status), 1);
    if (op == OP_TOKEN)
        count_token(call, status);
    metrics_observe(w->series->seconds[op], (double)(t->ended_us - t->started_us) / 1e6);
    metrics_add(w->series->bytes, (double)t->body_out);
}

static void set_kinds(struct world *w)
{
    json_t *kinds = fault_engine_kinds(w->faults);
    const char *kind;
    json_t *count;

    metrics_clear(w->metrics, FAULTS);
    json_object_foreach(kinds, kind, count)
    {
        const char *const labels[] = {kind, NULL};

        set(w, FAULTS, labels, (double)json_integer_value(count));
    }
    json_decref(kinds);
}

/* What is counted elsewhere is looked up when somebody asks. */
static void refresh(struct world *w)
{
    struct fault_counters faults = fault_engine_counters(w->faults);
    struct journal_counters journal = journal_counters(w->journal);

    set_kinds(w);
    set(w, FAULTS_HELD, NULL, (double)faults.held);
    set(w, FAULTS_OVERFLOW, NULL, (double)faults.overflow);
    set(w, JOURNAL_SIZE, NULL, (double)journal.entries);
    set(w, JOURNAL_LOST, NULL, (double)journal.dropped);
    set(w, UPLOADS, NULL, (double)w->meta->ops->upload_count(w->meta));
    set(w, STORAGE, NULL, (double)w->blobs->ops->used(w->blobs));
}

void world_metrics_write(struct world *w, struct buf *out)
{
    refresh(w);
    metrics_write(w->metrics, out);
    metrics_write_process(out);
}
