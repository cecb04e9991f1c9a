/* SPDX-License-Identifier: MIT */
#include "auth/bearer.h"

#include <stdio.h>
#include <string.h>

#include "auth/account.h"
#include "auth/claims.h"
#include "auth/identity.h"
#include "auth/internal.h"
#include "auth/jws.h"
#include "auth/keyed_hash.h"
#include "auth/keyring.h"
#include "auth/policy_rule.h"
#include "auth/revoked.h"
#include "auth/trust.h"
#include "auth/verified.h"
#include "lib/util/clock.h"
#include "lib/util/err.h"

/* One token that is looked at. */
struct checking {
    struct auth *auth;
    const char *token;
    struct keyed_digest digest;
    int64_t now_ms;
    struct claims claims; /* owned */
    bool foreign;
    struct err why; /* it is not good */
};

static void refuse(struct identity *ret, enum identity_kind kind, const char *reason)
{
    ret->kind = kind;
    (void)snprintf(ret->reason, sizeof(ret->reason), "%.*s", IDENTITY_REASON_MAX, reason);
}

/* --- Verifying ----------------------------------------------------------------------------------
 */

static enum jws_result verify_own(struct checking *c)
{
    const char *audiences[] = {c->auth->service};
    const struct jws_rules rules = {
        .keys = keyring_keys(c->auth->keyring),
        .issuer = c->auth->issuer,
        .audiences = audiences,
        .audience_count = 1,
        .now_ms = c->now_ms,
        .leeway_ms = c->auth->leeway,
    };

    return jws_verify(&c->claims, c->token, strlen(c->token), &rules, &c->why);
}

/* The same, by the rules of the other issuers. */
static enum jws_result verify_foreign(struct checking *c)
{
    const struct trust_time now = {.now_ms = c->now_ms, .leeway_ms = c->auth->leeway};

    return trust_verify(c->auth->trust, &c->claims, c->token, strlen(c->token), &now, &c->why);
}

/* Nothing says which of ours and other issuers' keys a token was signed with but trying. */
static enum jws_result verify(struct checking *c, enum bearer_issuers issuers)
{
    enum jws_result result = JWS_UNKNOWN_KEY;
    enum jws_result foreign;
    struct err own;

    if (issuers == BEARER_ANY)
        result = verify_own(c);
    if (c->auth->trust == NULL || result == JWS_GOOD || result == JWS_EXPIRED ||
        result == JWS_NOT_YET)
        return result;
    own = c->why;
    claims_done(&c->claims);
    foreign = verify_foreign(c);
    c->foreign = true;
    if (issuers == BEARER_ANY && foreign == JWS_UNKNOWN_KEY) {
        c->why = own;
        c->foreign = false;
        return result;
    }
    return foreign;
}

/* --- What came of it ----------------------------------------------------------------------------
 */

/* A subject that is no name of one: it must not pass for a group or be cut. */
static const char *bad_subject(const char *subject, bool foreign)
{
    if (strlen(subject) > IDENTITY_NAME_MAX)
        return "the subject of the token is too long";
    if (foreign &&
        (strcmp(subject, POLICY_ANONYMOUS) == 0 || strcmp(subject, POLICY_AUTHENTICATED) == 0))
        return "the subject of the token is the name of a group";
    return NULL;
}

/* What may have changed since the token was issued. */
static const char *ended(struct auth *auth, const struct verified *token)
{
    if (token->id[0] != '\0' && revoked_has(auth->revoked, token->id))
        return "the token was revoked";
    if (!token->foreign &&
        accounts_token_ended(auth->accounts, token->account, token->id, token->issued_at))
        return "the account was removed, disabled or its sessions were ended";
    return NULL;
}

static void accept(struct auth *auth, const struct verified *token, struct identity *ret)
{
    const char *reason = ended(auth, token);

    (void)snprintf(ret->account, sizeof(ret->account), "%s", token->account);
    if (reason != NULL)
        refuse(ret, IDENTITY_INVALID, reason);
    else if (scope_set_copy(&ret->granted, &token->granted) != 0)
        refuse(ret, IDENTITY_INVALID, "memory is short");
    else
        ret->kind = IDENTITY_BEARER;
}

/* A token that verified just now. */
static void accept_new(struct checking *c, struct identity *ret)
{
    const char *reason = bad_subject(c->claims.subject, c->foreign);
    struct verified token = {
        .account = c->claims.subject,
        .id = c->claims.id,
        .issued_at = c->claims.has_issued_at ? c->claims.issued_at : INT64_MIN,
        .foreign = c->foreign,
        .granted = c->claims.access,
    };

    if (reason != NULL) {
        refuse(ret, IDENTITY_INVALID, reason);
        return;
    }
    accept(c->auth, &token, ret);
    verified_add(c->auth->verified, &c->digest, &c->claims, c->foreign);
}

/* In whole seconds, as jws_verify() does. */
static bool is_in_time(const struct verified *token, int64_t now_ms, uint32_t leeway)
{
    return (now_ms - leeway) / 1000 < token->expires &&
           (now_ms + leeway) / 1000 >= token->not_before;
}

static void check_new(struct checking *c, enum bearer_issuers issuers, struct identity *ret)
{
    enum jws_result result = verify(c, issuers);

    if (result == JWS_GOOD) {
        accept_new(c, ret);
    } else {
        (void)snprintf(ret->account, sizeof(ret->account), "%.*s", IDENTITY_NAME_MAX,
                       c->claims.subject);
        refuse(ret, result == JWS_EXPIRED ? IDENTITY_EXPIRED : IDENTITY_INVALID,
               c->why.msg[0] != '\0' ? c->why.msg : jws_result_text(result));
    }
    claims_done(&c->claims);
}

void bearer_check(struct auth *auth, const char *token, enum bearer_issuers issuers,
                  struct identity *ret, bool *ret_foreign)
{
    struct checking c = {.auth = auth, .token = token, .now_ms = clock_now_ms(auth->clock)};
    const struct verified *known;

    *ret_foreign = false;
    if (!keyed_hash(auth->hash, &c.digest, "token", token, "")) {
        refuse(ret, IDENTITY_INVALID, "memory is short");
        return;
    }
    keyed_digest_fingerprint(ret->fingerprint, &c.digest);
    known = verified_find(auth->verified, &c.digest);
    if (known != NULL && is_in_time(known, c.now_ms, auth->leeway) &&
        (issuers == BEARER_ANY || known->foreign)) {
        accept(auth, known, ret);
        *ret_foreign = known->foreign;
        return;
    }
    check_new(&c, issuers, ret);
    *ret_foreign = c.foreign;
}
