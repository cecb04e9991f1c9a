/* SPDX-License-Identifier: MIT */
#include "auth/htpasswd_watch.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "auth/account.h"
#include "auth/account_check.h"
#include "auth/keyed_hash.h"
#include "lib/util/clock.h"
#include "lib/util/err.h"
#include "lib/util/log.h"
#include "lib/util/util.h"
#include "tests/tap/tap.h"

/* bcrypt, cost 4, of "one" and "two" */
#define ONE "$2y$04$zzzzzzzzzzzzzzzzzzzzzultTvWSMJjnagI1WYC8FZyobEqgV4uU6"
#define TWO "$2y$04$zzzzzzzzzzzzzzzzzzzzzugd9xxnca7n2jORVkjhXwQ175hjbbRGi"

static struct clock shifted;
static struct keyed_hash *keyed;
static char path[] = "/tmp/test-htpasswd_watch-XXXXXX";

/* In place of the file, as editors do. */
static void write_file(const char *text)
{
    char other[sizeof(path) + 4];
    FILE *f;

    (void)snprintf(other, sizeof(other), "%s.new", path);
    f = fopen(other, "we");
    ok(f != NULL && fputs(text, f) >= 0 && fclose(f) == 0 && rename(other, path) == 0,
       "a file is written");
}

static bool lets_in(struct accounts *a, const char *name, const char *secret)
{
    struct account_check *check;
    struct keyed_digest digest;
    bool good;

    (void)account_digest(a, &digest, name, secret);
    switch (accounts_check(a, name, secret, &digest, &check)) {
    case ACCOUNT_GOOD:
        return true;
    case ACCOUNT_BAD:
        return false;
    case ACCOUNT_SLOW:
        break;
    }
    account_check_run(check);
    good = accounts_check_finish(a, check);
    account_check_free(check);
    return good;
}

static struct accounts *make(void)
{
    struct accounts *a = NULL;

    ok(accounts_new(&a, &shifted, keyed, NULL) == 0, "accounts");
    return a;
}

static void test_changes(void)
{
    struct accounts *a = make();
    struct htpasswd_watch *w = NULL;
    struct err err = {0};

    write_file("alice:" ONE "\nbob:" TWO "\n");
    is_int(htpasswd_watch_new(&w, path, a, &err), 0, "a file: %s", err.msg);
    is_int(account_origin(accounts_find(a, "alice")), ACCOUNT_HTPASSWD, "alice is out of it");
    ok(lets_in(a, "alice", "one") && lets_in(a, "bob", "two"), "both are let in");
    htpasswd_watch_look(w);
    is_int((long long)accounts_count(a), 2, "nothing has changed");
    write_file("alice:" TWO "\ncarol:" ONE "\n");
    htpasswd_watch_look(w);
    ok(!lets_in(a, "alice", "one") && lets_in(a, "alice", "two"), "alice has another secret");
    ok(accounts_find(a, "bob") == NULL && !lets_in(a, "bob", "two"), "bob is gone");
    ok(lets_in(a, "carol", "one"), "carol is new");
    write_file("alice:$apr1$x$y\n");
    htpasswd_watch_look(w);
    ok(lets_in(a, "alice", "two") && lets_in(a, "carol", "one"), "a bad file changes nothing");
    is_int(htpasswd_watch_reload(w, &err), -1, "asked for, it is an error: %s", err.msg);
    (void)unlink(path);
    htpasswd_watch_look(w);
    ok(lets_in(a, "alice", "two"), "nor does a missing one");
    htpasswd_watch_free(w);
    accounts_free(a);
}

static void test_others(void)
{
    struct accounts *a = make();
    struct account_secret mine = {.plain = "mine"};
    struct htpasswd_watch *w = NULL;
    struct err err = {0};

    ok(accounts_add(a, "alice", &mine, ACCOUNT_CONFIGURATION, NULL) == 0, "an account");
    write_file("bob:" ONE "\nalice:" ONE "\n");
    is_int(htpasswd_watch_new(&w, path, a, &err), -1, "a file with its name: %s", err.msg);
    is_int(err.code, ERR_EXISTS, "is refused at start");
    ok(strstr(err.msg, ":2: ") != NULL, "with the line");
    (void)accounts_remove(a, "bob", NULL);
    write_file("bob:" ONE "\n");
    is_int(htpasswd_watch_new(&w, path, a, &err), 0, "without: %s", err.msg);
    (void)accounts_rotate(a, "bob", &mine, 0, NULL);
    write_file("bob:" ONE "\nalice:" TWO "\ncarol:" TWO "\n");
    htpasswd_watch_look(w);
    ok(lets_in(a, "alice", "mine") && !lets_in(a, "alice", "two"), "later it is left out");
    ok(lets_in(a, "carol", "two"), "and others are taken");
    ok(lets_in(a, "bob", "mine"), "a secret that only was rotated here stays");
    write_file("");
    htpasswd_watch_look(w);
    ok(accounts_find(a, "bob") == NULL && accounts_find(a, "carol") == NULL, "all are gone");
    ok(lets_in(a, "alice", "mine"), "but those of others");
    htpasswd_watch_free(w);
    htpasswd_watch_free(NULL);
    htpasswd_watch_look(NULL);
    accounts_free(a);
}

int main(void)
{
    plan_lazy();
    log_setup(STDERR_FILENO, LOG_FORMAT_TEXT, LOG_LEVEL_ERROR);
    (void)close(mkstemp(path));
    ok(keyed_hash_new(&keyed, NULL) == 0, "a key");
    test_changes();
    test_others();
    (void)unlink(path);
    keyed_hash_free(keyed);
    done_testing();
}
