/* SPDX-License-Identifier: MIT */
/*
 * Request targets (RFC 9112, section 3.2; RFC 3986): path and query, percent-decoded.
 */
#ifndef LIB_HTTP_URI_H
#define LIB_HTTP_URI_H

#include <stddef.h>

struct err;
struct http_request;
struct parameter;

/*
 * Fills target, path, query and parameters of req. Origin form, absolute form (its authority is
 * skipped) and "*" are accepted. memory has room for 3 * (n + 1) bytes, parameters for
 * parameter_count(). ERR_HEAD_SYNTAX for a bad escape, a decoded control byte, a fragment,
 * or another form; ERR_HEAD_TOO_LARGE for more than HTTP_QUERY_PARAMETERS_MAX parameters.
 */
int uri_parse(struct http_request *req, const char *target, size_t n, char *memory,
              struct parameter *parameters, size_t parameter_max, struct err *err);

#endif
