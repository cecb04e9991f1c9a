/* SPDX-License-Identifier: MIT */
#include "registry/access_log.h"

#include "lib/http/exchange.h"
#include "lib/http/request.h"
#include "lib/http/server.h"
#include "lib/util/buf.h"
#include "lib/util/log.h"
#include "lib/util/util.h"
#include "registry/call.h"
#include "registry/registry.h"

enum { SCOPES_TEXT_MAX = LOG_VALUE_MAX + 1024 };

const char *access_log_end_text(enum http_end end)
{
    static const char *const texts[] = {
        [HTTP_END_COMPLETE] = "complete", [HTTP_END_CLIENT_ABORTED] = "client-aborted",
        [HTTP_END_TIMEOUT] = "timeout",   [HTTP_END_SERVER_ABORTED] = "server-aborted",
        [HTTP_END_RESET] = "reset",
    };

    ASSERT((size_t)end < ARRAY_LEN(texts));
    return texts[end];
}

static const char *role_text(enum blob_role role)
{
    static const char *const texts[] = {
        [BLOB_ROLE_NONE] = NULL,
        [BLOB_ROLE_CONFIG] = "config",
        [BLOB_ROLE_LAYER] = "layer",
    };

    ASSERT((size_t)role < ARRAY_LEN(texts));
    return texts[role];
}

/* "" is no field either. */
static void add_text(struct log_line *line, const char *key, const char *value)
{
    if (value != NULL && *value != '\0')
        log_text(line, key, value);
}

/* The scopes of a request to the token service; an empty grant is worth knowing, too. */
static void add_scopes(struct log_line *line, const char *key, const struct scope_set *scopes)
{
    auto_buf struct buf text = BUF_INIT(SCOPES_TEXT_MAX);

    scope_set_format(&text, scopes);
    log_text(line, key, buf_text(&text));
}

/* Who asked: never the credential itself. */
static void add_identity(struct log_line *line, const struct registry_call *call)
{
    const struct identity *id = &call->identity;

    if (!call->identified)
        return;
    log_text(line, "auth", identity_kind_name(id->kind));
    log_text(line, "user", id->account[0] != '\0' ? id->account : "anonymous");
    add_text(line, "fingerprint", id->fingerprint);
    if (call->route.op == OP_TOKEN) {
        add_scopes(line, "asked", &call->asked);
        add_scopes(line, "granted", &call->granted);
    }
}

/* What was asked for, in registry words. */
static void add_call(struct log_line *line, const struct registry_call *call)
{
    log_text(line, "op", op_name(call->route.op));
    add_text(line, "repo", call->route.name);
    add_text(line, "ref", call->route.ref);
    add_text(line, "role", role_text(call->role));
    add_identity(line, call);
    if (call->state != IMAGE_PRESENT)
        log_text(line, "state", image_state_name(call->state));
    add_text(line, "error", call->error_code);
    add_text(line, "reason", call->reason);
    add_text(line, "world", call->world->name);
}

static void add_traffic(struct log_line *line, const struct http_exchange *x)
{
    const struct http_traffic *t = http_exchange_traffic(x);

    if (http_reply_sent(x))
        log_i64(line, "status", http_reply_status(x));
    log_u64(line, "bytes_in", t->body_in);
    log_u64(line, "bytes_out", t->body_out);
    log_seconds(line, "duration_s", t->ended_us - t->started_us);
    log_text(line, "end", access_log_end_text(http_exchange_end(x)));
    add_text(line, "end_reason", http_exchange_end_reason(x));
}

static void add_client(struct log_line *line, const struct http_exchange *x)
{
    const struct http_conn *c = http_exchange_conn(x);

    log_text(line, "client", http_conn_peer(c));
    log_text(line, "listener", http_listener_url(http_conn_listener(c)));
    add_text(line, "user_agent", http_request_header(http_exchange_request(x), "User-Agent"));
    add_text(line, "range", http_request_header(http_exchange_request(x), "Range"));
}

void access_log_write(const struct http_exchange *x, const struct registry_call *call)
{
    const struct http_request *req = http_exchange_request(x);
    struct log_line line;

    if (!log_enabled(LOG_LEVEL_INFO))
        return;
    log_begin(&line, LOG_LEVEL_INFO, "request");
    if (call != NULL)
        log_text(&line, "req_id", call->id);
    add_text(&line, "method", req->method_text);
    add_text(&line, "path", req->path);
    add_traffic(&line, x);
    if (call != NULL)
        add_call(&line, call);
    add_client(&line, x);
    log_end(&line);
}
