/* SPDX-License-Identifier: MIT */
#include "tests/unit/journal_help.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "lib/control/pulls.h"
#include "lib/http/loop.h"
#include "lib/http/request.h"
#include "lib/util/err.h"
#include "lib/util/util.h"

enum { RESULTS = 4, RESULT_MAX = 2000 };

static const char *const ops[] = {"ping",         "token",     "manifest.head",
                                  "manifest.get", "blob.head", "blob.get"};
static const char *const roles[] = {"config", "layer", NULL};
static const struct word words[] = {
    {.name = "op", .kind = WORD_OP},
    {.name = "repo", .kind = WORD_TEXT},
    {.name = "ref", .kind = WORD_TEXT},
    {.name = "digest", .kind = WORD_TEXT},
    {.name = "role", .kind = WORD_CHOICE, .choices = roles},
    {.name = "user", .kind = WORD_TEXT},
    {.name = "client", .kind = WORD_ADDRESS},
    {.name = "userAgent", .kind = WORD_TEXT},
};

const struct vocabulary help_vocabulary = {
    .words = words,
    .word_count = ARRAY_LEN(words),
    .ops = ops,
    .op_count = ARRAY_LEN(ops),
    .op_word = HELP_WORD_OP,
    .key_word = HELP_WORD_REPO,
    .client_word = HELP_WORD_CLIENT,
    .user_word = HELP_WORD_USER,
};

void help_begin(struct help *h, size_t entries, size_t bytes)
{
    struct journal_options options = {
        .vocabulary = &help_vocabulary, .clock = &h->clock, .entries = entries, .bytes = bytes};
    struct err err;

    *h = (struct help){0};
    ASSERT(loop_new(&h->loop, 1, &err) == 0);
    options.loop = h->loop;
    ASSERT(journal_new(&h->j, &options, &err) == 0);
}

void help_end(struct help *h)
{
    journal_free(h->j);
    loop_free(h->loop);
}

uint64_t help_open(struct help *h, enum help_op op, const char *repo)
{
    static const struct http_header headers[] = {{"Host", "localhost"}, {"User-Agent", "tester/1"}};
    char path[200];
    struct http_request req = {.method_text = "GET",
                               .path = path,
                               .target = path,
                               .headers = headers,
                               .header_count = ARRAY_LEN(headers)};
    struct subject s = {.op = op, .request = &req};

    (void)snprintf(path, sizeof(path), "/v2/%s/x", repo);
    s.values[HELP_WORD_OP] = ops[op];
    s.values[HELP_WORD_REPO] = repo;
    s.values[HELP_WORD_USER] = "alice";
    s.values[HELP_WORD_CLIENT] = "192.0.2.1:1234";
    return journal_open(h->j, &s);
}

void help_close(struct help *h, uint64_t seq, int status)
{
    struct journal_facts facts = {
        .status = status, .bytes_out = 10, .duration_us = 1500, .end = "complete"};

    journal_close(h->j, seq, NULL, &facts);
}

uint64_t help_request(struct help *h, enum help_op op, const char *repo, int status)
{
    uint64_t seq = help_open(h, op, repo);

    help_close(h, seq, status);
    return seq;
}

json_t *help_json(const char *text)
{
    char *copy = strdup(text);
    json_t *value;

    ASSERT(copy != NULL);
    for (char *p = copy; *p != '\0'; p++) {
        if (*p == '\'')
            *p = '"';
    }
    value = json_loads(copy, 0, NULL);
    ASSERT(value != NULL);
    free(copy);
    return value;
}

static const json_t *step_into(const json_t *value, const char *name)
{
    return json_is_array(value) ? json_array_get(value, strtoul(name, NULL, 10))
                                : json_object_get(value, name);
}

const char *help_at(const json_t *value, const char *path)
{
    static char results[RESULTS][RESULT_MAX];
    static unsigned next;
    char *result = results[next++ % RESULTS];
    char *copy = strdup(path), *rest = copy, *name;

    ASSERT(copy != NULL);
    while (value != NULL && (name = strsep(&rest, ".")) != NULL)
        value = step_into(value, name);
    free(copy);
    if (json_is_string(value)) {
        (void)snprintf(result, RESULT_MAX, "%s", json_string_value(value));
    } else if (value != NULL) {
        char *text = json_dumps(value, JSON_ENCODE_ANY | JSON_COMPACT | JSON_REAL_PRECISION(9));

        (void)snprintf(result, RESULT_MAX, "%s", text);
        free(text);
    } else {
        (void)snprintf(result, RESULT_MAX, "-");
    }
    return result;
}

static void stop(void *arg)
{
    loop_stop(arg);
}

void help_turn(struct help *h, unsigned ms)
{
    struct loop_timer *t;

    ASSERT(loop_timer_new(&t, h->loop, stop, h->loop, NULL) == 0);
    loop_timer_start(t, ms);
    ASSERT(loop_run(h->loop, NULL) == 0);
    loop_timer_free(t);
}

bool help_until(struct help *h, const bool *flag)
{
    for (unsigned i = 0; i < 1000 && !*flag; i++)
        help_turn(h, 1);
    return *flag;
}

const struct pulls_ops help_pulls = {
    .token = HELP_TOKEN,
    .manifest_head = HELP_MANIFEST_HEAD,
    .manifest_get = HELP_MANIFEST_GET,
    .blob_head = HELP_BLOB_HEAD,
    .blob_get = HELP_BLOB_GET,
    .repo = HELP_WORD_REPO,
    .ref = HELP_WORD_REF,
    .digest = HELP_WORD_DIGEST,
    .role = HELP_WORD_ROLE,
    .config_role = "config",
    .scope_prefix = "repository:",
};
