/* SPDX-License-Identifier: MIT */
#include "registry/world_route.h"

#include <ctype.h>
#include <string.h>

#include "auth/identity.h"
#include "lib/http/request.h"
#include "lib/http/server.h"
#include "lib/util/util.h"
#include "registry/magic.h"
#include "registry/registry.h"
#include "registry/route.h"

enum { HOST_MAX = 256 };

/* In lower case, without the port; "" for what is no host. */
static void host_of(char dst[HOST_MAX], const char *host)
{
    const char *end = host[0] == '[' ? strchr(host, ']') : strchr(host, ':');
    size_t n = end == NULL ? strlen(host) : (size_t)(end - host) + (host[0] == '[' ? 1 : 0);

    if (n >= HOST_MAX)
        n = 0;
    for (size_t i = 0; i < n; i++)
        dst[i] = (char)tolower((unsigned char)host[i]);
    dst[n] = '\0';
}

static struct world *by_host(const struct world_router *r, const char *name)
{
    char host[HOST_MAX];

    host_of(host, name);
    return host[0] != '\0' ? r->by_host(r->arg, host) : NULL;
}

/* A magic name is below the prefix of the repository that it stands for. */
static struct world *by_repository(const struct world *w, const char *name)
{
    return w->router->by_repository(w->router->arg, magic_repo(w->magic, name));
}

/* The first repository in a list of scopes. */
static struct world *by_scope(const struct world *w, const char *text)
{
    struct scope_set set = {0};
    struct world *found = NULL;

    if (scope_set_parse(&set, text, NULL) == 0 && set.count > 0 &&
        strcmp(set.items[0].type, "repository") == 0)
        found = by_repository(w, set.items[0].name);
    scope_set_done(&set);
    return found;
}

static struct world *by_token_request(const struct world *w, const struct http_request *req)
{
    const struct world_router *r = w->router;
    const char *name = http_request_parameter(req, "world");
    const char *scope = http_request_parameter(req, "scope");
    struct world *found = name != NULL ? r->by_name(r->arg, name) : NULL;

    if (found == NULL && scope != NULL)
        found = by_scope(w, scope);
    return found;
}

static struct world *by_path(const struct world *w, const struct http_request *req)
{
    struct route route;

    (void)route_parse(&route, req);
    if (route.repo[0] != '\0')
        return by_repository(w, route.name);
    return route.op == OP_TOKEN || route.op == OP_JWKS ? by_token_request(w, req) : NULL;
}

struct world *world_route(struct world *w, const struct http_request *req)
{
    const struct world_router *r = w->router;
    const char *host = http_request_header(req, "Host");
    struct world *found = NULL;

    if (r == NULL)
        return w;
    if (host != NULL)
        found = by_host(r, host);
    if (found == NULL)
        found = by_path(w, req);
    return found != NULL ? found : w;
}

struct world *world_route_conn(struct world *w, const struct http_conn *c)
{
    struct world *found = w->router != NULL ? by_host(w->router, http_conn_sni(c)) : NULL;

    return found != NULL ? found : w;
}
