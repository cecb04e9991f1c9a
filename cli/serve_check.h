/* SPDX-License-Identifier: MIT */
/*
 * `serve --check-config`: what the settings name is read and made, and nothing of it served.
 */
#ifndef CLI_SERVE_CHECK_H
#define CLI_SERVE_CHECK_H

struct err;
struct serve_settings;

/* Accounts, keys and policy; rules and images on a world that is thrown away; scenarios. Writes no
   file. Errors are those of a start. */
int serve_check(const struct serve_settings *s, struct err *err);

#endif
