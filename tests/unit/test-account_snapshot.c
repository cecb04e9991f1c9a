/* SPDX-License-Identifier: MIT */
/* Accounts as they were once, and going back there. */
#include "auth/account_snapshot.h"

#include <string.h>

#include "auth/account.h"
#include "auth/account_check.h"
#include "auth/account_subject.h"
#include "auth/keyed_hash.h"
#include "lib/util/clock.h"
#include "lib/util/err.h"
#include "lib/util/util.h"
#include "tests/tap/tap.h"

static struct clock shifted;
static struct keyed_hash *keyed;
static struct accounts *a;

static void add(const char *name, const char *secret)
{
    ASSERT(accounts_add(a, name, &(struct account_secret){.plain = secret}, ACCOUNT_OPTION, NULL) ==
           0);
}

static bool lets_in(const char *name, const char *secret)
{
    struct account_check *check = NULL;
    struct keyed_digest digest;

    ASSERT(account_digest(a, &digest, name, secret));
    return accounts_check(a, name, secret, &digest, &check) == ACCOUNT_GOOD;
}

/* A token of that account as it is now. */
static void issue(const char *name, char id[ACCOUNT_TOKEN_ID_SIZE])
{
    ASSERT(accounts_token_id(a, name, id, NULL) == 0);
}

int main(void)
{
    char alice[ACCOUNT_TOKEN_ID_SIZE], bob[ACCOUNT_TOKEN_ID_SIZE], dave[ACCOUNT_TOKEN_ID_SIZE];
    struct accounts_snapshot *s = NULL;
    uint64_t refresh;

    plan_lazy();
    ASSERT(keyed_hash_new(&keyed, NULL) == 0 && accounts_new(&a, &shifted, keyed, NULL) == 0);
    add("alice", "one");
    add("bob", "two");
    add("dave", "four");
    ASSERT(accounts_set_subject(a, "alice", "CN=alice", NULL) == 0);
    ASSERT(accounts_set_disabled(a, "dave", true, NULL) == 0);
    is_int(accounts_snapshot_new(&s, a, NULL), 0, "three accounts are kept");
    issue("alice", alice);
    issue("bob", bob);

    refresh = accounts_refresh_epoch(a, "alice");
    ASSERT(accounts_rotate(a, "alice", &(struct account_secret){.plain = "new"}, 0, NULL) == 0);
    ASSERT(accounts_remove(a, "bob", NULL) == 0);
    ASSERT(accounts_set_disabled(a, "dave", false, NULL) == 0);
    issue("dave", dave);
    add("carol", "three");
    ASSERT(accounts_set_subject(a, "carol", "CN=carol", NULL) == 0);

    is_int(accounts_restore(a, s, NULL), 0, "back");
    is_int((long long)accounts_count(a), 3, "three accounts");
    ok(lets_in("alice", "one") && !lets_in("alice", "new"), "alice has her secret again");
    ok(accounts_refresh_epoch(a, "alice") > refresh, "  her refresh tokens end");
    ok(!accounts_token_ended(a, "alice", alice, 0), "  her access tokens go on");
    ok(lets_in("bob", "two"), "bob is there again");
    ok(accounts_token_ended(a, "bob", bob, 0), "  but not what he had before he was removed");
    ok(!lets_in("carol", "three") && accounts_find(a, "carol") == NULL, "carol is not");
    ok(account_is_disabled(accounts_find(a, "dave")), "dave is disabled again");
    ok(accounts_token_ended(a, "dave", dave, 0), "  and what he got meanwhile is refused");
    is_int(accounts_set_subject(a, "bob", "CN=carol", NULL), 0, "carol's subject is free");
    is_int(accounts_set_subject(a, "bob", "CN=alice", NULL), -1, "alice's is not");

    is_int(accounts_restore(a, NULL, NULL), 0, "to nothing");
    is_int((long long)accounts_count(a), 0, "no account");
    is_int(accounts_restore(a, s, NULL), 0, "and back, from the same snapshot");
    ok(lets_in("alice", "one") && lets_in("bob", "two"), "all are there");
    is_int(accounts_restore(a, s, NULL), 0, "twice");
    is_int((long long)accounts_count(a), 3, "changes nothing");

    accounts_snapshot_free(s);
    accounts_snapshot_free(NULL);
    accounts_free(a);
    keyed_hash_free(keyed);
    done_testing();
}
