/* SPDX-License-Identifier: MIT */
/*
 * Authentication of `ocimock serve`, out of its settings.
 */
#ifndef CLI_SERVE_AUTH_H
#define CLI_SERVE_AUTH_H

#include "auth/auth.h"

struct clock;
struct err;
struct loop;
struct serve_settings;

/* Borrows from s. */
struct auth_settings serve_auth_settings(const struct serve_settings *s);
/* Makes the files that the settings want made. */
int serve_auth_provision(const struct serve_settings *s, struct err *err);
/* What is wrong with a setting is ERR_CONFIG; else it has failed. */
int serve_auth_new(struct auth **ret, struct loop *loop, const struct clock *clock,
                   const struct auth_settings *settings, struct err *err);
/* Checks all that would be done with s, with files, but makes nothing. */
int serve_auth_check(const struct serve_settings *s, struct err *err);
/* Logs who can log in, and what is allowed but probably not meant. */
void serve_auth_tell(const struct auth *auth);

#endif
