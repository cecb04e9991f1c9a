/* SPDX-License-Identifier: MIT */
#include "lib/control/journal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "lib/fault/match.h"
#include "lib/http/loop.h"
#include "lib/http/request.h"
#include "lib/control/entry.h"
#include "lib/util/err.h"
#include "lib/util/util.h"
#include "tests/tap/tap.h"
#include "tests/unit/journal_help.h"

static void is_at(json_t *value, const char *path, const char *want, const char *name)
{
    is_str(help_at(value, path), want, "%s", name);
}

/* --- One entry ---------------------------------------------------------------------------------
 */

static const struct http_header headers[] = {
    {"Host", "localhost"},  {"User-Agent", "podman/4"}, {"Authorization", "Bearer sesame"},
    {"Range", "bytes=0-9"}, {"X-Odd", "a\xff"},
};

static void test_entry(void)
{
    struct http_request req = {.method_text = "GET",
                               .path = "/v2/team/app/blobs/x",
                               .query = "ns=docker.io&password=sesame&n=1",
                               .headers = headers,
                               .header_count = ARRAY_LEN(headers)};
    struct subject s = {.op = HELP_BLOB_GET, .request = &req};
    struct subject later = {.values = {[HELP_WORD_USER] = "bob"}};
    struct journal_facts facts = {.status = 206,
                                  .bytes_in = 1,
                                  .bytes_out = 10,
                                  .duration_us = 2500,
                                  .end = "client-aborted"};
    struct help h;
    uint64_t seq;
    json_t *e;
    char *text;

    help_begin(&h, 0, 0);
    h.clock.shift_ms = -clock_now_ms(NULL);
    s.values[HELP_WORD_REPO] = "team/app";
    s.values[HELP_WORD_CLIENT] = "192.0.2.1:4";
    seq = journal_open(h.j, &s);
    is_int((long long)seq, 1, "the first entry is number 1");
    e = journal_entry(h.j, seq);
    is_at(e, "end", "null", "an open entry has no end");
    is_at(e, "status", "null", "and no status");
    is_at(e, "user", "null", "and no user so far");
    is_at(e, "duration_ms", "null", "and no duration");
    json_decref(e);

    journal_update(h.j, seq, &later);
    journal_note(h.j, seq, JOURNAL_RULE, "flaky,slow");
    journal_note(h.j, seq, JOURNAL_SCOPES_ASKED, "a b");
    journal_note(h.j, seq, JOURNAL_TLS, "true");
    journal_note(h.j, seq, JOURNAL_STATE, NULL);
    journal_close(h.j, seq, NULL, &facts);
    e = journal_entry(h.j, seq);
    is_at(e, "seq", "1", "seq");
    is_int((long long)strlen(help_at(e, "arrived")), 24, "arrival has milliseconds");
    is_int(strncmp(help_at(e, "ended"), "1970-01-01T00:00:0", 18), 0, "and is the world's time");
    is_at(e, "op", "blob.get", "op");
    is_at(e, "repo", "team/app", "repo");
    is_at(e, "ref", "null", "a word that says nothing");
    is_at(e, "method", "GET", "method");
    is_at(e, "path", "/v2/team/app/blobs/x", "path");
    is_at(e, "query", "ns=docker.io&password=***&n=1", "query without its secret");
    is_at(e, "user_agent", "podman/4", "user agent");
    is_at(e, "user", "bob", "a word that was known later");
    is_at(e, "tls", "true", "tls");
    is_at(e, "range", "bytes=0-9", "range");
    is_at(e, "scopes.asked", "[\"a\",\"b\"]", "scopes asked");
    is_at(e, "scopes.granted", "[]", "scopes granted");
    is_at(e, "status", "206", "status");
    is_at(e, "bytes_in", "1", "bytes in");
    is_at(e, "bytes_out", "10", "bytes out");
    is_at(e, "duration_ms", "2.5", "duration");
    is_at(e, "rules", "[\"flaky\",\"slow\"]", "rules");
    is_at(e, "state", "null", "a note of nothing");
    is_at(e, "end", "client-aborted", "end");
    is_at(e, "headers.2.1", "Bearer ***", "credentials are masked");
    is_at(e, "headers.4.1", "a\\xFF", "bytes that are no text are shown");
    text = json_dumps(e, 0);
    ok(strstr(text, "sesame") == NULL, "no secret anywhere");
    free(text);
    json_decref(e);

    journal_note(h.j, seq, JOURNAL_STATE, "absent");
    journal_update(h.j, seq, &s);
    journal_close(h.j, seq, NULL, &(struct journal_facts){.status = 500});
    e = journal_entry(h.j, seq);
    is_at(e, "status", "206", "a closed entry does not change");
    is_at(e, "state", "null", "by no means");
    json_decref(e);
    ok(journal_entry(h.j, 0) == NULL && journal_entry(h.j, 2) == NULL, "other entries are absent");
    help_end(&h);
}

/* --- Lists -------------------------------------------------------------------------------------
 */

static json_t *list(struct help *h, const char *match, uint64_t since, size_t limit)
{
    json_t *object = match != NULL ? help_json(match) : NULL, *result;
    struct match *m = NULL;
    struct err err = {0};

    if (object != NULL && journal_match_parse(&m, h->j, object, "match", &err) != 0)
        diag("%s", err.msg);
    result = journal_list(h->j, m, since, limit);
    match_free(m);
    json_decref(object);
    return result;
}

static void is_listed(struct help *h, const char *match, uint64_t since, size_t limit,
                      const char *want)
{
    json_t *result = list(h, match, since, limit), *requests, *e;
    char seqs[200] = "";
    size_t i;

    requests = json_object_get(result, "requests");
    json_array_foreach(requests, i, e)
    {
        size_t n = strlen(seqs);

        (void)snprintf(seqs + n, sizeof(seqs) - n, "%s%s", n > 0 ? " " : "", help_at(e, "seq"));
    }
    is_str(seqs, want, "%s since %d, at most %zu", match != NULL ? match : "all", (int)since,
           limit);
    json_decref(result);
}

static void test_lists(void)
{
    struct help h;
    json_t *result;
    uint64_t seq;

    help_begin(&h, 0, 0);
    (void)help_request(&h, HELP_PING, "", 401);
    (void)help_request(&h, HELP_MANIFEST_GET, "team/app", 200);
    (void)help_request(&h, HELP_MANIFEST_GET, "other", 404);
    seq = help_open(&h, HELP_BLOB_GET, "team/app");
    journal_note(h.j, seq, JOURNAL_RULE, "slow,flaky");
    help_close(&h, seq, 503);
    (void)help_open(&h, HELP_BLOB_GET, "team/app");

    is_listed(&h, NULL, 0, 0, "1 2 3 4 5");
    is_listed(&h, NULL, 3, 0, "4 5");
    is_listed(&h, NULL, 5, 0, "");
    is_listed(&h, NULL, UINT64_MAX, 0, "");
    is_listed(&h, NULL, 0, 2, "1 2");
    is_listed(&h, "{'repo': 'team/*'}", 0, 0, "2 4 5");
    is_listed(&h, "{'op': 'manifest.*', 'repo': '!other'}", 0, 0, "2");
    is_listed(&h, "{'status': 404}", 0, 0, "3");
    is_listed(&h, "{'status': ['4xx', 200]}", 0, 0, "1 2 3");
    is_listed(&h, "{'status': '!*'}", 0, 0, "5");
    is_listed(&h, "{'rule': 'flaky'}", 0, 0, "4");
    is_listed(&h, "{'rule': '!flaky'}", 0, 0, "1 2 3 5");
    is_listed(&h, "{'rule': 'flak'}", 0, 0, "");
    is_listed(&h, "{'end': 'complete'}", 0, 1, "1");
    is_listed(&h, "{'path': '/v2/other/*'}", 0, 0, "3");
    is_listed(&h, "{'header': {'user-agent': 'tester/*'}, 'userAgent': 'tester/1'}", 2, 0, "3 4 5");
    is_listed(&h, "{'client': '192.0.2.0/24', 'user': 'alice', 'method': 'GET'}", 3, 0, "4 5");

    result = list(&h, NULL, 0, 2);
    is_at(result, "more", "true", "a list that was cut says so");
    is_at(result, "last", "5", "and the newest number");
    json_decref(result);
    result = list(&h, NULL, 0, 5);
    is_at(result, "more", "false", "one that was not says so, too");
    json_decref(result);
    help_end(&h);
}

static void newest_are_behind(struct help *h, const char *match, uint64_t since, uint64_t count,
                              uint64_t want)
{
    json_t *object = help_json(match);
    struct match *m = NULL;
    struct err err;

    ASSERT(journal_match_parse(&m, h->j, object, "match", &err) == 0);
    is_int((long long)journal_newest(h->j, m, since, count), (long long)want,
           "the newest %d of %s since %d", (int)count, match, (int)since);
    match_free(m);
    json_decref(object);
}

static void test_newest(void)
{
    struct help h;

    help_begin(&h, 4, 0);
    (void)help_open(&h, HELP_BLOB_GET, "team/app"); /* stays, though the ring leaves it behind */
    for (int i = 0; i < 5; i++)
        (void)help_request(&h, i % 2 == 0 ? HELP_PING : HELP_MANIFEST_GET, "team/app", 200);
    is_int((long long)journal_newest(h.j, NULL, 0, 2), 4, "the newest two of all");
    is_int((long long)journal_newest(h.j, NULL, 5, 2), 5, "not what is before since");
    newest_are_behind(&h, "{'op': 'ping'}", 0, 1, 5);
    newest_are_behind(&h, "{'op': 'ping'}", 0, 2, 3);
    newest_are_behind(&h, "{'op': 'blob.get'}", 0, 1, 0);
    newest_are_behind(&h, "{'repo': 'none'}", 0, 1, 0);
    newest_are_behind(&h, "{'op': 'ping'}", 2, 100, 2);
    help_end(&h);
}

static void test_match_errors(void)
{
    json_t *object = help_json("{'statsu': 404}");
    struct match *m = NULL;
    struct err err = {0};
    struct help h;

    help_begin(&h, 0, 0);
    is_int(journal_match_parse(&m, h.j, object, "match", &err), -1, "an unknown word is refused");
    is_int(err.code, ERR_CONFIG, "as such");
    ok(strstr(err.msg, "match.statsu") != NULL && strstr(err.msg, "'status'") != NULL,
       "with path and nearest name: %s", err.msg);
    json_decref(object);
    help_end(&h);
}

/* --- Bounds ------------------------------------------------------------------------------------
 */

static void is_stats(struct help *h, const char *want, const char *name)
{
    json_t *s = journal_stats(h->j);
    char got[200];

    (void)snprintf(got, sizeof(got), "entries %s dropped %s open %s", help_at(s, "entries"),
                   help_at(s, "dropped"), help_at(s, "open"));
    is_str(got, want, "%s", name);
    json_decref(s);
}

static void test_stats(void)
{
    struct help h;
    json_t *s;

    help_begin(&h, 2, 0);
    s = journal_stats(h.j);
    is_at(s, "first", "0", "an empty journal has no first entry");
    is_at(s, "last", "0", "nor a last");
    is_at(s, "bytes", "0", "nor bytes");
    json_decref(s);
    (void)help_open(&h, HELP_PING, "");
    for (int i = 0; i < 4; i++)
        (void)help_request(&h, HELP_PING, "", 200);
    s = journal_stats(h.j);
    is_at(s, "first", "1", "the oldest entry was kept because it is open");
    is_at(s, "whole_from", "5", "nothing is missing from here on");
    is_at(s, "last", "5", "the newest");
    is_at(s, "limits.entries", "2", "the bound");
    json_decref(s);
    help_end(&h);
}

static void test_entry_bound(void)
{
    struct help h;
    uint64_t dropped;

    help_begin(&h, 4, 0);
    for (int i = 0; i < 3; i++)
        (void)help_request(&h, HELP_PING, "", 200);
    (void)help_open(&h, HELP_BLOB_GET, "hangs");
    for (int i = 0; i < 3; i++)
        (void)help_request(&h, HELP_MANIFEST_GET, "app", 200);
    is_listed(&h, NULL, 0, 0, "4 5 6 7");
    is_stats(&h, "entries 4 dropped 3 open 1", "the oldest entries made room");
    is_int((long long)journal_count(h.j, NULL, 0, &dropped), 4, "four are counted");
    is_int((long long)dropped, 3, "and three that were dropped");
    (void)journal_count(h.j, NULL, 2, &dropped);
    is_int((long long)dropped, 1, "of them one behind number 2");
    (void)journal_count(h.j, NULL, 3, &dropped);
    is_int((long long)dropped, 0, "none behind number 3");

    for (int i = 0; i < 5; i++)
        (void)help_request(&h, HELP_MANIFEST_GET, "app", 200);
    is_listed(&h, NULL, 0, 0, "4 10 11 12");
    is_stats(&h, "entries 4 dropped 8 open 1", "an open entry is kept");
    (void)journal_count(h.j, NULL, 3, &dropped);
    is_int((long long)dropped, 5, "it is not counted as dropped");
    help_close(&h, 4, 200);
    is_listed(&h, "{'repo': 'hangs', 'status': 200}", 0, 0, "4");
    is_listed(&h, NULL, 4, 0, "10 11 12");
    (void)help_request(&h, HELP_PING, "", 200);
    is_listed(&h, NULL, 0, 0, "10 11 12 13");
    is_stats(&h, "entries 4 dropped 9 open 0", "until it ended and is the oldest");
    help_end(&h);
}

static void test_dropped_ops(void)
{
    json_t *object = help_json("{'op': 'blob.*'}");
    struct match *m = NULL;
    uint64_t dropped;
    struct help h;

    help_begin(&h, 4, 0);
    (void)journal_match_parse(&m, h.j, object, "match", NULL);
    for (int i = 0; i < 10; i++)
        (void)help_request(&h, HELP_PING, "", 200);
    (void)journal_count(h.j, m, 0, &dropped);
    is_int((long long)dropped, 0, "dropped entries of other operations do not matter");
    (void)help_request(&h, HELP_BLOB_GET, "a", 200);
    for (int i = 0; i < 4; i++)
        (void)help_request(&h, HELP_PING, "", 200);
    (void)journal_count(h.j, m, 0, &dropped);
    is_int((long long)dropped, 11, "of this operation they do");
    (void)journal_count(h.j, m, 11, &dropped);
    is_int((long long)dropped, 0, "only behind since");
    match_free(m);
    json_decref(object);
    help_end(&h);
}

static void test_all_open(void)
{
    struct help h;

    help_begin(&h, 3, 0);
    for (int i = 0; i < 5; i++)
        (void)help_open(&h, HELP_BLOB_GET, "hangs");
    is_listed(&h, NULL, 0, 0, "3 4 5");
    is_stats(&h, "entries 3 dropped 2 open 3", "open ones go when there is no other");
    help_close(&h, 1, 200);
    is_stats(&h, "entries 3 dropped 2 open 3", "the end of one that is gone changes nothing");
    help_close(&h, 4, 200);
    (void)help_open(&h, HELP_BLOB_GET, "hangs");
    is_listed(&h, NULL, 0, 0, "3 5 6");
    help_end(&h);
}

static void test_byte_bound(void)
{
    struct help h;
    char repo[1000];
    struct journal_counters c;
    size_t most = 0;

    memset(repo, 'a', sizeof(repo));
    repo[sizeof(repo) - 1] = '\0';
    help_begin(&h, 0, 128 * 1024);
    for (int i = 0; i < 1000; i++) {
        (void)help_request(&h, HELP_BLOB_GET, repo, 200);
        c = journal_counters(h.j);
        most = c.bytes > most ? c.bytes : most;
    }
    ok(most <= 128 * 1024, "never more bytes than allowed: %zu", most);
    ok(most > 100 * 1024, "and not much less");
    ok(c.entries > 50 && c.entries < 128, "of large entries there are few: %zu", c.entries);
    is_int((long long)(c.entries + c.dropped), 1000, "the others are counted");
    help_end(&h);
}

static void test_many(void)
{
    struct help h;
    struct journal_counters c;
    uint64_t seq = 0;

    help_begin(&h, 1000, 0);
    for (int i = 0; i < 5000; i++) {
        seq = help_open(&h, HELP_PING, "");
        if (i % 10 != 0)
            help_close(&h, seq, 200);
    }
    c = journal_counters(h.j);
    is_int((long long)c.open, 500, "all open entries are kept");
    is_int((long long)c.entries, 1000, "within the bound");
    for (seq = 1; seq <= 5000; seq += 10)
        help_close(&h, seq, 200);
    c = journal_counters(h.j);
    is_int((long long)c.open, 0, "and can all be closed");
    for (int i = 0; i < 1000; i++)
        seq = help_request(&h, HELP_PING, "", 200);
    is_int((long long)journal_count(h.j, NULL, seq - 1000, NULL), 1000, "and make room then");
    help_end(&h);
}

static void test_clear(void)
{
    struct help h;
    uint64_t open, dropped;

    help_begin(&h, 4, 0);
    for (int i = 0; i < 6; i++)
        (void)help_request(&h, HELP_PING, "", 200);
    open = help_open(&h, HELP_PING, "");
    journal_clear(h.j);
    is_listed(&h, NULL, 0, 0, "");
    help_close(&h, open, 200);
    is_listed(&h, NULL, 0, 0, "");
    is_int((long long)help_request(&h, HELP_PING, "", 200), 8, "sequence numbers go on");
    is_listed(&h, NULL, 0, 0, "8");
    (void)journal_count(h.j, NULL, 0, &dropped);
    is_int((long long)dropped, 0, "what was forgotten on purpose is not missed");
    help_end(&h);
}

/* --- Listeners ---------------------------------------------------------------------------------
 */

static uint64_t heard[10];
static size_t heard_count;

static void hear(void *arg, uint64_t seq)
{
    (void)arg;
    heard[heard_count++ % ARRAY_LEN(heard)] = seq;
}

static void test_listeners(void)
{
    struct journal_listener *a = NULL, *b = NULL;
    struct help h;
    uint64_t seq;

    help_begin(&h, 0, 0);
    is_int(journal_listen(h.j, hear, NULL, &a, NULL), 0, "listen");
    is_int(journal_listen(h.j, hear, NULL, &b, NULL), 0, "listen again");
    seq = help_open(&h, HELP_PING, "");
    is_int((long long)heard_count, 0, "an open entry is not told");
    help_close(&h, seq, 200);
    is_int((long long)heard_count, 2, "a closed one is told to both");
    is_int((long long)heard[0], 1, "by its number");
    journal_unlisten(b);
    journal_unlisten(NULL);
    (void)help_request(&h, HELP_PING, "", 200);
    is_int((long long)heard_count, 3, "nothing more after unlisten");
    help_end(&h);
    is_int((long long)heard_count, 4, "the end of the journal is told");
    is_int((long long)heard[3], 0, "by number 0");
}

static void keep_answer(void *arg, bool held, json_t *answer)
{
    *(bool *)arg = held;
    json_decref(answer);
}

/* Nothing is kept, and nobody is told that nothing happened. */
static void test_off(void)
{
    struct journal_wait *wait = NULL;
    struct journal_options options = {.vocabulary = &help_vocabulary, .off = true};
    json_t *never = help_json("{'match': {'op': 'ping'}, 'count': 0}");
    struct help h = {0};
    bool held = true;

    ASSERT(loop_new(&h.loop, 1, NULL) == 0);
    options.loop = h.loop;
    ASSERT(journal_new(&h.j, &options, NULL) == 0);
    (void)help_request(&h, HELP_PING, "", 200);
    is_int((long long)journal_count(h.j, NULL, 0, NULL), 0, "a journal that is off keeps nothing");
    is_int((long long)journal_counters(h.j).dropped, 1, "and counts what it did not keep");
    is_int(journal_verify(h.j, never, keep_answer, &held, &wait, NULL), 0, "asked for 0 requests");
    ok(!held, "it does not claim that there was none");
    json_decref(never);
    help_end(&h);
}

static void test_secret_names(void)
{
    ok(entry_header_is_secret("Authorization") && entry_header_is_secret("proxy-authorization") &&
           entry_header_is_secret("COOKIE") && entry_header_is_secret("X-Registry-Auth"),
       "headers with credentials");
    ok(!entry_header_is_secret("Accept") && !entry_header_is_secret("Authorizatio") &&
           !entry_header_is_secret(""),
       "others have none");
    ok(entry_parameter_is_secret("Password") && entry_parameter_is_secret("client_secret"),
       "parameters with credentials");
    ok(!entry_parameter_is_secret("scope"), "others have none");
}

int main(void)
{
    plan_lazy();
    test_entry();
    test_lists();
    test_newest();
    test_match_errors();
    test_stats();
    test_entry_bound();
    test_dropped_ops();
    test_all_open();
    test_byte_bound();
    test_many();
    test_clear();
    test_listeners();
    test_off();
    journal_free(NULL);
    test_secret_names();
    done_testing();
}
