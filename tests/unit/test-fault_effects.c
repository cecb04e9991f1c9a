/* SPDX-License-Identifier: MIT */
/* What rules say for one call: the effects of the registry, from JSON to structs. */
#include "registry/fault_effects.h"

#include <string.h>

#include <jansson.h>

#include "lib/util/err.h"
#include "lib/util/util.h"
#include "registry/call.h"
#include "registry/words.h"
#include "tests/tap/tap.h"
#include "tests/unit/fixture.h"

/* A call on which these rules act. */
static struct registry_call *call_with(struct fixture *f, struct http_exchange **ret_x,
                                       const char *rules)
{
    json_t *json = json_loads(rules, 0, NULL);
    struct registry_call *call;
    struct err err = {0};

    ok(fault_engine_load(f->world->faults, json, true, NULL, &err) == 0, "%s %s", rules, err.msg);
    json_decref(json);
    *ret_x = fake_exchange_new(f->loop, f->world, "GET /token", NULL);
    call = call_new(*ret_x, f->world);
    ASSERT(call != NULL);
    words_of_call(call);
    fault_match(f->world->faults, &call->words, NULL, &call->plan);
    return call;
}

static void end(struct fixture *f, struct registry_call *call, struct http_exchange *x)
{
    fault_plan_done(f->world->faults, &call->plan);
    http_exchange_set_data(x, NULL);
    call_free(call);
    fake_exchange_free(x);
}

static void test_token(struct fixture *f)
{
    struct token_twist twist;
    struct http_exchange *x;
    struct registry_call *call =
        call_with(f, &x,
                  "[{\"then\":{\"token\":\"expired\"}},"
                  "{\"then\":{\"token\":\"garbage\",\"expires_in\":-3,\"issued_at\":\"-1h\"}},"
                  "{\"then\":{\"fields\":\"access_token\",\"token\":null}}]");

    faults_token(call, &twist);
    is_int(twist.flaw, TOKEN_FLAW_NONE, "a null of the newest rule is none");
    ok(twist.has_expires_in && twist.expires_in == -3 && !twist.no_expires_in, "expires_in");
    is_int(twist.issued_at, -3600, "issued_at");
    is_int(twist.fields, TOKEN_FIELDS_ACCESS_TOKEN, "fields");
    end(f, call, x);
    call = call_with(f, &x, "[{\"then\":{\"token\":\"garbage\",\"expires_in\":null}}]");
    faults_token(call, &twist);
    is_int(twist.flaw, TOKEN_FLAW_GARBAGE, "the last of the flaws");
    ok(!twist.has_expires_in && twist.no_expires_in, "no expires_in");
    is_int(twist.fields, TOKEN_FIELDS_BOTH, "both fields");
    end(f, call, x);
}

static void test_challenge(struct fixture *f)
{
    struct challenge_twist twist;
    struct http_exchange *x;
    struct registry_call *call = call_with(f, &x, "{\"then\":{\"challenge\":\"other-scope\"}}");

    faults_challenge(call, &twist);
    is_int(twist.flaw, CHALLENGE_FLAW_OTHER_SCOPE, "the last of the flaws");
    end(f, call, x);
    call = call_with(f, &x, "{\"then\":{\"challenge\":{\"realm\":\"r\",\"scope\":\"\"}}}");
    faults_challenge(call, &twist);
    is_int(twist.flaw, CHALLENGE_FLAW_NONE, "no flaw");
    is_str(twist.realm, "r", "realm");
    is_str(twist.scope, "", "an empty scope is none");
    ok(twist.service == NULL && twist.error == NULL, "the rest is as ever");
    end(f, call, x);
}

static void test_upload(struct fixture *f)
{
    struct fault_upload upload;
    struct http_exchange *x;
    struct registry_call *call = call_with(
        f, &x,
        "{\"then\":{\"upload\":{\"lose\":true,\"offset\":\"refuse\",\"slow_read\":\"10KiB\"}}}");

    faults_upload(call, &upload);
    ok(upload.lose && !upload.refuse_continue, "lose, and nothing about 100-continue");
    is_int(upload.offset, FAULT_OFFSET_REFUSE, "offset");
    is_int((long long)upload.slow_read, 10240, "slow_read");
    end(f, call, x);
    call = call_with(f, &x, "{\"then\":{\"upload\":{\"refuse_continue\":true,\"offset\":null}}}");
    faults_upload(call, &upload);
    ok(!upload.lose && upload.refuse_continue && upload.slow_read == 0, "only 100-continue");
    is_int(upload.offset, FAULT_OFFSET_TRUE, "a null is none");
    end(f, call, x);
}

static void test_tags(struct fixture *f)
{
    struct fault_tags tags;
    struct http_exchange *x;
    struct registry_call *call = call_with(f, &x, "{\"then\":{\"tags\":{\"no_link\":true}}}");

    faults_tags(call, &tags);
    ok(tags.no_link && !tags.null && !tags.ignore_n && tags.drop == NULL, "tags");
    end(f, call, x);
}

int main(void)
{
    struct fixture f;

    plan_lazy();
    fixture_init(&f);
    test_token(&f);
    test_challenge(&f);
    test_upload(&f);
    test_tags(&f);
    fixture_done(&f);
    done_testing();
}
