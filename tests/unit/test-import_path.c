/* SPDX-License-Identifier: MIT */
#include "registry/import_path.h"

#include <stddef.h>
#include <string.h>

#include "lib/util/digest.h"
#include "lib/util/util.h"
#include "tests/tap/tap.h"

#define HEX64 "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"

static void test_join(void)
{
    static const struct {
        const char *from;
        const char *path;
        const char *want; /* NULL: refused */
    } rows[] = {
        {"", "a", "a"},
        {"", "./a", "a"},
        {"", "a/b/c", "a/b/c"},
        {"", "a//b/./c/", "a/b/c"},
        {"", "a/../b", "b"},
        {"", "./", NULL},
        {"", "", NULL},
        {"", ".", NULL},
        {"", "..", NULL},
        {"", "../a", NULL},
        {"", "a/../../b", NULL},
        {"", "/etc/passwd", NULL},
        {"x/layer.tar", "../y/layer.tar", "y/layer.tar"},
        {"x/layer.tar", "layer2.tar", "x/layer2.tar"},
        {"x/y/l", "../../z", "z"},
        {"x/layer.tar", "../../etc/passwd", NULL},
        {"layer.tar", "..", NULL},
        {"...", "..a/.b", "..a/.b"},
    };

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        char got[IMPORT_PATH_MAX] = "untouched";
        bool good = import_path_join(got, rows[i].from, rows[i].path);

        ok(good == (rows[i].want != NULL), "'%s' seen from '%s'", rows[i].path, rows[i].from);
        is_str(got, good ? rows[i].want : "untouched", "'%s' seen from '%s': result", rows[i].path,
               rows[i].from);
    }
}

static void test_long(void)
{
    char path[2 * IMPORT_PATH_MAX];
    char got[IMPORT_PATH_MAX];

    memset(path, 'a', sizeof(path));
    path[IMPORT_PATH_MAX - 2] = '\0';
    ok(import_path_join(got, "", path), "the longest name");
    path[IMPORT_PATH_MAX - 2] = 'a';
    path[IMPORT_PATH_MAX - 1] = '\0';
    ok(!import_path_join(got, "", path), "a name that is too long");
    path[IMPORT_PATH_MAX - 1] = 'a';
    path[2 * IMPORT_PATH_MAX - 1] = '\0';
    ok(!import_path_join(got, path, "b"), "a folder that is too long");
}

static void test_digest(void)
{
    struct digest d = {.text = "untouched"};

    is_int(import_path_digest(&d, "blobs/sha256/" HEX64), IMPORT_PATH_BLOB, "a blob");
    is_str(d.text, "sha256:" HEX64, "its digest");
    is_int(import_path_digest(&d, "index.json"), IMPORT_PATH_OTHER, "another file");
    is_int(import_path_digest(&d, "blobs"), IMPORT_PATH_OTHER, "a file called blobs");
    is_int(import_path_digest(&d, "blobs/x"), IMPORT_PATH_STRAY, "no digest");
    is_int(import_path_digest(&d, "blobs/sha256/short"), IMPORT_PATH_STRAY, "a short digest");
    is_int(import_path_digest(&d, "blobs/sha384/" HEX64), IMPORT_PATH_STRAY, "another algorithm");
    is_int(import_path_digest(&d, "blobs/sha256/" HEX64 HEX64 HEX64), IMPORT_PATH_STRAY,
           "a long digest");
    is_str(d.text, "sha256:" HEX64, "only a blob writes its digest");
}

int main(void)
{
    plan_lazy();
    test_join();
    test_long();
    test_digest();
    done_testing();
}
