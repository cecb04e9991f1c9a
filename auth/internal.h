/* SPDX-License-Identifier: MIT */
/*
 * What struct auth is made of; private to auth/.
 */
#ifndef AUTH_INTERNAL_H
#define AUTH_INTERNAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "auth/auth.h"
#include "lib/util/buf.h"

struct accounts;
struct accounts_snapshot;
struct base_url;
struct htpasswd_watch;
struct json_t;
struct key;
struct keyed_hash;
struct keyring;
struct logins;
struct policy;
struct refresh_tokens;
struct revoked_tokens;
struct trust;
struct verified_tokens;

struct auth {
    struct loop *loop;         /* borrowed */
    const struct clock *clock; /* borrowed */

    enum auth_mode mode; /* never AUTO */
    enum auth_ping ping; /* never AUTO */
    bool ping_auto;      /* it follows from the policy */
    enum auth_anonymous anonymous;
    char *realm;       /* owned, as all texts here; of Basic challenges */
    char *token_realm; /* another service: a URL, or a path on our host; NULL: our own /token */
    char *service;     /* our audience */
    char *issuer;
    char **services; /* further audiences that tokens are signed for; "*": any */
    size_t service_count;
    int64_t token_life; /* seconds */
    uint32_t leeway;    /* milliseconds */

    struct base_url *base_url; /* owned, as all below */
    struct keyed_hash *hash;   /* key of this process */
    struct accounts *accounts;
    struct policy *policy;
    struct refresh_tokens *refresh;
    struct revoked_tokens *revoked;
    struct keyring *keyring;          /* empty until a generated RSA key is ready */
    struct keyring *stranger;         /* of tokens that are signed wrong; NULL: none so far */
    struct trust *trust;              /* other issuers; NULL: none */
    struct verified_tokens *verified; /* tokens seen before */
    struct logins *logins;            /* secrets that are being checked */
    struct htpasswd_watch *htpasswd;  /* NULL: no file */
    struct buf warnings;              /* lines */
    struct accounts_snapshot *start_accounts; /* what auth_remember() found; NULL: nothing */
    struct json_t *start_policy;

    bool (*withheld)(void *arg, const char *account, const char *repo); /* token_withheld_fn */
    const char *(*meant)(void *arg, const char *name);                  /* token_meant_fn */
    void *meant_arg;                                                    /* borrowed */
    void *withheld_arg;                                                 /* borrowed */
};

#endif
