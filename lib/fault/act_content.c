/* SPDX-License-Identifier: MIT */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/fault/act.h"
#include "lib/http/body.h"
#include "lib/http/exchange.h"
#include "lib/http/hook.h"
#include "lib/http/request.h"
#include "lib/http/server.h"
#include "lib/util/util.h"

enum { RANGE_TEXT_MAX = 80, STATUS_PARTIAL = 206, STATUS_NO_SUCH_RANGE = 416 };

/* --- Ranges ------------------------------------------------------------------------------------
 */

/* Digits up to `end`; false for anything else. */
static bool read_number(const char **p, char end, uint64_t *ret)
{
    uint64_t n = 0;
    const char *s = *p;

    for (; *s >= '0' && *s <= '9' && n < UINT64_MAX / 100; s++)
        n = n * 10 + (uint64_t)(*s - '0');
    if (s == *p || *s != end)
        return false;
    *ret = n;
    *p = s + 1;
    return true;
}

/* "bytes 5-9/20" */
static bool read_range(const struct http_exchange *x, uint64_t *first, uint64_t *last)
{
    char text[RANGE_TEXT_MAX];
    const char *p = text + 6;

    return http_reply_get_header(x, "Content-Range", text, sizeof(text)) &&
           strncmp(text, "bytes ", 6) == 0 && read_number(&p, '-', first) &&
           read_number(&p, '/', last) && *last >= *first;
}

bool act_content_base(const struct http_exchange *x, uint64_t *ret_base)
{
    uint64_t last;

    *ret_base = 0;
    return http_reply_status(x) != STATUS_PARTIAL || read_range(x, ret_base, &last);
}

static void truncate_part(struct http_exchange *x, uint64_t size)
{
    char text[RANGE_TEXT_MAX];
    uint64_t first, last;

    if (!read_range(x, &first, &last)) /* several ranges: not cut */
        return;
    if (first >= size) {
        http_reply_begin(x, STATUS_NO_SUCH_RANGE);
        (void)snprintf(text, sizeof(text), "bytes */%" PRIu64, size);
        http_reply_set_header(x, "Content-Range", text);
        return;
    }
    if (last >= size)
        last = size - 1;
    (void)snprintf(text, sizeof(text), "bytes %" PRIu64 "-%" PRIu64 "/%" PRIu64, first, last, size);
    http_reply_set_header(x, "Content-Range", text);
    http_reply_set_length(x, (int64_t)(last - first + 1));
}

void act_content_truncate(struct http_exchange *x, uint64_t size)
{
    int64_t length = http_reply_length(x);

    if (http_reply_status(x) == STATUS_PARTIAL)
        truncate_part(x, size);
    else if (length > 0 && (uint64_t)length > size)
        http_reply_set_length(x, (int64_t)size);
}

/* --- Chunks that lie ---------------------------------------------------------------------------
 */

/* The first chunk says half of its size; what follows is in the wrong place. */
enum lie_state { LIE_FRAME, LIE_PIECE, LIE_REST, LIE_END, LIE_OVER };

struct lie_source {
    struct http_source source;
    struct http_source *inner; /* owned */
    enum lie_state state;
    struct http_piece piece; /* behind its frame */
    char frame[24];
};

static enum http_source_result give(struct http_piece *ret, const char *text, enum lie_state next,
                                    enum lie_state *state)
{
    *ret = (struct http_piece){.data = text, .fd = -1, .size = strlen(text)};
    *state = next;
    return HTTP_SOURCE_PIECE;
}

static enum http_source_result lie_frame(struct lie_source *s, size_t max, struct http_piece *ret)
{
    enum http_source_result result = http_source_next(s->inner, max, &s->piece);
    size_t size = result == HTTP_SOURCE_PIECE ? s->piece.size : 0;

    if (result != HTTP_SOURCE_PIECE && result != HTTP_SOURCE_END)
        return result;
    (void)snprintf(s->frame, sizeof(s->frame), "%zx\r\n", size > 1 ? size / 2 : size + 16);
    return give(ret, s->frame, size > 0 ? LIE_PIECE : LIE_END, &s->state);
}

static enum http_source_result lie_next(struct http_source *src, size_t max, struct http_piece *ret)
{
    struct lie_source *s = (struct lie_source *)src;
    enum http_source_result result;

    switch (s->state) {
    case LIE_FRAME:
        return lie_frame(s, max, ret);
    case LIE_PIECE:
        *ret = s->piece;
        s->state = LIE_REST;
        return HTTP_SOURCE_PIECE;
    case LIE_REST:
        result = http_source_next(s->inner, max, ret);
        return result == HTTP_SOURCE_END ? give(ret, "\r\n0\r\n\r\n", LIE_OVER, &s->state) : result;
    case LIE_END:
        return give(ret, "\r\n0\r\n\r\n", LIE_OVER, &s->state);
    case LIE_OVER:
        break;
    }
    return HTTP_SOURCE_END;
}

static void lie_free(struct http_source *src)
{
    struct lie_source *s = (struct lie_source *)src;

    http_source_free(s->inner);
    free(s);
}

static const struct http_source_ops lie_ops = {"bad-chunk", lie_next, lie_free};

static struct http_source *wrap_lie(struct http_source *inner, void *arg)
{
    struct lie_source *s = calloc(1, sizeof(*s));

    (void)arg;
    if (s == NULL) {
        http_source_free(inner);
        return NULL;
    }
    s->source.ops = &lie_ops;
    s->inner = inner;
    return &s->source;
}

void act_content_bad_chunk(struct http_exchange *x)
{
    if (http_exchange_request(x)->method != HTTP_METHOD_HEAD && !http_reply_has_body(x))
        http_reply_text(x, "", 0);
    http_reply_omit_header(x, "Content-Length");
    http_reply_set_header(x, "Transfer-Encoding", "chunked");
    http_reply_set_length(x, -1);
    http_reply_wrap(x, wrap_lie, NULL);
    http_conn_close_idle(http_exchange_conn(x));
}
