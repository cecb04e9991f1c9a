/* SPDX-License-Identifier: MIT */
/*
 * The WWW-Authenticate header: Bearer (distribution token specification) and Basic (RFC 7617).
 *
 * One of the three headers of auth/ that registry/ may include.
 */
#ifndef AUTH_CHALLENGE_H
#define AUTH_CHALLENGE_H

#include <stdbool.h>

struct auth;
struct http_exchange;
struct scope_set;

enum challenge_error { CHALLENGE_PLAIN, CHALLENGE_INVALID_TOKEN, CHALLENGE_INSUFFICIENT_SCOPE };

/*
 * Adds the challenge of the auth mode to the reply under construction. The realm is absolute, on
 * the scheme and host that the client used (auth.external_url, trusted X-Forwarded-*, Host). An
 * empty scope is left out: some clients refuse empty parameters. With mode none it is a Bearer
 * challenge to our own token service (image states need one).
 */
void challenge_reply(struct auth *auth, struct http_exchange *x, const struct scope_set *scope,
                     enum challenge_error error);
/* True when a ping that is answered with 200 carries the challenge, too (auth.ping). */
bool challenge_on_open_ping(const struct auth *auth);
/* "https://registry:5000", as the client of x reaches us; into text of size bytes. Without auth
   (NULL) only Host and the listener count. */
void challenge_base_url(struct auth *auth, struct http_exchange *x, char *text, unsigned size);

#endif
