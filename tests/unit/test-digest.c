/* SPDX-License-Identifier: MIT */
#include "lib/util/digest.h"

#include <string.h>

#include "lib/util/err.h"
#include "lib/util/util.h"
#include "tests/tap/tap.h"

#define HEX64 "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
#define HEX128                                                                                     \
    "cf83e1357eefb8bdf1542850d66d8007d620e4050b5715dc83f4a921d36ce9ce"                             \
    "47d0d13c5d85f2b0ff8318d2877eec2f63b931bd47417a81a538327af927da3e"

static void test_grammar(void)
{
    static const char *const good[] = {
        "sha256:" HEX64, "sha512:" HEX128,          "sha256:x",    "a:b",
        "a+b:AZaz09=_-", "multihash+base58:QmRZxt", "sha256.b:0a", "a-b_c.d+e:0",
    };
    static const char *const bad[] = {
        "",      ":",          "sha256",  "sha256:", ":abc",    "SHA256:ab",
        "+a:b",  "a+:b",       "a++b:c",  "a:b:c",   "a:b c",   "a:b/c",
        "a b:c", "a:\xc3\xa4", "a:b%3Ac", "a:b\n",   "/../a:b", "a:..",
    };

    for (size_t i = 0; i < ARRAY_LEN(good); i++)
        ok(digest_is_wellformed(good[i]), "well-formed: %.40s", good[i]);
    for (size_t i = 0; i < ARRAY_LEN(bad); i++)
        ok(!digest_is_wellformed(bad[i]), "not well-formed: '%s'", bad[i]);
}

static void test_long_algorithm(void)
{
    char text[DIGEST_ALGORITHM_MAX + 8];

    memset(text, 'a', sizeof(text));
    memcpy(text + DIGEST_ALGORITHM_MAX, ":b", 3);
    ok(digest_is_wellformed(text), "the longest algorithm name");
    memset(text, 'a', sizeof(text));
    memcpy(text + DIGEST_ALGORITHM_MAX + 2, ":b", 3);
    ok(!digest_is_wellformed(text), "an algorithm name that is too long");
}

static void test_parse(void)
{
    struct digest d;
    struct err err;

    is_int(digest_parse(&d, "sha256:" HEX64, &err), 0, "sha256 is read");
    is_int(d.algorithm, DIGEST_SHA256, "sha256 is known");
    is_str(d.text, "sha256:" HEX64, "sha256 keeps its text");
    is_str(digest_encoded(&d), HEX64, "the part behind the colon");
    is_int(digest_parse(&d, "sha512:" HEX128, &err), 0, "sha512 is read");
    is_int(d.algorithm, DIGEST_SHA512, "sha512 is known");
    is_str(d.text, "sha512:" HEX128, "sha512 keeps its text");
}

static void refused(const char *text, enum err_code code, const char *name)
{
    struct digest d = {.text = "untouched"};
    struct err err = {.code = ERR_NONE};

    is_int(digest_parse(&d, text, &err), -1, "%s is refused", name);
    is_int(err.code, code, "%s: error code", name);
    is_str(d.text, "untouched", "%s: nothing is written", name);
}

static void test_refused(void)
{
    refused("sha256:baddigeststring", ERR_DIGEST, "a digest without hex digits");
    refused("sha256:" HEX64 "0", ERR_DIGEST, "a digit too many");
    refused("sha256:E3B0C44298FC1C149AFBF4C8996FB92427AE41E4649B934CA495991B7852B855", ERR_DIGEST,
            "upper-case hex");
    refused("sha512:" HEX64, ERR_DIGEST, "sha512 with the length of sha256");
    refused("sha384:" HEX64, ERR_UNSUPPORTED, "another algorithm");
    refused("latest", ERR_DIGEST, "a tag");
    refused("", ERR_DIGEST, "nothing");
}

static void test_calculate(void)
{
    struct digest whole;
    struct digest parts;
    struct hasher *h = NULL;

    is_int(digest_of(&whole, DIGEST_SHA256, "", 0, NULL), 0, "sha256 of nothing");
    is_str(whole.text, "sha256:" HEX64, "sha256 of nothing: value");
    is_int(digest_of(&whole, DIGEST_SHA512, "", 0, NULL), 0, "sha512 of nothing");
    is_str(whole.text, "sha512:" HEX128, "sha512 of nothing: value");
    is_int(digest_of(&whole, DIGEST_SHA256, "abc", 3, NULL), 0, "sha256 of abc");
    is_str(whole.text, "sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
           "sha256 of abc: value (FIPS 180-4)");
    if (!ok(hasher_new(&h, DIGEST_SHA256, NULL) == 0, "a running calculation"))
        return;
    hasher_update(h, "a", 1);
    hasher_update(h, "", 0);
    hasher_update(h, "bc", 2);
    hasher_finish(h, &parts);
    hasher_free(h);
    ok(digest_equal(&whole, &parts), "in parts as in one piece");
    is_int(digest_of(&parts, DIGEST_SHA512, "abc", 3, NULL), 0, "sha512 of abc");
    ok(!digest_equal(&whole, &parts), "another algorithm is another digest");
    hasher_free(NULL);
}

static void test_names(void)
{
    enum digest_algorithm algorithm = DIGEST_SHA256;

    ok(digest_algorithm_parse(&algorithm, "sha512") && algorithm == DIGEST_SHA512,
       "sha512 by name");
    ok(!digest_algorithm_parse(&algorithm, "md5"), "md5 is not computed");
    ok(!digest_algorithm_parse(&algorithm, ""), "no name is no algorithm");
    is_int(algorithm, DIGEST_SHA512, "an unknown name writes nothing");
    is_str(digest_algorithm_name(DIGEST_SHA256), "sha256", "name of sha256");
}

int main(void)
{
    plan_lazy();
    test_grammar();
    test_long_algorithm();
    test_parse();
    test_refused();
    test_calculate();
    test_names();
    done_testing();
}
