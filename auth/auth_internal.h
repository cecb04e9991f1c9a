/* SPDX-License-Identifier: MIT */
/*
 * Steps of auth_new(); private to auth*.c.
 */
#ifndef AUTH_AUTH_INTERNAL_H
#define AUTH_AUTH_INTERNAL_H

struct auth;
struct auth_settings;
struct err;

/* Accounts of the configuration, of options and of the htpasswd file. */
int auth_load_accounts(struct auth *auth, const struct auth_settings *settings, struct err *err);
/* Chooses what a ping answers, where it follows from mode and policy. */
void auth_choose_ping(struct auth *auth);
/* The keys that are configured, or a new one; an RSA key is made in a job. */
int auth_load_keys(struct auth *auth, const struct auth_settings *settings, struct err *err);

#endif
