/* SPDX-License-Identifier: MIT */
#include "registry/reference.h"

#include <string.h>

#include "lib/util/util.h"
#include "tests/tap/tap.h"

static void test_names(void)
{
    static const char *const good[] = {
        "a",     "0",       "library/alpine", "a.b",           "a_b",       "a__b",         "a-b",
        "a---b", "a/b/c/d", "a.b_c__d-e/f0",  "blobs/uploads", "manifests", "v2/tags/list",
    };
    static const char *const bad[] = {
        "",      "/",   "a/",    "/a", "a//b",   "A",    "a/B",  ".a",       "a.",   "a..b",
        "a___b", "_a",  "a_",    "-a", "a-",     "a._b", "a.-b", "a_-b",     "a-_b", "a b",
        "a:b",   "a@b", "a%2fb", "..", "a/../b", "./a",  "a\n",  "\xc3\xa9",
    };

    for (size_t i = 0; i < ARRAY_LEN(good); i++)
        ok(reference_is_name(good[i]), "'%s' is a repository name", good[i]);
    for (size_t i = 0; i < ARRAY_LEN(bad); i++)
        ok(!reference_is_name(bad[i]), "bad name %zu is refused", i);
}

static void test_name_length(void)
{
    char name[REFERENCE_NAME_MAX + 2];

    memset(name, 'a', sizeof(name));
    name[REFERENCE_NAME_MAX] = '\0';
    ok(reference_is_name(name), "a name of %d bytes", REFERENCE_NAME_MAX);
    name[REFERENCE_NAME_MAX] = 'a';
    name[REFERENCE_NAME_MAX + 1] = '\0';
    ok(!reference_is_name(name), "a name of %d bytes is refused", REFERENCE_NAME_MAX + 1);
}

static void test_tags(void)
{
    static const char *const good[] = {"a",   "A",    "_",   "0",     "v1.2.3",
                                       "a-b", "a..b", "_.-", "latest"};
    static const char *const bad[] = {"",    ".a",  "-a",  "a/b", "a:b",
                                      "a b", "a\n", "a@b", "a+b", ".INVALID_MANIFEST_NAME"};
    char tag[REFERENCE_TAG_MAX + 2];

    for (size_t i = 0; i < ARRAY_LEN(good); i++)
        ok(reference_is_tag(good[i]), "'%s' is a tag", good[i]);
    for (size_t i = 0; i < ARRAY_LEN(bad); i++)
        ok(!reference_is_tag(bad[i]), "bad tag %zu is refused", i);
    memset(tag, 'a', sizeof(tag));
    tag[REFERENCE_TAG_MAX] = '\0';
    ok(reference_is_tag(tag), "a tag of %d bytes", REFERENCE_TAG_MAX);
    tag[REFERENCE_TAG_MAX] = 'a';
    tag[REFERENCE_TAG_MAX + 1] = '\0';
    ok(!reference_is_tag(tag), "a tag of %d bytes is refused", REFERENCE_TAG_MAX + 1);
}

int main(void)
{
    plan_lazy();
    test_names();
    test_name_length();
    test_tags();
    ok(reference_is_digest("sha256:x"), "a reference with a colon is a digest");
    ok(!reference_is_digest("sha256-x"), "a reference without one is not");
    done_testing();
}
