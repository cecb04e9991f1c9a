/* SPDX-License-Identifier: MIT */
/*
 * What a request asks of the token service: read from a query (distribution, spec/auth/token.md)
 * or a form (spec/auth/oauth.md), checked for form. Pure; private to auth/.
 */
#ifndef AUTH_TOKEN_ASK_H
#define AUTH_TOKEN_ASK_H

#include <stdbool.h>
#include <stddef.h>

#include "auth/scope.h"

struct err;
struct form;
struct http_request;

/* X(ENUM, status, "RFC 6749 word", "OCI code"): ways to be refused. */
#define TOKEN_ERRORS(X)                                                                            \
    X(INVALID_REQUEST, 400, "invalid_request", "REQUEST_INVALID")                                  \
    X(INVALID_SCOPE, 400, "invalid_scope", "REQUEST_INVALID")                                      \
    X(UNSUPPORTED_GRANT_TYPE, 400, "unsupported_grant_type", "UNSUPPORTED")                        \
    /* RFC 6749 would have 400: 401 is what clients show as wrong credentials */                   \
    X(INVALID_GRANT, 401, "invalid_grant", "UNAUTHORIZED")                                         \
    X(INVALID_CLIENT, 401, "invalid_client", "UNAUTHORIZED")                                       \
    X(ACCESS_DENIED, 403, "access_denied", "DENIED")                                               \
    X(ABSENT, 404, "invalid_request", "UNSUPPORTED")                                               \
    X(TOO_LARGE, 413, "invalid_request", "SIZE_INVALID")                                           \
    X(UNAVAILABLE, 503, "temporarily_unavailable", "UNAVAILABLE")

enum token_error {
#define TOKEN_ENUM(name, status, word, code) TOKEN_##name,
    TOKEN_ERRORS(TOKEN_ENUM)
#undef TOKEN_ENUM
};

enum token_grant_type {
    TOKEN_GRANT_HEADER,   /* GET: the Authorization header, or nothing */
    TOKEN_GRANT_PASSWORD, /* username and password */
    TOKEN_GRANT_REFRESH,  /* refresh_token */
};

/* Texts are borrowed from the query or form; "" when they were not sent. */
struct token_ask {
    enum token_grant_type grant;
    const char *service;
    const char *account; /* GET: who the client believes to be */
    const char *client_id;
    const char *username;
    const char *password;
    const char *refresh_token;
    bool offline;            /* a refresh token is wanted, too */
    struct scope_set scopes; /* owned */
};

/* token_ask_done() must follow, on failure too; then *ret_error says how to refuse. */
int token_ask_read_query(struct token_ask *ret, const struct http_request *req,
                         enum token_error *ret_error, struct err *err);
int token_ask_read_form(struct token_ask *ret, const struct form *form, enum token_error *ret_error,
                        struct err *err);
void token_ask_done(struct token_ask *ask);

int token_error_status(enum token_error error);
const char *token_error_word(enum token_error error); /* RFC 6749, 5.2 */
const char *token_error_code(enum token_error error); /* as in bodies of the Distribution API */

#endif
