/* SPDX-License-Identifier: MIT */
/*
 * The registry's own endpoints of the control API: images and their states, retag, switches, clock.
 */
#ifndef REGISTRY_CONTROL_API_H
#define REGISTRY_CONTROL_API_H

struct control;
struct err;

/* Worlds that the control API hands to the endpoints are struct world. */
int control_api_register(struct control *c, struct err *err);

#endif
