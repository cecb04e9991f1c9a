/* SPDX-License-Identifier: MIT */
/*
 * Where a client reaches this server: "https://registry:5000". Challenges and absolute Locations
 * are built on it, so what a client or a proxy said goes in only when it is a plain host.
 *
 *     auth.external_url, else
 *     Forwarded or X-Forwarded-Proto, -Host, -Port of a peer in auth.trusted_proxies, else
 *     Host and the listener's TLS, else (HTTP/1.0) the listener's own URL
 */
#ifndef AUTH_BASE_URL_H
#define AUTH_BASE_URL_H

#include <stdbool.h>
#include <stddef.h>

struct base_url; /* what the configuration says */
struct err;
struct http_request;

/* "https://" and a host name of 255 bytes and ":65535" */
enum { BASE_URL_MAX = 8 + 255 + 6 };

/* external_url: "" or NULL for none; proxies: addresses and blocks. ERR_CONFIG. */
int base_url_new(struct base_url **ret, const char *external_url, const char *const *proxies,
                 size_t proxy_count, struct err *err);
void base_url_free(struct base_url *b); /* NULL-safe */

/* What is known of one request; all borrowed. */
struct base_url_facts {
    const struct http_request *req;
    const char *peer;     /* "127.0.0.1:40312", "[::1]:40312" */
    const char *listener; /* "http://127.0.0.1:5000" */
    bool tls;
};

/* b: NULL for no configuration. Writes scheme and host into text, cut to size. */
void base_url_of(const struct base_url *b, const struct base_url_facts *facts, char *text,
                 size_t size);
/* True for "host", "host:port" and "[v6]:port" that may stand in a URL and in quotes. */
bool base_url_is_host(const char *text);

#endif
