/* SPDX-License-Identifier: MIT */
/* The table of worlds: names, hosts, prefixes, time to live; and what one is made of. */
#include "cli/worlds.h"

#include <stdio.h>
#include <string.h>

#include "cli/serve_world.h"
#include "lib/http/loop.h"
#include "lib/http/server.h"
#include "lib/util/err.h"
#include "lib/util/log.h"
#include "lib/util/util.h"
#include "registry/store/blob_store.h"
#include "tests/tap/tap.h"

enum { MOST = 4, TURNS = 1000 };

static struct loop *loop;
static struct http_server *server;
static struct worlds *worlds;

static void stop(void *arg)
{
    loop_stop(arg);
}

static void turn(void)
{
    struct loop_timer *t;

    ASSERT(loop_timer_new(&t, loop, stop, loop, NULL) == 0);
    loop_timer_start(t, 1);
    ASSERT(loop_run(loop, NULL) == 0);
    loop_timer_free(t);
}

static struct serve_world *make(const char *name, const char *host, const char *prefix)
{
    struct serve_world_options options = {
        .name = name, .registry = REGISTRY_SETTINGS_DEFAULT, .host = host, .prefix = prefix};
    struct serve_world *sw = NULL;
    struct err err = {0};

    options.registry.storage_max = 1 << 20;
    if (serve_world_new(&sw, loop, &options, &err) != 0)
        diag("%s", err.msg);
    ASSERT(sw != NULL);
    return sw;
}

static bool add(const char *name, const char *host, const char *prefix, uint64_t ttl)
{
    struct err err;

    return worlds_add(worlds, make(name, host, prefix), ttl, &err) == 0;
}

static void refuse(const char *name, const char *host, const char *prefix, enum err_code code,
                   const char *says)
{
    struct err err = {0};

    ok(worlds_add(worlds, make(name, host, prefix), 0, &err) != 0, "refused: %s", says);
    is_int(err.code, code, "  with the right code");
    ok(strstr(err.msg, says) != NULL, "  and says so: %s", err.msg);
}

static const char *name_of(const struct world *w)
{
    return w != NULL ? w->name : NULL;
}

static void test_names(void)
{
    ok(worlds_default(worlds) == NULL, "no world");
    ok(add("default", NULL, NULL, 0), "the default world");
    is_str(worlds_default(worlds)->world->name, "default", "  it is known as that");
    ok(add("a", NULL, NULL, 0) && add("b", NULL, NULL, 0), "two more");
    is_int((long long)worlds_count(worlds), 3, "  are three");
    is_str(worlds_find(worlds, "b")->world->name, "b", "found by name");
    ok(worlds_find(worlds, "c") == NULL, "another is not there");
    refuse("a", NULL, NULL, ERR_EXISTS, "there is a world 'a' already");
    ok(!worlds_remove(worlds, "default"), "the default one cannot be removed");
    ok(!worlds_remove(worlds, "c"), "nor one that is not there");
    ok(worlds_remove(worlds, "a"), "another can");
    ok(worlds_find(worlds, "a") == NULL, "  and is gone at once");
    ok(worlds_remove(worlds, "b"), "the other, too");
    is_int((long long)worlds_time_left(worlds, "default"), 0, "the default one stays for ever");
}

static void test_shared(void)
{
    const struct world *first = worlds_default(worlds)->world;
    const struct world_router *r;

    ok(first->router == NULL, "nobody shares listeners");
    ok(add("h", "h.test", NULL, 0) && add("p", NULL, "team", 0) && add("q", NULL, "team/q", 0),
       "one by host, two by prefix");
    r = first->router;
    ok(r != NULL, "  they are looked for");
    is_str(name_of(r->by_host(r->arg, "h.test")), "h", "by host");
    is_str(name_of(r->by_host(r->arg, "p")), NULL, "no such host");
    is_str(name_of(r->by_repository(r->arg, "team/app")), "p", "by prefix");
    is_str(name_of(r->by_repository(r->arg, "team")), "p", "the prefix alone");
    is_str(name_of(r->by_repository(r->arg, "team/q/app")), "q", "the longest prefix");
    is_str(name_of(r->by_repository(r->arg, "team/quick")), "p", "whole components only");
    is_str(name_of(r->by_repository(r->arg, "teams/app")), NULL, "no such prefix");
    is_str(name_of(r->by_name(r->arg, "q")), "q", "by name");
    is_str(name_of(r->by_name(r->arg, "default")), NULL, "but only those with a prefix");
    refuse("x", "h.test", NULL, ERR_EXISTS, "host 'h.test' is that of world 'h'");
    refuse("x", NULL, "team/q", ERR_EXISTS, "prefix 'team/q' is that of world 'q'");
    ok(add("x", NULL, NULL, 0), "as many as may be");
    refuse("y", NULL, NULL, ERR_OVERLOADED, "limits.worlds");
    ok(worlds_remove(worlds, "q"), "one goes");
    is_str(name_of(r->by_repository(r->arg, "team/q/app")), "p", "  the next prefix takes over");
    ok(worlds_remove(worlds, "p") && worlds_remove(worlds, "h"), "the others go");
    ok(first->router == NULL, "  nobody is looked for");
    ok(worlds_remove(worlds, "x"), "  the last");
}

static void test_ttl(void)
{
    struct err err = {0};
    uint64_t left;

    ok(add("short", NULL, NULL, 30), "a world with a time to live");
    left = worlds_time_left(worlds, "short");
    ok(left > 0 && left <= 30, "  which is told");
    for (int i = 0; i < TURNS && worlds_find(worlds, "short") != NULL; i++)
        turn();
    ok(worlds_find(worlds, "short") == NULL, "  is gone when it is over");
    ok(add("long", NULL, NULL, (uint64_t)UINT32_MAX * 2), "one that outlives a timer's range");
    ok(worlds_time_left(worlds, "long") > UINT32_MAX, "  has all of its time");
    ok(worlds_remove(worlds, "long"), "  and can be removed before");
    ok(add("more", NULL, NULL, 30), "one whose time");
    is_int(worlds_set_ttl(worlds, "more", 3600000, &err), 0, "  begins anew");
    left = worlds_time_left(worlds, "more");
    ok(left > 3000000 && left <= 3600000, "  and is longer then");
    is_int(worlds_set_ttl(worlds, "more", 0, &err), 0, "  or has no end");
    is_int((long long)worlds_time_left(worlds, "more"), 0, "  any more");
    is_int(worlds_set_ttl(worlds, "more", 30, &err), 0, "  until one is set");
    for (int i = 0; i < TURNS && worlds_find(worlds, "more") != NULL; i++)
        turn();
    ok(worlds_find(worlds, "more") == NULL, "  which ends it");
    is_int(worlds_set_ttl(worlds, "more", 30, &err), -1, "who is not there");
    is_int(err.code, ERR_ABSENT, "  is told so");
    is_int(worlds_set_ttl(worlds, WORLDS_DEFAULT, 30, &err), -1, "the default world");
    is_int(err.code, ERR_UNSUPPORTED, "  stays");
}

static void count(struct serve_world *sw, void *arg)
{
    (void)sw;
    ++*(int *)arg;
}

static void test_listeners(void)
{
    struct serve_world *sw = make("l", NULL, NULL);
    struct err err;
    int n = 0;

    is_str(serve_world_url(sw), NULL, "no listener yet");
    is_int(serve_world_listen(sw, server, "127.0.0.1:0", NULL, &err), 0, "listens");
    ok(strncmp(serve_world_url(sw), "http://127.0.0.1:", 17) == 0, "  and says where");
    ok(serve_world_listen(sw, server, serve_world_url(sw) + 7, NULL, &err) != 0 &&
           err.code == ERR_BUSY,
       "an address in use is refused");
    is_int(worlds_add(worlds, sw, 0, &err), 0, "added");
    worlds_each(worlds, count, &n);
    is_int(n, 2, "each world is told of");
    ok(worlds_remove(worlds, "l"), "removed, with its listener");
    turn();
}

int main(void)
{
    struct http_server_options options = {
        .app = {.request = registry_request, .ended = registry_ended, .refuse = registry_refuse},
        .hook = registry_hook,
        .limits = HTTP_LIMITS_DEFAULT};

    plan_lazy();
    log_set_level(LOG_LEVEL_ERROR);
    ASSERT(loop_new(&loop, 1, NULL) == 0);
    options.loop = loop;
    ASSERT(http_server_new(&server, &options, NULL) == 0);
    ASSERT(worlds_new(&worlds, loop, MOST, NULL) == 0);
    test_names();
    test_shared();
    test_ttl();
    test_listeners();
    http_server_free(server);
    loop_drain(loop);
    worlds_free(worlds);
    worlds_free(NULL);
    loop_free(loop);
    done_testing();
}
