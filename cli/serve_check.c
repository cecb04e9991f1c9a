/* SPDX-License-Identifier: MIT */
#include "cli/serve_check.h"

#include <stdbool.h>
#include <stddef.h>

#include "cli/digests.h"
#include "cli/serve_auth.h"
#include "cli/serve_fixtures.h"
#include "cli/serve_rules.h"
#include "cli/serve_scenarios.h"
#include "cli/serve_settings.h"
#include "lib/http/loop.h"
#include "registry/registry.h"

static int check_content(struct world *w, struct digests *digests, const struct serve_settings *s,
                         struct err *err)
{
    const struct serve_fixtures fixtures = {
        .world = w, .digests = digests, .images = s->images, .texts = &s->image_texts};
    bool any;

    if (serve_fixtures_start(&fixtures, err) != 0 || serve_rules_load(w, s, &any, err) != 0)
        return -1;
    return serve_scenarios_start(NULL, &s->scenarios, err); /* some need a listener */
}

int serve_check(const struct serve_settings *s, struct err *err)
{
    struct digests *digests = NULL;
    struct world *w = NULL;
    struct loop *loop;
    int result = -1;

    if (serve_auth_check(s, err) != 0 || loop_new(&loop, 1, err) != 0)
        return -1;
    if (digests_new(&digests, loop, err) == 0 &&
        world_new(&w, "check", loop, &s->registry, err) == 0) {
        result = check_content(w, digests, s, err);
        world_release(w); /* images that are being made */
    }
    digests_free(digests);
    loop_drain(loop);
    world_free(w);
    loop_free(loop);
    return result;
}
