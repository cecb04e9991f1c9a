/* SPDX-License-Identifier: MIT */
#include "auth/base_url.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "lib/http/request.h"
#include "lib/util/cidr.h"
#include "lib/util/err.h"
#include "lib/util/text.h"
#include "lib/util/util.h"

#define LETTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
#define DIGITS  "0123456789"

enum { NAME_LENGTH_MAX = 255, HOST_MAX = NAME_LENGTH_MAX + 6, PORT_DIGITS_MAX = 5, PEER_MAX = 64 };

struct base_url {
    char external[BASE_URL_MAX + 1]; /* "" when not configured */
    struct cidr *proxies;            /* owned */
    size_t proxy_count;
};

/* --- Hosts ----------------------------------------------------------------------------------- */

/* Up to five digits and nothing else. */
static bool is_port(const char *text)
{
    size_t n = strspn(text, DIGITS);

    return n > 0 && n <= PORT_DIGITS_MAX && text[n] == '\0' &&
           (n < PORT_DIGITS_MAX || strcmp(text, "65535") <= 0);
}

bool base_url_is_host(const char *text)
{
    size_t n;

    if (*text == '[') {
        n = 1 + strspn(text + 1, DIGITS "abcdefABCDEF:.");
        if (n < 4 || text[n++] != ']')
            return false;
    } else {
        n = strspn(text, LETTERS DIGITS ".-_");
    }
    if (n == 0 || n > NAME_LENGTH_MAX)
        return false;
    return text[n] == '\0' || (text[n] == ':' && is_port(text + n + 1));
}

static bool has_port(const char *host)
{
    const char *end = strrchr(host, ']');

    return strchr(end != NULL ? end : host, ':') != NULL;
}

static bool is_scheme(const char *text)
{
    return strcasecmp(text, "http") == 0 || strcasecmp(text, "https") == 0;
}

/* --- Configuration --------------------------------------------------------------------------- */

static int set_external(struct base_url *b, const char *url, struct err *err)
{
    const char *host = strstr(url, "://");
    size_t n = strlen(url);

    while (n > 0 && url[n - 1] == '/')
        n--;
    if (n > BASE_URL_MAX)
        return err_set(err, ERR_CONFIG, "the URL is too long");
    memcpy(b->external, url, n);
    b->external[n] = '\0';
    if (host != NULL && (strncmp(url, "http://", 7) == 0 || strncmp(url, "https://", 8) == 0) &&
        base_url_is_host(b->external + (host - url) + 3))
        return 0;
    return err_set(err, ERR_CONFIG, "%s is not http:// or https:// with a host, and no path",
                   TEXT_QUOTE(url));
}

static int set_proxies(struct base_url *b, const char *const *proxies, size_t count,
                       struct err *err)
{
    if (count == 0)
        return 0;
    b->proxies = calloc(count, sizeof(*b->proxies));
    if (b->proxies == NULL)
        return err_set(err, ERR_NOMEM, "proxies");
    for (; b->proxy_count < count; b->proxy_count++) {
        if (cidr_parse(&b->proxies[b->proxy_count], proxies[b->proxy_count], err) == 0)
            continue;
        if (err != NULL)
            err->code = ERR_CONFIG;
        return err_wrap(err, "auth.trusted_proxies[%zu]", b->proxy_count);
    }
    return 0;
}

int base_url_new(struct base_url **ret, const char *external_url, const char *const *proxies,
                 size_t proxy_count, struct err *err)
{
    struct base_url *b = calloc(1, sizeof(*b));
    int status = 0;

    if (b == NULL)
        return err_set(err, ERR_NOMEM, "base URL");
    if (external_url != NULL && *external_url != '\0' && set_external(b, external_url, err) != 0)
        status = err_wrap(err, "auth.external_url");
    if (status == 0)
        status = set_proxies(b, proxies, proxy_count, err);
    if (status != 0) {
        base_url_free(b);
        return -1;
    }
    *ret = b;
    return 0;
}

void base_url_free(struct base_url *b)
{
    if (b == NULL)
        return;
    free(b->proxies);
    free(b);
}

/* --- What a proxy says ----------------------------------------------------------------------- */

/* What is known so far; each part "" when it is not. */
struct told {
    char scheme[8];
    char host[HOST_MAX + 1];
    char port[PORT_DIGITS_MAX + 1];
};

/* Copies n bytes without blanks and quotes around them; "" when they do not fit. */
static void copy_value(char *dst, size_t size, const char *p, size_t n)
{
    while (n > 0 && strchr(" \t\"", p[n - 1]) != NULL)
        n--;
    while (n > 0 && strchr(" \t\"", *p) != NULL)
        p++, n--;
    if (n >= size)
        n = 0;
    memcpy(dst, p, n);
    dst[n] = '\0';
}

/* The first element: what the proxy that the client talked to said. */
static void first_of(const struct http_request *req, const char *name, char *dst, size_t size)
{
    const char *value = http_request_header(req, name);

    dst[0] = '\0';
    if (value != NULL)
        copy_value(dst, size, value, strcspn(value, ","));
}

/* RFC 7239: Forwarded: for=192.0.2.60;proto=https;host="registry:5000", for=... */
static void read_forwarded(struct told *t, const struct http_request *req)
{
    const char *p = http_request_header(req, "Forwarded");

    while (p != NULL && *p != '\0' && *p != ',') {
        size_t n;
        size_t name;

        p += strspn(p, " \t");
        n = strcspn(p, ";,");
        name = strcspn(p, "=");
        if (name == 5 && name < n && strncasecmp(p, "proto", 5) == 0)
            copy_value(t->scheme, sizeof(t->scheme), p + 6, n - 6);
        else if (name == 4 && name < n && strncasecmp(p, "host", 4) == 0)
            copy_value(t->host, sizeof(t->host), p + 5, n - 5);
        p += n + (p[n] == ';' ? 1 : 0);
    }
}

static void keep_valid(struct told *t)
{
    if (!is_scheme(t->scheme))
        t->scheme[0] = '\0';
    if (!base_url_is_host(t->host))
        t->host[0] = '\0';
    if (!is_port(t->port))
        t->port[0] = '\0';
}

static void read_proxy(struct told *t, const struct http_request *req)
{
    if (http_request_header(req, "Forwarded") != NULL) {
        read_forwarded(t, req);
    } else {
        first_of(req, "X-Forwarded-Proto", t->scheme, sizeof(t->scheme));
        first_of(req, "X-Forwarded-Host", t->host, sizeof(t->host));
        first_of(req, "X-Forwarded-Port", t->port, sizeof(t->port));
    }
    keep_valid(t);
}

static bool is_trusted(const struct base_url *b, const char *peer)
{
    char address[PEER_MAX];
    const char *colon = strrchr(peer, ':');

    if (b == NULL || b->proxy_count == 0 || colon == NULL)
        return false;
    if (*peer == '[' && colon[-1] == ']')
        copy_value(address, sizeof(address), peer + 1, (size_t)(colon - peer) - 2);
    else
        copy_value(address, sizeof(address), peer, (size_t)(colon - peer));
    for (size_t i = 0; i < b->proxy_count; i++) {
        if (cidr_contains(&b->proxies[i], address))
            return true;
    }
    return false;
}

/* --- Putting it together --------------------------------------------------------------------- */

static bool is_default_port(const char *scheme, const char *port)
{
    return strcmp(port, strcasecmp(scheme, "https") == 0 ? "443" : "80") == 0;
}

void base_url_of(const struct base_url *b, const struct base_url_facts *facts, char *text,
                 size_t size)
{
    const char *sent = http_request_header(facts->req, "Host");
    const char *scheme = facts->tls ? "https" : "http";
    struct told t = {.scheme = "", .host = "", .port = ""};
    const char *host;
    bool port;

    if (b != NULL && b->external[0] != '\0') {
        (void)snprintf(text, size, "%s", b->external);
        return;
    }
    if (is_trusted(b, facts->peer))
        read_proxy(&t, facts->req);
    if (t.scheme[0] != '\0')
        scheme = strcasecmp(t.scheme, "https") == 0 ? "https" : "http";
    host = t.host[0] != '\0' ? t.host : sent != NULL && base_url_is_host(sent) ? sent : NULL;
    if (host == NULL) {
        (void)snprintf(text, size, "%s", facts->listener);
        return;
    }
    port = t.port[0] != '\0' && !has_port(host) && !is_default_port(scheme, t.port);
    (void)snprintf(text, size, "%s://%s%s%s", scheme, host, port ? ":" : "", port ? t.port : "");
}
