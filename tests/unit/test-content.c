/* SPDX-License-Identifier: MIT */
#include "registry/content.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/util/err.h"
#include "registry/registry.h"
#include "registry/store/blob_store.h"
#include "registry/store/meta_store.h"
#include "tests/tap/tap.h"
#include "tests/unit/store_help.h"

#define TYPE "application/vnd.oci.image.manifest.v1+json"
#define CONFIG                                                                                     \
    "{\"schemaVersion\":2,\"mediaType\":\"" TYPE                                                   \
    "\",\"config\":{\"mediaType\":\"a/b\",\"size\":1,"                                             \
    "\"digest\":\"sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855\"},"
#define TEXT CONFIG "\"layers\":[]}"

struct place {
    struct loop *loop;       /* owned */
    struct world *world;     /* owned */
    struct content *content; /* owned */
};

static void setup_with(struct place *p, uint64_t storage)
{
    struct registry_settings settings = REGISTRY_SETTINGS_DEFAULT;

    settings.storage_max = storage;
    p->loop = help_loop();
    ASSERT(world_new(&p->world, "test", p->loop, &settings, NULL) == 0);
    ASSERT(content_new(&p->content, p->world, "team/app", NULL) == 0);
}

static void teardown(struct place *p)
{
    content_free(p->content);
    world_free(p->world);
    loop_free(p->loop);
}

static long long used(const struct place *p)
{
    return (long long)p->world->blobs->ops->used(p->world->blobs);
}

static struct blob *find(const struct place *p, const struct digest *d)
{
    return p->world->meta->ops->blob_find(p->world->meta, "team/app", d);
}

static struct manifest *tag(const struct place *p, const char *name)
{
    return p->world->meta->ops->tag_find(p->world->meta, "team/app", name);
}

static int add_manifest(const struct place *p, const struct digest *d, const char *text,
                        const char *const *tags, size_t count, struct err *err)
{
    const struct content_manifest m = {.digest = d,
                                       .media_type = TYPE,
                                       .data = text,
                                       .size = strlen(text),
                                       .tags = tags,
                                       .tag_count = count};

    return content_add_manifest(p->content, &m, err);
}

static void test_seen_at_once(void)
{
    static const char *const tags[] = {"v1", "v2"};
    struct place p;
    struct digest blob = help_digest(DIGEST_SHA256, "layer", 5);
    struct digest d = help_digest(DIGEST_SHA256, TEXT, strlen(TEXT));

    setup_with(&p, 1 << 20);
    is_int(content_add_blob(p.content, &blob, "layer", 5, NULL), 0, "a blob");
    is_int(add_manifest(&p, &d, TEXT, tags, 2, NULL), 0, "a manifest");
    ok(find(&p, &blob) == NULL && tag(&p, "v1") == NULL, "nothing is seen before commit");
    is_int(content_commit(p.content, NULL), 0, "commit");
    ok(find(&p, &blob) != NULL, "the blob is there");
    ok(tag(&p, "v1") != NULL && tag(&p, "v1") == tag(&p, "v2"), "and the manifest, by its tags");
    teardown(&p);
}

static void test_forgotten(void)
{
    struct place p;
    struct digest blob = help_digest(DIGEST_SHA256, "layer", 5);
    struct digest d = help_digest(DIGEST_SHA256, TEXT, strlen(TEXT));

    setup_with(&p, 1 << 20);
    is_int(content_add_blob(p.content, &blob, "layer", 5, NULL), 0, "a blob");
    is_int(add_manifest(&p, &d, TEXT, NULL, 0, NULL), 0, "a manifest");
    content_free(p.content);
    p.content = NULL;
    is_int(used(&p), 0, "without commit nothing is kept");
    teardown(&p);
}

static void test_large(void)
{
    struct place p;
    size_t n = 3 * BLOB_INLINE_MAX;
    char *bytes = calloc(1, n);
    char *got = calloc(1, n);
    struct digest d = help_digest(DIGEST_SHA256, bytes, n);
    const struct blob *b;

    setup_with(&p, 10 * n);
    is_int(content_add_blob(p.content, &d, bytes, n, NULL), 0, "a large blob");
    is_int(content_add_blob(p.content, &d, bytes, n, NULL), 0, "and again");
    is_int(content_commit(p.content, NULL), 0, "commit");
    b = find(&p, &d);
    ok(b->data == NULL, "is in the store's file");
    is_int((long long)pread(b->fd, got, n, (off_t)b->offset), (long long)n, "with all its bytes");
    ok(memcmp(got, bytes, n) == 0, "which are the same");
    is_int(used(&p), (long long)n, "and is charged once");
    teardown(&p);
    free(bytes);
    free(got);
}

/* What a push would refuse. */
static void test_unchecked(void)
{
    static const char *const tags[] = {"v1"};
    struct place p;
    struct digest d = help_digest(DIGEST_SHA256, "something else", 14);

    setup_with(&p, 1 << 20);
    is_int(content_add_blob(p.content, &d, "layer", 5, NULL), 0, "a false digest");
    is_int(add_manifest(&p, &d, TEXT, tags, 1, NULL), 0,
           "a config that is missing, and a false digest too");
    is_int(content_commit(p.content, NULL), 0, "all is taken");
    is_int((long long)find(&p, &d)->size, 5, "and given as it is");
    teardown(&p);
}

static void test_refused(void)
{
    static const char *const tags[] = {"no tag"};
    struct place p;
    struct content *c;
    struct err err = {0};
    struct digest d = help_digest(DIGEST_SHA256, TEXT, strlen(TEXT));
    char *bytes = calloc(1, 200000);

    setup_with(&p, 100000);
    is_int(content_new(&c, p.world, "Team", &err), -1, "no name of a repository");
    is_str(err.msg, "'Team' is no name of a repository", "which is told");
    is_int(add_manifest(&p, &d, TEXT, tags, 1, &err), -1, "no tag");
    is_str(err.msg, "'no tag' is no tag", "which is told");
    is_int(add_manifest(&p, &d, "{", NULL, 0, &err), -1, "no manifest");
    is_int(err.code, ERR_SYNTAX, "which is told: %s", err.msg);
    is_int(content_add_blob(p.content, &d, bytes, 200000, &err), -1, "more than there is room for");
    is_int(err.code, ERR_STORAGE_FULL, "which is told: %s", err.msg);
    content_free(p.content);
    p.content = NULL;
    is_int(used(&p), 0, "nothing of it is kept");
    teardown(&p);
    free(bytes);
}

int main(void)
{
    plan_lazy();
    test_seen_at_once();
    test_forgotten();
    test_large();
    test_unchecked();
    test_refused();
    done_testing();
}
