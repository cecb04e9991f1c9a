/* SPDX-License-Identifier: MIT */
#include "auth/key_set.h"

#include <stdlib.h>
#include <string.h>

#include "lib/util/buf.h"
#include "lib/util/err.h"
#include "tests/tap/tap.h"
#include "tests/unit/key_help.h"

#define auto_set __attribute__((cleanup(key_set_done)))

static void add(struct key_set *set, enum key_algorithm algorithm, const char *id)
{
    struct key *key = NULL;

    if (algorithm == KEY_HS256)
        (void)key_from_secret(&key, TEST_SECRET, strlen(TEST_SECRET), NULL);
    else
        (void)key_generate(&key, algorithm, NULL);
    (void)key_set_id(key, id, NULL);
    (void)key_set_add(set, key, NULL);
}

/* The ids of all candidates, joined by blanks. */
static void is_found(const struct key_set *set, const char *id, enum key_algorithm algorithm,
                     const char *want, const char *what)
{
    auto_buf struct buf b = BUF_INIT(4096);
    const struct key *key;
    size_t at = 0;

    while ((key = key_set_next(set, id, algorithm, &at)) != NULL)
        (void)buf_appendf(&b, "%s%s", b.len > 0 ? " " : "", key_id(key));
    is_str(buf_text(&b), want, "%s", what);
}

static void test_find(void)
{
    auto_set struct key_set set = {0};

    add(&set, KEY_ES256, "a");
    add(&set, KEY_HS256, "b");
    add(&set, KEY_ES256, "c");
    add(&set, KEY_HS256, "c");
    is_found(&set, "a", KEY_ES256, "a", "a key is found by its id");
    is_found(&set, key_thumbprint(set.keys[2]), KEY_ES256, "c", "or its thumbprint");
    is_found(&set, key_libtrust_id(set.keys[2]), KEY_ES256, "c", "or its libtrust id");
    is_found(&set, "a", KEY_HS256, "", "but not with another algorithm");
    is_found(&set, "b", KEY_ES256, "", "a secret is not found for ES256");
    is_found(&set, "c", KEY_HS256, "c", "the same name of another type is another key");
    is_found(&set, "x", KEY_ES256, "", "an unknown name is none");
    is_found(&set, NULL, KEY_ES256, "a c", "without a name all of the type are tried");
    is_found(&set, NULL, KEY_RS256, "", "of which there may be none");
    ok(key_set_has_id(&set, "b") && !key_set_has_id(&set, "x"), "ids are known");
    set.unnamed = true;
    is_found(&set, "x", KEY_ES256, "a c", "in a set without names any name will do");
    is_found(&set, "a", KEY_ES256, "a", "unless it is known");
}

static void test_pem(void)
{
    static const char bundle[] = DOC_PUBLIC_PEM "some text\n" DOC_PEM;
    auto_set struct key_set set = {0};
    struct err err;

    ok(key_set_parse_pem(&set, bundle, strlen(bundle), &err) == 0, "a bundle is read");
    is_int((long long)set.count, 2, "both keys of it");
    ok(!key_is_private(set.keys[1]), "of a private key the public part");
    ok(set.unnamed, "they have no names that the issuer would know");
    ok(key_set_parse_pem(&set, "nothing", 7, &err) == -1 && err.code == ERR_ABSENT,
       "a bundle without keys is refused");
}

static void test_certificate(void)
{
    auto_set struct key_set set = {0};
    auto_buf struct buf pem = BUF_INIT(KEY_FILE_MAX);
    struct key *key = NULL;

    (void)key_generate(&key, KEY_RS256, NULL);
    (void)key_certify(key, "issuer", 1700000000, NULL);
    key_print_certificates(&pem, key);
    ok(key_set_parse_pem(&set, pem.data, pem.len, NULL) == 0, "a certificate is read");
    is_str(key_id(set.keys[0]), key_id(key), "as the key that is in it");
    key_unref(key);
}

static void test_limit(void)
{
    auto_set struct key_set set = {0};
    struct err err = {0};
    int refused = 0;
    struct key *key = NULL;

    (void)key_generate(&key, KEY_ES256, NULL);
    for (int i = 0; i <= KEY_SET_MAX; i++)
        refused += key_set_add(&set, key_ref(key), &err) != 0;
    is_int(refused, 1, "one key more than %d is refused", KEY_SET_MAX);
    is_int(err.code, ERR_LIMIT, "as over the limit");
    key_unref(key);
}

int main(void)
{
    plan_lazy();
    test_find();
    test_pem();
    test_certificate();
    test_limit();
    done_testing();
}
