/* SPDX-License-Identifier: MIT */
#include "lib/http/body.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "lib/http/chunked.h"
#include "lib/util/buf.h"
#include "lib/util/err.h"
#include "tests/tap/tap.h"

static int released;

static void count_release(void *arg)
{
    (void)arg;
    released++;
}

/* Reads a source to its end in pieces of at most max bytes. Returns the last result. */
static enum http_source_result drain(struct http_source *src, size_t max, struct buf *to)
{
    struct http_piece piece;
    enum http_source_result result;

    while ((result = http_source_next(src, max, &piece)) == HTTP_SOURCE_PIECE) {
        if (piece.data != NULL) {
            (void)buf_append(to, piece.data, piece.size);
        } else {
            char *room = buf_room(to, piece.size);

            if (room == NULL || pread(piece.fd, room, piece.size, (off_t)piece.offset) < 0)
                break;
            buf_grown(to, piece.size);
        }
    }
    return result;
}

static void check(struct http_source *src, size_t max, const char *want, const char *name)
{
    struct buf got;

    buf_init(&got, 1 << 20);
    is_int(drain(src, max, &got), HTTP_SOURCE_END, "%s: ends", name);
    is_str(buf_text(&got), want, "%s: bytes", name);
    buf_done(&got);
    http_source_free(src);
}

static size_t fill_letters(void *arg, uint64_t offset, void *buf, size_t n)
{
    (void)arg;
    for (size_t i = 0; i < n; i++)
        ((char *)buf)[i] = (char)('a' + (offset + i) % 26);
    return n;
}

static size_t fill_nothing(void *arg, uint64_t offset, void *buf, size_t n)
{
    (void)arg;
    (void)offset;
    (void)buf;
    (void)n;
    return 0;
}

static void test_kinds(void)
{
    FILE *f = tmpfile();

    (void)fputs("0123456789", f);
    (void)fflush(f);
    check(http_source_memory("hello", 5, count_release, NULL), 2, "hello", "memory");
    check(http_source_file(fileno(f), 3, 5, count_release, NULL), 2, "34567", "file range");
    check(http_source_generate(fill_letters, 25, 4, count_release, NULL), 3, "zabc", "generator");
    is_int(released, 3, "each source releases once");
    check(http_source_memory("", 0, NULL, NULL), 9, "", "empty memory");
    (void)fclose(f);
}

static void test_row(void)
{
    struct http_source *row = http_source_row();

    released = 0;
    is_int(http_source_row_add(row, http_source_memory("ab", 2, count_release, NULL), NULL), 0,
           "add a part");
    is_int(http_source_row_add(row, http_source_memory("", 0, count_release, NULL), NULL), 0,
           "add an empty part");
    is_int(http_source_row_add(row, http_source_memory("cde", 3, count_release, NULL), NULL), 0,
           "add a third part");
    is_int(http_source_row_add(row, NULL, NULL), -1, "a part that could not be made is refused");
    check(row, 2, "abcde", "row");
    is_int(released, 3, "a row frees its parts");
}

static void test_chunked(void)
{
    struct http_source *src;
    struct buf got;

    check(http_source_chunked(http_source_memory("hello world", 11, NULL, NULL)), 8,
          "8\r\nhello wo\r\n3\r\nrld\r\n0\r\n\r\n", "chunked");
    check(http_source_chunked(http_source_memory("", 0, NULL, NULL)), 8, "0\r\n\r\n",
          "chunked, empty");
    buf_init(&got, 1024);
    src = http_source_chunked(http_source_generate(fill_nothing, 0, 5, NULL, NULL));
    is_int(drain(src, 8, &got), HTTP_SOURCE_FAIL, "chunked: the inner failure shows");
    is_str(buf_text(&got), "", "chunked: no last chunk after a failure");
    http_source_free(src);
    buf_done(&got);
    ok(http_source_chunked(NULL) == NULL, "chunked: nothing around nothing");
}

int main(void)
{
    plan_lazy();
    test_kinds();
    test_row();
    test_chunked();
    done_testing();
}
