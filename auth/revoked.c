/* SPDX-License-Identifier: MIT */
#include "auth/revoked.h"

#include <stdlib.h>
#include <string.h>

#include <uthash.h>

#include "lib/util/clock.h"
#include "lib/util/err.h"
#include "lib/util/util.h"

struct revoked {
    char *id;      /* owned; key of the table */
    int64_t until; /* seconds since 1970 */
    UT_hash_handle hh;
};

struct revoked_tokens {
    const struct clock *clock; /* borrowed */
    struct revoked *table;     /* owned */
};

int revoked_new(struct revoked_tokens **ret, const struct clock *clock, struct err *err)
{
    struct revoked_tokens *r = calloc(1, sizeof(*r));

    if (r == NULL)
        return err_set(err, ERR_NOMEM, "revoked tokens");
    r->clock = clock;
    *ret = r;
    return 0;
}

static void drop(struct revoked_tokens *r, struct revoked *token)
{
    HASH_DEL(r->table, token);
    free(token->id);
    free(token);
}

void revoked_free(struct revoked_tokens *r)
{
    struct revoked *token, *next;

    if (r == NULL)
        return;
    HASH_ITER(hh, r->table, token, next) {
        drop(r, token);
    }
    free(r);
}

static struct revoked *find(const struct revoked_tokens *r, const char *id)
{
    struct revoked *token;

    HASH_FIND_STR(r->table, id, token);
    return token;
}

static void drop_expired(struct revoked_tokens *r)
{
    int64_t now = clock_now(r->clock);
    struct revoked *token, *next;

    HASH_ITER(hh, r->table, token, next) {
        if (token->until < now)
            drop(r, token);
    }
}

static int insert(struct revoked_tokens *r, const char *id, int64_t until, struct err *err)
{
    struct revoked *token = calloc(1, sizeof(*token));

    if (token == NULL || (token->id = strdup(id)) == NULL) {
        free(token);
        return err_set(err, ERR_NOMEM, "revoked token");
    }
    token->until = until;
    HASH_ADD_KEYPTR(hh, r->table, token->id, strlen(token->id), token);
    return 0;
}

int revoked_add(struct revoked_tokens *r, const char *id, int64_t until, struct err *err)
{
    struct revoked *token = find(r, id);

    if (id[0] == '\0' || strlen(id) > REVOKED_ID_MAX)
        return err_set(err, ERR_INVALID, "the id of a token has 1 to %d bytes", REVOKED_ID_MAX);
    if (token != NULL) {
        token->until = token->until > until ? token->until : until;
        return 0;
    }
    if (HASH_COUNT(r->table) >= REVOKED_MAX)
        drop_expired(r);
    if (HASH_COUNT(r->table) >= REVOKED_MAX)
        return err_set(err, ERR_LIMIT, "more than %d revoked tokens that have not expired",
                       REVOKED_MAX);
    return insert(r, id, until, err);
}

bool revoked_has(struct revoked_tokens *r, const char *id)
{
    return r->table != NULL && find(r, id) != NULL;
}

size_t revoked_count(const struct revoked_tokens *r)
{
    return HASH_COUNT(r->table);
}
