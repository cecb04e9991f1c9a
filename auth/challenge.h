/* SPDX-License-Identifier: MIT */
/*
 * The WWW-Authenticate header: Bearer (distribution token specification) and Basic (RFC 7617).
 *
 * One of the three headers of auth/ that registry/ may include.
 */
#ifndef AUTH_CHALLENGE_H
#define AUTH_CHALLENGE_H

#include <stdbool.h>
#include <stddef.h>

struct auth;
struct http_exchange;
struct scope_set;

enum challenge_error { CHALLENGE_PLAIN, CHALLENGE_INVALID_TOKEN, CHALLENGE_INSUFFICIENT_SCOPE };

/* What becomes of a challenge on purpose. */
enum challenge_flaw {
    CHALLENGE_FLAW_NONE,
    CHALLENGE_FLAW_MISSING,     /* no header at all */
    CHALLENGE_FLAW_MALFORMED,   /* the quote behind the realm is missing */
    CHALLENGE_FLAW_BASIC,       /* Basic, whatever the mode */
    CHALLENGE_FLAW_OTHER_SCOPE, /* Bearer: for another repository than was asked for */
};

/* Zeroed: a challenge as usual. Texts are borrowed for the call. */
struct challenge_twist {
    enum challenge_flaw flaw;
    /* Instead of what there would be; NULL: as usual, "": left out (but for the realm). The last
       three are of Bearer only. */
    const char *realm, *service, *scope, *error;
    const char *below; /* with which the path of our own token service goes on; NULL: nothing */
};

/*
 * Adds the challenge of the auth mode to the reply under construction. The realm is absolute, on
 * the scheme and host that the client used (auth.external_url, trusted X-Forwarded-*, Host). An
 * empty scope is left out: some clients refuse empty parameters. With mode none it is a Bearer
 * challenge to our own token service (image states need one). twist: what is wrong with it on
 * purpose; NULL: nothing.
 */
void challenge_reply(struct auth *auth, struct http_exchange *x, const struct scope_set *scope,
                     enum challenge_error error, const struct challenge_twist *twist);
/* Basic, whatever the mode: for the token service itself. */
void challenge_reply_basic(struct auth *auth, struct http_exchange *x,
                           const struct challenge_twist *twist);
/* True when a ping that is answered with 200 carries the challenge, too (auth.ping). */
bool challenge_on_open_ping(const struct auth *auth);
/* "https://registry:5000", as the client of x reaches us; into text of size bytes. Without auth
   (NULL) only Host and the listener count. */
void challenge_base_url(struct auth *auth, struct http_exchange *x, char *text, unsigned size);

#endif
