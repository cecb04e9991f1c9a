/* SPDX-License-Identifier: MIT */
/*
 * The registry's own endpoints of the control API: images and their states, retag, switches, clock.
 */
#ifndef REGISTRY_CONTROL_API_H
#define REGISTRY_CONTROL_API_H

struct control;
struct err;
struct json_t;
struct world;

/* Worlds that the control API hands to the endpoints are struct world. */
int control_api_register(struct control *c, struct err *err);
/* The switches of a world, as GET /registry shows them. Caller owns; NULL: memory is short. */
struct json_t *control_api_switches(const struct world *w);
/* Changes those that are given: all of them or none. ERR_CONFIG; of listeners as ports_set(). */
int control_api_set_switches(struct world *w, const struct json_t *switches, struct err *err);

#endif
