/* SPDX-License-Identifier: MIT */
#include "auth/htpasswd_watch.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <uthash.h>

#include "auth/account.h"
#include "auth/htpasswd.h"
#include "lib/util/err.h"
#include "lib/util/log.h"
#include "lib/util/text.h"
#include "lib/util/util.h"

/* What tells one state of the file from another. */
struct file_state {
    struct timespec changed;
    off_t size;
    ino_t number;
    bool there;
};

struct htpasswd_watch {
    char *path;                /* owned */
    struct accounts *accounts; /* borrowed */
    struct htpasswd users;     /* owned: as read last */
    struct file_state state;   /* of the file when it was looked at last */
};

/* One user of a file, for finding it by name. */
struct named {
    const struct htpasswd_entry *entry;
    UT_hash_handle hh;
};

DEFINE_AUTO(watch, struct htpasswd_watch, htpasswd_watch_free)
#define auto_watch __attribute__((cleanup(auto_watch_)))

void htpasswd_watch_free(struct htpasswd_watch *w)
{
    if (w == NULL)
        return;
    htpasswd_done(&w->users);
    free(w->path);
    free(w);
}

static struct file_state look_at(const char *path)
{
    struct file_state state = {0};
    struct stat st;

    if (stat(path, &st) != 0)
        return state;
    return (struct file_state){
        .changed = st.st_mtim, .size = st.st_size, .number = st.st_ino, .there = true};
}

static bool is_same(const struct file_state *a, const struct file_state *b)
{
    return a->there == b->there && a->size == b->size && a->number == b->number &&
           a->changed.tv_sec == b->changed.tv_sec && a->changed.tv_nsec == b->changed.tv_nsec;
}

/* --- Comparing two states of the file -----------------------------------------------------------
 */

/* The users of a file by name. The caller frees the array behind the table: *ret_rows. */
static int index_users(struct named **ret_table, struct named **ret_rows, const struct htpasswd *h,
                       struct err *err)
{
    struct named *rows = calloc(h->count + 1, sizeof(*rows));
    struct named *table = NULL;

    if (rows == NULL)
        return err_set(err, ERR_NOMEM, "htpasswd");
    for (size_t i = 0; i < h->count; i++) {
        rows[i].entry = &h->entries[i];
        HASH_ADD_KEYPTR(hh, table, h->entries[i].user, strlen(h->entries[i].user), &rows[i]);
    }
    *ret_table = table;
    *ret_rows = rows;
    return 0;
}

static bool is_ours(const struct htpasswd_watch *w, const char *user)
{
    const struct account *account = accounts_find(w->accounts, user);

    return account != NULL && account_origin(account) == ACCOUNT_HTPASSWD;
}

/* old: the user's entry before, or NULL. */
static int apply_entry(struct htpasswd_watch *w, const struct htpasswd_entry *entry,
                       const struct htpasswd_entry *old, struct err *err)
{
    const struct account_secret secret = {.hash = entry->hash};
    int result;

    if (!is_ours(w, entry->user))
        result = accounts_add(w->accounts, entry->user, &secret, ACCOUNT_HTPASSWD, err);
    else if (old != NULL && strcmp(old->hash, entry->hash) == 0)
        return 0;
    else
        result = accounts_rotate(w->accounts, entry->user, &secret, 0, err);
    return result == 0 ? 0 : err_wrap(err, "%s:%u", w->path, entry->line);
}

/* The first error is told; the rest of the file is applied all the same. */
static int apply_entries(struct htpasswd_watch *w, const struct htpasswd *users,
                         struct named *before, struct err *err)
{
    int result = 0;

    for (size_t i = 0; i < users->count; i++) {
        const struct htpasswd_entry *entry = &users->entries[i];
        struct named *old;

        HASH_FIND_STR(before, entry->user, old);
        if (apply_entry(w, entry, old == NULL ? NULL : old->entry, result == 0 ? err : NULL) != 0)
            result = -1;
    }
    return result;
}

static void remove_gone(struct htpasswd_watch *w, struct named *after)
{
    for (size_t i = 0; i < w->users.count; i++) {
        const char *user = w->users.entries[i].user;
        struct named *found;

        HASH_FIND_STR(after, user, found);
        if (found == NULL && is_ours(w, user))
            (void)accounts_remove(w->accounts, user, NULL);
    }
}

/* Takes users, on failure too. */
static int apply(struct htpasswd_watch *w, struct htpasswd *users, struct err *err)
{
    auto_free struct named *old_rows = NULL;
    auto_free struct named *new_rows = NULL;
    struct named *before = NULL, *after = NULL;
    int result = -1;

    if (index_users(&before, &old_rows, &w->users, err) == 0 &&
        index_users(&after, &new_rows, users, err) == 0) {
        result = apply_entries(w, users, before, err);
        remove_gone(w, after);
    }
    HASH_CLEAR(hh, before);
    HASH_CLEAR(hh, after);
    htpasswd_done(&w->users);
    w->users = *users;
    return result;
}

/* --- Reading ------------------------------------------------------------------------------------
 */

int htpasswd_watch_reload(struct htpasswd_watch *w, struct err *err)
{
    struct htpasswd users;

    w->state = look_at(w->path);
    if (htpasswd_load(&users, w->path, err) != 0)
        return -1;
    return apply(w, &users, err);
}

int htpasswd_watch_new(struct htpasswd_watch **ret, const char *path, struct accounts *accounts,
                       struct err *err)
{
    auto_watch struct htpasswd_watch *w = calloc(1, sizeof(*w));

    if (w == NULL || (w->path = strdup(path)) == NULL)
        return err_set(err, ERR_NOMEM, "htpasswd");
    w->accounts = accounts;
    if (htpasswd_watch_reload(w, err) != 0)
        return -1;
    *ret = STEAL(w);
    return 0;
}

void htpasswd_watch_look(struct htpasswd_watch *w)
{
    struct file_state state;
    struct err err;

    if (w == NULL)
        return;
    state = look_at(w->path);
    if (is_same(&state, &w->state))
        return;
    if (htpasswd_watch_reload(w, &err) != 0)
        log_failure(LOG_LEVEL_WARN, "the htpasswd file has changed, but", &err);
}
