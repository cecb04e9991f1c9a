/* SPDX-License-Identifier: MIT */
#include "auth/challenge.h"

#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "auth/base_url.h"
#include "auth/challenge_format.h"
#include "auth/internal.h"
#include "auth/scope.h"
#include "lib/http/exchange.h"
#include "lib/http/server.h"
#include "lib/util/buf.h"

#define TOKEN_PATH "/token"

/* Of CHALLENGE_FLAW_OTHER_SCOPE. */
#define OTHER_SCOPE "repository:some/other:pull"

enum {
    CHALLENGE_MAX = 40 * 1024,
    SCOPES_TEXT_MAX = 32 * 1024,
    REALM_PATH_MAX = 511,
    REALM_MAX = BASE_URL_MAX + REALM_PATH_MAX,
};

static const struct challenge_twist usual; /* nothing is wrong */

static const char *either(const char *text, const char *preset)
{
    return text != NULL ? text : preset;
}

/* The quote that closes the realm, which is the first parameter, is gone. */
static void break_realm(struct buf *text)
{
    char *p = strchr(text->data, '"');

    for (p = p != NULL ? p + 1 : NULL; p != NULL && *p != '\0' && *p != '"'; p++)
        p += *p == '\\' && p[1] != '\0';
    if (p == NULL || *p == '\0')
        return;
    memmove(p, p + 1, strlen(p));
    text->len--;
}

static void add_header(struct http_exchange *x, struct buf *text, enum challenge_flaw flaw)
{
    if (flaw == CHALLENGE_FLAW_MISSING)
        return;
    if (flaw == CHALLENGE_FLAW_MALFORMED && text->data != NULL)
        break_realm(text);
    http_reply_header(x, "WWW-Authenticate", buf_text(text));
}

void challenge_reply_basic(struct auth *auth, struct http_exchange *x,
                           const struct challenge_twist *twist)
{
    auto_buf struct buf text = BUF_INIT(CHALLENGE_MAX);

    if (twist == NULL)
        twist = &usual;
    challenge_format_basic(&text, either(twist->realm, auth->realm));
    add_header(x, &text, twist->flaw);
}

static void reply_bearer(struct auth *auth, struct http_exchange *x, const struct challenge *c,
                         const struct challenge_twist *twist)
{
    auto_buf struct buf text = BUF_INIT(CHALLENGE_MAX);
    struct challenge whole = *c;
    char base[BASE_URL_MAX + 1];
    char realm[REALM_MAX + 1];

    if (c->realm == NULL || c->realm[0] == '/') {
        challenge_base_url(auth, x, base, sizeof(base));
        if (c->realm == NULL)
            (void)snprintf(realm, sizeof(realm), "%s" TOKEN_PATH "%s%s", base,
                           twist->below != NULL ? "/" : "", either(twist->below, ""));
        else
            (void)snprintf(realm, sizeof(realm), "%s%s", base, c->realm);
        whole.realm = realm;
    }
    challenge_format_bearer(&text, &whole);
    add_header(x, &text, twist->flaw);
}

void challenge_reply(struct auth *auth, struct http_exchange *x, const struct scope_set *scope,
                     enum challenge_error error, const struct challenge_twist *twist)
{
    auto_buf struct buf scopes = BUF_INIT(SCOPES_TEXT_MAX);
    struct challenge c;

    if (twist == NULL)
        twist = &usual;
    if (auth->mode == AUTH_MODE_BASIC || twist->flaw == CHALLENGE_FLAW_BASIC) {
        challenge_reply_basic(auth, x, twist);
        return;
    }
    if (twist->flaw == CHALLENGE_FLAW_OTHER_SCOPE)
        (void)buf_append_text(&scopes, OTHER_SCOPE);
    else if (scope != NULL)
        scope_set_format(&scopes, scope);
    c = (struct challenge){.realm = either(twist->realm, auth->token_realm),
                           .service = either(twist->service, auth->service),
                           .scope = either(twist->scope, buf_text(&scopes)),
                           .error = either(twist->error, challenge_error_text(error))};
    reply_bearer(auth, x, &c, twist);
}

bool challenge_on_open_ping(const struct auth *auth)
{
    return auth->mode != AUTH_MODE_NONE && auth->ping == AUTH_PING_OPEN_CHALLENGE;
}

void challenge_base_url(struct auth *auth, struct http_exchange *x, char *text, unsigned size)
{
    struct http_conn *conn = http_exchange_conn(x);
    const struct base_url_facts facts = {
        .req = http_exchange_request(x),
        .peer = http_conn_peer(conn),
        .listener = http_listener_url(http_conn_listener(conn)),
        .tls = http_conn_is_tls(conn),
    };

    base_url_of(auth != NULL ? auth->base_url : NULL, &facts, text, size);
}
