/* SPDX-License-Identifier: MIT */
/*
 * Redirects of rules to another listener of this registry, and what is known of the request that
 * follows (control.md, section 2). Private to registry/.
 *
 * The URL carries a mark, which nobody else can make: from which request it comes, and whether that
 * had the right to what it asked for. As with the signed URLs of object stores the request that
 * follows needs no credentials then; when it brings some nevertheless, as the first did, they
 * leaked.
 */
#ifndef REGISTRY_REDIRECT_H
#define REGISTRY_REDIRECT_H

#include <stdbool.h>
#include <stddef.h>

#include "lib/fault/fault.h"

struct http_exchange;
struct registry_call;

#define REDIRECT_MARK "redirect-mark" /* name of the query parameter */

/*
 * For struct fault_product. Names are listener:N (from 1, in the order of the ready line),
 * listener:tls and listener:plain (the first of these). The host is the one that the client used,
 * unless the listener has an address of its own. What leads to where the request came to is here.
 */
enum fault_place redirect_place(struct http_exchange *x, const char *to, char *url, size_t size,
                                void *arg);
const char *redirect_check_place(const char *to);
/* Marks URLs at a listener of ours, by whatever name, but where the request came to. */
bool redirect_mark(struct http_exchange *x, const char *base, char *text, size_t size, void *arg);

/* Sets redirected_from, redirect_grants and redirect_leaks of a call whose mark is good. */
void redirect_read(struct registry_call *call);

#endif
