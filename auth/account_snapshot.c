/* SPDX-License-Identifier: MIT */
#include "auth/account_snapshot.h"

#include <stdlib.h>
#include <string.h>

#include "auth/account_internal.h"
#include "lib/util/err.h"
#include "lib/util/util.h"

/* One account. */
struct kept {
    char *name;                                      /* owned */
    char *subject;                                   /* owned; NULL: none */
    struct kept_secret secrets[ACCOUNT_SECRETS_MAX]; /* their hashes are owned */
    size_t secret_count;
    enum account_origin origin;
    bool disabled;
    uint64_t version; /* of the secrets then */
    UT_hash_handle hh;
};

struct accounts_snapshot {
    struct kept *rows;  /* owned */
    struct kept *table; /* of the rows, by name; of a copy only */
    size_t count;
};

DEFINE_AUTO(snapshot, struct accounts_snapshot, accounts_snapshot_free)
#define auto_snapshot __attribute__((cleanup(auto_snapshot_)))

void accounts_snapshot_free(struct accounts_snapshot *s)
{
    if (s == NULL)
        return;
    HASH_CLEAR(hh, s->table);
    for (size_t i = 0; i < s->count; i++) {
        for (size_t k = 0; k < s->rows[i].secret_count; k++)
            free(s->rows[i].secrets[k].hash);
        free(s->rows[i].name);
        free(s->rows[i].subject);
    }
    free(s->rows);
    free(s);
}

/* False: memory is short. */
static bool copy_text(char **ret, const char *text)
{
    *ret = text != NULL ? strdup(text) : NULL;
    return text == NULL || *ret != NULL;
}

/* What it holds can be freed, also on failure. */
static bool keep(struct kept *ret, const struct kept *from)
{
    ret->origin = from->origin;
    ret->disabled = from->disabled;
    ret->version = from->version;
    for (; ret->secret_count < from->secret_count; ret->secret_count++) {
        struct kept_secret *secret = &ret->secrets[ret->secret_count];

        *secret = from->secrets[ret->secret_count];
        if (!copy_text(&secret->hash, from->secrets[ret->secret_count].hash))
            return false;
    }
    ret->name = strdup(from->name);
    return ret->name != NULL && copy_text(&ret->subject, from->subject);
}

/* The same without copies. */
static struct kept view(const struct account *account)
{
    struct kept k = {.name = account->name,
                     .subject = account->subject,
                     .secret_count = account->secret_count,
                     .origin = account->origin,
                     .disabled = account->disabled,
                     .version = account->version};

    memcpy(k.secrets, account->secrets, sizeof(k.secrets));
    return k;
}

static struct accounts_snapshot *make(size_t room)
{
    struct accounts_snapshot *s = calloc(1, sizeof(*s));

    if (s != NULL)
        s->rows = calloc(room + 1, sizeof(*s->rows));
    if (s == NULL || s->rows != NULL)
        return s;
    free(s);
    return NULL;
}

static bool add(struct accounts_snapshot *s, const struct kept *from)
{
    return keep(&s->rows[s->count++], from);
}

int accounts_snapshot_new(struct accounts_snapshot **ret, const struct accounts *a, struct err *err)
{
    auto_snapshot struct accounts_snapshot *s = make(a->live);
    const struct account *account;

    for (account = a->table; s != NULL && account != NULL; account = account->hh.next) {
        struct kept k = view(account);

        if (!account->removed && !add(s, &k))
            return err_set(err, ERR_NOMEM, "accounts");
    }
    if (s == NULL)
        return err_set(err, ERR_NOMEM, "accounts");
    *ret = STEAL(s);
    return 0;
}

/* --- Going back ---------------------------------------------------------------------------------
 */

/* A copy with a table, which may be taken apart. */
static struct accounts_snapshot *copy(const struct accounts_snapshot *s)
{
    auto_snapshot struct accounts_snapshot *c = make(s != NULL ? s->count : 0);

    for (size_t i = 0; c != NULL && s != NULL && i < s->count; i++) {
        if (!add(c, &s->rows[i]))
            return NULL;
        HASH_ADD_KEYPTR(hh, c->table, c->rows[i].name, strlen(c->rows[i].name), &c->rows[i]);
    }
    return STEAL(c);
}

/* Names that are not in the table any more, as removed accounts. */
static int make_places(struct accounts *a, const struct accounts_snapshot *s, struct err *err)
{
    for (size_t i = 0; i < s->count; i++) {
        struct account *account = account_get(a, s->rows[i].name);

        if (account != NULL)
            continue;
        account = account_insert(a, s->rows[i].name, err);
        if (account == NULL)
            return -1;
        account->removed = true;
    }
    return 0;
}

/* Takes the secrets out of k. */
static void put_secrets(struct accounts *a, struct account *account, struct kept *k)
{
    account_drop_secrets(account);
    memcpy(account->secrets, k->secrets, sizeof(account->secrets));
    account->secret_count = k->secret_count;
    k->secret_count = 0;
    account->version = ++a->last_number;
    account->refresh_epoch = ++a->last_number;
}

static void put(struct accounts *a, struct account *account, struct kept *k)
{
    if (account->removed || account->version != k->version)
        put_secrets(a, account, k);
    a->live += account->removed ? 1 : 0;
    account->removed = false;
    account->disabled = k->disabled;
    account->origin = k->origin;
    account->subject = STEAL(k->subject);
    if (account->subject != NULL)
        HASH_ADD_KEYPTR(by_subject, a->subjects, account->subject, strlen(account->subject),
                        account);
}

int accounts_restore(struct accounts *a, const struct accounts_snapshot *s, struct err *err)
{
    auto_snapshot struct accounts_snapshot *fresh = copy(s);
    struct account *account, *next;

    if (fresh == NULL)
        return err_set(err, ERR_NOMEM, "accounts");
    if (make_places(a, fresh, err) != 0)
        return -1;
    HASH_ITER(hh, a->table, account, next) {
        struct kept *k;

        account_drop_subject(a, account);
        HASH_FIND_STR(fresh->table, account->name, k);
        if (k == NULL && !account->removed)
            (void)accounts_remove(a, account->name, NULL);
    }
    for (size_t i = 0; i < fresh->count; i++)
        put(a, account_get(a, fresh->rows[i].name), &fresh->rows[i]);
    return 0;
}
