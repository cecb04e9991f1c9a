/* SPDX-License-Identifier: MIT */
#include "lib/http/byteranges.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/http/body.h"
#include "lib/util/err.h"
#include "tests/tap/tap.h"

static const char content[] = "0123456789";

static struct http_source *slice_memory(void *arg, uint64_t first, uint64_t n)
{
    return http_source_memory((const char *)arg + first, n, NULL, NULL);
}

static struct http_source *slice_file(void *arg, uint64_t first, uint64_t n)
{
    return http_source_file(*(int *)arg, first, n, NULL, NULL);
}

static struct http_source *slice_nothing(void *arg, uint64_t first, uint64_t n)
{
    (void)arg;
    (void)first;
    (void)n;
    return NULL;
}

/* All that a source gives, in pieces of at most step bytes. Caller frees. */
static char *drain(struct http_source *src, size_t step)
{
    char *text = calloc(1, 4096);
    size_t n = 0;
    struct http_piece piece;

    while (http_source_next(src, step, &piece) == HTTP_SOURCE_PIECE) {
        if (piece.data != NULL)
            memcpy(text + n, piece.data, piece.size);
        else if (pread(piece.fd, text + n, piece.size, (off_t)piece.offset) != (ssize_t)piece.size)
            break;
        n += piece.size;
    }
    return text;
}

static void check(http_slice_fn slice, void *arg, size_t step, const char *name)
{
    static const char want[] = "--B\r\n"
                               "Content-Type: text/plain\r\n"
                               "Content-Range: bytes 1-3/10\r\n"
                               "\r\n"
                               "123\r\n"
                               "--B\r\n"
                               "Content-Type: text/plain\r\n"
                               "Content-Range: bytes 9-9/10\r\n"
                               "\r\n"
                               "9\r\n"
                               "--B--\r\n";
    const struct http_range ranges[] = {{1, 3}, {9, 9}};
    const struct http_byteranges options = {
        .ranges = ranges,
        .count = 2,
        .size = 10,
        .content_type = "text/plain",
        .boundary = "B",
        .slice = slice,
        .slice_arg = arg,
    };
    struct http_source *body;
    int64_t length;
    char *got;

    is_int(http_byteranges_new(&body, &length, &options, NULL), 0, "%s", name);
    is_int(length, (long long)strlen(want), "  exact length");
    got = drain(body, step);
    is_str(got, want, "  body");
    free(got);
    http_source_free(body);
}

static void test_failure(void)
{
    const struct http_range range = {0, 1};
    const struct http_byteranges options = {
        .ranges = &range,
        .count = 1,
        .size = 10,
        .content_type = "text/plain",
        .boundary = "B",
        .slice = slice_nothing,
    };
    struct http_source *body;
    struct err err;
    int64_t length;

    is_int(http_byteranges_new(&body, &length, &options, &err), -1, "a slice that fails");
    is_int(err.code, ERR_NOMEM, "  is an error");
}

int main(void)
{
    char one[HTTP_BOUNDARY_LEN + 1];
    char two[HTTP_BOUNDARY_LEN + 1];
    FILE *file = tmpfile();
    int fd;

    plan_lazy();
    check(slice_memory, (void *)content, 4096, "ranges of memory");
    check(slice_memory, (void *)content, 1, "ranges of memory, byte by byte");
    if (file == NULL || fputs(content, file) == EOF || fflush(file) != 0) {
        skip("no temporary file");
    } else {
        fd = fileno(file);
        check(slice_file, &fd, 7, "ranges of a file");
        (void)fclose(file);
    }
    test_failure();
    http_byteranges_boundary(one);
    http_byteranges_boundary(two);
    is_int((long long)strlen(one), HTTP_BOUNDARY_LEN, "a boundary");
    is_int((long long)strspn(one, "0123456789abcdef"), HTTP_BOUNDARY_LEN, "  of hex digits");
    ok(strcmp(one, two) != 0, "  that differs each time");
    done_testing();
}
