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
#include <stdint.h>

#include "auth/challenge.h"
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

/* What is wrong with a token on purpose; it is signed by our own key unless this says otherwise. */
enum token_flaw {
    TOKEN_FLAW_NONE,
    TOKEN_FLAW_EXPIRED,        /* its time is over */
    TOKEN_FLAW_NOT_YET,        /* its time has not begun */
    TOKEN_FLAW_WRONG_AUDIENCE, /* it is for a service that does not exist */
    TOKEN_FLAW_WRONG_ISSUER,   /* it names an issuer that does not exist */
    TOKEN_FLAW_WRONG_KEY,      /* signed (ES256) by a key that nobody was told of */
    TOKEN_FLAW_NO_GRANT,       /* it grants nothing */
    TOKEN_FLAW_GARBAGE,        /* it is no token at all */
};

/* Which of the two names of a token an answer has (spec/auth/token.md, RFC 6749). */
enum token_fields { TOKEN_FIELDS_BOTH, TOKEN_FIELDS_TOKEN, TOKEN_FIELDS_ACCESS_TOKEN };

/* What becomes of a token and of the answer with it, on purpose. Zeroed: all as usual. The answer
   may say of the token what is not true. */
struct token_twist {
    enum token_flaw flaw;
    bool has_expires_in;
    bool no_expires_in;               /* the answer has none */
    int64_t expires_in;               /* seconds, as the answer has it */
    int64_t issued_at;                /* seconds from now, as the answer has it */
    enum token_fields fields;         /* of the answer */
    struct challenge_twist challenge; /* of a 401; its texts must live as long as the request */
};

/*
 * Who a GET says to be, before anything is checked: by the user of its Authorization header, or
 * nobody. False, and ret is left alone: who asks is told elsewhere (the body of a POST, a client
 * certificate), or does not matter.
 */
bool token_claimed(const struct auth *auth, const struct http_exchange *x, struct identity *ret);

/* A request to the token service under way. */
struct token_request;
typedef void (*token_replied_fn)(void *arg, const struct token_report *report);
/*
 * Answers x, a GET or a POST. twist is copied; NULL: none. replied(arg, report) is called once,
 * when the reply is complete and just before it is sent (report is borrowed, headers may be added),
 * unless token_cancel() came first; it may be called before this returns, then *ret is NULL.
 */
void token_handle(struct auth *auth, struct http_exchange *x, const struct token_twist *twist,
                  token_replied_fn replied, void *arg, struct token_request **ret);
void token_cancel(struct token_request *r); /* NULL-safe */

/* Says whether a grant of that repository is kept back from the account ("" for nobody). */
typedef bool (*token_withheld_fn)(void *arg, const char *account, const char *repo);
/* Asked for each repository in a grant; arg is borrowed. NULL: nothing is kept back. */
void token_set_withheld(struct auth *auth, token_withheld_fn withheld, void *arg);

/* Says which repository is meant by a name that clients use: the one that the policy is asked
   about. Borrowed from the name, or as long-lived. */
typedef const char *(*token_meant_fn)(void *arg, const char *name);
/* arg is borrowed. NULL: a name means itself. */
void token_set_meant(struct auth *auth, token_meant_fn meant, void *arg);

/* These begin the reply to x, and leave sending it to the caller. False: memory is short. */

/* The public keys. */
bool token_reply_jwks(struct auth *auth, struct http_exchange *x);
/* Where they are (OpenID Connect Discovery 1.0, section 3). */
bool token_reply_configuration(struct auth *auth, struct http_exchange *x);

#endif
