/* SPDX-License-Identifier: MIT */
#include "tests/unit/act_help.h"

#include <poll.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "lib/fault/words.h"
#include "lib/http/body.h"
#include "lib/http/hook.h"
#include "lib/http/range.h"
#include "lib/http/request.h"
#include "lib/util/clock.h"
#include "lib/util/err.h"
#include "lib/util/util.h"
#include "tests/unit/wire_help.h"

_Atomic int fault_handled;
_Atomic int fault_ended;
_Atomic int fault_acted;

static struct fault_engine *engine;
static struct fault_setup setup;
static struct clock clock_;
static struct fault_end last_end;

/* --- Words -------------------------------------------------------------------------------------
 */

enum { WORD_OPERATION, WORD_REPO, WORD_CLIENT, WORD_USER, WORD_LISTENER, WORD_SNI };

static const char *const ops[] = {"get", "put"};
static const struct word words[] = {
    [WORD_OPERATION] = {.name = "op", .kind = WORD_OP},
    [WORD_REPO] = {.name = "repo", .kind = WORD_TEXT},
    [WORD_CLIENT] = {.name = "client", .kind = WORD_ADDRESS, .early = true},
    [WORD_USER] = {.name = "user", .kind = WORD_TEXT},
    [WORD_LISTENER] = {.name = "listener", .kind = WORD_TEXT, .early = true},
    [WORD_SNI] = {.name = "sni", .kind = WORD_TEXT, .hello = true},
};

static const struct vocabulary vocabulary = {
    .words = words,
    .word_count = ARRAY_LEN(words),
    .ops = ops,
    .op_count = ARRAY_LEN(ops),
    .op_word = WORD_OPERATION,
    .key_word = WORD_REPO,
    .client_word = WORD_CLIENT,
    .user_word = WORD_USER,
};

/* --- The product -------------------------------------------------------------------------------
 */

struct call {
    struct http_exchange *x;
    struct fault_plan plan;
};

char fault_byte(uint64_t n)
{
    return (char)('a' + n % 23);
}

bool fault_bytes_are(const char *p, size_t n, uint64_t offset)
{
    for (size_t i = 0; i < n; i++) {
        if (p[i] != fault_byte(offset + i))
            return false;
    }
    return true;
}

static size_t fill(void *arg, uint64_t offset, void *buf, size_t n)
{
    (void)arg;
    for (size_t i = 0; i < n; i++)
        ((char *)buf)[i] = fault_byte(offset + i);
    return n;
}

/* "bytes=5-9", one range that fits; the product need not understand more. */
static bool wanted_range(const struct http_request *req, uint64_t size, uint64_t *first,
                         uint64_t *last)
{
    const char *text = http_request_header(req, "Range");
    char *rest;

    if (text == NULL || strncmp(text, "bytes=", 6) != 0)
        return false;
    *first = strtoull(text + 6, &rest, 10);
    *last = rest[0] == '-' && rest[1] != '\0' ? strtoull(rest + 1, NULL, 10) : size - 1;
    return *first <= *last && *last < size;
}

static void reply_size(struct http_exchange *x, uint64_t size)
{
    uint64_t first = 0, last = size - 1;
    bool part = wanted_range(http_exchange_request(x), size, &first, &last);

    http_reply_begin(x, part ? 206 : 200);
    http_reply_header(x, "Content-Type", "application/octet-stream");
    http_reply_header(x, "X-Digest", "sha256:0123456789abcdef");
    if (part)
        http_reply_headerf(x, "Content-Range", "bytes %llu-%llu/%llu", (unsigned long long)first,
                           (unsigned long long)last, (unsigned long long)size);
    if (size > 0)
        http_reply_body(x, http_source_generate(fill, first, last - first + 1, NULL, NULL),
                        (int64_t)(last - first + 1));
    http_reply_send(x);
}

static void handle(void *arg)
{
    struct call *call = arg;
    const char *path = http_exchange_request(call->x)->path;

    atomic_fetch_add(&fault_handled, 1);
    if (strncmp(path, "/size/", 6) == 0) {
        reply_size(call->x, strtoull(path + 6, NULL, 10));
        return;
    }
    http_reply_begin(call->x, 200);
    http_reply_text(call->x, path, strlen(path));
    http_reply_send(call->x);
}

static void app_request(struct http_exchange *x, void *arg)
{
    struct subject s = {.request = http_exchange_request(x)};
    struct call *call = calloc(1, sizeof(*call));

    (void)arg;
    ASSERT(call != NULL);
    call->x = x;
    http_exchange_set_data(x, call);
    s.op = s.request->method == HTTP_METHOD_PUT;
    s.values[WORD_OPERATION] = ops[s.op];
    s.values[WORD_REPO] = s.request->path;
    s.values[WORD_CLIENT] = http_conn_peer(http_exchange_conn(x));
    s.values[WORD_USER] = "anonymous";
    s.values[WORD_LISTENER] = "registry";
    fault_match(engine, &s, NULL, &call->plan);
    fault_begin(engine, &call->plan, x, handle, call);
}

static void app_ended(struct http_exchange *x, void *arg)
{
    struct call *call = http_exchange_data(x);

    (void)arg;
    last_end.end = http_exchange_end(x);
    (void)snprintf(last_end.reason, sizeof(last_end.reason), "%s", http_exchange_end_reason(x));
    last_end.status = http_reply_status(x);
    if (call != NULL)
        fault_plan_done(engine, &call->plan);
    free(call);
    atomic_fetch_add(&fault_ended, 1);
}

static enum http_verdict connection(struct http_conn *c)
{
    struct subject s = {.values = {[WORD_LISTENER] = "registry"}};
    const char *effect;

    s.values[WORD_CLIENT] = http_conn_peer(c);
    s.values[WORD_SNI] = http_conn_sni(c);
    return fault_connection(engine, &s, c, &effect);
}

static enum http_verdict hook(enum http_stage stage, struct http_conn *c, struct http_exchange *x,
                              void *arg)
{
    struct call *call = x != NULL ? http_exchange_data(x) : NULL;

    (void)arg;
    if (stage == HTTP_STAGE_ACCEPT || stage == HTTP_STAGE_TLS)
        return connection(c);
    if (stage == HTTP_STAGE_RESPONSE_HEAD && call != NULL)
        return fault_response_head(engine, &call->plan, x);
    if (stage == HTTP_STAGE_RESPONSE_BODY && call != NULL)
        return fault_response_body(engine, &call->plan, x);
    return HTTP_PASS;
}

static void answer(struct http_exchange *x, int status, const char *code, const char *message,
                   const json_t *detail, void *arg)
{
    char text[200];

    (void)detail;
    (void)arg;
    (void)snprintf(text, sizeof(text), "error %s: %s", code != NULL ? code : "-",
                   message != NULL ? message : "-");
    http_reply_begin(x, status);
    http_reply_header(x, "Content-Type", "application/json");
    http_reply_text(x, text, strlen(text));
}

static void acted(const struct fault_rule *rule, struct http_exchange *x, void *arg)
{
    (void)rule;
    (void)x;
    (void)arg;
    atomic_fetch_add(&fault_acted, 1);
}

static enum fault_place place(struct http_exchange *x, const char *to, char *url, size_t size,
                              void *arg)
{
    (void)x;
    (void)arg;
    if (strcmp(to, "third") == 0)
        return FAULT_PLACE_UNKNOWN;
    if (strcmp(to, "http://here") == 0)
        return FAULT_PLACE_HERE;
    if (strcmp(to, "second") != 0)
        return FAULT_PLACE_OTHER;
    (void)snprintf(url, size, "http://127.0.0.1:5999");
    return FAULT_PLACE_OURS;
}

static bool mark(struct http_exchange *x, const char *base, char *text, size_t size, void *arg)
{
    (void)x;
    (void)arg;
    (void)snprintf(text, size, "mark=1");
    return strstr(base, "5999") != NULL;
}

/* --- Life --------------------------------------------------------------------------------------
 */

void fault_start(struct fault_setup wanted)
{
    struct fault_options options = {
        .clock = &clock_,
        .product = {.vocabulary = &vocabulary,
                    .answer = answer,
                    .acted = acted,
                    .place = place,
                    .mark = mark,
                    .mark_name = "mark",
                    .digest_header = "X-Digest"},
        .seed = 1,
        .hold_limit_ms = wanted.hold_limit_ms,
        .held_max = wanted.held_max,
    };
    struct http_server_options http = {
        .app = {.request = app_request, .ended = app_ended},
        .hook = hook,
        .limits = HTTP_LIMITS_DEFAULT,
        .server_name = "test",
    };
    struct err err;

    setup = wanted;
    wire_open();
    options.loop = wire_loop();
    ASSERT(fault_engine_new(&engine, &options, &err) == 0);
    wire_start(http, setup.tls);
}

static void cancel(void *arg)
{
    (void)arg;
    fault_engine_cancel(engine);
}

void fault_cancel(void)
{
    wire_call(cancel, NULL);
}

/* Exchanges use the engine until the server is gone; timers need the loop until then. */
static void free_engine(void *arg)
{
    (void)arg;
    fault_engine_free(engine);
    engine = NULL;
}

void fault_free(void)
{
    wire_call(free_engine, NULL);
}

void fault_stop(void)
{
    if (engine != NULL)
        fault_cancel();
    wire_drain();
    fault_free();
    wire_stop();
}

/* --- From the test's thread --------------------------------------------------------------------
 */

static void load(void *arg)
{
    struct err err;
    json_error_t error;
    json_t *rules = json_loads(arg, 0, &error);

    if (rules == NULL || fault_engine_load(engine, rules, true, NULL, &err) != 0) {
        (void)fprintf(stderr, "# %s: %s\n", (const char *)arg,
                      rules == NULL ? error.text : err.msg);
        abort();
    }
    json_decref(rules);
}

void fault_rules(const char *rules)
{
    wire_call(load, (void *)(uintptr_t)rules);
}

void fault_rule(const char *then)
{
    char text[2000];

    (void)snprintf(text, sizeof(text), then != NULL ? "[{\"id\": \"r\", \"then\": %s}]" : "[]",
                   then);
    fault_rules(text);
}

struct gate_call {
    const char *gate;
    bool once;
    size_t released;
    char *list;
};

static void release(void *arg)
{
    struct gate_call *c = arg;

    c->released = fault_gate_release(engine, c->gate, c->once);
}

size_t fault_release(const char *gate, bool once)
{
    struct gate_call c = {.gate = gate, .once = once};

    wire_call(release, &c);
    return c.released;
}

static void close_gate(void *arg)
{
    fault_gate_close(engine, arg);
}

void fault_close_gate(const char *gate)
{
    wire_call(close_gate, (void *)(uintptr_t)gate);
}

static void list(void *arg)
{
    json_t *gates = fault_gate_list(engine);

    *(char **)arg = json_dumps(gates, JSON_COMPACT);
    json_decref(gates);
}

char *fault_gates(void)
{
    char *text = NULL;

    wire_call(list, &text);
    return text;
}

static void count(void *arg)
{
    *(struct fault_counters *)arg = fault_engine_counters(engine);
}

struct fault_counters fault_counts(void)
{
    struct fault_counters counters;

    wire_call(count, &counters);
    return counters;
}

static void copy_end(void *arg)
{
    *(struct fault_end *)arg = last_end;
}

struct fault_end fault_last_end(void)
{
    struct fault_end end;

    wire_call(copy_end, &end);
    return end;
}

bool fault_held_reached(size_t want)
{
    long long until = wire_now() + WIRE_PATIENCE_MS;

    while (fault_counts().held != want && wire_now() < until)
        (void)poll(NULL, 0, 2);
    return fault_counts().held == want;
}
