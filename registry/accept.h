/* SPDX-License-Identifier: MIT */
/*
 * What a client accepts (RFC 9110, section 12.5.1) and what it has already (section 13.1.2).
 */
#ifndef REGISTRY_ACCEPT_H
#define REGISTRY_ACCEPT_H

#include <stdbool.h>

struct http_request;

/* True when the Accept headers allow the media type, or when there are none. */
bool accept_allows(const struct http_request *req, const char *media_type);
/* True when If-None-Match names the content with that digest: quoted, bare, weak or `*`. */
bool accept_has_already(const struct http_request *req, const char *digest);
/* True unless If-Range names other content: the Range header is to be followed. */
bool accept_range_holds(const struct http_request *req, const char *digest);

#endif
