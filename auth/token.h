/* SPDX-License-Identifier: MIT */
/*
 * The token service: GET /token, OAuth 2 POST /token, /token/jwks.json and
 * /.well-known/openid-configuration (distribution, spec/auth/{token,oauth,jwt}.md).
 *
 * One of the three headers of auth/ that registry/ may include. Loop thread only.
 */
#ifndef AUTH_TOKEN_H
#define AUTH_TOKEN_H

#include <stdbool.h>

#include "auth/identity.h"
#include "auth/scope.h"

struct auth;
struct http_exchange;

enum { TOKEN_REASON_MAX = 199 };

/* What the token service found out about one request, for the log and the journal. */
struct token_report {
    struct identity identity;          /* owned; whoever asked, also with wrong credentials */
    char reason[TOKEN_REASON_MAX + 1]; /* why it was refused; "" when it was not */
    struct scope_set asked;            /* owned */
    struct scope_set granted;          /* owned */
};

/* A request to the token service under way. */
struct token_request;
typedef void (*token_replied_fn)(void *arg, const struct token_report *report);
/*
 * Answers x, a GET or a POST. replied(arg, report) is called once, when the reply is complete and
 * just before it is sent (report is borrowed, headers may be added), unless token_cancel() came
 * first; it may be called before this returns, then *ret is NULL.
 */
void token_handle(struct auth *auth, struct http_exchange *x, token_replied_fn replied, void *arg,
                  struct token_request **ret);
void token_cancel(struct token_request *r); /* NULL-safe */

/* Says whether a grant of that repository is kept back from the account ("" for nobody). */
typedef bool (*token_withheld_fn)(void *arg, const char *account, const char *repo);
/* Asked for each repository in a grant; arg is borrowed. NULL: nothing is kept back. */
void token_set_withheld(struct auth *auth, token_withheld_fn withheld, void *arg);

/* These begin the reply to x, and leave sending it to the caller. False: memory is short. */

/* The public keys. */
bool token_reply_jwks(struct auth *auth, struct http_exchange *x);
/* Where they are (OpenID Connect Discovery 1.0, section 3). */
bool token_reply_configuration(struct auth *auth, struct http_exchange *x);

#endif
