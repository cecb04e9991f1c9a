/* SPDX-License-Identifier: MIT */
/* Keys, tokens and credentials of the tests' own making. */
#ifndef TESTS_INTEGRATION_LIB_TOKENS_H
#define TESTS_INTEGRATION_LIB_TOKENS_H

#include "tests/integration/lib/script.h"

struct key;

/* A new ES256 key; the caller lets it go with key_unref(). */
struct key *tokens_new_key(void);
/* Writes the private key to folder/name. */
void tokens_write_key(const struct key *key, const char *folder, const char *name);

/* What a token is to say; NULL and 0: what a good one of the server under test says. */
struct tokens_claims {
    const char *issuer;   /* "ocimock" */
    const char *audience; /* "ocimock" */
    const char *subject;  /* "alice" */
    const char *scope;    /* "" */
    long from;            /* seconds from now when it was issued: 0 */
    long life;            /* seconds from then: 3600 */
};

/* The caller frees it. */
char *tokens_mint(const struct key *key, const struct tokens_claims *claims);
/* "Basic ..."; the caller frees it. */
char *tokens_basic(const char *user, const char *secret);
/* Asks the token service with that Authorization (NULL: none) and query (with its '?', or ""), and
   sets the variable to "Bearer ...". Ends the test program when there is no token. */
void tokens_fetch(struct script *t, const char *variable, const char *authorization,
                  const char *query);

#endif
