/* SPDX-License-Identifier: MIT */
#include "tests/unit/fake_exchange.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "lib/http/hook.h"
#include "lib/http/loop.h"
#include "lib/http/request.h"
#include "lib/http/server.h"
#include "lib/util/buf.h"
#include "lib/util/text.h"
#include "lib/util/util.h"

enum { FIELDS_MAX = 32, BODY_MAX = 64 * 1024 * 1024 };

struct field {
    char *name;  /* owned */
    char *value; /* owned */
};

struct http_exchange {
    struct http_request req;
    char *text;                             /* owned: what req points into */
    struct http_header headers[FIELDS_MAX]; /* of the request; names and values owned */
    struct parameter params[FIELDS_MAX];    /* names and values owned */
    struct loop *loop;                      /* borrowed */
    const char *client_subject;             /* borrowed */
    void *listener_data;                    /* borrowed */
    void *data;                             /* the product's */
    struct http_traffic traffic;
    enum http_end end;
    const char *end_reason; /* borrowed */

    int status;
    struct field reply[FIELDS_MAX]; /* owned */
    size_t reply_count;
    struct http_source *source; /* owned until sent */
    int64_t length;
    struct buf body; /* what was sent */
    bool sent;

    struct http_sink sink;
    void *sink_arg; /* borrowed */
    bool sink_set;
    uint64_t body_max; /* as the handler wants it */
    bool paused;
    bool discarded;
};

/* --- The request ----------------------------------------------------------------------------- */

static enum http_method method_of(const char *text)
{
    static const char *const names[] = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"};

    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        if (strcmp(text, names[i]) == 0)
            return (enum http_method)i;
    }
    return HTTP_METHOD_OTHER;
}

static char *decode(const char *p, size_t n, enum text_form form)
{
    char *text = malloc(n + 1);

    ASSERT(text != NULL && text_percent_decode(text, p, n, form, NULL) == 0);
    return text;
}

static void set_parameters(struct http_exchange *x)
{
    const char *p = x->req.query;

    while (p != NULL && *p != '\0') {
        size_t n = strcspn(p, "&");
        size_t name = strcspn(p, "=&");
        struct parameter *param = &x->params[x->req.parameter_count++];

        param->name = decode(p, name, TEXT_QUERY);
        param->value =
            name < n ? decode(p + name + 1, n - name - 1, TEXT_QUERY) : decode("", 0, TEXT_QUERY);
        p += n + (p[n] == '&' ? 1 : 0);
    }
    x->req.parameters = x->params;
}

static void set_line(struct http_exchange *x, const char *line)
{
    char *query;
    char *path;

    x->text = strdup(line);
    ASSERT(x->text != NULL);
    path = strchr(x->text, ' ');
    ASSERT(path != NULL);
    *path++ = '\0';
    x->req.method_text = x->text;
    x->req.method = method_of(x->text);
    query = strchr(path, '?');
    if (query != NULL)
        *query++ = '\0';
    x->req.query = query;
    x->req.target = x->req.path = path;
    ASSERT(text_percent_decode(path, path, strlen(path), TEXT_PATH, NULL) == 0);
    set_parameters(x);
}

static void add_header(struct http_exchange *x, const char *line)
{
    struct http_header *h = &x->headers[x->req.header_count++];
    size_t n = strcspn(line, ":");

    h->name = strndup(line, n);
    h->value = strdup(line + n + 2);
    if (strcasecmp(h->name, "Content-Length") == 0)
        x->req.content_length = strtoll(h->value, NULL, 10);
    if (strcasecmp(h->name, "Transfer-Encoding") == 0)
        x->req.chunked = true;
}

struct http_exchange *fake_exchange_new(struct loop *loop, void *data, const char *line, ...)
{
    struct http_exchange *x = calloc(1, sizeof(*x));
    const char *header;
    va_list args;

    ASSERT(x != NULL);
    x->loop = loop;
    x->listener_data = data;
    x->end_reason = "";
    x->req.minor = 1;
    x->req.content_length = -1;
    x->req.headers = x->headers;
    buf_init(&x->body, BODY_MAX);
    set_line(x, line);
    va_start(args, line);
    while ((header = va_arg(args, const char *)) != NULL)
        add_header(x, header);
    va_end(args);
    return x;
}

static void forget_reply(struct http_exchange *x)
{
    for (size_t i = 0; i < x->reply_count; i++) {
        free(x->reply[i].name);
        free(x->reply[i].value);
    }
    x->reply_count = 0;
    http_source_free(x->source);
    x->source = NULL;
    x->length = 0;
}

void fake_exchange_free(struct http_exchange *x)
{
    forget_reply(x);
    for (size_t i = 0; i < x->req.header_count; i++) {
        free((char *)x->headers[i].name);
        free((char *)x->headers[i].value);
    }
    for (size_t i = 0; i < x->req.parameter_count; i++) {
        free((char *)x->params[i].name);
        free((char *)x->params[i].value);
    }
    buf_done(&x->body);
    free(x->text);
    free(x);
}

/* --- What tests ask -------------------------------------------------------------------------- */

int fake_status(const struct http_exchange *x)
{
    return x->sent ? x->status : 0;
}

const char *fake_header(const struct http_exchange *x, const char *name)
{
    for (size_t i = 0; i < x->reply_count; i++) {
        if (strcasecmp(x->reply[i].name, name) == 0)
            return x->reply[i].value;
    }
    return NULL;
}

size_t fake_header_count(const struct http_exchange *x, const char *name)
{
    size_t count = 0;

    for (size_t i = 0; i < x->reply_count; i++)
        count += strcasecmp(x->reply[i].name, name) == 0 ? 1 : 0;
    return count;
}

const char *fake_body(const struct http_exchange *x)
{
    return buf_text(&x->body);
}

long long fake_length(const struct http_exchange *x)
{
    return x->length;
}

static void stop_loop(void *arg)
{
    loop_stop(arg);
}

void fake_wait(struct http_exchange *x)
{
    while (!x->sent) {
        struct loop_timer *t;

        ASSERT(loop_timer_new(&t, x->loop, stop_loop, x->loop, NULL) == 0);
        loop_timer_start(t, 1);
        ASSERT(loop_run(x->loop, NULL) == 0);
        loop_timer_free(t);
    }
}

bool fake_body_wanted(const struct http_exchange *x)
{
    return x->sink_set;
}

void fake_body_send(struct http_exchange *x, const void *p, size_t n)
{
    if (x->sink_set)
        x->sink.data(x->sink_arg, p, n);
}

void fake_body_end(struct http_exchange *x)
{
    if (!x->sink_set)
        return;
    x->sink_set = false;
    x->sink.end(x->sink_arg);
}

void fake_body_fail(struct http_exchange *x, enum err_code code)
{
    struct err err;

    if (!x->sink_set)
        return;
    x->sink_set = false;
    (void)err_set(&err, code, "%s", err_text(code));
    x->sink.failed(x->sink_arg, &err);
}

uint64_t fake_body_max(const struct http_exchange *x)
{
    return x->body_max;
}

bool fake_body_is_paused(const struct http_exchange *x)
{
    return x->paused;
}

bool fake_body_is_discarded(const struct http_exchange *x)
{
    return x->discarded;
}

void fake_set_end(struct http_exchange *x, enum http_end end, const char *reason)
{
    x->end = end;
    x->end_reason = reason;
}

/* --- lib/http/exchange.h --------------------------------------------------------------------- */

const struct http_request *http_exchange_request(const struct http_exchange *x)
{
    return &x->req;
}

struct http_conn *http_exchange_conn(const struct http_exchange *x)
{
    return (struct http_conn *)x;
}

struct loop *http_exchange_loop(const struct http_exchange *x)
{
    return x->loop;
}

const struct http_traffic *http_exchange_traffic(const struct http_exchange *x)
{
    return &x->traffic;
}

enum http_end http_exchange_end(const struct http_exchange *x)
{
    return x->end;
}

const char *http_exchange_end_reason(const struct http_exchange *x)
{
    return x->end_reason;
}

void http_exchange_set_data(struct http_exchange *x, void *data)
{
    x->data = data;
}

void *http_exchange_data(const struct http_exchange *x)
{
    return x->data;
}

void http_body_read(struct http_exchange *x, const struct http_sink *sink, void *arg, uint64_t max)
{
    ASSERT(!x->sink_set);
    x->body_max = max;
    x->sink = *sink;
    x->sink_arg = arg;
    x->sink_set = true;
}

bool http_body_limit_rate(struct http_exchange *x, uint64_t bytes_per_second)
{
    (void)x;
    (void)bytes_per_second;
    return true;
}

void http_body_pause(struct http_exchange *x)
{
    x->paused = true;
}

void http_body_resume(struct http_exchange *x)
{
    x->paused = false;
}

void http_body_discard(struct http_exchange *x)
{
    x->sink_set = false;
    x->discarded = true;
}

void http_reply_begin(struct http_exchange *x, int status)
{
    ASSERT(!x->sent);
    forget_reply(x);
    x->status = status;
}

void http_reply_header(struct http_exchange *x, const char *name, const char *value)
{
    ASSERT(x->reply_count < FIELDS_MAX && !x->sent && strpbrk(value, "\r\n") == NULL);
    x->reply[x->reply_count].name = strdup(name);
    x->reply[x->reply_count++].value = strdup(value);
}

void http_reply_headerf(struct http_exchange *x, const char *name, const char *fmt, ...)
{
    char *value;
    va_list args;

    va_start(args, fmt);
    ASSERT(vasprintf(&value, fmt, args) >= 0);
    va_end(args);
    http_reply_header(x, name, value);
    free(value);
}

void http_reply_remove_header(struct http_exchange *x, const char *name)
{
    size_t kept = 0;

    for (size_t i = 0; i < x->reply_count; i++) {
        if (strcasecmp(x->reply[i].name, name) == 0) {
            free(x->reply[i].name);
            free(x->reply[i].value);
        } else {
            x->reply[kept++] = x->reply[i];
        }
    }
    x->reply_count = kept;
}

void http_reply_set_header(struct http_exchange *x, const char *name, const char *value)
{
    http_reply_remove_header(x, name);
    http_reply_header(x, name, value);
}

bool http_reply_get_header(const struct http_exchange *x, const char *name, char *value,
                           size_t size)
{
    const char *found = fake_header(x, name);

    if (found == NULL)
        return false;
    (void)snprintf(value, size, "%s", found);
    return true;
}

int http_reply_status(const struct http_exchange *x)
{
    return x->status;
}

void http_reply_body(struct http_exchange *x, struct http_source *src, int64_t length)
{
    ASSERT(src != NULL);
    http_source_free(x->source);
    x->source = src;
    x->length = length;
}

void http_reply_text(struct http_exchange *x, const void *p, size_t n)
{
    char *copy = malloc(n + 1);

    ASSERT(copy != NULL);
    memcpy(copy, p, n);
    http_reply_body(x, http_source_memory(copy, n, free, copy), (int64_t)n);
}

void http_reply_close(struct http_exchange *x)
{
    (void)x;
}

static void send_piece(struct buf *body, const struct http_piece *piece)
{
    char *room = buf_room(body, piece->size);

    ASSERT(room != NULL);
    if (piece->data != NULL)
        memcpy(room, piece->data, piece->size);
    else
        ASSERT(pread(piece->fd, room, piece->size, (off_t)piece->offset) == (ssize_t)piece->size);
    buf_grown(body, piece->size);
}

void http_reply_send(struct http_exchange *x)
{
    struct http_piece piece;

    ASSERT(!x->sent && x->status != 0);
    x->sent = true;
    if (x->source == NULL)
        return;
    while (x->req.method != HTTP_METHOD_HEAD &&
           http_source_next(x->source, 64 * 1024, &piece) == HTTP_SOURCE_PIECE)
        send_piece(&x->body, &piece);
    ASSERT(x->req.method == HTTP_METHOD_HEAD || x->length < 0 || x->body.len == (size_t)x->length);
    http_source_free(x->source);
    x->source = NULL;
}

bool http_reply_sent(const struct http_exchange *x)
{
    return x->sent;
}

void http_exchange_wake(struct http_exchange *x)
{
    (void)x;
}

void http_exchange_abort(struct http_exchange *x, bool reset, const char *reason)
{
    (void)reset;
    fake_set_end(x, HTTP_END_SERVER_ABORTED, reason);
}

/* --- Of lib/http/hook.h and lib/http/server.h --------------------------------------------------
 */

void http_exchange_hook(struct http_exchange *x, enum http_stage stage, void (*next)(void *arg),
                        void *arg)
{
    (void)x;
    (void)stage;
    next(arg);
}

struct http_listener *http_conn_listener(const struct http_conn *c)
{
    return (struct http_listener *)c;
}

void *http_listener_data(const struct http_listener *l)
{
    return ((const struct http_exchange *)l)->listener_data;
}

const char *http_listener_url(const struct http_listener *l)
{
    (void)l;
    return "http://127.0.0.1:5000";
}

const char *http_conn_peer(const struct http_conn *c)
{
    (void)c;
    return "127.0.0.1:40000";
}

bool http_conn_client_subject(const struct http_conn *c, char *text, size_t size)
{
    const struct http_exchange *x = (const struct http_exchange *)c;

    if (x->client_subject != NULL)
        (void)snprintf(text, size, "%s", x->client_subject);
    return x->client_subject != NULL;
}

void fake_set_client_subject(struct http_exchange *x, const char *subject)
{
    x->client_subject = subject;
}

bool http_conn_is_tls(const struct http_conn *c)
{
    (void)c;
    return false;
}
