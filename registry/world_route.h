/* SPDX-License-Identifier: MIT */
/*
 * Which world a request is for, where several share listeners: by Host header or server name (SNI),
 * or by the first components of the repository. Repositories keep their whole name. Private to
 * registry/.
 */
#ifndef REGISTRY_WORLD_ROUTE_H
#define REGISTRY_WORLD_ROUTE_H

struct http_conn;
struct http_request;
struct world;

/*
 * w is the listener's; what belongs to no other world is its own. The token service is asked for
 * the world that it names in `world` (as its challenges do), or the one of its first scope. What
 * names no repository (ping, catalog) goes by Host only.
 */
struct world *world_route(struct world *w, const struct http_request *req);
/* The same of a connection, by the server name that it asks for. */
struct world *world_route_conn(struct world *w, const struct http_conn *c);

#endif
