/* SPDX-License-Identifier: MIT */
#include "cli/worlds.h"

#include <malloc.h>
#include <stdlib.h>
#include <string.h>

#include <uthash.h>

#include "cli/serve_world.h"
#include "lib/http/loop.h"
#include "lib/util/err.h"
#include "lib/util/log.h"
#include "lib/util/text.h"
#include "lib/util/util.h"

enum { TRIM_MS = 100 };

/* One world in the tables. */
struct entry {
    struct serve_world *sw; /* owned */
    struct worlds *worlds;  /* borrowed */
    struct loop_timer *ttl; /* owned; NULL: it stays */
    uint64_t ends;          /* loop_now() */
    UT_hash_handle hh;      /* by name */
    UT_hash_handle by_host;
    UT_hash_handle by_prefix;
};

struct worlds {
    struct loop *loop;          /* borrowed */
    size_t most;                /* beside the default one */
    struct entry *names;        /* owned entries, in the order of adding */
    struct entry *hosts;        /* those of them with a host */
    struct entry *prefixes;     /* and with a prefix */
    struct entry *first;        /* the default one */
    struct loop_timer *trim;    /* owned: gives memory back when worlds went */
    struct world_router router; /* of the default world, while somebody shares its listeners */
};

/* --- Looking ------------------------------------------------------------------------------------
 */

static struct entry *find(const struct worlds *ws, const char *name)
{
    struct entry *e;

    HASH_FIND_STR(ws->names, name, e);
    return e;
}

struct serve_world *worlds_find(const struct worlds *ws, const char *name)
{
    struct entry *e = find(ws, name);

    return e != NULL ? e->sw : NULL;
}

struct serve_world *worlds_default(const struct worlds *ws)
{
    return ws->first != NULL ? ws->first->sw : NULL;
}

size_t worlds_count(const struct worlds *ws)
{
    return HASH_COUNT(ws->names);
}

uint64_t worlds_time_left(const struct worlds *ws, const char *name)
{
    const struct entry *e = find(ws, name);
    uint64_t now = loop_now(ws->loop);

    if (e == NULL || e->ttl == NULL)
        return 0;
    return e->ends > now ? e->ends - now : 1;
}

void worlds_each(const struct worlds *ws, void (*fn)(struct serve_world *sw, void *arg), void *arg)
{
    struct entry *e, *next;

    HASH_ITER(hh, ws->names, e, next) {
        fn(e->sw, arg);
    }
}

/* --- Those that share listeners -----------------------------------------------------------------
 */

static struct entry *find_prefix(const struct worlds *ws, const char *prefix, size_t n)
{
    struct entry *e;

    HASH_FIND(by_prefix, ws->prefixes, prefix, n, e);
    return e;
}

static struct entry *find_host(const struct worlds *ws, const char *host)
{
    struct entry *e;

    HASH_FIND(by_host, ws->hosts, host, strlen(host), e);
    return e;
}

static struct world *route_by_host(void *arg, const char *host)
{
    struct entry *e = find_host(arg, host);

    return e != NULL ? e->sw->world : NULL;
}

/* The longest prefix wins; it ends where a component does. */
static struct world *route_by_repository(void *arg, const char *repo)
{
    const struct worlds *ws = arg;

    if (ws->prefixes == NULL)
        return NULL;
    for (size_t n = strlen(repo); n > 0; n--) {
        struct entry *e = repo[n] == '\0' || repo[n] == '/' ? find_prefix(ws, repo, n) : NULL;

        if (e != NULL)
            return e->sw->world;
    }
    return NULL;
}

static struct world *route_by_name(void *arg, const char *name)
{
    struct entry *e = find(arg, name);

    return e != NULL && e->sw->prefix != NULL ? e->sw->world : NULL;
}

static bool wants_login(void *arg)
{
    const struct worlds *ws = arg;
    const struct entry *e;

    for (e = ws->prefixes; e != NULL; e = e->by_prefix.next) {
        if (auth_mode(e->sw->auth) != AUTH_MODE_NONE)
            return true;
    }
    return false;
}

/* Without anybody to find, requests are not looked at. */
static void set_router(struct worlds *ws)
{
    if (ws->first != NULL)
        ws->first->sw->world->router =
            ws->hosts != NULL || ws->prefixes != NULL ? &ws->router : NULL;
}

/* --- Adding and removing ------------------------------------------------------------------------
 */

static void unlink_entry(struct worlds *ws, struct entry *e)
{
    if (e->sw->host != NULL)
        HASH_DELETE(by_host, ws->hosts, e);
    if (e->sw->prefix != NULL)
        HASH_DELETE(by_prefix, ws->prefixes, e);
    HASH_DELETE(hh, ws->names, e);
    set_router(ws);
}

/*
 * The C library keeps what a world used among what others use still. Telling the system takes a few
 * milliseconds, so it is done once for worlds that go together.
 */
static void trim(void *arg)
{
    (void)arg;
    (void)malloc_trim(0);
}

/* What it held is not freed. */
static void entry_free(struct entry *e)
{
    loop_timer_free(e->ttl);
    free(e);
}

/* what may be NULL: nothing to say. */
static void tell(const char *event, const struct entry *e, const char *key, const char *what)
{
    struct log_line line;

    log_begin(&line, LOG_LEVEL_INFO, event);
    log_text(&line, "world", e->sw->world->name);
    if (what != NULL)
        log_text(&line, key, what);
    log_end(&line);
}

static void end(struct worlds *ws, struct entry *e, const char *why)
{
    tell("world removed", e, "why", why);
    unlink_entry(ws, e);
    serve_world_retire(e->sw);
    entry_free(e);
    loop_timer_start(ws->trim, TRIM_MS);
}

static void on_ttl(void *arg)
{
    struct entry *e = arg;
    uint64_t now = loop_now(e->worlds->loop);

    if (now < e->ends) /* its time is longer than a timer's */
        loop_timer_start(e->ttl,
                         e->ends - now < UINT32_MAX ? (uint32_t)(e->ends - now) : UINT32_MAX);
    else
        end(e->worlds, e, "its time is over");
}

static int start_ttl(struct entry *e, uint64_t ms, struct err *err)
{
    if (ms == 0) {
        loop_timer_free(e->ttl);
        e->ttl = NULL;
        return 0;
    }
    if (e->ttl == NULL && loop_timer_new(&e->ttl, e->worlds->loop, on_ttl, e, err) != 0)
        return -1;
    e->ends = loop_now(e->worlds->loop) + ms;
    on_ttl(e);
    return 0;
}

int worlds_set_ttl(struct worlds *ws, const char *name, uint64_t ttl_ms, struct err *err)
{
    struct entry *e = find(ws, name);

    if (e == NULL)
        return err_set(err, ERR_ABSENT, "there is no world %s", TEXT_QUOTE(name));
    if (e == ws->first)
        return err_set(err, ERR_UNSUPPORTED, "the default world lives as long as the server");
    return start_ttl(e, ttl_ms, err);
}

int worlds_check(const struct worlds *ws, const char *name, const char *host, const char *prefix,
                 struct err *err)
{
    if (find(ws, name) != NULL)
        return err_set(err, ERR_EXISTS, "there is a world %s already", TEXT_QUOTE(name));
    if (host != NULL && find_host(ws, host) != NULL)
        return err_set(err, ERR_EXISTS, "host %s is that of world '%s'", TEXT_QUOTE(host),
                       find_host(ws, host)->sw->world->name);
    if (prefix != NULL && find_prefix(ws, prefix, strlen(prefix)) != NULL)
        return err_set(err, ERR_EXISTS, "prefix %s is that of world '%s'", TEXT_QUOTE(prefix),
                       find_prefix(ws, prefix, strlen(prefix))->sw->world->name);
    if (ws->first != NULL && worlds_count(ws) > ws->most)
        return err_set(
            err, ERR_OVERLOADED,
            "there are %zu worlds beside the default one, as many as limits.worlds allows",
            ws->most);
    return 0;
}

static void link_entry(struct worlds *ws, struct entry *e)
{
    struct serve_world *sw = e->sw;

    HASH_ADD_KEYPTR(hh, ws->names, sw->world->name, strlen(sw->world->name), e);
    if (sw->host != NULL)
        HASH_ADD_KEYPTR(by_host, ws->hosts, sw->host, strlen(sw->host), e);
    if (sw->prefix != NULL)
        HASH_ADD_KEYPTR(by_prefix, ws->prefixes, sw->prefix, strlen(sw->prefix), e);
    if (strcmp(sw->world->name, WORLDS_DEFAULT) == 0)
        ws->first = e;
    set_router(ws);
}

int worlds_add(struct worlds *ws, struct serve_world *sw, uint64_t ttl_ms, struct err *err)
{
    struct entry *e = NULL;

    if (worlds_check(ws, sw->world->name, sw->host, sw->prefix, err) == 0 &&
        (e = calloc(1, sizeof(*e))) == NULL)
        (void)err_set(err, ERR_NOMEM, "world");
    if (e != NULL) {
        e->sw = sw;
        e->worlds = ws;
    }
    if (e == NULL || start_ttl(e, ttl_ms, err) != 0) {
        free(e);
        serve_world_retire(sw);
        return -1;
    }
    link_entry(ws, e);
    if (e != ws->first)
        tell("world added", e, "listener", serve_world_url(sw));
    return 0;
}

bool worlds_remove(struct worlds *ws, const char *name)
{
    struct entry *e = find(ws, name);

    if (e == NULL || e == ws->first)
        return false;
    end(ws, e, "deleted");
    return true;
}

/* --- Life ---------------------------------------------------------------------------------------
 */

int worlds_new(struct worlds **ret, struct loop *loop, size_t most, struct err *err)
{
    struct worlds *ws = calloc(1, sizeof(*ws));

    if (ws == NULL)
        return err_set(err, ERR_NOMEM, "worlds");
    ws->loop = loop;
    ws->most = most;
    if (loop_timer_new(&ws->trim, loop, trim, ws, err) != 0) {
        free(ws);
        return -1;
    }
    ws->router = (struct world_router){.by_host = route_by_host,
                                       .by_repository = route_by_repository,
                                       .by_name = route_by_name,
                                       .wants_login = wants_login,
                                       .arg = ws};
    *ret = ws;
    return 0;
}

void worlds_free(struct worlds *ws)
{
    struct entry *e, *next;

    if (ws == NULL)
        return;
    ws->first = NULL;
    HASH_ITER(hh, ws->names, e, next) {
        unlink_entry(ws, e);
        serve_world_free(e->sw);
        entry_free(e);
    }
    loop_timer_free(ws->trim);
    free(ws);
}
