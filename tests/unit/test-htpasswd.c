/* SPDX-License-Identifier: MIT */
#include "auth/htpasswd.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/util/err.h"
#include "lib/util/util.h"
#include "tests/tap/tap.h"

#define HASH "$2y$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW"
#define SHA  "$5$saltstring$5B8vYYiY.CVt1RlTTf8KbXBH3hsxY/GNooZaBBGWEc5"

static int parse(struct htpasswd *h, const char *text, struct err *err)
{
    return htpasswd_parse(h, "users", text, strlen(text), err);
}

static void test_good(void)
{
    struct htpasswd h = {0};
    struct err err = {0};

    is_int(parse(&h, "# people\n\nalice:" HASH "\r\n  \nbob smith:" SHA ":a comment\ngrün:" HASH,
                 &err),
           0, "a file is read: %s", err.msg);
    is_int((long long)h.count, 3, "three users");
    is_str(h.entries[0].user, "alice", "first");
    is_str(h.entries[0].hash, HASH, "without CR");
    is_int(h.entries[0].line, 3, "its line");
    is_str(h.entries[1].user, "bob smith", "second");
    is_str(h.entries[1].hash, SHA, "a third field is left out");
    is_str(h.entries[2].user, "grün", "without a line end");
    htpasswd_done(&h);
    is_int(parse(&h, "", &err), 0, "an empty file");
    is_int((long long)h.count, 0, "has none");
    htpasswd_done(&h);
}

static void test_bad(void)
{
    static const struct {
        const char *text, *message;
    } rows[] = {
        {"alice\n", "users:1: expected user:hash"},
        {"alice:" HASH "\nalice:" HASH, "users:2: user 'alice' is in line 1 already"},
        {"b:" HASH "\na:" HASH "\n\nb:" SHA "\n", "users:4: user 'b' is in line 1 already"},
        {":" HASH, "users:1: an account needs a name"},
        {"anonymous:" HASH, "users:1: 'anonymous' is the name of a group"},
        {"\n\nbob:$apr1$abcd$NLw/IRgjEiY5X5tz3PKbx/\n",
         "users:3: the password of 'bob': an Apache MD5 hash ($apr1$), which cannot be checked: "
         "make "
         "one with 'ocimock hash-password'"},
        {"bob:{SHA}2jmj7l5rSw0yVb/vlWAYkK/YBwk=",
         "users:1: the password of 'bob': an unsalted SHA-1 hash ({SHA}), which cannot be checked: "
         "make one with 'ocimock hash-password'"},
        {"bob:wonder",
         "users:1: the password of 'bob': no hash that can be checked (plain text, or "
         "crypt of old?): make one with 'ocimock hash-password'"},
    };

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct htpasswd h = {0};
        struct err err = {0};

        is_int(parse(&h, rows[i].text, &err), -1, "file %zu is refused", i);
        is_str(err.msg, rows[i].message, "saying where and why");
        ok(h.text == NULL && h.entries == NULL, "and nothing is left");
    }
}

static void test_nul(void)
{
    struct htpasswd h = {0};
    struct err err = {0};

    is_int(htpasswd_parse(&h, "users", "a\0b", 3, &err), -1, "a NUL: %s", err.msg);
}

static void test_load(void)
{
    char path[] = "/tmp/test-htpasswd-XXXXXX";
    int fd = mkstemp(path);
    struct htpasswd h = {0};
    struct err err = {0};

    ok(fd >= 0 && write(fd, "alice:" HASH "\n", strlen("alice:" HASH "\n")) > 0, "a file is made");
    (void)close(fd);
    is_int(htpasswd_load(&h, path, &err), 0, "and read: %s", err.msg);
    is_int((long long)h.count, 1, "one user");
    htpasswd_done(&h);
    (void)unlink(path);
    is_int(htpasswd_load(&h, path, &err), -1, "a missing one is not");
    ok(strstr(err.msg, path) != NULL, "which is said with its path: %s", err.msg);
}

int main(void)
{
    plan_lazy();
    test_good();
    test_bad();
    test_nul();
    test_load();
    done_testing();
}
