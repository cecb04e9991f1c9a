/* SPDX-License-Identifier: MIT */
/*
 * What the journal gets to know of each request, and when. Private to registry/.
 */
#ifndef REGISTRY_RECORD_H
#define REGISTRY_RECORD_H

struct http_exchange;
struct registry_call;

/* The request is named: opens its entry. */
void record_open(struct registry_call *call);
/* It is known who sent it. */
void record_identity(struct registry_call *call);
/* It has ended. */
void record_close(const struct http_exchange *x, struct registry_call *call);

#endif
