/* SPDX-License-Identifier: MIT */
/*
 * One request to the token service while it is worked on; private to auth/token_*.c.
 *
 *     GET:  query -> identity of the header ------------+
 *     POST: form  -> login, or refresh token -----------+-> grant -> sign (wait for a key) -> reply
 */
#ifndef AUTH_TOKEN_REQUEST_H
#define AUTH_TOKEN_REQUEST_H

#include <stdbool.h>
#include <stdint.h>

#include "auth/form.h"
#include "auth/token.h"
#include "auth/token_ask.h"
#include "lib/util/buf.h"

struct claims_settings;
struct err;
struct identity_query;
struct login;
struct loop_timer;

/* All that a client is told. */
#define TOKEN_WRONG_PASSWORD "incorrect username or password"

enum { TOKEN_REQUEST_MAGIC = 0x746f6b72 };

struct token_request {
    unsigned magic;          /* TOKEN_REQUEST_MAGIC */
    struct auth *auth;       /* borrowed */
    struct http_exchange *x; /* borrowed */
    token_replied_fn replied;
    void *arg;                    /* borrowed, for replied */
    struct token_twist twist;     /* its texts are borrowed */
    unsigned entered;             /* functions of ours that are running and still use it */
    bool over;                    /* the reply was sent or nobody waits for it any more */
    struct buf body;              /* POST: what came so far; wiped */
    struct form form;             /* POST: its fields; wiped */
    struct token_ask ask;         /* borrows from form or the query */
    struct identity_query *query; /* under way; NULL: none */
    struct login *login;          /* under way; NULL: none */
    struct loop_timer *timer;     /* owned: while there is no key to sign with */
    uint64_t deadline;            /* for that, in the loop's time */
    struct token_report report;   /* owned */
};

/* While a function may call something that calls back at once: the request lives until leave. */
void token_request_enter(struct token_request *r);
void token_request_leave(struct token_request *r);

/* token_post.c: reads the form, then goes on as below. */
void token_post_start(struct token_request *r);

/* What is asked goes into the report; the audience must be one of ours. False: refused. */
bool token_request_check(struct token_request *r);
/* The audience that is asked for, or our own. */
const char *token_request_audience(const struct token_request *r);
void token_request_set_identity(struct token_request *r, enum identity_kind kind,
                                const char *account, const char *reason);
/* Checks user and secret, then goes on as below or refuses. */
void token_request_login(struct token_request *r, const char *user, const char *secret);
/* report.identity says who asks: grants, signs, replies. */
void token_request_grant(struct token_request *r);

/*
 * token_twist.c: signs with our key, or as the flaw wants it; claims are changed for that. ERR_BUSY
 * while there is no key.
 */
int token_sign_twisted(struct auth *auth, enum token_flaw flaw, struct claims_settings *claims,
                       char **ret_token, struct err *err);

/* token_reply.c: these end the request. */

/* token is borrowed; refresh: NULL for none. */
void token_reply_good(struct token_request *r, const char *token, int64_t issued_at,
                      const char *refresh);
/* says: what the client is told. reason: what the log is told; "" for the same. */
void token_reply_error(struct token_request *r, enum token_error error, const char *says,
                       const char *reason);

#endif
