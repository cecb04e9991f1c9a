/* SPDX-License-Identifier: MIT */
/*
 * The control API of `ocimock serve`: its endpoints, where it listens, and who may use it.
 */
#ifndef CLI_SERVE_CONTROL_H
#define CLI_SERVE_CONTROL_H

struct control;
struct err;
struct loop;
struct serve_settings;
struct world;

/*
 * Makes the control API and listens. *ret_url is borrowed from it. Both are NULL when it is
 * switched off. The world is borrowed and must outlive it.
 */
int serve_control_new(struct control **ret, const char **ret_url, struct loop *loop,
                      struct world *world, const struct serve_settings *s, struct err *err);

#endif
