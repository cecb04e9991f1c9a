/* SPDX-License-Identifier: MIT */
/*
 * Authentication of `ocimock serve`, out of its settings.
 */
#ifndef CLI_SERVE_AUTH_H
#define CLI_SERVE_AUTH_H

struct auth;
struct clock;
struct err;
struct loop;
struct serve_settings;

int serve_auth_new(struct auth **ret, struct loop *loop, const struct clock *clock,
                   const struct serve_settings *s, struct err *err);
/* Checks all that serve_auth_new() would do, with files, but makes nothing. */
int serve_auth_check(const struct serve_settings *s, struct err *err);
/* Logs who can log in, and what is allowed but probably not meant. */
void serve_auth_tell(const struct auth *auth);

#endif
