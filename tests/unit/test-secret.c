/* SPDX-License-Identifier: MIT */
#include "auth/secret.h"

#include <string.h>

#include "lib/util/err.h"
#include "lib/util/util.h"
#include "tests/tap/tap.h"

/* Answers that the authors of the methods published. */
static const struct {
    const char *secret, *hash;
} known[] = {
    {"U*U", "$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW"},
    {"U*U", "$2b$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW"},
    {"U*U", "$2y$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW"},
    {"Hello world!", "$6$saltstring$svn8UoSVapNtMuq1ukKS4tPQd8iKwSMHWjl/"
                     "O817G3uBnIFNjnQJuesI68u4OTLiBFdcbYEdFCoEOfaS35inz1"},
    {"Hello world!",
     "$6$rounds=10000$saltstringsaltst$OW1/O6BYHV6BcXZu8QVeXbDWra3Oeqh0sbHbbMCVNSnCM/"
     "UrjmM0Dp8vOuZeHBy/YTBmSK6H9qs/y3RnOaw5v."},
    {"Hello world!", "$5$saltstring$5B8vYYiY.CVt1RlTTf8KbXBH3hsxY/GNooZaBBGWEc5"},
    {"Hello world!",
     "$5$rounds=10000$saltstringsaltst$3xv.VbSHBb41AL9AvLeujZkZRBAwqFMz2.opqey6IcA"},
    {"pleaseletmein",
     "$y$jD5.7$LdJMENpBABJJ3hIHjB1Bi.$HboGM6qPrsK.StKYGt6KErmUYtioHreJd98oIugoNB6"},
    {"pleaseletmein", "$7$C6..../....SodiumChloride$kBGj9fHznVYFQMEn/qDCfrDevf9YDtcDdKvEqHJLV8D"},
};

static void test_known(void)
{
    for (size_t i = 0; i < ARRAY_LEN(known); i++) {
        struct err err = {0};

        is_int(secret_check_hash(known[i].hash, &err), 0, "%.10s can be checked: %s", known[i].hash,
               err.msg);
        ok(secret_matches(known[i].hash, known[i].secret), "its secret is right");
        ok(!secret_matches(known[i].hash, "Hello world"), "another is wrong");
        ok(!secret_matches(known[i].hash, ""), "none is wrong");
    }
}

static void test_refused(void)
{
    static const struct {
        const char *hash, *words;
        enum err_code code;
    } rows[] = {
        {"$apr1$abcd$NLw/IRgjEiY5X5tz3PKbx/", "Apache MD5", ERR_UNSUPPORTED},
        {"{SHA}2jmj7l5rSw0yVb/vlWAYkK/YBwk=", "SHA-1", ERR_UNSUPPORTED},
        {"{SSHA}2jmj7l5rSw0yVb/vlWAYkK/YBwk=", "LDAP", ERR_UNSUPPORTED},
        {"{CRYPT}x", "LDAP", ERR_UNSUPPORTED},
        {"$argon2id$v=19$m=65536,t=3,p=4$c2FsdA$aGFzaA", "Argon2", ERR_UNSUPPORTED},
        {"$1$abcdefgh$0123456789012345678901", "MD5", ERR_UNSUPPORTED},
        {"$2x$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW", "broken", ERR_UNSUPPORTED},
        {"abJnggxhB/yWI", "crypt of old", ERR_UNSUPPORTED},
        {"wonder", "plain text", ERR_UNSUPPORTED},
        {"", "no hash", ERR_UNSUPPORTED},
        {"$2y$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOe", "cut", ERR_SYNTAX},
        {"$2y$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeWx", "cut", ERR_SYNTAX},
        {"$2y$05$CCCCCCCCCCCCCCCCCCCCC:E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW", "cut", ERR_SYNTAX},
        {"$2y$", "cut", ERR_SYNTAX},
        {"$6$saltstring$svn8UoSVapNtMuq1ukKS4tPQd8iKwSMHWj", "cut", ERR_SYNTAX},
        {"$5$saltstring", "cut", ERR_SYNTAX},
        {"$y$j9T$", "cut", ERR_SYNTAX},
        {"$2y$31$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW", "cost", ERR_UNSUPPORTED},
        {"$5$rounds=999999999$saltstring$5B8vYYiY.CVt1RlTTf8KbXBH3hsxY/GNooZaBBGWEc5", "cost",
         ERR_UNSUPPORTED},
        {"$5$rounds=9999999999$saltstring$5B8vYYiY.CVt1RlTTf8KbXBH3hsxY/GNooZaBBGWEc5", "c",
         ERR_UNSUPPORTED},
    };

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct err err = {0};

        is_int(secret_check_hash(rows[i].hash, &err), -1, "'%s' is refused", rows[i].hash);
        is_int(err.code, rows[i].code, "with its code");
        ok(strstr(err.msg, rows[i].words) != NULL, "saying '%s': %s", rows[i].words, err.msg);
        ok(strstr(err.msg, "hash-password") != NULL, "and what to use instead");
        ok(strlen(rows[i].hash) < 6 || strstr(err.msg, rows[i].hash) == NULL,
           "but not the hash itself");
        ok(!secret_matches(rows[i].hash, "wonder"), "nothing matches it");
    }
}

static void test_making(void)
{
    static const struct {
        enum secret_method method;
        unsigned cost;
        const char *begin;
    } rows[] = {
        {SECRET_BCRYPT, 4, "$2y$04$"},
        {SECRET_BCRYPT, 5, "$2y$05$"},
        {SECRET_SHA512, 1000, "$6$rounds=1000$"},
        {SECRET_YESCRYPT, 1, "$y$j75$"},
    };

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        char hash[SECRET_HASH_MAX + 1], other[SECRET_HASH_MAX + 1];
        struct err err = {0};

        is_int(secret_make_hash(hash, rows[i].method, rows[i].cost, "grün:weiß", &err), 0,
               "%s hash: %s", secret_method_name(rows[i].method), err.msg);
        ok(strncmp(hash, rows[i].begin, strlen(rows[i].begin)) == 0, "begins with %s: %s",
           rows[i].begin, hash);
        is_int(secret_check_hash(hash, &err), 0, "can be checked: %s", err.msg);
        ok(secret_matches(hash, "grün:weiß"), "the secret is right");
        ok(!secret_matches(hash, "grün:weis"), "another is wrong");
        (void)secret_make_hash(other, rows[i].method, rows[i].cost, "grün:weiß", &err);
        ok(strcmp(hash, other) != 0, "made again it has another salt");
    }
}

static void test_not_made(void)
{
    char hash[SECRET_HASH_MAX + 1] = "untouched";
    char secret[SECRET_HASHED_MAX + 2];
    struct err err = {0};

    memset(secret, 'x', sizeof(secret));
    secret[SECRET_HASHED_MAX + 1] = '\0';
    is_int(secret_make_hash(hash, SECRET_SHA512, 1000, secret, &err), -1, "long: %s", err.msg);
    secret[73] = '\0';
    is_int(secret_make_hash(hash, SECRET_BCRYPT, 4, secret, &err), -1, "73 bytes: %s", err.msg);
    secret[72] = '\0';
    is_int(secret_make_hash(hash, SECRET_BCRYPT, 3, secret, &err), -1, "cost 3: %s", err.msg);
    is_int(secret_make_hash(hash, SECRET_BCRYPT, 19, secret, &err), -1, "cost 19: %s", err.msg);
    is_int(secret_make_hash(hash, SECRET_SHA512, 999, secret, &err), -1, "999: %s", err.msg);
    is_int(secret_make_hash(hash, SECRET_YESCRYPT, 12, secret, &err), -1, "12: %s", err.msg);
    is_int(err.code, ERR_INVALID, "with its code");
    is_str(hash, "untouched", "nothing is written");
    is_int(secret_make_hash(hash, SECRET_BCRYPT, 4, secret, &err), 0, "72 bytes are taken");
}

static void test_plain(void)
{
    static const char *const bad[] = {"", "a\nb", "a\x7f", "\x01", "a\xff"};
    static const char *const good[] = {"a", " ", "a b", "grün", "a:b:c", "pä\xf0\x9f\x94\x91"};
    struct err err = {0};

    for (size_t i = 0; i < ARRAY_LEN(bad); i++)
        is_int(secret_check(bad[i], &err), -1, "bad secret %zu: %s", i, err.msg);
    for (size_t i = 0; i < ARRAY_LEN(good); i++)
        is_int(secret_check(good[i], &err), 0, "good secret '%s'", good[i]);
}

int main(void)
{
    plan_lazy();
    test_known();
    test_refused();
    test_making();
    test_not_made();
    test_plain();
    done_testing();
}
