/* SPDX-License-Identifier: MIT */
/*
 *     login_start() -> at once: remembered, plain, foreign token
 *                   -> attempt (one per user and secret) -> waits -> job -> all its logins are told
 */
#include "auth/login.h"

#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>
#include <unistd.h>

#include <uthash.h>

#include "auth/account_check.h"
#include "auth/bearer.h"
#include "auth/htpasswd_watch.h"
#include "auth/identity.h"
#include "auth/internal.h"
#include "lib/http/loop.h"
#include "lib/util/err.h"
#include "lib/util/util.h"

enum {
    LOGINS_MAX = 20000, /* waiting at once */
    RUNNING_MAX = 3,
    LOGINS_MAGIC = 0x4c4f4749,
    ATTEMPT_MAGIC = 0x41545450,
};

/* A comparison with slow hashes, and who waits for it. */
struct attempt {
    unsigned magic;
    struct logins *logins;       /* borrowed */
    struct account_check *check; /* owned */
    struct keyed_digest digest;  /* key of the table: user and secret */
    char *user;                  /* owned */
    bool listed;                 /* in the table */
    bool running;
    TAILQ_HEAD(login_list, login) waiting;
    TAILQ_ENTRY(attempt) link; /* in logins.queue, unless it is running */
    UT_hash_handle hh;
};

struct login {
    struct attempt *attempt; /* borrowed */
    login_fn done;
    void *arg;
    char token_reason[IDENTITY_REASON_MAX + 1]; /* see struct question */
    TAILQ_ENTRY(login) link;
};

struct logins {
    unsigned magic;
    struct auth *auth;                       /* borrowed */
    struct attempt *table;                   /* attempts that logins can join */
    TAILQ_HEAD(attempt_list, attempt) queue; /* of those that wait for their turn */
    unsigned running;
    unsigned running_max;
    unsigned count; /* of logins */
};

/* One thread of the pool and one processor are left to others. */
static unsigned choose_running_max(void)
{
    long cpus = sysconf(_SC_NPROCESSORS_ONLN);

    return cpus <= 2 ? 1 : cpus - 1 > RUNNING_MAX ? RUNNING_MAX : (unsigned)cpus - 1;
}

int logins_new(struct logins **ret, struct auth *auth, struct err *err)
{
    struct logins *l = calloc(1, sizeof(*l));

    if (l == NULL)
        return err_set(err, ERR_NOMEM, "logins");
    l->magic = LOGINS_MAGIC;
    l->auth = auth;
    l->running_max = choose_running_max();
    TAILQ_INIT(&l->queue);
    *ret = l;
    return 0;
}

void logins_free(struct logins *l)
{
    if (l == NULL)
        return;
    ASSERT(l->count == 0 && l->running == 0);
    free(l);
}

/* --- Attempts -----------------------------------------------------------------------------------
 */

static void attempt_free(struct attempt *t)
{
    account_check_free(t->check);
    free(t->user);
    free(t);
}

static void unlist(struct attempt *t)
{
    if (t->listed)
        HASH_DEL(t->logins->table, t);
    t->listed = false;
}

/* Out of table and queue; what waits for it stays. */
static void take_out(struct attempt *t)
{
    unlist(t);
    if (!t->running)
        TAILQ_REMOVE(&t->logins->queue, t, link);
}

static void run_attempt(void *arg)
{
    struct attempt *t;

    CAST_ARG(t, arg, ATTEMPT_MAGIC);
    account_check_run(t->check);
}

static void on_attempt_run(void *arg);

static void run_next(struct logins *l)
{
    while (l->running < l->running_max && !TAILQ_EMPTY(&l->queue)) {
        struct attempt *t = TAILQ_FIRST(&l->queue);

        TAILQ_REMOVE(&l->queue, t, link);
        t->running = true;
        l->running++;
        loop_job(l->auth->loop, run_attempt, on_attempt_run, t);
    }
}

static void fill_result(struct login_result *ret, struct auth *auth, const char *user,
                        const struct keyed_digest *digest, bool good)
{
    *ret = (struct login_result){.good = good, .account = user, .reason = ""};
    if (!good)
        ret->reason = accounts_refusal(auth->accounts, user);
    keyed_digest_fingerprint(ret->fingerprint, digest);
}

static void tell(struct login *login, const struct login_result *result)
{
    struct login_result own = *result;

    if (!own.good && login->token_reason[0] != '\0')
        own.reason = login->token_reason;
    login->done(login->arg, &own);
}

/* Callbacks may start and cancel other logins, of the same attempt too. */
static void on_attempt_run(void *arg)
{
    struct login_result result;
    struct attempt *t;
    struct logins *l;
    struct login *login;

    CAST_ARG(t, arg, ATTEMPT_MAGIC);
    l = t->logins;
    take_out(t);
    l->running--;
    fill_result(&result, l->auth, t->user, &t->digest,
                accounts_check_finish(l->auth->accounts, t->check));
    while ((login = TAILQ_FIRST(&t->waiting)) != NULL) {
        TAILQ_REMOVE(&t->waiting, login, link);
        l->count--;
        tell(login, &result);
        free(login);
    }
    attempt_free(t);
    run_next(l);
}

/* Takes the check, on failure too. */
static struct attempt *make_attempt(struct logins *l, const char *user,
                                    const struct keyed_digest *digest, struct account_check *check)
{
    struct attempt *t = calloc(1, sizeof(*t));

    if (t == NULL || (t->user = strdup(user)) == NULL) {
        account_check_free(check);
        free(t);
        return NULL;
    }
    t->magic = ATTEMPT_MAGIC;
    t->logins = l;
    t->check = check;
    t->digest = *digest;
    TAILQ_INIT(&t->waiting);
    TAILQ_INSERT_TAIL(&l->queue, t, link);
    HASH_ADD(hh, l->table, digest, sizeof(t->digest), t);
    t->listed = true;
    return t;
}

/* --- Logins -------------------------------------------------------------------------------------
 */

/* What one login is about; all borrowed. */
struct question {
    struct auth *auth;
    const char *user, *secret;
    struct keyed_digest digest;
    login_fn done;
    void *arg;
    char token_reason[IDENTITY_REASON_MAX + 1]; /* why the secret is no token that we trust; "" */
};

static void answer(const struct question *q, bool good, const char *reason)
{
    struct login_result result;

    fill_result(&result, q->auth, q->user, &q->digest, good);
    if (reason != NULL)
        result.reason = reason;
    else if (!good && q->token_reason[0] != '\0')
        result.reason = q->token_reason;
    q->done(q->arg, &result);
}

/* A JWT begins with "{" in base 64. False: it is not one that a trusted issuer signed. */
static bool answer_foreign(struct question *q)
{
    struct login_result result;
    struct identity id;
    bool foreign;
    bool good;

    if (q->auth->trust == NULL || strncmp(q->secret, "ey", 2) != 0)
        return false;
    identity_init(&id);
    bearer_check(q->auth, q->secret, BEARER_FOREIGN, &id, &foreign);
    good = id.kind == IDENTITY_BEARER && id.account[0] != '\0';
    if (good) {
        fill_result(&result, q->auth, id.account, &q->digest, true);
        result.foreign = true;
        q->done(q->arg, &result);
    }
    memcpy(q->token_reason, id.reason, sizeof(q->token_reason));
    identity_done(&id);
    return good;
}

static void wait_for(const struct question *q, struct attempt *t, struct login **ret)
{
    struct login *login = calloc(1, sizeof(*login));

    if (login == NULL) {
        if (TAILQ_EMPTY(&t->waiting) && !t->running) {
            take_out(t);
            attempt_free(t);
        }
        answer(q, false, "memory is short");
        return;
    }
    login->attempt = t;
    login->done = q->done;
    login->arg = q->arg;
    memcpy(login->token_reason, q->token_reason, sizeof(login->token_reason));
    TAILQ_INSERT_TAIL(&t->waiting, login, link);
    t->logins->count++;
    *ret = login;
    run_next(t->logins);
}

static void start_slow(const struct question *q, struct account_check *check, struct login **ret)
{
    struct logins *l = q->auth->logins;
    struct attempt *t = NULL;

    if (l->count >= LOGINS_MAX) {
        account_check_free(check);
        answer(q, false, "too many logins at once");
        return;
    }
    HASH_FIND(hh, l->table, &q->digest, sizeof(q->digest), t);
    if (t != NULL && !accounts_check_is_current(q->auth->accounts, t->check)) {
        unlist(t); /* it compares with a secret that was rotated away */
        t = NULL;
    }
    if (t != NULL)
        account_check_free(check);
    else
        t = make_attempt(l, q->user, &q->digest, check);
    if (t == NULL)
        answer(q, false, "memory is short");
    else
        wait_for(q, t, ret);
}

void login_start(struct auth *auth, const char *user, const char *secret, login_fn done, void *arg,
                 struct login **ret)
{
    struct question q = {.auth = auth, .user = user, .secret = secret, .done = done, .arg = arg};
    struct account_check *check;

    *ret = NULL;
    htpasswd_watch_look(auth->htpasswd);
    if (!account_digest(auth->accounts, &q.digest, user, secret)) {
        answer(&q, false, "memory is short");
        return;
    }
    if (secret[0] == '\0') {
        answer(&q, false, "empty password");
        return;
    }
    if (answer_foreign(&q))
        return;
    switch (accounts_check(auth->accounts, user, secret, &q.digest, &check)) {
    case ACCOUNT_GOOD:
        answer(&q, true, NULL);
        return;
    case ACCOUNT_BAD:
        answer(&q, false, NULL);
        return;
    case ACCOUNT_SLOW:
        start_slow(&q, check, ret);
        return;
    }
}

void login_cancel(struct login *login)
{
    struct attempt *t;

    if (login == NULL)
        return;
    t = login->attempt;
    TAILQ_REMOVE(&t->waiting, login, link);
    t->logins->count--;
    free(login);
    if (TAILQ_EMPTY(&t->waiting) && !t->running) {
        take_out(t);
        attempt_free(t);
    }
}
