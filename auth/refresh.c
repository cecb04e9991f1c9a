/* SPDX-License-Identifier: MIT */
#include "auth/refresh.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/rand.h>
#include <uthash.h>

#include "auth/account.h"
#include "auth/keyed_hash.h"
#include "lib/util/base64.h"
#include "lib/util/buf.h"
#include "lib/util/err.h"
#include "lib/util/text.h"
#include "lib/util/util.h"

enum { RANDOM_BYTES = 32 };

struct refresh {
    struct keyed_digest digest; /* of token and service; key of the table */
    struct keyed_digest token;  /* of the token alone, for revoking */
    char *account;              /* owned */
    uint64_t epoch;             /* of the account when it was issued */
    UT_hash_handle hh;
};

struct refresh_tokens {
    struct accounts *accounts; /* borrowed */
    struct keyed_hash *hash;   /* borrowed */
    struct refresh *table;     /* owned, oldest first */
};

int refresh_new(struct refresh_tokens **ret, struct accounts *accounts, struct keyed_hash *hash,
                struct err *err)
{
    struct refresh_tokens *r = calloc(1, sizeof(*r));

    if (r == NULL)
        return err_set(err, ERR_NOMEM, "refresh tokens");
    r->accounts = accounts;
    r->hash = hash;
    *ret = r;
    return 0;
}

static void drop(struct refresh_tokens *r, struct refresh *token)
{
    HASH_DEL(r->table, token);
    free(token->account);
    free(token);
}

void refresh_free(struct refresh_tokens *r)
{
    struct refresh *token, *next;

    if (r == NULL)
        return;
    HASH_ITER(hh, r->table, token, next) {
        drop(r, token);
    }
    free(r);
}

static bool digest_of(struct refresh_tokens *r, struct keyed_digest *ret, const char *token,
                      const char *service)
{
    return keyed_hash(r->hash, ret, "refresh", token, service);
}

/* The account is there and its sessions were not ended since. */
static bool is_valid(const struct refresh_tokens *r, const struct refresh *token)
{
    const struct account *account = accounts_find(r->accounts, token->account);

    return account != NULL && !account_is_disabled(account) &&
           accounts_refresh_epoch(r->accounts, token->account) == token->epoch;
}

static int make_text(char dst[REFRESH_TOKEN_SIZE], struct err *err)
{
    unsigned char random[RANDOM_BYTES];
    auto_buf struct buf b = BUF_INIT(REFRESH_TOKEN_SIZE - 1);

    if (RAND_priv_bytes(random, sizeof(random)) != 1)
        return err_set(err, ERR_SYSTEM, "no random numbers");
    base64_encode(&b, BASE64_URL, random, sizeof(random));
    if (buf_check(&b, "refresh token", err) != 0)
        return -1;
    (void)snprintf(dst, REFRESH_TOKEN_SIZE, "%s", buf_text(&b));
    return 0;
}

int refresh_issue(struct refresh_tokens *r, const char *account, const char *service,
                  char dst[REFRESH_TOKEN_SIZE], struct err *err)
{
    struct refresh *token;

    if (strlen(service) > REFRESH_SERVICE_MAX)
        return err_set(err, ERR_LIMIT, "the service has more than %d bytes", REFRESH_SERVICE_MAX);
    if (accounts_find(r->accounts, account) == NULL)
        return err_set(err, ERR_ABSENT, "no account is called %s", TEXT_QUOTE(account));
    if (make_text(dst, err) != 0)
        return -1;
    token = calloc(1, sizeof(*token));
    if (token == NULL || (token->account = strdup(account)) == NULL ||
        !digest_of(r, &token->digest, dst, service) || !digest_of(r, &token->token, dst, "")) {
        free(token != NULL ? token->account : NULL);
        free(token);
        return err_set(err, ERR_NOMEM, "refresh token");
    }
    token->epoch = accounts_refresh_epoch(r->accounts, account);
    if (HASH_COUNT(r->table) >= REFRESH_TOKENS_MAX)
        drop(r, r->table); /* the first is the oldest */
    HASH_ADD(hh, r->table, digest, sizeof(token->digest), token);
    return 0;
}

const char *refresh_find(struct refresh_tokens *r, const char *token, const char *service)
{
    struct keyed_digest digest;
    struct refresh *found;

    if (!digest_of(r, &digest, token, service))
        return NULL;
    HASH_FIND(hh, r->table, &digest, sizeof(digest), found);
    if (found == NULL)
        return NULL;
    if (is_valid(r, found))
        return found->account;
    drop(r, found);
    return NULL;
}

int refresh_revoke(struct refresh_tokens *r, const char *token, struct err *err)
{
    struct keyed_digest digest;
    struct refresh *found, *next;

    if (!digest_of(r, &digest, token, ""))
        return err_set(err, ERR_NOMEM, "refresh token");
    HASH_ITER(hh, r->table, found, next) {
        if (keyed_digest_equal(&found->token, &digest)) {
            drop(r, found);
            return 0;
        }
    }
    return err_set(err, ERR_ABSENT, "no such refresh token");
}

size_t refresh_revoke_account(struct refresh_tokens *r, const char *account)
{
    struct refresh *token, *next;
    size_t count = 0;

    HASH_ITER(hh, r->table, token, next) {
        if (strcmp(token->account, account) != 0)
            continue;
        drop(r, token);
        count++;
    }
    return count;
}

size_t refresh_count(const struct refresh_tokens *r)
{
    return HASH_COUNT(r->table);
}
