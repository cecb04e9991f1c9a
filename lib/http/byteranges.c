/* SPDX-License-Identifier: MIT */
#include "lib/http/byteranges.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "lib/http/body.h"
#include "lib/util/err.h"
#include "lib/util/util.h"

DEFINE_AUTO(source, struct http_source, http_source_free)
#define auto_source __attribute__((cleanup(auto_source_)))

void http_byteranges_boundary(char ret[HTTP_BOUNDARY_LEN + 1])
{
    unsigned char bytes[HTTP_BOUNDARY_LEN / 2];
    ssize_t n;

    do
        n = getrandom(bytes, sizeof(bytes), 0);
    while (n < 0 && errno == EINTR);
    ASSERT(n == (ssize_t)sizeof(bytes)); /* small requests are never cut, getrandom(2) */
    for (size_t i = 0; i < sizeof(bytes); i++) {
        ret[2 * i] = "0123456789abcdef"[bytes[i] >> 4];
        ret[2 * i + 1] = "0123456789abcdef"[bytes[i] & 15];
    }
    ret[HTTP_BOUNDARY_LEN] = '\0';
}

/* Appends a line of text, which is taken. */
static int add_text(struct http_source *row, int64_t *length, char *text, struct err *err)
{
    size_t n;

    if (text == NULL)
        return err_set(err, ERR_NOMEM, "head of a part");
    n = strlen(text);
    *length += (int64_t)n;
    return http_source_row_add(row, http_source_memory(text, n, free, text), err);
}

static char *part_head(const struct http_byteranges *o, size_t i)
{
    char *text;
    int n = asprintf(&text,
                     "%s--%s\r\nContent-Type: %s\r\nContent-Range: bytes %" PRIu64 "-%" PRIu64
                     "/%" PRIu64 "\r\n\r\n",
                     i == 0 ? "" : "\r\n", o->boundary, o->content_type, o->ranges[i].first,
                     o->ranges[i].last, o->size);

    return n < 0 ? NULL : text;
}

static char *end_line(const struct http_byteranges *o)
{
    char *text;

    return asprintf(&text, "\r\n--%s--\r\n", o->boundary) < 0 ? NULL : text;
}

static int add_part(struct http_source *row, int64_t *length, const struct http_byteranges *o,
                    size_t i, struct err *err)
{
    uint64_t n = o->ranges[i].last - o->ranges[i].first + 1;

    if (add_text(row, length, part_head(o, i), err) != 0)
        return -1;
    *length += (int64_t)n;
    return http_source_row_add(row, o->slice(o->slice_arg, o->ranges[i].first, n), err);
}

int http_byteranges_new(struct http_source **ret, int64_t *ret_length,
                        const struct http_byteranges *options, struct err *err)
{
    auto_source struct http_source *row = http_source_row();
    int64_t length = 0;

    if (row == NULL)
        return err_set(err, ERR_NOMEM, "ranges");
    for (size_t i = 0; i < options->count; i++) {
        if (add_part(row, &length, options, i, err) != 0)
            return -1;
    }
    if (add_text(row, &length, end_line(options), err) != 0)
        return -1;
    *ret = STEAL(row);
    *ret_length = length;
    return 0;
}
