/* SPDX-License-Identifier: MIT */
#include "lib/control/control_guard.h"

#include <arpa/inet.h>
#include <stddef.h>
#include <string.h>
#include <strings.h>

#include <openssl/crypto.h>

#include "lib/http/request.h"
#include "lib/util/err.h"
#include "lib/util/text.h"

enum { HOST_MAX = 255 };

/* The host of "host", "host:port", "[v6]" or "[v6]:port". */
static bool host_of(const char *address, char host[HOST_MAX + 1])
{
    bool v6 = *address == '[';
    size_t n = v6 ? strcspn(++address, "]") : strcspn(address, ":");

    if (n == 0 || n > HOST_MAX)
        return false;
    memcpy(host, address, n);
    host[n] = '\0';
    return true;
}

bool control_guard_is_loopback(const char *address)
{
    char host[HOST_MAX + 1];
    struct in_addr v4;
    struct in6_addr v6;

    if (!host_of(address, host))
        return false;
    if (strcasecmp(host, "localhost") == 0)
        return true;
    if (inet_pton(AF_INET, host, &v4) == 1)
        return ntohl(v4.s_addr) >> 24 == 127;
    return inet_pton(AF_INET6, host, &v6) == 1 && IN6_IS_ADDR_LOOPBACK(&v6);
}

static int check_origin(const struct http_request *req, struct err *err)
{
    const char *origin = http_request_header(req, "Origin");
    const char *host = http_request_header(req, "Host");
    const char *authority;

    if (origin == NULL)
        return 0;
    authority = strstr(origin, "://");
    if (authority != NULL && host != NULL && strcasecmp(authority + 3, host) == 0)
        return 0;
    return err_set(err, ERR_INVALID, "requests from the page %s are refused", TEXT_QUOTE(origin));
}

int control_guard_check(const struct http_request *req, bool loopback, struct err *err)
{
    const char *host = http_request_header(req, "Host");

    if (loopback && host != NULL && !control_guard_is_loopback(host))
        return err_set(err, ERR_INVALID,
                       "Host %s is not this machine: use localhost, 127.0.0.1 or [::1]",
                       TEXT_QUOTE(host));
    return check_origin(req, err);
}

bool control_guard_token(const struct http_request *req, const char *token)
{
    static const char scheme[] = "Bearer ";
    const char *sent = http_request_header(req, "Authorization");
    size_t n;

    if (token == NULL)
        return true;
    if (sent == NULL || strncasecmp(sent, scheme, sizeof(scheme) - 1) != 0)
        return false;
    sent += sizeof(scheme) - 1;
    n = strlen(token);
    return strlen(sent) == n && CRYPTO_memcmp(sent, token, n) == 0;
}
