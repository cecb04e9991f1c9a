/* SPDX-License-Identifier: MIT */
/*
 * An htpasswd file whose users are accounts: it is read again when it changed, as the usual
 * registry does. Users that are gone are removed, new secrets replace old ones at once.
 */
#ifndef AUTH_HTPASSWD_WATCH_H
#define AUTH_HTPASSWD_WATCH_H

struct accounts;
struct err;
struct htpasswd_watch;

/* Reads the file. ERR_EXISTS for a user who is an account already. accounts is borrowed. */
int htpasswd_watch_new(struct htpasswd_watch **ret, const char *path, struct accounts *accounts,
                       struct err *err);
void htpasswd_watch_free(struct htpasswd_watch *w); /* NULL-safe */

/*
 * Reads it again if it changed: before a login. What is wrong with it is logged, and the accounts
 * stay as they are. NULL-safe. (It blocks for a small local file: one stat(2) mostly.)
 */
void htpasswd_watch_look(struct htpasswd_watch *w);
/* Reads it again in any case. */
int htpasswd_watch_reload(struct htpasswd_watch *w, struct err *err);

#endif
