/* SPDX-License-Identifier: MIT */
#include "cli/serve_world.h"

#include <stdlib.h>
#include <string.h>

#include "cli/serve_auth.h"
#include "lib/http/loop.h"
#include "lib/http/server.h"
#include "lib/util/err.h"
#include "lib/util/util.h"

/* text NULL: none. */
static int copy(char **ret, const char *text, struct err *err)
{
    if (text == NULL)
        return 0;
    *ret = strdup(text);
    return *ret != NULL ? 0 : err_set(err, ERR_NOMEM, "world");
}

static int set_up(struct serve_world *sw, const struct serve_world_options *o, struct err *err)
{
    if (copy(&sw->account, o->account, err) != 0 || copy(&sw->secret, o->secret, err) != 0 ||
        copy(&sw->host, o->host, err) != 0 || copy(&sw->prefix, o->prefix, err) != 0 ||
        world_new(&sw->world, o->name, sw->loop, &o->registry, err) != 0 ||
        serve_auth_new(&sw->auth, sw->loop, &sw->world->clock, &o->auth, err) != 0)
        return -1;
    world_set_auth(sw->world, sw->auth);
    return 0;
}

int serve_world_new(struct serve_world **ret, struct loop *loop,
                    const struct serve_world_options *options, struct err *err)
{
    struct serve_world *sw = calloc(1, sizeof(*sw));

    if (sw == NULL)
        return err_set(err, ERR_NOMEM, "world");
    sw->loop = loop;
    if (set_up(sw, options, err) != 0) {
        serve_world_free(sw);
        return -1;
    }
    *ret = sw;
    return 0;
}

int serve_world_listen(struct serve_world *sw, struct http_server *server, const char *address,
                       struct http_tls *tls, struct err *err)
{
    struct world *w = sw->world;

    if (w->listener_count == HTTP_LISTENERS_MAX)
        return err_set(err, ERR_LIMIT, "more than %d listen addresses", HTTP_LISTENERS_MAX);
    if (http_server_listen(server, &w->listeners[w->listener_count], address, tls, w, err) != 0)
        return -1;
    w->listener_count++;
    return 0;
}

void serve_world_close(struct serve_world *sw)
{
    struct world *w = sw->world;

    world_release(w);
    world_abort(w);
    while (w->listener_count > 0)
        http_listener_close(w->listeners[--w->listener_count]);
}

static void wipe(char *secret)
{
    if (secret != NULL)
        explicit_bzero(secret, strlen(secret));
    free(secret);
}

void serve_world_free(struct serve_world *sw)
{
    if (sw == NULL)
        return;
    auth_free(sw->auth); /* uses the world's clock */
    world_free(sw->world);
    wipe(sw->secret);
    free(sw->account);
    free(sw->host);
    free(sw->prefix);
    free(sw);
}

static void free_later(void *arg)
{
    serve_world_free(arg);
}

void serve_world_retire(struct serve_world *sw)
{
    serve_world_close(sw);
    loop_after_jobs(sw->loop, free_later, sw);
}

const char *serve_world_url(const struct serve_world *sw)
{
    const struct world *w = sw->world;

    return w->listener_count > 0 ? http_listener_url(w->listeners[0]) : NULL;
}
