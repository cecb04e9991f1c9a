/* SPDX-License-Identifier: MIT */
/*
 * What keeps the control API safe from pages in a browser and from the network. Pure.
 */
#ifndef LIB_CONTROL_CONTROL_GUARD_H
#define LIB_CONTROL_CONTROL_GUARD_H

#include <stdbool.h>

struct err;
struct http_request;

/* True for "host:port" of the loopback interface: localhost, 127.0.0.0/8, [::1]. */
bool control_guard_is_loopback(const char *address);
/*
 * Refuses a request that a foreign page may have caused: an Origin that is not this server, and,
 * where the server listens on loopback, a Host that is another name (DNS rebinding). ERR_INVALID.
 */
int control_guard_check(const struct http_request *req, bool loopback, struct err *err);
/* Compares in constant time. token NULL: nothing is needed. */
bool control_guard_token(const struct http_request *req, const char *token);

#endif
