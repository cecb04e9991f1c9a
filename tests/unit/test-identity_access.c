/* SPDX-License-Identifier: MIT */
/*
 * What identities may do: the last part of auth/identity.c.
 */
#include "auth/identity.h"

#include <stdio.h>
#include <string.h>

#include <jansson.h>

#include "auth/auth.h"
#include "auth/scope.h"
#include "lib/http/loop.h"
#include "lib/util/clock.h"
#include "lib/util/err.h"
#include "tests/tap/tap.h"

static struct loop *loop;
static struct clock shifted;

static struct auth *make(const char *accounts, const char *policy)
{
    struct auth_settings settings = {0};
    json_t *a = accounts == NULL ? NULL : json_loads(accounts, 0, NULL);
    json_t *p = policy == NULL ? NULL : json_loads(policy, 0, NULL);
    struct auth *auth = NULL;
    struct err err = {0};

    settings.accounts = a;
    settings.policy = p;
    is_int(auth_new(&auth, loop, &shifted, &settings, &err), 0, "made: %s", err.msg);
    json_decref(a);
    json_decref(p);
    return auth;
}

static const char accounts[] =
    "[{\"name\": \"alice\", \"secret\": \"x\"}, {\"name\": \"carol\", \"secret\": \"x\"}]";

static const char policy[] =
    "[{\"accounts\": [\"anonymous\"], \"repositories\": [\"public/*\"], \"actions\": [\"pull\"]},"
    " {\"accounts\": [\"alice\"]}]";

/* token: the scopes of a bearer token; NULL: the kind without. */
static void is_access(struct auth *auth, enum identity_kind kind, const char *account,
                      const char *token, const char *wanted, enum access_result result)
{
    struct identity id = {.kind = kind};
    struct scope_set set = {0};

    (void)snprintf(id.account, sizeof(id.account), "%s", account);
    if (token != NULL)
        (void)scope_set_parse(&id.granted, token, NULL);
    (void)scope_set_parse(&set, wanted, NULL);
    is_int(access_check(auth, &id, &set), result, "%s '%s' wants '%s'", identity_kind_name(kind),
           account, wanted);
    identity_done(&id);
    scope_set_done(&set);
}

static void test_access(void)
{
    struct auth *auth = make(accounts, policy);
    struct auth *none = make(NULL, NULL);
    struct scope wanted;

    is_access(auth, IDENTITY_NONE, "", NULL, "", ACCESS_ALLOWED);
    is_access(auth, IDENTITY_NONE, "", NULL, "repository:public/a:pull", ACCESS_ALLOWED);
    is_access(auth, IDENTITY_NONE, "", NULL, "repository:public/a:push", ACCESS_NO_CREDENTIALS);
    is_access(auth, IDENTITY_NONE, "", NULL, "repository:public/a:pull repository:b:pull",
              ACCESS_NO_CREDENTIALS);
    is_access(auth, IDENTITY_BASIC, "alice", NULL, "repository:a:pull,push", ACCESS_ALLOWED);
    is_access(auth, IDENTITY_BASIC, "carol", NULL, "repository:a:pull", ACCESS_DENIED);
    is_access(auth, IDENTITY_CERTIFICATE, "carol", NULL, "repository:a:pull", ACCESS_DENIED);
    is_access(auth, IDENTITY_BASIC, "carol", NULL, "", ACCESS_ALLOWED);
    is_access(auth, IDENTITY_BEARER, "carol", "repository:a:pull", "repository:a:pull",
              ACCESS_ALLOWED);
    is_access(auth, IDENTITY_BEARER, "alice", "repository:a:pull", "repository:a:pull,push",
              ACCESS_TOKEN_SCOPE);
    is_access(auth, IDENTITY_BEARER, "alice", "", "", ACCESS_ALLOWED);
    is_access(auth, IDENTITY_INVALID, "alice", NULL, "", ACCESS_BAD_CREDENTIALS);
    is_access(auth, IDENTITY_INVALID, "alice", NULL, "repository:public/a:pull",
              ACCESS_BAD_CREDENTIALS);
    is_access(auth, IDENTITY_EXPIRED, "alice", NULL, "", ACCESS_BAD_CREDENTIALS);
    is_access(none, IDENTITY_NONE, "", NULL, "repository:a:delete", ACCESS_ALLOWED);
    scope_repository(&wanted, "a", SCOPE_PULL);
    ok(access_policy_allows(auth, "alice", &wanted), "the policy allows alice");
    ok(!access_policy_allows(auth, "carol", &wanted), "but not carol");
    ok(!access_policy_allows(auth, "", &wanted), "nor the anonymous");
    ok(access_policy_allows(none, "", &wanted), "all where authentication is off");
    auth_free(auth);
    auth_free(none);
}

int main(void)
{
    plan_lazy();
    ok(loop_new(&loop, 1, NULL) == 0, "a loop");
    test_access();
    loop_free(loop);
    done_testing();
}
