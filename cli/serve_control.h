/* SPDX-License-Identifier: MIT */
/*
 * The control API of `ocimock serve`: where it listens, who may use it, and what it offers.
 */
#ifndef CLI_SERVE_CONTROL_H
#define CLI_SERVE_CONTROL_H

struct control;
struct err;
struct worlds_api;

/* *ret is NULL when it is switched off; api gets its URL, is borrowed and must outlive it. */
int serve_control_new(struct control **ret, struct worlds_api *api, struct err *err);

#endif
