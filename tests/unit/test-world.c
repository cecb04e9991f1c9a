/* SPDX-License-Identifier: MIT */
/* A world of its own, and the sweeper of idle uploads (UP10). */
#include <stdio.h>
#include <string.h>

#include "lib/http/loop.h"
#include "lib/util/log.h"
#include "lib/util/util.h"
#include "registry/store/blob_store.h"
#include "registry/store/meta_store.h"
#include "tests/tap/tap.h"
#include "tests/unit/fixture.h"

enum { TRIES = 200, TRY_MS = 10 };

static void stop(void *arg)
{
    loop_stop(arg);
}

static void run_for(struct loop *loop, uint32_t ms)
{
    struct loop_timer *t;

    ASSERT(loop_timer_new(&t, loop, stop, loop, NULL) == 0);
    loop_timer_start(t, ms);
    ASSERT(loop_run(loop, NULL) == 0);
    loop_timer_free(t);
}

static void test_sweeper(struct loop *loop)
{
    struct registry_settings settings = REGISTRY_SETTINGS_DEFAULT;
    struct fixture f = {.loop = loop};
    struct meta_store *meta;
    struct http_exchange *x;
    int tries = 0;

    settings.upload_expiry = 80;
    is_int(world_new(&f.world, "short", loop, &settings, NULL), 0, "a world of short patience");
    meta = f.world->meta;
    x = fixture_ask(&f, "POST /v2/a/blobs/uploads/");
    is_int(fake_status(x), 202, "  an upload");
    fixture_end(x);
    is_int((long long)meta->ops->upload_count(meta), 1, "  is open");
    while (meta->ops->upload_count(meta) > 0 && tries++ < TRIES)
        run_for(loop, TRY_MS);
    is_int((long long)meta->ops->upload_count(meta), 0, "UP10   idle for too long, it is gone");
    world_free(f.world);
}

static void test_two_worlds(struct loop *loop)
{
    struct registry_settings settings = REGISTRY_SETTINGS_DEFAULT;
    struct fixture one = {.loop = loop};
    struct fixture two = {.loop = loop};
    struct http_exchange *x;

    settings.storage_max = 12345;
    is_int(world_new(&one.world, "one", loop, &settings, NULL), 0, "a world");
    settings.storage_max = 0;
    is_int(world_new(&two.world, "two", loop, &settings, NULL), 0, "another one");
    is_int((long long)one.world->blobs->ops->limit(one.world->blobs), 12345, "  its own limit");
    ok(two.world->blobs->ops->limit(two.world->blobs) > 0, "  the machine's limit");
    ok(one.world->run != two.world->run, "  request ids of its own");
    (void)fixture_blob(&one, "a", "x", 1);
    x = fixture_ask(&two, "GET /v2/a/tags/list");
    is_int(fake_status(x), 404, "  content of its own");
    fixture_end(x);
    world_free(one.world);
    world_free(two.world);
}

int main(void)
{
    struct loop *loop;

    plan_lazy();
    ASSERT(loop_new(&loop, 1, NULL) == 0);
    log_set_level(LOG_LEVEL_ERROR);
    world_free(NULL);
    test_two_worlds(loop);
    test_sweeper(loop);
    loop_free(loop);
    done_testing();
}
