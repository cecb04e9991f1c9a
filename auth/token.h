/* SPDX-License-Identifier: MIT */
/*
 * The token service: GET /token, OAuth 2 POST /token, /token/jwks.json and
 * /.well-known/openid-configuration (distribution, spec/auth/{token,oauth,jwt}.md).
 *
 * One of the three headers of auth/ that registry/ may include. Loop thread only.
 */
#ifndef AUTH_TOKEN_H
#define AUTH_TOKEN_H

#include "auth/scope.h"

struct auth;
struct http_exchange;

/* What the token service found out about one request, for the log and the journal. */
struct token_report {
    char account[256];          /* "" for anonymous */
    char kind[16];              /* the word of identity_kind_name() */
    char fingerprint[17];
    char reason[128];           /* why it was refused; "" */
    struct scope_set asked;     /* owned */
    struct scope_set granted;   /* owned */
};
void token_report_done(struct token_report *r);

/* A request to the token service under way. */
struct token_request;
typedef void (*token_replied_fn)(void *arg, const struct token_report *report);
/*
 * Answers x. replied(arg, report) is called once, just before the reply is sent (report is
 * borrowed), unless token_cancel() came first; it may be called before this returns, then *ret is NULL.
 */
void token_handle(struct auth *auth, struct http_exchange *x, token_replied_fn replied, void *arg,
                  struct token_request **ret);
void token_cancel(struct token_request *r); /* NULL-safe */
/* Answers x with the public keys. */
void token_reply_jwks(struct auth *auth, struct http_exchange *x);
void token_reply_configuration(struct auth *auth, struct http_exchange *x);

#endif
