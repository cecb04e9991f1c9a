/* SPDX-License-Identifier: MIT */
#include "auth/verified.h"

#include <stdlib.h>
#include <string.h>

#include "auth/claims.h"
#include "lib/util/util.h"

enum { SCOPES_OF_ONE_MAX = 16 };

struct verified_tokens {
    struct verified *table; /* owned, oldest first */
    size_t weight;          /* tokens, and scopes in them */
};

struct verified_tokens *verified_new(void)
{
    return calloc(1, sizeof(struct verified_tokens));
}

static void token_free(struct verified *token)
{
    if (token == NULL)
        return;
    free(token->account);
    free(token->id);
    scope_set_done(&token->granted);
    free(token);
}

static void drop(struct verified_tokens *v, struct verified *token)
{
    HASH_DEL(v->table, token);
    v->weight -= 1 + token->granted.count;
    token_free(token);
}

void verified_forget(struct verified_tokens *v)
{
    struct verified *token, *next;

    HASH_ITER(hh, v->table, token, next) {
        drop(v, token);
    }
}

void verified_free(struct verified_tokens *v)
{
    if (v == NULL)
        return;
    verified_forget(v);
    free(v);
}

static struct verified *find(const struct verified_tokens *v, const struct keyed_digest *digest)
{
    struct verified *token;

    HASH_FIND(hh, v->table, digest, sizeof(*digest), token);
    return token;
}

const struct verified *verified_find(const struct verified_tokens *v,
                                     const struct keyed_digest *digest)
{
    return find(v, digest);
}

static struct verified *make_token(const struct keyed_digest *digest, struct claims *claims,
                                   bool foreign)
{
    struct verified *token = calloc(1, sizeof(*token));

    if (token == NULL)
        return NULL;
    token->digest = *digest;
    token->account = strdup(claims->subject);
    token->id = strdup(claims->id);
    if (token->account == NULL || token->id == NULL) {
        token_free(token);
        return NULL;
    }
    token->issued_at = claims->has_issued_at ? claims->issued_at : INT64_MIN;
    token->not_before = claims->has_not_before ? claims->not_before : INT64_MIN;
    token->expires = claims->expires;
    token->foreign = foreign;
    token->granted = claims->access;
    claims->access = (struct scope_set){0};
    return token;
}

void verified_add(struct verified_tokens *v, const struct keyed_digest *digest,
                  struct claims *claims, bool foreign)
{
    struct verified *token;

    if (claims->access.count > SCOPES_OF_ONE_MAX)
        return;
    token = make_token(digest, claims, foreign);
    if (token == NULL)
        return;
    verified_remove(v, digest);
    v->weight += 1 + token->granted.count;
    while (v->weight > VERIFIED_MAX && v->table != NULL)
        drop(v, v->table); /* the first is the oldest */
    HASH_ADD(hh, v->table, digest, sizeof(token->digest), token);
}

void verified_remove(struct verified_tokens *v, const struct keyed_digest *digest)
{
    struct verified *token = find(v, digest);

    if (token != NULL)
        drop(v, token);
}
