/* SPDX-License-Identifier: MIT */
#include "registry/state_entry.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "lib/util/digest.h"
#include "lib/util/err.h"
#include "lib/util/schema.h"
#include "lib/util/text.h"
#include "lib/util/util.h"
#include "registry/reference.h"
#include "registry/store/table.h"

enum { IMAGE_MAX = 1024 };

struct state_digest {
    char *key; /* owned: "repo@digest" */
    UT_hash_handle hh;
};

static const char *const state_names[] = {"present", "absent", "unauthorized", "denied", NULL};
static const char *const challenge_errors[] = {"insufficient_scope", "invalid_token", "none", NULL};

static const struct schema members[] = {
    {.key = "image", .type = SCHEMA_TEXT, .required = true},
    {.key = "state", .type = SCHEMA_CHOICE, .choices = state_names, .required = true},
    {.key = "user", .type = SCHEMA_TEXT},
    {.key = "times", .type = SCHEMA_COUNT, .min = 1},
    {.key = "after", .type = SCHEMA_COUNT},
    {.key = "for", .type = SCHEMA_DURATION, .min = 1},
    {.key = "sticky", .type = SCHEMA_BOOL},
    {.key = "challenge_error", .type = SCHEMA_CHOICE, .choices = challenge_errors},
    {.key = NULL},
};

static const struct schema entry_schema = {.type = SCHEMA_OBJECT, .members = members};

const char *image_state_name(enum image_state s)
{
    return state_names[s];
}

bool image_state_parse(enum image_state *ret, const char *name)
{
    for (size_t i = 0; state_names[i] != NULL; i++) {
        if (strcmp(state_names[i], name) == 0) {
            *ret = (enum image_state)i;
            return true;
        }
    }
    return false;
}

/* --- Reading -----------------------------------------------------------------------------------
 */

static int bad_image(const struct state_entry *e, const char *why, struct err *err)
{
    return err_set(err, ERR_CONFIG,
                   "image %s: %s: expected repository, repository:tag, repository@digest, or a "
                   "glob of these",
                   TEXT_QUOTE(e->image), why);
}

/* Parts that hold no glob have to be what they name. */
static int check_parts(const struct state_entry *e, struct err *err)
{
    if (!text_is_glob(e->repo) && !reference_is_name(e->repo))
        return bad_image(e, "that is no repository name", err);
    if (e->tag != NULL && !text_is_glob(e->tag) && !reference_is_tag(e->tag))
        return bad_image(e, "that is no tag", err);
    if (e->digest != NULL && !text_is_glob(e->digest) && !digest_is_wellformed(e->digest))
        return bad_image(e, "that is no digest", err);
    return 0;
}

static enum state_class classify(const struct state_entry *e)
{
    bool repo_glob = text_is_glob(e->repo);

    if (e->tag != NULL)
        return repo_glob || text_is_glob(e->tag) ? STATE_TAG_GLOB : STATE_TAG;
    if (e->digest != NULL)
        return repo_glob || text_is_glob(e->digest) ? STATE_TAG_GLOB : STATE_DIGEST;
    return repo_glob ? STATE_REPO_GLOB : STATE_REPO;
}

/* "repo", "repo:tag", "repo@digest": a colon before a slash belongs to nothing of ours. */
static int split_image(struct state_entry *e, const char *image, struct err *err)
{
    const char *at = strchr(image, '@');
    const char *slash = strrchr(image, '/');
    const char *colon = at == NULL ? strchr(slash != NULL ? slash : image, ':') : NULL;
    const char *end = at != NULL ? at : colon;

    e->image = strdup(image);
    e->repo = end != NULL ? strndup(image, (size_t)(end - image)) : strdup(image);
    if (at != NULL)
        e->digest = strdup(at + 1);
    if (colon != NULL)
        e->tag = strdup(colon + 1);
    if (e->image == NULL || e->repo == NULL || (at != NULL && e->digest == NULL) ||
        (colon != NULL && e->tag == NULL))
        return err_set(err, ERR_NOMEM, "image state");
    if (strlen(image) > IMAGE_MAX)
        return bad_image(e, "that is too long", err);
    e->class = classify(e);
    return check_parts(e, err);
}

static int set_user(struct state_entry *e, const json_t *row, bool anonymous_only, struct err *err)
{
    const char *user = json_string_value(json_object_get(row, "user"));

    if (user == NULL)
        return 0;
    if (anonymous_only && strcmp(user, "anonymous") != 0)
        return err_set(err, ERR_CONFIG, "user %s: authentication is off, there is only 'anonymous'",
                       TEXT_QUOTE(user));
    e->user = strdup(strcmp(user, "anonymous") == 0 ? "" : user);
    return e->user != NULL ? 0 : err_set(err, ERR_NOMEM, "image state");
}

static const struct schema *member(const char *key)
{
    const struct schema *m = members;

    while (strcmp(m->key, key) != 0)
        m++;
    return m;
}

static uint64_t number(const json_t *row, const char *key)
{
    const json_t *value = json_object_get(row, key);

    return value != NULL && !json_is_null(value) ? schema_number(member(key), value) : 0;
}

static int fill(struct state_entry *e, const json_t *row, bool anonymous_only, int64_t now_ms,
                struct err *err)
{
    uint64_t life = number(row, "for");

    if (split_image(e, json_string_value(json_object_get(row, "image")), err) != 0 ||
        set_user(e, row, anonymous_only, err) != 0)
        return -1;
    e->state = (enum image_state)number(row, "state");
    if (json_is_string(json_object_get(row, "challenge_error")))
        e->challenge_error = challenge_errors[number(row, "challenge_error")];
    e->sticky = json_is_true(json_object_get(row, "sticky"));
    e->after = number(row, "after");
    e->times = number(row, "times");
    e->expires_ms = life > 0 ? now_ms + (int64_t)life : 0;
    if (e->sticky && e->state != IMAGE_ABSENT)
        return err_set(err, ERR_CONFIG, "sticky: only 'absent' can be");
    if (e->challenge_error != NULL && e->state != IMAGE_UNAUTHORIZED)
        return err_set(err, ERR_CONFIG, "challenge_error: only 'unauthorized' has a challenge");
    return 0;
}

int state_entry_parse(struct state_entry **ret, const struct json_t *row, const char *path,
                      bool anonymous_only, int64_t now_ms, struct err *err)
{
    struct schema_place at = {.origin = "image state"};
    struct state_entry *e;

    (void)snprintf(at.path, sizeof(at.path), "%s", path);
    if (schema_check(&entry_schema, row, &at, err) != 0)
        return -1;
    e = calloc(1, sizeof(*e));
    if (e == NULL)
        return err_set(err, ERR_NOMEM, "image state");
    if (fill(e, row, anonymous_only, now_ms, err) != 0) {
        state_entry_free(e);
        return *path != '\0' ? err_wrap(err, "%s", path) : -1;
    }
    *ret = e;
    return 0;
}

void state_entry_free(struct state_entry *e)
{
    struct state_digest *d, *next;

    if (e == NULL)
        return;
    HASH_ITER(hh, e->shown, d, next) {
        TABLE_REMOVE(e->shown, d);
        free(d->key);
        free(d);
    }
    free(e->image);
    free(e->repo);
    free(e->tag);
    free(e->digest);
    free(e->user);
    free(e);
}

/* --- Comparing ---------------------------------------------------------------------------------
 */

static bool same_text(const char *a, const char *b)
{
    return a == NULL || b == NULL ? a == b : strcmp(a, b) == 0;
}

bool state_entry_same(const struct state_entry *a, const struct state_entry *b)
{
    return strcmp(a->image, b->image) == 0 && same_text(a->user, b->user);
}

int state_entry_compare(const struct state_entry *a, const struct state_entry *b)
{
    if (a->class != b->class)
        return a->class < b->class ? -1 : 1;
    if ((a->user != NULL) != (b->user != NULL))
        return a->user != NULL ? -1 : 1;
    return a->number > b->number ? -1 : a->number < b->number;
}

bool state_entry_is_counted(const struct state_entry *e)
{
    return e->times > 0 || e->after > 0;
}

bool state_entry_is_over(const struct state_entry *e, int64_t now_ms)
{
    return e->expires_ms != 0 && now_ms >= e->expires_ms;
}

bool state_entry_fits(const struct state_entry *e, const struct state_question *q)
{
    bool below = e->tag != NULL || e->digest != NULL;

    if (below && q->kind != STATE_MANIFEST)
        return false;
    if (e->user != NULL && strcmp(e->user, q->user != NULL ? q->user : "") != 0)
        return false;
    if (!text_glob(e->repo, q->repo))
        return false;
    if (e->tag != NULL)
        return q->tag != NULL && text_glob(e->tag, q->tag);
    if (e->digest != NULL)
        return q->digest != NULL && text_glob(e->digest, q->digest);
    return true;
}

/* --- Blobs shown again -------------------------------------------------------------------------
 */

int state_entry_show(struct state_entry *e, const char *repo, const char *digest)
{
    struct state_digest *d;

    if (state_entry_shows(e, repo, digest))
        return 0;
    d = calloc(1, sizeof(*d));
    if (d == NULL)
        return -1;
    if (asprintf(&d->key, "%s@%s", repo, digest) < 0) {
        free(d);
        return -1;
    }
    if (!TABLE_ADD(e->shown, d->key, d)) {
        free(d->key);
        free(d);
        return -1;
    }
    return 0;
}

bool state_entry_shows(const struct state_entry *e, const char *repo, const char *digest)
{
    char key[REFERENCE_NAME_MAX + DIGEST_TEXT_MAX + 2];

    if (e->shown == NULL)
        return false;
    (void)snprintf(key, sizeof(key), "%s@%s", repo, digest);
    return TABLE_FIND(e->shown, key) != NULL;
}

/* --- For people --------------------------------------------------------------------------------
 */

struct json_t *state_entry_json(const struct state_entry *e, int64_t now_ms)
{
    json_t *row =
        json_pack("{s:s, s:s, s:I, s:I}", "image", e->image, "state", image_state_name(e->state),
                  "pulls", (json_int_t)e->pulls, "applied", (json_int_t)e->applied);

    if (e->user != NULL)
        (void)json_object_set_new(row, "user",
                                  json_string(*e->user != '\0' ? e->user : "anonymous"));
    if (e->times > 0)
        (void)json_object_set_new(row, "remaining",
                                  json_integer((json_int_t)(e->times - e->applied)));
    if (e->after > 0)
        (void)json_object_set_new(row, "after", json_integer((json_int_t)e->after));
    if (e->expires_ms != 0)
        (void)json_object_set_new(row, "expires_in_ms", json_integer(e->expires_ms - now_ms));
    if (e->sticky)
        (void)json_object_set_new(row, "sticky", json_true());
    if (e->challenge_error != NULL)
        (void)json_object_set_new(row, "challenge_error", json_string(e->challenge_error));
    return row;
}
