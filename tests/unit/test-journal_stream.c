/* SPDX-License-Identifier: MIT */
#include "lib/control/journal_stream.h"

#include <string.h>

#include <jansson.h>

#include "lib/control/journal.h"
#include "lib/fault/match.h"
#include "lib/http/body.h"
#include "lib/util/buf.h"
#include "lib/util/util.h"
#include "tests/tap/tap.h"
#include "tests/unit/journal_help.h"

enum { TEXT_MAX = 16 * 1024 * 1024 };

static struct http_source *begin(struct help *h, const char *match, uint64_t since, size_t limit)
{
    json_t *object = match != NULL ? help_json(match) : NULL;
    struct http_source *source = NULL;
    struct match *m = NULL;

    if (object != NULL)
        ASSERT(journal_match_parse(&m, h->j, object, "", NULL) == 0);
    json_decref(object);
    is_int(journal_stream(&source, h->j, m, since, limit, NULL), 0, "stream");
    return source;
}

/* Reads up to so many pieces of up to max bytes; true when the end came. */
static bool read_some(struct http_source *source, struct buf *text, unsigned pieces, size_t max)
{
    struct http_piece piece;

    while (pieces-- > 0) {
        if (http_source_next(source, max, &piece) != HTTP_SOURCE_PIECE)
            return true;
        ASSERT(piece.size > 0 && piece.size <= max);
        ASSERT(buf_append(text, piece.data, piece.size) == 0);
    }
    return false;
}

/* The whole list. The caller owns it. */
static json_t *read_all(struct http_source *source, struct buf *text, size_t max)
{
    json_t *list;

    (void)read_some(source, text, UINT32_MAX, max);
    http_source_free(source);
    list = json_loads(buf_text(text), 0, NULL);
    ok(list != NULL, "it is JSON");
    return list;
}

static json_t *list(struct help *h, const char *match, uint64_t since, size_t limit)
{
    auto_buf struct buf text = BUF_INIT(TEXT_MAX);

    return read_all(begin(h, match, since, limit), &text, 1000);
}

static void is_same(struct help *h, const char *match, uint64_t since, size_t limit)
{
    json_t *object = match != NULL ? help_json(match) : NULL;
    json_t *streamed = list(h, match, since, limit), *whole;
    struct match *m = NULL;

    if (object != NULL)
        ASSERT(journal_match_parse(&m, h->j, object, "", NULL) == 0);
    whole = journal_list(h->j, m, since, limit);
    ok(json_equal(streamed, whole), "the list of %s since %d, at most %zu",
       match != NULL ? match : "all", (int)since, limit);
    match_free(m);
    json_decref(whole);
    json_decref(streamed);
    json_decref(object);
}

static void test_lists(void)
{
    struct help h;

    help_begin(&h, 300, 0);
    is_same(&h, NULL, 0, 0);
    (void)help_open(&h, HELP_BLOB_GET, "hangs");
    for (int i = 0; i < 1000; i++)
        (void)help_request(&h, i % 3 == 0 ? HELP_PING : HELP_BLOB_GET, "app", 200);
    is_same(&h, NULL, 0, 0);
    is_same(&h, NULL, 900, 0);
    is_same(&h, NULL, 5000, 0);
    is_same(&h, NULL, 0, 3);
    is_same(&h, NULL, 990, 11);
    is_same(&h, NULL, 990, 10);
    is_same(&h, "{'op': 'ping'}", 0, 0);
    is_same(&h, "{'op': 'token'}", 0, 0);
    is_same(&h, "{'repo': 'hangs'}", 0, 1);
    help_end(&h);
}

/* Entries come and go while somebody reads slowly. */
static void test_slow(void)
{
    auto_buf struct buf text = BUF_INIT(TEXT_MAX);
    struct http_source *source;
    struct help h;
    json_t *result, *requests;
    size_t count;

    help_begin(&h, 500, 0);
    for (int i = 0; i < 500; i++)
        (void)help_request(&h, HELP_PING, "", 200);
    source = begin(&h, NULL, 0, 0);
    ok(!read_some(source, &text, 2, 100000), "a part of it");
    for (int i = 0; i < 300; i++)
        (void)help_request(&h, HELP_PING, "", 200);
    result = read_all(source, &text, 100000);
    requests = json_object_get(result, "requests");
    count = json_array_size(requests);
    ok(count >= 200 && count < 500, "some were dropped meanwhile: %zu are left", count);
    is_int(json_integer_value(json_object_get(result, "dropped")), 500 - (long long)count,
           "the others are counted");
    is_int(json_integer_value(json_object_get(json_array_get(requests, count - 1), "seq")), 500,
           "what came later is not in the list");
    json_decref(result);

    buf_reset(&text);
    source = begin(&h, NULL, 300, 0);
    ok(!read_some(source, &text, 2, 100000), "a part of another");
    for (int i = 0; i < 2000; i++)
        (void)help_request(&h, HELP_PING, "", 200);
    result = read_all(source, &text, 100000);
    count = json_array_size(json_object_get(result, "requests"));
    is_int(json_integer_value(json_object_get(result, "dropped")), 500 - (long long)count,
           "all that was left is gone");
    json_decref(result);
    help_end(&h);
}

static void test_end(void)
{
    auto_buf struct buf text = BUF_INIT(TEXT_MAX);
    struct http_source *source;
    struct help h;

    help_begin(&h, 0, 0);
    for (int i = 0; i < 500; i++)
        (void)help_request(&h, HELP_PING, "", 200);
    source = begin(&h, NULL, 0, 0);
    (void)read_some(source, &text, 2, 100000);
    help_end(&h);
    json_decref(read_all(source, &text, 100000));
}

int main(void)
{
    plan_lazy();
    test_lists();
    test_slow();
    test_end();
    done_testing();
}
