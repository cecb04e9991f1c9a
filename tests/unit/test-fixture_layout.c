/* SPDX-License-Identifier: MIT */
/* cli/fixture_layout.c and cli/layout_index.c: a layout on disk. */
#include "cli/fixture_target.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <jansson.h>

#include "lib/util/buf.h"
#include "lib/util/err.h"
#include "lib/util/file.h"
#include "lib/util/util.h"
#include "tests/tap/tap.h"
#include "tests/unit/layout_help.h"

enum { TEXT_MAX = 1 << 20 };

static int build(struct fixture_target *t, const char *recipe, const char *repo,
                 struct fixture_result *ret)
{
    struct fixture *f = NULL;
    int rc;

    ok(fixture_open(&f, recipe, NULL) == 0, "%s", recipe);
    rc = fixture_target_build(t, f, repo, ret, NULL);
    fixture_free(f);
    return rc;
}

/* Opens the layout, builds, commits. */
static struct fixture_result add(const char *path, const char *recipe, const char *repo,
                                 bool full_names)
{
    struct fixture_target *t = NULL;
    struct fixture_result r = {.blobs = 0};
    struct err err = {0};

    ok(fixture_layout_new(&t, path, &err) == 0, "a layout %s", err.msg);
    t->full_names = full_names;
    is_int(build(t, recipe, repo, &r), 0, "is added to");
    is_int(fixture_target_commit(t, &err), 0, "and kept %s", err.msg);
    fixture_target_free(t);
    return r;
}

/* "NAME DIGEST" of each entry, a line each; static. */
static const char *entries(const char *path)
{
    static char text[TEXT_MAX];
    char name[LAYOUT_PATH_MAX];
    json_t *index, *entry;
    size_t i, n = 0;

    (void)snprintf(name, sizeof(name), "%s/index.json", path);
    index = json_load_file(name, 0, NULL);
    text[0] = '\0';
    json_array_foreach(json_object_get(index, "manifests"), i, entry)
    {
        const char *ref = json_string_value(json_object_get(json_object_get(entry, "annotations"),
                                                            "org.opencontainers.image.ref.name"));

        n += (size_t)snprintf(text + n, sizeof(text) - n, "%s %s\n", ref != NULL ? ref : "-",
                              json_string_value(json_object_get(entry, "digest")));
    }
    json_decref(index);
    return text;
}

/* Is the blob there, with bytes of its digest? */
static bool has(const char *path, const struct digest *digest)
{
    auto_buf struct buf bytes = BUF_INIT(TEXT_MAX);
    char name[LAYOUT_PATH_MAX];
    struct digest got;

    (void)snprintf(name, sizeof(name), "%s/blobs/%s/%s", path,
                   digest_algorithm_name(digest->algorithm), digest_encoded(digest));
    return file_read(&bytes, name, NULL) == 0 &&
           digest_of(&got, digest->algorithm, bytes.data, bytes.len, NULL) == 0 &&
           digest_equal(&got, digest);
}

static void test_made(void)
{
    const char *path = layout_path("new");
    struct fixture_result r = add(path, "docker", "team/app", false);
    char want[300];

    (void)snprintf(want, sizeof(want), "latest %s\n", r.digest.text);
    is_str(entries(path), want, "the image is named by its tag, its children are not listed");
    ok(has(path, &r.digest), "its index is there");
    ok(access(layout_path("new/oci-layout"), F_OK) == 0, "and the layout's mark");
    ok(access(layout_path("new/index.json.new"), F_OK) != 0, "nothing else is left");
}

static void test_added(void)
{
    const char *path = layout_path("more");
    struct fixture_result first = add(path, "random(seed=1)", "a", true);
    struct fixture_result second = add(path, "random(seed=2)", "b", true);
    struct fixture_result third = add(path, "random(seed=3)", "a", true);
    struct fixture_result wide = add(path, "sha512", "c", true);
    char want[1000];

    (void)snprintf(want, sizeof(want), "b:latest %s\na:latest %s\nc:latest %s\n",
                   second.digest.text, third.digest.text, wide.digest.text);
    is_str(entries(path), want, "others stay, the same name is replaced");
    ok(has(path, &first.digest) && has(path, &wide.digest), "blobs stay, of any algorithm");
    (void)add(path, "sbom", "d", false);
    ok(strstr(entries(path), "\n- sha256:") != NULL, "what is attached is listed without a name");
}

static void test_taken_back(void)
{
    const char *path = layout_path("back");
    struct fixture_target *t = NULL;
    struct fixture_result r;
    char before[1000];

    ok(fixture_layout_new(&t, path, NULL) == 0, "a new layout");
    is_int(build(t, "hello", "a", &r), 0, "is built into");
    fixture_target_free(t);
    ok(access(path, F_OK) != 0, "without commit the folder is gone again");
    (void)add(path, "random", "a", false);
    (void)snprintf(before, sizeof(before), "%s", entries(path));
    ok(fixture_layout_new(&t, path, NULL) == 0, "one that is there");
    is_int(build(t, "hello", "b", &r), 0, "is built into");
    fixture_target_free(t);
    is_str(entries(path), before, "without commit it says what it said");
    ok(!has(path, &r.digest), "and new blobs are gone");
}

static void test_half_a_blob(void)
{
    const char *path = layout_path("half");
    struct fixture_result r = add(path, "random", "a", false);
    char name[LAYOUT_PATH_MAX];

    (void)snprintf(name, sizeof(name), "%s/blobs/sha256/%s", path, digest_encoded(&r.digest));
    is_int(truncate(name, 10), 0, "a blob that somebody left unfinished");
    (void)add(path, "random", "a", false);
    ok(has(path, &r.digest), "is written anew");
}

static void refuses(const char *name, const char *message)
{
    struct fixture_target *t = NULL;
    struct err err = {0};

    is_int(fixture_layout_new(&t, layout_path(name), &err), -1, "%s is refused", name);
    ok(strstr(err.msg, message) != NULL, "and told why: %s", err.msg);
    fixture_target_free(t);
}

static void test_refused(void)
{
    layout_put_text("file", "x");
    refuses("file", "Not a directory");
    refuses("none/below", "No such file or directory");
    layout_put_text("bad/index.json", "{}");
    refuses("bad", "is no index of an OCI image layout");
    layout_put_text("bad/index.json", "{");
    refuses("bad", "is no index of an OCI image layout");
    is_int(mkdir(layout_path("empty"), 0755), 0, "an empty folder");
    (void)add(layout_path("empty"), "random", "a", false);
}

int main(void)
{
    plan_lazy();
    layout_begin();
    test_made();
    test_added();
    test_taken_back();
    test_half_a_blob();
    test_refused();
    layout_end();
    done_testing();
}
