/* SPDX-License-Identifier: MIT */
/*
 * How challenges are written (RFC 6750, 3; RFC 7617, 2; distribution, spec/auth/token.md). Pure;
 * private to auth/.
 */
#ifndef AUTH_CHALLENGE_FORMAT_H
#define AUTH_CHALLENGE_FORMAT_H

#include "auth/challenge.h"

struct buf;

/* What a Bearer challenge says; all borrowed. Empty and NULL parameters are left out. */
struct challenge {
    const char *realm; /* URL of the token service */
    const char *service;
    const char *scope;
    const char *error;
};

/* "insufficient_scope"; "" for CHALLENGE_PLAIN. */
const char *challenge_error_text(enum challenge_error error);

/* Bearer realm="...",service="...",scope="...",error="..." */
void challenge_format_bearer(struct buf *to, const struct challenge *c);
/* Basic realm="..." */
void challenge_format_basic(struct buf *to, const char *realm);

#endif
