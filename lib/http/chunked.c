/* SPDX-License-Identifier: MIT */
#include "lib/http/chunked.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

#include "lib/http/body.h"
#include "lib/util/util.h"

/*
 * Each piece of the inner source becomes one chunk, given in two steps:
 *
 *     FRAME --(inner piece)--> DATA --> FRAME        FRAME --(inner end)--> OVER
 *
 * A frame closes the chunk before it and opens the next one.
 */
enum chunk_state { CHUNK_FRAME, CHUNK_DATA, CHUNK_OVER };

struct chunked_source {
    struct http_source source;
    struct http_source *inner; /* owned */
    enum chunk_state state;
    bool first;
    struct http_piece piece; /* of the inner source, waiting behind its frame */
    char frame[32];
};

static enum http_source_result give_frame(struct chunked_source *s, size_t size, const char *after,
                                          struct http_piece *ret)
{
    int n =
        snprintf(s->frame, sizeof(s->frame), "%s%zx\r\n%s", s->first ? "" : "\r\n", size, after);

    s->first = false;
    *ret = (struct http_piece){.data = s->frame, .fd = -1, .size = (size_t)n};
    return HTTP_SOURCE_PIECE;
}

static enum http_source_result chunked_next(struct http_source *src, size_t max,
                                            struct http_piece *ret)
{
    struct chunked_source *s = (struct chunked_source *)src;
    enum http_source_result result;

    if (s->state == CHUNK_OVER)
        return HTTP_SOURCE_END;
    if (s->state == CHUNK_DATA) {
        *ret = s->piece;
        s->state = CHUNK_FRAME;
        return HTTP_SOURCE_PIECE;
    }
    result = http_source_next(s->inner, max, &s->piece);
    if (result == HTTP_SOURCE_PIECE) {
        s->state = CHUNK_DATA;
        return give_frame(s, s->piece.size, "", ret);
    }
    if (result == HTTP_SOURCE_END) {
        s->state = CHUNK_OVER;
        return give_frame(s, 0, "\r\n", ret);
    }
    return result;
}

static void chunked_free(struct http_source *src)
{
    struct chunked_source *s = (struct chunked_source *)src;

    http_source_free(s->inner);
    free(s);
}

static const struct http_source_ops chunked_ops = {"chunked", chunked_next, chunked_free};

struct http_source *http_source_chunked(struct http_source *inner)
{
    struct chunked_source *s = calloc(1, sizeof(*s));

    if (s == NULL || inner == NULL) {
        http_source_free(inner);
        free(s);
        return NULL;
    }
    s->source.ops = &chunked_ops;
    s->inner = inner;
    s->first = true;
    return &s->source;
}
