/* SPDX-License-Identifier: MIT */
#include "auth/account_check.h"

#include <stdlib.h>
#include <string.h>

#include <openssl/crypto.h>

#include "auth/account_internal.h"
#include "auth/secret.h"
#include "lib/util/clock.h"
#include "lib/util/util.h"

enum { REMEMBERED_MAX = 10000 };

/* Owns all it points to, so that a job may run it. */
struct account_check {
    char *name;
    char *secret;
    char *hashes[ACCOUNT_SECRETS_MAX];
    size_t count;
    struct keyed_digest digest;
    uint64_t version; /* of the account; 0: there was none */
    bool real;        /* the hashes are the account's own */
    int right;        /* index of the hash that was right; -1: none was */
};

DEFINE_AUTO(check, struct account_check, account_check_free)
#define auto_check __attribute__((cleanup(auto_check_)))

bool account_digest(struct accounts *a, struct keyed_digest *ret, const char *name,
                    const char *secret)
{
    return keyed_hash(a->hash, ret, "secret", name, secret);
}

void accounts_set_cache_life(struct accounts *a, unsigned milliseconds)
{
    a->cache_life = milliseconds;
    accounts_forget_all(a);
}

const char *accounts_refusal(const struct accounts *a, const char *name)
{
    const struct account *account = account_get(a, name);

    if (account == NULL || account->removed)
        return "unknown account";
    return account->disabled ? "the account is disabled" : "wrong password";
}

/* --- What is remembered -------------------------------------------------------------------------
 */

static void forget(struct accounts *a, struct remembered *r)
{
    HASH_DEL(a->remembered, r);
    free(r);
}

void accounts_forget_all(struct accounts *a)
{
    struct remembered *r, *next;

    HASH_ITER(hh, a->remembered, r, next) {
        forget(a, r);
    }
}

static bool is_remembered(struct accounts *a, const struct account *account,
                          const struct keyed_digest *digest, int64_t now)
{
    struct remembered *r;

    HASH_FIND(hh, a->remembered, digest, sizeof(*digest), r);
    if (r == NULL)
        return false;
    if (r->version == account->version && now < r->until)
        return true;
    forget(a, r);
    return false;
}

static void remember(struct accounts *a, const struct account *account,
                     const struct keyed_digest *digest, int64_t until)
{
    struct remembered *r;

    HASH_FIND(hh, a->remembered, digest, sizeof(*digest), r);
    if (r != NULL)
        forget(a, r);
    if (HASH_COUNT(a->remembered) >= REMEMBERED_MAX)
        forget(a, a->remembered); /* the first is the oldest */
    r = calloc(1, sizeof(*r));
    if (r == NULL)
        return;
    r->digest = *digest;
    r->version = account->version;
    r->until = until;
    HASH_ADD(hh, a->remembered, digest, sizeof(r->digest), r);
}

/* --- Checking -----------------------------------------------------------------------------------
 */

/*
 * Some account with secrets, the same for the same name as long as accounts do not change. Each is
 * as likely as any other, so how long an answer takes says nothing about whether a name exists.
 */
static struct account *find_model(struct accounts *a, const char *name, int64_t now)
{
    size_t count = HASH_COUNT(a->table);
    struct keyed_digest digest;
    uint64_t start;

    if (count == 0 || !keyed_hash(a->hash, &digest, "model", name, ""))
        return NULL;
    memcpy(&start, digest.bytes, sizeof(start));
    for (size_t i = 0; i < count; i++) {
        struct account *account = a->all[(start % count + i) % count];

        account_purge(account, now);
        if (account->secret_count > 0)
            return account;
    }
    return NULL;
}

/* Looks at all of them, whichever is right. */
static bool plain_matches(const struct account *account, const struct keyed_digest *digest)
{
    bool right = false;

    for (size_t i = 0; i < account->secret_count; i++) {
        const struct kept_secret *s = &account->secrets[i];

        right |= s->hash == NULL && keyed_digest_equal(&s->digest, digest);
    }
    return right;
}

static struct account_check *make_check(const struct account *account, const char *name,
                                        const char *secret, const struct keyed_digest *digest)
{
    auto_check struct account_check *c = calloc(1, sizeof(*c));

    if (c == NULL)
        return NULL;
    c->digest = *digest;
    c->right = -1;
    c->name = strdup(name);
    c->secret = strdup(secret);
    if (c->name == NULL || c->secret == NULL)
        return NULL;
    for (size_t i = 0; i < account->secret_count; i++) {
        if (account->secrets[i].hash == NULL)
            continue;
        c->hashes[c->count] = strdup(account->secrets[i].hash);
        if (c->hashes[c->count] == NULL)
            return NULL;
        c->count++;
    }
    return STEAL(c);
}

static uint64_t version_of(const struct accounts *a, const char *name)
{
    const struct account *account = account_get(a, name);

    return account == NULL ? 0 : account->version;
}

bool accounts_check_is_current(const struct accounts *a, const struct account_check *check)
{
    return version_of(a, check->name) == check->version;
}

enum account_verdict accounts_check(struct accounts *a, const char *name, const char *secret,
                                    const struct keyed_digest *digest,
                                    struct account_check **ret_check)
{
    int64_t now = clock_now_ms(a->clock);
    struct account *account = account_get(a, name);
    struct account_check *check;
    bool real = false;
    bool right;

    if (account != NULL)
        account_purge(account, now);
    if (account != NULL && account->secret_count > 0)
        real = !account->disabled;
    else
        account = find_model(a, name, now);
    if (account == NULL)
        return ACCOUNT_BAD;
    right = plain_matches(account, digest) || is_remembered(a, account, digest, now);
    if (right && real)
        return ACCOUNT_GOOD;
    check = make_check(account, name, secret, digest);
    if (check == NULL || check->count == 0) {
        account_check_free(check);
        return ACCOUNT_BAD;
    }
    check->real = real;
    check->version = version_of(a, name);
    *ret_check = check;
    return ACCOUNT_SLOW;
}

void account_check_run(struct account_check *check)
{
    for (size_t i = 0; i < check->count; i++) {
        if (secret_matches(check->hashes[i], check->secret))
            check->right = (int)i;
    }
}

bool accounts_check_finish(struct accounts *a, const struct account_check *check)
{
    int64_t now = clock_now_ms(a->clock);
    struct account *account = account_get(a, check->name);

    if (!check->real || check->right < 0 || account == NULL || account->disabled)
        return false;
    account_purge(account, now);
    for (size_t i = 0; i < account->secret_count; i++) {
        const struct kept_secret *s = &account->secrets[i];
        int64_t until = now + a->cache_life;

        if (s->hash == NULL || strcmp(s->hash, check->hashes[check->right]) != 0)
            continue;
        if (a->cache_life > 0)
            remember(a, account, &check->digest,
                     s->until != 0 && s->until < until ? s->until : until);
        return true;
    }
    return false; /* it was changed meanwhile */
}

void account_check_free(struct account_check *check)
{
    if (check == NULL)
        return;
    if (check->secret != NULL)
        OPENSSL_cleanse(check->secret, strlen(check->secret));
    free(check->secret);
    for (size_t i = 0; i < check->count; i++)
        free(check->hashes[i]);
    free(check->name);
    free(check);
}
