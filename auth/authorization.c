/* SPDX-License-Identifier: MIT */
#include "auth/authorization.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <openssl/crypto.h>

#include "auth/secret.h"
#include "lib/http/request.h"
#include "lib/util/base64.h"
#include "lib/util/text.h"
#include "lib/util/util.h"

enum { BASIC_MAX = 2 * SECRET_MAX, TOKEN_MAX = 64 * 1024 };

static void bad(struct authorization *a, const char *reason)
{
    a->kind = AUTHORIZATION_BAD;
    a->reason = reason;
    a->secret = "";
    a->token = "";
}

/* Those of RFC 7617 (no control characters), in UTF-8. */
static bool is_clean(const char *p, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if ((unsigned char)p[i] < ' ' || p[i] == 0x7f)
            return false;
    }
    return text_is_utf8(p, n);
}

/* "user:secret"; the secret may hold colons. */
static void split(struct authorization *a, size_t n)
{
    char *colon;

    a->memory[n] = '\0';
    if (!is_clean(a->memory, n)) {
        bad(a, "Basic credentials hold control characters or are not UTF-8");
        return;
    }
    colon = strchr(a->memory, ':');
    if (colon == NULL) {
        bad(a, "Basic credentials without a colon");
        return;
    }
    *colon = '\0';
    a->user = a->memory;
    a->secret = colon + 1;
    if (a->user[0] == '\0' && a->secret[0] == '\0')
        a->kind = AUTHORIZATION_NONE; /* "Og==": how containers/image says that it has none */
    else if (a->user[0] == '\0')
        bad(a, "Basic credentials without a user name");
    else if (a->secret[0] == '\0')
        bad(a, "empty password");
    else
        a->kind = AUTHORIZATION_BASIC;
}

static void read_basic(struct authorization *a, const char *text)
{
    size_t length = strlen(text);
    size_t n;

    if (length > BASIC_MAX) {
        bad(a, "Basic credentials are too long");
        return;
    }
    a->size = BASE64_DECODED_MAX(length) + 1;
    a->memory = malloc(a->size);
    if (a->memory == NULL)
        bad(a, "memory is short");
    else if (!base64_decode(a->memory, &n, BASE64_STANDARD, text, length))
        bad(a, "Basic credentials are no base 64");
    else
        split(a, n);
}

/* token68 of RFC 9110, 11.2. */
static void read_bearer(struct authorization *a, const char *text)
{
    size_t n = strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~+/");

    if (n == 0 || text[n + strspn(text + n, "=")] != '\0')
        bad(a, "the Bearer token is malformed");
    else if (n > TOKEN_MAX)
        bad(a, "the Bearer token is too long");
    else {
        a->kind = AUTHORIZATION_BEARER;
        a->token = text;
    }
}

/* What follows the scheme, or NULL when it is another one. */
static const char *behind(const char *value, const char *scheme)
{
    size_t n = strlen(scheme);

    if (strncasecmp(value, scheme, n) != 0 || (value[n] != ' ' && value[n] != '\0'))
        return NULL;
    return value + n + strspn(value + n, " ");
}

void authorization_parse(struct authorization *ret, const char *value)
{
    const char *rest;

    *ret = (struct authorization){.user = "", .secret = "", .token = "", .reason = ""};
    if (value == NULL)
        return;
    if ((rest = behind(value, "Basic")) != NULL)
        read_basic(ret, rest);
    else if ((rest = behind(value, "Bearer")) != NULL)
        read_bearer(ret, rest);
    else
        bad(ret, "the scheme of the Authorization header is neither Basic nor Bearer");
}

void authorization_read(struct authorization *ret, const struct http_request *req)
{
    size_t pos = 0;
    const char *value = http_request_header_next(req, "Authorization", &pos);

    if (value != NULL && http_request_header_next(req, "Authorization", &pos) != NULL) {
        authorization_parse(ret, NULL);
        bad(ret, "several Authorization headers");
        return;
    }
    authorization_parse(ret, value);
}

void authorization_done(struct authorization *a)
{
    if (a->memory != NULL) {
        OPENSSL_cleanse(a->memory, a->size);
        free(a->memory);
    }
    *a = (struct authorization){.user = "", .secret = "", .token = "", .reason = ""};
}
