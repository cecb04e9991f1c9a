/* SPDX-License-Identifier: MIT */
/*
 * A user name and a secret: whose are they? For Basic credentials and for the token service.
 *
 * The secret may also be a token of a trusted issuer (a Kubernetes service account's, as kubelet
 * credential providers send it). Then any user name will do, and the token's subject is who it is:
 * the providers choose the name (`serviceaccount`, `_token` and so on) and it proves nothing.
 *
 * Secrets with slow hashes are compared in jobs, a few at a time, and the same one only once at a
 * time. Loop thread only.
 */
#ifndef AUTH_LOGIN_H
#define AUTH_LOGIN_H

#include <stdbool.h>

#include "auth/keyed_hash.h"

struct auth;
struct login;  /* one that is under way */
struct logins; /* all that are under way in one world */
struct err;

struct login_result {
    bool good;
    bool foreign; /* good: the subject of a token of a trusted issuer, not an account of ours */
    const char *account; /* who it is; as claimed when it is not good. Borrowed for the call */
    const char *reason;  /* why it is not good, for the log only; "" */
    char fingerprint[KEYED_HASH_TEXT_SIZE];
};

/* Called once, on the loop. */
typedef void (*login_fn)(void *arg, const struct login_result *result);

/* done may come before this returns (*ret is NULL then) or later. user and secret are copied. */
void login_start(struct auth *auth, const char *user, const char *secret, login_fn done, void *arg,
                 struct login **ret);
/* done will not be called any more. NULL-safe. */
void login_cancel(struct login *login);

int logins_new(struct logins **ret, struct auth *auth, struct err *err);
/* No login may be under way. NULL-safe. */
void logins_free(struct logins *l);

#endif
