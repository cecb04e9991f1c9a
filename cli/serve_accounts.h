/* SPDX-License-Identifier: MIT */
/*
 * Accounts, policy and tokens of a world over the control API: /accounts, /policy, /tokens.
 *
 * Lives here because registry/ does not know what struct auth can do.
 */
#ifndef CLI_SERVE_ACCOUNTS_H
#define CLI_SERVE_ACCOUNTS_H

struct control;
struct err;

/* Worlds that the control API hands to the endpoints are struct world. */
int serve_accounts_register(struct control *c, struct err *err);

#endif
