/* SPDX-License-Identifier: MIT */
#include "lib/http/internal.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "lib/http/chunked.h"
#include "lib/http/status.h"
#include "lib/util/util.h"

enum { HEADERS_FIRST = 768 }; /* room for an ordinary reply without growing */

/*
 * A reply can be changed until its head is assembled: by the handler while it is OPEN, by a hook
 * while it is STAGED. Later calls come from a handler whose request was already answered (its body
 * timed out, say); they do nothing.
 */
static bool is_open(const struct http_exchange *x)
{
    return !x->ended && (x->reply == REPLY_OPEN || x->reply == REPLY_STAGED);
}

void http_reply_begin(struct http_exchange *x, int status)
{
    if (!is_open(x))
        return;
    x->status = status;
    x->no_memory = false;
    x->length = -1;
    x->omitted = 0;
    x->raw = false;
    buf_reset(&x->headers);
    if (buf_room(&x->headers, HEADERS_FIRST) != NULL) /* not before: who waits for long has none */
        buf_grown(&x->headers, 0);
    http_source_free(x->source);
    x->source = NULL;
}

static void check_line(const char *text)
{
    ASSERT(strpbrk(text, "\r\n") == NULL);
}

static void note(struct http_exchange *x, int result)
{
    if (result != 0)
        x->no_memory = true;
}

void http_reply_header(struct http_exchange *x, const char *name, const char *value)
{
    if (!is_open(x))
        return;
    check_line(value);
    note(x, buf_append_text(&x->headers, name));
    note(x, buf_append(&x->headers, ": ", 2));
    note(x, buf_append_text(&x->headers, value));
    note(x, buf_append(&x->headers, "\r\n", 2));
}

void http_reply_headerf(struct http_exchange *x, const char *name, const char *fmt, ...)
{
    char small[512];
    char *text = small;
    va_list args;
    int n;

    va_start(args, fmt);
    n = vsnprintf(small, sizeof(small), fmt, args);
    va_end(args);
    if (n >= (int)sizeof(small)) {
        va_start(args, fmt);
        n = vasprintf(&text, fmt, args);
        va_end(args);
    }
    if (n < 0) {
        x->no_memory = true;
        return;
    }
    http_reply_header(x, name, text);
    if (text != small)
        free(text);
}

/* The line of that header at or behind `from`; NULL when there is none. */
static char *find_line(const struct http_exchange *x, const char *name, const char *from)
{
    size_t n = strlen(name);

    for (const char *line = from; line != NULL && *line != '\0';) {
        const char *end = strchr(line, '\n');

        if ((*line | 0x20) == (*name | 0x20) && strncasecmp(line, name, n) == 0 && line[n] == ':')
            return x->headers.data + (line - x->headers.data);
        line = end != NULL ? end + 1 : NULL;
    }
    return NULL;
}

void http_reply_remove_header(struct http_exchange *x, const char *name)
{
    char *line = x->headers.data;

    if (!is_open(x))
        return;
    while ((line = find_line(x, name, line)) != NULL) {
        size_t offset = (size_t)(line - x->headers.data);
        size_t size = (size_t)(strchr(line, '\n') + 1 - line);

        memmove(line, line + size, x->headers.len - offset - size + 1);
        x->headers.len -= size;
    }
}

/* Header lines that we add ourselves, unless the reply has its own or shall have none. */
enum own_header { OWN_DATE, OWN_SERVER, OWN_LENGTH, OWN_CODING, OWN_CONNECTION };

static const char *const own_headers[] = {
    [OWN_DATE] = "Date",
    [OWN_SERVER] = "Server",
    [OWN_LENGTH] = "Content-Length",
    [OWN_CODING] = "Transfer-Encoding",
    [OWN_CONNECTION] = "Connection",
};

void http_reply_omit_header(struct http_exchange *x, const char *name)
{
    http_reply_remove_header(x, name);
    for (size_t i = 0; i < ARRAY_LEN(own_headers); i++) {
        if (is_open(x) && strcasecmp(own_headers[i], name) == 0)
            x->omitted |= 1U << i;
    }
}

/* True when we have to write that line. */
static bool adds(const struct http_exchange *x, enum own_header header)
{
    return (x->omitted >> header & 1) == 0 &&
           find_line(x, own_headers[header], x->headers.data) == NULL;
}

void http_reply_set_header(struct http_exchange *x, const char *name, const char *value)
{
    http_reply_remove_header(x, name);
    http_reply_header(x, name, value);
}

bool http_reply_get_header(const struct http_exchange *x, const char *name, char *value,
                           size_t size)
{
    const char *line = find_line(x, name, x->headers.data);

    if (line == NULL)
        return false;
    line += strlen(name) + 2;
    (void)snprintf(value, size, "%.*s", (int)strcspn(line, "\r"), line);
    return true;
}

int http_reply_status(const struct http_exchange *x)
{
    return x->status;
}

void http_reply_body(struct http_exchange *x, struct http_source *src, int64_t length)
{
    if (!is_open(x)) {
        http_source_free(src);
        return;
    }
    http_source_free(x->source);
    x->source = src;
    x->length = length;
    x->no_memory = x->no_memory || src == NULL;
}

void http_reply_text(struct http_exchange *x, const void *p, size_t n)
{
    void *copy = malloc(n > 0 ? n : 1);

    if (copy != NULL)
        memcpy(copy, p, n);
    http_reply_body(x, copy != NULL ? http_source_memory(copy, n, free, copy) : NULL, (int64_t)n);
}

int64_t http_reply_length(const struct http_exchange *x)
{
    return x->source != NULL ? x->length : 0;
}

void http_reply_set_length(struct http_exchange *x, int64_t length)
{
    if (is_open(x))
        x->length = length;
}

bool http_reply_has_body(const struct http_exchange *x)
{
    return x->source != NULL && x->length != 0 && !x->raw &&
           x->head.request.method != HTTP_METHOD_HEAD && http_status_has_body(x->status);
}

void http_reply_close(struct http_exchange *x)
{
    x->close = true;
}

/* --- Bytes instead of a reply ------------------------------------------------------------------
 */

void http_reply_raw(struct http_exchange *x, const void *p, size_t n, struct http_source *after)
{
    bool leaving = x->reply == REPLY_SENDING && x->out_sent <= x->out_head;

    if (x->ended || (!is_open(x) && !leaving)) {
        http_source_free(after);
        return;
    }
    x->raw = true;
    x->close = true;
    http_source_free(x->source);
    x->source = after;
    x->source_left = UINT64_MAX;
    x->source_over = after == NULL;
    if (!leaving)
        x->out_head = x->out.len;
    x->out.len = x->out_head;
    (void)buf_append(&x->out, p, n);
}

struct http_source *http_reply_take_body(struct http_exchange *x)
{
    struct http_source *body = x->source;

    x->source = NULL;
    x->source_over = true;
    return body;
}

const char *http_reply_head(const struct http_exchange *x, size_t *n)
{
    *n = x->out.len - x->out_head;
    return x->out.data + x->out_head;
}

void http_reply_send(struct http_exchange *x)
{
    struct http_conn *c = x->conn;

    if (x->ended || x->reply != REPLY_OPEN)
        return;
    ASSERT(x->status >= 200 || x->raw);
    x->reply = REPLY_READY;
    x->continue_wanted = false;
    if (x->body == BODY_WAIT || x->body == BODY_SINK) {
        /* A client that waits for 100 Continue may or may not send the body now: no way to tell. */
        if (!x->body_complete && ((x->head.request.expect_continue && x->body == BODY_WAIT) ||
                                  (x->head.request.content_length >= 0 &&
                                   (uint64_t)x->head.request.content_length - x->traffic.body_in >
                                       c->server->options.limits.discard)))
            x->close = true;
        x->body = BODY_DISCARD;
        x->body_paused = false;
    }
    conn_pump_soon(c);
}

bool http_reply_sent(const struct http_exchange *x)
{
    return x->ended || x->reply != REPLY_OPEN;
}

void http_reply_wrap(struct http_exchange *x, http_wrap_fn wrap, void *arg)
{
    if (x->source != NULL)
        x->source = wrap(x->source, arg);
    x->no_memory = x->no_memory || x->source == NULL;
}

/* --- The head ----------------------------------------------------------------------------------
 */

/* Part of the reply is missing: say so instead of sending half of it. */
static void replace_by_failure(struct http_exchange *x)
{
    http_source_free(x->source);
    x->source = NULL;
    x->length = -1;
    x->status = 500;
    x->close = true;
    x->no_memory = false;
    buf_reset(&x->headers);
}

/* A number without the cost of printf: two of these are in every reply. */
static void append_number(struct buf *to, uint64_t n)
{
    char digits[20];
    size_t i = sizeof(digits);

    do {
        digits[--i] = (char)('0' + n % 10);
        n /= 10;
    } while (n > 0);
    (void)buf_append(to, digits + i, sizeof(digits) - i);
}

static void append_length(struct http_exchange *x, uint64_t length)
{
    if (!adds(x, OWN_LENGTH))
        return;
    (void)buf_append_text(&x->out, "Content-Length: ");
    append_number(&x->out, length);
    (void)buf_append(&x->out, "\r\n", 2);
}

static void append_status(struct http_exchange *x)
{
    (void)buf_append_text(&x->out, "HTTP/1.1 ");
    append_number(&x->out, (uint64_t)x->status);
    (void)buf_append_char(&x->out, ' ');
    (void)buf_append_text(&x->out, http_status_reason(x->status));
    (void)buf_append(&x->out, "\r\n", 2);
    if (!adds(x, OWN_DATE))
        return;
    (void)buf_append_text(&x->out, "Date: ");
    (void)buf_append_text(&x->out, server_date(x->conn->server));
    (void)buf_append(&x->out, "\r\n", 2);
}

/* A body without a length: in chunks, unless the client or the reply itself says otherwise. */
static void append_coding(struct http_exchange *x)
{
    if (x->head.request.minor == 0) {
        x->close = true; /* HTTP/1.0 has no chunks: the end of the connection ends the body */
        return;
    }
    if (find_line(x, own_headers[OWN_CODING], x->headers.data) != NULL)
        return;
    if (adds(x, OWN_CODING))
        (void)buf_append_text(&x->out, "Transfer-Encoding: chunked\r\n");
    if (x->head.request.method != HTTP_METHOD_HEAD) {
        x->source = http_source_chunked(x->source);
        if (x->source == NULL)
            x->close = true;
    }
}

static void append_framing(struct http_exchange *x)
{
    bool head = x->head.request.method == HTTP_METHOD_HEAD;

    if (!http_status_has_body(x->status)) {
        x->length = 0;
    } else if (x->source == NULL) {
        x->length = 0;
        append_length(x, 0);
    } else if (x->length >= 0) {
        append_length(x, (uint64_t)x->length);
    } else {
        append_coding(x);
    }
    if (head || x->length == 0) {
        http_source_free(x->source);
        x->source = NULL;
    }
    x->source_left = x->length >= 0 ? (uint64_t)x->length : UINT64_MAX;
}

static void append_connection(struct http_exchange *x)
{
    const char *line = x->close                     ? "Connection: close\r\n"
                       : x->head.request.minor == 0 ? "Connection: keep-alive\r\n"
                                                    : NULL;

    if (line != NULL && adds(x, OWN_CONNECTION))
        (void)buf_append_text(&x->out, line);
}

void reply_assemble(struct http_exchange *x)
{
    struct http_server *s = x->conn->server;

    if (x->raw)
        return;
    (void)buf_room(&x->out, 2 * HEADERS_FIRST);
    x->out_head = x->out.len;
    if (x->no_memory)
        replace_by_failure(x);
    if (s->stopping)
        x->close = true;
    append_status(x);
    if (s->options.server_name != NULL && adds(x, OWN_SERVER))
        (void)buf_appendf(&x->out, "Server: %s\r\n", s->options.server_name);
    (void)buf_append(&x->out, x->headers.data != NULL ? x->headers.data : "", x->headers.len);
    append_framing(x);
    append_connection(x);
    (void)buf_append_text(&x->out, "\r\n");
    x->source_over = x->source == NULL;
}
