/* SPDX-License-Identifier: MIT */
#include "registry/import_plan.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/util/err.h"
#include "lib/util/util.h"
#include "registry/import.h"
#include "registry/registry.h"
#include "registry/store/blob_store.h"
#include "registry/store/meta_store.h"
#include "tests/tap/tap.h"
#include "tests/unit/failing_malloc.h"
#include "tests/unit/store_help.h"

struct fixture {
    struct loop *loop;        /* owned */
    struct world *world;      /* owned */
    struct import_plan *plan; /* owned */
    struct blob *layer;       /* owned reference */
    struct manifest *first;   /* owned reference */
    struct manifest *second;  /* owned reference */
};

static struct blob *blob(const struct fixture *f, const char *text)
{
    struct digest d = help_digest(DIGEST_SHA256, text, strlen(text));
    struct blob *b = NULL;

    ASSERT(blob_store_put(f->world->blobs, &d, text, strlen(text), &b, NULL) == 0);
    return b;
}

static struct manifest *manifest(const struct fixture *f, const char *text)
{
    struct manifest *m = manifest_new();

    ASSERT(m != NULL);
    m->blob = blob(f, text);
    m->media_type = strdup("application/x");
    m->artifact_type = strdup("");
    return m;
}

static void setup(struct fixture *f)
{
    f->loop = help_loop();
    ASSERT(world_new(&f->world, "test", f->loop, &REGISTRY_SETTINGS_DEFAULT, NULL) == 0);
    ASSERT(import_plan_new(&f->plan, f->world, NULL) == 0);
    f->layer = blob(f, "layer");
    f->first = manifest(f, "{1}");
    f->second = manifest(f, "{2}");
}

static void teardown(struct fixture *f)
{
    blob_unref(f->layer);
    manifest_unref(f->first);
    manifest_unref(f->second);
    import_plan_free(f->plan);
    world_free(f->world);
    loop_free(f->loop);
}

/* -1 as soon as one step fails. */
static int plan_all(struct fixture *f)
{
    struct import_plan *p = f->plan;

    if (import_plan_blob(p, "a", f->layer, NULL) != 0 ||
        import_plan_blob(p, "b", f->layer, NULL) != 0 ||
        import_plan_blob(p, "a", f->layer, NULL) != 0 ||
        import_plan_manifest(p, "a", f->first, NULL) != 0 ||
        import_plan_manifest(p, "b", f->second, NULL) != 0 ||
        import_plan_tag(p, "a", "v1", &f->first->blob->digest, NULL) != 0 ||
        import_plan_tag(p, "b", "v1", &f->second->blob->digest, NULL) != 0)
        return -1;
    import_plan_count_image(p);
    return 0;
}

static const struct manifest *tag(const struct fixture *f, const char *repo, const char *name)
{
    struct meta_store *m = f->world->meta;

    return m->ops->tag_find(m, repo, name);
}

static bool has_layer(const struct fixture *f, const char *repo)
{
    struct meta_store *m = f->world->meta;

    return m->ops->blob_find(m, repo, &f->layer->digest) != NULL;
}

static void test_commit(void)
{
    struct fixture f;
    struct import_report report = {0};

    setup(&f);
    is_int(plan_all(&f), 0, "a plan");
    ok(!f.world->meta->ops->repository_exists(f.world->meta, "a"), "is not seen before commit");
    is_int(import_plan_commit(f.plan, &report, NULL), 0, "commit");
    ok(tag(&f, "a", "v1") == f.first && tag(&f, "b", "v1") == f.second, "tags are there");
    ok(has_layer(&f, "a") && has_layer(&f, "b"), "so is the layer");
    is_int((long long)report.images, 1, "images are counted when told");
    is_int((long long)report.blobs, 3, "content counts once");
    is_int((long long)report.bytes, 3 + 3 + 5, "so do its bytes");
    teardown(&f);
}

static void test_conflict(void)
{
    struct fixture f;
    struct err err = {.code = ERR_NONE};

    setup(&f);
    ASSERT(plan_all(&f) == 0);
    is_int(import_plan_tag(f.plan, "a", "v1", &f.first->blob->digest, &err), 0,
           "a tag twice for one manifest");
    is_int(import_plan_tag(f.plan, "a", "v1", &f.second->blob->digest, &err), -1,
           "but not for two");
    is_int(err.code, ERR_EXISTS, "its error: %s", err.msg);
    teardown(&f);
}

struct seen {
    char text[100];
    int result;
};

static int see(void *arg, const char *repo, struct err *err)
{
    struct seen *s = arg;

    (void)err;
    (void)snprintf(s->text + strlen(s->text), sizeof(s->text) - strlen(s->text), "%s", repo);
    return s->result;
}

static void test_homes(void)
{
    struct fixture f;
    struct seen s = {.text = ""};

    setup(&f);
    ASSERT(plan_all(&f) == 0);
    ASSERT(import_plan_manifest(f.plan, "c", f.first, NULL) == 0);
    is_int(import_plan_homes(f.plan, &f.first->blob->digest, see, &s, NULL), 0, "homes");
    is_str(s.text, "ac", "of a manifest, in the order of the plan");
    s = (struct seen){.text = "", .result = -1};
    is_int(import_plan_homes(f.plan, &f.first->blob->digest, see, &s, NULL), -1, "an error");
    is_str(s.text, "a", "ends the walk");
    ok(import_plan_has_manifest(f.plan, "c", &f.first->blob->digest), "a manifest is known");
    ok(!import_plan_has_manifest(f.plan, "c", &f.second->blob->digest), "or not");
    teardown(&f);
}

/* What was there before an import that fails is there after it, and nothing else. */
static bool is_untouched(const struct fixture *f)
{
    return tag(f, "a", "v1") == f->second && tag(f, "b", "v1") == NULL && !has_layer(f, "a") &&
           !has_layer(f, "b") &&
           f->world->meta->ops->manifest_find(f->world->meta, "a", &f->first->blob->digest) == NULL;
}

static void test_no_memory(void)
{
    bool failed = true;
    unsigned wrong = 0;
    unsigned n;

    for (n = 1; failed; n++) {
        struct fixture f;
        struct import_report report;
        struct meta_store *m;
        bool good;

        setup(&f);
        m = f.world->meta;
        ASSERT(m->ops->manifest_put(m, "a", f.second, NULL) == 0);
        ASSERT(m->ops->tag_set(m, "a", "v1", &f.second->blob->digest, NULL) == 0);
        failing_malloc_arm(n);
        good = plan_all(&f) == 0 && import_plan_commit(f.plan, &report, NULL) == 0;
        failed = failing_malloc_disarm();
        wrong += good == failed || (failed && !is_untouched(&f)) ||
                 (good && tag(&f, "a", "v1") != f.first);
        teardown(&f);
    }
    ok(n > 20 && wrong == 0, "each of %u allocations may fail and nothing is half done", n - 2);
}

int main(void)
{
    plan_lazy();
    test_commit();
    test_conflict();
    test_homes();
    test_no_memory();
    import_plan_free(NULL);
    done_testing();
}
