/* SPDX-License-Identifier: MIT */
#include "registry/import_plan.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/util/digest.h"
#include "lib/util/err.h"
#include "lib/util/util.h"
#include "registry/import.h"
#include "registry/reference.h"
#include "registry/registry.h"
#include "registry/store/blob_store.h"
#include "registry/store/meta_store.h"
#include "registry/store/table.h"

enum { KEY_MAX = REFERENCE_NAME_MAX + 1 + DIGEST_TEXT_MAX + 1 };

/* Something to add to a repository: exactly one of blob, manifest and tag. */
struct item {
    char *repo;                /* owned */
    struct digest digest;      /* of the blob or manifest, or what the tag points to */
    struct blob *blob;         /* owned reference, or NULL */
    struct manifest *manifest; /* owned reference, or NULL */
    char *tag;                 /* owned, or NULL */
    bool added;                /* commit added it: it was not there */
    struct digest before;      /* what the tag pointed to; no text: nothing */
    UT_hash_handle hh;         /* by key, in the order of adding */
    char key[];                /* "repo@digest" or "repo:tag" */
};

/* Content that counts once, however many repositories have it. */
struct content {
    UT_hash_handle hh; /* by digest */
    char digest[];
};

struct import_plan {
    struct world *world; /* borrowed */
    struct item *blobs;  /* tables; owned entries */
    struct item *manifests;
    struct item *tags;
    struct content *seen;
    struct import_report report;
};

int import_plan_new(struct import_plan **ret, struct world *w, struct err *err)
{
    struct import_plan *p = calloc(1, sizeof(*p));

    if (p == NULL)
        return err_set(err, ERR_NOMEM, "import");
    p->world = w;
    *ret = p;
    return 0;
}

static void item_free(struct item *i)
{
    if (i == NULL)
        return;
    blob_unref(i->blob);
    manifest_unref(i->manifest);
    free(i->repo);
    free(i->tag);
    free(i);
}

static void items_free(struct item **table)
{
    struct item *i;
    struct item *next;

    HASH_ITER(hh, *table, i, next) {
        TABLE_REMOVE(*table, i);
        item_free(i);
    }
}

void import_plan_free(struct import_plan *p)
{
    struct content *c;
    struct content *next;

    if (p == NULL)
        return;
    items_free(&p->tags);
    items_free(&p->manifests);
    items_free(&p->blobs);
    HASH_ITER(hh, p->seen, c, next) {
        TABLE_REMOVE(p->seen, c);
        free(c);
    }
    free(p);
}

static const char *make_key(char key[KEY_MAX], const char *repo, char separator, const char *what)
{
    (void)snprintf(key, KEY_MAX, "%s%c%s", repo, separator, what);
    return key;
}

/* An item that is in no table yet; NULL: out of memory. */
static struct item *item_new(const char *repo, const struct digest *digest, const char *key)
{
    size_t n = strlen(key) + 1;
    struct item *i = calloc(1, sizeof(*i) + n);

    if (i == NULL)
        return NULL;
    memcpy(i->key, key, n);
    i->digest = *digest;
    i->repo = strdup(repo);
    if (i->repo == NULL) {
        item_free(i);
        return NULL;
    }
    return i;
}

/* Takes item, which may be NULL: out of memory. */
static int item_add(struct item **table, struct item *item, struct err *err)
{
    if (item != NULL && TABLE_ADD(*table, item->key, item))
        return 0;
    item_free(item);
    return err_set(err, ERR_NOMEM, "import");
}

/* Counts content that was not seen yet. */
static int count(struct import_plan *p, const struct blob *b, struct err *err)
{
    size_t n = strlen(b->digest.text) + 1;
    struct content *c;

    if (TABLE_FIND(p->seen, b->digest.text) != NULL)
        return 0;
    c = calloc(1, sizeof(*c) + n);
    if (c == NULL)
        return err_set(err, ERR_NOMEM, "import");
    memcpy(c->digest, b->digest.text, n);
    if (!TABLE_ADD(p->seen, c->digest, c)) {
        free(c);
        return err_set(err, ERR_NOMEM, "import");
    }
    p->report.blobs++;
    p->report.bytes += b->size;
    return 0;
}

int import_plan_blob(struct import_plan *p, const char *repo, struct blob *blob, struct err *err)
{
    char key[KEY_MAX];
    struct item *i;

    (void)make_key(key, repo, '@', blob->digest.text);
    if (TABLE_FIND(p->blobs, key) != NULL)
        return 0;
    i = item_new(repo, &blob->digest, key);
    if (i != NULL)
        i->blob = blob_ref(blob);
    if (item_add(&p->blobs, i, err) != 0)
        return -1;
    return count(p, blob, err);
}

int import_plan_manifest(struct import_plan *p, const char *repo, struct manifest *m,
                         struct err *err)
{
    char key[KEY_MAX];
    struct item *i;

    (void)make_key(key, repo, '@', m->blob->digest.text);
    if (TABLE_FIND(p->manifests, key) != NULL)
        return 0;
    i = item_new(repo, &m->blob->digest, key);
    if (i != NULL)
        i->manifest = manifest_ref(m);
    if (item_add(&p->manifests, i, err) != 0)
        return -1;
    return count(p, m->blob, err);
}

bool import_plan_has_manifest(const struct import_plan *p, const char *repo,
                              const struct digest *digest)
{
    char key[KEY_MAX];

    (void)make_key(key, repo, '@', digest->text);
    return TABLE_FIND(p->manifests, key) != NULL;
}

int import_plan_tag(struct import_plan *p, const char *repo, const char *tag,
                    const struct digest *digest, struct err *err)
{
    char key[KEY_MAX];
    struct item *i;

    (void)make_key(key, repo, ':', tag);
    i = TABLE_FIND(p->tags, key);
    if (i != NULL && digest_equal(&i->digest, digest))
        return 0;
    if (i != NULL)
        return err_set(err, ERR_EXISTS, "%s is the name of two images: %s and %s", key,
                       i->digest.text, digest->text);
    i = item_new(repo, digest, key);
    if (i != NULL && (i->tag = strdup(tag)) == NULL) {
        item_free(i);
        i = NULL;
    }
    return item_add(&p->tags, i, err);
}

void import_plan_count_image(struct import_plan *p)
{
    p->report.images++;
}

int import_plan_homes(const struct import_plan *p, const struct digest *digest, import_plan_fn fn,
                      void *arg, struct err *err)
{
    const struct item *i;

    /* What fn adds comes behind, and has another digest. */
    for (i = p->manifests; i != NULL; i = i->hh.next) {
        if (digest_equal(&i->digest, digest) && fn(arg, i->repo, err) != 0)
            return -1;
    }
    return 0;
}

/* --- Commit ---------------------------------------------------------------------------------- */

static int add_blob(struct meta_store *s, struct item *i, struct err *err)
{
    if (s->ops->blob_find(s, i->repo, &i->digest) != NULL)
        return 0;
    if (s->ops->blob_add(s, i->repo, i->blob, err) != 0)
        return -1;
    i->added = true;
    return 0;
}

static int add_manifest(struct meta_store *s, struct item *i, struct err *err)
{
    if (s->ops->manifest_find(s, i->repo, &i->digest) != NULL)
        return 0;
    if (s->ops->manifest_put(s, i->repo, i->manifest, err) != 0)
        return -1;
    i->added = true;
    return 0;
}

static int add_tag(struct meta_store *s, struct item *i, struct err *err)
{
    const struct manifest *m = s->ops->tag_find(s, i->repo, i->tag);

    if (m != NULL)
        i->before = m->blob->digest;
    if (s->ops->tag_set(s, i->repo, i->tag, &i->digest, err) != 0)
        return -1;
    i->added = true;
    return 0;
}

static int add_all(struct import_plan *p, struct err *err)
{
    struct meta_store *s = p->world->meta;
    struct item *i;

    for (i = p->blobs; i != NULL; i = i->hh.next) {
        if (add_blob(s, i, err) != 0)
            return -1;
    }
    for (i = p->manifests; i != NULL; i = i->hh.next) {
        if (add_manifest(s, i, err) != 0)
            return -1;
    }
    for (i = p->tags; i != NULL; i = i->hh.next) {
        if (add_tag(s, i, err) != 0)
            return -1;
    }
    return 0;
}

/* Repositories stay, empty: the store has no way to remove one. */
static void take_back(struct import_plan *p)
{
    struct meta_store *s = p->world->meta;
    const struct item *i;

    for (i = p->tags; i != NULL; i = i->hh.next) {
        if (i->added && i->before.text[0] != '\0')
            (void)s->ops->tag_set(s, i->repo, i->tag, &i->before, NULL);
        else if (i->added)
            (void)s->ops->tag_remove(s, i->repo, i->tag);
    }
    for (i = p->manifests; i != NULL; i = i->hh.next) {
        if (i->added)
            (void)s->ops->manifest_remove(s, i->repo, &i->digest);
    }
    for (i = p->blobs; i != NULL; i = i->hh.next) {
        if (i->added)
            (void)s->ops->blob_remove(s, i->repo, &i->digest);
    }
}

int import_plan_commit(struct import_plan *p, struct import_report *ret, struct err *err)
{
    if (add_all(p, err) != 0) {
        take_back(p);
        return -1;
    }
    *ret = p->report;
    return 0;
}
