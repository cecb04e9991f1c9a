/* SPDX-License-Identifier: MIT */
/* What verify answers at once: lib/control/expect.c and report.c. */
#include "lib/control/journal.h"

#include <string.h>

#include <jansson.h>

#include "lib/util/err.h"
#include "lib/util/util.h"
#include "tests/tap/tap.h"
#include "tests/unit/journal_help.h"

/* The answer of the last verification. */
static bool answered, held;
static json_t *answer; /* owned */

static void on_answer(void *arg, bool is_held, json_t *text)
{
    (void)arg;
    json_decref(answer);
    answered = true;
    held = is_held;
    answer = text;
}

static void verify(struct help *h, const char *body)
{
    json_t *object = help_json(body);
    struct journal_wait *wait = NULL;
    struct err err = {0};

    answered = false;
    if (journal_verify(h->j, object, on_answer, NULL, &wait, &err) != 0)
        diag("%s", err.msg);
    json_decref(object);
    if (!answered || wait != NULL || json_is_true(json_object_get(answer, "held")) != held)
        diag("no proper answer at once");
}

static void holds(struct help *h, const char *body)
{
    verify(h, body);
    if (!ok(answered && held, "holds: %s", body))
        diag("%s", help_at(answer, "message"));
}

static void fails(struct help *h, const char *body, const char *says)
{
    verify(h, body);
    if (!ok(answered && !held && strstr(help_at(answer, "message"), says) != NULL, "fails: %s (%s)",
            body, says))
        diag("%s", help_at(answer, "message"));
}

static void test_counts(void)
{
    struct help h;

    help_begin(&h, 0, 0);
    holds(&h, "{'count': 0}");
    holds(&h, "{'match': {'op': 'blob.get'}, 'count': 0}");
    fails(&h, "{'match': {'op': 'blob.get'}}",
          "at least 1 request that fits {\"op\":\"blob.get\"}");
    (void)help_request(&h, HELP_MANIFEST_GET, "app", 200);
    (void)help_request(&h, HELP_BLOB_GET, "app", 200);
    (void)help_request(&h, HELP_BLOB_GET, "app", 404);
    holds(&h, "{'match': {'op': 'blob.get'}}");
    holds(&h, "{'match': {'op': 'blob.get'}, 'count': 2}");
    holds(&h, "{'match': {'op': 'blob.get'}, 'count': 2, 'since': null, 'within': null}");
    holds(&h, "{'match': {'op': 'blob.get'}, 'count': {'min': 1}}");
    holds(&h, "{'match': {'op': 'blob.get'}, 'count': {'max': 2}}");
    holds(&h, "{'match': {'op': 'blob.get'}, 'count': {'min': 2, 'max': 2}}");
    holds(&h, "{'match': {'op': 'blob.get', 'status': 404}, 'count': 1}");
    holds(&h, "{'match': {'op': 'blob.get'}, 'count': 1, 'since': 2}");
    holds(&h, "{'match': {'op': 'blob.get'}, 'count': 0, 'since': 3}");
    holds(&h, "{'count': 3}");
    fails(&h, "{'match': {'op': 'blob.get'}, 'count': 1}", "exactly 1 request");
    fails(&h, "{'match': {'op': 'blob.get'}, 'count': 3}", "found 2");
    fails(&h, "{'match': {'op': 'blob.get'}, 'count': 0}", "no request that fits");
    is_str(help_at(answer, "requests.1.seq"), "3", "what should not be there is shown");
    fails(&h, "{'match': {'op': 'blob.get'}, 'count': {'max': 1}}", "at most 1 request");
    fails(&h, "{'match': {'op': 'blob.get'}, 'count': {'min': 3, 'max': 4}}", "3 to 4 requests");
    help_end(&h);
}

static void test_open_entries(void)
{
    struct help h;
    struct subject s = {.op = HELP_BLOB_GET, .values = {[HELP_WORD_REPO] = "app"}};
    struct subject named = {.values = {[HELP_WORD_USER] = "alice"}};
    uint64_t seq;

    help_begin(&h, 0, 0);
    seq = journal_open(h.j, &s);
    holds(&h, "{'match': {'user': '!alice'}, 'count': 0}");
    journal_update(h.j, seq, &named);
    holds(&h, "{'match': {'repo': 'app'}, 'count': 1}");
    holds(&h, "{'match': {'repo': 'app', 'status': '*'}, 'count': 0}");
    holds(&h, "{'match': {'repo': 'app', 'end': '!*'}, 'count': 1}");
    help_close(&h, seq, 200);
    holds(&h, "{'match': {'repo': 'app', 'status': 200}, 'count': 1}");
    help_end(&h);
}

static void test_sequences(void)
{
    struct help h;

    help_begin(&h, 0, 0);
    (void)help_request(&h, HELP_PING, "", 401);
    (void)help_request(&h, HELP_TOKEN, "", 200);
    (void)help_request(&h, HELP_PING, "", 200);
    (void)help_request(&h, HELP_MANIFEST_HEAD, "app", 200);
    (void)help_request(&h, HELP_MANIFEST_GET, "app", 200);
    holds(&h, "{'sequence': [{'op': 'ping'}, {'op': 'token'}, {'op': 'manifest.get'}]}");
    holds(&h, "{'sequence': [{'op': 'ping'}, {'op': 'ping'}]}");
    holds(&h, "{'sequence': [{'op': 'manifest.get'}]}");
    is_str(help_at(answer, "steps"), "1", "steps are counted");
    fails(&h, "{'sequence': [{'op': 'token'}, {'op': 'token'}]}", "found 1, up to #2");
    fails(&h, "{'sequence': [{'op': 'manifest.get'}, {'op': 'ping'}]}", "nothing behind it");
    fails(&h, "{'sequence': [{'op': 'blob.get'}]}", "none that begins it");
    fails(&h,
          "{'sequence': [{'op': 'ping', 'status': 401}, {'op': 'manifest.head', 'status': 404}]}",
          "nearest #4 GET '/v2/app/x' 200: status is '200', wanted 404");

    holds(&h, "{'sequence': [{'op': 'token'}, {'op': 'ping'}, {'op': 'manifest.head'}],"
              " 'strict': true}");
    holds(&h, "{'sequence': [{'op': 'ping'}, {'op': 'manifest.head'}], 'strict': true}");
    fails(&h, "{'sequence': [{'op': 'token'}, {'op': 'manifest.head'}], 'strict': true}",
          "nothing in between, found 1");
    holds(&h, "{'sequence': [{'op': 'token'}, {'op': 'manifest.head'}], 'strict': true,"
              " 'match': {'op': '!ping'}}");
    fails(&h, "{'sequence': [{'op': 'ping'}, {'op': 'token'}], 'since': 1}", "found 1");
    help_end(&h);
}

static void test_near_misses(void)
{
    struct help h;

    help_begin(&h, 0, 0);
    (void)help_request(&h, HELP_MANIFEST_GET, "other", 404);
    (void)help_request(&h, HELP_BLOB_GET, "team/app", 200);
    (void)help_request(&h, HELP_PING, "", 200);
    fails(&h, "{'match': {'op': 'blob.get', 'repo': 'team/*', 'status': 404}}",
          "nearest #2 GET '/v2/team/app/x' 200: status is '200', wanted 404");
    is_str(help_at(answer, "nearest.0.seq"), "2", "the nearest comes first");
    is_str(help_at(answer, "nearest.0.held"), "2", "how many criteria held");
    is_str(help_at(answer, "nearest.0.of"), "3", "of how many");
    is_str(help_at(answer, "nearest.0.criteria.repo"), "true", "a yes per criterion");
    is_str(help_at(answer, "nearest.0.criteria.status"), "false", "or a no");
    is_str(help_at(answer, "nearest.0.differs.0.actual"), "200", "what it was");
    is_str(help_at(answer, "nearest.1.seq"), "1", "then the next");
    is_str(help_at(answer, "nearest.2"), "-", "what has nothing in common is not shown");
    fails(&h, "{'match': {'header': {'User-Agent': 'podman/*'}, 'op': 'ping'}}",
          "header.User-Agent is 'tester/1', wanted podman/*");
    fails(&h, "{'match': {'ref': 'v1', 'op': 'ping'}}", "ref is missing, wanted v1");
    fails(&h, "{'match': {'path': '/v3/*', 'op': 'ping'}}", "path is '/v2//x', wanted /v3/*");
    fails(&h, "{'match': {'query': {'ns': 'a'}, 'op': 'ping'}}", "query.ns is missing, wanted a");
    verify(&h, "{'match': {'role': ['layer', '!layer']}, 'count': 0}");
    ok(held && strstr(help_at(answer, "warnings.0"), "can ever fit") != NULL,
       "a match that cannot fit is warned of");
    help_end(&h);
}

static void test_dropped(void)
{
    struct help h;

    help_begin(&h, 4, 0);
    for (int i = 0; i < 3; i++)
        (void)help_request(&h, HELP_BLOB_GET, "app", 200);
    for (int i = 0; i < 3; i++)
        (void)help_request(&h, HELP_PING, "", 200);
    fails(&h, "{'match': {'op': 'blob.get'}, 'count': 1}",
          "cannot tell for sure: 2 requests that may have fitted were dropped");
    is_str(help_at(answer, "dropped"), "2", "the answer has the number");
    fails(&h, "{'match': {'repo': 'other'}, 'count': 0}", "cannot tell");
    fails(&h, "{'match': {'op': 'blob.get'}, 'count': {'max': 2}}", "cannot tell");
    fails(&h, "{'match': {'op': 'blob.get'}, 'count': 2}", "cannot tell");
    holds(&h, "{'match': {'op': 'blob.get'}, 'count': {'min': 1}}");
    holds(&h, "{'match': {'op': 'blob.get'}, 'count': 1, 'since': 2}");
    holds(&h, "{'match': {'op': 'ping'}, 'count': 3}");
    holds(&h, "{'match': {'op': 'token'}, 'count': 0}");
    holds(&h, "{'sequence': [{'op': 'blob.get'}, {'op': 'ping'}]}");
    holds(&h, "{'sequence': [{'op': 'blob.get'}, {'op': 'ping'}], 'strict': true}");
    fails(&h, "{'sequence': [{'op': 'blob.get'}, {'op': 'blob.get'}]}", "cannot tell");
    help_end(&h);
}

/* Between an entry that was kept because it was open and the ring something is missing. */
static void test_strict_gap(void)
{
    struct help h;
    uint64_t seq;

    help_begin(&h, 3, 0);
    seq = help_open(&h, HELP_TOKEN, "");
    for (int i = 0; i < 4; i++)
        (void)help_request(&h, HELP_PING, "", 200);
    help_close(&h, seq, 200);
    holds(&h, "{'sequence': [{'op': 'token'}, {'op': 'ping'}]}");
    fails(&h, "{'sequence': [{'op': 'token'}, {'op': 'ping'}], 'strict': true}", "cannot tell");
    help_end(&h);
}

static void refuses(struct help *h, const char *body, const char *says)
{
    json_t *object = help_json(body);
    struct journal_wait *wait = NULL;
    struct err err = {0};

    answered = false;
    if (!ok(journal_verify(h->j, object, on_answer, NULL, &wait, &err) == -1 && !answered &&
                err.code == ERR_CONFIG && strstr(err.msg, says) != NULL,
            "refuses %s (%s)", body, says))
        diag("%s", err.msg);
    json_decref(object);
}

static void test_refusals(void)
{
    struct help h;

    help_begin(&h, 0, 0);
    refuses(&h, "[]", "expected an object");
    refuses(&h, "{}", "match: is missing");
    refuses(&h, "{'since': 1}", "match: is missing");
    refuses(&h, "{'mach': {}}", "'mach': unknown key: did you mean 'match'?");
    refuses(&h, "{'match': {}, 'zzzzzzzz': 1}", "unknown key: known are match, count, since");
    refuses(&h, "{'match': {'opp': 'x'}}", "match.opp");
    refuses(&h, "{'match': {'op': 'blob.gt'}}", "'blob.get'");
    refuses(&h, "{'match': []}", "match");
    refuses(&h, "{'match': {}, 'count': -1}", "count: expected a whole number");
    refuses(&h, "{'match': {}, 'count': 1.5}", "count: expected a number");
    refuses(&h, "{'match': {}, 'count': '1'}", "count: expected a number");
    refuses(&h, "{'match': {}, 'count': {}}", "count: expected min, max or both");
    refuses(&h, "{'match': {}, 'count': {'mix': 1}}", "count.'mix'");
    refuses(&h, "{'match': {}, 'count': {'min': 'a'}}", "count.min: expected a whole number");
    refuses(&h, "{'match': {}, 'count': {'min': 2, 'max': 1}}", "min is larger than max");
    refuses(&h, "{'match': {}, 'since': 'x'}", "since: expected a whole number");
    refuses(&h, "{'match': {}, 'within': 5}", "within: expected a duration");
    refuses(&h, "{'match': {}, 'within': 'soon'}", "within: ");
    refuses(&h, "{'match': {}, 'within': '2h'}", "longer than an hour");
    refuses(&h, "{'match': {}, 'timeout': '5s'}", "'timeout': unknown key");
    refuses(&h, "{'sequence': {}}", "sequence: expected a list");
    refuses(&h, "{'sequence': []}", "sequence: expected a list");
    refuses(&h, "{'sequence': [{}, {'opp': 1}]}", "sequence[1].opp");
    refuses(&h, "{'sequence': [{}], 'count': 1}", "count: does not go with a sequence");
    refuses(&h, "{'sequence': [{}], 'strict': 1}", "strict: expected true or false");
    refuses(&h, "{'match': {}, 'strict': true}", "strict: goes with a sequence only");
    help_end(&h);
}

int main(void)
{
    plan_lazy();
    test_counts();
    test_open_entries();
    test_sequences();
    test_near_misses();
    test_dropped();
    test_strict_gap();
    test_refusals();
    json_decref(answer);
    done_testing();
}
