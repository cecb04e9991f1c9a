/* SPDX-License-Identifier: MIT */
/* POST to the token service (distribution, spec/auth/oauth.md; RFC 6749, 4.3 and 6). */
#include "auth/token_request.h"

#include "auth/internal.h"
#include "auth/keyed_hash.h"
#include "auth/refresh.h"
#include "lib/http/exchange.h"
#include "lib/http/request.h"
#include "lib/util/err.h"
#include "lib/util/util.h"

static void grant_password(struct token_request *r)
{
    if (r->ask.password[0] != '\0') {
        token_request_login(r, r->ask.username, r->ask.password);
        return;
    }
    token_request_set_identity(r, IDENTITY_INVALID, r->ask.username, "empty password");
    token_reply_error(r, TOKEN_INVALID_GRANT, TOKEN_WRONG_PASSWORD, "empty password");
}

static void grant_refresh(struct token_request *r)
{
    struct identity *id = &r->report.identity;
    struct keyed_digest digest;
    const char *account =
        refresh_find(r->auth->refresh, r->ask.refresh_token, token_request_audience(r));

    (void)keyed_hash(r->auth->hash, &digest, "refresh", r->ask.refresh_token, "");
    keyed_digest_fingerprint(id->fingerprint, &digest);
    if (account == NULL) {
        token_request_set_identity(r, IDENTITY_INVALID, "", "unknown or revoked identity token");
        token_reply_error(r, TOKEN_INVALID_GRANT, "the identity token is not valid: log in again",
                          id->reason);
        return;
    }
    token_request_set_identity(r, IDENTITY_BEARER, account, "");
    token_request_grant(r);
}

/* --- The form -------------------------------------------------------------------------------- */

static void decide(struct token_request *r)
{
    if (!token_request_check(r))
        return;
    if (!access_is_on(r->auth)) /* any credentials will do */
        token_request_grant(r);
    else if (r->ask.grant == TOKEN_GRANT_PASSWORD)
        grant_password(r);
    else
        grant_refresh(r);
}

static void read_form(struct token_request *r)
{
    enum token_error error;
    struct err err = {0};

    if (form_parse(&r->form, buf_text(&r->body), r->body.len, &err) != 0) {
        token_reply_error(r, TOKEN_INVALID_REQUEST, err.msg, "");
        return;
    }
    if (token_ask_read_form(&r->ask, &r->form, &error, &err) != 0) {
        token_reply_error(r, error, err.msg, "");
        return;
    }
    decide(r);
}

static void on_data(void *arg, const void *p, size_t n)
{
    struct token_request *r;

    CAST_ARG(r, arg, TOKEN_REQUEST_MAGIC);
    (void)buf_append(&r->body, p, n);
}

static void on_end(void *arg)
{
    struct token_request *r;

    CAST_ARG(r, arg, TOKEN_REQUEST_MAGIC);
    token_request_enter(r);
    if (r->body.failed)
        token_reply_error(r, TOKEN_UNAVAILABLE, "out of memory", "");
    else
        read_form(r);
    token_request_leave(r);
}

/* Of a client that is gone nothing is left but to wait for the end of the exchange. */
static void on_failed(void *arg, const struct err *err)
{
    struct token_request *r;

    CAST_ARG(r, arg, TOKEN_REQUEST_MAGIC);
    token_request_enter(r);
    if (err->code == ERR_BODY_TOO_LARGE)
        token_reply_error(r, TOKEN_TOO_LARGE, "the form is too large", "");
    else if (err->code == ERR_BODY_SYNTAX)
        token_reply_error(r, TOKEN_INVALID_REQUEST, err->msg, "");
    token_request_leave(r);
}

void token_post_start(struct token_request *r)
{
    static const struct http_sink sink = {.data = on_data, .end = on_end, .failed = on_failed};
    const struct http_request *req = http_exchange_request(r->x);

    if (!form_is_type(http_request_header(req, "Content-Type"))) {
        token_reply_error(r, TOKEN_INVALID_REQUEST,
                          "the body must be application/x-www-form-urlencoded", "");
        return;
    }
    buf_init(&r->body, FORM_SIZE_MAX);
    /* In one piece, so that no copies of a password stay behind. */
    if (req->content_length > 0 && req->content_length <= FORM_SIZE_MAX)
        (void)buf_room(&r->body, (size_t)req->content_length);
    http_body_read(r->x, &sink, r, FORM_SIZE_MAX);
}
