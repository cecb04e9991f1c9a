/* SPDX-License-Identifier: MIT */
/*
 * Status codes: reason phrases, and which of them go without a body.
 */
#ifndef LIB_HTTP_STATUS_H
#define LIB_HTTP_STATUS_H

#include <stdbool.h>

/* The reason phrase; "Unknown" for a code without a row. */
const char *http_status_reason(int status);
/* 1xx, 204 and 304 never have a body (RFC 9110, section 6.4.1). */
bool http_status_has_body(int status);

#endif
