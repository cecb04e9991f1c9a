/* SPDX-License-Identifier: MIT */
/* lib/fault/explain.c, and the journal's way to it. */
#include "lib/fault/fault.h"

#include <jansson.h>

#include "lib/control/journal.h"
#include "lib/http/loop.h"
#include "lib/http/request.h"
#include "lib/util/err.h"
#include "tests/tap/tap.h"
#include "tests/unit/fault_help.h"

static void test_nearest(void)
{
    struct subject s = words_subject(OP_BLOB_GET, "team/app");
    struct fault_engine *e = help_engine(NULL);

    ok(help_load(e, "[{'id': 'far', 'when': {'op': 'ping', 'repo': 'x'}, 'then': {'rate': 1}},"
                    " {'id': 'near', 'when': {'op': 'blob.*', 'repo': 'team/*', 'user': 'bob'}, "
                    "'then': {'rate': 1}},"
                    " {'id': 'one', 'when': {'op': 'ping'}, 'then': {'rate': 1}},"
                    " {'id': 'fits', 'when': {'op': 'blob.get'}, 'then': {'rate': 1}}]"),
       "loaded");
    is_str(help_text(fault_engine_explain(e, &s, 10)),
           "[{'criteria':{'op':true,'repo':true,'user':false},'held':2,'id':'near','of':3},"
           "{'criteria':{'op':false},'held':0,'id':'one','of':1},"
           "{'criteria':{'op':false,'repo':false},'held':0,'id':'far','of':2}]",
           "the nearest first, without those that fit");
    is_str(help_text(fault_engine_explain(e, &s, 1)),
           "[{'criteria':{'op':true,'repo':true,'user':false},'held':2,'id':'near','of':3}]",
           "only one");
    is_int(help_number(e, "fits", "matches"), 0, "nothing is counted");
    fault_engine_free(e);
}

static void why(const char *rule, const char *criteria)
{
    struct subject s = words_subject(OP_BLOB_GET, "team/app");
    struct fault_engine *e = help_engine(NULL);
    json_t *rows;

    (void)help_load(e, rule);
    (void)help_ask(e, &s);
    (void)help_ask(e, &s);
    rows = fault_engine_explain(e, &s, 1);
    is_str(help_text(json_incref(json_object_get(json_array_get(rows, 0), "criteria"))), criteria,
           "%s", rule);
    json_decref(rows);
    fault_engine_free(e);
}

static void test_limits(void)
{
    why("{'times': 1, 'then': {'rate': 1}}", "{'times':false}");
    why("{'enabled': false, 'when': {'op': 'blob.get'}, 'then': {'rate': 1}}",
        "{'enabled':false,'op':true}");
    why("{'probability': 0, 'then': {'rate': 1}}", "{'probability':false}");
    why("{'probability': 1e-9, 'then': {'rate': 1}}", "{'probability':false}");
    why("{'when': {'nth': 1}, 'then': {'rate': 1}}", "{'nth':false}");
    why("{'when': {'nth': {'from': 3, 'per': 'user'}}, 'then': {'rate': 1}}", "{'nth':false}");
    why("{'when': {'state': {'a': 'b'}}, 'then': {'rate': 1}}", "{'state':false}");
}

static void test_behind(void)
{
    struct subject s = words_subject(OP_BLOB_GET, "team/app");
    struct fault_engine *e = help_engine(NULL);

    (void)help_load(
        e, "[{'id': 'hidden', 'then': {'rate': 1}}, {'id': 'answers', 'then': {'status': 503}}]");
    is_str(help_text(fault_engine_explain(e, &s, 10)),
           "[{'behind':'answers','criteria':{'reached':false},'held':0,'id':'hidden','of':1}]",
           "a rule that is never asked");
    fault_engine_free(e);
}

/* Of a request that the journal remembers. */
static void test_journal(void)
{
    static const struct http_header headers[] = {{"X-Trace", "1"}};
    static const struct http_request request = {
        .path = "/v2/team/app/blobs/x", .header_count = 1, .headers = headers};
    struct subject s = words_subject(OP_BLOB_GET, "team/app");
    struct journal_options options = {.vocabulary = &words};
    struct fault_engine *e = help_engine(NULL);
    struct journal *j = NULL;
    struct err err = {0};
    uint64_t seq;

    ok(loop_new(&options.loop, 1, &err) == 0 && journal_new(&j, &options, &err) == 0,
       "a journal: %s", err.msg);
    s.request = &request;
    seq = journal_open(j, &s);
    (void)help_load(e, "{'id': 'a', 'when': {'op': 'ping', 'repo': 'team/*', 'header': {'X-Trace': "
                       "'1'}}, 'then': {'rate': 1}}");
    is_str(help_text(journal_explain(j, seq, e, 5)),
           "[{'criteria':{'header.X-Trace':true,'op':false,'repo':true},'held':2,'id':'a','of':3}]",
           "a near miss of a request that is over");
    ok(journal_explain(j, seq + 1, e, 5) == NULL, "no such request");
    journal_free(j);
    fault_engine_free(e);
    loop_free(options.loop);
}

int main(void)
{
    plan_lazy();
    test_nearest();
    test_limits();
    test_behind();
    test_journal();
    done_testing();
}
