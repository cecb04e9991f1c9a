/* SPDX-License-Identifier: MIT */
/*
 * A world back to how it was at the start, or to nothing, over the control API: /reset.
 *
 * Lives here because registry/ does not know what struct auth can do.
 */
#ifndef CLI_SERVE_RESET_H
#define CLI_SERVE_RESET_H

struct control;
struct err;
struct serve_fixtures;
struct world;

/* The world is ready: what it has now is what /reset goes back to. */
int serve_reset_remember(struct world *w, struct err *err);
/* Worlds that the control API hands to the endpoint are struct world. Images of the configuration
   that were late are made again; fixtures must outlive it. */
int serve_reset_register(struct control *c, struct serve_fixtures *fixtures, struct err *err);

#endif
