/* SPDX-License-Identifier: MIT */
#include "auth/account.h"

#include <crypt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "auth/account_check.h"
#include "auth/keyed_hash.h"
#include "auth/secret.h"
#include "lib/util/clock.h"
#include "lib/util/err.h"
#include "lib/util/util.h"
#include "tests/tap/tap.h"

/* --- Counting hashes ----------------------------------------------------------------------------
 */

char *__real_crypt_r(const char *phrase, const char *setting, struct crypt_data *data);
char *__wrap_crypt_r(const char *phrase, const char *setting, struct crypt_data *data);

static unsigned hashes_made;
static bool all_match; /* any secret has any hash: for tests that need many */

char *__wrap_crypt_r(const char *phrase, const char *setting, struct crypt_data *data)
{
    hashes_made++;
    if (all_match) {
        (void)snprintf(data->output, sizeof(data->output), "%s", setting);
        return data->output;
    }
    return __real_crypt_r(phrase, setting, data);
}

/* --- A table ------------------------------------------------------------------------------------
 */

static struct clock shifted;
static struct keyed_hash *keyed;
static char hash_of_one[SECRET_HASH_MAX + 1]; /* of "one" */
static char hash_of_two[SECRET_HASH_MAX + 1]; /* of "two" */

static struct accounts *make(void)
{
    struct accounts *a = NULL;
    struct err err = {0};

    is_int(accounts_new(&a, &shifted, keyed, &err), 0, "a table: %s", err.msg);
    return a;
}

static void add(struct accounts *a, const char *name, const char *plain, const char *hash)
{
    struct err err = {0};

    is_int(accounts_add(a, name, &(struct account_secret){plain, hash}, ACCOUNT_CONTROL, &err), 0,
           "account %s: %s", name, err.msg);
}

/* All of a login, and how many hashes it cost. */
static bool login(struct accounts *a, const char *name, const char *secret, unsigned *ret_cost)
{
    struct account_check *check = NULL;
    struct keyed_digest digest;
    enum account_verdict verdict;
    bool good;

    hashes_made = 0;
    ok(account_digest(a, &digest, name, secret), "digest");
    verdict = accounts_check(a, name, secret, &digest, &check);
    good = verdict == ACCOUNT_GOOD;
    if (verdict == ACCOUNT_SLOW) {
        account_check_run(check);
        good = accounts_check_finish(a, check);
        account_check_free(check);
    }
    if (ret_cost != NULL)
        *ret_cost = hashes_made;
    return good;
}

static void is_login(struct accounts *a, const char *name, const char *secret, bool good,
                     unsigned cost)
{
    unsigned spent;

    is_int(login(a, name, secret, &spent), good, "%s with '%s' is %s", name, secret,
           good ? "let in" : "refused");
    is_int(spent, cost, "for %u hashes", cost);
}

/* --- Tests --------------------------------------------------------------------------------------
 */

static void test_names(void)
{
    static const char *const bad[] = {"",          "a:b",           "a*",   "a?", "!a", "a\n",
                                      "anonymous", "authenticated", "a\xff"};
    static const char *const good[] = {"a", "alice@example.org", "grün", "a b", "robot$x+y", "a!"};
    char name[ACCOUNT_NAME_MAX + 2];
    struct err err = {0};

    for (size_t i = 0; i < ARRAY_LEN(bad); i++)
        is_int(account_check_name(bad[i], &err), -1, "bad name '%s': %s", bad[i], err.msg);
    for (size_t i = 0; i < ARRAY_LEN(good); i++)
        is_int(account_check_name(good[i], &err), 0, "good name '%s'", good[i]);
    memset(name, 'a', sizeof(name));
    name[ACCOUNT_NAME_MAX + 1] = '\0';
    is_int(account_check_name(name, &err), -1, "too long: %s", err.msg);
    name[ACCOUNT_NAME_MAX] = '\0';
    is_int(account_check_name(name, &err), 0, "as long as may be");
}

static void test_plain(void)
{
    struct accounts *a = make();
    struct err err = {0};

    is_login(a, "alice", "one", false, 0);
    add(a, "alice", "one", NULL);
    add(a, "bob", "two", NULL);
    is_int((long long)accounts_count(a), 2, "two accounts");
    is_login(a, "alice", "one", true, 0);
    is_login(a, "alice", "two", false, 0);
    is_login(a, "alice", "", false, 0);
    is_login(a, "carol", "one", false, 0);
    is_login(a, "carol", "two", false, 0);
    is_int(accounts_add(a, "alice", &(struct account_secret){"x", NULL}, ACCOUNT_OPTION, &err), -1,
           "twice: %s", err.msg);
    is_int(err.code, ERR_EXISTS, "is one too many");
    is_int(accounts_add(a, "x", &(struct account_secret){"", NULL}, ACCOUNT_OPTION, &err), -1,
           "an empty secret: %s", err.msg);
    is_int(accounts_add(a, "x", &(struct account_secret){NULL, "$apr1$a$b"}, ACCOUNT_OPTION, &err),
           -1, "a hash that cannot be checked: %s", err.msg);
    is_int((long long)accounts_count(a), 2, "still two accounts");
    is_str(accounts_refusal(a, "carol"), "unknown account", "why");
    is_str(accounts_refusal(a, "alice"), "wrong password", "why");
    accounts_free(a);
}

static void test_hashed(void)
{
    struct accounts *a = make();

    add(a, "alice", NULL, hash_of_one);
    is_login(a, "alice", "one", true, 1);
    is_login(a, "alice", "one", true, 0); /* remembered */
    is_login(a, "alice", "two", false, 1);
    is_login(a, "alice", "two", false, 1); /* bad ones are not */
    is_login(a, "carol", "one", false, 1); /* unknown: costs the same, even with her secret */
    is_login(a, "carol", "one", false, 1);
    shifted.shift_ms += 59 * 1000;
    is_login(a, "alice", "one", true, 0);
    shifted.shift_ms += 2 * 1000;
    is_login(a, "alice", "one", true, 1); /* its time is over */
    accounts_set_cache_life(a, 0);
    is_login(a, "alice", "one", true, 1);
    is_login(a, "alice", "one", true, 1);
    accounts_free(a);
}

/* Names that do not exist cost what the accounts cost, in the same proportions. */
static void test_parity(void)
{
    struct accounts *a = make();
    unsigned costs[4] = {0};

    add(a, "plain", "zero", NULL);
    add(a, "hashed", NULL, hash_of_one);
    add(a, "rotated", NULL, hash_of_one);
    (void)accounts_rotate(a, "rotated", &(struct account_secret){NULL, hash_of_two},
                          clock_now_ms(&shifted) + 1000000, NULL);
    add(a, "disabled", NULL, hash_of_one);
    (void)accounts_set_disabled(a, "disabled", true, NULL);
    add(a, "removed", NULL, hash_of_one);
    (void)accounts_remove(a, "removed", NULL);
    is_login(a, "plain", "x", false, 0);
    is_login(a, "hashed", "x", false, 1);
    is_login(a, "rotated", "x", false, 2);
    is_login(a, "disabled", "one", false, 1);
    is_login(a, "disabled", "x", false, 1);
    for (unsigned i = 0; i < 200; i++) {
        char name[32];
        unsigned first = 0, second = 0;

        (void)snprintf(name, sizeof(name), "nobody-%u", i);
        if (login(a, name, "x", &first) || login(a, name, "one", &second) || first != second ||
            first > 2)
            ok(false, "%s costs %u, then %u", name, first, second);
        else
            costs[first]++;
    }
    ok(costs[0] > 10 && costs[1] > 10 && costs[2] > 10, "all costs are there: %u %u %u", costs[0],
       costs[1], costs[2]);
    accounts_free(a);
}

static void test_rotation(void)
{
    struct accounts *a = make();
    struct account_secret two = {NULL, hash_of_two};
    struct err err = {0};

    add(a, "alice", NULL, hash_of_one);
    is_login(a, "alice", "one", true, 1);
    is_int(accounts_rotate(a, "alice", &two, 0, &err), 0, "rotated at once: %s", err.msg);
    is_login(a, "alice", "one", false, 1); /* what was remembered is forgotten */
    is_login(a, "alice", "two", true, 1);
    is_int(accounts_rotate(a, "alice", &(struct account_secret){"three", NULL},
                           clock_now_ms(&shifted) + 10 * 1000, &err),
           0, "the old one for ten seconds more");
    is_login(a, "alice", "three", true, 0);
    is_login(a, "alice", "two", true, 1);
    is_login(a, "alice", "two", true, 0);
    shifted.shift_ms += 9 * 1000;
    is_login(a, "alice", "two", true, 0);
    shifted.shift_ms += 2 * 1000;
    is_login(a, "alice", "two", false, 0); /* though it was remembered for longer */
    is_login(a, "alice", "three", true, 0);
    is_int(accounts_rotate(a, "nobody", &two, 0, &err), -1, "unknown: %s", err.msg);
    is_int(err.code, ERR_ABSENT, "is said");
    is_int(accounts_rotate(a, "alice", &(struct account_secret){NULL, "x"}, 0, &err), -1, "bad: %s",
           err.msg);
    is_login(a, "alice", "three", true, 0);
    accounts_free(a);
}

static void test_many_secrets(void)
{
    struct accounts *a = make();
    char text[16];

    add(a, "alice", "0", NULL);
    for (int i = 1; i <= ACCOUNT_SECRETS_MAX; i++) {
        (void)snprintf(text, sizeof(text), "%d", i);
        is_int(accounts_rotate(a, "alice", &(struct account_secret){text, NULL},
                               clock_now_ms(&shifted) + 1000000 - i, NULL),
               0, "rotation %d", i);
    }
    is_login(a, "alice", text, true, 0);
    ok(!login(a, "alice", "0", NULL) || !login(a, "alice", "7", NULL),
       "one of the old ones is gone");
    ok(login(a, "alice", "2", NULL) && login(a, "alice", "3", NULL), "others stay");
    accounts_free(a);
}

/* Changes that come while a job compares. */
static void test_meanwhile(void)
{
    struct accounts *a = make();
    struct account_check *checks[4];
    struct keyed_digest digest;

    add(a, "alice", NULL, hash_of_one);
    (void)account_digest(a, &digest, "alice", "one");
    for (size_t i = 0; i < ARRAY_LEN(checks); i++) {
        is_int(accounts_check(a, "alice", "one", &digest, &checks[i]), ACCOUNT_SLOW, "a job");
        account_check_run(checks[i]);
    }
    ok(accounts_check_finish(a, checks[0]), "good without changes");
    (void)accounts_rotate(a, "alice", &(struct account_secret){"two", NULL},
                          clock_now_ms(&shifted) + 10000, NULL);
    ok(accounts_check_finish(a, checks[1]), "good while the old secret is valid");
    (void)accounts_rotate(a, "alice", &(struct account_secret){"three", NULL}, 0, NULL);
    ok(!accounts_check_finish(a, checks[2]), "bad after a rotation");
    (void)accounts_remove(a, "alice", NULL);
    ok(!accounts_check_finish(a, checks[3]), "bad after a removal");
    for (size_t i = 0; i < ARRAY_LEN(checks); i++)
        account_check_free(checks[i]);
    accounts_free(a);
}

static void test_disabled(void)
{
    struct accounts *a = make();
    struct err err = {0};

    add(a, "alice", "one", NULL);
    is_int(accounts_set_disabled(a, "alice", true, &err), 0, "disabled");
    ok(account_is_disabled(accounts_find(a, "alice")), "which can be seen");
    is_str(accounts_refusal(a, "alice"), "the account is disabled", "why");
    is_login(a, "alice", "one", false, 0);
    is_int(accounts_set_disabled(a, "alice", false, &err), 0, "enabled");
    is_login(a, "alice", "one", true, 0);
    is_int(accounts_set_disabled(a, "bob", true, &err), -1, "unknown: %s", err.msg);
    accounts_free(a);
}

static void test_removed(void)
{
    struct accounts *a = make();
    struct err err = {0};

    add(a, "alice", "one", NULL);
    is_int(accounts_remove(a, "alice", &err), 0, "removed");
    ok(accounts_find(a, "alice") == NULL, "not found any more");
    is_int((long long)accounts_count(a), 0, "not counted");
    is_login(a, "alice", "one", false, 0);
    is_int(accounts_remove(a, "alice", &err), -1, "again: %s", err.msg);
    add(a, "alice", "two", NULL);
    is_login(a, "alice", "one", false, 0);
    is_login(a, "alice", "two", true, 0);
    accounts_free(a);
}

static void test_tokens(void)
{
    struct accounts *a = make(), *other = make();
    char before[ACCOUNT_TOKEN_ID_SIZE], after[ACCOUNT_TOKEN_ID_SIZE], again[ACCOUNT_TOKEN_ID_SIZE];
    int64_t now = clock_now(&shifted);
    struct err err = {0};

    add(a, "alice", "one", NULL);
    is_int(accounts_token_id(a, "alice", before, &err), 0, "an id: %s", before);
    is_int(accounts_token_id(a, "alice", again, &err), 0, "another");
    ok(strcmp(before, again) != 0, "they differ");
    ok(!accounts_token_ended(a, "alice", before, now), "a token is good");
    ok(!accounts_token_ended(a, "alice", "from-elsewhere", now), "also with another's id");
    is_int(accounts_end_sessions(a, "alice", &err), 0, "sessions end");
    now = clock_now(&shifted);
    is_int(accounts_token_id(a, "alice", after, &err), 0, "an id within the same second");
    ok(accounts_token_ended(a, "alice", before, now), "the first is refused");
    ok(accounts_token_ended(a, "alice", before, now + 100), "whatever it says about its time");
    ok(!accounts_token_ended(a, "alice", after, now), "the new one is good");
    ok(accounts_token_ended(a, "alice", "from-elsewhere", now), "another's of that second is not");
    ok(accounts_token_ended(a, "alice", NULL, now - 10), "nor one without an id from before");
    ok(!accounts_token_ended(a, "alice", NULL, now + 1), "one from later is");
    is_login(a, "alice", "one", true, 0);
    (void)accounts_set_disabled(a, "alice", true, NULL);
    ok(accounts_token_ended(a, "alice", NULL, now + 100), "disabled: refused");
    (void)accounts_set_disabled(a, "alice", false, NULL);
    ok(accounts_token_ended(a, "alice", after, now), "enabled again: still refused");
    (void)accounts_remove(a, "alice", NULL);
    ok(accounts_token_ended(a, "alice", NULL, now + 100), "removed: refused");
    add(a, "alice", "two", NULL);
    ok(accounts_token_ended(a, "alice", after, now), "added again: the old ones are refused");
    ok(!accounts_token_ended(a, "stranger", NULL, 0), "accounts that never were do not matter");
    (void)accounts_token_id(other, "", before, NULL);
    ok(!accounts_token_ended(a, "", before, now), "nor do anonymous tokens");
    accounts_free(a);
    accounts_free(other);
}

/* What is remembered is bounded, and the oldest goes. */
static void test_cache_bound(void)
{
    struct accounts *a = make();
    char name[32];
    unsigned good = 0;

    all_match = true;
    for (unsigned i = 0; i <= 10000; i++) {
        (void)snprintf(name, sizeof(name), "user-%u", i);
        (void)accounts_add(a, name, &(struct account_secret){NULL, hash_of_one}, ACCOUNT_HTPASSWD,
                           NULL);
    }
    is_int((long long)accounts_count(a), 10001, "many accounts");
    for (unsigned i = 0; i <= 10000; i++) {
        struct account_check *check = NULL;
        struct keyed_digest digest;

        (void)snprintf(name, sizeof(name), "user-%u", i);
        (void)account_digest(a, &digest, name, "x");
        (void)accounts_check(a, name, "x", &digest, &check);
        account_check_run(check);
        good += accounts_check_finish(a, check) ? 1 : 0;
        account_check_free(check);
    }
    is_int(good, 10001, "all are let in");
    is_login(a, "user-10000", "x", true, 0);
    is_login(a, "user-1", "x", true, 0);
    is_login(a, "user-0", "x", true, 1);
    all_match = false;
    accounts_free(a);
}

static void test_list(void)
{
    struct accounts *a = make();
    char *text;
    json_t *list;

    add(a, "carol", "xsecretx", NULL);
    add(a, "alice", NULL, hash_of_one);
    add(a, "bob", "ysecrety", NULL);
    (void)accounts_rotate(a, "alice", &(struct account_secret){"zsecretz", NULL},
                          clock_now_ms(&shifted) + 1000000, NULL);
    (void)accounts_set_disabled(a, "carol", true, NULL);
    (void)accounts_remove(a, "bob", NULL);
    list = accounts_to_json(a);
    text = json_dumps(list, JSON_COMPACT);
    is_int((long long)json_array_size(list), 2, "a list: %s", text);
    ok(strstr(text, "secretx") == NULL && strstr(text, "secretz") == NULL &&
           strchr(text, '$') == NULL,
       "without secrets");
    ok(strncmp(text, "[{\"name\":\"alice\"", 16) == 0, "by name");
    is_str(json_string_value(json_object_get(json_array_get(list, 1), "name")), "carol", "carol");
    ok(json_is_true(json_object_get(json_array_get(list, 1), "disabled")), "is disabled");
    free(text);
    json_decref(list);
    accounts_free(a);
    accounts_free(NULL);
}

int main(void)
{
    struct err err = {0};

    plan_lazy();
    is_int(keyed_hash_new(&keyed, &err), 0, "a key");
    is_int(secret_make_hash(hash_of_one, SECRET_BCRYPT, 4, "one", &err), 0, "a hash");
    is_int(secret_make_hash(hash_of_two, SECRET_SHA512, 1000, "two", &err), 0, "another");
    test_names();
    test_plain();
    test_hashed();
    test_parity();
    test_rotation();
    test_many_secrets();
    test_meanwhile();
    test_disabled();
    test_removed();
    test_tokens();
    test_cache_bound();
    test_list();
    keyed_hash_free(keyed);
    done_testing();
}
