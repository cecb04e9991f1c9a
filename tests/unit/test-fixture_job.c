/* SPDX-License-Identifier: MIT */
/* Fixtures on their way into a world, and what comes between. */
#include "cli/fixture_job.h"

#include <stdlib.h>
#include <string.h>

#include "cli/digests.h"
#include "fixtures/fixture.h"
#include "lib/util/err.h"
#include "registry/pending.h"
#include "registry/registry.h"
#include "registry/store/blob_store.h"
#include "registry/store/meta_store.h"
#include "tests/tap/tap.h"
#include "tests/unit/store_help.h"

struct place {
    struct loop *loop;       /* owned */
    struct world *world;     /* owned */
    struct digests *digests; /* owned */
};

/* What became of one job. */
struct outcome {
    struct loop *loop;
    unsigned calls;
    bool made;
    struct fixture_result result;
    struct err err;
};

static void setup(struct place *p, uint64_t storage)
{
    struct registry_settings settings = REGISTRY_SETTINGS_DEFAULT;

    settings.storage_max = storage;
    p->loop = help_loop();
    ASSERT(world_new(&p->world, "test", p->loop, &settings, NULL) == 0);
    ASSERT(digests_new(&p->digests, p->loop, NULL) == 0);
}

static void teardown(struct place *p)
{
    world_release(p->world);
    digests_free(p->digests);
    loop_drain(p->loop);
    world_free(p->world);
    loop_free(p->loop);
}

static void on_done(void *arg, const struct fixture_result *result, const struct err *err)
{
    struct outcome *o = arg;

    o->calls++;
    o->made = result != NULL;
    if (result != NULL)
        o->result = *result;
    else
        o->err = *err;
    loop_stop(o->loop);
}

static void start(struct place *p, struct outcome *o, const char *recipe, const char *image)
{
    struct fixture_job_options options = {
        .world = p->world, .digests = p->digests, .done = on_done, .arg = o};

    *o = (struct outcome){.loop = p->loop};
    ASSERT(fixture_open(&options.fixture, recipe, NULL) == 0);
    ASSERT(fixture_image_apply(&options.image, image, options.fixture, NULL) == 0);
    ASSERT(fixture_job_start(&options, NULL) == 0);
    is_int(o->calls, 0, "%s: nothing is told from within", recipe);
}

static const struct manifest *tag(const struct place *p, const char *repo, const char *name)
{
    return p->world->meta->ops->tag_find(p->world->meta, repo, name);
}

static void test_made(void)
{
    struct place p;
    struct outcome o;

    setup(&p, 1 << 20);
    start(&p, &o, "random", "a:v1");
    ok(tag(&p, "a", "v1") == NULL, "it is not there yet");
    ASSERT(loop_run(p.loop, NULL) == 0);
    ok(o.calls == 1 && o.made, "it is made");
    ok(tag(&p, "a", "v1") != NULL, "and there");
    is_str(tag(&p, "a", "v1")->blob->digest.text, o.result.digest.text, "as was told");
    ok(LIST_EMPTY(&p.world->pending), "nobody is sent away any more");
    teardown(&p);
}

static int take_blob(void *arg, const struct fixture_blob *blob, struct err *err)
{
    (void)arg;
    (void)blob;
    (void)err;
    return 0;
}

static int take_manifest(void *arg, const struct fixture_manifest *manifest, struct err *err)
{
    (void)arg;
    (void)manifest;
    (void)err;
    return 0;
}

/* The digest of a recipe whose layers are hashed on the spot. */
static struct digest wanted(const char *recipe)
{
    const struct fixture_sink sink = {.blob = take_blob, .manifest = take_manifest};
    struct fixture_result result;
    struct fixture *f = NULL;

    ASSERT(fixture_open(&f, recipe, NULL) == 0);
    ASSERT(fixture_build(f, &sink, &result, NULL) == 0);
    fixture_free(f);
    return result.digest;
}

/* The digests of the layers come later, and with them the right image. */
static void test_generated(void)
{
    static const char recipe[] = "huge(generated=40MiB,seed=3,layers=2)";
    struct digest want = wanted(recipe);
    struct outcome first, second;
    struct place p;

    setup(&p, 1 << 20);
    start(&p, &first, recipe, "a:v1");
    start(&p, &second, recipe, "b:v1");
    while (first.calls + second.calls < 2)
        ASSERT(loop_run(p.loop, NULL) == 0);
    ok(first.made && second.made, "two that wait for the same layers are made");
    is_str(first.result.digest.text, want.text, "the first as if all had been known");
    is_str(second.result.digest.text, want.text, "and the second");
    ok(p.world->blobs->ops->used(p.world->blobs) < 64 * 1024, "which costs next to nothing");
    start(&p, &first, recipe, "c:v1");
    ASSERT(loop_run(p.loop, NULL) == 0);
    ok(first.made, "and a third one, of layers that are known");
    teardown(&p);
}

static void test_failing(void)
{
    struct outcome o;
    struct place p;

    setup(&p, 100);
    start(&p, &o, "random", "a:v1");
    ASSERT(loop_run(p.loop, NULL) == 0);
    ok(o.calls == 1 && !o.made, "what does not fit is not made");
    is_int(o.err.code, ERR_STORAGE_FULL, "and says why");
    ok(!p.world->meta->ops->repository_exists(p.world->meta, "a"), "nothing of it is left");
    ok(LIST_EMPTY(&p.world->pending), "nobody waits for it");
    teardown(&p);
}

/* Let go while its first job is queued, and while it waits for a digest. */
static void test_cancelled(void)
{
    struct outcome building, waiting;
    struct place p;

    setup(&p, 1 << 20);
    start(&p, &waiting, "huge(generated=100GiB)", "a:v1");
    loop_job(p.loop, help_nothing, help_stop, p.loop);
    ASSERT(loop_run(p.loop, NULL) == 0);
    start(&p, &building, "random", "b:v1");
    pending_cancel_all(p.world);
    ok(waiting.calls == 1 && building.calls == 1, "both are told");
    is_int(waiting.err.code, ERR_CANCELLED, "that they were cancelled while waiting");
    is_int(building.err.code, ERR_CANCELLED, "and while being built");
    ok(LIST_EMPTY(&p.world->pending), "nobody waits for them");
    teardown(&p);
    ok(waiting.calls == 1 && building.calls == 1, "and not once more");
}

int main(void)
{
    plan_lazy();
    test_made();
    test_generated();
    test_failing();
    test_cancelled();
    done_testing();
}
