/* SPDX-License-Identifier: MIT */
#include "registry/import_name.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/util/err.h"
#include "lib/util/util.h"
#include "tests/tap/tap.h"

#define HEX64 "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"

static void test_parse(void)
{
    static const struct {
        const char *text;
        const char *repo;
        const char *tag;
    } rows[] = {
        {"docker.io/library/app:v1", "library/app", "v1"},
        {"localhost:5000/team/app:v1", "team/app", "v1"},
        {"localhost/app:v1", "app", "v1"},
        {"registry:5000/app", "app", "latest"},
        {"[::1]:5000/app:v1", "app", "v1"},
        {"127.0.0.1/app:v1", "app", "v1"},
        {"a-b/app:v1", "a-b/app", "v1"},
        {"Registry/app:v1", "app", "v1"},
        {"app:v1", "app", "v1"},
        {"app", "app", "latest"},
        {"team/app", "team/app", "latest"},
        {"team/sub/app:1.2-x_Y", "team/sub/app", "1.2-x_Y"},
        {"app@sha256:" HEX64, "app", ""},
        {"quay.io/team/app:v2@sha256:" HEX64, "team/app", "v2"},
    };

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct import_name name;

        is_int(import_name_parse(&name, rows[i].text, NULL), 0, "%s", rows[i].text);
        is_str(name.repo, rows[i].repo, "%s: repository", rows[i].text);
        is_str(name.tag, rows[i].tag, "%s: tag", rows[i].text);
    }
}

static void test_refused(void)
{
    static const char *const rows[] = {
        "",       ":v1",        "app:",    "App:v1",    "app:v 1",  "a//b",      "docker.io/",
        "/app",   "app/",       "-app:v1", "app:v1:v2", "../x:v1",  "app:../v1", "docker.io/:v1",
        "app:@x", "localhost/", "x:/app",  "[::1/app",  "-a.b/app",
    };
    char long_name[600];

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct import_name name = {.repo = "untouched"};
        struct err err = {.code = ERR_NONE};

        is_int(import_name_parse(&name, rows[i], &err), -1, "'%s' is refused", rows[i]);
        is_int(err.code, ERR_INVALID, "'%s': error", rows[i]);
        is_str(name.repo, "untouched", "'%s': nothing is written", rows[i]);
    }
    memset(long_name, 'a', sizeof(long_name) - 1);
    for (size_t n = sizeof(long_name) - 1; n > 120; n -= 50) {
        struct import_name name;
        bool fits = n <= REFERENCE_NAME_MAX;

        long_name[n] = '\0';
        ok((import_name_parse(&name, long_name, NULL) == 0) == fits, "a name of %zu bytes", n);
    }
    memcpy(long_name, "a:", 2);
    ok(import_name_parse(&(struct import_name){.repo = ""}, long_name, NULL) != 0,
       "a tag that is too long");
}

static void test_annotation(void)
{
    struct import_name name;

    is_int(import_name_annotation(&name, "v1", "base/app", NULL), 0, "a tag");
    is_str(name.repo, "base/app", "a tag: repository");
    is_str(name.tag, "v1", "a tag: tag");
    is_int(import_name_annotation(&name, "other:v2", "base/app", NULL), 0, "a reference");
    is_str(name.repo, "other", "a reference: repository");
    is_str(name.tag, "v2", "a reference: tag");
    is_int(import_name_annotation(&name, "v1+x", "base", NULL), -1, "neither is refused");
}

static void base_is(const char *root, const char *file, const char *want)
{
    char path[512];
    char made[512];
    char got[REFERENCE_NAME_MAX + 1] = "refused";
    size_t n = strlen(file);

    if (n > 2 && strcmp(file + n - 2, "/.") == 0)
        n -= 2;
    (void)snprintf(path, sizeof(path), "%s/%s", root, file);
    (void)snprintf(made, sizeof(made), "%s/%.*s", root, (int)n, file);
    ok(mkdir(made, 0755) == 0, "'%s' is made", file);
    (void)import_name_base(got, path, NULL);
    is_str(got, want, "the repository of '%s'", file);
    (void)rmdir(made);
}

static void test_base(void)
{
    const char *tmp = getenv("TMPDIR");
    char root[300];

    (void)snprintf(root, sizeof(root), "%s/ocimock-name-XXXXXX", tmp != NULL ? tmp : "/tmp");
    ASSERT(mkdtemp(root) != NULL);
    base_is(root, "app", "app");
    base_is(root, "app/", "app");
    base_is(root, "app/.", "app");
    base_is(root, "app.tar", "app");
    base_is(root, "app-1.2.tar.gz", "app-1.2");
    base_is(root, "app.tgz", "app");
    base_is(root, "My Image (2).tar", "my-image-2");
    base_is(root, "__a..b--c__", "a.b-c");
    base_is(root, ".tar", "tar");
    base_is(root, "\xc3\xa4", "refused");
    base_is(root, "---", "refused");
    ok(rmdir(root) == 0, "the folder is removed");
    is_int(import_name_base((char[REFERENCE_NAME_MAX + 1]){""}, "/nowhere/at/all", NULL), -1,
           "a path that is not there");
    ok(import_name_is_archive("x.tar.gz") && import_name_is_archive("x.tar"), "archives");
    ok(!import_name_is_archive("x") && !import_name_is_archive("x.json") &&
           !import_name_is_archive(".tar"),
       "and what is none");
}

int main(void)
{
    plan_lazy();
    test_parse();
    test_refused();
    test_annotation();
    test_base();
    done_testing();
}
