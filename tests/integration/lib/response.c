/* SPDX-License-Identifier: MIT */
#include "tests/integration/lib/response.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "tests/integration/lib/bail.h"
#include "tests/tap/tap.h"

void response_fail(struct response *r, const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    vsnprintf(r->error, sizeof(r->error), fmt, ap);
    va_end(ap);
    r->status = 0;
}

void response_done(struct response *r)
{
    free(r->head);
    free(r->body);
    *r = (struct response){.status = 0};
}

const char *response_header(const struct response *r, const char *name)
{
    size_t i;

    for (i = 0; i < r->header_count; i++) {
        if (strcasecmp(r->headers[i].name, name) == 0)
            return r->headers[i].value;
    }
    return NULL;
}

void response_diag(const struct response *r)
{
    size_t i;

    if (r->error[0] != '\0')
        diag("no proper answer: %s", r->error);
    diag("HTTP/1.%u %d", r->minor, r->status);
    for (i = 0; i < r->header_count; i++)
        diag("%s: %s", r->headers[i].name, r->headers[i].value);
    if (r->size > 0)
        diag("body of %zu bytes: %.*s", r->size, r->size > 600 ? 600 : (int)r->size, r->body);
}

/* Cuts the header lines apart, in place; false when one is malformed. */
static bool split_headers(struct response *r, char *line)
{
    while (*line != '\0') {
        char *end = strstr(line, "\r\n");
        char *colon = strchr(line, ':');

        if (end == NULL || colon == NULL || colon > end || colon == line ||
            strcspn(line, " \t") < (size_t)(colon - line) || r->header_count == CLIENT_HEADERS_MAX)
            return false;
        *end = '\0';
        *colon = '\0';
        colon += 1 + strspn(colon + 1, " \t");
        r->headers[r->header_count].name = line;
        r->headers[r->header_count].value = colon;
        r->header_count++;
        line = end + 2;
    }
    return true;
}

/* Settles how the body is framed; false when the head contradicts itself. */
static bool settle_framing(struct response_reader *reader, struct response *r)
{
    const char *length = response_header(r, "Content-Length");
    const char *coding = response_header(r, "Transfer-Encoding");
    const char *connection = response_header(r, "Connection");

    r->chunked = coding != NULL && strcasecmp(coding, "chunked") == 0;
    r->close = (connection != NULL && strcasecmp(connection, "close") == 0) ||
               (r->minor == 0 && (connection == NULL || strcasecmp(connection, "keep-alive") != 0));
    if ((length != NULL && coding != NULL) || (coding != NULL && (!r->chunked || r->minor == 0)))
        return false;
    if (length != NULL && (*length == '\0' || length[strspn(length, "0123456789")] != '\0'))
        return false;
    if (r->status == 204 && (length != NULL || coding != NULL))
        return false;
    if (reader->to_head || r->status == 204 || r->status == 304 || r->chunked)
        reader->length = 0;
    else if (length != NULL)
        (void)sscanf(length, "%" SCNu64, &reader->length);
    else
        reader->until_close = true;
    return !reader->until_close || r->close;
}

/* A head of n bytes at p. Returns false when it is broken; 1xx leave have_head false. */
static bool read_head(struct response_reader *reader, struct response *r, const char *p, size_t n)
{
    char *end;

    free(r->head);
    r->header_count = 0;
    r->head = strndup(p, n - 2); /* without the empty line */
    if (r->head == NULL || strlen(r->head) != n - 2 ||
        sscanf(r->head, "HTTP/1.%1u %3d ", &r->minor, &r->status) != 2 || r->status < 100)
        return false;
    end = strstr(r->head, "\r\n");
    if (!split_headers(r, end + 2))
        return false;
    if (r->status < 200) {
        r->continues++;
        return r->status == 100;
    }
    reader->have_head = true;
    return settle_framing(reader, r);
}

static void add_body(struct response *r, const char *p, size_t n)
{
    if (r->room < r->size + n + 1) {
        r->room = 2 * r->room + n + 1;
        r->body = realloc(r->body, r->room);
        if (r->body == NULL)
            bail("out of memory");
    }
    if (n > 0)
        memcpy(r->body + r->size, p, n);
    r->size += n;
    r->body[r->size] = '\0';
}

/* Takes what belongs to the body (or chunk) of known length. */
static size_t take_known(struct response_reader *reader, struct response *r, const char *p,
                         size_t n)
{
    size_t part = reader->length < n ? (size_t)reader->length : n;

    add_body(r, p, part);
    reader->length -= part;
    return part;
}

/* One step through chunked coding: bytes used, 0 when more are needed, -1 when it is broken. */
static ssize_t take_chunk(struct response_reader *reader, struct response *r, const char *p,
                          size_t n)
{
    const char *line_end = memmem(p, n, "\r\n", 2);
    char line[32];
    int digits = 0;

    if (reader->in_chunk && reader->length > 0)
        return (ssize_t)take_known(reader, r, p, n);
    if (line_end == NULL)
        return 0;
    if (reader->in_chunk) {
        reader->in_chunk = false;
        return line_end == p ? 2 : -1;
    }
    snprintf(line, sizeof(line), "%.*s", (int)(line_end - p), p);
    if (sscanf(line, "%16" SCNx64 "%n", &reader->length, &digits) != 1 || line[digits] != '\0')
        return -1;
    reader->last_chunk = reader->length == 0;
    reader->in_chunk = !reader->last_chunk;
    return line_end + 2 - p;
}

/* Reads chunks and the end of the last one; true when complete or broken. */
static bool feed_chunks(struct response_reader *reader, struct response *r, const char *p, size_t n,
                        size_t *used)
{
    while (*used < n && !reader->last_chunk) {
        ssize_t step = take_chunk(reader, r, p + *used, n - *used);

        if (step < 0) {
            response_fail(r, "broken chunk");
            return true;
        }
        if (step == 0)
            return false;
        *used += (size_t)step;
    }
    if (!reader->last_chunk || n - *used < 2)
        return false;
    if (memcmp(p + *used, "\r\n", 2) != 0)
        response_fail(r, "unexpected trailers");
    *used += 2;
    return true;
}

static bool feed_body(struct response_reader *reader, struct response *r, const char *p, size_t n,
                      bool ended, size_t *used)
{
    if (r->chunked && !reader->to_head)
        return feed_chunks(reader, r, p, n, used);
    if (reader->until_close) {
        add_body(r, p + *used, n - *used);
        *used = n;
        return ended;
    }
    *used += take_known(reader, r, p + *used, n - *used);
    return reader->length == 0;
}

bool response_feed(struct response_reader *reader, struct response *r, const char *p, size_t n,
                   bool ended, size_t *ret_used)
{
    size_t used = 0;
    bool complete = false;

    while (!reader->have_head && used < n) {
        const char *end = memmem(p + used, n - used, "\r\n\r\n", 4);

        if (end == NULL)
            break;
        if (!read_head(reader, r, p + used, (size_t)(end + 4 - p) - used)) {
            response_fail(r, "malformed head: %.100s", r->head);
            return true;
        }
        used = (size_t)(end + 4 - p);
    }
    if (reader->have_head)
        complete = feed_body(reader, r, p, n, ended, &used);
    if (!complete && ended) {
        response_fail(r, "the connection ended early (%s, %zu bytes of body, %zu more bytes)",
                      reader->have_head ? "in the body" : "before the end of the head", r->size,
                      n - used);
        complete = true;
    }
    *ret_used = used;
    return complete;
}
