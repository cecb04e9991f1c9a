/* SPDX-License-Identifier: MIT */
/*
 * Is this token good, and what does it say? Ours and those of trusted issuers. Loop thread only.
 */
#ifndef AUTH_BEARER_H
#define AUTH_BEARER_H

#include <stdbool.h>

struct auth;
struct identity;

enum bearer_issuers { BEARER_ANY, BEARER_FOREIGN };

/*
 * Fills ret (identity_init() before, identity_done() after): BEARER, EXPIRED or INVALID. FOREIGN:
 * only tokens of trusted issuers that name a subject. *ret_foreign: it is such a token.
 */
void bearer_check(struct auth *auth, const char *token, enum bearer_issuers issuers,
                  struct identity *ret, bool *ret_foreign);

#endif
