/* SPDX-License-Identifier: MIT */
/* What the token service answers: a token, or why there is none. */
#include "auth/token_request.h"

#include <stdio.h>
#include <string.h>

#include <jansson.h>

#include "auth/challenge.h"
#include "auth/internal.h"
#include "lib/http/exchange.h"
#include "lib/util/clock.h"
#include "lib/util/util.h"

/* Clients take a token for valid that long whatever they are told (spec/auth/token.md); what is
   configured below that shows in the token alone. */
enum { EXPIRES_IN_MIN = 60 };
enum { SCOPE_TEXT_MAX = 128 * 1024 };

/* Takes doc (NULL: memory is short, the status has to do). Nobody is called after this. */
static void send(struct token_request *r, json_t *doc)
{
    auto_free char *text = doc != NULL ? json_dumps(doc, JSON_COMPACT) : NULL;

    json_decref(doc);
    http_reply_header(r->x, "Content-Type", "application/json");
    http_reply_header(r->x, "Cache-Control", "no-store");
    http_reply_header(r->x, "Pragma", "no-cache");
    if (text != NULL) {
        http_reply_text(r->x, text, strlen(text));
        explicit_bzero(text, strlen(text));
    }
    r->over = true;
    r->replied(r->arg, &r->report);
    http_reply_send(r->x);
}

/* --- A token --------------------------------------------------------------------------------- */

/* RFC 6749, 5.1 and spec/auth/token.md: clients read one of token and access_token. */
static json_t *names_of(const struct token_request *r, const char *token)
{
    switch (r->twist.fields) {
    case TOKEN_FIELDS_TOKEN:
        return json_pack("{s:s}", "token", token);
    case TOKEN_FIELDS_ACCESS_TOKEN:
        return json_pack("{s:s}", "access_token", token);
    case TOKEN_FIELDS_BOTH:
        break;
    }
    return json_pack("{s:s, s:s}", "token", token, "access_token", token);
}

/* NULL: the answer shall have none. */
static json_t *life_of(const struct token_request *r)
{
    json_int_t life = r->auth->token_life;

    if (r->twist.no_expires_in)
        return NULL;
    if (r->twist.has_expires_in)
        return json_integer(r->twist.expires_in);
    return json_integer(life > EXPIRES_IN_MIN ? life : (json_int_t)EXPIRES_IN_MIN);
}

static json_t *good_body(const struct token_request *r, const char *token, int64_t issued_at,
                         const char *refresh)
{
    auto_buf struct buf scope = BUF_INIT(SCOPE_TEXT_MAX);
    char time[CLOCK_TEXT_MAX];
    json_t *names = names_of(r, token);
    json_t *doc;

    scope_set_format(&scope, &r->report.granted);
    doc = json_pack("{s:s, s:o*, s:s, s:s, s:s*}", "token_type", "Bearer", "expires_in", life_of(r),
                    "issued_at", clock_format(time, issued_at + r->twist.issued_at), "scope",
                    buf_text(&scope), "refresh_token", refresh);
    if (doc != NULL && names != NULL && json_object_update(names, doc) == 0) {
        json_decref(doc);
        return names;
    }
    json_decref(doc);
    json_decref(names);
    return NULL;
}

void token_reply_good(struct token_request *r, const char *token, int64_t issued_at,
                      const char *refresh)
{
    json_t *doc = good_body(r, token, issued_at, refresh);

    http_reply_begin(r->x, doc != NULL ? 200 : 503);
    send(r, doc);
}

/* --- None ------------------------------------------------------------------------------------ */

/*
 * For all who may ask at once: `error` is OAuth's (RFC 6749, 5.2), `errors` is the Distribution
 * API's, and `details` is what docker, podman and their relatives show to people.
 */
static json_t *error_body(enum token_error error, const char *says)
{
    return json_pack("{s:s, s:s, s:[{s:s, s:s}], s:s}", "error", token_error_word(error),
                     "error_description", says, "errors", "code", token_error_code(error),
                     "message", says, "details", says);
}

/* Messages may quote what the client sent; RFC 6749 allows printable ASCII without " and \. */
static void clean(char *dst, size_t size, const char *text)
{
    size_t n = strnlen(text, size - 1);

    for (size_t i = 0; i < n; i++)
        dst[i] =
            text[i] >= ' ' && text[i] < 0x7f && strchr("\"\\", text[i]) == NULL ? text[i] : '?';
    dst[n] = '\0';
}

void token_reply_error(struct token_request *r, enum token_error error, const char *says,
                       const char *reason)
{
    int status = token_error_status(error);
    char text[400];

    clean(text, sizeof(text), says);
    (void)snprintf(r->report.reason, sizeof(r->report.reason), "%.*s", TOKEN_REASON_MAX,
                   *reason != '\0' ? reason : text);
    http_reply_begin(r->x, status);
    if (status == 401) /* RFC 9110, 11.6.1; credentials are sent with Basic here */
        challenge_reply_basic(r->auth, r->x, &r->twist.challenge);
    if (status == 503)
        http_reply_header(r->x, "Retry-After", "1");
    send(r, error_body(error, text));
}
