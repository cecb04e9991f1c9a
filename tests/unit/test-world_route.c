/* SPDX-License-Identifier: MIT */
/* Which world a request is for, where several share listeners. */
#include "registry/world_route.h"

#include <string.h>

#include "lib/http/exchange.h"
#include "lib/util/util.h"
#include "tests/tap/tap.h"
#include "tests/unit/fixture.h"

static struct world by_host = {.name = "host"};
static struct world by_prefix = {.name = "prefix"};

static struct world *find_host(void *arg, const char *host)
{
    (void)arg;
    return strcmp(host, "t42.test") == 0 || strcmp(host, "[::1]") == 0 ? &by_host : NULL;
}

static struct world *find_repository(void *arg, const char *repo)
{
    (void)arg;
    return strncmp(repo, "t42/", 4) == 0 ? &by_prefix : NULL;
}

static struct world *find_name(void *arg, const char *name)
{
    (void)arg;
    return strcmp(name, "t42") == 0 ? &by_prefix : NULL;
}

static const struct world_router router = {
    .by_host = find_host, .by_repository = find_repository, .by_name = find_name};

static const struct {
    const char *line, *host, *want;
} rows[] = {
    {"GET /v2/t42/app/manifests/v1", "Host: a", "prefix"},
    {"HEAD /v2/t42/app/blobs/x", "Host: a", "prefix"},
    {"PATCH /v2/t42/app/blobs/uploads/x", "Host: a", "prefix"},
    {"GET /v2/t42/app/tags/list", "Host: a", "prefix"},
    {"DELETE /v2/t42/app/tags/list", "Host: a", "prefix"}, /* refused there */
    {"GET /v2/t421/app/manifests/v1", "Host: a", "test"},
    {"GET /v2/", "Host: a", "test"},
    {"GET /v2/_catalog", "Host: a", "test"},
    {"GET /", "Host: a", "test"},
    {"GET /t42/app", "Host: a", "test"},
    {"GET /v2/t42/app/manifests/v1", "Host: t42.test", "host"},
    {"GET /v2/", "Host: t42.test", "host"},
    {"GET /v2/", "Host: T42.Test:5000", "host"},
    {"GET /v2/", "Host: [::1]:5000", "host"},
    {"GET /v2/", "Host: [::1]", "host"},
    {"GET /v2/", "Host: t42.test.more", "test"},
    {"GET /v2/", "Host: ", "test"},
    {"GET /v2/", NULL, "test"},
    {"GET /token?scope=repository:t42/app:pull", "Host: a", "prefix"},
    {"GET /token?scope=repository:t42/app:pull&scope=repository:b:pull", "Host: a", "prefix"},
    {"GET /token?scope=repository:b:pull", "Host: a", "test"},
    {"GET /token?scope=registry:catalog:*", "Host: a", "test"},
    {"GET /token?scope=:::", "Host: a", "test"},
    {"GET /token", "Host: a", "test"},
    {"POST /token?world=t42", "Host: a", "prefix"},
    {"GET /token?world=t42&scope=repository:b:pull", "Host: a", "prefix"},
    {"GET /token?world=none", "Host: a", "test"},
    {"GET /token/jwks.json?world=t42", "Host: a", "prefix"},
    {"GET /v2/?world=t42", "Host: a", "test"},
};

int main(void)
{
    struct fixture f;

    plan_lazy();
    fixture_init(&f);
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct http_exchange *x =
            fake_exchange_new(f.loop, f.world, rows[i].line, rows[i].host, NULL);
        const char *host = rows[i].host != NULL ? rows[i].host : "no Host";

        f.world->router = NULL;
        is_str(world_route(f.world, http_exchange_request(x))->name, "test",
               "nobody else there: %s, %s", rows[i].line, host);
        f.world->router = &router;
        is_str(world_route(f.world, http_exchange_request(x))->name, rows[i].want, "%s, %s",
               rows[i].line, host);
        fake_exchange_free(x);
    }
    fixture_done(&f);
    done_testing();
}
