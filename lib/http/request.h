/* SPDX-License-Identifier: MIT */
/*
 * The head of a request, as parsed (RFC 9110, RFC 9112). Read-only for handlers; lives as long as
 * its exchange, and so does every string in it.
 */
#ifndef LIB_HTTP_REQUEST_H
#define LIB_HTTP_REQUEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/util/parameter.h"

struct err;

enum http_method {
    HTTP_METHOD_GET,
    HTTP_METHOD_HEAD,
    HTTP_METHOD_POST,
    HTTP_METHOD_PUT,
    HTTP_METHOD_PATCH,
    HTTP_METHOD_DELETE,
    HTTP_METHOD_OPTIONS,
    HTTP_METHOD_OTHER, /* its text is in method_text */
};

struct http_header {
    const char *name;  /* as sent */
    const char *value; /* without the white space around it */
};

struct http_request {
    enum http_method method;
    const char *method_text;
    const char *target; /* as sent */
    const char *path;   /* percent-decoded, begins with '/' */
    const char *query;  /* as sent, without '?'; NULL when there is none */
    unsigned minor;     /* HTTP/1.minor */
    bool keep_alive;    /* the client would go on with this connection */
    bool chunked;
    bool expect_continue;
    int64_t content_length; /* -1: not given */
    size_t header_count;
    const struct http_header *headers;
    size_t parameter_count;
    const struct parameter *parameters;
};

/* The first header of that name (any case), or NULL. */
const char *http_request_header(const struct http_request *req, const char *name);
/* The next header of that name from *pos on; start with *pos = 0. NULL when there is none left. */
const char *http_request_header_next(const struct http_request *req, const char *name, size_t *pos);
/* The first query parameter of that name, or NULL. */
const char *http_request_parameter(const struct http_request *req, const char *name);
const char *http_request_parameter_next(const struct http_request *req, const char *name,
                                        size_t *pos);
/* True when the request has a body, or may have one (chunked). */
bool http_request_has_body(const struct http_request *req);

#endif
