/* SPDX-License-Identifier: MIT */
#include "auth/account.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>
#include <openssl/rand.h>

#include "auth/account_check.h"
#include "auth/account_internal.h"
#include "auth/policy_rule.h"
#include "auth/secret.h"
#include "lib/util/clock.h"
#include "lib/util/err.h"
#include "lib/util/text.h"
#include "lib/util/util.h"

enum { TABLE_FIRST = 16, CACHE_LIFE_DEFAULT = 60 * 1000, TOKEN_RANDOM = 16 };

DEFINE_AUTO(accounts, struct accounts, accounts_free)
#define auto_accounts __attribute__((cleanup(auto_accounts_)))

int account_check_name(const char *name, struct err *err)
{
    size_t n = strlen(name);

    if (n == 0)
        return err_set(err, ERR_INVALID, "an account needs a name");
    if (n > ACCOUNT_NAME_MAX)
        return err_set(err, ERR_INVALID, "%s is longer than %d bytes", TEXT_QUOTE(name),
                       ACCOUNT_NAME_MAX);
    for (size_t i = 0, step; i < n; i += step) {
        step = text_printable(name + i, n - i);
        if (step == 0)
            return err_set(err, ERR_INVALID, "%s is not printable UTF-8", TEXT_QUOTE(name));
    }
    if (strpbrk(name, ":*?") != NULL || name[0] == '!')
        return err_set(err, ERR_INVALID,
                       "%s: a name holds no ':', '*' or '?' and begins with no '!'",
                       TEXT_QUOTE(name));
    if (strcmp(name, POLICY_ANONYMOUS) == 0 || strcmp(name, POLICY_AUTHENTICATED) == 0)
        return err_set(err, ERR_INVALID, "%s is the name of a group", TEXT_QUOTE(name));
    return 0;
}

/* --- The table ----------------------------------------------------------------------------------
 */

int accounts_new(struct accounts **ret, const struct clock *clock, struct keyed_hash *hash,
                 struct err *err)
{
    auto_accounts struct accounts *a = calloc(1, sizeof(*a));
    unsigned char tag[4];

    if (a == NULL)
        return err_set(err, ERR_NOMEM, "accounts");
    if (RAND_bytes(tag, sizeof(tag)) != 1)
        return err_set(err, ERR_SYSTEM, "no random numbers");
    text_hex(a->tag, tag, sizeof(tag));
    a->clock = clock;
    a->hash = hash;
    a->cache_life = CACHE_LIFE_DEFAULT;
    *ret = STEAL(a);
    return 0;
}

void account_drop_secrets(struct account *account)
{
    for (size_t i = 0; i < account->secret_count; i++)
        free(account->secrets[i].hash);
    account->secret_count = 0;
}

static void account_free(struct account *account)
{
    account_drop_secrets(account);
    free(account->subject);
    free(account->name);
    free(account);
}

void accounts_free(struct accounts *a)
{
    struct account *account, *next;

    if (a == NULL)
        return;
    accounts_forget_all(a);
    HASH_CLEAR(by_subject, a->subjects);
    HASH_ITER(hh, a->table, account, next) {
        HASH_DEL(a->table, account);
        account_free(account);
    }
    free(a->all);
    free(a);
}

struct account *account_get(const struct accounts *a, const char *name)
{
    struct account *account;

    HASH_FIND_STR(a->table, name, account);
    return account;
}

static struct account *find_live(const struct accounts *a, const char *name)
{
    struct account *account = account_get(a, name);

    return account != NULL && !account->removed ? account : NULL;
}

static struct account *find_or_say(const struct accounts *a, const char *name, struct err *err)
{
    struct account *account = find_live(a, name);

    if (account == NULL)
        (void)err_set(err, ERR_ABSENT, "no account is called %s", TEXT_QUOTE(name));
    return account;
}

/* Makes room by forgetting the removed account that was added first. */
static int make_room(struct accounts *a, struct err *err)
{
    size_t count = HASH_COUNT(a->table);
    struct account **all;
    struct account *account, *next;

    if (count >= ACCOUNTS_MAX) {
        HASH_ITER(hh, a->table, account, next) {
            if (!account->removed)
                continue;
            a->all[account->index] = a->all[count - 1];
            a->all[account->index]->index = account->index;
            HASH_DEL(a->table, account);
            account_free(account);
            return 0;
        }
        return err_set(err, ERR_LIMIT, "more than %d accounts", ACCOUNTS_MAX);
    }
    if (count < a->capacity)
        return 0;
    all = realloc(a->all, (a->capacity == 0 ? TABLE_FIRST : a->capacity * 2) * sizeof(*all));
    if (all == NULL)
        return err_set(err, ERR_NOMEM, "accounts");
    a->all = all;
    a->capacity = a->capacity == 0 ? TABLE_FIRST : a->capacity * 2;
    return 0;
}

struct account *account_insert(struct accounts *a, const char *name, struct err *err)
{
    struct account *account;

    if (make_room(a, err) != 0)
        return NULL;
    account = calloc(1, sizeof(*account));
    if (account == NULL || (account->name = strdup(name)) == NULL) {
        (void)err_set(err, ERR_NOMEM, "account");
        free(account);
        return NULL;
    }
    account->epoch = ++a->last_number;
    account->refresh_epoch = account->epoch;
    account->ended_at = INT64_MIN;
    account->index = HASH_COUNT(a->table);
    a->all[account->index] = account;
    HASH_ADD_KEYPTR(hh, a->table, account->name, strlen(account->name), account);
    return account;
}

/* --- Secrets ------------------------------------------------------------------------------------
 */

static void drop_secret(struct account *account, size_t i)
{
    free(account->secrets[i].hash);
    account->secret_count--;
    memmove(&account->secrets[i], &account->secrets[i + 1],
            (account->secret_count - i) * sizeof(account->secrets[0]));
}

void account_purge(struct account *account, int64_t now)
{
    for (size_t i = account->secret_count; i-- > 0;) {
        if (account->secrets[i].until != 0 && account->secrets[i].until <= now)
            drop_secret(account, i);
    }
}

static int make_secret(struct accounts *a, struct kept_secret *ret, const char *name,
                       const struct account_secret *secret, struct err *err)
{
    struct kept_secret made = {0};

    ASSERT(secret->plain == NULL || secret->hash == NULL);
    if (secret->plain != NULL) {
        if (secret_check(secret->plain, err) != 0)
            return -1;
        if (!account_digest(a, &made.digest, name, secret->plain))
            return err_set(err, ERR_NOMEM, "account");
    } else if (secret->hash != NULL) {
        if (secret_check_hash(secret->hash, err) != 0)
            return -1;
        made.hash = strdup(secret->hash);
        if (made.hash == NULL)
            return err_set(err, ERR_NOMEM, "account");
    }
    *ret = made;
    return 0;
}

/* Where there is no room, the one that ends first gives way. */
static void keep_secret(struct accounts *a, struct account *account,
                        const struct kept_secret *secret)
{
    size_t first = 0;

    for (size_t i = 1; i < account->secret_count; i++) {
        int64_t until = account->secrets[i].until;

        if (until != 0 &&
            (account->secrets[first].until == 0 || until < account->secrets[first].until))
            first = i;
    }
    if (account->secret_count == ACCOUNT_SECRETS_MAX)
        drop_secret(account, first);
    account->secrets[account->secret_count++] = *secret;
    account->version = ++a->last_number;
}

/* --- Changes ------------------------------------------------------------------------------------
 */

int accounts_add(struct accounts *a, const char *name, const struct account_secret *secret,
                 enum account_origin origin, struct err *err)
{
    struct account *account = account_get(a, name);
    struct kept_secret made;

    if (account_check_name(name, err) != 0)
        return -1;
    if (account != NULL && !account->removed)
        return err_set(err, ERR_EXISTS, "account %s exists already", TEXT_QUOTE(name));
    if (make_secret(a, &made, name, secret, err) != 0)
        return err_wrap(err, "account %s", TEXT_QUOTE(name));
    if (account == NULL)
        account = account_insert(a, name, err);
    if (account == NULL) {
        free(made.hash);
        return -1;
    }
    account->removed = false;
    account->disabled = false;
    account->origin = origin;
    a->live++;
    if (secret->plain != NULL || secret->hash != NULL)
        keep_secret(a, account, &made);
    return 0;
}

int accounts_rotate(struct accounts *a, const char *name, const struct account_secret *secret,
                    int64_t old_until, struct err *err)
{
    struct account *account = find_or_say(a, name, err);
    struct kept_secret made;

    if (account == NULL)
        return -1;
    if (make_secret(a, &made, name, secret, err) != 0)
        return err_wrap(err, "account %s", TEXT_QUOTE(name));
    if (old_until == 0) {
        account_drop_secrets(account);
        account->refresh_epoch = ++a->last_number;
    }
    for (size_t i = 0; i < account->secret_count; i++) {
        if (account->secrets[i].until == 0 || account->secrets[i].until > old_until)
            account->secrets[i].until = old_until;
    }
    account_purge(account, clock_now_ms(a->clock));
    if (secret->plain != NULL || secret->hash != NULL)
        keep_secret(a, account, &made);
    return 0;
}

static void end_sessions(struct accounts *a, struct account *account)
{
    account->epoch = ++a->last_number;
    account->refresh_epoch = account->epoch;
    account->ended_at = clock_now_ms(a->clock);
}

int accounts_remove(struct accounts *a, const char *name, struct err *err)
{
    struct account *account = find_or_say(a, name, err);

    if (account == NULL)
        return -1;
    account_drop_secrets(account);
    account_drop_subject(a, account);
    account->version = ++a->last_number;
    end_sessions(a, account);
    account->removed = true;
    a->live--;
    return 0;
}

int accounts_end_sessions(struct accounts *a, const char *name, struct err *err)
{
    struct account *account = find_or_say(a, name, err);

    if (account == NULL)
        return -1;
    account->version = ++a->last_number; /* what is remembered is forgotten */
    end_sessions(a, account);
    return 0;
}

int accounts_set_disabled(struct accounts *a, const char *name, bool disabled, struct err *err)
{
    if (find_or_say(a, name, err) == NULL || (disabled && accounts_end_sessions(a, name, err) != 0))
        return -1;
    account_get(a, name)->disabled = disabled;
    return 0;
}

/* --- Looking ------------------------------------------------------------------------------------
 */

const struct account *accounts_find(const struct accounts *a, const char *name)
{
    return find_live(a, name);
}

size_t accounts_count(const struct accounts *a)
{
    return a->live;
}

const char *account_name(const struct account *account)
{
    return account->name;
}

bool account_is_disabled(const struct account *account)
{
    return account->disabled;
}

enum account_origin account_origin(const struct account *account)
{
    return account->origin;
}

static json_t *secrets_to_json(const struct account *account, int64_t now)
{
    json_t *list = json_array();

    for (size_t i = 0; list != NULL && i < account->secret_count; i++) {
        const struct kept_secret *s = &account->secrets[i];
        char until[CLOCK_TEXT_MAX];

        if (s->until != 0 && s->until <= now)
            continue;
        if (json_array_append_new(
                list, json_pack("{s:s, s:s*}", "kind", s->hash != NULL ? "hash" : "plain", "until",
                                s->until != 0 ? clock_format(until, s->until / 1000) : NULL)) !=
            0) {
            json_decref(list);
            return NULL;
        }
    }
    return list;
}

static json_t *account_to_json(const struct account *account, int64_t now)
{
    static const char *const origins[] = {
#define ORIGIN_WORD(name, word) [ACCOUNT_##name] = (word),
        ACCOUNT_ORIGINS(ORIGIN_WORD)
#undef ORIGIN_WORD
    };

    return json_pack("{s:s, s:s, s:b, s:s*, s:o}", "name", account->name, "origin",
                     origins[account->origin], "disabled", account->disabled, "subject",
                     account->subject, "secrets", secrets_to_json(account, now));
}

json_t *account_describe(const struct accounts *a, const struct account *account)
{
    return account_to_json(account, clock_now_ms(a->clock));
}

static int compare_names(const void *a, const void *b)
{
    const struct account *const *x = a;
    const struct account *const *y = b;

    return strcmp((*x)->name, (*y)->name);
}

json_t *accounts_to_json(const struct accounts *a)
{
    auto_free const struct account **sorted = calloc(a->live + 1, sizeof(struct account *));
    json_t *list = sorted == NULL ? NULL : json_array();
    const struct account *account;
    size_t n = 0;

    if (list == NULL)
        return NULL;
    for (account = a->table; account != NULL; account = account->hh.next) {
        if (!account->removed)
            sorted[n++] = account;
    }
    qsort(sorted, n, sizeof(struct account *), compare_names);
    for (size_t i = 0; i < n; i++) {
        if (json_array_append_new(list, account_to_json(sorted[i], clock_now_ms(a->clock))) != 0) {
            json_decref(list);
            return NULL;
        }
    }
    return list;
}

/* --- What was issued ----------------------------------------------------------------------------
 */

uint64_t accounts_refresh_epoch(const struct accounts *a, const char *name)
{
    const struct account *account = account_get(a, name);

    return account == NULL ? 0 : account->refresh_epoch;
}

int accounts_token_id(const struct accounts *a, const char *name, char dst[ACCOUNT_TOKEN_ID_SIZE],
                      struct err *err)
{
    unsigned char random[TOKEN_RANDOM];
    char text[2 * TOKEN_RANDOM + 1];
    const struct account *account = account_get(a, name);

    if (RAND_bytes(random, sizeof(random)) != 1)
        return err_set(err, ERR_SYSTEM, "no random numbers");
    text_hex(text, random, sizeof(random));
    (void)snprintf(dst, ACCOUNT_TOKEN_ID_SIZE, "%s-%" PRIx64 "-%s", a->tag,
                   account == NULL ? 0 : account->epoch, text);
    return 0;
}

/* The epoch in an id that this table made; false for other ids. */
static bool read_epoch(const struct accounts *a, const char *id, uint64_t *ret)
{
    size_t n = strlen(a->tag);
    uint64_t epoch = 0;

    if (id == NULL || strncmp(id, a->tag, n) != 0 || id[n] != '-')
        return false;
    for (id += n + 1; *id != '-'; id++) {
        unsigned char digit;

        if (*id == '\0' || epoch >> 60 != 0 || !text_unhex(&digit, (char[]){'0', *id, '\0'}, 1))
            return false;
        epoch = epoch << 4 | digit;
    }
    *ret = epoch;
    return true;
}

bool accounts_token_ended(const struct accounts *a, const char *name, const char *token_id,
                          int64_t issued_at)
{
    const struct account *account = account_get(a, name);
    uint64_t epoch;

    if (account == NULL)
        return false;
    if (account->removed || account->disabled)
        return true;
    if (read_epoch(a, token_id, &epoch))
        return epoch != account->epoch;
    return account->ended_at != INT64_MIN && issued_at <= account->ended_at / 1000;
}
