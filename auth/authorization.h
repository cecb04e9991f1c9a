/* SPDX-License-Identifier: MIT */
/*
 * The Authorization header (RFC 9110, 11.6.2): Basic (RFC 7617) and Bearer (RFC 6750). Pure.
 */
#ifndef AUTH_AUTHORIZATION_H
#define AUTH_AUTHORIZATION_H

#include <stddef.h>

struct http_request;

enum authorization_kind {
    AUTHORIZATION_NONE,  /* no header, or Basic without user and password ("Og==") */
    AUTHORIZATION_BASIC, /* user and secret, neither of them empty */
    AUTHORIZATION_BEARER,
    AUTHORIZATION_BAD, /* a header that is no credentials of these two kinds */
};

struct authorization {
    enum authorization_kind kind;
    const char *user;   /* BASIC, UTF-8; BAD: as claimed, or ""; borrowed from memory */
    const char *secret; /* BASIC; borrowed from memory */
    const char *token;  /* BEARER; borrowed from the request */
    const char *reason; /* BAD: why, for the log; static. "" */
    char *memory;       /* owned: what was decoded; wiped by authorization_done() */
    size_t size;        /* of memory */
};

/* authorization_done() must follow; what is borrowed lives until then. */
void authorization_read(struct authorization *ret, const struct http_request *req);
/* The same for one header's value; NULL: no header. */
void authorization_parse(struct authorization *ret, const char *value);
void authorization_done(struct authorization *a);

#endif
