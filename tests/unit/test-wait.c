/* SPDX-License-Identifier: MIT */
/* Assertions that wait: journal_wait() and verify with `within`. */
#include "lib/control/journal.h"

#include <string.h>

#include <jansson.h>

#include "lib/util/err.h"
#include "lib/util/util.h"
#include "tests/tap/tap.h"
#include "tests/unit/journal_help.h"

/* One who asked. */
struct asker {
    struct help *h;
    struct journal_wait *wait; /* pending */
    bool answered;
    bool held;
    json_t *answer;       /* owned */
    struct asker *cancel; /* leaves when this one is answered */
};

static void on_answer(void *arg, bool held, json_t *text)
{
    struct asker *a = arg;

    ok(!a->answered, "answered once");
    a->answered = true;
    a->held = held;
    a->answer = text;
    a->wait = NULL;
    if (a->cancel != NULL) {
        journal_wait_cancel(a->cancel->wait);
        a->cancel->wait = NULL;
    }
}

typedef int (*ask_fn)(struct journal *j, const json_t *body, journal_answer_fn done, void *arg,
                      struct journal_wait **ret, struct err *err);

static int ask(struct asker *a, ask_fn fn, const char *body)
{
    json_t *object = help_json(body);
    struct err err = {0};
    int result = fn(a->h->j, object, on_answer, a, &a->wait, &err);

    if (result != 0)
        diag("%s", err.msg);
    json_decref(object);
    return result;
}

static void done(struct asker *a)
{
    json_decref(a->answer);
    *a = (struct asker){.h = a->h};
}

static void test_wait(void)
{
    struct help h;
    struct asker a = {.h = &h}, b = {.h = &h};

    help_begin(&h, 0, 0);
    is_int(ask(&a, journal_wait, "{'match': {'op': 'blob.get'}, 'count': 2}"), 0, "wait for two");
    ok(!a.answered && a.wait != NULL, "nothing happened so far");
    (void)help_request(&h, HELP_BLOB_GET, "app", 200);
    (void)help_request(&h, HELP_PING, "", 200);
    help_turn(&h, 2);
    ok(!a.answered, "one is not enough");
    (void)help_request(&h, HELP_BLOB_GET, "app", 200);
    ok(!a.answered, "the answer does not come from within a request");
    ok(help_until(&h, &a.answered) && a.held, "the second is");
    is_str(help_at(a.answer, "found"), "2", "the answer says how many");
    is_str(help_at(a.answer, "requests.1.seq"), "3", "and which");

    is_int(ask(&b, journal_wait, "{'match': {'op': 'blob.get'}, 'count': 2}"), 0, "wait again");
    ok(b.answered && b.held && b.wait == NULL, "what happened already is answered at once");
    done(&b);
    (void)ask(&b, journal_wait, "{'match': {'op': 'blob.get'}, 'since': 3, 'timeout': '5ms'}");
    ok(!b.answered, "unless only what comes counts");
    ok(help_until(&h, &b.answered) && !b.held, "the time is over");
    ok(strstr(help_at(b.answer, "message"), "found 0") != NULL, "and the answer says so");
    done(&a);
    done(&b);
    help_end(&h);
}

static void test_open_entries(void)
{
    struct help h;
    struct asker held = {.h = &h}, ended = {.h = &h}, other = {.h = &h};
    struct subject s = {.op = HELP_BLOB_GET, .values = {[HELP_WORD_REPO] = "app"}};
    struct subject named = {.values = {[HELP_WORD_USER] = "alice"}};
    uint64_t seq;

    help_begin(&h, 0, 0);
    (void)ask(&held, journal_wait, "{'match': {'repo': 'app'}}");
    (void)ask(&ended, journal_wait, "{'match': {'repo': 'app', 'status': '2xx'}}");
    (void)ask(&other, journal_wait, "{'match': {'user': '!alice'}, 'timeout': '60ms'}");
    seq = journal_open(h.j, &s);
    help_turn(&h, 2);
    ok(!held.answered && !other.answered, "a request whose sender is not known does not count");
    journal_update(h.j, seq, &named);
    ok(help_until(&h, &held.answered) && held.held, "it counts while it is held back");
    ok(!ended.answered, "but did not end");
    help_close(&h, seq, 200);
    ok(help_until(&h, &ended.answered) && ended.held, "until it does");
    ok(help_until(&h, &other.answered) && !other.held, "and never was somebody else's");
    done(&held);
    done(&ended);
    done(&other);
    help_end(&h);
}

static void test_verify_within(void)
{
    struct help h;
    struct asker a = {.h = &h};

    help_begin(&h, 0, 0);
    (void)ask(&a, journal_verify, "{'match': {'op': 'ping'}, 'count': 2, 'within': '1m'}");
    (void)help_request(&h, HELP_PING, "", 200);
    help_turn(&h, 2);
    ok(!a.answered, "verify waits until it holds");
    (void)help_request(&h, HELP_PING, "", 200);
    ok(help_until(&h, &a.answered) && a.held, "then it answers");
    done(&a);

    (void)ask(&a, journal_verify, "{'match': {'op': 'ping'}, 'count': 1, 'within': '1m'}");
    ok(a.answered && !a.held, "too many are too many at once");
    done(&a);

    (void)ask(&a, journal_verify, "{'match': {'op': 'token'}, 'count': 0, 'within': '5ms'}");
    ok(!a.answered, "never is not claimed before the time is over");
    ok(help_until(&h, &a.answered) && a.held, "but then");
    done(&a);

    (void)ask(&a, journal_verify,
              "{'match': {'op': 'token'}, 'count': {'max': 0}, 'within': '1m'}");
    (void)help_request(&h, HELP_TOKEN, "", 200);
    ok(help_until(&h, &a.answered) && !a.held, "and denied as soon as it happens");
    is_str(help_at(a.answer, "requests.0.op"), "token", "with what happened");
    done(&a);

    (void)ask(&a, journal_verify,
              "{'match': {'op': 'token'}, 'count': {'min': 2, 'max': 3}, 'within': '5ms'}");
    (void)help_request(&h, HELP_TOKEN, "", 200);
    ok(help_until(&h, &a.answered) && a.held, "bounds hold when the time is over");
    done(&a);

    (void)ask(&a, journal_verify, "{'match': {'op': 'token'}, 'count': 4, 'within': '5ms'}");
    ok(help_until(&h, &a.answered) && !a.held, "what did not come is missing");
    done(&a);
    help_end(&h);
}

static void test_sequence_within(void)
{
    struct help h;
    struct asker a = {.h = &h}, b = {.h = &h};
    const char *strict = "{'sequence': [{'op': 'ping'}, {'op': 'token'}], 'strict': true,"
                         " 'within': '1m'}";
    uint64_t late;

    help_begin(&h, 0, 0);
    (void)ask(&a, journal_verify,
              "{'sequence': [{'op': 'ping', 'status': 401}, {'op': 'token'}], 'within': '1m'}");
    (void)ask(&b, journal_verify, strict);
    late = help_open(&h, HELP_PING, "");
    (void)help_request(&h, HELP_BLOB_GET, "app", 200);
    (void)help_request(&h, HELP_TOKEN, "", 200);
    help_turn(&h, 2);
    ok(!a.answered && !b.answered, "not yet");
    help_close(&h, late, 401);
    ok(help_until(&h, &a.answered) && a.held, "an entry that ends late completes a sequence");
    ok(!b.answered, "but not a strict one with something in between");
    (void)help_request(&h, HELP_PING, "", 200);
    (void)help_request(&h, HELP_TOKEN, "", 200);
    ok(help_until(&h, &b.answered) && b.held, "which comes later");
    done(&a);
    done(&b);
    help_end(&h);
}

static void test_cancel(void)
{
    struct help h;
    struct asker a = {.h = &h}, b = {.h = &h};

    help_begin(&h, 0, 0);
    (void)ask(&a, journal_wait, "{'match': {'op': 'ping'}}");
    journal_wait_cancel(a.wait);
    journal_wait_cancel(NULL);
    (void)ask(&b, journal_wait, "{'match': {'op': 'ping'}}");
    (void)help_request(&h, HELP_PING, "", 200);
    journal_wait_cancel(b.wait);
    help_turn(&h, 5);
    ok(!a.answered && !b.answered, "nobody is told who left, even at the last moment");

    (void)ask(&a, journal_wait, "{'match': {'op': 'token'}}");
    (void)ask(&b, journal_wait, "{'match': {'op': 'token'}}");
    a.cancel = &b;
    (void)help_request(&h, HELP_TOKEN, "", 200);
    ok(help_until(&h, &a.answered), "an answer may make others leave");
    help_turn(&h, 5);
    ok(!b.answered, "who are not answered then");
    done(&a);
    help_end(&h);
}

static void test_end(void)
{
    struct help h;
    struct asker a = {.h = &h}, b = {.h = &h};

    help_begin(&h, 0, 0);
    (void)ask(&a, journal_wait, "{'match': {'op': 'ping'}}");
    (void)ask(&b, journal_verify, "{'match': {'op': 'ping'}, 'count': 0, 'within': '1m'}");
    help_end(&h);
    ok(a.answered && !a.held && b.answered && !b.held, "the end of the journal answers all");
    done(&a);
    done(&b);
}

static void test_bound(void)
{
    static struct asker askers[JOURNAL_WATCHERS_MAX + 1];
    struct help h;
    size_t answered = 0;

    help_begin(&h, 0, 0);
    for (size_t i = 0; i < JOURNAL_WATCHERS_MAX; i++) {
        askers[i].h = &h;
        if (ask(&askers[i], journal_wait, "{'match': {'op': 'ping'}}") != 0)
            diag("number %zu was refused", i);
    }
    askers[JOURNAL_WATCHERS_MAX].h = &h;
    is_int(ask(&askers[JOURNAL_WATCHERS_MAX], journal_wait, "{'match': {'op': 'ping'}}"), -1,
           "one more is refused");
    is_int(ask(&askers[JOURNAL_WATCHERS_MAX], journal_verify, "{'count': 0}"), 0,
           "but not one that need not wait");
    (void)help_request(&h, HELP_PING, "", 200);
    (void)help_until(&h, &askers[JOURNAL_WATCHERS_MAX - 1].answered);
    for (size_t i = 0; i < JOURNAL_WATCHERS_MAX; i++)
        answered += askers[i].answered && askers[i].held;
    is_int((long long)answered, JOURNAL_WATCHERS_MAX, "all others are answered");
    for (size_t i = 0; i <= JOURNAL_WATCHERS_MAX; i++)
        done(&askers[i]);
    help_end(&h);
}

/* Requests come and go, and most are dropped, while somebody counts them. */
static void test_load(void)
{
    struct help h;
    struct asker a = {.h = &h}, b = {.h = &h};

    help_begin(&h, 100, 0);
    (void)ask(&a, journal_wait, "{'match': {'op': 'blob.get'}, 'count': 5000, 'timeout': '1m'}");
    (void)ask(&b, journal_verify,
              "{'match': {'op': 'token'}, 'count': {'max': 10000}, 'within': '50ms'}");
    for (int i = 0; i < 10000; i++)
        (void)help_request(&h, i % 2 == 0 ? HELP_BLOB_GET : HELP_TOKEN, "app", 200);
    ok(help_until(&h, &a.answered) && a.held, "none is lost");
    is_str(help_at(a.answer, "found"), "5000", "and none counted twice");
    ok(help_until(&h, &b.answered) && b.held, "who began before knows what was dropped");
    done(&a);
    done(&b);
    (void)ask(&b, journal_verify, "{'match': {'op': 'token'}, 'count': {'max': 10000}}");
    ok(!b.held, "who comes later does not");
    done(&b);
    help_end(&h);
}

static void test_refusals(void)
{
    static const char *const bodies[] = {
        "{'match': {'op': 'ping'}, 'count': 0}",
        "{'match': {'op': 'ping'}, 'count': {'min': 1}}",
        "{'match': {'op': 'ping'}, 'within': '1s'}",
        "{'sequence': [{'op': 'ping'}]}",
        "{'timeout': '1s'}",
    };
    struct help h;
    struct asker a = {.h = &h};

    help_begin(&h, 0, 0);
    for (size_t i = 0; i < ARRAY_LEN(bodies); i++)
        is_int(ask(&a, journal_wait, bodies[i]), -1, "refuses %s", bodies[i]);
    ok(!a.answered, "without an answer");
    help_end(&h);
}

int main(void)
{
    plan_lazy();
    test_wait();
    test_open_entries();
    test_verify_within();
    test_sequence_within();
    test_cancel();
    test_end();
    test_bound();
    test_load();
    test_refusals();
    done_testing();
}
