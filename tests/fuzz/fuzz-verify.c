/* SPDX-License-Identifier: MIT */
/* Bodies of verify and wait, against a journal with a few entries, of which some were dropped. */
#include <string.h>

#include <jansson.h>

#include "lib/control/journal.h"
#include "lib/http/loop.h"
#include "lib/http/request.h"
#include "lib/util/clock.h"
#include "lib/util/err.h"
#include "lib/util/json.h"
#include "tests/fuzz/fuzz.h"

enum { ENTRIES = 8, REQUESTS = 12 };

static const char *const ops[] = {"ping", "manifest.get", "blob.get"};
static const struct word words[] = {
    {.name = "op", .kind = WORD_OP},
    {.name = "repo", .kind = WORD_TEXT},
    {.name = "user", .kind = WORD_TEXT},
    {.name = "client", .kind = WORD_ADDRESS},
};
static const struct vocabulary vocabulary = {
    .words = words,
    .word_count = ARRAY_LEN(words),
    .ops = ops,
    .op_count = ARRAY_LEN(ops),
    .op_word = 0,
    .key_word = 1,
    .user_word = 2,
    .client_word = 3,
};
static const struct http_header headers[] = {{"User-Agent", "fuzz/1"}, {"Accept", "*/*"}};

static void request(struct journal *j, unsigned i)
{
    struct http_request req = {.method_text = "GET",
                               .path = "/v2/team/app/blobs/x",
                               .target = "/v2/team/app/blobs/x",
                               .query = "ns=a&n=1",
                               .headers = headers,
                               .header_count = ARRAY_LEN(headers)};
    struct subject s = {.op = i % ARRAY_LEN(ops), .request = &req};
    struct journal_facts facts = {.status = i % 4 == 0 ? 404 : 200, .end = "complete"};
    uint64_t seq;

    s.values[0] = ops[s.op];
    s.values[1] = i % 2 == 0 ? "team/app" : "other";
    s.values[2] = "alice";
    s.values[3] = "192.0.2.1:1000";
    seq = journal_open(j, &s);
    if (i % 5 != 0)
        journal_close(j, seq, NULL, &facts);
}

/* Counts answers. */
static void on_answer(void *arg, bool held, json_t *answer)
{
    unsigned *answers = arg;

    MUST(json_is_true(json_object_get(answer, "held")) == held);
    MUST(json_is_string(json_object_get(answer, "message")));
    json_decref(answer);
    (*answers)++;
}

typedef int (*ask_fn)(struct journal *j, const json_t *body, journal_answer_fn done, void *arg,
                      struct journal_wait **ret, struct err *err);

/* An answer comes at once, or when the journal ends, and then once; or there is an error. */
static void ask(struct loop *loop, ask_fn fn, const json_t *body)
{
    struct clock clock = {0};
    struct journal_options options = {
        .vocabulary = &vocabulary, .loop = loop, .clock = &clock, .entries = ENTRIES};
    struct journal_wait *wait = NULL;
    struct err err = {0};
    struct journal *j;
    unsigned answers = 0;

    MUST(journal_new(&j, &options, &err) == 0);
    for (unsigned i = 0; i < REQUESTS; i++)
        request(j, i);
    if (fn(j, body, on_answer, &answers, &wait, &err) != 0) {
        MUST(answers == 0 && err.msg[0] != '\0' && err.code != ERR_NONE);
        journal_free(j);
        return;
    }
    MUST(answers == (wait == NULL ? 1 : 0));
    for (unsigned i = 0; i < REQUESTS; i++)
        request(j, i);
    journal_free(j);
    MUST(answers == 1);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct util_json_limits limits = {.size = 64 * 1024, .depth = 32, .values = 2000};
    json_t *body = NULL;
    struct loop *loop;

    if (util_json_parse(&body, data, size, &limits, NULL) != 0)
        return 0;
    MUST(loop_new(&loop, 1, NULL) == 0);
    ask(loop, journal_verify, body);
    ask(loop, journal_wait, body);
    loop_free(loop);
    json_decref(body);
    return 0;
}
