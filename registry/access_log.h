/* SPDX-License-Identifier: MIT */
/* One line per request, when it is over. */
#ifndef REGISTRY_ACCESS_LOG_H
#define REGISTRY_ACCESS_LOG_H

struct http_exchange;
struct registry_call;

/* call is NULL for a request that memory was too short for. */
void access_log_write(const struct http_exchange *x, const struct registry_call *call);

#endif
