/* SPDX-License-Identifier: MIT */
/* Worlds side by side: each with its own chance, and as many as there may be. */
#include <stdio.h>
#include <string.h>

#include <jansson.h>

#include "tests/integration/lib/bail.h"
#include "tests/integration/lib/registry.h"
#include "tests/integration/lib/steer.h"
#include "tests/tap/tap.h"

enum { MANY = 1000, DRAWS = 40 };

/* "..#..": what a rule left to chance did to the requests of a world. */
static void draw(struct script *t, const char *name, char *text)
{
    steer_world_use(t, name);
    for (int i = 0; i < DRAWS; i++)
        text[i] = script_send(t, "GET /v2/", NULL, NULL)->status == 503 ? '#' : '.';
    text[DRAWS] = '\0';
}

static void test_seed(void)
{
    static const char rules[] = ",\"rules\":[{\"id\":\"r\",\"when\":{\"op\":\"ping\"},"
                                "\"then\":{\"status\":503},\"probability\":0.5}]";
    char one[DRAWS + 1], two[DRAWS + 1], other[DRAWS + 1], more[512];
    struct script *t = script_start(NULL);

    snprintf(more, sizeof(more), ",\"seed\":7%s", rules);
    steer_world_add(t, "one", more);
    steer_world_add(t, "two", more);
    snprintf(more, sizeof(more), ",\"seed\":8%s", rules);
    steer_world_add(t, "other", more);
    draw(t, "one", one);
    draw(t, "two", two);
    draw(t, "other", other);
    is_str(two, one, "the same seed gives the same schedule");
    ok(strcmp(one, other) != 0, "another seed another one");
    script_finish(t);
}

static void name_of(char name[16], int i)
{
    snprintf(name, 16, "w%d", i);
}

/* What a test does with a world. */
static void use_once(struct script *t, const char *name)
{
    char target[64];

    steer_world_use(t, name);
    registry_image(t, "app", "v1", name);
    snprintf(target, sizeof(target), "/worlds/%s/rules", name);
    json_decref(
        steer(t, "POST", target, "{\"when\":{\"op\":\"blob.get\"},\"then\":{\"delay\":\"0s\"}}"));
    if (script_send(t, "GET /v2/app/manifests/v1", NULL, NULL)->status != 200)
        bail("no manifest in %s", name);
    snprintf(target, sizeof(target), "/worlds/%s/verify", name);
    json_decref(steer(t, "POST", target, "{\"match\":{\"op\":\"manifest.get\"},\"count\":1}"));
}

/* Kibibytes that the server has when all worlds are there. */
static long make_use_delete(struct script *t, int count)
{
    char name[16];
    long most;

    for (int i = 0; i < count; i++) {
        name_of(name, i);
        steer_world_add(t, name, "");
        use_once(t, name);
    }
    most = server_memory(script_server(t));
    for (int i = 0; i < count; i++) {
        name_of(name, i);
        steer_world_remove(t, name);
    }
    return most;
}

/* Memory is given back a moment after the last one went. */
static long settled_memory(struct script *t, long wanted)
{
    uint64_t deadline = client_now() + (server_is_sanitized() ? 0 : CLIENT_WAIT_MS);
    long now;

    do
        now = server_memory(script_server(t));
    while (now > wanted && client_now() < deadline);
    return now;
}

/* A sanitizer keeps what was freed: then only that nothing grows without bounds. */
static void test_many(void)
{
    static const char *const args[] = {"--log-level", "warn", NULL};
    int count = server_is_sanitized() ? MANY / 10 : MANY;
    struct script *t = script_start(args);
    long before, most, after, allowed;

    most = make_use_delete(t, 10); /* what is needed once */
    before = settled_memory(t, most - 1);
    most = make_use_delete(t, count);
    allowed = server_is_sanitized() ? 2 * most : before + (most - before) / 20;
    after = settled_memory(t, allowed);
    diag("%d worlds: %ld KiB before, %ld with all, %ld after", count, before, most, after);
    ok(after <= allowed, "%d worlds: memory returns to within 5 %%", count);
    script_finish(t);
}

int main(void)
{
    plan_lazy();
    test_seed();
    test_many();
    done_testing();
}
