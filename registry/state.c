/* SPDX-License-Identifier: MIT */
#include "registry/state.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "lib/util/clock.h"
#include "lib/util/err.h"
#include "lib/util/util.h"
#include "registry/state_entry.h"
#include "registry/store/table.h"

enum {
    ENTRIES_MAX = 10000,
    TRACKS_MAX = 4096,  /* pulls remembered; the one that is longest ago goes */
    PULL_GAP_MS = 5000, /* requests of one pull follow each other within this time */
    KEY_MAX = 2048,
};

/*
 * One pull under a counted entry. Its first manifest request decided whether the entry applies, and
 * the rest of the pull goes by that. Clients ask several times for one image (HEAD and GET, again
 * with another scope), so requests cannot be counted.
 */
struct pull_track {
    char *key;                       /* owned: entry, client, user agent, image */
    const struct state_entry *entry; /* borrowed */
    size_t source;                   /* length of the key without the image: one client's pulls */
    int64_t last_ms;
    bool applies;
    bool final[2]; /* a HEAD, a GET was answered finally: one more begins a new pull */
    UT_hash_handle hh;
    TAILQ_ENTRY(pull_track) link; /* the latest first */
};

struct image_states {
    const struct clock *clock;         /* borrowed */
    TAILQ_HEAD(, state_entry) entries; /* owned; the most specific first */
    size_t count;
    uint64_t numbers;                          /* entries that ever came */
    struct pull_track *tracks;                 /* owned table */
    TAILQ_HEAD(track_list, pull_track) recent; /* the same */
};

int image_states_new(struct image_states **ret, const struct clock *clock, struct err *err)
{
    struct image_states *s = calloc(1, sizeof(*s));

    if (s == NULL)
        return err_set(err, ERR_NOMEM, "image states");
    s->clock = clock;
    TAILQ_INIT(&s->entries);
    TAILQ_INIT(&s->recent);
    *ret = s;
    return 0;
}

static void track_free(struct image_states *s, struct pull_track *t)
{
    ASSERT(s->tracks != NULL); /* t is in it */
    TABLE_REMOVE(s->tracks, t);
    TAILQ_REMOVE(&s->recent, t, link);
    free(t->key);
    free(t);
}

static void entry_remove(struct image_states *s, struct state_entry *e)
{
    struct pull_track *t, *next;

    for (t = TAILQ_FIRST(&s->recent); t != NULL; t = next) {
        next = TAILQ_NEXT(t, link);
        if (t->entry == e)
            track_free(s, t);
    }
    TAILQ_REMOVE(&s->entries, e, link);
    s->count--;
    state_entry_free(e);
}

void image_states_free(struct image_states *s)
{
    if (s == NULL)
        return;
    while (!TAILQ_EMPTY(&s->entries))
        entry_remove(s, TAILQ_FIRST(&s->entries));
    free(s);
}

/* --- Setting -----------------------------------------------------------------------------------
 */

/* Takes the place of one for the same image and user; goes where its specificity wants it. */
static void entry_add(struct image_states *s, struct state_entry *e)
{
    struct state_entry *other, *next;

    e->number = ++s->numbers;
    for (other = TAILQ_FIRST(&s->entries); other != NULL; other = next) {
        next = TAILQ_NEXT(other, link);
        if (state_entry_same(other, e))
            entry_remove(s, other);
    }
    TAILQ_FOREACH(other, &s->entries, link) {
        if (state_entry_compare(e, other) < 0)
            break;
    }
    if (other != NULL)
        TAILQ_INSERT_BEFORE(other, e, link);
    else
        TAILQ_INSERT_TAIL(&s->entries, e, link);
    s->count++;
}

TAILQ_HEAD(entry_list, state_entry);

static void drop_list(struct entry_list *list)
{
    struct state_entry *e;

    while ((e = TAILQ_FIRST(list)) != NULL) {
        TAILQ_REMOVE(list, e, link);
        state_entry_free(e);
    }
}

static int parse_all(struct image_states *s, const json_t *body, bool anonymous_only,
                     struct entry_list *list, struct err *err)
{
    bool many = json_is_array(body);
    size_t n = many ? json_array_size(body) : 1;

    if (s->count + n > ENTRIES_MAX)
        return err_set(err, ERR_LIMIT, "more than %d image states", ENTRIES_MAX);
    for (size_t i = 0; i < n; i++) {
        char path[32] = "";
        struct state_entry *e;

        if (many)
            (void)snprintf(path, sizeof(path), "[%zu]", i);
        if (state_entry_parse(&e, many ? json_array_get(body, i) : body, path, anonymous_only,
                              clock_now_ms(s->clock), err) != 0)
            return -1;
        TAILQ_INSERT_TAIL(list, e, link);
    }
    return 0;
}

int image_states_set(struct image_states *s, const struct json_t *body, bool anonymous_only,
                     struct err *err)
{
    struct entry_list list = TAILQ_HEAD_INITIALIZER(list);
    struct state_entry *e;

    if (parse_all(s, body, anonymous_only, &list, err) != 0) {
        drop_list(&list);
        return -1;
    }
    while ((e = TAILQ_FIRST(&list)) != NULL) {
        TAILQ_REMOVE(&list, e, link);
        entry_add(s, e);
    }
    return 0;
}

static void remove_over(struct image_states *s, int64_t now_ms)
{
    struct state_entry *e, *next;

    for (e = TAILQ_FIRST(&s->entries); e != NULL; e = next) {
        next = TAILQ_NEXT(e, link);
        if (state_entry_is_over(e, now_ms))
            entry_remove(s, e);
    }
}

struct json_t *image_states_list(struct image_states *s)
{
    int64_t now = clock_now_ms(s->clock);
    json_t *list = json_array();
    struct state_entry *e;

    remove_over(s, now);
    TAILQ_FOREACH(e, &s->entries, link)
        (void)json_array_append_new(list, state_entry_json(e, now));
    return list;
}

json_t *image_state_settable(const json_t *row)
{
    const json_t *expires = json_object_get(row, "expires_in_ms");
    char life[32];

    if (row == NULL)
        return NULL;
    (void)snprintf(life, sizeof(life), "%lldms", (long long)json_integer_value(expires));
    return json_pack("{s:O, s:O, s:O*, s:O*, s:O*, s:O*, s:O*, s:s*}", "image",
                     json_object_get(row, "image"), "state", json_object_get(row, "state"), "user",
                     json_object_get(row, "user"), "sticky", json_object_get(row, "sticky"),
                     "challenge_error", json_object_get(row, "challenge_error"), "after",
                     json_object_get(row, "after"), "times", json_object_get(row, "remaining"),
                     "for", expires != NULL ? life : NULL);
}

/* The list has the newest first where it matters. */
json_t *image_states_save(struct image_states *s)
{
    json_t *list = image_states_list(s);
    json_t *saved = json_array();

    for (size_t i = json_array_size(list); i-- > 0;)
        (void)json_array_append_new(saved, image_state_settable(json_array_get(list, i)));
    if (json_array_size(saved) != json_array_size(list)) {
        json_decref(saved);
        saved = NULL;
    }
    json_decref(list);
    return saved;
}

size_t image_states_remove(struct image_states *s, const char *image, const char *user)
{
    const char *account = user != NULL && strcmp(user, "anonymous") == 0 ? "" : user;
    struct state_entry *e, *next;
    size_t removed = 0;

    for (e = TAILQ_FIRST(&s->entries); e != NULL; e = next) {
        next = TAILQ_NEXT(e, link);
        if (image != NULL && strcmp(e->image, image) != 0)
            continue;
        if (account != NULL && (e->user == NULL || strcmp(e->user, account) != 0))
            continue;
        entry_remove(s, e);
        removed++;
    }
    return removed;
}

static struct state_entry *find_entry(struct image_states *s, const char *image, const char *user)
{
    const char *account = user != NULL && strcmp(user, "anonymous") == 0 ? "" : user;
    struct state_entry *e;

    TAILQ_FOREACH(e, &s->entries, link) {
        if (strcmp(e->image, image) == 0 && (account == NULL) == (e->user == NULL) &&
            (account == NULL || strcmp(e->user, account) == 0))
            return e;
    }
    return NULL;
}

struct json_t *image_states_get(struct image_states *s, const char *image, const char *user)
{
    struct state_entry *e = find_entry(s, image, user);

    return e != NULL ? state_entry_json(e, clock_now_ms(s->clock)) : NULL;
}

void image_states_forget(struct image_states *s, const char *image, const char *user)
{
    struct state_entry *e = find_entry(s, image, user);

    if (e != NULL)
        entry_remove(s, e);
}

bool image_states_empty(const struct image_states *s)
{
    return TAILQ_EMPTY(&s->entries);
}

/* --- Pulls -------------------------------------------------------------------------------------
 */

/* "17|192.0.2.1|agent|" and, for one image, "repo:tag" behind it. Returns the length without it. */
static size_t make_key(const struct state_entry *e, const struct state_question *q, bool image,
                       char key[KEY_MAX])
{
    const char *client = q->client != NULL ? q->client : "";
    const char *port = strrchr(client, ':');
    int n = snprintf(key, KEY_MAX, "%llu|%.*s|%.500s|", (unsigned long long)e->number,
                     (int)(port != NULL ? (size_t)(port - client) : strlen(client)), client,
                     q->user_agent != NULL ? q->user_agent : "");

    (void)snprintf(key + n, KEY_MAX - (size_t)n, "%s%s%s", q->repo, image ? "|" : "",
                   !image              ? ""
                   : q->tag != NULL    ? q->tag
                   : q->digest != NULL ? q->digest
                                       : "");
    return (size_t)n;
}

static struct pull_track *track_find(struct image_states *s, const struct state_entry *e,
                                     const struct state_question *q)
{
    char key[KEY_MAX];
    struct pull_track *t;

    (void)make_key(e, q, true, key);
    t = TABLE_FIND(s->tracks, key);
    return t != NULL && clock_now_ms(s->clock) - t->last_ms <= PULL_GAP_MS ? t : NULL;
}

/* The pull that a blob or list request belongs to: the latest of that client in that repository. */
static struct pull_track *track_of_repository(struct image_states *s, const struct state_entry *e,
                                              const struct state_question *q)
{
    int64_t now = clock_now_ms(s->clock);
    char key[KEY_MAX];
    struct pull_track *t;
    size_t n;

    (void)make_key(e, q, false, key);
    n = strlen(key);
    TAILQ_FOREACH(t, &s->recent, link) {
        if (now - t->last_ms > PULL_GAP_MS)
            return NULL;
        if (t->entry == e && strncmp(t->key, key, n) == 0 && t->key[n] == '|')
            return t;
    }
    return NULL;
}

static struct pull_track *track_new(struct image_states *s, const struct state_entry *e,
                                    const struct state_question *q)
{
    char key[KEY_MAX];
    struct pull_track *t;

    (void)make_key(e, q, true, key);
    t = TABLE_FIND(s->tracks, key);
    if (t != NULL)
        track_free(s, t);
    if (TABLE_COUNT(s->tracks) >= TRACKS_MAX)
        track_free(s, TAILQ_LAST(&s->recent, track_list));
    t = calloc(1, sizeof(*t));
    if (t == NULL)
        return NULL;
    t->entry = e;
    t->key = strdup(key);
    if (t->key == NULL || !TABLE_ADD(s->tracks, t->key, t)) {
        free(t->key);
        free(t);
        return NULL;
    }
    TAILQ_INSERT_HEAD(&s->recent, t, link);
    return t;
}

static void touch(struct image_states *s, struct pull_track *t)
{
    t->last_ms = clock_now_ms(s->clock);
    TAILQ_REMOVE(&s->recent, t, link);
    TAILQ_INSERT_HEAD(&s->recent, t, link);
}

/* What the next pull would see of it. */
static bool next_applies(const struct state_entry *e)
{
    return e->pulls >= e->after && (e->times == 0 || e->applied < e->times);
}

/* A manifest request: goes on with a pull, or begins one and counts it. */
static bool pull_applies(struct image_states *s, struct state_entry *e,
                         const struct state_question *q)
{
    struct pull_track *t = track_find(s, e, q);
    bool applies;

    if (t != NULL && !t->final[q->get]) {
        touch(s, t);
        return t->applies;
    }
    applies = next_applies(e);
    e->pulls++;
    e->applied += applies;
    t = track_new(s, e, q);
    if (t != NULL) {
        t->applies = applies;
        t->last_ms = clock_now_ms(s->clock);
    }
    return applies;
}

/* Anything else: as the pull it belongs to, else as the next one would be. */
static bool look_applies(struct image_states *s, struct state_entry *e,
                         const struct state_question *q)
{
    struct pull_track *t =
        q->kind == STATE_MANIFEST ? track_find(s, e, q) : track_of_repository(s, e, q);

    if (t == NULL)
        return next_applies(e);
    touch(s, t);
    return t->applies;
}

/* --- Asking ------------------------------------------------------------------------------------
 */

static bool is_repository(const struct state_entry *e)
{
    return e->class == STATE_REPO || e->class == STATE_REPO_GLOB;
}

static void ask(struct image_states *s, const struct state_question *q, bool pull,
                struct state_answer *ret)
{
    int64_t now = clock_now_ms(s->clock);
    struct state_entry *e;

    *ret = (struct state_answer){.state = IMAGE_PRESENT};
    TAILQ_FOREACH(e, &s->entries, link) {
        if (state_entry_is_over(e, now) || !state_entry_fits(e, q))
            continue;
        if (state_entry_is_counted(e) && !(pull ? pull_applies(s, e, q) : look_applies(s, e, q)))
            continue;
        ret->state = e->state;
        ret->repository = is_repository(e);
        ret->challenge_error = e->challenge_error;
        ret->image = e->image;
        if (e->state == IMAGE_ABSENT && q->kind == STATE_BLOB && q->digest != NULL &&
            state_entry_shows(e, q->repo, q->digest))
            ret->state = IMAGE_PRESENT;
        return;
    }
}

void image_states_pull(struct image_states *s, const struct state_question *q,
                       struct state_answer *ret)
{
    ASSERT(q->kind == STATE_MANIFEST);
    ask(s, q, true, ret);
}

void image_states_look(struct image_states *s, const struct state_question *q,
                       struct state_answer *ret)
{
    ask(s, q, false, ret);
}

void image_states_answered(struct image_states *s, const struct state_question *q, int status)
{
    struct state_entry *e;

    if (status != 200 && status != 404)
        return;
    TAILQ_FOREACH(e, &s->entries, link) {
        struct pull_track *t =
            state_entry_is_counted(e) && state_entry_fits(e, q) ? track_find(s, e, q) : NULL;

        if (t != NULL)
            t->final[q->get] = true;
    }
}

/* --- Pushes ------------------------------------------------------------------------------------
 */

/* The absent state that hides what was pushed, unless it is sticky. */
static struct state_entry *hidden_by(struct image_states *s, const struct state_question *q)
{
    int64_t now = clock_now_ms(s->clock);
    struct state_entry *e;

    TAILQ_FOREACH(e, &s->entries, link) {
        if (e->user == NULL && !state_entry_is_over(e, now) && state_entry_fits(e, q))
            return e->state == IMAGE_ABSENT && !e->sticky ? e : NULL;
    }
    return NULL;
}

static int make_present(struct image_states *s, const char *repo, char separator, const char *ref)
{
    struct state_entry *e;
    char *image;
    json_t *row;
    int result = -1;

    if (asprintf(&image, "%s%c%s", repo, separator, ref) < 0)
        return -1;
    row = json_pack("{s:s, s:s}", "image", image, "state", image_state_name(IMAGE_PRESENT));
    free(image);
    if (row != NULL)
        result = state_entry_parse(&e, row, "", false, 0, NULL);
    if (result == 0)
        entry_add(s, e);
    json_decref(row);
    return result;
}

int image_states_pushed(struct image_states *s, const char *repo, const char *tag,
                        const char *digest)
{
    struct state_question q = {
        .kind = STATE_MANIFEST, .repo = repo, .tag = tag, .digest = digest, .user = ""};

    if (hidden_by(s, &q) == NULL)
        return 0;
    if (tag != NULL && make_present(s, repo, ':', tag) != 0)
        return -1;
    return make_present(s, repo, '@', digest);
}

int image_states_linked(struct image_states *s, const char *repo, const char *digest)
{
    struct state_question q = {.kind = STATE_BLOB, .repo = repo, .digest = digest, .user = ""};
    struct state_entry *e = hidden_by(s, &q);

    return e != NULL ? state_entry_show(e, repo, digest) : 0;
}
