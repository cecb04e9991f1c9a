/* SPDX-License-Identifier: MIT */
/*
 * A growing byte buffer that never grows beyond the maximum it was given.
 *
 * Appending fails once and for all: after a failure every further append fails too and the content
 * stays as it was, so that a text can be put together without asking each time; buf_check() says in
 * the end whether it worked and why not. The content is always followed by a NUL byte that does not
 * count, so data can be used as a string when it holds no NUL itself.
 */
#ifndef LIB_UTIL_BUF_H
#define LIB_UTIL_BUF_H

#include <stdbool.h>
#include <stddef.h>

struct err;

struct buf {
    char *data; /* owned; NULL until the first append */
    size_t len;
    size_t cap;         /* allocated, with the NUL */
    size_t max;         /* largest len */
    bool failed;        /* an append failed */
    bool out_of_memory; /* and that was the reason, not max */
};

/* For a definition: auto_buf struct buf b = BUF_INIT(1000); */
#define BUF_INIT(maximum)                                                                          \
    {                                                                                              \
        .max = (maximum)                                                                           \
    }
void buf_init(struct buf *b, size_t max);
void buf_done(struct buf *b); /* frees; b may be used again after buf_init() */
/* Forgets content and failure, keeps the memory. */
void buf_reset(struct buf *b);

/* 0, or -1 when the content would exceed the maximum or memory is short. */
int buf_append(struct buf *b, const void *p, size_t n);
int buf_append_text(struct buf *b, const char *s);
int buf_append_char(struct buf *b, char c);
int buf_appendf(struct buf *b, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* Room for n more bytes, to be filled by the caller before buf_grown(); NULL as append's -1. */
char *buf_room(struct buf *b, size_t n);
void buf_grown(struct buf *b, size_t n);

/* The content as a string: "" when nothing was appended. Borrowed. */
const char *buf_text(const struct buf *b);
/* Hands the content over, malloc'd and terminated, and empties b. NULL when an append failed or
   memory is short. ret_len may be NULL. */
char *buf_take(struct buf *b, size_t *ret_len);
/* ERR_LIMIT or ERR_NOMEM naming `what` when an append failed. */
int buf_check(const struct buf *b, const char *what, struct err *err);

#define auto_buf __attribute__((cleanup(buf_done)))

#endif
