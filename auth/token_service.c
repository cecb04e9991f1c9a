/* SPDX-License-Identifier: MIT */
#include "auth/token.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "auth/account.h"
#include "auth/authorization.h"
#include "auth/claims.h"
#include "auth/internal.h"
#include "auth/login.h"
#include "auth/policy.h"
#include "auth/refresh.h"
#include "auth/token_request.h"
#include "lib/http/exchange.h"
#include "lib/http/loop.h"
#include "lib/http/request.h"
#include "lib/http/server.h"
#include "lib/util/clock.h"
#include "lib/util/err.h"
#include "lib/util/util.h"

/* How often and for how long a request looks for a key that is being generated, milliseconds. */
enum { KEY_LOOK = 20, KEY_WAIT = 20 * 1000 };

/* --- Life ------------------------------------------------------------------------------------ */

static void report_done(struct token_report *report)
{
    identity_done(&report->identity);
    scope_set_done(&report->asked);
    scope_set_done(&report->granted);
}

static void request_free(struct token_request *r)
{
    identity_cancel(r->query);
    login_cancel(r->login);
    loop_timer_free(r->timer);
    token_ask_done(&r->ask);
    form_done(&r->form);
    if (r->body.data != NULL)
        explicit_bzero(r->body.data, r->body.cap);
    buf_done(&r->body);
    report_done(&r->report);
    r->magic = 0;
    free(r);
}

void token_request_enter(struct token_request *r)
{
    r->entered++;
}

void token_request_leave(struct token_request *r)
{
    ASSERT(r->entered > 0);
    if (--r->entered == 0 && r->over)
        request_free(r);
}

void token_cancel(struct token_request *r)
{
    if (r == NULL)
        return;
    ASSERT(r->magic == TOKEN_REQUEST_MAGIC);
    token_request_enter(r);
    r->over = true;
    token_request_leave(r);
}

/* --- The service that the token is for ------------------------------------------------------- */

static bool signs_for(const struct auth *auth, const char *audience)
{
    if (strcmp(audience, auth->service) == 0)
        return true;
    for (size_t i = 0; i < auth->service_count; i++) {
        if (strcmp(auth->services[i], "*") == 0 || strcmp(auth->services[i], audience) == 0)
            return true;
    }
    return false;
}

const char *token_request_audience(const struct token_request *r)
{
    return r->ask.service[0] != '\0' ? r->ask.service : r->auth->service;
}

bool token_request_check(struct token_request *r)
{
    if (scope_set_copy(&r->report.asked, &r->ask.scopes) != 0) {
        token_reply_error(r, TOKEN_UNAVAILABLE, "out of memory", "");
        return false;
    }
    if (signs_for(r->auth, token_request_audience(r)))
        return true;
    token_reply_error(r, TOKEN_INVALID_REQUEST, "no tokens are made for this service",
                      "unknown service");
    return false;
}

/* --- Signing --------------------------------------------------------------------------------- */

/* A token to come back with, where one was asked for and there is somebody to come back. */
static const char *make_refresh(struct token_request *r, char dst[REFRESH_TOKEN_SIZE])
{
    const char *account = r->report.identity.account;

    if (!r->ask.offline || account[0] == '\0')
        return NULL;
    if (r->ask.grant == TOKEN_GRANT_REFRESH)
        return r->ask.refresh_token;
    /* Subjects of other issuers have no account and get none. */
    if (refresh_issue(r->auth->refresh, account, token_request_audience(r), dst, NULL) != 0)
        return NULL;
    return dst;
}

static int sign_token(struct token_request *r, char **ret_token, int64_t now, struct err *err)
{
    struct auth *auth = r->auth;
    char id[ACCOUNT_TOKEN_ID_SIZE];
    struct claims_settings claims = {
        .issuer = auth->issuer,
        .subject = r->report.identity.account,
        .audience = token_request_audience(r),
        .id = id,
        .issued_at = now,
        .not_before = now - CLAIMS_EARLY,
        .expires = now + auth->token_life,
        .access = &r->report.granted,
    };

    if (accounts_token_id(auth->accounts, claims.subject, id, err) != 0)
        return -1;
    return token_sign_twisted(auth, r->twist.flaw, &claims, ret_token, err);
}

static void try_sign(void *arg);

/* Keys of RSA take their time; who asks early waits for them. */
static void wait_for_key(struct token_request *r)
{
    struct loop *loop = r->auth->loop;

    if (r->timer == NULL) {
        r->deadline = loop_now(loop) + KEY_WAIT;
        if (loop_timer_new(&r->timer, loop, try_sign, r, NULL) != 0) {
            token_reply_error(r, TOKEN_UNAVAILABLE, "out of memory", "");
            return;
        }
    }
    if (loop_now(loop) >= r->deadline)
        token_reply_error(r, TOKEN_UNAVAILABLE, "there is no key to sign with yet", "");
    else
        loop_timer_start(r->timer, KEY_LOOK);
}

static void try_sign(void *arg)
{
    char refresh[REFRESH_TOKEN_SIZE];
    struct token_request *r;
    auto_free char *token = NULL;
    struct err err = {0};
    int64_t now;

    CAST_ARG(r, arg, TOKEN_REQUEST_MAGIC);
    now = clock_now(r->auth->clock);
    token_request_enter(r);
    if (sign_token(r, &token, now, &err) == 0)
        token_reply_good(r, token, now, make_refresh(r, refresh));
    else if (err.code == ERR_BUSY)
        wait_for_key(r);
    else
        token_reply_error(r, TOKEN_UNAVAILABLE, "the token could not be signed", err.msg);
    explicit_bzero(refresh, sizeof(refresh));
    token_request_leave(r);
}

/* --- Granting -------------------------------------------------------------------------------- */

/* Without authentication everybody may do everything: '*' becomes what there is. */
static int grant_all(const struct scope_set *asked, struct scope_set *ret)
{
    if (scope_set_copy(ret, asked) != 0)
        return -1;
    for (size_t i = 0; i < ret->count; i++) {
        struct scope *s = &ret->items[i];

        if (s->actions == SCOPE_ALL && strcmp(s->type, "repository") == 0)
            s->actions = SCOPE_PULL | SCOPE_PUSH | SCOPE_DELETE;
    }
    return 0;
}

void token_set_withheld(struct auth *auth, token_withheld_fn withheld, void *arg)
{
    auth->withheld = withheld;
    auth->withheld_arg = arg;
}

void token_set_meant(struct auth *auth, token_meant_fn meant, void *arg)
{
    auth->meant = meant;
    auth->meant_arg = arg;
    policy_set_meant(auth->policy, meant, arg);
}

/* Leaves out what is kept back from that account. */
static void withhold(const struct auth *auth, const char *account, struct scope_set *granted)
{
    size_t kept = 0;

    for (size_t i = 0; auth->withheld != NULL && i < granted->count; i++) {
        const struct scope *s = &granted->items[i];

        if (strcmp(s->type, "repository") == 0 &&
            auth->withheld(auth->withheld_arg, account, s->name))
            continue;
        granted->items[kept++] = *s;
    }
    if (auth->withheld != NULL)
        granted->count = kept;
}

void token_request_grant(struct token_request *r)
{
    struct token_report *report = &r->report;
    int status;

    if (access_is_on(r->auth))
        status = policy_grant(r->auth->policy, report->identity.account, &report->asked,
                              &report->granted, NULL);
    else
        status = grant_all(&report->asked, &report->granted);
    if (status != 0) {
        token_reply_error(r, TOKEN_UNAVAILABLE, "out of memory", "");
        return;
    }
    withhold(r->auth, report->identity.account, &report->granted);
    if (r->twist.flaw == TOKEN_FLAW_NO_GRANT)
        scope_set_done(&report->granted);
    try_sign(r);
}

/* --- Who asks -------------------------------------------------------------------------------- */

void token_request_set_identity(struct token_request *r, enum identity_kind kind,
                                const char *account, const char *reason)
{
    struct identity *id = &r->report.identity;

    id->kind = kind;
    (void)snprintf(id->account, sizeof(id->account), "%s", account);
    (void)snprintf(id->reason, sizeof(id->reason), "%s", reason);
}

static void on_login(void *arg, const struct login_result *result)
{
    struct token_request *r;
    struct identity *id;

    CAST_ARG(r, arg, TOKEN_REQUEST_MAGIC);
    r->login = NULL;
    id = &r->report.identity;
    token_request_enter(r);
    token_request_set_identity(r, result->good ? IDENTITY_BASIC : IDENTITY_INVALID, result->account,
                               result->reason);
    (void)snprintf(id->fingerprint, sizeof(id->fingerprint), "%s", result->fingerprint);
    if (result->good)
        token_request_grant(r);
    else
        token_reply_error(r, TOKEN_INVALID_GRANT, TOKEN_WRONG_PASSWORD, id->reason);
    token_request_leave(r);
}

void token_request_login(struct token_request *r, const char *user, const char *secret)
{
    struct login *login = NULL;

    login_start(r->auth, user, secret, on_login, r, &login);
    if (!r->over)
        r->login = login;
}

/* --- GET ------------------------------------------------------------------------------------- */

/* Who the client believes to be must be who it shows to be: 400, because asking again is no use. */
static bool check_account(struct token_request *r, const char *user)
{
    if (r->ask.account[0] == '\0' || strcmp(r->ask.account, user) == 0)
        return true;
    token_reply_error(r, TOKEN_INVALID_REQUEST,
                      "account is not the user of the Authorization header",
                      "account unlike the user");
    return false;
}

static void get_anonymous(struct token_request *r)
{
    static const char says[] = "anonymous access is not allowed: log in";

    if (!check_account(r, ""))
        return;
    switch (r->auth->anonymous) {
    case AUTH_ANONYMOUS_TOKEN:
        token_request_grant(r);
        return;
    case AUTH_ANONYMOUS_401:
        token_reply_error(r, TOKEN_INVALID_CLIENT, says, "no credentials");
        return;
    case AUTH_ANONYMOUS_403:
        token_reply_error(r, TOKEN_ACCESS_DENIED, says, "no credentials");
        return;
    }
    ASSERT(false);
}

/* No header: perhaps there is a client certificate. */
static void on_identity(void *arg, const struct identity *id)
{
    struct token_request *r;

    CAST_ARG(r, arg, TOKEN_REQUEST_MAGIC);
    r->query = NULL;
    token_request_enter(r);
    if (identity_copy(&r->report.identity, id) != 0)
        token_reply_error(r, TOKEN_UNAVAILABLE, "out of memory", "");
    else if (id->kind == IDENTITY_INVALID)
        token_reply_error(r, TOKEN_INVALID_GRANT, "the client certificate is not valid",
                          id->reason);
    else if (id->account[0] == '\0')
        get_anonymous(r);
    else if (check_account(r, id->account))
        token_request_grant(r);
    token_request_leave(r);
}

static void find_identity(struct token_request *r)
{
    struct identity_query *query = NULL;

    identity_find(r->auth, r->x, on_identity, r, &query);
    if (!r->over)
        r->query = query;
}

static void get_by_header(struct token_request *r, const struct authorization *a)
{
    switch (a->kind) {
    case AUTHORIZATION_NONE:
        find_identity(r);
        return;
    case AUTHORIZATION_BASIC:
        if (check_account(r, a->user))
            token_request_login(r, a->user, a->secret);
        return;
    case AUTHORIZATION_BEARER:
        /* Else a token with little in it would buy one with more. */
        token_request_set_identity(r, IDENTITY_INVALID, "", "a token instead of a password");
        token_reply_error(r, TOKEN_INVALID_CLIENT, "a token is no credential here",
                          r->report.identity.reason);
        return;
    case AUTHORIZATION_BAD:
        token_request_set_identity(r, IDENTITY_INVALID, a->user, a->reason);
        token_reply_error(r, TOKEN_INVALID_GRANT, TOKEN_WRONG_PASSWORD, a->reason);
        return;
    }
    ASSERT(false);
}

static void get_start(struct token_request *r)
{
    struct authorization a;
    enum token_error error;
    struct err err = {0};

    if (token_ask_read_query(&r->ask, http_exchange_request(r->x), &error, &err) != 0) {
        token_reply_error(r, error, err.msg, "");
        return;
    }
    if (!token_request_check(r))
        return;
    if (!access_is_on(r->auth)) { /* any credentials will do, or none */
        token_request_grant(r);
        return;
    }
    authorization_read(&a, http_exchange_request(r->x));
    get_by_header(r, &a);
    authorization_done(&a);
}

bool token_claimed(const struct auth *auth, const struct http_exchange *x, struct identity *ret)
{
    const struct http_request *req = http_exchange_request(x);
    struct authorization a;
    char subject[2];
    bool told;

    if (auth->mode != AUTH_MODE_BEARER || req->method != HTTP_METHOD_GET)
        return false;
    authorization_read(&a, req);
    told = a.kind == AUTHORIZATION_BASIC ||
           (a.kind == AUTHORIZATION_NONE &&
            !http_conn_client_subject(http_exchange_conn(x), subject, sizeof(subject)));
    if (told) {
        ret->kind = a.kind == AUTHORIZATION_BASIC ? IDENTITY_BASIC : IDENTITY_NONE;
        (void)snprintf(ret->account, sizeof(ret->account), "%s",
                       a.kind == AUTHORIZATION_BASIC ? a.user : "");
    }
    authorization_done(&a);
    return told;
}

/* --- Both ------------------------------------------------------------------------------------ */

static void start(struct token_request *r)
{
    if (r->auth->mode == AUTH_MODE_BASIC)
        token_reply_error(r, TOKEN_ABSENT, "there is no token service: use Basic credentials", "");
    else if (http_exchange_request(r->x)->method == HTTP_METHOD_POST)
        token_post_start(r);
    else
        get_start(r);
}

void token_handle(struct auth *auth, struct http_exchange *x, const struct token_twist *twist,
                  token_replied_fn replied, void *arg, struct token_request **ret)
{
    struct token_request *r = calloc(1, sizeof(*r));

    *ret = NULL;
    if (r == NULL) {
        const struct token_report nothing = {.reason = "out of memory"};

        http_reply_begin(x, 503);
        replied(arg, &nothing);
        http_reply_send(x);
        return;
    }
    r->magic = TOKEN_REQUEST_MAGIC;
    r->auth = auth;
    r->x = x;
    if (twist != NULL)
        r->twist = *twist;
    r->replied = replied;
    r->arg = arg;
    identity_init(&r->report.identity);
    token_request_enter(r);
    start(r);
    if (!r->over)
        *ret = r;
    token_request_leave(r);
}
