/* SPDX-License-Identifier: MIT */
/*
 * All there is to know about a world in one JSON, for a bug report: /export of the control API.
 *
 * No secret is in it: configuration and rules are masked, accounts and journal hold none.
 */
#ifndef CLI_SERVE_EXPORT_H
#define CLI_SERVE_EXPORT_H

struct control;
struct err;
struct worlds_api;

/* Worlds that the control API hands to the endpoint are struct world. api is borrowed. */
int serve_export_register(struct control *c, const struct worlds_api *api, struct err *err);

#endif
