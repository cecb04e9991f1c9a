/* SPDX-License-Identifier: MIT */
#include "registry/magic.h"

#include <stdio.h>
#include <string.h>

#include "lib/fault/fault.h"
#include "lib/http/loop.h"
#include "lib/util/err.h"
#include "lib/util/util.h"
#include "registry/registry.h"
#include "registry/route.h"
#include "registry/words.h"
#include "tests/tap/tap.h"

static struct world *make_world(struct loop *loop)
{
    struct registry_settings settings = REGISTRY_SETTINGS_DEFAULT;
    struct world *w = NULL;
    struct err err = {0};

    settings.magic = true;
    if (world_new(&w, "test", loop, &settings, &err) != 0)
        diag("%s", err.msg);
    return w;
}

/* True when rules of the name act on one more request of that client. */
static bool acts(struct world *w, const char *name, const char *client)
{
    struct subject s = {.op = OP_MANIFEST_GET};
    struct fault_plan plan = {0};
    struct magic_meaning meaning;
    bool result;

    if (!magic_find(w->magic, name, &meaning, NULL))
        return false;
    s.values[WORD_REPO] = name;
    s.values[WORD_CLIENT] = client;
    s.values[WORD_USER_AGENT] = "test/1";
    fault_match(w->faults, &s, meaning.rules, &plan);
    result = plan.count > 0;
    fault_plan_done(w->faults, &plan);
    return result;
}

static void test_meaning(struct world *w)
{
    struct magic_meaning meaning;
    struct err err = {0};

    ok(magic_find(w->magic, "mock/status-503/team/app", &meaning, &err), "a magic name");
    is_str(meaning.repo, "team/app", "the repository that is meant");
    ok(meaning.rules != NULL && fault_extra_get(meaning.rules, "status") != NULL, "its rules");
    ok(magic_find(w->magic, "team/app", &meaning, &err) && meaning.rules == NULL, "another name");
    is_str(meaning.repo, "team/app", "means itself");
    ok(magic_find(NULL, "mock/status-503/app", &meaning, &err) && meaning.rules == NULL,
       "switched off there are none");
    ok(!magic_find(w->magic, "mock/statsu-503/app", &meaning, &err), "a word that there is not");
    is_str(err.msg, "'statsu-503' is no fault: did you mean 'status'?", "and why");
    ok(meaning.rules == NULL, "no rules then");
    is_str(meaning.repo, "mock/statsu-503/app", "and it means itself");
    ok(!magic_find(w->magic, "mock/absent", &meaning, &err), "no repository behind it");
    ok(!magic_find(w->magic, "mock/range-x/app", &meaning, &err), "a value that rules refuse");
    is_str(magic_repo(w->magic, "mock/absent/app"), "app", "the repository alone");
    is_str(magic_repo(w->magic, "mock/absent"), "mock/absent", "of what is no magic name: itself");
    is_str(magic_repo(NULL, "mock/absent/app"), "mock/absent/app", "switched off: itself");
}

/* Rules that are forgotten for lack of room go on counting when they are made anew. */
static void test_bounds(struct world *w)
{
    static const char name[] = "mock/status-503.times-2/app";

    ok(acts(w, name, "192.0.2.1:1"), "the first of two");
    for (int i = 0; i < 3 * MAGIC_KEPT_MAX; i++) {
        char other[64];

        (void)snprintf(other, sizeof(other), "mock/status-503.id-n%d/app", i);
        if (!acts(w, other, "192.0.2.1:1"))
            diag("%s does not act", other);
    }
    ok(acts(w, name, "192.0.2.1:2"), "many others later: the second");
    ok(!acts(w, name, "192.0.2.1:3"), "and no third, whatever the port");
    ok(acts(w, name, "192.0.2.2:1"), "another client counts for itself");
    ok(acts(w, "mock/status-503.times-2/other", "192.0.2.1:1"), "and so does another repository");
    w->clock.shift_ms += 9 * 60 * 1000;
    ok(!acts(w, name, "192.0.2.1:3"), "nine minutes later: none");
    w->clock.shift_ms += 10 * 60 * 1000;
    ok(acts(w, name, "192.0.2.1:3"), "ten minutes without a request: it begins anew");
}

int main(void)
{
    struct loop *loop;
    struct world *w;

    plan_lazy();
    ASSERT(loop_new(&loop, 1, NULL) == 0);
    w = make_world(loop);
    test_meaning(w);
    test_bounds(w);
    world_free(w);
    loop_free(loop);
    done_testing();
}
