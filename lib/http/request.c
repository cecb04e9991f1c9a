/* SPDX-License-Identifier: MIT */
#include "lib/http/request.h"

#include <string.h>
#include <strings.h>

const char *http_request_header_next(const struct http_request *req, const char *name, size_t *pos)
{
    while (*pos < req->header_count) {
        const struct http_header *h = &req->headers[(*pos)++];

        if (strcasecmp(h->name, name) == 0)
            return h->value;
    }
    return NULL;
}

const char *http_request_header(const struct http_request *req, const char *name)
{
    size_t pos = 0;

    return http_request_header_next(req, name, &pos);
}

const char *http_request_parameter_next(const struct http_request *req, const char *name,
                                        size_t *pos)
{
    while (*pos < req->parameter_count) {
        const struct parameter *p = &req->parameters[(*pos)++];

        if (strcmp(p->name, name) == 0)
            return p->value;
    }
    return NULL;
}

const char *http_request_parameter(const struct http_request *req, const char *name)
{
    size_t pos = 0;

    return http_request_parameter_next(req, name, &pos);
}

bool http_request_has_body(const struct http_request *req)
{
    return req->chunked || req->content_length > 0;
}
