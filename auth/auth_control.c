/* SPDX-License-Identifier: MIT */
/*
 * What changes at run time: accounts, policy, single tokens.
 */
#include "auth/auth.h"

#include <string.h>

#include <jansson.h>

#include "auth/account.h"
#include "auth/account_snapshot.h"
#include "auth/account_subject.h"
#include "auth/auth_internal.h"
#include "auth/claims.h"
#include "auth/internal.h"
#include "auth/jws.h"
#include "auth/keyring.h"
#include "auth/policy.h"
#include "auth/refresh.h"
#include "auth/revoked.h"
#include "auth/trust.h"
#include "lib/util/clock.h"
#include "lib/util/err.h"
#include "lib/util/text.h"
#include "lib/util/util.h"

/* --- Accounts -----------------------------------------------------------------------------------
 */

static int one_secret(struct account_secret *ret, const char *secret, const char *hash,
                      struct err *err)
{
    if ((secret == NULL) == (hash == NULL))
        return err_set(err, ERR_INVALID, "an account needs a secret or a hash");
    *ret = (struct account_secret){.plain = secret, .hash = hash};
    return 0;
}

int auth_account_add(struct auth *auth, const char *name, const char *secret, const char *hash,
                     struct err *err)
{
    struct account_secret one;

    if (one_secret(&one, secret, hash, err) != 0)
        return -1;
    return accounts_add(auth->accounts, name, &one, ACCOUNT_CONTROL, err);
}

int auth_account_rotate(struct auth *auth, const char *name, const char *secret, const char *hash,
                        int64_t old_until, struct err *err)
{
    struct account_secret one;

    if (one_secret(&one, secret, hash, err) != 0)
        return -1;
    return accounts_rotate(auth->accounts, name, &one, old_until, err);
}

int auth_account_remove(struct auth *auth, const char *name, struct err *err)
{
    return accounts_remove(auth->accounts, name, err);
}

int auth_account_revoke(struct auth *auth, const char *name, struct err *err)
{
    return accounts_end_sessions(auth->accounts, name, err);
}

int auth_account_disable(struct auth *auth, const char *name, bool disabled, struct err *err)
{
    return accounts_set_disabled(auth->accounts, name, disabled, err);
}

json_t *auth_account_list(const struct auth *auth)
{
    return accounts_to_json(auth->accounts);
}

int auth_account_set_subject(struct auth *auth, const char *name, const char *subject,
                             struct err *err)
{
    return accounts_set_subject(auth->accounts, name, subject, err);
}

int auth_account_describe(const struct auth *auth, const char *name, json_t **ret, struct err *err)
{
    const struct account *account = accounts_find(auth->accounts, name);
    json_t *row = account == NULL ? NULL : account_describe(auth->accounts, account);

    if (account == NULL)
        return err_set(err, ERR_ABSENT, "there is no account %s", TEXT_QUOTE(name));
    if (row == NULL)
        return err_set(err, ERR_NOMEM, "account");
    *ret = row;
    return 0;
}

/* --- Policy -------------------------------------------------------------------------------------
 */

void auth_choose_ping(struct auth *auth)
{
    bool open = auth->mode == AUTH_MODE_NONE || policy_is_open(auth->policy);

    if (auth->ping_auto)
        auth->ping = open ? AUTH_PING_OPEN : AUTH_PING_CHALLENGE;
}

int auth_policy_set(struct auth *auth, const json_t *rules, struct err *err)
{
    struct policy *policy = NULL;

    if (policy_new(&policy, rules, err) != 0)
        return -1;
    policy_free(auth->policy);
    auth->policy = policy;
    policy_set_meant(policy, auth->meant, auth->meant_arg);
    auth_choose_ping(auth);
    return 0;
}

json_t *auth_policy_get(const struct auth *auth)
{
    return policy_to_json(auth->policy);
}

/* --- Going back ---------------------------------------------------------------------------------
 */

int auth_remember(struct auth *auth, struct err *err)
{
    struct accounts_snapshot *accounts;
    json_t *policy = policy_to_json(auth->policy);

    if (policy == NULL)
        return err_set(err, ERR_NOMEM, "policy");
    if (accounts_snapshot_new(&accounts, auth->accounts, err) != 0) {
        json_decref(policy);
        return -1;
    }
    accounts_snapshot_free(auth->start_accounts);
    json_decref(auth->start_policy);
    auth->start_accounts = accounts;
    auth->start_policy = policy;
    return 0;
}

int auth_reset(struct auth *auth, bool empty, struct err *err)
{
    struct policy *policy = NULL;

    if (policy_new(&policy, empty ? NULL : auth->start_policy, err) != 0)
        return -1;
    if (accounts_restore(auth->accounts, empty ? NULL : auth->start_accounts, err) != 0) {
        policy_free(policy);
        return -1;
    }
    policy_free(auth->policy);
    auth->policy = policy;
    auth_choose_ping(auth);
    return 0;
}

/* --- Tokens -------------------------------------------------------------------------------------
 */

int auth_token_mint(struct auth *auth, struct auth_minted *ret, const struct auth_mint *what,
                    struct err *err)
{
    const char *account = what->account != NULL ? what->account : "";
    struct auth_minted made = {.issued_at = clock_now(auth->clock) - what->age};
    const struct claims_settings claims = {
        .issuer = auth->issuer,
        .subject = account,
        .audience = what->service != NULL ? what->service : auth->service,
        .id = made.id,
        .issued_at = made.issued_at,
        .not_before = made.issued_at - CLAIMS_EARLY,
        .expires = made.issued_at + (what->ttl > 0 ? what->ttl : auth->token_life),
        .access = what->access,
    };

    _Static_assert((int)AUTH_TOKEN_ID_SIZE == (int)ACCOUNT_TOKEN_ID_SIZE, "an id fits");
    if (account[0] != '\0' && accounts_find(auth->accounts, account) == NULL)
        return err_set(err, ERR_ABSENT, "there is no account %s", TEXT_QUOTE(account));
    if (accounts_token_id(auth->accounts, account, made.id, err) != 0 ||
        keyring_sign(auth->keyring, &made.token, &claims, err) != 0)
        return -1;
    made.expires = claims.expires;
    *ret = made;
    return 0;
}

int auth_token_revoke(struct auth *auth, const char *id, int64_t expires, struct err *err)
{
    return revoked_add(auth->revoked, id, expires + auth->leeway / 1000 + 1, err);
}

/* Of ours, whatever service it is for, or of another issuer. claims_done() in any case. */
static enum jws_result read_token(const struct auth *auth, struct claims *ret, const char *token,
                                  struct err *err)
{
    int64_t now = clock_now_ms(auth->clock);
    const struct jws_rules rules = {.keys = keyring_keys(auth->keyring),
                                    .issuer = auth->issuer,
                                    .now_ms = now,
                                    .leeway_ms = auth->leeway};
    const struct trust_time at = {.now_ms = now, .leeway_ms = auth->leeway};
    enum jws_result result = jws_verify(ret, token, strlen(token), &rules, err);
    bool ours = result == JWS_GOOD || result == JWS_EXPIRED || result == JWS_NOT_YET;

    if (ours || auth->trust == NULL)
        return result;
    claims_done(ret);
    return trust_verify(auth->trust, ret, token, strlen(token), &at, err);
}

int auth_access_token_revoke(struct auth *auth, const char *token, struct err *err)
{
    struct claims claims = {0};
    struct err why = {0};
    enum jws_result read = read_token(auth, &claims, token, &why);
    int result;

    if (read == JWS_EXPIRED)
        result = 0;
    else if (read != JWS_GOOD && read != JWS_NOT_YET)
        result = err_set(err, ERR_INVALID, "the token is none of ours: %s",
                         why.msg[0] != '\0' ? why.msg : jws_result_text(read));
    else if (claims.id[0] == '\0')
        result = err_set(err, ERR_INVALID, "the token has no id (jti) to know it by");
    else
        result = auth_token_revoke(auth, claims.id, claims.expires, err);
    claims_done(&claims);
    return result;
}

int auth_refresh_token_revoke(struct auth *auth, const char *token, struct err *err)
{
    return refresh_revoke(auth->refresh, token, err);
}
