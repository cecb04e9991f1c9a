/* SPDX-License-Identifier: MIT */
/*
 * Authentication and authorization of one world: settings, and the object that holds accounts,
 * policy, keys and tokens. For cli/; registry/ sees it as an opaque pointer.
 */
#ifndef AUTH_AUTH_H
#define AUTH_AUTH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct auth;
struct clock;
struct err;
struct json_t;
struct loop;

enum auth_mode { AUTH_MODE_AUTO, AUTH_MODE_NONE, AUTH_MODE_BASIC, AUTH_MODE_BEARER };
enum auth_ping { AUTH_PING_AUTO, AUTH_PING_CHALLENGE, AUTH_PING_OPEN, AUTH_PING_OPEN_CHALLENGE };
enum auth_anonymous { AUTH_ANONYMOUS_TOKEN, AUTH_ANONYMOUS_401, AUTH_ANONYMOUS_403 };

/* Texts and JSON are borrowed for auth_new(); NULL where not given. */
struct auth_settings {
    enum auth_mode mode;              /* auth.mode; AUTO: bearer with accounts, else none */
    enum auth_ping ping;              /* auth.ping */
    enum auth_anonymous anonymous;    /* auth.anonymous_token: what /token gives without credentials */
    const char *realm;                /* auth.realm: of Basic challenges */
    const char *token_realm;          /* auth.token_realm: another service's URL in Bearer challenges */
    const char *external_url;         /* auth.external_url */
    const char *service;              /* auth.service */
    const char *issuer;               /* auth.issuer; NULL: the service */
    const char *const *services;      /* auth.services */
    size_t service_count;
    const char *const *trusted_proxies; /* auth.trusted_proxies: CIDR */
    size_t trusted_proxy_count;
    uint32_t token_life;              /* auth.token_life: milliseconds */
    uint32_t leeway;                  /* auth.leeway: milliseconds */
    uint32_t cache_life;              /* auth.cache_life: how long a verified secret is remembered */
    bool x5c;                         /* auth.x5c: send the certificate in the header; else kid only */
    const char *algorithm;            /* auth.algorithm: of a generated key: ES256, RS256 */
    const char *htpasswd;             /* auth.htpasswd: path */
    const struct json_t *keys;        /* auth.keys */
    const struct json_t *trust;       /* auth.trust */
    const struct json_t *accounts;    /* auth.accounts */
    const struct json_t *policy;      /* auth.policy */
};

/* Paths in the settings are resolved. Loop and clock are borrowed and must outlive it. */
int auth_new(struct auth **ret, struct loop *loop, const struct clock *clock,
             const struct auth_settings *settings, struct err *err);
/* No query may be under way. NULL-safe. */
void auth_free(struct auth *auth);

#endif
