/* SPDX-License-Identifier: MIT */
#include "auth/challenge_format.h"

#include <stddef.h>
#include <string.h>

#include "lib/util/buf.h"
#include "lib/util/util.h"

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

const char *challenge_error_text(enum challenge_error error)
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
    (void)buf_append_text(to, "Bearer realm=");
    put_quoted(to, c->realm);
    put_parameter(to, "service", c->service);
    put_parameter(to, "scope", c->scope);
    put_parameter(to, "error", c->error);
}

void challenge_format_basic(struct buf *to, const char *realm)
{
    (void)buf_append_text(to, "Basic realm=");
    put_quoted(to, realm);
}
