/* SPDX-License-Identifier: MIT */
#include "auth/challenge_format.h"

#include <stddef.h>
#include <string.h>

#include "auth/scope.h"
#include "lib/util/buf.h"
#include "lib/util/util.h"

enum { SCOPES_TEXT_MAX = 32 * 1024 };

/* A quoted string (RFC 9110, 5.6.4). What is no printable ASCII would end the header or confuse
   clients: it becomes '?'. */
static void put_quoted(struct buf *to, const char *text)
{
    (void)buf_append_char(to, '"');
    for (; *text != '\0'; text++) {
        if (*text == '"' || *text == '\\')
            (void)buf_append_char(to, '\\');
        (void)buf_append_char(to, *text >= ' ' && *text < 0x7f ? *text : '?');
    }
    (void)buf_append_char(to, '"');
}

/* The realm comes first and always, so a parameter has a comma in front. */
static void put_parameter(struct buf *to, const char *name, const char *value)
{
    if (value == NULL || *value == '\0')
        return;
    (void)buf_append_char(to, ',');
    (void)buf_append_text(to, name);
    (void)buf_append_char(to, '=');
    put_quoted(to, value);
}

static const char *error_text(enum challenge_error error)
{
    static const char *const texts[] = {
        [CHALLENGE_PLAIN] = "",
        [CHALLENGE_INVALID_TOKEN] = "invalid_token",
        [CHALLENGE_INSUFFICIENT_SCOPE] = "insufficient_scope",
    };

    ASSERT((size_t)error < ARRAY_LEN(texts));
    return texts[error];
}

void challenge_format_bearer(struct buf *to, const struct challenge *c)
{
    auto_buf struct buf scope = BUF_INIT(SCOPES_TEXT_MAX);

    if (c->scope != NULL)
        scope_set_format(&scope, c->scope);
    (void)buf_append_text(to, "Bearer realm=");
    put_quoted(to, c->realm);
    put_parameter(to, "service", c->service);
    put_parameter(to, "scope", buf_text(&scope));
    put_parameter(to, "error", error_text(c->error));
}

void challenge_format_basic(struct buf *to, const char *realm)
{
    (void)buf_append_text(to, "Basic realm=");
    put_quoted(to, realm);
}
