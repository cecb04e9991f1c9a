/* SPDX-License-Identifier: MIT */
/*
 * Response bodies: a source gives pieces, the writer asks for them when the peer can take more.
 *
 * A source is memory, a range of a file, several sources in a row, or a generator; a fault wraps
 * one source in another. Sources are used by one response and freed by it.
 */
#ifndef LIB_HTTP_BODY_H
#define LIB_HTTP_BODY_H

#include <stddef.h>
#include <stdint.h>

struct err;
struct http_source;

enum http_source_result {
    HTTP_SOURCE_PIECE, /* a piece was given */
    HTTP_SOURCE_END,   /* nothing more */
    HTTP_SOURCE_WAIT,  /* nothing now; http_exchange_wake() when there is */
    HTTP_SOURCE_FAIL,  /* broken: the connection is closed, the peer sees a short body */
};

/* Bytes in memory, or (data == NULL) a range of a file. */
struct http_piece {
    const void *data;
    int fd;
    uint64_t offset;
    size_t size; /* never 0 in a piece that is given */
};

struct http_source_ops {
    const char *name;
    /* Gives at most max bytes. A memory piece stays valid until the next call or free. */
    enum http_source_result (*next)(struct http_source *src, size_t max, struct http_piece *ret);
    void (*free)(struct http_source *src);
};

/* Embedded as the first member of every kind of source. */
struct http_source {
    const struct http_source_ops *ops;
};

typedef void (*http_release_fn)(void *arg);

/*
 * The constructors return NULL when memory is short. release(arg), if not NULL, is called when the
 * source is freed, and also when the constructor fails.
 */
/* n bytes at p, which must stay valid until release. */
struct http_source *http_source_memory(const void *p, size_t n, http_release_fn release, void *arg);
/* n bytes of fd from offset; fd is borrowed until release. */
struct http_source *http_source_file(int fd, uint64_t offset, uint64_t n, http_release_fn release,
                                     void *arg);
/*
 * A generator: fill writes up to n bytes of the body that start at offset into buf and returns
 * how many (0: failed). Random access, so that ranges work.
 */
typedef size_t (*http_fill_fn)(void *arg, uint64_t offset, void *buf, size_t n);
struct http_source *http_source_generate(http_fill_fn fill, uint64_t offset, uint64_t n,
                                         http_release_fn release, void *arg);
/* An empty row; http_source_row_add takes part, also on failure. Sources are sent in the order
 * added. */
struct http_source *http_source_row(void);
int http_source_row_add(struct http_source *row, struct http_source *part, struct err *err);

enum http_source_result http_source_next(struct http_source *src, size_t max,
                                         struct http_piece *ret);
void http_source_free(struct http_source *src); /* NULL-safe */

#endif
