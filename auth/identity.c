/* SPDX-License-Identifier: MIT */
#include "auth/identity.h"

#include <stdlib.h>
#include <string.h>

#include "auth/account.h"
#include "auth/account_subject.h"
#include "auth/authorization.h"
#include "auth/bearer.h"
#include "auth/internal.h"
#include "auth/login.h"
#include "auth/policy.h"
#include "auth/keyed_hash.h"
#include "lib/http/exchange.h"
#include "lib/http/server.h"
#include "lib/util/text.h"
#include "lib/util/util.h"

enum { QUERY_MAGIC = 0x51554552 };

const char *identity_kind_name(enum identity_kind kind)
{
    static const char *const names[] = {
#define IDENTITY_WORD(name, word) [IDENTITY_##name] = (word),
        IDENTITY_KINDS(IDENTITY_WORD)
#undef IDENTITY_WORD
    };

    return names[kind];
}

void identity_init(struct identity *id)
{
    *id = (struct identity){.kind = IDENTITY_NONE};
}

void identity_done(struct identity *id)
{
    scope_set_done(&id->granted);
}

int identity_copy(struct identity *to, const struct identity *from)
{
    struct scope_set granted = {0};

    if (scope_set_copy(&granted, &from->granted) != 0)
        return -1;
    scope_set_done(&to->granted);
    *to = *from;
    to->granted = granted;
    return 0;
}

/* --- Finding out --------------------------------------------------------------------------------
 */

struct identity_query {
    unsigned magic;
    identity_fn done;
    void *arg;
    struct login *login; /* owned */
    bool starting;       /* identity_find() has not returned */
    bool answered;       /* meanwhile */
};

static void set_reason(struct identity *id, const char *reason)
{
    text_copy(id->reason, sizeof(id->reason), reason);
}

static void set_account(struct identity *id, const char *account)
{
    text_copy(id->account, sizeof(id->account), account);
}

static void answer(identity_fn done, void *arg, enum identity_kind kind, const char *account,
                   const char *reason)
{
    struct identity id;

    identity_init(&id);
    id.kind = kind;
    set_account(&id, account);
    set_reason(&id, reason);
    done(arg, &id);
    identity_done(&id);
}

static void on_login(void *arg, const struct login_result *result)
{
    struct identity_query *q;
    struct identity id;

    CAST_ARG(q, arg, QUERY_MAGIC);
    q->login = NULL;
    identity_init(&id);
    id.kind = result->good ? IDENTITY_BASIC : IDENTITY_INVALID;
    set_account(&id, result->account);
    set_reason(&id, result->reason);
    text_copy(id.fingerprint, sizeof(id.fingerprint), result->fingerprint);
    q->done(q->arg, &id);
    identity_done(&id);
    if (q->starting)
        q->answered = true;
    else
        free(q);
}

static void find_basic(struct auth *auth, const struct authorization *a, identity_fn done,
                       void *arg, struct identity_query **ret)
{
    struct identity_query *q = calloc(1, sizeof(*q));

    if (q == NULL) {
        answer(done, arg, IDENTITY_INVALID, a->user, "memory is short");
        return;
    }
    q->magic = QUERY_MAGIC;
    q->done = done;
    q->arg = arg;
    q->starting = true;
    login_start(auth, a->user, a->secret, on_login, q, &q->login);
    q->starting = false;
    if (q->answered)
        free(q);
    else
        *ret = q;
}

static void find_bearer(struct auth *auth, const char *token, identity_fn done, void *arg)
{
    struct identity id;
    bool foreign;

    identity_init(&id);
    bearer_check(auth, token, BEARER_ANY, &id, &foreign);
    done(arg, &id);
    identity_done(&id);
}

/* A certificate that is nobody's is none: it may be wanted for the connection alone. */
static void find_certificate(struct auth *auth, struct http_exchange *x, identity_fn done,
                             void *arg)
{
    char subject[ACCOUNT_SUBJECT_MAX + 2];
    const struct account *account;
    struct keyed_digest digest;
    struct identity id;

    identity_init(&id);
    if (http_conn_client_subject(http_exchange_conn(x), subject, sizeof(subject)) &&
        keyed_hash(auth->hash, &digest, "certificate", subject, "")) {
        keyed_digest_fingerprint(id.fingerprint, &digest);
        account = strlen(subject) > ACCOUNT_SUBJECT_MAX
                      ? NULL
                      : accounts_find_subject(auth->accounts, subject);
        if (account == NULL) {
            set_reason(&id, "the client certificate belongs to no account");
        } else {
            set_account(&id, account_name(account));
            id.kind = account_is_disabled(account) ? IDENTITY_INVALID : IDENTITY_CERTIFICATE;
            set_reason(&id, account_is_disabled(account) ? "the account is disabled" : "");
        }
    }
    done(arg, &id);
    identity_done(&id);
}

/* Credentials of the other scheme are none: the challenge then says what is wanted. */
static void find(struct auth *auth, struct http_exchange *x, const struct authorization *a,
                 identity_fn done, void *arg, struct identity_query **ret)
{
    switch (a->kind) {
    case AUTHORIZATION_NONE:
        find_certificate(auth, x, done, arg);
        return;
    case AUTHORIZATION_BAD:
        answer(done, arg, IDENTITY_INVALID, a->user, a->reason);
        return;
    case AUTHORIZATION_BASIC:
        if (auth->mode == AUTH_MODE_BASIC)
            find_basic(auth, a, done, arg, ret);
        else
            answer(done, arg, IDENTITY_NONE, "", "Basic credentials where a token is wanted");
        return;
    case AUTHORIZATION_BEARER:
        if (auth->mode == AUTH_MODE_BEARER)
            find_bearer(auth, a->token, done, arg);
        else
            answer(done, arg, IDENTITY_NONE, "", "a token where Basic credentials are wanted");
        return;
    }
}

void identity_find(struct auth *auth, struct http_exchange *x, identity_fn done, void *arg,
                   struct identity_query **ret)
{
    struct authorization a;

    *ret = NULL;
    if (auth->mode == AUTH_MODE_NONE) {
        answer(done, arg, IDENTITY_NONE, "", "");
        return;
    }
    authorization_read(&a, http_exchange_request(x));
    find(auth, x, &a, done, arg, ret);
    authorization_done(&a);
}

void identity_cancel(struct identity_query *q)
{
    if (q == NULL)
        return;
    ASSERT(q->magic == QUERY_MAGIC);
    login_cancel(q->login);
    free(q);
}

/* --- Access -------------------------------------------------------------------------------------
 */

bool access_is_on(const struct auth *auth)
{
    return auth->mode != AUTH_MODE_NONE;
}

bool access_policy_allows(struct auth *auth, const char *account, const struct scope *wanted)
{
    return !access_is_on(auth) || policy_allows(auth->policy, account, wanted);
}

static bool policy_allows_all(struct auth *auth, const char *account,
                              const struct scope_set *wanted)
{
    for (size_t i = 0; i < wanted->count; i++) {
        if (!policy_allows(auth->policy, account, &wanted->items[i]))
            return false;
    }
    return true;
}

static bool token_covers_all(const struct identity *id, const struct scope_set *wanted)
{
    for (size_t i = 0; i < wanted->count; i++) {
        if (!scope_set_covers(&id->granted, &wanted->items[i]))
            return false;
    }
    return true;
}

enum access_result access_check(struct auth *auth, const struct identity *id,
                                const struct scope_set *wanted)
{
    if (!access_is_on(auth))
        return ACCESS_ALLOWED;
    switch (id->kind) {
    case IDENTITY_NONE:
        return policy_allows_all(auth, NULL, wanted) ? ACCESS_ALLOWED : ACCESS_NO_CREDENTIALS;
    case IDENTITY_BEARER:
        return token_covers_all(id, wanted) ? ACCESS_ALLOWED : ACCESS_TOKEN_SCOPE;
    case IDENTITY_BASIC:
    case IDENTITY_CERTIFICATE:
        return policy_allows_all(auth, id->account, wanted) ? ACCESS_ALLOWED : ACCESS_DENIED;
    case IDENTITY_INVALID:
    case IDENTITY_EXPIRED:
        break;
    }
    return ACCESS_BAD_CREDENTIALS;
}

bool access_ping_challenges(struct auth *auth)
{
    return access_is_on(auth) && auth->ping == AUTH_PING_CHALLENGE;
}
