/* SPDX-License-Identifier: MIT */
#include "lib/util/buf.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/util/err.h"
#include "lib/util/util.h"

enum { BUF_FIRST = 64 };

void buf_init(struct buf *b, size_t max)
{
    *b = (struct buf){.max = max};
}

void buf_done(struct buf *b)
{
    free(b->data);
    buf_init(b, b->max);
}

void buf_reset(struct buf *b)
{
    b->len = 0;
    b->failed = false;
    b->out_of_memory = false;
    if (b->data != NULL)
        b->data[0] = '\0';
}

static int fail(struct buf *b, bool out_of_memory)
{
    b->failed = true;
    b->out_of_memory = out_of_memory;
    return -1;
}

char *buf_room(struct buf *b, size_t n)
{
    size_t cap = b->cap;
    char *data;

    if (b->failed)
        return NULL;
    if (n > b->max - b->len) {
        (void)fail(b, false);
        return NULL;
    }
    if (b->data != NULL && b->len + n < cap)
        return b->data + b->len;
    cap = cap < BUF_FIRST ? BUF_FIRST : cap;
    while (cap <= b->len + n)
        cap = cap > SIZE_MAX / 2 ? b->len + n + 1 : cap * 2;
    if (cap > b->max + 1 && b->max < SIZE_MAX)
        cap = b->max + 1;
    data = realloc(b->data, cap);
    if (data == NULL) {
        (void)fail(b, true);
        return NULL;
    }
    b->data = data;
    b->cap = cap;
    return b->data + b->len;
}

void buf_grown(struct buf *b, size_t n)
{
    ASSERT(b->len + n < b->cap);
    b->len += n;
    b->data[b->len] = '\0';
}

int buf_append(struct buf *b, const void *p, size_t n)
{
    char *room = buf_room(b, n);

    if (room == NULL)
        return -1;
    if (n > 0)
        memcpy(room, p, n);
    buf_grown(b, n);
    return 0;
}

int buf_append_text(struct buf *b, const char *s)
{
    return buf_append(b, s, strlen(s));
}

int buf_append_char(struct buf *b, char c)
{
    return buf_append(b, &c, 1);
}

int buf_appendf(struct buf *b, const char *fmt, ...)
{
    va_list args;
    char *room;
    int n;

    va_start(args, fmt);
    n = vsnprintf(NULL, 0, fmt, args);
    va_end(args);
    if (n < 0)
        return fail(b, false);
    room = buf_room(b, (size_t)n);
    if (room == NULL)
        return -1;
    va_start(args, fmt);
    (void)vsnprintf(room, (size_t)n + 1, fmt, args);
    va_end(args);
    buf_grown(b, (size_t)n);
    return 0;
}

const char *buf_text(const struct buf *b)
{
    return b->data == NULL ? "" : b->data;
}

char *buf_take(struct buf *b, size_t *ret_len)
{
    char *data;

    if (b->failed || buf_append(b, "", 0) != 0)
        return NULL;
    if (ret_len != NULL)
        *ret_len = b->len;
    data = STEAL(b->data);
    buf_init(b, b->max);
    return data;
}

int buf_check(const struct buf *b, const char *what, struct err *err)
{
    if (!b->failed)
        return 0;
    if (b->out_of_memory)
        return err_set(err, ERR_NOMEM, "%s", what);
    return err_set(err, ERR_LIMIT, "%s exceeds %zu bytes", what, b->max);
}
