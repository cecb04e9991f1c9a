/* SPDX-License-Identifier: MIT */
#include "lib/util/buf.h"

#include <stdlib.h>
#include <string.h>

#include "lib/util/err.h"
#include "lib/util/util.h"
#include "tests/tap/tap.h"

static void test_append(void)
{
    auto_buf struct buf b = BUF_INIT(1000);

    is_str(buf_text(&b), "", "a new buffer is the empty text");
    is_int(buf_append(&b, "ab\0c", 4), 0, "bytes are appended");
    is_mem(b.data, b.len, "ab\0c", 4, "with the NUL among them");
    buf_reset(&b);
    is_int(b.len, 0, "reset empties");
    is_str(buf_text(&b), "", "and leaves no text");
    is_int(buf_append_text(&b, "x="), 0, "a string");
    is_int(buf_appendf(&b, "%d,%s", 42, "y"), 0, "a format");
    is_int(buf_append_char(&b, ';'), 0, "a character");
    is_int(buf_append(&b, NULL, 0), 0, "nothing");
    is_str(buf_text(&b), "x=42,y;", "follow each other");
}

static void test_growth(void)
{
    auto_buf struct buf b = BUF_INIT(100000);

    for (int i = 0; i < 10000; i++)
        (void)buf_appendf(&b, "%05d", i);
    is_int(b.len, 50000, "ten thousand appends");
    is_mem(b.data + 49995, 5, "09999", 5, "end with the last");
    is_mem(b.data, 10, "0000000001", 10, "and begin with the first");
    is_int(strlen(buf_text(&b)), 50000, "and are terminated");
}

static void test_maximum(void)
{
    auto_buf struct buf b = BUF_INIT(5);
    struct err err;

    is_int(buf_append_text(&b, "12345"), 0, "content of exactly the maximum");
    is_int(buf_check(&b, "name", &err), 0, "is no failure");
    is_int(buf_append_char(&b, '6'), -1, "one more is refused");
    is_str(buf_text(&b), "12345", "and not kept");
    is_int(buf_append(&b, "", 0), -1, "failure stays");
    is_int(buf_check(&b, "name", &err), -1, "and is told");
    is_int(err.code, ERR_LIMIT, "as a limit");
    is_str(err.msg, "name exceeds 5 bytes", "with its size");
    ok(buf_take(&b, NULL) == NULL, "nothing is handed over after a failure");
    buf_reset(&b);
    is_int(buf_appendf(&b, "%s", "abcdef"), -1, "a format that is too long is refused");
    is_str(buf_text(&b), "", "and not cut");
    buf_reset(&b);
    is_int(buf_append_text(&b, "ok"), 0, "after a reset it works again");
}

static void test_no_memory(void)
{
    auto_buf struct buf b = BUF_INIT((size_t)-1);
    struct err err;

    is_int(buf_append_text(&b, "kept"), 0, "a buffer without a maximum");
    ok(buf_room(&b, ((size_t)-1) / 4) == NULL, "cannot hold a quarter of the address space");
    is_int(buf_check(&b, "name", &err), -1, "which is told");
    is_int(err.code, ERR_NOMEM, "as memory");
    is_str(buf_text(&b), "kept", "the content is as before");
}

static void test_room(void)
{
    auto_buf struct buf b = BUF_INIT(100);
    char *room;

    room = buf_room(&b, 10);
    ok(room != NULL, "room for ten");
    memcpy(room, "abc", 3);
    buf_grown(&b, 3);
    is_str(buf_text(&b), "abc", "three of them used");
    ok(buf_room(&b, 98) == NULL, "no room beyond the maximum");
}

static void test_take(void)
{
    struct buf b;
    size_t len = 7;
    char *text;

    buf_init(&b, 100);
    text = buf_take(&b, &len);
    is_str(text, "", "an empty buffer hands over an empty text");
    is_int(len, 0, "of length 0");
    free(text);
    (void)buf_append_text(&b, "hello");
    text = buf_take(&b, &len);
    is_str(text, "hello", "the text is handed over");
    is_int(len, 5, "with its length");
    is_int(b.len, 0, "and the buffer is empty");
    free(text);
    buf_done(&b);
    buf_done(&b);
    ok(b.data == NULL, "done twice does no harm");
}

int main(void)
{
    plan_lazy();
    test_append();
    test_growth();
    test_maximum();
    test_no_memory();
    test_room();
    test_take();
    done_testing();
}
