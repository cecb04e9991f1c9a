/* SPDX-License-Identifier: MIT */
#include "auth/refresh.h"

#include <string.h>

#include "auth/account.h"
#include "auth/keyed_hash.h"
#include "lib/util/clock.h"
#include "lib/util/err.h"
#include "tests/tap/tap.h"

static struct clock shifted;
static struct keyed_hash *keyed;
static struct accounts *accounts;
static struct refresh_tokens *tokens;

static void add(const char *name)
{
    is_int(
        accounts_add(accounts, name, &(struct account_secret){.plain = "x"}, ACCOUNT_CONTROL, NULL),
        0, "account %s", name);
}

static void issue(char token[REFRESH_TOKEN_SIZE], const char *account, const char *service)
{
    struct err err = {0};

    is_int(refresh_issue(tokens, account, service, token, &err), 0, "for %s: %s", account, err.msg);
}

static void test_simple(void)
{
    char alice[REFRESH_TOKEN_SIZE], again[REFRESH_TOKEN_SIZE], long_service[300];
    struct err err = {0};

    issue(alice, "alice", "ocimock");
    issue(again, "alice", "ocimock");
    is_int((long long)strlen(alice), 43, "256 bits: %s", alice);
    ok(strcmp(alice, again) != 0, "random");
    is_str(refresh_find(tokens, alice, "ocimock"), "alice", "it is hers");
    is_str(refresh_find(tokens, alice, "other"), NULL, "not for another service");
    is_str(refresh_find(tokens, "x", "ocimock"), NULL, "another text is not");
    is_str(refresh_find(tokens, "", "ocimock"), NULL, "nor is none");
    is_int(refresh_issue(tokens, "nobody", "ocimock", again, &err), -1, "none: %s", err.msg);
    memset(long_service, 's', sizeof(long_service));
    long_service[299] = '\0';
    is_int(refresh_issue(tokens, "alice", long_service, again, &err), -1, "long: %s", err.msg);
}

static void test_revoking(void)
{
    char one[REFRESH_TOKEN_SIZE], two[REFRESH_TOKEN_SIZE], other[REFRESH_TOKEN_SIZE];
    struct err err = {0};

    (void)refresh_revoke_account(tokens, "alice");
    issue(one, "alice", "a");
    issue(two, "alice", "b");
    issue(other, "bob", "a");
    is_int(refresh_revoke(tokens, one, &err), 0, "one is revoked");
    is_str(refresh_find(tokens, one, "a"), NULL, "it is nobody's");
    is_str(refresh_find(tokens, two, "b"), "alice", "the other stays");
    is_int(refresh_revoke(tokens, one, &err), -1, "again: %s", err.msg);
    is_int(err.code, ERR_ABSENT, "there is none");
    issue(one, "alice", "a");
    is_int((long long)refresh_revoke_account(tokens, "alice"), 2, "all of hers are revoked");
    is_str(refresh_find(tokens, two, "b"), NULL, "they are nobody's");
    is_str(refresh_find(tokens, other, "a"), "bob", "his stays");
}

static void test_accounts(void)
{
    char token[REFRESH_TOKEN_SIZE];
    struct account_secret secret = {.plain = "y"};

    issue(token, "alice", "a");
    (void)accounts_rotate(accounts, "alice", &secret, clock_now_ms(&shifted) + 1000, NULL);
    is_str(refresh_find(tokens, token, "a"), "alice", "good while the old secret is");
    shifted.shift_ms += 86400000;
    is_str(refresh_find(tokens, token, "a"), "alice", "and for good");
    (void)accounts_rotate(accounts, "alice", &secret, 0, NULL);
    is_str(refresh_find(tokens, token, "a"), NULL, "not after a rotation at once");
    issue(token, "alice", "a");
    (void)accounts_end_sessions(accounts, "alice", NULL);
    is_str(refresh_find(tokens, token, "a"), NULL, "not after the end of sessions");
    issue(token, "alice", "a");
    (void)accounts_set_disabled(accounts, "alice", true, NULL);
    is_str(refresh_find(tokens, token, "a"), NULL, "not of a disabled account");
    (void)accounts_set_disabled(accounts, "alice", false, NULL);
    is_str(refresh_find(tokens, token, "a"), NULL, "not even later");
    issue(token, "alice", "a");
    (void)accounts_remove(accounts, "alice", NULL);
    is_str(refresh_find(tokens, token, "a"), NULL, "not of a removed one");
    add("alice");
    is_str(refresh_find(tokens, token, "a"), NULL, "not of another with its name");
}

static void test_bound(void)
{
    char first[REFRESH_TOKEN_SIZE], second[REFRESH_TOKEN_SIZE], last[REFRESH_TOKEN_SIZE];

    (void)refresh_revoke_account(tokens, "alice");
    (void)refresh_revoke_account(tokens, "bob");
    is_int((long long)refresh_count(tokens), 0, "none");
    issue(first, "alice", "a");
    issue(second, "alice", "a");
    for (unsigned i = 2; i <= REFRESH_TOKENS_MAX; i++)
        (void)refresh_issue(tokens, "bob", "a", last, NULL);
    is_int((long long)refresh_count(tokens), REFRESH_TOKENS_MAX, "no more than may be");
    is_str(refresh_find(tokens, first, "a"), NULL, "the oldest went");
    is_str(refresh_find(tokens, second, "a"), "alice", "the next did not");
    is_str(refresh_find(tokens, last, "a"), "bob", "the last is there");
}

int main(void)
{
    plan_lazy();
    ok(keyed_hash_new(&keyed, NULL) == 0 && accounts_new(&accounts, &shifted, keyed, NULL) == 0 &&
           refresh_new(&tokens, accounts, keyed, NULL) == 0,
       "made");
    add("alice");
    add("bob");
    test_simple();
    test_revoking();
    test_accounts();
    test_bound();
    refresh_free(tokens);
    refresh_free(NULL);
    accounts_free(accounts);
    keyed_hash_free(keyed);
    done_testing();
}
