/* SPDX-License-Identifier: MIT */
#include "lib/http/body.h"

#include <stdlib.h>
#include <sys/queue.h>

#include "lib/util/err.h"
#include "lib/util/util.h"

enum { GENERATE_PIECE = 64 * 1024 };

/* What the owner of the bytes wants to hear when they are not needed any more. */
struct release {
    http_release_fn fn;
    void *arg; /* borrowed */
};

static void release(struct release r)
{
    if (r.fn != NULL)
        r.fn(r.arg);
}

/* --- Memory and files: one span that shrinks from the front ------------------------------------
 */

struct span_source {
    struct http_source source;
    struct release release;
    const char *data; /* borrowed; NULL: a file */
    int fd;           /* borrowed */
    uint64_t offset;
    uint64_t left;
};

static enum http_source_result span_next(struct http_source *src, size_t max,
                                         struct http_piece *ret)
{
    struct span_source *s = (struct span_source *)src;
    size_t n = s->left < max ? (size_t)s->left : max;

    if (n == 0)
        return HTTP_SOURCE_END;
    *ret = (struct http_piece){.fd = s->fd, .offset = s->offset, .size = n};
    if (s->data != NULL)
        ret->data = s->data + s->offset;
    s->offset += n;
    s->left -= n;
    return HTTP_SOURCE_PIECE;
}

static void span_free(struct http_source *src)
{
    struct span_source *s = (struct span_source *)src;

    release(s->release);
    free(s);
}

static const struct http_source_ops memory_ops = {"memory", span_next, span_free};
static const struct http_source_ops file_ops = {"file", span_next, span_free};

static struct span_source *span_new(const struct http_source_ops *ops, uint64_t n, struct release r)
{
    struct span_source *s = calloc(1, sizeof(*s));

    if (s == NULL) {
        release(r);
        return NULL;
    }
    s->source.ops = ops;
    s->release = r;
    s->fd = -1;
    s->left = n;
    return s;
}

struct http_source *http_source_memory(const void *p, size_t n, http_release_fn fn, void *arg)
{
    struct span_source *s = span_new(&memory_ops, n, (struct release){fn, arg});

    if (s == NULL)
        return NULL;
    s->data = p;
    return &s->source;
}

struct http_source *http_source_file(int fd, uint64_t offset, uint64_t n, http_release_fn fn,
                                     void *arg)
{
    struct span_source *s = span_new(&file_ops, n, (struct release){fn, arg});

    if (s == NULL)
        return NULL;
    s->fd = fd;
    s->offset = offset;
    return &s->source;
}

/* --- Generator ---------------------------------------------------------------------------------
 */

struct generate_source {
    struct http_source source;
    struct release release;
    http_fill_fn fill;
    uint64_t offset;
    uint64_t left;
    char piece[GENERATE_PIECE];
};

static enum http_source_result generate_next(struct http_source *src, size_t max,
                                             struct http_piece *ret)
{
    struct generate_source *s = (struct generate_source *)src;
    size_t n = max < sizeof(s->piece) ? max : sizeof(s->piece);

    if (s->left < n)
        n = (size_t)s->left;
    if (n == 0)
        return HTTP_SOURCE_END;
    n = s->fill(s->release.arg, s->offset, s->piece, n);
    if (n == 0)
        return HTTP_SOURCE_FAIL;
    *ret = (struct http_piece){.data = s->piece, .fd = -1, .size = n};
    s->offset += n;
    s->left -= n;
    return HTTP_SOURCE_PIECE;
}

static void generate_free(struct http_source *src)
{
    struct generate_source *s = (struct generate_source *)src;

    release(s->release);
    free(s);
}

static const struct http_source_ops generate_ops = {"generate", generate_next, generate_free};

struct http_source *http_source_generate(http_fill_fn fill, uint64_t offset, uint64_t n,
                                         http_release_fn fn, void *arg)
{
    struct generate_source *s = malloc(sizeof(*s));

    if (s == NULL) {
        release((struct release){fn, arg});
        return NULL;
    }
    s->source.ops = &generate_ops;
    s->release = (struct release){fn, arg};
    s->fill = fill;
    s->offset = offset;
    s->left = n;
    return &s->source;
}

/* --- A row of sources --------------------------------------------------------------------------
 */

struct row_part {
    struct http_source *source; /* owned */
    STAILQ_ENTRY(row_part) link;
};

struct row_source {
    struct http_source source;
    STAILQ_HEAD(, row_part) parts; /* owned; the first one is being sent */
};

static void row_drop_first(struct row_source *row)
{
    struct row_part *part = STAILQ_FIRST(&row->parts);

    STAILQ_REMOVE_HEAD(&row->parts, link);
    http_source_free(part->source);
    free(part);
}

static enum http_source_result row_next(struct http_source *src, size_t max, struct http_piece *ret)
{
    struct row_source *row = (struct row_source *)src;
    struct row_part *part;

    while ((part = STAILQ_FIRST(&row->parts)) != NULL) {
        enum http_source_result result = http_source_next(part->source, max, ret);

        if (result != HTTP_SOURCE_END)
            return result;
        row_drop_first(row);
    }
    return HTTP_SOURCE_END;
}

static void row_free(struct http_source *src)
{
    struct row_source *row = (struct row_source *)src;

    while (!STAILQ_EMPTY(&row->parts))
        row_drop_first(row);
    free(row);
}

static const struct http_source_ops row_ops = {"row", row_next, row_free};

struct http_source *http_source_row(void)
{
    struct row_source *row = calloc(1, sizeof(*row));

    if (row == NULL)
        return NULL;
    row->source.ops = &row_ops;
    STAILQ_INIT(&row->parts);
    return &row->source;
}

int http_source_row_add(struct http_source *src, struct http_source *added, struct err *err)
{
    struct row_source *row = (struct row_source *)src;
    struct row_part *part = added != NULL ? calloc(1, sizeof(*part)) : NULL;

    ASSERT(src->ops == &row_ops);
    if (part == NULL) {
        http_source_free(added);
        return err_set(err, ERR_NOMEM, "body");
    }
    part->source = added;
    STAILQ_INSERT_TAIL(&row->parts, part, link);
    return 0;
}

enum http_source_result http_source_next(struct http_source *src, size_t max,
                                         struct http_piece *ret)
{
    return src->ops->next(src, max, ret);
}

void http_source_free(struct http_source *src)
{
    if (src != NULL)
        src->ops->free(src);
}
