/* SPDX-License-Identifier: MIT */
#include "auth/challenge.h"

#include <stddef.h>
#include <stdio.h>

#include "auth/base_url.h"
#include "auth/challenge_format.h"
#include "auth/internal.h"
#include "lib/http/exchange.h"
#include "lib/http/server.h"
#include "lib/util/buf.h"

#define TOKEN_PATH "/token"

enum { CHALLENGE_MAX = 40 * 1024, REALM_PATH_MAX = 255, REALM_MAX = BASE_URL_MAX + REALM_PATH_MAX };

static void bearer(struct buf *to, struct auth *auth, struct http_exchange *x,
                   const struct scope_set *scope, enum challenge_error error)
{
    struct challenge c = {
        .realm = auth->token_realm, .service = auth->service, .scope = scope, .error = error};
    char base[BASE_URL_MAX + 1];
    char realm[REALM_MAX + 1];

    if (c.realm == NULL || c.realm[0] == '/') {
        challenge_base_url(auth, x, base, sizeof(base));
        (void)snprintf(realm, sizeof(realm), "%s%s", base, c.realm == NULL ? TOKEN_PATH : c.realm);
        c.realm = realm;
    }
    challenge_format_bearer(to, &c);
}

void challenge_reply(struct auth *auth, struct http_exchange *x, const struct scope_set *scope,
                     enum challenge_error error)
{
    auto_buf struct buf text = BUF_INIT(CHALLENGE_MAX);

    if (auth->mode == AUTH_MODE_BASIC)
        challenge_format_basic(&text, auth->realm);
    else
        bearer(&text, auth, x, scope, error);
    http_reply_header(x, "WWW-Authenticate", buf_text(&text));
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
