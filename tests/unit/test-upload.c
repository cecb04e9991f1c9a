/* SPDX-License-Identifier: MIT */
#include "registry/upload.h"

#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/http/loop.h"
#include "lib/util/digest.h"
#include "lib/util/err.h"
#include "lib/util/log.h"
#include "lib/util/util.h"
#include "registry/registry.h"
#include "registry/store/blob_store.h"
#include "registry/store/meta_store.h"
#include "tests/tap/tap.h"
#include "tests/unit/push_help.h"

/* What a session told its user. */
struct told {
    unsigned lost;
    unsigned finished;
    bool had_user;
    struct digest digest;
    struct err err;
};

static struct loop *loop;

static void on_lost(void *arg)
{
    struct told *t = arg;

    t->lost++;
}

static void on_drained(void *arg)
{
    (void)arg;
}

static const struct upload_user user = {.lost = on_lost, .drained = on_drained};

static struct told *finish_told; /* for a user that left */

static void on_finished(struct upload *up, void *user_arg, struct blob *blob, const struct err *err)
{
    struct told *t = user_arg != NULL ? user_arg : finish_told;

    t->finished++;
    t->had_user = user_arg != NULL;
    if (blob != NULL)
        t->digest = blob->digest;
    else
        t->err = *err;
    blob_unref(blob);
    upload_free(up);
}

static bool is_finished(void *arg)
{
    struct told *t = arg;

    return t->finished > 0;
}

static struct world *make_world(const struct registry_settings *settings)
{
    struct world *w = NULL;
    struct err err = {0};

    if (world_new(&w, "test", loop, settings, &err) != 0)
        diag("%s", err.msg);
    ASSERT(w != NULL);
    return w;
}

static struct upload *make_upload(struct world *w, const char *repo)
{
    struct upload *up = NULL;

    ASSERT(upload_new(&up, w, repo, NULL) == 0);
    return up;
}

static void append(struct upload *up, const char *text)
{
    struct err err = {0};

    if (!is_int(upload_append(up, text, strlen(text), &err), 0, "'%s' is appended", text))
        diag("%s", err.msg);
}

static void test_registration(void)
{
    struct world *w = make_world(&REGISTRY_SETTINGS_DEFAULT);
    struct upload *a = make_upload(w, "one");
    struct upload *b = make_upload(w, "one");

    is_int((long long)strlen(a->id), UPLOAD_ID_LENGTH, "UP1 length of an id");
    is_int((long long)strspn(a->id, "0123456789abcdef-"), UPLOAD_ID_LENGTH, "UP1 letters of an id");
    ok(strcmp(a->id, b->id) != 0, "UP1 ids differ");
    ok(upload_find(w, "one", a->id) == a, "a session is found by its id");
    ok(upload_find(w, "two", a->id) == NULL, "UP9 not in another repository");
    ok(upload_find(w, "one", "nonsense") == NULL, "UP9 not by another id");
    upload_free(a);
    is_int((long long)w->meta->ops->upload_count(w->meta), 1, "a freed session is not counted");
    upload_free(NULL);
    world_free(w);
}

static void test_too_many(void)
{
    struct registry_settings settings = REGISTRY_SETTINGS_DEFAULT;
    struct upload *up = NULL;
    struct upload *first;
    struct world *w;
    struct err err = {0};

    settings.uploads_max = 1;
    w = make_world(&settings);
    first = make_upload(w, "a");
    is_int(upload_new(&up, w, "b", &err), -1, "one session too many");
    is_int(err.code, ERR_LIMIT, "is a limit");
    upload_free(first);
    is_int(upload_new(&up, w, "b", &err), 0, "there is room again");
    world_free(w);
}

static void test_bytes(void)
{
    struct world *w = make_world(&REGISTRY_SETTINGS_DEFAULT);
    struct upload *up = make_upload(w, "a");
    struct told told = {0};

    upload_begin(up, &user, &told);
    append(up, "hello ");
    upload_keep(up);
    is_int((long long)upload_size(up), 6, "what came stays");
    upload_begin(up, &user, &told);
    append(up, "nonsense");
    is_int((long long)upload_size(up), 14, "more came");
    ok(upload_undo(up), "it is taken back");
    is_int((long long)upload_size(up), 6, "what came before stays");
    is_int((long long)told.lost, 0, "nothing was lost");
    world_free(w);
}

static void finish_as(const char *text, const char *content, struct told *told, bool leave)
{
    struct world *w = make_world(&REGISTRY_SETTINGS_DEFAULT);
    struct upload *up = make_upload(w, "a");
    struct digest digest;

    ASSERT(digest_of(&digest, DIGEST_SHA512, content, strlen(content), NULL) == 0);
    upload_begin(up, &user, told);
    append(up, text);
    finish_told = told;
    upload_finish(up, &digest, on_finished);
    is_int((long long)told->finished, 0, "not before upload_finish() returned");
    if (leave)
        upload_leave(up);
    ok(push_run_until(loop, is_finished, told), "it is finished");
    is_int((long long)w->meta->ops->upload_count(w->meta), 0, "the session is gone");
    world_free(w);
}

static void test_finish(void)
{
    struct told told = {0};

    finish_as("content", "content", &told, false);
    is_int((long long)told.finished, 1, "told once");
    ok(told.had_user, "the user is told");
    is_int(told.digest.algorithm, DIGEST_SHA512, "UP6 by an algorithm that was not known before");
    told = (struct told){0};
    finish_as("content", "other", &told, false);
    is_int(told.err.code, ERR_DIGEST, "UP5 another digest");
    told = (struct told){0};
    finish_as("content", "content", &told, true);
    ok(!told.had_user, "a user that left is not there");
    is_int((long long)told.lost, 0, "and is not told that it was lost");
}

static void test_cancel(void)
{
    struct world *w = make_world(&REGISTRY_SETTINGS_DEFAULT);
    struct upload *up = make_upload(w, "a");
    struct digest digest;
    struct told told = {0};

    upload_begin(up, &user, &told);
    append(up, "x");
    upload_free(up);
    is_int((long long)told.lost, 1, "UP8 a user that sends learns that it was lost");

    up = make_upload(w, "a");
    told = (struct told){0};
    upload_begin(up, &user, &told);
    append(up, "x");
    ASSERT(digest_of(&digest, DIGEST_SHA256, "x", 1, NULL) == 0);
    finish_told = &told;
    upload_finish(up, &digest, on_finished);
    upload_free(up);
    is_int((long long)told.lost, 1, "UP8 so does one that waits for the digest");
    world_free(w);
    is_int((long long)told.finished, 0, "and nothing more comes");
}

static void test_expiry(void)
{
    struct registry_settings settings = REGISTRY_SETTINGS_DEFAULT;
    struct told told = {0};
    struct upload *busy;
    struct upload *idle;
    struct world *w;

    settings.upload_expiry = 1000;
    w = make_world(&settings);
    idle = make_upload(w, "a");
    busy = make_upload(w, "a");
    upload_begin(busy, &user, &told);
    is_int((long long)upload_expire(w, idle->last_use + 1000), 0, "UP10 not before its time");
    is_int((long long)upload_expire(w, idle->last_use + 1001), 1, "UP10 an idle session ends");
    ok(upload_find(w, "a", busy->id) == busy, "UP10 one that is in use does not");
    is_int((long long)told.lost, 0, "UP10 and its user is left alone");
    upload_keep(busy);
    is_int((long long)upload_expire(w, busy->last_use), 0, "UP10 its time begins anew");
    is_int((long long)upload_expire(w, 0), 0, "UP10 just after the start");
    w->settings.upload_expiry = 0;
    is_int((long long)upload_expire(w, UINT64_MAX), 0, "UP10 0 is never");
    world_free(w);
}

/* A move that is not in the drawing ends the program. */
static void test_moves(void)
{
    struct world *w = make_world(&REGISTRY_SETTINGS_DEFAULT);
    struct upload *up = make_upload(w, "a");
    struct told told = {0};
    int status = 0;
    pid_t child;

    upload_begin(up, &user, &told);
    child = fork();
    if (child == 0) {
        (void)close(STDERR_FILENO);
        upload_begin(up, &user, &told);
        _exit(0);
    }
    ok(child > 0 && waitpid(child, &status, 0) == child && WIFSIGNALED(status) &&
           WTERMSIG(status) == SIGABRT,
       "a second request cannot begin");
    world_free(w);
}

int main(void)
{
    plan_lazy();
    log_set_level(LOG_LEVEL_ERROR);
    ASSERT(loop_new(&loop, 1, NULL) == 0);
    test_registration();
    test_too_many();
    test_bytes();
    test_finish();
    test_cancel();
    test_expiry();
    test_moves();
    loop_free(loop);
    done_testing();
}
